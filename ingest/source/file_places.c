/* SPDX-License-Identifier: Apache-2.0
 *
 * file_places.c - see file_places.h. A place as text is one line of decimal numbers:
 * `device inode born offset head_len head_hash mark_flags mark_depth end_size flags`.
 */
#include "ingest/source/file_places.h"

#include "base/ensure.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/memory.h"
#include "ingest/framing/framing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define NONE    UINT32_MAX
#define NUMBERS 10

#define FLAG_GZIP  1U
#define FLAG_DONE  2U
#define FLAGS_LAST 4U

/* In two lists: of its file and of its name. */
struct entry {
    struct file_place place;
    uint32_t name; /* index into names */
    uint32_t next_of_file;
    uint32_t next_of_name;
    bool used;
};

struct file_places {
    struct entry *entries;
    uint32_t count;
    uint32_t capacity;
    uint32_t unused;   /* list, by next_of_file */
    struct map *files; /* struct file_key to index into firsts */
    uint32_t *firsts;
    uint32_t firsts_count;
    uint32_t firsts_capacity;
    struct map *names; /* to index into name_firsts */
    uint32_t *name_firsts;
    uint32_t name_firsts_count;
    uint32_t name_firsts_capacity;
};

struct file_places *file_places_new(void)
{
    struct file_places *places = memory_new(1, sizeof *places);
    places->unused = NONE;
    places->files = map_new();
    places->names = map_new();
    return places;
}

void file_places_free(struct file_places *places)
{
    if (places != NULL) {
        map_free(places->files);
        map_free(places->names);
        memory_free(places->entries);
        memory_free(places->firsts);
        memory_free(places->name_firsts);
        memory_free(places);
    }
}

uint64_t file_place_born(int descriptor)
{
    struct statx status;
    bool told = statx(descriptor, "", AT_EMPTY_PATH, STATX_BTIME, &status) == 0 &&
                (status.stx_mask & STATX_BTIME) != 0 && status.stx_btime.tv_sec > 0;
    return told ? (uint64_t)status.stx_btime.tv_sec * 1000000000 + status.stx_btime.tv_nsec : 0;
}

void file_place_hash_head(struct file_place *place, int descriptor, uint64_t len)
{
    char head[FILE_PLACE_HEAD_BYTES];
    ssize_t got = pread(descriptor, head, len < sizeof head ? len : sizeof head, 0);
    place->head_len = got > 0 ? (uint64_t)got : 0;
    place->head_hash = hash_bytes((struct str){head, (size_t)place->head_len}, 0);
}

/* --- the two kinds of lists ------------------------------------------------------------------ */

/* Where the list of a file begins; NULL: it was never in one. */
static uint32_t *first_of_file(const struct file_places *places, uint64_t device, uint64_t inode)
{
    struct file_key key = {device, inode};
    uint32_t index = map_get(places->files, (struct str){(const char *)&key, sizeof key});
    return index == MAP_NONE ? NULL : &places->firsts[index];
}

static uint32_t *add_file(struct file_places *places, uint64_t device, uint64_t inode)
{
    struct file_key key = {device, inode};
    uint32_t *first = first_of_file(places, device, inode);
    if (first != NULL) {
        return first;
    }
    MEMORY_GROW(places->firsts, places->firsts_count, places->firsts_capacity);
    ENSURE(places->firsts != NULL);
    map_set(places->files, (struct str){(const char *)&key, sizeof key}, places->firsts_count);
    places->firsts[places->firsts_count] = NONE;
    return &places->firsts[places->firsts_count++];
}

static uint32_t add_name(struct file_places *places, struct str name)
{
    uint32_t index = map_get(places->names, name);
    if (index == MAP_NONE) {
        index = places->name_firsts_count;
        MEMORY_GROW(places->name_firsts, places->name_firsts_count, places->name_firsts_capacity);
        places->name_firsts[places->name_firsts_count++] = NONE;
        map_set(places->names, name, index);
    }
    return index;
}

