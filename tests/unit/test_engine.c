/* SPDX-License-Identifier: Apache-2.0
 *
 * test_engine.c - the engine's promises about order, commit, failure, stop and
 * reload, with a scripted source and sinks that remember; everything between
 * them is the real thing.
 */
#include "base/buffer.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/engine/engine_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* --- a scripted source */

enum step_kind {
    STEP_LINES,   /* a batch with one chunk */
    STEP_NOTHING, /* nothing yet, after 60 ms */
    STEP_STOP,    /* engine_stop, then nothing yet */
    STEP_RULES,   /* text becomes the rule file; engine_reload; nothing until it is done */
    STEP_FAIL
};

struct step {
    enum step_kind kind;
    const char *text;
    uint32_t stream;
    bool duplicate;
    bool dated; /* by its message: at 03:00 */
    bool end;
};

static struct {
    const struct step *steps;
    uint32_t steps_count;
    uint32_t at;
    uint32_t reloads_awaited; /* rules are compiled aside: the next step waits for them */
    bool end_after;           /* SOURCE_END after the script; else stop */
    struct engine *engine;
    char rules_path[64];
    uint64_t offset;
    uint64_t delivered;
    uint32_t released;
    uint32_t polled;
    struct buffer journal; /* w: alert, x: dead letter written, f: flushed, d: delivered */
    struct buffer alerts;
    struct buffer dead_letters;
    uint32_t writes;
    uint32_t fail_write; /* the write with that number fails, from 1 */
    uint32_t flushes;
    uint32_t fail_flush;
    uint32_t progress;
} world;

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int fake_open(struct source *source, const struct source_options *options, struct err *err)
{
    (void)err;
    (void)source_add_stream(source, options, "first", -1);
    (void)source_add_stream(source, options, "second", 7);
    for (uint32_t i = 0; i < source->streams_count; i++) {
        source->streams[i]->source = "script";
        source->streams[i]->reference_ns = TIMESTAMP_NONE;
    }
    return 0;
}

static void add_chunk(struct source *source, struct batch *batch, const struct step *step)
{
    struct str text = str_of(step->text);
    struct stream *stream = source->streams[step->stream];
    struct chunk *chunk = batch_add_chunk(batch, stream, arena_copy(batch->arena, text));
    chunk->offset = world.offset;
    chunk->duplicate = step->duplicate;
    chunk->message = true; /* whole: no step waits for the next one */
    chunk->end = step->end;
    if (step->dated) {
        chunk->reference_ns = timestamp_parse_rfc3339(STR("2026-01-02T03:00:00Z"), 0, &(size_t){0});
    }
    world.offset += text.len;
    batch_add_payload(batch, &world);
    world.polled++;
}

static enum source_poll fake_poll(struct source *source, struct batch *batch, int timeout_ms,
                                  struct err *err)
{
    assert_true(timeout_ms >= 0);
    if (world.reloads_awaited > world.engine->reloads + world.engine->reloads_failed) {
        usleep(1000);
        return SOURCE_NOTHING_YET;
    }
    if (world.at == world.steps_count) {
        if (!world.end_after) {
            engine_stop(world.engine);
            return SOURCE_NOTHING_YET;
        }
        return SOURCE_END;
    }
    const struct step *step = &world.steps[world.at++];
    switch (step->kind) {
    case STEP_LINES:
        add_chunk(source, batch, step);
        return SOURCE_BATCH;
    case STEP_NOTHING:
        usleep(60 * 1000);
        return SOURCE_NOTHING_YET;
    case STEP_STOP:
        engine_stop(world.engine);
        return SOURCE_NOTHING_YET;
    case STEP_RULES:
        write_file(world.rules_path, step->text);
        world.reloads_awaited++;
        engine_reload(world.engine);
        return SOURCE_NOTHING_YET;
    case STEP_FAIL:
        err_set(err, ERR_KAFKA, "the broker is gone");
        return SOURCE_FAILED;
    }
    return SOURCE_FAILED;
}

