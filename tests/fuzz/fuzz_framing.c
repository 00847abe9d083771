/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_framing.c - any bytes as a stream and as a Kafka value: lines, octet counts, JSON values and
 * documents, envelopes, gzip. The records of a stream are the same wherever it was cut; every
 * record lies where it says, and what is gzip inflates to the same bytes in any pieces.
 *
 * The input's first three bytes choose the limits and the cuts; the rest is the text.
 */
#include "base/buffer.h"
#include "base/ensure.h"
#include "base/memory.h"
#include "ingest/framing/framing.h"
#include "ingest/framing/inflate.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INFLATED_MAX 65536

static struct batch *batch;
static struct buffer whole;
static struct buffer cut;

/* The length of the next piece: most are short, some are not. */
static size_t draw_piece(uint32_t *state)
{
    *state = *state * UINT32_C(1103515245) + 12345;
    uint32_t drawn = *state >> 16;
    return drawn % 8 == 0 ? 1 + drawn % 500 : 1 + drawn % 17;
}

static void describe(struct buffer *out)
{
    for (uint32_t i = 0; i < batch->records_count; i++) {
        const struct record *record = &batch->records[i];
        bool shown = record->fault == RECORD_FAULT_NONE;
        ENSURE(record->fault < RECORD_FAULTS && record->outcome < RECORD_OUTCOMES);
        buffer_printf(out, "@%llu.%u %u/%u ", (unsigned long long)record->offset, record->sub,
                      record->fault, record->outcome);
        buffer_add(out, shown ? record->bytes : (struct str){0});
        buffer_add_byte(out, '\n');
    }
}

/* One more piece of the stream, in memory of exactly its size. */
static void feed(struct stream *stream, const struct framing_options *options, struct str piece,
                 bool end, struct buffer *out)
{
    size_t len = stream->carry.len + piece.len;
    char *block = memory_new(len + 1, 1);
    block = memory_resize(block, len > 0 ? len : 1, 1);
    if (stream->carry.len > 0) {
        memcpy(block, stream->carry.ptr, stream->carry.len);
    }
    if (piece.len > 0) {
        memcpy(block + stream->carry.len, piece.ptr, piece.len);
    }
    batch_clear(batch);
    struct chunk *chunk = batch_add_chunk(batch, stream, (struct str){block, len});
    chunk->offset = stream->offset;
    chunk->end = end;
    framing_run(batch, options);
    ENSURE(batch->chunks[0].tally.records == batch->records_count);
    ENSURE(!end || stream->carry.len == 0);
    describe(out);
    memory_free(block);
}

/* seed 0: in one piece. */
static void frame_stream(const struct framing_options *options, struct str text, uint32_t seed,
                         struct buffer *out)
{
    struct stream stream = {.source = "file", .name = "fuzz", .partition = -1};
    size_t at = 0;
    buffer_clear(out);
    stream.framer = framer_new(options);
    while (seed != 0 && at < text.len) {
        struct str piece = str_slice(text, at, draw_piece(&seed));
        at += piece.len;
        if (at == text.len) {
            at -= piece.len;
            break;
        }
        feed(&stream, options, piece, false, out);
    }
    feed(&stream, options, str_slice(text, at, text.len), true, out);
    framer_free(stream.framer);
    buffer_release(&stream.carry);
}

static void frame_message(const struct framing_options *options, struct str text)
{
    struct stream stream = {.source = "kafka", .name = "fuzz"};
    batch_clear(batch);
    struct chunk *chunk = batch_add_chunk(batch, &stream, text);
    chunk->message = true;
    chunk->offset = 5;
    framing_run(batch, options);
    ENSURE(batch->records_count > 0);
    for (uint32_t i = 0; i < batch->records_count; i++) {
        ENSURE(batch->records[i].sub == i && batch->records[i].offset == 5);
    }
}

static enum record_fault inflate_pieces(struct str text, uint32_t seed, struct buffer *out)
{
    struct inflater *inflater = inflater_new();
    enum record_fault fault = RECORD_FAULT_NONE;
    bool ended = false;
    buffer_clear(out);
    while (!ended && fault == RECORD_FAULT_NONE && out->len < INFLATED_MAX) {
        struct str piece = str_slice(text, 0, seed == 0 ? text.len : draw_piece(&seed));
        size_t offered = piece.len;
        size_t room = seed == 0 ? 4096 : 7;
        bool last = piece.len == text.len;
        size_t got = inflater_run(inflater, &piece, last, buffer_reserve(out, room), room, &fault);
        ENSURE(got <= room && piece.len <= offered);
        out->len += got;
        text = str_slice(text, offered - piece.len, text.len);
        ended = last && got == 0 && piece.len == 0;
    }
    inflater_free(inflater);
    return fault;
}

static void check_inflate(struct str text, uint32_t seed)
{
    enum record_fault fault = inflate_pieces(text, 0, &whole);
    enum record_fault other = inflate_pieces(text, seed, &cut);
    size_t len = whole.len < cut.len ? whole.len : cut.len;
    ENSURE(len == 0 || memcmp(whole.ptr, cut.ptr, len) == 0);
    if (whole.len < INFLATED_MAX && cut.len < INFLATED_MAX) {
        ENSURE(whole.len == cut.len && fault == other);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t limits[] = {40, 90, 1000, 1048576};
    if (size < 3) {
        return 0;
    }
    if (batch == NULL) {
        batch = batch_new();
    }
    struct framing_options options = {.record_bytes_max = limits[data[0] % 4],
                                      .document_record_bytes_max = limits[data[0] / 4 % 4]};
    uint32_t seed = (uint32_t)data[1] << 8 | data[2] | 1;
    struct str text = {(const char *)data + 3, size - 3};
    if (inflate_is_gzip(text)) {
        check_inflate(text, seed);
    }
    frame_message(&options, text);
    frame_stream(&options, text, 0, &whole);
    frame_stream(&options, text, seed, &cut);
    ENSURE(whole.len == cut.len);
    ENSURE(whole.len == 0 || memcmp(whole.ptr, cut.ptr, whole.len) == 0);
    return 0;
}
