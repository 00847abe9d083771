/* SPDX-License-Identifier: Apache-2.0
 *
 * window_keep_internal.h - which cells of the windows changed; how cells are written.
 *
 *   key      a group         'w' fingerprint, and the group as state_cell_add_name adds it
 *   page     waiting matches 'm' number
 *   place    a window_place  'p' number
 *   head     how far windows are   'h'
 *
 * Numbers are little-endian (base/pack.h); a value begins with WINDOW_CELL_FORMAT. The bytes of
 * groups, values and of what is carried are those of memory, in which lengths and decimals are
 * little-endian, too.
 *
 * Thread: the deliverer only.   Owns: see struct window_keep.
 * Invariants: (1) a key of windows.series that has changed is in changed, and key.changed is its
 *                 place there. (2) every match in the heap is on one page, if only on page 0, which
 *                 has those that no page has yet. (3) no key that lives is in gone or in garbage.
 */
#ifndef TOCSIN_ANALYZE_WINDOW_WINDOW_KEEP_INTERNAL_H
#define TOCSIN_ANALYZE_WINDOW_WINDOW_KEEP_INTERNAL_H

#include "analyze/window/window_internal.h"
#include "analyze/window/window_keep.h"
#include "base/key_set.h"
#include "base/pack.h"

#define WINDOW_CELL_FORMAT 1
#define WINDOW_CELL_GROUP  'w'
#define WINDOW_CELL_PAGE   'm'
#define WINDOW_CELL_PLACE  'p'
#define WINDOW_CELL_HEAD   'h'

#define WINDOW_PAGE_BYTES 65536U /* about: the last match of a page may pass it */
#define WINDOW_PAGE_NONE  0U

struct window_page {
    struct window_pending **items;
    uint32_t count;
    uint32_t capacity;
    uint32_t told; /* count when it was written last */
    size_t bytes;  /* that were put on it, about */
    uint64_t number;
    bool changed;
    bool stored;
};

/* What the cell 'h' has. */
struct window_head {
    int64_t horizon_ns;
    int64_t complete_ns;
    int64_t expired_ns;
    int64_t reached_ns;
};

struct window_place_cell {
    uint32_t number;
    struct window_place place;
};

/* While cells come in. */
struct window_restoring {
    bool head;
    struct map *pages; /* keys of cells that have come */
    struct map *bodies_map;
    struct window_body **bodies; /* each with one reference */
    uint32_t bodies_count;
    uint32_t bodies_capacity;
    struct window_place_cell *places;
    uint32_t places_count;
    uint32_t places_capacity;
    struct arena *arena; /* of their texts */
    uint32_t places_needed;
    uint64_t left_out;
};

struct window_keep {
    size_t changes_max;
    struct map *series; /* fingerprints */
    struct window_key **changed;
    uint32_t changed_count;
    uint32_t changed_capacity;
    size_t changed_bytes;
    struct key_set *gone;    /* cells to be deleted with the next commit */
    struct key_set *garbage; /* at any time */
    size_t garbage_told;
    struct window_page *pages;
    uint32_t pages_count;
    uint32_t pages_capacity;
    uint32_t pages_changed;
    uint32_t *pages_free; /* numbers of pages without a match and without a cell */
    uint32_t pages_free_count;
    uint32_t pages_free_capacity;
    uint32_t page_open; /* filled last */
    uint64_t pages_made;
    uint64_t pages_written;
    size_t unpaged_bytes;
    uint32_t places_told;
    struct window_head head_told;
    bool head_stored;  /* groups need one, though nothing was processed yet */
    bool told;         /* and not yet committed */
    struct map *names; /* of fields of bodies that were restored */
    struct window_restoring restoring;
    struct buffer key;
    struct buffer value;
};

/* Why a key is freed. */
enum window_gone {
    WINDOW_GONE_JUDGED,  /* its alert is in the same commit as its deletion */
    WINDOW_GONE_EVICTED, /* deleted in the same commit, as long as that has room */
    WINDOW_GONE_EXPIRED, /* nothing will be counted with it any more: deleted at any time */
    WINDOW_GONE_DROPPED  /* so is that of a rule that is gone */
};

/* --- hooks; windows.keep is not NULL ---------------------------------------------------------- */

void window_keep_free(struct windows *windows);
/* The series are new ones. */
void window_keep_bind(struct windows *windows);
void window_keep_created(struct windows *windows, struct window_key *key);
void window_keep_changed(struct windows *windows, struct window_key *key);
/* The key is about to be freed: key.changed is not 0. */
void window_keep_unchanged(struct windows *windows, struct window_key *key);
void window_keep_gone(struct windows *windows, const struct window_key *key, enum window_gone why);
void window_keep_waits(struct windows *windows, struct window_pending *pending);
void window_keep_left(struct windows *windows, struct window_pending *pending);
struct window_head window_head_of(const struct windows *windows);
bool window_keep_is_full(const struct windows *windows);

/* --- pages ------------------------------------------------------------------------------------ */

void window_pages_init(struct window_keep *keep);
void window_pages_release(struct window_keep *keep);
/* A page of that number, which a cell has. */
uint32_t window_page_restore(struct window_keep *keep, uint64_t number);
void window_page_put(struct window_keep *keep, uint32_t page, struct window_pending *pending);
void window_page_take(struct window_keep *keep, struct window_pending *pending);
/* Returns how many cells were told. */
size_t window_pages_tell(struct windows *windows, state_cell_fn *tell, void *context);
void window_pages_done(struct window_keep *keep);

/* --- cells ------------------------------------------------------------------------------------ */

/* Each overwrites out. */
void window_cell_key(struct buffer *out, uint64_t fingerprint, struct str group);
void window_cell_numbered(struct buffer *out, char kind, uint64_t number);
void window_cell_group(struct buffer *out, const struct windows *windows,
                       const struct window_key *key);
/* Each adds to out. */
void window_pack_event(struct buffer *out, const struct window_event *event);
void window_pack_body(struct buffer *out, const struct window_body *body);

/* The number of the series, or MAP_NONE. */
uint32_t window_keep_series(const struct window_keep *keep, uint64_t fingerprint);
/* Takes the cell of that key. False: it is none that was told. */
bool window_read_group(struct windows *windows, uint32_t series, struct str name, struct str value);
bool window_read_page(struct windows *windows, struct str name, struct str value);

#endif
