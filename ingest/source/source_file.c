/* SPDX-License-Identifier: Apache-2.0
 *
 * source_file.c - files, directories and standard input, read once or followed.
 *
 * In:  paths; a directory stands for the files below it, in byte order of their paths.
 * Out: chunks: of a large file one block a batch, of small files many a batch.
 * Thread: the reader, `delivered` included.
 * Owns:   open inputs; the streams belong to struct source.
 * Invariants: (1) the order of files never depends on a directory's order.
 *             (2) a batch has at most one chunk of a stream, since the next one begins with what
 *                 framing left of it.
 *             (3) followed: a file that was renamed away is read to its end before its successor;
 *                 one that shrank begins anew.
 *             (4) followed: a position is saved at most SAVE_NS after its batch was committed,
 *                 that of a file which was renamed away included. `placed`: nothing is saved, and
 *                 gzip files and files that are read once have a place, too.
 * Bounds: one file open at a time when not followed; else every plain file that still has its name.
 * Tested: tests/unit/test_source_file.c, tests/golden/test_directories.sh, test_follow.sh,
 *         test_run.sh.
 */
#include "base/clock.h"
#include "base/ensure.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "ingest/source/file_input.h"
#include "ingest/source/file_moved.h"
#include "ingest/source/file_positions.h"
#include "ingest/source/file_tracks.h"
#include "ingest/source/source_table.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define WHERE          "ingest/source"
#define FOLLOW_WAIT_MS 250
#define RESCAN_NS      TIMESTAMP_SECOND_NS
#define SAVE_NS        TIMESTAMP_SECOND_NS
/* A batch of small files has at most so many of them. */
#define CHUNKS_MAX 1024
/* Above so many places under one name, those of deleted files are looked for at each rotation. */
#define PLACES_KEPT 64

struct paths {
    char **items;
    uint32_t count;
    uint32_t capacity;
};

/* A file that was read to its end, whatever its name is now. An inode is given to another file once
 * this one is deleted; that one was made at another time. */
struct identity {
    uint64_t device;
    uint64_t inode;
    int64_t modified_ns;
    uint64_t size;
    uint64_t born_ns; /* 0 where the file system does not tell */
};

struct state {
    struct source_options options;
    struct paths roots; /* as configured */
    struct paths files; /* to be read, sorted */
    uint32_t next_file;
    struct file_input *inputs; /* open: one, or all that are followed */
    uint32_t inputs_count;
    uint32_t inputs_capacity;
    uint32_t turn;            /* the followed input that is read first */
    struct stream **finished; /* their framing is over after the next poll began */
    uint32_t finished_count;
    uint32_t finished_capacity;
    struct map *seen;           /* by struct identity: followed files that were read to their end */
    struct file_places *places; /* NULL: none are kept */
    struct file_tracks *tracks; /* what leads to them; NULL, too */
    struct map *met;            /* by struct file_key: opened after places were given */
    bool places_changed;        /* since they were saved */
    const struct stream *rotated; /* its name has many places: some may be of deleted files */
    bool resumed;                 /* the caller has given places */
    bool paused;
    int64_t rescan_ns;
    int64_t saved_ns;
    bool first_scan;
};

static void paths_add(struct paths *paths, const char *path)
{
    MEMORY_GROW(paths->items, paths->count, paths->capacity);
    paths->items[paths->count++] = memory_copy_str(str_of(path));
}

