/* SPDX-License-Identifier: Apache-2.0
 *
 * accounting.c - see accounting_internal.h.
 */
#include "cli/engine/accounting_internal.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/timestamp.h"

static struct account_clock clock_read(void)
{
    return (struct account_clock){.wall_ns = clock_now_ns(), .steady_ns = clock_monotonic_ns()};
}

void accounting_init(struct accounting *accounting, const struct audit *audit)
{
    accounting->wanted = true;
    accounting->audit = audit;
}

void accounting_release(struct accounting *accounting)
{
    memory_free(accounting->late);
    *accounting = (struct accounting){0};
}

void accounting_begin(struct accounting *accounting, const struct batch *batch)
{
    if (!accounting->wanted) {
        return;
    }
    accounting->now = clock_read();
    accounting->late_chunk = 0;
    if (batch->chunks_count > accounting->late_capacity) {
        accounting->late_capacity = batch->chunks_capacity;
        accounting->late =
            memory_resize(accounting->late, accounting->late_capacity, sizeof *accounting->late);
    }
    memset(accounting->late, 0, batch->chunks_count * sizeof *accounting->late);
}

static bool holds(const struct chunk *chunk, const struct alert_event *event)
{
    return chunk->stream->partition == event->partition &&
           (!chunk->message || chunk->offset == event->offset) &&
           str_equal(str_of(chunk->stream->name), event->source);
}

/* Matches come in the order of their records: the chunk is that of the last one, or behind it. */
void accounting_note_late(struct accounting *accounting, const struct batch *batch,
                          const struct match *match)
{
    uint32_t at = accounting->late_chunk;
    if (!accounting->wanted) {
        return;
    }
    while (at < batch->chunks_count && !holds(&batch->chunks[at], &match->alert->events[0])) {
        at++;
    }
    if (at < batch->chunks_count) {
        accounting->late[at]++;
        accounting->late_chunk = at;
    }
}

/* A message of a numbered stream is one offset; a file's bytes are one each. */
static void take_offsets(struct account_entry *entry, const struct chunk *chunk, uint64_t new_bytes)
{
    entry->has_offsets = chunk->stream->numbered || !chunk->message;
    if (chunk->stream->numbered) {
        entry->first_offset = chunk->offset;
        entry->offsets_read = chunk->duplicate ? 0 : 1;
        entry->offsets_missing = chunk->missing;
    } else {
        entry->first_offset = chunk->offset + chunk->bytes.len - new_bytes;
        entry->offsets_read = new_bytes;
    }
}

void accounting_add(struct accounting *accounting, const struct accounting_place *place,
                    const struct batch *batch, uint32_t chunk, uint64_t new_bytes)
{
    if (!accounting->wanted) {
        return;
    }
    const struct chunk *from = &batch->chunks[chunk];
    bool dated = from->message && from->reference_ns != TIMESTAMP_NONE;
    if (*place->number == 0) {
        *place->number = 1 + accounts_stream(place->accounts, from->stream);
    }
    struct account_entry entry = {
        .stream = *place->number - 1,
        .time_ns = dated ? from->reference_ns : accounting->now.wall_ns,
        .tally = &from->tally,
        .offsets_lost = audit_lost(accounting->audit, chunk),
        .late = accounting->late[chunk],
    };
    take_offsets(&entry, from, new_bytes);
    accounts_add(place->accounts, &entry, accounting->now);
}

int accounting_tell(struct accounts *accounts, bool all, account_tell_fn *tell, void *context,
                    struct err *err)
{
    struct account_clock now = clock_read();
    return all ? accounts_tell_open(accounts, now, tell, context, err)
               : accounts_close_due(accounts, now, tell, context, err);
}
