/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_syslog.c - any bytes as a syslog line: an event whose values lie in the line (or are the
 * decoder's constants), the same event twice, and no look beyond the line; and the same time by the
 * short way and the long one.
 */
#include "base/ensure.h"
#include "base/timestamp.h"
#include "ingest/decode/syslog_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pair {
    struct field_table *fields;
    struct decoder_set *set;
    struct decoder_context context;
    struct event events[2];
    struct stream stream;
    struct chunk chunk;
};

static void open_pair(struct pair *pair)
{
    const struct decoder_options options = {.zone_offset_seconds = -3600};
    pair->fields = field_table_new();
    decoder_intern_fields(pair->fields);
    field_intern(pair->fields, STR("sd.a.b"));
    field_intern(pair->fields, STR("sd.origin.ip"));
    pair->set = decoder_set_new(pair->fields, &options);
    decoder_context_init(&pair->context, pair->set);
    pair->context.arena = arena_new(0);
    event_init(&pair->events[0], field_count(pair->fields));
    event_init(&pair->events[1], field_count(pair->fields));
    pair->stream = (struct stream){.name = "fuzz", .decoder = "syslog"};
    pair->chunk = (struct chunk){.stream = &pair->stream,
                                 .reference_ns = INT64_C(1772323200) * TIMESTAMP_SECOND_NS};
}

/* Sums every byte, so that a sanitizer sees a value that is no memory of ours. */
static void check_values(const struct pair *pair, size_t size)
{
    static volatile unsigned char sum;
    for (field_id id = 1; id <= field_count(pair->fields); id++) {
        const struct value *one = event_first(&pair->events[0], id);
        const struct value *two = event_first(&pair->events[1], id);
        while (one != NULL && two != NULL) {
            ENSURE(str_equal((struct str){one->ptr, one->len}, (struct str){two->ptr, two->len}));
            ENSURE(one->len > 0 || str_starts_with(field_name(pair->fields, id), STR("sd.")));
            ENSURE(one->len <= size || one->len <= 16);
            for (uint32_t i = 0; i < one->len; i++) {
                sum = (unsigned char)(sum + (unsigned char)one->ptr[i]);
            }
            one = event_next(&pair->events[0], one);
            two = event_next(&pair->events[1], two);
        }
        ENSURE(one == NULL && two == NULL);
    }
}

static void check_time(struct pair *pair, struct str text)
{
    int64_t times_ns[2] = {0, 0};
    uint32_t flags[2] = {0, 0};
    size_t quick = syslog_time_parse(&pair->context, text, &times_ns[0], &flags[0]);
    size_t slow = syslog_time_parse_any(&pair->context, text, &times_ns[1], &flags[1]);
    ENSURE(quick == slow && times_ns[0] == times_ns[1] && flags[0] == flags[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct pair pair;
    if (pair.fields == NULL) {
        open_pair(&pair);
    }
    enum decode_verdict verdicts[2];
    for (int i = 0; i < 2; i++) {
        struct record record = {.bytes = {(const char *)data, size}};
        verdicts[i] = decoder_run(&pair.context, &pair.chunk, &record, &pair.events[i]);
    }
    check_time(&pair, (struct str){(const char *)data, size});
    ENSURE(verdicts[0] == verdicts[1]);
    ENSURE(verdicts[0] == DECODE_EVENT || verdicts[0] == DECODE_FILTERED);
    if (verdicts[0] == DECODE_EVENT) {
        ENSURE(pair.events[0].time_ns == pair.events[1].time_ns);
        ENSURE(pair.events[0].time_ns != TIMESTAMP_NONE);
        check_values(&pair, size);
    }
    arena_reset(pair.context.arena);
    return 0;
}