static void paths_clear(struct paths *paths)
{
    for (uint32_t i = 0; i < paths->count; i++) {
        memory_free(paths->items[i]);
    }
    paths->count = 0;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void note_error(struct source *source, const char *text)
{
    source->errors++;
    log_write(LOG_ERROR, WHERE, "%s", text);
}

/* What a look for new files meets again every second is said once. */
static void note_scan_error(struct source *source, const char *text)
{
    const struct state *state = source->state;
    if (state->first_scan) {
        note_error(source, text);
    }
}

/* Adds the files below folder; folders still to be looked at are in pending. */
static void scan_folder(struct source *source, const char *folder, struct paths *pending)
{
    struct state *state = source->state;
    DIR *directory = opendir(folder);
    struct err err;
    if (directory == NULL) {
        err_set(&err, ERR_IO, "%s: %s", folder, strerror(errno));
        note_scan_error(source, err.text);
        return;
    }
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        struct buffer path = {0};
        struct stat status;
        struct stat link;
        if (entry->d_name[0] == '.') {
            continue;
        }
        buffer_printf(&path, "%s/%s", folder, entry->d_name);
        buffer_add_byte(&path, '\0');
        if (stat(path.ptr, &status) != 0 || lstat(path.ptr, &link) != 0) {
            err_set(&err, ERR_IO, "%s: %s", path.ptr, strerror(errno));
            note_scan_error(source, err.text);
        } else if (S_ISDIR(status.st_mode) && !S_ISLNK(link.st_mode)) {
            paths_add(pending, path.ptr); /* a link to a folder may lead back: it is not followed */
        } else if (S_ISREG(status.st_mode)) {
            paths_add(&state->files, path.ptr);
            source->bytes_expected += state->first_scan ? (uint64_t)status.st_size : 0;
        }
        buffer_release(&path);
    }
    closedir(directory);
}

static int scan_root(struct source *source, const char *root, struct err *err)
{
    struct state *state = source->state;
    struct paths pending = {0};
    struct stat status;
    if (strcmp(root, "-") == 0) {
        paths_add(&state->files, root);
        return 0;
    }
    if (stat(root, &status) != 0) {
        return err_set(err, ERR_IO, "%s: %s", root, strerror(errno));
    }
    if (!S_ISDIR(status.st_mode)) {
        paths_add(&state->files, root);
        source->bytes_expected += status.st_size > 0 ? (uint64_t)status.st_size : 0;
        return 0;
    }
    uint32_t first = state->files.count;
    struct str trimmed = str_of(root);
    while (trimmed.len > 1 && trimmed.ptr[trimmed.len - 1] == '/') {
        trimmed.len--;
    }
    char *start = memory_copy_str(trimmed);
    paths_add(&pending, start);
    memory_free(start);
    while (pending.count > 0) {
        char *folder = pending.items[--pending.count];
        scan_folder(source, folder, &pending);
        memory_free(folder);
    }
    memory_free(pending.items);
    qsort(state->files.items + first, state->files.count - first, sizeof *state->files.items,
          compare_paths);
    return 0;
}

/* Places are kept in a file of ours. */
static bool saves_positions(const struct state *state)
{
    return state->places != NULL && !state->options.placed;
}

static int save(struct state *state, struct err *err)
{
    int failed = saves_positions(state) && state->places_changed
                     ? file_positions_write(state->options.positions_path, state->places, err)
                     : 0;
    state->places_changed = state->places_changed && failed != 0;
    return failed;
}

static int open_source(struct source *source, const struct source_options *options, struct err *err)
{
    struct state *state = memory_new(1, sizeof *state);
    source->state = state;
    state->options = *options;
    state->options.block_bytes =
        options->block_bytes > 0 ? options->block_bytes : (size_t)LIMIT_BATCH_BYTES;
    state->first_scan = true;
    state->seen = map_new();
    state->met = map_new();
    if (options->paths_count == 0) {
        return err_set(err, ERR_CONFIG, "a file source needs at least one path");
    }
    for (uint32_t i = 0; i < options->paths_count; i++) {
        paths_add(&state->roots, options->paths[i]);
        if (scan_root(source, options->paths[i], err) != 0) {
            return err->code;
        }
    }
    state->rescan_ns = clock_monotonic_ns();
    if (options->placed || (options->positions_path != NULL && options->follow)) {
        state->places = file_places_new();
        state->tracks = file_tracks_new(state->places, options->placed);
    }
    return saves_positions(state) ? file_positions_read(options->positions_path, state->places, err)
                                  : 0;
}