static void fake_release(struct source *source, struct batch *batch)
{
    (void)source;
    world.released += batch->payloads_count;
    batch->payloads_count = 0;
}

static void fake_delivered(struct source *source, const struct batch *batch)
{
    (void)source;
    assert_int_equal(batch->sequence, world.delivered);
    world.delivered++;
    buffer_add_byte(&world.journal, 'd');
}

static void fake_close(struct source *source)
{
    (void)source;
}

static const struct source_ops fake_source = {
    .name = "script",
    .open = fake_open,
    .poll = fake_poll,
    .release = fake_release,
    .delivered = fake_delivered,
    .close = fake_close,
};

/* --- sinks that remember */

static int sink_open_nothing(struct sink *sink, const struct sink_options *options, struct err *err)
{
    (void)sink;
    (void)options;
    (void)err;
    return 0;
}

static int remember_alert(struct sink *sink, const struct sink_item *item, struct err *err)
{
    (void)sink;
    if (++world.writes == world.fail_write) {
        return err_set(err, ERR_IO, "the disk is full");
    }
    assert_non_null(item->alert);
    assert_true(str_equal(item->key, str_of(item->alert->id)));
    buffer_add(&world.alerts, item->json);
    buffer_add_byte(&world.journal, 'w');
    return 0;
}

static int remember_dead_letter(struct sink *sink, const struct sink_item *item, struct err *err)
{
    (void)sink;
    (void)err;
    assert_null(item->alert);
    assert_true(str_equal(item->key, STR("first")) || str_equal(item->key, STR("second")));
    buffer_add(&world.dead_letters, item->json);
    buffer_add_byte(&world.journal, 'x');
    return 0;
}

static int flush_alerts(struct sink *sink, struct err *err)
{
    (void)sink;
    if (++world.flushes == world.fail_flush) {
        return err_set(err, ERR_IO, "the disk is full");
    }
    buffer_add_byte(&world.journal, 'f');
    return 0;
}

static int flush_nothing(struct sink *sink, struct err *err)
{
    (void)sink;
    (void)err;
    return 0;
}

static void sink_close_nothing(struct sink *sink)
{
    (void)sink;
}

static const struct sink_ops alert_memory = {
    .name = "memory",
    .open = sink_open_nothing,
    .write = remember_alert,
    .flush = flush_alerts,
    .close = sink_close_nothing,
};

static const struct sink_ops dead_letter_memory = {
    .name = "memory",
    .open = sink_open_nothing,
    .write = remember_dead_letter,
    .flush = flush_nothing,
    .close = sink_close_nothing,
};

/* --- rules and lines */

#define RULE_CREATE_USER                                                                           \
    "title: User created\n"                                                                        \
    "id: 11111111-1111-4111-8111-111111111111\n"                                                   \
    "status: test\n"                                                                               \
    "logsource:\n    product: aws\n    service: cloudtrail\n"                                      \
    "detection:\n    selection:\n        eventName: CreateUser\n    condition: "                   \
    "selection\n"                                                                                  \
    "level: high\n"
#define RULE_ANY_IAM                                                                               \
    "title: Any IAM call\n"                                                                        \
    "id: 22222222-2222-4222-8222-222222222222\n"                                                   \
    "status: test\n"                                                                               \
    "logsource:\n    product: aws\n    service: cloudtrail\n"                                      \
    "detection:\n    selection:\n        eventSource: iam.amazonaws.com\n"                         \
    "    condition: selection\n"                                                                   \
    "level: low\n"
#define RULE_FAILED_LOGIN                                                                          \
    "title: Failed login\n"                                                                        \
    "id: 33333333-3333-4333-8333-333333333333\n"                                                   \
    "name: failed_login\n"                                                                         \
    "status: test\n"                                                                               \
    "logsource:\n    product: aws\n    service: cloudtrail\n"                                      \
    "detection:\n    selection:\n        eventName: ConsoleLogin\n"                                \
    "        errorMessage: Failed authentication\n    condition: selection\n"                      \
    "level: low\n"