static void take_out_of_name(struct file_places *places, uint32_t index)
{
    const struct entry *entry = &places->entries[index];
    uint32_t *link = &places->name_firsts[entry->name];
    while (*link != index) {
        link = &places->entries[*link].next_of_name;
    }
    *link = entry->next_of_name;
}

static void put_into_name(struct file_places *places, uint32_t index, uint32_t name)
{
    struct entry *entry = &places->entries[index];
    entry->name = name;
    entry->next_of_name = places->name_firsts[name];
    places->name_firsts[name] = index;
}

static void add_entry(struct file_places *places, uint32_t name, const struct file_place *place)
{
    uint32_t *first = add_file(places, place->device, place->inode);
    uint32_t index = places->unused;
    if (index != NONE) {
        places->unused = places->entries[index].next_of_file;
    } else {
        index = places->count;
        MEMORY_GROW(places->entries, places->count, places->capacity);
        places->count++;
    }
    places->entries[index] = (struct entry){.place = *place, .next_of_file = *first, .used = true};
    *first = index;
    put_into_name(places, index, name);
}

void file_places_forget(struct file_places *places, uint64_t device, uint64_t inode)
{
    uint32_t *first = first_of_file(places, device, inode);
    while (first != NULL && *first != NONE) {
        uint32_t index = *first;
        struct entry *entry = &places->entries[index];
        take_out_of_name(places, index);
        *first = entry->next_of_file;
        entry->used = false;
        entry->next_of_file = places->unused;
        places->unused = index;
    }
}

void file_places_note(struct file_places *places, struct str name, const struct file_place *place)
{
    uint32_t *first = first_of_file(places, place->device, place->inode);
    uint32_t name_index = add_name(places, name);
    bool alone = first != NULL && *first != NONE && places->entries[*first].next_of_file == NONE;
    if (!alone) {
        file_places_forget(places, place->device, place->inode);
        add_entry(places, name_index, place);
        return;
    }
    struct entry *entry = &places->entries[*first];
    entry->place = *place;
    if (entry->name != name_index) {
        take_out_of_name(places, *first);
        put_into_name(places, *first, name_index);
    }
}

/* --- finding --------------------------------------------------------------------------------- */

static bool fits(const struct file_place *place, int descriptor, uint64_t size)
{
    uint64_t born_ns = file_place_born(descriptor);
    if (born_ns != 0 && place->born_ns != 0 && born_ns != place->born_ns) {
        return false;
    }
    struct file_place now;
    file_place_hash_head(&now, descriptor, place->head_len);
    uint64_t needed = place->gzip ? 0 : place->offset;
    return now.head_len == place->head_len && now.head_hash == place->head_hash && size >= needed;
}

static struct str name_of(const struct file_places *places, const struct entry *entry)
{
    return map_key_at(places->names, entry->name); /* names are numbered as they come */
}

struct file_found file_places_find(const struct file_places *places, uint64_t device,
                                   uint64_t inode, int descriptor)
{
    const uint32_t *first = first_of_file(places, device, inode);
    struct file_found found = {0};
    struct stat status;
    if (first == NULL || *first == NONE || fstat(descriptor, &status) != 0) {
        return found;
    }
    uint64_t size = status.st_size > 0 ? (uint64_t)status.st_size : 0;
    for (uint32_t i = *first; i != NONE; i = places->entries[i].next_of_file) {
        const struct entry *entry = &places->entries[i];
        bool farther = found.place == NULL || entry->place.offset > found.place->offset;
        if (farther && fits(&entry->place, descriptor, size)) {
            found.place = &entry->place;
            found.name = name_of(places, entry);
        }
    }
    found.other = found.place == NULL;
    return found;
}