static void close_source(struct source *source)
{
    struct state *state = source->state;
    struct err err = {0};
    if (save(state, &err) != 0) {
        log_write(LOG_ERROR, WHERE, "%s", err.text);
    }
    for (uint32_t i = 0; i < state->inputs_count; i++) {
        file_input_close(&state->inputs[i]);
    }
    paths_clear(&state->roots);
    paths_clear(&state->files);
    memory_free(state->roots.items);
    memory_free(state->files.items);
    memory_free(state->inputs);
    file_tracks_free(state->tracks);
    memory_free(state->finished);
    map_free(state->seen);
    map_free(state->met);
    file_places_free(state->places);
    memory_free(state);
    source->state = NULL;
}

/* Where reading begins: at the place, at the end, or at the beginning. */
static int place_input(struct state *state, struct file_input *input,
                       const struct file_place *place, struct err *err)
{
    struct stream *stream = input->stream;
    if (place != NULL) {
        framer_resume(stream->framer, place->mark);
        stream->offset = place->offset;
        return place->offset > 0 ? file_input_seek(input, place->offset, place->gzip, err) : 0;
    }
    if (!state->options.follow || !state->options.from_end || !state->first_scan ||
        state->resumed || input->is_pipe || input->size == 0) {
        return 0;
    }
    stream->offset = input->size;
    file_tracks_skip_to(state->tracks, input, input->size);
    state->places_changed = true;
    return file_input_seek(input, input->size, false, err);
}

static int64_t time_of(struct statx_timestamp time)
{
    return time.tv_sec * TIMESTAMP_SECOND_NS + (int64_t)time.tv_nsec;
}

/* Of the file at path, or with an empty path of the descriptor. */
static bool identify(int descriptor, const char *path, struct identity *identity)
{
    struct statx status;
    if (statx(descriptor, path, AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &status) != 0) {
        return false;
    }
    bool born = (status.stx_mask & STATX_BTIME) != 0;
    *identity = (struct identity){
        .device = makedev(status.stx_dev_major, status.stx_dev_minor),
        .inode = status.stx_ino,
        .modified_ns = time_of(status.stx_mtime),
        .size = status.stx_size,
        .born_ns = born ? (uint64_t)time_of(status.stx_btime) : 0,
    };
    return true;
}

static void note_seen(struct state *state, const struct file_input *input)
{
    struct identity known;
    if (identify(input->descriptor, "", &known)) {
        map_set(state->seen, (struct str){(const char *)&known, sizeof known}, 1);
    }
}

static void note_met(struct state *state, const struct file_input *input)
{
    struct file_key key = {input->device, input->inode};
    if (state->resumed && state->first_scan) {
        map_set(state->met, (struct str){(const char *)&key, sizeof key}, 1);
    }
}

static bool was_met(const struct state *state, uint64_t device, uint64_t inode)
{
    struct file_key key = {device, inode};
    return map_get(state->met, (struct str){(const char *)&key, sizeof key}) != MAP_NONE;
}

static bool was_seen(const struct state *state, const struct file_input *input)
{
    struct identity now;
    return !input->is_pipe && identify(input->descriptor, "", &now) &&
           map_get(state->seen, (struct str){(const char *)&now, sizeof now}) != MAP_NONE;
}

/* The file's place, if it has one. *done: it was read to its end, and nothing came to it. */
static struct file_found find_place(struct state *state, const struct file_input *input, bool *done)
{
    struct file_found found = {0};
    if (state->places != NULL && !input->is_pipe) {
        found = file_places_find(state->places, input->device, input->inode, input->descriptor);
    }
    if (found.other) {
        log_write(LOG_INFO, WHERE,
                  "%s: it was cut, or is another file than the one that was read: it is read from "
                  "its beginning",
                  input->path);
    }
    /* Of two names of a file that is read once, the second has nothing new. */
    bool again = state->options.placed && was_seen(state, input);
    const struct file_place *place = found.place;
    *done = again || (place != NULL && place->done && place->end_size == input->size);
    return found;
}

/* A file keeps the name under which its first bytes were read: it is one stream, before and after a
 * restart. */
