/* SPDX-License-Identifier: Apache-2.0
 *
 * test_audit.c - records that do not add up, and offsets that were passed over: counted, told as an
 * alert, and nothing stops. The engine's test gives it a source that claims records it never had.
 */
#include "analyze/account/account_alert.h"
#include "base/buffer.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/timestamp.h"
#include "cli/engine/engine_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* --- audit_batch alone */

struct told {
    struct buffer messages; /* "stream: message;" */
    char id[ALERT_ID_TEXT + 1];
    uint32_t count;
    int fails;
};

static int hear(void *context, const struct stream *stream, const struct alert *alert,
                struct err *err)
{
    struct told *told = context;
    assert_ptr_equal(alert->rule, &account_rule);
    assert_int_equal(alert->fields_count, 1);
    buffer_printf(&told->messages, "%s: %.*s|", stream->name, STR_ARG(alert->fields[0].value));
    memcpy(told->id, alert->id, sizeof told->id);
    told->count++;
    return told->fails != 0 ? err_set(err, ERR_IO, "the disk is full") : 0;
}

static struct chunk *add(struct batch *batch, struct stream *stream, uint64_t offset,
                         struct tally tally)
{
    struct chunk *chunk = batch_add_chunk(batch, stream, STR("x\n"));
    chunk->offset = offset;
    chunk->message = true;
    chunk->reference_ns = 1000 * TIMESTAMP_SECOND_NS;
    chunk->tally = tally;
    for (uint64_t i = 0; i < tally.records; i++) {
        uint32_t index = batch->chunks_count - 1;
        (void)batch_add_record(batch, index, STR("x"), offset, (uint32_t)i);
        batch->chunks[index].tally.records--;
    }
    return &batch->chunks[batch->chunks_count - 1];
}

#define BALANCED                                                                                   \
    ((struct tally){.records = 2, .outcomes = {[RECORD_EVALUATED] = 1, [RECORD_FILTERED] = 1}})

static int audit(struct audit *books, const struct batch *batch, struct told *told)
{
    struct err err = {0};
    return audit_batch(books, batch, hear, told, &err);
}

static void assert_told(struct told *told, uint32_t count, const char *messages)
{
    buffer_add_byte(&told->messages, '\0');
    assert_string_equal(told->messages.ptr, messages);
    assert_int_equal(told->count, count);
    buffer_release(&told->messages);
}

static void what_adds_up_is_not_told(void **state)
{
    (void)state;
    struct stream stream = {.name = "s", .partition = 1, .numbered = true};
    struct audit books = {0};
    struct told told = {0};
    struct batch *batch = batch_new();
    add(batch, &stream, 500, BALANCED)->begins = true;
    add(batch, &stream, 501, BALANCED);
    add(batch, &stream, 501, BALANCED)->duplicate = true;
    add(batch, &stream, 505, BALANCED)->missing = 3;
    assert_int_equal(audit(&books, batch, &told), 0);
    assert_told(&told, 0, "");
    assert_int_equal(books.unbalanced, 0);
    assert_int_equal(books.lost_offsets, 0);
    assert_int_equal(books.missing_offsets, 3);
    batch_free(batch);
    audit_release(&books);
}

static void a_residue_is_told_once_an_hour_for_each_stream_and_counted_each_time(void **state)
{
    (void)state;
    struct stream first = {.id = 0, .name = "first", .partition = -1};
    struct stream second = {.id = 40, .name = "second", .partition = 2};
    const struct tally short_one = {.records = 3, .outcomes = {[RECORD_DEAD] = 1}};
    const struct tally long_one = {.records = 1, .outcomes = {[RECORD_EVALUATED] = 2}};
    struct audit books = {0};
    struct told told = {0};
    struct batch *batch = batch_new();
    batch->sequence = 7;
    add(batch, &first, 0, short_one);
    add(batch, &first, 9, short_one);
    add(batch, &second, 11, long_one);
    assert_int_equal(audit(&books, batch, &told), 0);
    assert_told(&told, 2,
                "first: records 3 = evaluated 0 + filtered 0 + dead-lettered 1 + duplicates 0 + "
                "residue 2; batch 7|second: records 1 = evaluated 2 + filtered 0 + dead-lettered "
                "0 + duplicates 0 + residue -1; batch 7|");
    assert_int_equal(books.unbalanced, 3);
    batch_free(batch);
    audit_release(&books);
}