#define RULE_GUESSING(count)                                                                       \
    "title: Password guessing\n"                                                                   \
    "id: 44444444-4444-4444-8444-444444444444\n"                                                   \
    "status: test\n"                                                                               \
    "correlation:\n    type: event_count\n    rules:\n        - failed_login\n"                    \
    "    group-by:\n        - sourceIPAddress\n    timespan: 5m\n"                                 \
    "    condition:\n        gte: " count "\n"                                                     \
    "level: critical\n"
#define DOCUMENT "---\n"
#define RULES                                                                                      \
    RULE_CREATE_USER DOCUMENT RULE_ANY_IAM DOCUMENT RULE_FAILED_LOGIN DOCUMENT RULE_GUESSING("3")

#define EVENT(time, source, name, address, more)                                                   \
    "{\"eventVersion\":\"1.08\",\"userIdentity\":{\"type\":\"IAMUser\","                           \
    "\"userName\":\"alice\"},"                                                                     \
    "\"eventTime\":\"2026-01-02T" time "Z\",\"eventSource\":\"" source ".amazonaws.com\","         \
    "\"eventName\":\"" name "\",\"awsRegion\":\"us-east-1\",\"sourceIPAddress\":\"" address        \
    "\"" more "}\n"
#define CREATE_USER(time) EVENT(time, "iam", "CreateUser", "192.0.2.1", "")
#define LIST_USERS(time)  EVENT(time, "iam", "ListUsers", "192.0.2.1", "")
#define RUN(time)         EVENT(time, "ec2", "RunInstances", "192.0.2.1", "")
#define FAILED_LOGIN(time)                                                                         \
    EVENT(time, "signin", "ConsoleLogin", "198.51.100.7",                                          \
          ",\"errorMessage\":\"Failed authentication\"")

/* --- a run */

struct setup {
    const struct step *steps;
    uint32_t steps_count;
    const char *rules; /* NULL: RULES */
    uint32_t threads;  /* 0: 1 */
    bool end_after;
    bool without_dead_letters;
    struct window_options window;
    int64_t idle_ns;
};

static void world_reset(void)
{
    buffer_release(&world.journal);
    buffer_release(&world.alerts);
    buffer_release(&world.dead_letters);
    memset(&world, 0, sizeof world);
}

static void count_progress(void *context, const struct engine *engine)
{
    struct engine_summary summary;
    engine_summarize(engine, &summary);
    assert_int_equal(summary.residue, 0);
    ++*(uint32_t *)context;
}

static int run(const struct setup *setup, struct engine_summary *summary, struct err *err)
{
    static const struct engine_parts parts = {&fake_source, &alert_memory, &dead_letter_memory};
    const char *paths[] = {world.rules_path};
    struct sink_options sinks[1] = {{.kind = "memory"}};
    struct engine_options options = {
        .source = {.kind = "script",
                   .decoder = "cloudtrail",
                   .framing = {.record_bytes_max = LIMIT_RECORD_BYTES,
                               .document_record_bytes_max = LIMIT_DOCUMENT_RECORD_BYTES}},
        .rules = paths,
        .rules_count = 1,
        .alerts = sinks,
        .alerts_count = 1,
        .dead_letters = sinks,
        .dead_letters_count = setup->without_dead_letters ? 0 : 1,
        .window = setup->window,
        .threads = setup->threads == 0 ? 1 : setup->threads,
        .idle_ns = setup->idle_ns,
    };
    world.steps = setup->steps;
    world.steps_count = setup->steps_count;
    world.end_after = setup->end_after;
    snprintf(world.rules_path, sizeof world.rules_path, "/tmp/tocsin_engine_%d.yml", (int)getpid());
    write_file(world.rules_path, setup->rules != NULL ? setup->rules : RULES);
    assert_int_equal(engine_new_with(&options, &parts, &world.engine, err), 0);
    engine_on_progress(world.engine, count_progress, &world.progress);
    int failed = engine_run(world.engine, err);
    engine_summarize(world.engine, summary);
    assert_int_equal(world.released, world.polled);
    engine_free(world.engine);
    world.engine = NULL;
    unlink(world.rules_path);
    return failed;
}

