/* SPDX-License-Identifier: Apache-2.0
 *
 * test_accounting.c - the engine's accounts: what a run over two streams writes to the sinks of
 * accounts, with a scripted source and sinks that remember.
 */
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

#define EVENT(time, name)                                                                          \
    "{\"eventVersion\":\"1.08\",\"eventTime\":\"2026-01-02T" time "Z\","                           \
    "\"eventSource\":\"iam.amazonaws.com\",\"eventName\":\"" name                                  \
    "\",\"sourceIPAddress\":\"192.0.2.1\"}\n"

#define RULES                                                                                      \
    "title: A\nid: 11111111-1111-4111-8111-111111111111\nname: a\n"                                \
    "logsource: {product: aws, service: cloudtrail}\n"                                             \
    "detection: {s: {eventName: CreateUser}, condition: s}\n---\n"                                 \
    "title: B\nid: 22222222-2222-4222-8222-222222222222\n"                                         \
    "correlation: {type: event_count, rules: [a], group-by: [sourceIPAddress], timespan: 5m,\n"    \
    "  condition: {gte: 9}, generate: true}\n"

/* What one poll brings. */
struct step {
    const char *text;
    const char *at; /* time of the message; NULL: a block of the file */
    uint64_t offset;
    uint64_t missing;
    bool begins;
    bool duplicate;
    const char *rules; /* they are put into the file and loaded before */
};

static struct {
    const struct step *steps;
    uint32_t steps_count;
    uint32_t at;
    bool reloading;
    struct engine *engine;
    char rules_path[64];
    struct buffer accounts; /* and dead letters */
    uint32_t lines;
    uint32_t fail_write; /* the alert with that number can not be written, from 1 */
    uint32_t writes;
} world;

