/* SPDX-License-Identifier: Apache-2.0
 *
 * test_summary.c - what a run says of itself: summary, metrics, progress.
 */
#include "cli/metrics.h"
#include "cli/progress.h"
#include "cli/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#define RULES                                                                                      \
    "title: One\nid: 11111111-1111-1111-1111-111111111111\nlevel: low\n"                           \
    "logsource: {product: aws}\ndetection: {s: {a: b}, condition: s}\n---\n"                       \
    "title: \"Two\\e[31m \\\"\\\\\"\nid: 22222222-2222-2222-2222-222222222222\nlevel: high\n"      \
    "logsource: {product: aws}\ndetection: {s: {a: c}, condition: s}\n---\n"                       \
    "title: Three\nlogsource: {product: aws}\ndetection: {condition: none}\n"

enum { STREAMS = 12 };

struct run {
    struct rule_set *rules;
    struct stream streams[STREAMS];
    const struct stream *pointers[STREAMS];
    uint64_t by_rule[3];
    struct engine_summary summary;
    struct buffer out;
};

/* 12 files of 10 records; the first has a name that wants to colour the screen. */
static int set_up(void **state)
{
    struct err err = {0};
    struct run *run = calloc(1, sizeof *run);
    assert_int_equal(rule_set_load_text("rules.yml", STR(RULES), &run->rules, &err), 0);
    assert_int_equal(run->rules->rules_count, 2);
    for (int i = 0; i < STREAMS; i++) {
        struct stream *stream = &run->streams[i];
        stream->name = i == 0 ? "a\x1b[31m\"b" : "plain";
        stream->partition = i == 1 ? 7 : -1;
        stream->lag = -1;
        stream->tally.records = 10;
        stream->tally.outcomes[RECORD_EVALUATED] = i == 0 ? 8 : 10;
        stream->tally.outcomes[RECORD_DEAD] = i == 0 ? 2 : 0;
        run->pointers[i] = stream;
        tally_add(&run->summary.total, &stream->tally);
    }
    run->by_rule[0] = 1;
    run->by_rule[1] = 3;
    run->summary.streams = run->pointers;
    run->summary.streams_count = STREAMS;
    run->summary.decoders[0] = 118;
    run->summary.faults[RECORD_FAULT_JSON] = 2;
    run->summary.alerts = 4;
    run->summary.alerts_by_level[RULE_LOW] = 1;
    run->summary.alerts_by_level[RULE_HIGH] = 3;
    run->summary.alerts_by_rule = run->by_rule;
    run->summary.bytes_expected = 4000000;
    run->summary.bytes_read = 1000000;
    run->summary.bytes_input = 8000000;
    run->summary.elapsed_ns = 2000000000;
    *state = run;
    return 0;
}

static int tear_down(void **state)
{
    struct run *run = *state;
    buffer_release(&run->out);
    rule_set_free(run->rules);
    free(run);
    return 0;
}

static bool contains(const struct run *run, const char *text)
{
    return str_find(buffer_str(&run->out), str_of(text)) != STR_NOT_FOUND;
}

static void the_summary_accounts_for_every_record(void **state)
{
    struct run *run = *state;
    summary_render_text(&run->summary, run->rules, &run->out);
    assert_true(contains(run, "  all: records 120 = evaluated 118 + filtered 0 + dead-lettered 2 + "
                              "duplicates 0\n"));
    assert_true(contains(run, "residue 0: every record is accounted for"));
    assert_true(contains(run, "Rules 2 loaded, 1 not loaded (`tocsin rules check` says why)\n"));
    assert_true(contains(run, "2.00 s, 4.0 MB/s of input, 0.5 MB/s as stored, 59 events/s\n"));
    assert_false(contains(run, "could not be read"));
}

static void of_many_sources_only_those_with_dead_letters_are_listed(void **state)
{
    struct run *run = *state;
    summary_render_text(&run->summary, run->rules, &run->out);
    assert_true(contains(run, "  a\\x1b[31m\"b: records 10 = evaluated 8"));
    assert_true(contains(run, "  and 11 sources without\n"));
    assert_false(contains(run, "plain"));
    assert_false(contains(run, "\x1b"));
}

static void a_residue_is_said(void **state)
{
    struct run *run = *state;
    run->streams[3].tally.records++;
    run->summary.total.records++;
    run->summary.residue = 1;
    summary_render_text(&run->summary, run->rules, &run->out);
    assert_true(contains(run, "  plain: records 11 = evaluated 10 + filtered 0 + dead-lettered 0 + "
                              "duplicates 0; RESIDUE 1\n"));
    assert_true(contains(run, "residue 1: records were lost or made up; please report this"));
}

static void a_lost_offset_is_no_good_account_though_the_residue_is_0(void **state)
{
    struct run *run = *state;
    run->summary.lost_offsets = 2;
    run->summary.missing_offsets = 5;
    summary_render_text(&run->summary, run->rules, &run->out);
    assert_true(contains(run, "  offsets without a message (retention, transactions): 5\n"));
    assert_true(contains(run, "residue 0: records were lost or made up; please report this"));
}

