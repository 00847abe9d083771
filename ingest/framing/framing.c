/* SPDX-License-Identifier: Apache-2.0
 *
 * framing.c - see framing.h: a batch's chunks, their carry, and the records that come out.
 */
#include "ingest/framing/framing.h"

#include "base/ensure.h"
#include "base/limits.h"
#include "base/memory.h"
#include "ingest/framing/framing_internal.h"
#include "ingest/framing/inflate.h"

struct framer *framer_new(const struct framing_options *options)
{
    (void)options; /* a stream's limits come with each call */
    return memory_new(1, sizeof(struct framer));
}

void framer_free(struct framer *framer)
{
    memory_free(framer);
}

/* The flags of a mark, above the form's byte; the depth of a document's tail is in the upper half.
 */
#define MARK_FORM        0xFFU
#define MARK_FLAGS_SHIFT 8
#define MARK_DEPTH_SHIFT 32
#define FRAMER_FLAGS     8

static void flags_of(struct framer *framer, bool *flags[FRAMER_FLAGS])
{
    bool *const all[FRAMER_FLAGS] = {
        &framer->skip_line,   &framer->in_list,     &framer->list_bare,   &framer->skip_value,
        &framer->skip_string, &framer->skip_escape, &framer->tail_string, &framer->tail_escape};
    memcpy(flags, all, sizeof all);
}

struct framer_mark framer_mark(const struct framer *framer)
{
    struct framer copy = *framer;
    bool *flags[FRAMER_FLAGS];
    struct framer_mark mark = {.flags = framer->form, .depth = framer->skip_depth};
    flags_of(&copy, flags);
    for (unsigned i = 0; i < FRAMER_FLAGS; i++) {
        mark.flags |= (uint64_t)*flags[i] << (MARK_FLAGS_SHIFT + i);
    }
    mark.flags |= (uint64_t)framer->tail_depth << MARK_DEPTH_SHIFT;
    return mark;
}

static struct framer framer_at(struct framer_mark mark)
{
    struct framer framer = {.form = (enum framing_form)(mark.flags & MARK_FORM),
                            .tail_depth = (uint32_t)(mark.flags >> MARK_DEPTH_SHIFT),
                            .skip_depth = mark.depth};
    bool *flags[FRAMER_FLAGS];
    flags_of(&framer, flags);
    for (unsigned i = 0; i < FRAMER_FLAGS; i++) {
        *flags[i] = (mark.flags >> (MARK_FLAGS_SHIFT + i) & 1) != 0;
    }
    return framer;
}

bool framer_mark_is_known(struct framer_mark mark)
{
    struct framer framer = framer_at(mark);
    return (mark.flags & MARK_FORM) <= FORM_JSON && framer_mark(&framer).flags == mark.flags;
}

void framer_resume(struct framer *framer, struct framer_mark mark)
{
    ENSURE(framer_mark_is_known(mark));
    *framer = framer_at(mark);
}

static struct record *add_record(struct framing *framing, struct str bytes, uint64_t offset)
{
    uint32_t sub = framing->message ? (*framing->sub)++ : 0;
    return batch_add_record(framing->batch, framing->chunk, bytes, offset, sub);
}

static uint64_t offset_of(const struct framing *framing, size_t at)
{
    return framing->message ? framing->offset : framing->offset + at;
}

void framing_emit(struct framing *framing, struct str text, size_t at, size_t len)
{
    struct str bytes = str_slice(text, at, len);
    uint64_t offset = offset_of(framing, at);
    if (!framing_unwrap(framing, bytes, offset)) {
        add_record(framing, bytes, offset);
    }
}

void framing_emit_fault(struct framing *framing, struct str text, size_t at, size_t len,
                        enum record_fault fault)
{
    size_t kept = len < LIMIT_FAULTY_BYTES ? len : LIMIT_FAULTY_BYTES;
    struct record *record = add_record(framing, str_slice(text, at, kept), offset_of(framing, at));
    record->fault = (uint8_t)fault;
    record->fault_at = (uint32_t)(len < UINT32_MAX ? len : UINT32_MAX);
}

void framing_emit_filtered(struct framing *framing, struct str text, uint64_t offset)
{
    add_record(framing, text, offset)->outcome = RECORD_FILTERED;
}

/* A Kafka value: whole in itself. */
static void run_message(struct framing *framing, const struct chunk *chunk)
{
    struct str text = chunk->bytes;
    enum record_fault fault = RECORD_FAULT_NONE;
    struct framer framer = {0};
    uint32_t sub = 0;
    framing->message = true;
    framing->end = true;
    framing->sub = &sub;
    if (inflate_is_gzip(text)) {
        fault = inflate_value(framing->batch->arena, text, &text);
    }
    framing_text(framing, &framer, text);
    if (fault != RECORD_FAULT_NONE) {
        framing_emit_fault(framing, chunk->bytes, 0, chunk->bytes.len, fault);
    } else if (sub == 0) {
        /* An empty value, or a document without records, is accounted for, too. */
        framing_emit_filtered(framing, str_slice(chunk->bytes, 0, 0), chunk->offset);
    }
}

static void run_stream(struct framing *framing, struct chunk *chunk)
{
    struct stream *stream = chunk->stream;
    uint32_t sub = 0;
    framing->end = chunk->end;
    framing->sub = &sub;
    size_t consumed = framing_text(framing, stream->framer, chunk->bytes);
    buffer_clear(&stream->carry);
    buffer_add(&stream->carry, str_slice(chunk->bytes, consumed, chunk->bytes.len));
    stream->offset = chunk->offset + consumed;
    chunk->next_offset = stream->offset;
    chunk->next_mark = framer_mark(stream->framer);
    if (chunk->fault != RECORD_FAULT_NONE) {
        /* What was inflated is framed; the damage itself is one dead letter. */
        framing_emit_fault(framing, chunk->bytes, chunk->bytes.len, 0,
                           (enum record_fault)chunk->fault);
    }
}

void framing_run(struct batch *batch, const struct framing_options *options)
{
    for (uint32_t i = 0; i < batch->chunks_count; i++) {
        struct chunk *chunk = &batch->chunks[i];
        struct framing framing = {
            .batch = batch, .options = options, .chunk = i, .offset = chunk->offset};
        if (chunk->message) {
            run_message(&framing, chunk);
        } else {
            run_stream(&framing, chunk);
        }
    }
}
