/* SPDX-License-Identifier: Apache-2.0
 *
 * list.c - see list.h: the tables of a list, and looking values up in them.
 */
#include "analyze/list/list_internal.h"

#include "analyze/rule/rule.h"
#include "base/hash.h"
#include "base/memory.h"

#include <stdlib.h>

const char *list_kind_name(enum list_kind kind)
{
    static const char *const names[LIST_KINDS] = {"exact", "suffix", "cidr"};
    return names[kind];
}

struct list *list_new(enum list_kind kind)
{
    struct list *list = memory_new(1, sizeof *list);
    list->kind = kind;
    list->arena = arena_new(0);
    list->entries = memory_new(LIST_ENTRIES_KEPT, sizeof *list->entries);
    return list;
}

void list_free(struct list *list)
{
    if (list == NULL) {
        return;
    }
    arena_free(list->arena);
    memory_free(list->entries);
    memory_free(list->texts);
    memory_free(list->slots);
    memory_free(list->ranges);
    memory_free(list);
}

enum list_kind list_kind_of(const struct list *list)
{
    return list->kind;
}

uint32_t list_count(const struct list *list)
{
    return list->kind == LIST_CIDR ? list->ranges_count : list->texts_count;
}

uint32_t list_entries(const struct list *list, const struct str **entries)
{
    *entries = list->entries;
    return list->entries_count <= LIST_ENTRIES_KEPT ? list->entries_count : 0;
}

static void map_address(const uint8_t *address, uint32_t family_bytes, uint8_t mapped[16])
{
    memset(mapped, 0, 16);
    if (family_bytes == 4) {
        mapped[10] = mapped[11] = 0xFF;
    }
    memcpy(mapped + 16 - family_bytes, address, family_bytes);
}

static const char *add_network(struct list *list, struct str entry)
{
    struct cidr cidr;
    bool bare = str_find_byte(entry, '/') == STR_NOT_FOUND;
    struct str host = arena_printf(list->arena, "%.*s%s", STR_ARG(entry),
                                   str_find_byte(entry, ':') == STR_NOT_FOUND ? "/32" : "/128");
    if (!rule_cidr_parse(bare ? host : entry, &cidr)) {
        return "is no address and no network; write address/bits, the bits behind the prefix being "
               "0";
    }
    MEMORY_GROW(list->ranges, list->ranges_count, list->ranges_capacity);
    struct list_range *range = &list->ranges[list->ranges_count++];
    map_address(cidr.address, cidr.family_bytes, range->first);
    memcpy(range->last, range->first, sizeof range->last);
    uint32_t fixed = cidr.prefix_bits + (16U - cidr.family_bytes) * 8;
    for (uint32_t bit = fixed; bit < 128; bit++) {
        range->last[bit / 8] |= (uint8_t)(0x80U >> (bit % 8));
    }
    return NULL;
}

const char *list_add(struct list *list, struct str entry)
{
    if (list->kind == LIST_CIDR) {
        return add_network(list, entry);
    }
    if (list->kind == LIST_SUFFIX) {
        entry = str_starts_with(entry, STR("*.")) ? str_slice(entry, 2, entry.len) : entry;
        entry = str_starts_with(entry, STR(".")) ? str_slice(entry, 1, entry.len) : entry;
        entry = str_ends_with(entry, STR(".")) ? str_slice(entry, 0, entry.len - 1) : entry;
        if (entry.len == 0 || str_ends_with(entry, STR(".")) ||
            str_find_byte(entry, '*') != STR_NOT_FOUND) {
            return "is no domain";
        }
    }
    if (list->entries_count < LIST_ENTRIES_KEPT) {
        list->entries[list->entries_count] = arena_copy(list->arena, entry);
    }
    list->entries_count++;
    MEMORY_GROW(list->texts, list->texts_count, list->texts_capacity);
    list->texts[list->texts_count++] = rule_fold(list->arena, entry);
    return NULL;
}

