/* SPDX-License-Identifier: Apache-2.0
 *
 * record.c - see record.h.
 */
#include "ingest/record/record.h"

#include "base/ensure.h"
#include "base/memory.h"

struct fault_row {
    const char *name;
    const char *sentence;
};

#define FAULT_ROW(name, text, sentence) {text, sentence},
static const struct fault_row fault_table[] = {RECORD_FAULT_TABLE(FAULT_ROW)};
#undef FAULT_ROW

const char *record_fault_name(enum record_fault fault)
{
    ENSURE(fault < RECORD_FAULTS);
    return fault_table[fault].name;
}

const char *record_fault_sentence(enum record_fault fault)
{
    ENSURE(fault < RECORD_FAULTS);
    return fault_table[fault].sentence;
}

void tally_add(struct tally *sum, const struct tally *more)
{
    sum->records += more->records;
    sum->bytes += more->bytes;
    for (int i = 0; i < RECORD_OUTCOMES; i++) {
        sum->outcomes[i] += more->outcomes[i];
    }
    sum->malformed += more->malformed;
    sum->timeless += more->timeless;
    sum->future += more->future;
    sum->alerts += more->alerts;
}

int64_t tally_residue(const struct tally *tally)
{
    uint64_t known = tally->outcomes[RECORD_EVALUATED] + tally->outcomes[RECORD_FILTERED] +
                     tally->outcomes[RECORD_DEAD] + tally->outcomes[RECORD_DUPLICATE];
    return (int64_t)(tally->records - known);
}

struct batch *batch_new(void)
{
    struct batch *batch = memory_new(1, sizeof *batch);
    batch->arena = arena_new(0);
    return batch;
}

void batch_free(struct batch *batch)
{
    if (batch == NULL) {
        return;
    }
    ENSURE(batch->payloads_count == 0);
    arena_free(batch->arena);
    memory_free(batch->chunks);
    memory_free(batch->records);
    memory_free(batch->payloads);
    memory_free(batch);
}

void batch_clear(struct batch *batch)
{
    ENSURE(batch->payloads_count == 0);
    arena_reset(batch->arena);
    batch->chunks_count = 0;
    batch->records_count = 0;
    batch->end_of_input = false;
}

struct chunk *batch_add_chunk(struct batch *batch, struct stream *stream, struct str bytes)
{
    MEMORY_GROW(batch->chunks, batch->chunks_count, batch->chunks_capacity);
    struct chunk *chunk = &batch->chunks[batch->chunks_count++];
    *chunk = (struct chunk){.stream = stream, .bytes = bytes, .reference_ns = stream->reference_ns};
    return chunk;
}

struct record *batch_add_record(struct batch *batch, uint32_t chunk, struct str bytes,
                                uint64_t offset, uint32_t sub)
{
    ENSURE(chunk < batch->chunks_count);
    MEMORY_GROW(batch->records, batch->records_count, batch->records_capacity);
    struct record *record = &batch->records[batch->records_count++];
    *record = (struct record){.bytes = bytes, .offset = offset, .sub = sub, .chunk = chunk};
    batch->chunks[chunk].tally.records++;
    batch->chunks[chunk].tally.bytes += bytes.len;
    return record;
}

void batch_add_payload(struct batch *batch, void *payload)
{
    MEMORY_GROW(batch->payloads, batch->payloads_count, batch->payloads_capacity);
    batch->payloads[batch->payloads_count++] = payload;
}