static uint32_t count_text(const struct buffer *buffer, const char *text)
{
    uint32_t count = 0;
    struct str rest = buffer_str(buffer);
    struct str needle = str_of(text);
    for (size_t at; (at = str_find(rest, needle)) != STR_NOT_FOUND; count++) {
        rest = str_slice(rest, at + needle.len, rest.len);
    }
    return count;
}

static void assert_journal(const char *want)
{
    buffer_add_byte(&world.journal, '\0');
    assert_string_equal(world.journal.ptr, want);
}

#define STEPS(array) .steps = (array), .steps_count = sizeof(array) / sizeof((array)[0])

/* --- tests */

static void offsets_are_stored_after_the_flush_and_only_written_sinks_are_flushed(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {.kind = STEP_LINES, .text = CREATE_USER("01:00:00") RUN("01:00:01")},
        {.kind = STEP_LINES, .text = RUN("01:00:02")},
        {.kind = STEP_LINES, .text = LIST_USERS("01:00:03") "nonsense\n"},
    };
    struct setup setup = {STEPS(steps), .end_after = true};
    struct engine_summary summary;
    struct err err = {0};
    assert_int_equal(run(&setup, &summary, &err), 0);
    assert_journal("wwfddwxfd");
    assert_int_equal(summary.alerts, 3);
    assert_int_equal(summary.alerts_by_level[RULE_HIGH], 1);
    assert_int_equal(summary.alerts_by_level[RULE_LOW], 2);
    assert_int_equal(summary.matches, 3);
    assert_int_equal(summary.bytes_input, world.offset);
    world_reset();
}

static void alerts_of_one_event_come_in_the_order_of_rules(void **state)
{
    (void)state;
    static const struct step steps[] = {{.kind = STEP_LINES, .text = CREATE_USER("01:00:00")}};
    struct setup setup = {STEPS(steps), .end_after = true};
    struct engine_summary summary;
    struct err err = {0};
    assert_int_equal(run(&setup, &summary, &err), 0);
    size_t first = str_find(buffer_str(&world.alerts), STR("User created"));
    size_t second = str_find(buffer_str(&world.alerts), STR("Any IAM call"));
    assert_true(first != STR_NOT_FOUND && second != STR_NOT_FOUND && first < second);
    world_reset();
}

static void the_accounts_balance_and_say_what_became_of_every_record(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {.kind = STEP_LINES, .text = RUN("01:00:00") "\n" RUN("01:00:01")},
        {.kind = STEP_LINES, .text = RUN("01:00:00") RUN("01:00:01"), .duplicate = true},
        {.kind = STEP_LINES, .text = "{\"eventName\":1}\nnonsense\n", .stream = 1},
    };
    struct setup setup = {STEPS(steps), .end_after = true};
    struct engine_summary summary;
    struct err err = {0};
    assert_int_equal(run(&setup, &summary, &err), 0);
    assert_int_equal(summary.residue, 0);
    assert_int_equal(summary.total.outcomes[RECORD_EVALUATED], 2);
    assert_int_equal(summary.total.outcomes[RECORD_DUPLICATE], 2);
    assert_int_equal(summary.total.outcomes[RECORD_DEAD], 2);
    assert_int_equal(summary.total.records, 6 + summary.total.outcomes[RECORD_FILTERED]);
    assert_int_equal(summary.decoders[decoder_index("cloudtrail")], 2);
    uint64_t faults = 0;
    for (int i = 1; i < RECORD_FAULTS; i++) {
        faults += summary.faults[i];
    }
    assert_int_equal(faults, 2);
    assert_int_equal(count_text(&world.dead_letters, "\"source\":\"second\",\"partition\":7"), 2);
    world_reset();
}

