/* SPDX-License-Identifier: Apache-2.0
 *
 * test_engine_order.c - the alerts of correlations do not depend on how a log came in: in which
 * order inside the allowance, over how many files, in what blocks, on how many threads. A whole
 * engine reads made logs. Ids, offsets and file names are left out of the comparison, as these are
 * about where a record is; all that is about what happened is in it.
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

#define EVENTS      1500U
#define FILES_MAX   5U
#define LATENESS_MS 4000

struct made {
    int64_t time_ms;
    int64_t arrival_ms;
    uint32_t file;
    char text[160];
};

static char folder[64];
static char **lines; /* of the alerts that came */
static size_t lines_count;
static size_t lines_capacity;
static uint64_t random_state;

static uint32_t draw(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % bound;
}

/* --- a sink that remembers -------------------------------------------------------------------- */

static int open_nothing(struct sink *sink, const struct sink_options *options, struct err *err)
{
    (void)sink;
    (void)options;
    (void)err;
    return 0;
}

static int remember(struct sink *sink, const struct sink_item *item, struct err *err)
{
    const struct alert *alert = item->alert;
    struct buffer line = {0};
    (void)sink;
    (void)err;
    buffer_printf(&line, "%.*s at %lld from %lld to %lld count %llu of %llu value %.*s",
                  STR_ARG(alert->rule->title), (long long)alert->time_ns,
                  (long long)alert->window_start_ns, (long long)alert->window_end_ns,
                  (unsigned long long)alert->value, (unsigned long long)alert->events_total,
                  STR_ARG(alert->measured));
    for (uint32_t i = 0; i < alert->group_count; i++) {
        buffer_printf(&line, " %.*s", STR_ARG(alert->group[i].value));
    }
    for (uint32_t i = 0; i < alert->events_count; i++) {
        buffer_printf(&line, " %lld", (long long)alert->events[i].time_ns);
    }
    buffer_printf(&line, " %.*s\n", STR_ARG(alert->original));
    MEMORY_GROW(lines, lines_count, lines_capacity);
    lines[lines_count++] = memory_copy_str(buffer_str(&line));
    buffer_release(&line);
    return 0;
}

static int flush_nothing(struct sink *sink, struct err *err)
{
    (void)sink;
    (void)err;
    return 0;
}

static void close_nothing(struct sink *sink)
{
    (void)sink;
}

static const struct sink_ops memory_sink = {
    .name = "memory",
    .doc = "remembers",
    .open = open_nothing,
    .write = remember,
    .flush = flush_nothing,
    .close = close_nothing,
};

/* --- made logs -------------------------------------------------------------------------------- */

/* Times differ: what happens at the same time is in the order of ids, which are places. */
static void make_events(struct made *events)
{
    static const char *const actions[] = {"failed", "failed", "opened", "closed", "other"};
    int64_t time_ms = 0;
    for (uint32_t i = 0; i < EVENTS; i++) {
        time_ms += 1 + draw(draw(20) == 0 ? 8000 : 600);
        events[i].time_ms = time_ms;
        int64_t second = time_ms / 1000;
        snprintf(events[i].text, sizeof events[i].text,
                 "{\"eventTime\":\"2026-01-02T%02d:%02d:%02d.%03dZ\",\"action\":\"%s\","
                 "\"user\":\"u%u\",\"host\":\"h%u\",\"bytes\":%u.5}\n",
                 (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60),
                 (int)(time_ms % 1000), actions[draw(5)], draw(4), draw(9), draw(100));
    }
}

static int compare_arrivals(const void *left, const void *right)
{
    const struct made *a = left;
    const struct made *b = right;
    if (a->arrival_ms != b->arrival_ms) {
        return a->arrival_ms < b->arrival_ms ? -1 : 1;
    }
    return (a->time_ms > b->time_ms) - (a->time_ms < b->time_ms);
}

/* Another order, in which no event comes more than the allowance behind a later one. */
static void shuffle(struct made *events, uint32_t files)
{
    for (uint32_t i = 0; i < EVENTS; i++) {
        events[i].arrival_ms = events[i].time_ms + draw(LATENESS_MS);
        events[i].file = draw(files);
    }
    qsort(events, EVENTS, sizeof *events, compare_arrivals);
}

