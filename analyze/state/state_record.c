/* SPDX-License-Identifier: Apache-2.0
 *
 * state_record.c - see state_record_internal.h.
 */
#include "analyze/state/state_record_internal.h"

#include "analyze/state/state_internal.h"

enum record_kind {
    RECORD_COMMIT = 1,
    RECORD_ACKNOWLEDGE,
    RECORD_PARTITION,
    RECORD_CELL,
    RECORD_ALERT,
    RECORD_END
};

#define VALUE_DELETED UINT32_MAX

void state_bytes_put(struct buffer *out, uint64_t number, unsigned bytes)
{
    char *at = buffer_reserve(out, bytes);
    for (unsigned i = 0; i < bytes; i++) {
        at[i] = (char)(unsigned char)(number >> (8 * i) & 0xFF);
    }
    out->len += bytes;
}

uint64_t state_bytes_get(const char *at, unsigned bytes)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < bytes; i++) {
        number |= (uint64_t)(unsigned char)at[i] << (8 * i);
    }
    return number;
}

static void put_key(struct buffer *out, struct str key)
{
    state_bytes_put(out, key.len, 2);
    buffer_add(out, key);
}

static void put_value(struct buffer *out, struct str value)
{
    state_bytes_put(out, value.len, 4);
    buffer_add(out, value);
}

static void put_position(struct buffer *out, struct state_position position)
{
    state_bytes_put(out, (uint64_t)position.offset, 8);
    state_bytes_put(out, position.mark, 8);
}

void state_record_commit(struct buffer *out, const struct state_commit *commit)
{
    state_bytes_put(out, RECORD_COMMIT, 1);
    put_key(out, commit->partition);
    put_position(out, commit->base);
    put_position(out, (struct state_position){commit->next, commit->mark});
    state_bytes_put(out, commit->changes_count, 4);
    for (size_t i = 0; i < commit->changes_count; i++) {
        const struct state_change *change = &commit->changes[i];
        put_key(out, change->key);
        if (change->deleted) {
            state_bytes_put(out, VALUE_DELETED, 4);
        } else {
            put_value(out, change->value);
        }
    }
    state_bytes_put(out, commit->alerts_count, 4);
    for (size_t i = 0; i < commit->alerts_count; i++) {
        put_key(out, commit->alerts[i].id);
        put_value(out, commit->alerts[i].body);
    }
}

void state_record_acknowledge(struct buffer *out, struct str partition, const struct str *ids,
                              size_t count)
{
    state_bytes_put(out, RECORD_ACKNOWLEDGE, 1);
    put_key(out, partition);
    state_bytes_put(out, count, 4);
    for (size_t i = 0; i < count; i++) {
        put_key(out, ids[i]);
    }
}

void state_record_partition(struct buffer *out, const struct state_partition *partition)
{
    state_bytes_put(out, RECORD_PARTITION, 1);
    put_key(out, state_partition_name(partition));
    put_position(out, partition->position);
}

void state_record_entry(struct buffer *out, const struct state_entry *entry, bool alert)
{
    state_bytes_put(out, alert ? RECORD_ALERT : RECORD_CELL, 1);
    put_key(out, state_entry_key(entry));
    put_value(out, state_entry_value(entry));
}

struct totals {
    uint64_t partitions;
    uint64_t cells;
    uint64_t alerts;
};

static struct totals count_all(const struct state_memory *memory)
{
    struct totals totals = {.partitions = memory->count};
    for (size_t i = 0; i < memory->count; i++) {
        totals.cells += memory->partitions[i].cells.count;
        totals.alerts += memory->partitions[i].alerts.count;
    }
    return totals;
}

void state_record_end(struct buffer *out, const struct state_memory *memory)
{
    struct totals totals = count_all(memory);
    state_bytes_put(out, RECORD_END, 1);
    state_bytes_put(out, totals.partitions, 8);
    state_bytes_put(out, totals.cells, 8);
    state_bytes_put(out, totals.alerts, 8);
}

/* What is read: the rest of a payload; a reading past its end gives zeros and sets short. */
struct reading {
    struct str rest;
    bool is_short;
    struct state_memory *memory;
    size_t partition; /* index + 1 of the one named last, 0: none */
    bool ended;
};

static struct str take(struct reading *reading, size_t len)
{
    struct str taken = str_slice(reading->rest, 0, len);
    reading->is_short = reading->is_short || taken.len < len;
    reading->rest = str_slice(reading->rest, len, SIZE_MAX);
    return taken;
}

static uint64_t take_number(struct reading *reading, unsigned bytes)
{
    struct str taken = take(reading, bytes);
    return taken.len == bytes ? state_bytes_get(taken.ptr, bytes) : 0;
}

static struct str take_key(struct reading *reading)
{
    struct str key = take(reading, (size_t)take_number(reading, 2));
    reading->is_short = reading->is_short || key.len == 0;
    return key;
}

static struct str take_value(struct reading *reading)
{
    return take(reading, (size_t)take_number(reading, 4));
}

static struct state_position take_position(struct reading *reading)
{
    struct state_position position = {.offset = (int64_t)take_number(reading, 8)};
    position.mark = take_number(reading, 8);
    return position;
}

