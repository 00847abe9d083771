/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_decode.c - any bytes as a record whose decoder is found by content: an event, a fault or
 * nothing to analyse; the same whoever stands before it; the same when its fields are read in two
 * steps.
 */
#include "base/ensure.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "ingest/decode/decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct side {
    struct decoder_context context;
    struct event event;
    struct record record;
};

static struct field_table *fields;
static struct side whole;
static struct side narrow;

static void start_side(struct side *side, bool first)
{
    struct decoder_options options = {0};
    struct decoder_set *set = decoder_set_new(fields, &options);
    if (first) {
        bool *none = memory_new(field_count(fields) + 1, sizeof *none);
        decoder_set_narrow(set, none, none);
        memory_free(none);
    }
    decoder_context_init(&side->context, set);
    side->context.arena = arena_new(0);
    event_init(&side->event, field_count(fields));
}

static enum decode_verdict decode(struct side *side, struct str text)
{
    static struct stream stream;
    struct chunk chunk = {.stream = &stream, .reference_ns = TIMESTAMP_NONE};
    arena_reset(side->context.arena);
    side->record = (struct record){.bytes = text};
    return decoder_run(&side->context, &chunk, &side->record, &side->event);
}

static void check_same(const struct event *a, const struct event *b)
{
    ENSURE(a->decoder == b->decoder && a->logsource == b->logsource);
    ENSURE(a->time_ns == b->time_ns && a->flags == b->flags);
    for (field_id id = 1; id <= field_count(fields); id++) {
        const struct value *left = event_first(a, id);
        const struct value *right = event_first(b, id);
        while (left != NULL && right != NULL) {
            ENSURE(left->kind == right->kind && left->len == right->len);
            ENSURE(memcmp(left->ptr, right->ptr, left->len) == 0);
            left = event_next(a, left);
            right = event_next(b, right);
        }
        ENSURE(left == NULL && right == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const neighbours[] = {"{\"a\":1}", "<13>1 - - - - - -", "?"};
    struct str text = {(const char *)data, size};
    if (fields == NULL) {
        fields = field_table_new();
        decoder_intern_fields(fields);
        field_intern(fields, STR("a"));
        field_intern(fields, STR("a.b"));
        field_intern(fields, STR("sd.a.b"));
        start_side(&whole, false);
        start_side(&narrow, true);
    }
    decode(&narrow, str_of(neighbours[size % 3]));
    enum decode_verdict verdict = decode(&whole, text);
    enum decode_verdict again = decode(&narrow, text);
    ENSURE(verdict != DECODE_NOT_MINE && again != DECODE_NOT_MINE);
    ENSURE((verdict == DECODE_FAULT) == (whole.record.fault != RECORD_FAULT_NONE));
    ENSURE(whole.record.fault_at <= size && narrow.record.fault_at <= size);
    if (again == DECODE_EVENT) {
        again = decoder_complete(&narrow.context, &narrow.record, &narrow.event);
    }
    if (verdict == DECODE_EVENT) {
        ENSURE(whole.event.time_ns != TIMESTAMP_NONE && whole.event.malformed_at <= size);
        ENSURE(again == DECODE_EVENT);
        check_same(&whole.event, &narrow.event);
    }
    return 0;
}
