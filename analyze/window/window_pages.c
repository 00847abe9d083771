/* SPDX-License-Identifier: Apache-2.0
 *
 * window_pages.c - see window_keep_internal.h: matches that wait, many to a cell.
 *
 * A match alone would cost a cell when it comes and another when it goes. Those that come within
 * one commit have about the same time and go together, too; what has come and gone between two
 * commits is never written.
 *
 * In:  matches that come and go.   Out: pages as cells.
 * Thread: the deliverer only.   Owns: the pages, not their matches.
 * Invariants: (1) pending.page and pending.slot say where a match is. (2) a page that has lost half
 *                 of what was written is given up, and new matches join those of the last page: so
 *                 pages are few, however long some matches wait.
 * Bounds: O(1) a match that comes or goes; a page is written whole.
 * Tested: tests/unit/test_window_keep.c.
 */
#include "analyze/window/window_keep_internal.h"

#include "base/ensure.h"
#include "base/memory.h"

static uint32_t take_page(struct window_keep *keep)
{
    if (keep->pages_free_count > 0) {
        return keep->pages_free[--keep->pages_free_count];
    }
    MEMORY_GROW(keep->pages, keep->pages_count, keep->pages_capacity);
    keep->pages[keep->pages_count] = (struct window_page){0};
    return keep->pages_count++;
}

void window_pages_init(struct window_keep *keep)
{
    ENSURE(take_page(keep) == WINDOW_PAGE_NONE);
}

void window_pages_release(struct window_keep *keep)
{
    for (uint32_t i = 0; i < keep->pages_count; i++) {
        memory_free(keep->pages[i].items);
    }
    memory_free(keep->pages);
    memory_free(keep->pages_free);
}

uint32_t window_page_restore(struct window_keep *keep, uint64_t number)
{
    uint32_t index = take_page(keep);
    keep->pages[index].number = number;
    keep->pages[index].stored = true;
    keep->pages_made = number > keep->pages_made ? number : keep->pages_made;
    return index;
}

static size_t bytes_of(const struct window_pending *pending)
{
    return sizeof *pending + pending->key_len + pending->value_len + pending->carried_len;
}

static void note_change(struct window_keep *keep, uint32_t index)
{
    if (index != WINDOW_PAGE_NONE && !keep->pages[index].changed) {
        keep->pages[index].changed = true;
        keep->pages_changed++;
    }
}

/* A body's bytes count once, however many of its matches have no page. */
static void count_unpaged(struct window_keep *keep, const struct window_pending *pending)
{
    struct window_body *body = pending->body;
    ENSURE(body != NULL);
    keep->unpaged_bytes += bytes_of(pending) + (body->unpaged++ == 0 ? body->bytes : 0);
}

static void discount_unpaged(struct window_keep *keep, const struct window_pending *pending)
{
    struct window_body *body = pending->body;
    ENSURE(body != NULL && body->unpaged > 0);
    keep->unpaged_bytes -= bytes_of(pending) + (--body->unpaged == 0 ? body->bytes : 0);
}

static void append(struct window_keep *keep, uint32_t index, struct window_pending *pending)
{
    struct window_page *page = &keep->pages[index];
    MEMORY_GROW(page->items, page->count, page->capacity);
    pending->page = index;
    pending->slot = page->count;
    page->items[page->count++] = pending;
}

void window_page_put(struct window_keep *keep, uint32_t page, struct window_pending *pending)
{
    append(keep, page, pending);
    if (page == WINDOW_PAGE_NONE) {
        count_unpaged(keep, pending);
    }
}

void window_page_take(struct window_keep *keep, struct window_pending *pending)
{
    struct window_page *page = &keep->pages[pending->page];
    struct window_pending *last = page->items[--page->count];
    ENSURE(page->items[pending->slot] == pending);
    page->items[pending->slot] = last;
    last->slot = pending->slot;
    note_change(keep, pending->page);
    if (pending->page == WINDOW_PAGE_NONE) {
        discount_unpaged(keep, pending);
    }
}

/* --- telling ---------------------------------------------------------------------------------- */

/* Moves the matches of pages that have lost half of theirs to page 0. */
static void give_up_pages(struct window_keep *keep)
{
    for (uint32_t i = 1; i < keep->pages_count; i++) {
        struct window_page *page = &keep->pages[i];
        if (!page->changed || page->count * 2 > page->told) {
            continue;
        }
        for (uint32_t n = 0; n < page->count; n++) {
            window_page_put(keep, WINDOW_PAGE_NONE, page->items[n]);
        }
        page->count = 0;
        page->bytes = 0;
    }
}