static void duplicates_raise_no_alert(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {.kind = STEP_LINES, .text = CREATE_USER("01:00:00") "nonsense\n", .duplicate = true},
    };
    struct setup setup = {STEPS(steps), .end_after = true};
    struct engine_summary summary;
    struct err err = {0};
    assert_int_equal(run(&setup, &summary, &err), 0);
    assert_journal("d");
    assert_int_equal(summary.alerts, 0);
    assert_int_equal(summary.total.outcomes[RECORD_DUPLICATE], 2);
    world_reset();
}

static void without_a_sink_dead_letters_are_counted(void **state)
{
    (void)state;
    static const struct step steps[] = {{.kind = STEP_LINES, .text = "nonsense\n"}};
    struct setup setup = {STEPS(steps), .end_after = true, .without_dead_letters = true};
    struct engine_summary summary;
    struct err err = {0};
    assert_int_equal(run(&setup, &summary, &err), 0);
    assert_journal("d");
    assert_int_equal(summary.total.outcomes[RECORD_DEAD], 1);
    world_reset();
}

#define MANY 200

/* Batches of very different cost, so that workers finish out of order. */
static void make_many(struct step *steps, struct buffer *texts)
{
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t lines = i % 7 == 0 ? 200 : 1 + i % 3;
        for (uint32_t k = 0; k < lines; k++) {
            uint32_t n = i * 7 + k;
            const char *name = n % 11 == 0 ? "CreateUser" : n % 5 == 0 ? "ConsoleLogin" : "Run";
            buffer_printf(&texts[i],
                          "{\"eventVersion\":\"1.08\",\"eventTime\":\"2026-01-02T%"
                          "02u:%02u:%02uZ\","
                          "\"eventSource\":\"%s.amazonaws.com\",\"eventName\":\"%s\","
                          "\"errorMessage\":\"Failed authentication\","
                          "\"sourceIPAddress\":\"192.0.2.%u\"%s\n",
                          i / 60, i % 60, k % 60, n % 3 == 0 ? "iam" : "s3", name, n % 4,
                          n % 97 == 0 ? "" : "}");
        }
        buffer_add_byte(&texts[i], '\0');
        steps[i] = (struct step){.kind = STEP_LINES, .text = texts[i].ptr, .stream = i % 2};
    }
}

static void output_is_the_same_for_any_number_of_threads(void **state)
{
    (void)state;
    static const uint32_t threads[] = {1, 2, 4};
    struct step steps[MANY];
    struct buffer texts[MANY] = {0};
    struct buffer alerts = {0};
    struct buffer dead_letters = {0};
    make_many(steps, texts);
    for (int i = 0; i < 3; i++) {
        struct setup setup = {STEPS(steps), .end_after = true, .threads = threads[i]};
        struct engine_summary summary;
        struct err err = {0};
        assert_int_equal(run(&setup, &summary, &err), 0);
        assert_int_equal(world.delivered, MANY);
        assert_true(count_text(&world.alerts, "Password guessing") > 2);
        assert_true(count_text(&world.alerts, "User created") > 100);
        assert_true(world.dead_letters.len > 1000);
        if (i == 0) {
            buffer_add(&alerts, buffer_str(&world.alerts));
            buffer_add(&dead_letters, buffer_str(&world.dead_letters));
        }
        assert_true(str_equal(buffer_str(&alerts), buffer_str(&world.alerts)));
        assert_true(str_equal(buffer_str(&dead_letters), buffer_str(&world.dead_letters)));
        world_reset();
    }
    buffer_release(&alerts);
    buffer_release(&dead_letters);
    for (uint32_t i = 0; i < MANY; i++) {
        buffer_release(&texts[i]);
    }
}

