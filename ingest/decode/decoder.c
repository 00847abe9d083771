/* SPDX-License-Identifier: Apache-2.0
 *
 * decoder.c - see decoder.h: binding all decoders to a field table, and choosing one for a record.
 *
 * The choice by content looks at one record alone. Remembering what the last record was would be
 * faster and wrong: results would depend on who stands before whom.
 */
#include "ingest/decode/decoder.h"

#include "base/ensure.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "ingest/decode/decoder_table.h"

#define DECODERS_MAX 16

struct decoder_set {
    struct field_table *fields;
    struct json_paths *paths;
    struct json_paths *first_paths; /* NULL: all at once */
    struct decoder_options options;
    field_id sender;           /* FIELD_NONE: nobody wants it */
    void *bound[DECODERS_MAX]; /* per row of decoder_table */
};

void decoder_intern_fields(struct field_table *fields)
{
    field_intern(fields, STR(DECODER_SENDER_FIELD));
    for (int i = 0; decoder_table[i] != NULL; i++) {
        const struct decoder_field *made = decoder_table[i]->fields;
        for (; made != NULL && made->name != NULL; made++) {
            field_intern(fields, str_of(made->name));
        }
        memory_free(decoder_table[i]->bind(fields));
    }
}

struct decoder_set *decoder_set_new(struct field_table *fields,
                                    const struct decoder_options *options)
{
    struct decoder_set *set = memory_new(1, sizeof *set);
    set->fields = fields;
    set->options = *options;
    for (int i = 0; decoder_table[i] != NULL; i++) {
        ENSURE(i < DECODERS_MAX);
        set->bound[i] = decoder_table[i]->bind(fields);
    }
    set->paths = json_paths_new(fields, NULL);
    set->sender = field_find(fields, STR(DECODER_SENDER_FIELD));
    return set;
}

void decoder_set_free(struct decoder_set *set)
{
    if (set == NULL) {
        return;
    }
    for (int i = 0; i < DECODERS_MAX; i++) {
        memory_free(set->bound[i]);
    }
    json_paths_free(set->paths);
    json_paths_free(set->first_paths);
    memory_free(set);
}

void decoder_set_narrow(struct decoder_set *set, const bool *wanted, const bool *asked)
{
    uint32_t count = field_count(set->fields);
    bool *first = memory_new(count + 1, sizeof *first);
    memcpy(first, wanted, (count + 1) * sizeof *first);
    for (int i = 0; decoder_table[i] != NULL; i++) {
        const char *const *own = decoder_table[i]->own_fields;
        for (; own != NULL && *own != NULL; own++) {
            first[field_find(set->fields, str_of(*own))] = true;
        }
    }
    json_paths_free(set->first_paths);
    set->first_paths = json_paths_new(set->fields, first);
    for (int i = 0; decoder_table[i] != NULL; i++) {
        if (decoder_table[i]->narrow != NULL) {
            decoder_table[i]->narrow(set->bound[i], asked);
        }
    }
    memory_free(first);
}

const struct json_paths *decoder_set_first_paths(const struct decoder_set *set)
{
    return set->first_paths;
}

const struct json_paths *decoder_set_json_paths(const struct decoder_set *set)
{
    return set->paths;
}

const struct decoder_options *decoder_set_options(const struct decoder_set *set)
{
    return &set->options;
}

const struct field_table *decoder_set_fields(const struct decoder_set *set)
{
    return set->fields;
}

void decoder_context_init(struct decoder_context *context, const struct decoder_set *set)
{
    *context = (struct decoder_context){.set = set, .reference_ns = TIMESTAMP_NONE};
    context->scanner = json_scanner_new();
}

void decoder_context_release(struct decoder_context *context)
{
    json_scanner_free(context->scanner);
    *context = (struct decoder_context){0};
}