static void add_stream(struct source *source, struct file_input *input, struct str name)
{
    struct state *state = source->state;
    char *first_name = memory_copy_str(name.len > 0 ? name : str_of(input->path));
    input->stream = source_add_stream(source, &state->options, first_name, -1);
    input->stream->reference_ns = input->is_pipe ? TIMESTAMP_NONE : input->modified_ns;
    if (strcmp(first_name, input->path) != 0) {
        log_write(LOG_INFO, WHERE, "%s goes on as %s, the name that it had", input->path,
                  first_name);
    }
    memory_free(first_name);
}

static bool open_input(struct source *source, const char *path)
{
    struct state *state = source->state;
    struct err err = {0};
    bool done = false;
    MEMORY_GROW(state->inputs, state->inputs_count, state->inputs_capacity);
    struct file_input *input = &state->inputs[state->inputs_count];
    if (file_input_open(input, path, &err) != 0) {
        file_input_close(input);
        note_error(source, err.text);
        return false;
    }
    struct file_found found = find_place(state, input, &done);
    note_met(state, input);
    if (done) {
        note_seen(state, input);
        file_input_close(input);
        return false;
    }
    input->waits = state->options.follow && !input->is_pipe;
    add_stream(source, input, found.name);
    file_tracks_add(state->tracks, input, found.place);
    if (place_input(state, input, found.place, &err) != 0) {
        file_input_close(input);
        note_error(source, err.text);
        return false;
    }
    state->inputs_count++;
    return true;
}

/* Looks for files that have a place and were not met: renamed away from what is read. */
static void find_moved(struct source *source)
{
    struct state *state = source->state;
    const struct file_place *place = NULL;
    struct str name;
    paths_clear(&state->files);
    state->next_file = 0;
    for (uint32_t i = 0; (place = file_places_at(state->places, &i, &name)) != NULL;) {
        struct buffer path = {0};
        if (place->done || was_met(state, place->device, place->inode)) {
            continue;
        }
        enum file_moved moved = file_moved_find(state->places, place, name, &path);
        if (moved == FILE_MOVED_FOUND) {
            paths_add(&state->files, path.ptr);
        } else if (moved == FILE_MOVED_GONE) {
            log_write(LOG_WARNING, WHERE,
                      "%.*s was read to byte %llu and is gone, also from its folder: if something "
                      "came behind that, it is not read",
                      STR_ARG(name), (unsigned long long)place->offset);
            file_places_forget(state->places, place->device, place->inode);
        }
        buffer_release(&path);
    }
}

/* Takes the input out of its list; it is the caller's to close. */
static struct file_input take_input(struct file_input *inputs, uint32_t *count, uint32_t index)
{
    struct file_input taken = inputs[index];
    --*count;
    memmove(&inputs[index], &inputs[index + 1], (*count - index) * sizeof *inputs);
    return taken;
}

static void close_input(struct state *state, uint32_t index)
{
    struct file_input input = take_input(state->inputs, &state->inputs_count, index);
    file_input_close(&input);
}

/* Stored bytes of the file that were read. */
static uint64_t read_so_far(const struct file_input *input)
{
    return input->gzip ? input->bytes_read : input->stream->offset + input->stream->carry.len;
}

/* Stored bytes that a regular file has beyond those. */
static uint64_t bytes_waiting(const struct file_input *input)
{
    struct stat status;
    uint64_t read_to = read_so_far(input);
    bool more = fstat(input->descriptor, &status) == 0 && status.st_size > 0 &&
                (uint64_t)status.st_size > read_to;
    return more ? (uint64_t)status.st_size - read_to : 0;
}

/* How much to read at once. */
static size_t room_for(const struct state *state, const struct file_input *input)
{
    size_t carry = input->stream->carry.len;
    /* A long record makes blocks longer, so that it is not scanned again for every block. */
    size_t room = carry > state->options.block_bytes ? carry : state->options.block_bytes;
    if (!input->is_pipe && !input->gzip && (input->waits || !input->sniffed)) {
        uint64_t waiting = bytes_waiting(input);
        room = waiting < room ? (size_t)waiting + 1 : room; /* a small file needs no whole block */
    }
    return room;
}