static void records_that_belong_to_no_chunk_are_told(void **state)
{
    (void)state;
    struct stream stream = {.name = "s", .partition = -1};
    struct audit books = {0};
    struct told told = {0};
    struct batch *batch = batch_new();
    add(batch, &stream, 0, BALANCED);
    (void)batch_add_record(batch, 0, STR("y"), 1, 0);
    batch->chunks[0].tally.records--;
    assert_int_equal(audit(&books, batch, &told), 0);
    assert_told(&told, 1, "s: 3 records were framed, 2 were counted; batch 0|");
    assert_int_equal(books.unbalanced, 1);
    batch_free(batch);
    audit_release(&books);
}

static void an_offset_that_is_neither_message_nor_gap_is_told(void **state)
{
    (void)state;
    struct stream stream = {.name = "topic", .partition = 3, .numbered = true};
    struct audit books = {0};
    struct told told = {0};
    struct batch *batch = batch_new();
    add(batch, &stream, 100, BALANCED);
    add(batch, &stream, 104, BALANCED)->missing = 1;
    assert_int_equal(audit(&books, batch, &told), 0);
    assert_told(&told, 1, "topic: 2 offsets before this one were passed over; batch 0|");
    assert_int_equal(books.lost_offsets, 2);
    assert_int_equal(books.missing_offsets, 1);
    batch_free(batch);
    audit_release(&books);
}

static void a_new_assignment_may_begin_anywhere(void **state)
{
    (void)state;
    struct stream stream = {.name = "topic", .partition = 3, .numbered = true};
    struct audit books = {0};
    struct told told = {0};
    struct batch *batch = batch_new();
    add(batch, &stream, 100, BALANCED)->begins = true;
    add(batch, &stream, 900, BALANCED)->begins = true;
    add(batch, &stream, 300, BALANCED)->begins = true;
    add(batch, &stream, 301, BALANCED);
    assert_int_equal(audit(&books, batch, &told), 0);
    assert_told(&told, 0, "");
    assert_int_equal(books.lost_offsets, 0);
    batch_free(batch);
    audit_release(&books);
}

static void the_same_fault_is_the_same_alert_after_a_restart(void **state)
{
    (void)state;
    char ids[3][ALERT_ID_TEXT + 1];
    for (int i = 0; i < 3; i++) {
        struct stream stream = {.name = "s", .partition = 4};
        struct audit books = {0};
        struct told told = {0};
        struct batch *batch = batch_new();
        batch->sequence = (uint64_t)i;
        add(batch, &stream, i < 2 ? 77 : 78, (struct tally){.records = 1});
        assert_int_equal(audit(&books, batch, &told), 0);
        memcpy(ids[i], told.id, sizeof ids[i]);
        buffer_release(&told.messages);
        batch_free(batch);
        audit_release(&books);
    }
    assert_string_equal(ids[0], ids[1]);
    assert_string_not_equal(ids[0], ids[2]);
}

static void a_sink_that_fails_is_told_to_the_caller(void **state)
{
    (void)state;
    struct stream stream = {.name = "s", .partition = -1};
    struct audit books = {0};
    struct told told = {.fails = 1};
    struct batch *batch = batch_new();
    add(batch, &stream, 0, (struct tally){.records = 1});
    assert_int_equal(audit(&books, batch, &told), ERR_IO);
    buffer_release(&told.messages);
    batch_free(batch);
    audit_release(&books);
}

/* --- the whole engine, with a source that claims records which it never had */

static struct {
    uint32_t polled;
    uint32_t delivered;
    uint32_t flushed;
    uint32_t delivered_at_flush; /* how many batches were delivered when the alert was flushed */
    struct buffer alerts;
} world;

static int open_source(struct source *source, const struct source_options *options, struct err *err)
{
    (void)err;
    source_add_stream(source, options, "liar", -1)->source = "script";
    return 0;
}

/* Three batches of two lines each; the second has three records, if it is to be believed. */
static enum source_poll poll_source(struct source *source, struct batch *batch, int timeout_ms,
                                    struct err *err)
{
    (void)timeout_ms;
    (void)err;
    if (world.polled == 3) {
        return SOURCE_END;
    }
    struct chunk *chunk = batch_add_chunk(batch, source->streams[0], STR("{}\n{}\n"));
    chunk->message = true;
    chunk->offset = world.polled * 6;
    chunk->tally.records = world.polled == 1 ? 1 : 0;
    world.polled++;
    return SOURCE_BATCH;
}