static void write_logs(const struct made *events, uint32_t files)
{
    for (uint32_t file = 0; file < FILES_MAX; file++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%u.json", folder, file);
        unlink(path);
        FILE *out = file < files ? fopen(path, "wb") : NULL;
        for (uint32_t i = 0; i < EVENTS && out != NULL; i++) {
            if (events[i].file == file) {
                assert_true(fputs(events[i].text, out) >= 0);
            }
        }
        assert_true(out == NULL || fclose(out) == 0);
    }
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/test_engine_order.XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static void forget_lines(void)
{
    while (lines_count > 0) {
        memory_free(lines[--lines_count]);
    }
}

static int tear_down(void **state)
{
    (void)state;
    write_logs(NULL, 0);
    forget_lines();
    memory_free(lines);
    return rmdir(folder);
}

/* --- the property ----------------------------------------------------------------------------- */

struct way {
    uint32_t files; /* 1: live, by watermarks; more: as tocsin scan does it, ordered at the end */
    uint32_t threads;
    size_t block_bytes;
};

static void run(const struct way *way)
{
    static const struct engine_parts parts = {.alert_sink = &memory_sink,
                                              .dead_letter_sink = &memory_sink};
    const char *rules[] = {TEST_DATA "/property/engine_order.yml"};
    const char *paths[] = {folder};
    struct sink_options sinks[1] = {{.kind = "memory"}};
    struct engine_options options = {
        .source = {.kind = "file",
                   .paths = paths,
                   .paths_count = 1,
                   .block_bytes = way->block_bytes,
                   .framing = {.record_bytes_max = LIMIT_RECORD_BYTES,
                               .document_record_bytes_max = LIMIT_DOCUMENT_RECORD_BYTES}},
        .rules = rules,
        .rules_count = 1,
        .alerts = sinks,
        .alerts_count = 1,
        .window = {.lateness_ns = LATENESS_MS * (TIMESTAMP_SECOND_NS / 1000),
                   .ordered_at_end = way->files > 1},
        .threads = way->threads,
    };
    struct engine *engine = NULL;
    struct err err = {0};
    struct engine_summary summary;
    assert_int_equal(logsource_give("category=demo", &options.source.logsource, &err), 0);
    if (engine_new_with(&options, &parts, &engine, &err) != 0 || engine_run(engine, &err) != 0) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(engine_rules(engine)->problems_count, 0);
    engine_summarize(engine, &summary);
    assert_int_equal(summary.total.outcomes[RECORD_EVALUATED], EVENTS);
    assert_int_equal(summary.windows.late, 0);
    engine_free(engine);
}

static int compare_lines(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static struct str all_lines(struct buffer *out)
{
    qsort(lines, lines_count, sizeof *lines, compare_lines);
    buffer_clear(out);
    for (size_t i = 0; i < lines_count; i++) {
        buffer_add_text(out, lines[i]);
    }
    forget_lines();
    return buffer_str(out);
}

static void alerts_are_the_same_for_any_order_inside_the_allowance(void **state)
{
    (void)state;
    static const struct way ways[] = {{1, 1, 262144}, {1, 4, 300},  {2, 2, 1000},
                                      {5, 1, 97},     {5, 4, 4096}, {1, 2, 5000}};
    static struct made events[EVENTS];
    static const char *const titles[] = {"many",   "few",        "distinct",
                                         "both",   "in order",   "sum",
                                         "median", "not closed", "many of several"};
    struct buffer want = {0};
    struct buffer got = {0};
    for (uint64_t seed = 1; seed <= 4; seed++) {
        random_state = seed;
        make_events(events);
        write_logs(events, 1);
        run(&ways[0]);
        assert_true(all_lines(&want).len > 0);
        for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
            char begin[32];
            int len = snprintf(begin, sizeof begin, "\n%s at ", titles[i]);
            assert_true(str_find(buffer_str(&want), (struct str){begin, (size_t)len}) !=
                        STR_NOT_FOUND);
        }
        for (uint32_t n = 0; n < 2 * sizeof ways / sizeof ways[0]; n++) {
            const struct way *way = &ways[n % (sizeof ways / sizeof ways[0])];
            shuffle(events, way->files);
            write_logs(events, way->files);
            run(way);
            if (!str_equal(all_lines(&got), buffer_str(&want))) {
                fail_msg(
                    "seed %llu, %u files, %u threads, blocks of %zu\n-- got\n%.*s\n-- want\n%.*s",
                    (unsigned long long)seed, way->files, way->threads, way->block_bytes,
                    STR_ARG(buffer_str(&got)), STR_ARG(buffer_str(&want)));
            }
        }
    }
    buffer_release(&want);
    buffer_release(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alerts_are_the_same_for_any_order_inside_the_allowance),
    };
    return cmocka_run_group_tests_name("engine order", tests, set_up, tear_down);
}