const struct file_place *file_places_at(const struct file_places *places, uint32_t *index,
                                        struct str *name)
{
    while (*index < places->count && !places->entries[*index].used) {
        ++*index;
    }
    if (*index == places->count) {
        return NULL;
    }
    const struct entry *entry = &places->entries[(*index)++];
    if (name != NULL) {
        *name = name_of(places, entry);
    }
    return &entry->place;
}

static uint32_t first_of_name(const struct file_places *places, struct str name)
{
    uint32_t index = map_get(places->names, name);
    return index == MAP_NONE ? NONE : places->name_firsts[index];
}

uint32_t file_places_count(const struct file_places *places, struct str name)
{
    uint32_t count = 0;
    for (uint32_t i = first_of_name(places, name); i != NONE; i = places->entries[i].next_of_name) {
        count++;
    }
    return count;
}

/* --- texts ----------------------------------------------------------------------------------- */

static void add_line(const struct file_place *place, struct buffer *out)
{
    uint64_t flags = (place->gzip ? FLAG_GZIP : 0) | (place->done ? FLAG_DONE : 0);
    const uint64_t numbers[NUMBERS] = {
        place->device,    place->inode,      place->born_ns,    place->offset,   place->head_len,
        place->head_hash, place->mark.flags, place->mark.depth, place->end_size, flags};
    for (size_t i = 0; i < NUMBERS; i++) {
        if (i > 0) {
            buffer_add_byte(out, ' ');
        }
        buffer_add_u64(out, numbers[i]);
    }
}

void file_places_describe(const struct file_places *places, struct str name, struct buffer *out)
{
    uint32_t next = first_of_name(places, name);
    for (bool first = true; next != NONE; first = false) {
        if (!first) {
            buffer_add_byte(out, '\n');
        }
        add_line(&places->entries[next].place, out);
        next = places->entries[next].next_of_name;
    }
}

static bool parse_numbers(struct str line, uint64_t *numbers)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        size_t space = str_find_byte(line, ' ');
        bool last = i == NUMBERS - 1;
        if (!str_to_u64(str_slice(line, 0, space), &numbers[i]) ||
            last != (space == STR_NOT_FOUND)) {
            return false;
        }
        line = last ? line : str_slice(line, space + 1, line.len);
    }
    return true;
}

static bool parse_line(struct str line, struct file_place *place)
{
    uint64_t numbers[NUMBERS];
    if (!parse_numbers(line, numbers)) {
        return false;
    }
    *place = (struct file_place){
        .device = numbers[0],
        .inode = numbers[1],
        .born_ns = numbers[2],
        .offset = numbers[3],
        .head_len = numbers[4],
        .head_hash = numbers[5],
        .mark = {numbers[6], numbers[7]},
        .end_size = numbers[8],
        .gzip = (numbers[9] & FLAG_GZIP) != 0,
        .done = (numbers[9] & FLAG_DONE) != 0,
    };
    return place->head_len <= FILE_PLACE_HEAD_BYTES && place->offset <= INT64_MAX &&
           numbers[9] < FLAGS_LAST && framer_mark_is_known(place->mark);
}

/* Takes the next line off text. False: none is left. */
static bool next_line(struct str *text, struct str *line)
{
    bool any = text->len > 0;
    size_t end = str_find_byte(*text, '\n');
    *line = str_slice(*text, 0, end);
    *text = end == STR_NOT_FOUND ? str_slice(*text, text->len, 0)
                                 : str_slice(*text, end + 1, text->len);
    return any;
}

bool file_places_add(struct file_places *places, struct str name, struct str text)
{
    struct file_place place;
    struct str line;
    bool all = text.len > 0 && text.ptr[text.len - 1] != '\n';
    for (struct str rest = text; all && next_line(&rest, &line);) {
        all = parse_line(line, &place);
    }
    for (struct str rest = text; all && next_line(&rest, &line);) {
        (void)parse_line(line, &place);
        add_entry(places, add_name(places, name), &place);
    }
    return all;
}