/* Reads one block of input into a chunk of batch, behind what framing left of the last one. */
static void read_chunk(struct source *source, struct file_input *input, struct batch *batch,
                       bool end)
{
    struct state *state = source->state;
    struct stream *stream = input->stream;
    struct str carry = buffer_str(&stream->carry);
    enum record_fault fault = RECORD_FAULT_NONE;
    struct err err = {0};
    size_t len = 0;
    uint64_t before = input->bytes_read;
    size_t room = end ? 0 : room_for(state, input);
    char *block = arena_take(batch->arena, carry.len + room);
    if (carry.len > 0) {
        memcpy(block, carry.ptr, carry.len);
    }
    if (end) {
        fault = input->gzip ? RECORD_FAULT_GZIP : RECORD_FAULT_NONE; /* the rest did not come */
    } else if (file_input_read(input, block + carry.len, room, &len, &fault, &err) != 0) {
        note_error(source, err.text);
        file_tracks_fail(state->tracks, input);
        input->ended = true;
    }
    __atomic_fetch_add(&source->bytes_read, input->bytes_read - before, __ATOMIC_RELAXED);
    bool last = end || (input->ended && (!input->waits || input->gzip));
    if (len == 0 && !last) {
        return;
    }
    struct chunk *chunk = batch_add_chunk(batch, stream, (struct str){block, carry.len + len});
    chunk->offset = stream->offset;
    file_tracks_read(state->tracks, input,
                     input->gzip ? input->bytes_read : chunk->offset + chunk->bytes.len);
    chunk->end = last;
    chunk->fault = (uint8_t)fault;
}

static void finish_stream(struct state *state, struct stream *stream)
{
    MEMORY_GROW(state->finished, state->finished_count, state->finished_capacity);
    state->finished[state->finished_count++] = stream;
}

/* Streams that ended in the batch before this one need no framing any more. */
static void release_finished(struct state *state)
{
    for (uint32_t i = 0; i < state->finished_count; i++) {
        framer_free(state->finished[i]->framer);
        state->finished[i]->framer = NULL;
        buffer_release(&state->finished[i]->carry);
    }
    state->finished_count = 0;
}

/* Standard input may have nothing for a while: waits without reading. False: nothing came. */
static bool wait_for_pipe(const struct file_input *input, int timeout_ms)
{
    struct pollfd wait = {.fd = input->descriptor, .events = POLLIN};
    return !input->is_pipe || poll(&wait, 1, timeout_ms) > 0;
}

static enum source_poll poll_once(struct source *source, struct batch *batch, int timeout_ms)
{
    struct state *state = source->state;
    size_t bytes = 0;
    while (bytes < state->options.block_bytes && batch->chunks_count < CHUNKS_MAX) {
        if (state->inputs_count == 0) {
            if (state->next_file == state->files.count && state->resumed && state->first_scan) {
                find_moved(source);
                state->first_scan = false;
                continue;
            }
            if (state->next_file == state->files.count) {
                return batch->chunks_count > 0 ? SOURCE_BATCH : SOURCE_END;
            }
            open_input(source, state->files.items[state->next_file++]);
            continue;
        }
        struct file_input *input = &state->inputs[0];
        uint32_t before = batch->chunks_count;
        if (!wait_for_pipe(input, batch->chunks_count > 0 ? 0 : timeout_ms)) {
            break;
        }
        read_chunk(source, input, batch, false);
        if (batch->chunks_count == before) {
            break;
        }
        const struct chunk *chunk = &batch->chunks[before];
        bytes += chunk->bytes.len;
        if (!chunk->end) {
            break; /* its next chunk needs what framing leaves of this one */
        }
        finish_stream(state, input->stream);
        note_seen(state, input);
        file_tracks_end(state->tracks, input);
        close_input(state, 0);
    }
    return batch->chunks_count > 0 ? SOURCE_BATCH : SOURCE_NOTHING_YET;
}