static bool is_blank(struct str bytes)
{
    size_t at = 0;
    while (at < bytes.len &&
           (bytes.ptr[at] == ' ' || (bytes.ptr[at] >= '\t' && bytes.ptr[at] <= '\r'))) {
        at++;
    }
    return at == bytes.len;
}

static enum decode_verdict fault(struct record *record, enum record_fault reason)
{
    record->fault = (uint8_t)reason;
    return DECODE_FAULT;
}

/* What a record is that its configured decoder does not take: the fault of the decoder's name. */
static enum decode_verdict refuse(struct record *record, const char *decoder)
{
    int reason = RECORD_FAULTS - 1;
    while (reason > 0 && strcmp(record_fault_name((enum record_fault)reason), decoder) != 0) {
        reason--;
    }
    return fault(record, reason > 0 ? (enum record_fault)reason : RECORD_FAULT_UNRECOGNIZED);
}

/* An event without a time of its own gets the reference's. */
static void settle_time(const struct decoder_context *context, struct event *event)
{
    if (event->time_ns == TIMESTAMP_NONE) {
        event->flags |= EVENT_TIMELESS;
        event->time_ns = context->reference_ns == TIMESTAMP_NONE ? 0 : context->reference_ns;
    }
}

static enum decode_verdict run_row(struct decoder_context *context, int row, struct record *record,
                                   struct event *event)
{
    event->decoder = (uint32_t)row;
    enum decode_verdict verdict =
        decoder_table[row]->decode(context->set->bound[row], context, record, event);
    if (verdict == DECODE_EVENT) {
        settle_time(context, event);
    } else if (verdict == DECODE_FAULT) {
        ENSURE(record->fault != RECORD_FAULT_NONE);
    }
    return verdict;
}

/* The named decoder, or the first that takes the record. */
static enum decode_verdict run_any(struct decoder_context *context, const char *name,
                                   struct record *record, struct event *event)
{
    if (name != NULL) {
        int row = decoder_index(name);
        ENSURE(row >= 0);
        enum decode_verdict verdict = run_row(context, row, record, event);
        return verdict == DECODE_NOT_MINE ? refuse(record, name) : verdict;
    }
    for (int row = 0; decoder_table[row] != NULL; row++) {
        if (decoder_table[row]->claims(record->bytes)) {
            enum decode_verdict verdict = run_row(context, row, record, event);
            if (verdict != DECODE_NOT_MINE) {
                return verdict;
            }
        }
    }
    return fault(record, RECORD_FAULT_UNRECOGNIZED);
}

/* The sender is what the network says, not what the record does. */
static void add_sender(const struct decoder_context *context, struct event *event)
{
    if (context->sender != NULL) {
        event_set_str(event, context->set->sender, context->sender->address);
    }
}

enum decode_verdict decoder_run(struct decoder_context *context, const struct chunk *chunk,
                                struct record *record, struct event *event)
{
    event_clear(event);
    if (record->fault != RECORD_FAULT_NONE) {
        return DECODE_FAULT;
    }
    if (is_blank(record->bytes)) {
        return DECODE_FILTERED;
    }
    event->record = record;
    event->raw = record->bytes;
    context->reference_ns = chunk->reference_ns;
    context->sender = chunk->sender;
    enum decode_verdict verdict = run_any(context, chunk->stream->decoder, record, event);
    if (chunk->stream->logsource != 0 && verdict == DECODE_EVENT &&
        decoder_table[event->decoder] == &decoder_json) {
        event->logsource = chunk->stream->logsource;
    }
    add_sender(context, event);
    return verdict;
}

enum decode_verdict decoder_complete(struct decoder_context *context, struct record *record,
                                     struct event *event)
{
    if (!event->partial) {
        return DECODE_EVENT;
    }
    event_clear_values(event);
    event->partial = false;
    event->decidable = true;
    enum decode_verdict verdict = decoder_table[event->decoder]->complete(
        context->set->bound[event->decoder], context, record, event);
    add_sender(context, event);
    return verdict;
}