static const char *const CUT_SHORT = "a record ends too early";

static const char *replay_commit(struct reading *reading)
{
    struct state_memory *memory = reading->memory;
    struct str name = take_key(reading);
    struct state_position base = take_position(reading);
    struct state_position next = take_position(reading);
    if (reading->is_short) {
        return CUT_SHORT;
    }
    struct state_partition *partition = state_memory_make(memory, name);
    if (!state_position_equal(partition->position, base)) {
        return "a commit does not begin where the one before it ended";
    }
    if (next.offset < 0 || next.offset < base.offset || next.mark == 0) {
        return "a commit goes back";
    }
    partition->position = next;
    uint64_t changes = take_number(reading, 4);
    for (uint64_t i = 0; i < changes && !reading->is_short; i++) {
        struct str key = take_key(reading);
        uint64_t len = take_number(reading, 4);
        struct str value = take(reading, len == VALUE_DELETED ? 0 : (size_t)len);
        if (!reading->is_short && len == VALUE_DELETED) {
            state_memory_remove(memory, &partition->cells, key);
        } else if (!reading->is_short) {
            state_memory_put(memory, &partition->cells, key, value);
        }
    }
    uint64_t alerts = take_number(reading, 4);
    for (uint64_t i = 0; i < alerts && !reading->is_short; i++) {
        struct str id = take_key(reading);
        struct str body = take_value(reading);
        if (!reading->is_short) {
            state_memory_put(memory, &partition->alerts, id, body);
        }
    }
    return NULL;
}

static const char *replay_acknowledge(struct reading *reading)
{
    struct str name = take_key(reading);
    uint64_t ids = take_number(reading, 4);
    struct state_partition *partition = state_memory_find(reading->memory, name);
    for (uint64_t i = 0; i < ids && !reading->is_short; i++) {
        struct str id = take_key(reading);
        if (partition != NULL && !reading->is_short) {
            state_memory_remove(reading->memory, &partition->alerts, id);
        }
    }
    return NULL;
}

static const char *replay_partition(struct reading *reading)
{
    struct str name = take_key(reading);
    struct state_position position = take_position(reading);
    if (reading->is_short) {
        return CUT_SHORT;
    }
    if (position.offset < 0 || position.mark == 0) {
        return "a partition has no position";
    }
    struct state_partition *partition = state_memory_make(reading->memory, name);
    partition->position = position;
    reading->partition = (size_t)(partition - reading->memory->partitions) + 1;
    return NULL;
}

static const char *replay_entry(struct reading *reading, bool alert)
{
    struct str key = take_key(reading);
    struct str value = take_value(reading);
    if (reading->partition == 0) {
        return "a cell is of no partition";
    }
    if (!reading->is_short) {
        struct state_partition *partition = &reading->memory->partitions[reading->partition - 1];
        state_memory_put(reading->memory, alert ? &partition->alerts : &partition->cells, key,
                         value);
    }
    return NULL;
}

static const char *replay_cell(struct reading *reading)
{
    return replay_entry(reading, false);
}

static const char *replay_alert(struct reading *reading)
{
    return replay_entry(reading, true);
}

static const char *replay_end(struct reading *reading)
{
    struct totals there = count_all(reading->memory);
    struct totals told = {.partitions = take_number(reading, 8)};
    told.cells = take_number(reading, 8);
    told.alerts = take_number(reading, 8);
    reading->ended = true;
    return reading->rest.len == 0 && there.partitions == told.partitions &&
                   there.cells == told.cells && there.alerts == told.alerts
               ? NULL
               : "the end does not tell what came before it";
}

static const struct {
    enum state_file_kind file;
    const char *(*replay)(struct reading *reading); /* NULL, or what is wrong */
} record_table[] = {
    [RECORD_COMMIT] = {STATE_FILE_JOURNAL, replay_commit},
    [RECORD_ACKNOWLEDGE] = {STATE_FILE_JOURNAL, replay_acknowledge},
    [RECORD_PARTITION] = {STATE_FILE_SNAPSHOT, replay_partition},
    [RECORD_CELL] = {STATE_FILE_SNAPSHOT, replay_cell},
    [RECORD_ALERT] = {STATE_FILE_SNAPSHOT, replay_alert},
    [RECORD_END] = {STATE_FILE_SNAPSHOT, replay_end},
};

int state_record_replay(struct state_memory *memory, struct str payload, enum state_file_kind kind,
                        bool *ended, struct err *err)
{
    struct reading reading = {.rest = payload, .memory = memory, .ended = *ended};
    while (reading.rest.len > 0) {
        uint64_t record = take_number(&reading, 1);
        if (record < RECORD_COMMIT || record > RECORD_END || record_table[record].file != kind ||
            reading.ended) {
            return err_set(err, ERR_DATA, "a record of kind %u is not for this file",
                           (unsigned)record);
        }
        const char *wrong = record_table[record].replay(&reading);
        wrong = wrong == NULL && reading.is_short ? CUT_SHORT : wrong;
        if (wrong != NULL) {
            return err_set(err, ERR_DATA, "%s", wrong);
        }
    }
    *ended = reading.ended;
    return 0;
}