/* Is the file open, or was it read to its end, under this name or another? A log that was rotated
 * away is not a new file. */
static bool is_known(const struct state *state, const char *path)
{
    struct identity now;
    if (!identify(AT_FDCWD, path, &now)) {
        return strcmp(path, "-") == 0 ? !state->first_scan : true;
    }
    for (uint32_t i = 0; i < state->inputs_count; i++) {
        if (state->inputs[i].device == now.device && state->inputs[i].inode == now.inode) {
            return true;
        }
    }
    return map_get(state->seen, (struct str){(const char *)&now, sizeof now}) != MAP_NONE;
}

static void open_new(struct source *source)
{
    const struct state *state = source->state;
    for (uint32_t i = 0; i < state->files.count; i++) {
        if (!is_known(state, state->files.items[i])) {
            open_input(source, state->files.items[i]);
        }
    }
}

/* Opens files that are new, under their roots. */
static void rescan(struct source *source)
{
    struct state *state = source->state;
    struct err err;
    paths_clear(&state->files);
    for (uint32_t i = 0; i < state->roots.count; i++) {
        scan_root(source, state->roots.items[i], &err); /* a root may be away during a rotation */
    }
    if (state->rotated != NULL) {
        file_moved_prune(state->places, str_of(state->rotated->name), state->files.items,
                         state->files.count);
        state->rotated = NULL;
    }
    open_new(source);
    if (state->first_scan && state->resumed) {
        find_moved(source);
        open_new(source);
    }
    state->first_scan = false;
    state->rescan_ns = clock_monotonic_ns();
}

/* Was the file behind the path replaced, or cut below what was read of it? */
static bool was_rotated(const struct file_input *input)
{
    struct stat status;
    if (input->is_pipe) {
        return false;
    }
    if (stat(input->path, &status) != 0) {
        return errno == ENOENT;
    }
    return (uint64_t)status.st_dev != input->device || (uint64_t)status.st_ino != input->inode ||
           (status.st_size >= 0 && (uint64_t)status.st_size < read_so_far(input));
}

/* The file was cut since it was opened, and begins anew under its own name. */
static bool was_cut(const struct file_input *input)
{
    struct stat named;
    return !input->gzip && stat(input->path, &named) == 0 &&
           (uint64_t)named.st_dev == input->device && (uint64_t)named.st_ino == input->inode;
}

/* The followed input gave its last chunk. A file that was read to its end is remembered, so that
 * its new name is not a new file. */
static void finish_input(struct state *state, uint32_t index)
{
    struct file_input input = take_input(state->inputs, &state->inputs_count, index);
    finish_stream(state, input.stream);
    if (input.is_pipe || !was_cut(&input)) {
        note_seen(state, &input);
        file_tracks_end(state->tracks, &input);
        bool many = state->options.placed &&
                    file_places_count(state->places, str_of(input.stream->name)) > PLACES_KEPT;
        state->rotated = many ? input.stream : state->rotated;
    } else {
        file_tracks_cut(state->tracks, &input);
    }
    file_input_close(&input);
}

/* At most once in SAVE_NS: a save waits for the disk. */
static int save_if_due(struct state *state, struct err *err)
{
    int64_t now_ns = clock_monotonic_ns();
    if (!saves_positions(state) || now_ns - state->saved_ns < SAVE_NS) {
        return 0;
    }
    state->saved_ns = now_ns;
    return save(state, err);
}

/* gzip: what was read may still have to be inflated. */
static bool may_have_more(const struct file_input *input)
{
    return input->is_pipe ? wait_for_pipe(input, 0) : input->gzip || bytes_waiting(input) > 0;
}

/* Files are looked at again after a while; a pipe tells when there is more. */
static void wait_for_more(const struct state *state, int wait_ms)
{
    uint32_t i = 0;
    while (i < state->inputs_count && !state->inputs[i].is_pipe) {
        i++;
    }
    int descriptor = i < state->inputs_count ? state->inputs[i].descriptor : -1; /* -1: none */
    struct pollfd pipe = {.fd = descriptor, .events = POLLIN};
    poll(&pipe, 1, wait_ms);
}