static void release_batch(struct source *source, struct batch *batch)
{
    (void)source;
    (void)batch;
}

static void delivered(struct source *source, const struct batch *batch)
{
    (void)source;
    (void)batch;
    world.delivered++;
}

static void close_source(struct source *source)
{
    (void)source;
}

static int open_sink(struct sink *sink, const struct sink_options *options, struct err *err)
{
    (void)sink;
    (void)options;
    (void)err;
    return 0;
}

static int write_sink(struct sink *sink, const struct sink_item *item, struct err *err)
{
    (void)sink;
    (void)err;
    buffer_add(&world.alerts, item->json);
    return 0;
}

static int flush_sink(struct sink *sink, struct err *err)
{
    (void)sink;
    (void)err;
    world.flushed++;
    world.delivered_at_flush = world.delivered;
    return 0;
}

static void close_sink(struct sink *sink)
{
    (void)sink;
}

static bool has(const char *text)
{
    return str_find(buffer_str(&world.alerts), str_of(text)) != STR_NOT_FOUND;
}

static void a_wrong_tally_raises_an_alert_before_its_commit_and_the_run_goes_on(void **state)
{
    (void)state;
    static const struct source_ops source = {.name = "liar",
                                             .open = open_source,
                                             .poll = poll_source,
                                             .release = release_batch,
                                             .delivered = delivered,
                                             .close = close_source};
    static const struct sink_ops sink = {"memory",   "",         open_sink,
                                         write_sink, flush_sink, close_sink};
    static const struct engine_parts parts = {&source, &sink, &sink};
    char path[64];
    snprintf(path, sizeof path, "/tmp/tocsin_audit_%d.yml", (int)getpid());
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("title: Never\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {product: aws}\n"
          "detection: {selection: {eventName: Never}, condition: selection}\n",
          file);
    assert_int_equal(fclose(file), 0);
    const char *rules[] = {path};
    struct sink_options sinks[1] = {{.kind = "memory"}};
    struct engine_options options = {
        .source = {.kind = "liar",
                   .decoder = "json",
                   .framing = {LIMIT_RECORD_BYTES, LIMIT_DOCUMENT_RECORD_BYTES}},
        .rules = rules,
        .rules_count = 1,
        .alerts = sinks,
        .alerts_count = 1,
        .threads = 1,
    };
    struct engine *engine = NULL;
    struct engine_summary summary;
    struct err err = {0};
    assert_int_equal(engine_new_with(&options, &parts, &engine, &err), 0);
    assert_int_equal(engine_run(engine, &err), 0);
    engine_summarize(engine, &summary);
    assert_int_equal(world.delivered, 3);
    assert_int_equal(summary.total.records, 7);
    assert_int_equal(summary.total.outcomes[RECORD_EVALUATED], 6);
    assert_int_equal(summary.residue, 1);
    assert_int_equal(summary.unbalanced, 2); /* the chunk, and its batch */
    assert_false(engine_adds_up(&summary));
    assert_int_equal(summary.alerts, 1);
    assert_int_equal(summary.alerts_by_level[RULE_HIGH], 1);
    assert_int_equal(world.flushed, 1);
    assert_int_equal(world.delivered_at_flush, 1);
    assert_true(has("\"rule\":{\"id\":\"3d0f6b0a-7f0c-4c52-9c1e-2f6f4b1e9a70\""));
    assert_true(has("\"level\":\"high\",\"logsource\":\"tocsin/account\",\"source\":\"liar\","
                    "\"offset\":6,"));
    assert_true(has("\"message\":\"records 3 = evaluated 2 + filtered 0 + dead-lettered 0 + "
                    "duplicates 0 + residue 1; batch 1\""));
    engine_free(engine);
    buffer_release(&world.alerts);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_adds_up_is_not_told),
        cmocka_unit_test(a_residue_is_told_once_an_hour_for_each_stream_and_counted_each_time),
        cmocka_unit_test(records_that_belong_to_no_chunk_are_told),
        cmocka_unit_test(an_offset_that_is_neither_message_nor_gap_is_told),
        cmocka_unit_test(a_new_assignment_may_begin_anywhere),
        cmocka_unit_test(the_same_fault_is_the_same_alert_after_a_restart),
        cmocka_unit_test(a_sink_that_fails_is_told_to_the_caller),
        cmocka_unit_test(a_wrong_tally_raises_an_alert_before_its_commit_and_the_run_goes_on),
    };
    log_level_set(LOG_LEVELS);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