static void rules_with_most_alerts_come_first(void **state)
{
    struct run *run = *state;
    uint32_t order[3];
    assert_int_equal(summary_order_rules(&run->summary, run->rules, order), 2);
    assert_int_equal(order[0], 1);
    assert_int_equal(order[1], 0);
    run->by_rule[0] = 3;
    assert_int_equal(summary_order_rules(&run->summary, run->rules, order), 2);
    assert_int_equal(order[0], 0);
}

static void the_json_summary_parses_and_keeps_large_counts_exact(void **state)
{
    struct run *run = *state;
    run->summary.bytes_input = UINT64_MAX;
    run->summary.input_errors = 3;
    summary_render_json(&run->summary, run->rules, &run->out);
    assert_true(contains(run, "\"bytes_input\":\t18446744073709551615"));
    buffer_add_byte(&run->out, '\0');
    cJSON *json = cJSON_Parse(run->out.ptr);
    assert_non_null(json);
    const cJSON *sources = cJSON_GetObjectItem(json, "sources");
    assert_int_equal(cJSON_GetArraySize(sources), STREAMS);
    const cJSON *first = cJSON_GetArrayItem(sources, 0);
    assert_string_equal(cJSON_GetObjectItem(first, "name")->valuestring, "a\x1b[31m\"b");
    assert_int_equal(cJSON_GetObjectItem(first, "dead_lettered")->valueint, 2);
    const cJSON *rules = cJSON_GetObjectItem(json, "alerts_by_rule");
    assert_string_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(rules, 0), "title")->valuestring,
                        "Two\x1b[31m \"\\");
    assert_int_equal(cJSON_GetObjectItem(json, "input_errors")->valueint, 3);
    assert_int_equal(cJSON_GetObjectItem(json, "rules_not_loaded")->valueint, 1);
    cJSON_Delete(json);
}

static void metrics_are_lines_whose_labels_are_escaped(void **state)
{
    struct run *run = *state;
    run->streams[1].lag = 5;
    metrics_render(&run->summary, run->rules, &run->out);
    assert_true(contains(run, "tocsin_records_total{source=\"a\\\\x1b[31m\\\"b\",partition=\"-1\"} "
                              "10\n"));
    assert_true(contains(run, "tocsin_lag_messages{source=\"plain\",partition=\"7\"} 5\n"));
    assert_true(contains(run, "title=\"Two\\\\x1b[31m \\\"\\\\\"} 3\n"));
    assert_true(contains(run, "tocsin_dead_letters_total{reason=\"json\"} 2\n"));
    assert_true(contains(run, "tocsin_rules_not_loaded 1\n"));
    assert_false(contains(run, "\x1b"));
    struct str rest = buffer_str(&run->out);
    for (size_t end = str_find_byte(rest, '\n'); end != STR_NOT_FOUND;
         end = str_find_byte(rest, '\n')) {
        struct str line = str_slice(rest, 0, end);
        assert_true(str_starts_with(line, STR("# HELP tocsin_")) ||
                    str_starts_with(line, STR("# TYPE tocsin_")) ||
                    str_starts_with(line, STR("tocsin_")));
        rest = str_slice(rest, end + 1, rest.len);
    }
    assert_int_equal(rest.len, 0);
}

static void metrics_replace_their_file_whole(void **state)
{
    (void)state;
    struct err err = {0};
    char folder[] = "/tmp/tocsin_metrics_XXXXXX";
    char path[64];
    char text[16] = "";
    struct stat status;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/m", folder);
    assert_int_equal(metrics_write(path, STR("long long ago"), &err), 0);
    assert_int_equal(metrics_write(path, STR("short"), &err), 0);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fread(text, 1, sizeof text, file), 5);
    fclose(file);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(metrics_write(path, STR("x"), &err), ERR_IO);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(stat(path, &status), -1);
}

static void progress_fits_the_terminal(void **state)
{
    struct run *run = *state;
    progress_render(&run->summary, 100, &run->out);
    assert_true(contains(run, " 25% 1.0/4.0 MB  59 events/s  4 alerts  ETA 0:06"));
    assert_true(contains(run, "[#######.......................] "));
    for (size_t columns = 0; columns < 120; columns++) {
        buffer_clear(&run->out);
        progress_render(&run->summary, columns, &run->out);
        assert_true(run->out.len <= columns);
    }
}

static void progress_of_input_without_a_size_has_no_bar(void **state)
{
    struct run *run = *state;
    run->summary.bytes_expected = 0;
    run->summary.elapsed_ns = 0;
    progress_render(&run->summary, 80, &run->out);
    buffer_add_byte(&run->out, '\0');
    assert_string_equal(run->out.ptr, "1.0 MB  0 events/s  4 alerts");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_summary_accounts_for_every_record),
        TEST(of_many_sources_only_those_with_dead_letters_are_listed),
        TEST(a_residue_is_said),
        TEST(a_lost_offset_is_no_good_account_though_the_residue_is_0),
        TEST(rules_with_most_alerts_come_first),
        TEST(the_json_summary_parses_and_keeps_large_counts_exact),
        TEST(metrics_are_lines_whose_labels_are_escaped),
        TEST(metrics_replace_their_file_whole),
        TEST(progress_fits_the_terminal),
        TEST(progress_of_input_without_a_size_has_no_bar),
    };
    return cmocka_run_group_tests_name("summary", tests, NULL, NULL);
}