/* A page without matches, if there is one whose cell would have to be deleted. */
static uint32_t open_page(struct window_keep *keep, uint32_t *next)
{
    for (; *next < keep->pages_count; ++*next) {
        const struct window_page *page = &keep->pages[*next];
        if (page->changed && page->stored && page->count == 0) {
            return (*next)++;
        }
    }
    uint32_t index = take_page(keep);
    keep->pages[index].number = ++keep->pages_made;
    note_change(keep, index);
    return index;
}

/* Gives each match of page 0 a page: first that which was filled last, if it has room. */
static void fill_pages(struct window_keep *keep)
{
    uint32_t next = 1;
    uint32_t index = keep->page_open;
    const struct window_body *body = NULL;
    uint32_t count = keep->pages[WINDOW_PAGE_NONE].count;
    if (keep->pages[index].count == 0) {
        index = WINDOW_PAGE_NONE;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct window_pending *pending = keep->pages[WINDOW_PAGE_NONE].items[i];
        if (index == WINDOW_PAGE_NONE || keep->pages[index].bytes >= WINDOW_PAGE_BYTES) {
            index = open_page(keep, &next);
            body = NULL;
        }
        keep->pages[index].bytes +=
            bytes_of(pending) + (pending->body != body ? pending->body->bytes : 0);
        body = pending->body;
        note_change(keep, index);
        discount_unpaged(keep, pending);
        append(keep, index, pending);
    }
    keep->page_open = index;
    keep->pages[WINDOW_PAGE_NONE].count = 0;
}

static void pack_match(struct buffer *out, const struct windows *windows,
                       const struct window_pending *pending)
{
    pack_u64(out, windows->series[pending->series].fingerprint);
    buffer_add(out, (struct str){(const char *)pending->id, sizeof pending->id});
    window_pack_event(out, &pending->event);
    pack_u32(out, pending->reference);
    pack_u32(out, pending->body->index);
    pack_str(out, (struct str){pending->bytes, pending->key_len});
    pack_str(out, (struct str){pending->bytes + pending->key_len, pending->value_len});
    pack_str(out, (struct str){pending->bytes + pending->key_len + pending->value_len,
                               pending->carried_len});
}

/* Bodies come first, each once; then the matches, each with the place of its body among these. */
static void pack_page(struct buffer *out, const struct windows *windows,
                      const struct window_page *page)
{
    uint64_t turn = ++windows->keep->pages_written;
    uint32_t bodies = 0;
    for (uint32_t i = 0; i < page->count; i++) {
        struct window_body *body = page->items[i]->body;
        if (body->written != turn) {
            body->written = turn;
            body->index = bodies++;
        }
    }
    buffer_clear(out);
    pack_u8(out, WINDOW_CELL_FORMAT);
    pack_u32(out, bodies);
    uint32_t next = 0;
    for (uint32_t i = 0; i < page->count; i++) {
        if (page->items[i]->body->index == next) {
            window_pack_body(out, page->items[i]->body);
            next++;
        }
    }
    pack_u32(out, page->count);
    for (uint32_t i = 0; i < page->count; i++) {
        pack_match(out, windows, page->items[i]);
    }
}

size_t window_pages_tell(struct windows *windows, state_cell_fn *tell, void *context)
{
    struct window_keep *keep = windows->keep;
    size_t told = 0;
    give_up_pages(keep);
    fill_pages(keep);
    for (uint32_t i = 1; i < keep->pages_count; i++) {
        const struct window_page *page = &keep->pages[i];
        if (!page->changed) {
            continue;
        }
        window_cell_numbered(&keep->key, WINDOW_CELL_PAGE, page->number);
        if (page->count > 0) {
            pack_page(&keep->value, windows, page);
        }
        bool deleted = page->count == 0;
        tell(context, buffer_str(&keep->key), deleted ? (struct str){0} : buffer_str(&keep->value),
             deleted);
        told++;
    }
    return told;
}

void window_pages_done(struct window_keep *keep)
{
    for (uint32_t i = 1; i < keep->pages_count; i++) {
        struct window_page *page = &keep->pages[i];
        if (!page->changed) {
            continue;
        }
        page->changed = false;
        page->stored = page->count > 0;
        page->told = page->count;
        if (page->count == 0) {
            page->bytes = 0;
            MEMORY_GROW(keep->pages_free, keep->pages_free_count, keep->pages_free_capacity);
            keep->pages_free[keep->pages_free_count++] = i;
        }
    }
    keep->pages_changed = 0;
}