static const struct step three_creations[] = {
    {.kind = STEP_LINES, .text = CREATE_USER("01:00:00")},
    {.kind = STEP_LINES, .text = CREATE_USER("01:00:01")},
    {.kind = STEP_LINES, .text = CREATE_USER("01:00:02")},
};

static void a_failed_write_stops_the_run_and_commits_nothing_more(void **state)
{
    (void)state;
    for (uint32_t threads = 1; threads <= 4; threads *= 2) {
        struct setup setup = {STEPS(three_creations), .end_after = true, .threads = threads};
        struct engine_summary summary;
        struct err err = {0};
        world.fail_write = 4; /* the second batch's second alert */
        assert_int_equal(run(&setup, &summary, &err), ERR_IO);
        assert_string_equal(err.text, "the disk is full");
        assert_int_equal(world.delivered, 1);
        assert_int_equal(summary.total.records, 1);
        world_reset();
    }
}

static void a_failed_flush_stops_the_run_before_the_commit(void **state)
{
    (void)state;
    struct setup setup = {STEPS(three_creations), .end_after = true};
    struct engine_summary summary;
    struct err err = {0};
    world.fail_flush = 2;
    assert_int_equal(run(&setup, &summary, &err), ERR_IO);
    assert_journal("wwfdww");
    world_reset();
}

static void a_failed_source_is_told_after_what_came_before_it_is_delivered(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {.kind = STEP_LINES, .text = CREATE_USER("01:00:00")},
        {.kind = STEP_FAIL},
    };
    for (uint32_t threads = 1; threads <= 2; threads++) {
        struct setup setup = {STEPS(steps), .end_after = true, .threads = threads};
        struct engine_summary summary;
        struct err err = {0};
        assert_int_equal(run(&setup, &summary, &err), ERR_KAFKA);
        assert_string_equal(err.text, "the broker is gone");
        assert_journal("wwfd");
        world_reset();
    }
}

static void a_stop_delivers_what_was_polled_and_decides_nothing_that_is_pending(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {.kind = STEP_LINES,
         .text = FAILED_LOGIN("01:00:00") FAILED_LOGIN("01:00:01") FAILED_LOGIN("01:00:02")},
        {.kind = STEP_LINES, .text = CREATE_USER("01:00:03")},
        {.kind = STEP_STOP},
        {.kind = STEP_LINES, .text = CREATE_USER("01:00:04")},
    };
    for (uint32_t threads = 1; threads <= 2; threads++) {
        struct setup setup = {STEPS(steps), .threads = threads,
                              .window = {.lateness_ns = 60 * TIMESTAMP_SECOND_NS}};
        struct engine_summary summary;
        struct err err = {0};
        assert_int_equal(run(&setup, &summary, &err), 0);
        assert_int_equal(world.delivered, 2);
        assert_int_equal(summary.alerts, 2);
        assert_int_equal(summary.windows.pending, 3);
        assert_int_equal(count_text(&world.alerts, "Password guessing"), 0);
        world_reset();
    }
}

static void the_end_of_input_decides_what_is_pending(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {.kind = STEP_LINES,
         .text = FAILED_LOGIN("01:00:00") FAILED_LOGIN("01:00:01") FAILED_LOGIN("01:00:02")},
    };
    struct setup setup = {STEPS(steps), .end_after = true, .window = {.ordered_at_end = true}};
    struct engine_summary summary;
    struct err err = {0};
    assert_int_equal(run(&setup, &summary, &err), 0);
    assert_journal("dwf");
    assert_int_equal(summary.alerts, 1);
    assert_int_equal(summary.alerts_by_level[RULE_CRITICAL], 1);
    assert_int_equal(summary.matches, 3);
    assert_int_equal(summary.windows.pending, 0);
    world_reset();
}