static void write_rules(const char *text)
{
    FILE *file = fopen(world.rules_path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int open_source(struct source *source, const struct source_options *options, struct err *err)
{
    (void)err;
    struct stream *topic = source_add_stream(source, options, "trail", 5);
    topic->source = "kafka";
    topic->numbered = true;
    source_add_stream(source, options, "/var/log/app", -1)->source = "file";
    return 0;
}

static void add_chunk(struct source *source, struct batch *batch, const struct step *step)
{
    struct stream *stream = source->streams[step->at != NULL ? 0 : 1];
    struct buffer text = {0};
    buffer_add(&text, step->at != NULL ? STR("") : buffer_str(&stream->carry));
    buffer_add_text(&text, step->text);
    struct chunk *chunk =
        batch_add_chunk(batch, stream, arena_copy(batch->arena, buffer_str(&text)));
    buffer_release(&text);
    chunk->message = step->at != NULL;
    chunk->offset = step->at != NULL ? step->offset : stream->offset;
    chunk->missing = step->missing;
    chunk->begins = step->begins;
    chunk->duplicate = step->duplicate;
    if (step->at != NULL) {
        chunk->reference_ns = timestamp_parse_rfc3339(str_of(step->at), 0, &(size_t){0});
        assert_int_not_equal(chunk->reference_ns, TIMESTAMP_NONE);
    }
}

static enum source_poll poll_source(struct source *source, struct batch *batch, int timeout_ms,
                                    struct err *err)
{
    (void)timeout_ms;
    (void)err;
    if (world.at == world.steps_count) {
        return SOURCE_END;
    }
    const struct step *step = &world.steps[world.at];
    if (step->rules != NULL && world.engine->reloads == 0) {
        if (!world.reloading) {
            write_rules(step->rules);
            (void)engine_reload(world.engine);
            world.reloading = true;
        }
        usleep(1000);
        return SOURCE_NOTHING_YET;
    }
    add_chunk(source, batch, step);
    world.at++;
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

static int write_alert(struct sink *sink, const struct sink_item *item, struct err *err)
{
    (void)sink;
    (void)item;
    return ++world.writes == world.fail_write ? err_set(err, ERR_IO, "the disk is full") : 0;
}

static int write_account(struct sink *sink, const struct sink_item *item, struct err *err)
{
    (void)sink;
    (void)err;
    assert_int_equal(item->key.len, ACCOUNT_ID_TEXT);
    buffer_add(&world.accounts, item->json);
    world.lines++;
    return 0;
}

static int flush_sink(struct sink *sink, struct err *err)
{
    (void)sink;
    (void)err;
    return 0;
}

static void close_sink(struct sink *sink)
{
    (void)sink;
}

static int run(const struct step *steps, uint32_t steps_count, struct engine_summary *summary)
{
    static const struct source_ops source = {.name = "script",
                                             .open = open_source,
                                             .poll = poll_source,
                                             .release = release_batch,
                                             .delivered = delivered,
                                             .close = close_source};
    static const struct sink_ops alerts = {"memory",    "",         open_sink,
                                           write_alert, flush_sink, close_sink};
    static const struct sink_ops accounts = {"memory",      "",         open_sink,
                                             write_account, flush_sink, close_sink};
    static const struct engine_parts parts = {&source, &alerts, &accounts};
    const char *rules[] = {world.rules_path};
    struct sink_options sinks[1] = {{.kind = "memory"}};
    struct engine_options options = {
        .source = {.kind = "script",
                   .decoder = "cloudtrail",
                   .framing = {LIMIT_RECORD_BYTES, LIMIT_DOCUMENT_RECORD_BYTES}},
        .rules = rules,
        .rules_count = 1,
        .alerts = sinks,
        .alerts_count = 1,
        .accounts = sinks,
        .accounts_count = 1,
        .threads = 1,
    };
    struct err err = {0};
    world.steps = steps;
    world.steps_count = steps_count;
    snprintf(world.rules_path, sizeof world.rules_path, "/tmp/tocsin_accounting_%d.yml",
             (int)getpid());
    write_rules(RULES);
    assert_int_equal(engine_new_with(&options, &parts, &world.engine, &err), 0);
    int failed = engine_run(world.engine, &err);
    engine_summarize(world.engine, summary);
    engine_free(world.engine);
    unlink(world.rules_path);
    return failed;
}

static bool said(const char *text)
{
    return str_find(buffer_str(&world.accounts), str_of(text)) != STR_NOT_FOUND;
}

static int forget(void **state)
{
    (void)state;
    buffer_release(&world.accounts);
    memset(&world, 0, sizeof world);
    return 0;
}

#define COUNT(array) (uint32_t)(sizeof(array) / sizeof((array)[0]))

static void each_hour_of_each_stream_has_a_line_with_what_became_of_its_records(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {EVENT("05:30:00", "CreateUser") EVENT("05:30:00", "X"), "2026-01-02T05:59:59Z", 10,
         .begins = true},
        {EVENT("05:00:00", "CreateUser") "nonsense\n", "2026-01-02T06:00:00Z", 14, .missing = 1},
        {EVENT("05:00:00", "CreateUser"), "2026-01-02T06:00:01Z", 14, .duplicate = true},
        {EVENT("05:31:00", "X") "{\"eventVer", .at = NULL},
        {"sion\":1}\n", .at = NULL},
    };
    struct engine_summary summary;
    assert_int_equal(run(steps, COUNT(steps), &summary), 0);
    assert_int_equal(world.lines, 3);
    assert_int_equal(summary.account_lines, 3);
    assert_int_equal(summary.accounts_open, 3);
    assert_int_equal(summary.lost_offsets, 2);
    assert_true(said("\"partial\":true,\"kind\":\"kafka\",\"source\":\"trail\",\"partition\":5,"
                     "\"hour\":\"2026-01-02T05:00:00Z\","));
    assert_true(said("\"records\":2,\"bytes\":285,\"evaluated\":2,\"filtered\":0,"
                     "\"dead_lettered\":0,\"duplicates\":0,\"residue\":0,\"unbalanced\":0,"
                     "\"malformed\":0,\"timeless\":0,\"future\":0,\"late\":0,\"alerts\":1,"
                     "\"offsets\":{\"first\":10,\"last\":10,\"read\":1,\"missing\":0,\"lost\":0}"));
    assert_true(said("\"records\":3,\"bytes\":302,\"evaluated\":1,\"filtered\":0,"
                     "\"dead_lettered\":1,\"duplicates\":1,\"residue\":0,\"unbalanced\":0,"
                     "\"malformed\":0,\"timeless\":0,\"future\":0,\"late\":1,\"alerts\":1,"
                     "\"offsets\":{\"first\":13,\"last\":14,\"read\":1,\"missing\":1,\"lost\":2}"));
    assert_true(said("\"kind\":\"file\",\"source\":\"/var/log/app\",\"hour\":"));
    assert_true(said("\"offsets\":{\"first\":0,\"last\":157,\"read\":158,\"missing\":0,"));
}

static void a_reload_shows_in_the_account_of_its_hour(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {EVENT("05:30:00", "X"), "2026-01-02T05:30:00Z", 10, .begins = true},
        {EVENT("05:30:01", "X"), "2026-01-02T05:30:01Z", 11, .rules = RULES "level: low\n"},
    };
    struct engine_summary summary;
    assert_int_equal(run(steps, COUNT(steps), &summary), 0);
    assert_int_equal(summary.reloads, 1);
    assert_int_equal(world.lines, 1);
    assert_true(said("\"rulesets\":2,"));
}

static void what_was_delivered_before_a_failure_is_accounted_for_and_no_more(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {EVENT("05:30:00", "CreateUser"), "2026-01-02T05:30:00Z", 10, .begins = true},
        {EVENT("05:30:01", "CreateUser"), "2026-01-02T05:30:01Z", .offset = 11},
    };
    struct engine_summary summary;
    world.fail_write = 2;
    assert_int_equal(run(steps, COUNT(steps), &summary), ERR_IO);
    assert_int_equal(world.lines, 1);
    assert_true(said("\"records\":1,"));
    assert_true(said("\"offsets\":{\"first\":10,\"last\":10,\"read\":1,"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(
            each_hour_of_each_stream_has_a_line_with_what_became_of_its_records, forget),
        cmocka_unit_test_teardown(a_reload_shows_in_the_account_of_its_hour, forget),
        cmocka_unit_test_teardown(what_was_delivered_before_a_failure_is_accounted_for_and_no_more,
                                  forget),
    };
    log_level_set(LOG_LEVELS);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