static enum source_poll follow_once(struct source *source, struct batch *batch, int timeout_ms)
{
    struct state *state = source->state;
    if (state->first_scan || clock_monotonic_ns() - state->rescan_ns > RESCAN_NS) {
        rescan(source);
    }
    size_t bytes = 0;
    for (uint32_t n = 0; n < state->inputs_count && bytes < state->options.block_bytes; n++) {
        uint32_t index = (state->turn + n) % state->inputs_count;
        struct file_input *input = &state->inputs[index];
        uint32_t before = batch->chunks_count;
        bool rotated = was_rotated(input); /* asked first: what is read after it is all there is */
        if (may_have_more(input)) {
            read_chunk(source, input, batch, false);
        }
        if (batch->chunks_count == before && rotated) {
            read_chunk(source, input, batch, true);
        }
        bytes += batch->chunks_count > before ? batch->chunks[before].bytes.len : 0;
        if (batch->chunks_count > before && batch->chunks[before].end) {
            state->rescan_ns = input->gzip ? state->rescan_ns : 0; /* a successor may be there */
            finish_input(state, index);
            break;
        }
    }
    state->turn++;
    if (batch->chunks_count == 0) {
        wait_for_more(state, timeout_ms < FOLLOW_WAIT_MS ? timeout_ms : FOLLOW_WAIT_MS);
        return SOURCE_NOTHING_YET;
    }
    return SOURCE_BATCH;
}

static enum source_poll poll_source(struct source *source, struct batch *batch, int timeout_ms,
                                    struct err *err)
{
    struct state *state = source->state;
    release_finished(state);
    if (state->paused) {
        poll(NULL, 0, timeout_ms);
        return save_if_due(state, err) != 0 ? SOURCE_FAILED : SOURCE_NOTHING_YET;
    }
    enum source_poll polled = state->options.follow ? follow_once(source, batch, timeout_ms)
                                                    : poll_once(source, batch, timeout_ms);
    bool failed = polled == SOURCE_NOTHING_YET && save_if_due(state, err) != 0;
    return failed ? SOURCE_FAILED : polled;
}

static void release_batch(struct source *source, struct batch *batch)
{
    (void)source;
    (void)batch; /* blocks are in the batch's arena */
}

static void delivered(struct source *source, const struct batch *batch)
{
    struct state *state = source->state;
    for (uint32_t i = 0; i < batch->chunks_count; i++) {
        bool noted = file_tracks_deliver(state->tracks, &batch->chunks[i]);
        state->places_changed = state->places_changed || noted;
    }
}

static int committed(struct source *source, struct err *err)
{
    return save_if_due(source->state, err);
}

/* --- places that somebody else keeps --------------------------------------------------------- */

static void place(struct source *source, const struct stream *stream, struct buffer *out)
{
    const struct state *state = source->state;
    if (state->places != NULL) {
        file_places_describe(state->places, str_of(stream->name), out);
    }
}

static int resume(struct source *source, struct str name, int32_t partition, struct str place,
                  struct err *err)
{
    struct state *state = source->state;
    (void)partition;
    ENSURE(state->options.placed && state->first_scan);
    state->resumed = true;
    return file_places_add(state->places, name, place)
               ? 0
               : err_set(err, ERR_DATA, "%.*s: what is kept of where it goes on is damaged",
                         STR_ARG(name));
}

static void pause_source(struct source *source, bool paused)
{
    struct state *state = source->state;
    state->paused = paused;
}

const struct source_ops source_file = {
    .name = "file",
    .doc = "files, directories and standard input (-), plain or gzip, read once or followed",
    .open = open_source,
    .poll = poll_source,
    .release = release_batch,
    .delivered = delivered,
    .committed = committed,
    .place = place,
    .resume = resume,
    .pause = pause_source,
    .close = close_source,
};