static void an_idle_stream_lets_windows_go_on(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {.kind = STEP_LINES,
         .text = FAILED_LOGIN("01:00:00") FAILED_LOGIN("01:00:01") FAILED_LOGIN("01:00:02")},
        {.kind = STEP_NOTHING},
        {.kind = STEP_NOTHING},
        {.kind = STEP_NOTHING},
        {.kind = STEP_NOTHING},
        {.kind = STEP_NOTHING},
        {.kind = STEP_NOTHING},
    };
    struct setup setup = {STEPS(steps), .idle_ns = 1000,
                          .window = {.lateness_ns = 3600 * TIMESTAMP_SECOND_NS}};
    struct engine_summary summary;
    struct err err = {0};
    assert_int_equal(run(&setup, &summary, &err), 0);
    assert_journal("dwf");
    assert_int_equal(count_text(&world.alerts, "Password guessing"), 1);
    assert_true(world.progress >= 1);
    world_reset();
}

static void a_message_from_the_future_does_not_move_the_watermark(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {.kind = STEP_LINES,
         .text = FAILED_LOGIN("01:00:00") FAILED_LOGIN("01:00:01"),
         .dated = true},
        {.kind = STEP_LINES,
         .text = "{\"eventVersion\":\"1.08\",\"eventTime\":\"2099-01-01T00:00:00Z\","
                 "\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":\"Run\"}\n",
         .dated = true},
        {.kind = STEP_LINES, .text = FAILED_LOGIN("01:00:02"), .dated = true},
    };
    struct setup setup = {STEPS(steps), .end_after = true};
    struct engine_summary summary;
    struct err err = {0};
    assert_int_equal(run(&setup, &summary, &err), 0);
    assert_int_equal(summary.future, 1);
    assert_int_equal(summary.windows.late, 0);
    assert_int_equal(count_text(&world.alerts, "Password guessing"), 1);
    world_reset();
}

static void a_reload_counts_from_the_next_batch_on(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {.kind = STEP_LINES, .text = CREATE_USER("01:00:00")},
        {.kind = STEP_LINES, .text = LIST_USERS("01:00:01")},
        {.kind = STEP_RULES, .text = RULE_CREATE_USER},
        {.kind = STEP_LINES, .text = CREATE_USER("01:00:02")},
        {.kind = STEP_LINES, .text = LIST_USERS("01:00:03")},
    };
    for (uint32_t threads = 1; threads <= 4; threads *= 2) {
        struct setup setup = {STEPS(steps), .end_after = true, .threads = threads};
        struct engine_summary summary;
        struct err err = {0};
        assert_int_equal(run(&setup, &summary, &err), 0);
        assert_int_equal(summary.reloads, 1);
        assert_int_equal(summary.reloads_failed, 0);
        assert_int_equal(count_text(&world.alerts, "User created"), 2);
        assert_int_equal(count_text(&world.alerts, "Any IAM call"), 2);
        assert_journal("wwfdwfdwfdd");
        world_reset();
    }
}

static void a_reload_that_would_lose_a_running_rule_to_an_error_changes_nothing(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {.kind = STEP_RULES, .text = "title: Broken\nlogsource: [\n"},
        {.kind = STEP_LINES, .text = CREATE_USER("01:00:00")},
    };
    struct setup setup = {STEPS(steps), .end_after = true};
    struct engine_summary summary;
    struct err err = {0};
    assert_int_equal(run(&setup, &summary, &err), 0);
    assert_int_equal(summary.reloads, 0);
    assert_int_equal(summary.reloads_failed, 1);
    assert_int_equal(summary.alerts, 2);
    world_reset();
}