/* --- looking up ------------------------------------------------------------------------------- */

/* The slot that has text, or the free one where it would be. */
static uint32_t find_slot(const struct list *list, struct str text)
{
    uint64_t hash = hash_bytes(text, 0);
    uint32_t tag = (uint32_t)(hash >> 32);
    uint32_t at = (uint32_t)hash & list->mask;
    while (
        list->slots[at].entry != 0 &&
        (list->slots[at].tag != tag || !str_equal(list->texts[list->slots[at].entry - 1], text))) {
        at = (at + 1) & list->mask;
    }
    return at;
}

bool list_has_text(const struct list *list, struct str folded)
{
    if (list->texts_count == 0) {
        return false;
    }
    if (list->kind != LIST_SUFFIX) {
        return list->slots[find_slot(list, folded)].entry != 0;
    }
    if (str_ends_with(folded, STR("."))) {
        folded = str_slice(folded, 0, folded.len - 1);
    }
    while (folded.len > 0) {
        if (list->slots[find_slot(list, folded)].entry != 0) {
            return true;
        }
        size_t dot = str_find_byte(folded, '.');
        folded = dot == STR_NOT_FOUND ? (struct str){0} : str_slice(folded, dot + 1, folded.len);
    }
    return false;
}

bool list_has_address(const struct list *list, const uint8_t *address, uint32_t family_bytes)
{
    uint8_t mapped[16];
    uint32_t from = 0;
    uint32_t count = list->ranges_count;
    map_address(address, family_bytes, mapped);
    while (count > 1) {
        uint32_t half = count / 2;
        bool above = memcmp(list->ranges[from + half].first, mapped, sizeof mapped) <= 0;
        from += above ? half : 0;
        count -= half;
    }
    return count == 1 && memcmp(list->ranges[from].first, mapped, sizeof mapped) <= 0 &&
           memcmp(mapped, list->ranges[from].last, sizeof mapped) <= 0;
}

/* --- building --------------------------------------------------------------------------------- */

static void build_slots(struct list *list)
{
    uint32_t size = 8;
    uint32_t count = list->texts_count;
    while (size < count * 2) {
        size *= 2;
    }
    list->slots = memory_new(size, sizeof *list->slots);
    list->mask = size - 1;
    list->texts_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct str text = list->texts[i];
        uint32_t at = find_slot(list, text);
        if (list->slots[at].entry == 0) {
            list->texts[list->texts_count++] = text;
            list->slots[at] =
                (struct list_slot){(uint32_t)(hash_bytes(text, 0) >> 32), list->texts_count};
        }
    }
}

static int compare_ranges(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct list_range));
}

/* Is the address right behind `last`, or before it? */
static bool touches(const uint8_t last[16], const uint8_t first[16])
{
    uint8_t behind[16];
    memcpy(behind, last, sizeof behind);
    for (uint32_t i = 16; i > 0; i--) {
        if (++behind[i - 1] != 0) {
            return memcmp(first, behind, sizeof behind) <= 0;
        }
    }
    return true; /* last is the last address of all */
}

static void build_ranges(struct list *list)
{
    uint32_t kept = 0;
    if (list->ranges_count > 1) {
        qsort(list->ranges, list->ranges_count, sizeof *list->ranges, compare_ranges);
    }
    for (uint32_t i = 0; i < list->ranges_count; i++) {
        const struct list_range *range = &list->ranges[i];
        struct list_range *before = kept > 0 ? &list->ranges[kept - 1] : NULL;
        if (before == NULL || !touches(before->last, range->first)) {
            list->ranges[kept++] = *range;
        } else if (memcmp(before->last, range->last, sizeof before->last) < 0) {
            memcpy(before->last, range->last, sizeof before->last);
        }
    }
    list->ranges_count = kept;
}

void list_build(struct list *list)
{
    if (list->kind == LIST_CIDR) {
        build_ranges(list);
    } else {
        build_slots(list);
    }
}