static void a_reload_with_the_same_correlations_goes_on_counting(void **state)
{
    (void)state;
    /* The rules change their numbers: one is gone that stood before the
     * correlation's. */
    static const struct step steps[] = {
        {.kind = STEP_LINES, .text = FAILED_LOGIN("01:00:00") FAILED_LOGIN("01:00:01")},
        {.kind = STEP_RULES, .text = RULE_FAILED_LOGIN DOCUMENT RULE_GUESSING("3")},
        {.kind = STEP_LINES, .text = FAILED_LOGIN("01:00:02")},
        {.kind = STEP_RULES,
         .text = RULE_ANY_IAM DOCUMENT RULE_FAILED_LOGIN DOCUMENT RULE_GUESSING("3")},
        {.kind = STEP_LINES, .text = RUN("01:10:00") FAILED_LOGIN("01:20:00")},
    };
    struct setup setup = {STEPS(steps), .end_after = true};
    struct engine_summary summary;
    struct err err = {0};
    assert_int_equal(run(&setup, &summary, &err), 0);
    assert_int_equal(summary.reloads, 2);
    assert_int_equal(count_text(&world.alerts, "Password guessing"), 1);
    assert_int_equal(summary.windows.matches, 4);
    world_reset();
}

static void a_reload_with_other_correlations_counts_from_zero(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {.kind = STEP_LINES, .text = FAILED_LOGIN("01:00:00") FAILED_LOGIN("01:00:01")},
        {.kind = STEP_RULES, .text = RULE_FAILED_LOGIN DOCUMENT RULE_GUESSING("2")},
        {.kind = STEP_LINES, .text = FAILED_LOGIN("01:00:02")},
        {.kind = STEP_LINES, .text = FAILED_LOGIN("01:00:03")},
    };
    struct setup setup = {STEPS(steps), .end_after = true};
    struct engine_summary summary;
    struct err err = {0};
    assert_int_equal(run(&setup, &summary, &err), 0);
    assert_int_equal(count_text(&world.alerts, "Password guessing"), 1);
    assert_int_equal(count_text(&world.alerts, "{\"@timestamp\":\"2026-01-02T01:00:03Z"), 1);
    assert_int_equal(summary.windows.matches, 4);
    world_reset();
}

static void what_can_not_be_opened_is_named(void **state)
{
    (void)state;
    static const struct engine_parts parts = {&fake_source, &alert_memory, &dead_letter_memory};
    const char *paths[] = {"/nonexistent/rules"};
    struct engine_options options = {.rules = paths, .rules_count = 1, .threads = 1};
    struct engine *engine = NULL;
    struct err err = {0};
    assert_int_equal(engine_new_with(&options, &parts, &engine, &err), ERR_IO);
    assert_null(engine);
    assert_non_null(strstr(err.text, "/nonexistent/rules"));
    options.threads = LIMIT_THREADS + 1;
    assert_int_equal(engine_new_with(&options, &parts, &engine, &err), ERR_USAGE);
    assert_null(engine);
}

static int forget(void **state)
{
    (void)state;
    world_reset();
    return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, forget, forget)
    const struct CMUnitTest tests[] = {
        TEST(offsets_are_stored_after_the_flush_and_only_written_sinks_are_flushed),
        TEST(alerts_of_one_event_come_in_the_order_of_rules),
        TEST(the_accounts_balance_and_say_what_became_of_every_record),
        TEST(duplicates_raise_no_alert),
        TEST(without_a_sink_dead_letters_are_counted),
        TEST(output_is_the_same_for_any_number_of_threads),
        TEST(a_failed_write_stops_the_run_and_commits_nothing_more),
        TEST(a_failed_flush_stops_the_run_before_the_commit),
        TEST(a_failed_source_is_told_after_what_came_before_it_is_delivered),
        TEST(a_stop_delivers_what_was_polled_and_decides_nothing_that_is_pending),
        TEST(the_end_of_input_decides_what_is_pending),
        TEST(an_idle_stream_lets_windows_go_on),
        TEST(a_message_from_the_future_does_not_move_the_watermark),
        TEST(a_reload_counts_from_the_next_batch_on),
        TEST(a_reload_that_would_lose_a_running_rule_to_an_error_changes_nothing),
        TEST(a_reload_with_the_same_correlations_goes_on_counting),
        TEST(a_reload_with_other_correlations_counts_from_zero),
        TEST(what_can_not_be_opened_is_named),
    };
    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
