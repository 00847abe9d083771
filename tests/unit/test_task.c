/* SPDX-License-Identifier: Apache-2.0
 *
 * test_task.c - the unit of commit: what is committed comes back, what is not does not; alerts wait
 * for their commit and stay until they are acknowledged; of two writers one is stale.
 */
#include "analyze/task/task.h"

#include "analyze/rule/rule.h"
#include "base/memory.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct fixture {
    char folder[64];
    char path[96];
    struct rule_set *rules;
    struct window_options window;
    struct state_store *store;
} fixture;

static void open_store(void)
{
    struct err err = {0};
    struct state_options options = {.kind = "local", .path = fixture.path};
    assert_int_equal(state_open(&options, &fixture.store, &err), 0);
}

static void close_store(void)
{
    state_close(fixture.store);
    fixture.store = NULL;
}

static int begin(void **state)
{
    (void)state;
    struct err err = {0};
    char rules[128];
    strcpy(fixture.folder, "/tmp/test_task.XXXXXX");
    assert_non_null(mkdtemp(fixture.folder));
    (void)snprintf(fixture.path, sizeof fixture.path, "%s/state", fixture.folder);
    (void)snprintf(rules, sizeof rules, "%s/rules", fixture.folder);
    assert_int_equal(mkdir(rules, 0700), 0);
    const char *const paths[] = {rules};
    assert_int_equal(rule_set_load(paths, 1, &fixture.rules, &err), 0);
    fixture.window = (struct window_options){.lateness_ns = TIMESTAMP_SECOND_NS};
    open_store();
    return 0;
}

static int end(void **state)
{
    (void)state;
    char command[128];
    close_store();
    rule_set_free(fixture.rules);
    (void)snprintf(command, sizeof command, "rm -rf %s", fixture.folder);
    return system(command) == 0 ? 0 : -1;
}

static struct task *open_task(const char *name)
{
    struct err err = {0};
    struct task *task = NULL;
    struct task_options options = {.name = str_of(name),
                                   .store = fixture.store,
                                   .rules = fixture.rules,
                                   .window = &fixture.window,
                                   .accounts = true};
    assert_int_equal(task_open(&options, &task, &err), 0);
    return task;
}

static void commit(struct task *task)
{
    struct err err = {0};
    assert_int_equal(tasks_commit(&task, 1, &err), 0);
}

static struct account_clock clock_of(int64_t second)
{
    return (struct account_clock){second * TIMESTAMP_SECOND_NS, second * TIMESTAMP_SECOND_NS};
}

/* Count records of a file, that came at that second of 1970. */
static void account_for(struct task *task, uint64_t count, int64_t second)
{
    static const struct stream stream = {.source = "file", .name = "/var/log/a", .partition = -1};
    struct tally tally = {.records = count, .outcomes = {[RECORD_EVALUATED] = count}};
    struct account_entry entry = {.stream = accounts_stream(task_accounts(task), &stream),
                                  .time_ns = second * TIMESTAMP_SECOND_NS,
                                  .tally = &tally};
    accounts_add(task_accounts(task), &entry, clock_of(second));
}

/* account_tell_fn: the records of the line. */
static int take_records(void *context, const struct account_line *line, struct err *err)
{
    (void)err;
    size_t at = str_find(line->json, STR("\"records\":"));
    assert_int_not_equal(at, STR_NOT_FOUND);
    *(uint64_t *)context += strtoull(line->json.ptr + at + strlen("\"records\":"), NULL, 10);
    return 0;
}

static uint64_t records_told(struct task *task, int64_t second)
{
    struct err err = {0};
    uint64_t records = 0;
    assert_int_equal(
        accounts_close_due(task_accounts(task), clock_of(second), take_records, &records, &err), 0);
    return records;
}

static int collect(void *context, const struct task_alert *alert, struct err *err)
{
    (void)err;
    struct buffer *out = context;
    buffer_printf(out, "%d %.*s %.*s", (int)alert->level, STR_ARG(alert->id), STR_ARG(alert->json));
    return 0;
}

/* What task_deliver tells, as text; to be freed. */
static char *delivered(struct task *task)
{
    struct err err = {0};
    struct buffer out = {0};
    assert_int_equal(task_deliver(task, collect, &out, &err), 0);
    buffer_add_byte(&out, '\0');
    return out.ptr;
}

static void assert_delivers(struct task *task, const char *text)
{
    char *told = delivered(task);
    assert_string_equal(told, text);
    memory_free(told);
}

static void a_place_comes_back_after_its_commit_and_not_before(void **state)
{
    (void)state;
    struct task *task = open_task("main");
    uint32_t stream = task_stream(task, STR("/var/log/a"), -1);
    assert_int_equal(task_place(task, stream).place.len, 0);
    task_set_place(task, stream, STR("100"));
    assert_true(task_is_changed(task));
    commit(task);
    assert_false(task_is_changed(task));
    task_set_place(task, stream, STR("200"));
    task_close(task);
    task = open_task("main");
    assert_int_equal(task_streams_count(task), 1);
    struct task_place place = task_place(task, 0);
    assert_true(str_equal(place.name, STR("/var/log/a")));
    assert_int_equal(place.partition, -1);
    assert_true(str_equal(place.place, STR("100")));
    task_close(task);
}

static void tasks_of_one_store_do_not_see_each_other(void **state)
{
    (void)state;
    struct task *a = open_task("t/0");
    struct task *b = open_task("t/1");
    struct err err = {0};
    task_set_place(a, task_stream(a, STR("t"), 0), STR("7"));
    task_set_place(b, task_stream(b, STR("t"), 1), STR("8"));
    struct task *both[] = {a, b};
    assert_int_equal(tasks_commit(both, 2, &err), 0);
    task_close(a);
    task_close(b);
    a = open_task("t/0");
    assert_int_equal(task_streams_count(a), 1);
    assert_true(str_equal(task_place(a, 0).place, STR("7")));
    assert_int_equal(task_place(a, 0).partition, 0);
    task_close(a);
}

static void an_alert_is_delivered_after_its_commit(void **state)
{
    (void)state;
    struct task *task = open_task("main");
    task_tell(task, RULE_HIGH, STR("id1"), STR("{1}\n"));
    assert_delivers(task, "");
    task_tell(task, RULE_LOW, STR("id2"), STR("{2}\n"));
    commit(task);
    assert_delivers(task, "3 id1 {1}\n1 id2 {2}\n");
    assert_delivers(task, "");
    task_close(task);
}

static void an_alert_that_is_not_acknowledged_is_delivered_again(void **state)
{
    (void)state;
    struct err err = {0};
    struct task *task = open_task("main");
    task_tell(task, RULE_HIGH, STR("id1"), STR("{1}\n"));
    commit(task);
    task_tell(task, RULE_HIGH, STR("id2"), STR("{2}\n"));
    commit(task);
    task_close(task);
    close_store();
    open_store();
    task = open_task("main");
    assert_delivers(task, "3 id1 {1}\n3 id2 {2}\n");
    assert_int_equal(task_acknowledge(task, &err), 0);
    task_close(task);
    close_store();
    open_store();
    task = open_task("main");
    assert_delivers(task, "");
    task_close(task);
}

static void an_alert_that_was_not_committed_is_gone_with_its_place(void **state)
{
    (void)state;
    struct task *task = open_task("main");
    task_set_place(task, task_stream(task, STR("a"), -1), STR("1"));
    task_tell(task, RULE_HIGH, STR("id1"), STR("{1}\n"));
    task_close(task);
    task = open_task("main");
    assert_int_equal(task_streams_count(task), 0);
    assert_delivers(task, "");
    task_close(task);
}

static void of_two_writers_the_second_is_stale_and_changes_nothing(void **state)
{
    (void)state;
    struct task *first = open_task("t/0");
    struct task *second = open_task("t/0");
    task_set_place(first, task_stream(first, STR("t"), 0), STR("10"));
    task_set_place(second, task_stream(second, STR("t"), 0), STR("20"));
    task_tell(second, RULE_HIGH, STR("id"), STR("{}\n"));
    commit(first);
    commit(second);
    assert_false(task_is_stale(first));
    assert_true(task_is_stale(second));
    task_close(second);
    task_close(first);
    first = open_task("t/0");
    assert_true(str_equal(task_place(first, 0).place, STR("10")));
    assert_delivers(first, "");
    task_close(first);
}

/* A correlation that fires with one event. */
static struct rule rules_at_once[] = {
    {.id = {"at once", 7},
     .title = {"at once", 7},
     .correlation = {.kind = CORRELATION_EVENT_COUNT,
                     .timespan_ns = 60 * TIMESTAMP_SECOND_NS,
                     .threshold = {.has_min = true, .min = 1}}},
};

static void count_alert(void *context, const struct alert *alert)
{
    (void)alert;
    ++*(int *)context;
}

/* How many alerts come of the windows now. */
static int advanced(struct task *task)
{
    int alerts = 0;
    assert_true(window_advance(task_windows(task), count_alert, &alerts));
    return alerts;
}

static void a_stream_without_events_holds_windows_back_over_a_restart(void **state)
{
    (void)state;
    struct rule_set set = {.rules = rules_at_once, .rules_count = 1};
    struct task_options options = {
        .name = STR("main"), .store = fixture.store, .rules = &set, .window = &fixture.window};
    struct err err = {0};
    struct task *task = NULL;
    assert_int_equal(task_open(&options, &task, &err), 0);
    uint32_t heard = task_stream(task, STR("calls"), 0);
    uint32_t silent = task_stream(task, STR("calls"), 1);
    task_await(task, heard);
    task_await(task, silent);
    struct alert_event event = {.time_ns = 10 * TIMESTAMP_SECOND_NS, .source = STR("calls")};
    struct alert alert = {.events = &event, .events_count = 1};
    window_add(task_windows(task), &(struct match){.alert = &alert});
    task_reach(task, heard, 100 * TIMESTAMP_SECOND_NS);
    assert_int_equal(advanced(task), 0);
    commit(task);
    task_close(task);

    assert_int_equal(task_open(&options, &task, &err), 0);
    assert_int_equal(advanced(task), 0);
    silent = task_stream(task, STR("calls"), 1);
    task_reach(task, silent, 100 * TIMESTAMP_SECOND_NS);
    assert_int_equal(advanced(task), 1);
    task_close(task);
}

static void full_is_told_before_a_commit_would_be_too_large(void **state)
{
    (void)state;
    struct task *task = open_task("main");
    char *line = memory_new(1, 1 << 20);
    int told = 0;
    for (; !task_is_full(task); told++) {
        task_tell(task, RULE_HIGH, STR("id"), (struct str){line, 1 << 20});
    }
    assert_in_range(told, 2, 30);
    commit(task);
    assert_false(task_is_full(task));
    memory_free(line);
    task_close(task);
}

static void an_account_is_as_old_as_the_place_that_was_committed_with_it(void **state)
{
    (void)state;
    struct task *task = open_task("main");
    uint32_t stream = task_stream(task, STR("/var/log/a"), -1);
    account_for(task, 5, 100);
    assert_true(task_is_changed(task));
    task_set_place(task, stream, STR("5"));
    commit(task);
    assert_false(task_is_changed(task));
    account_for(task, 3, 200);
    task_set_place(task, stream, STR("8"));
    task_close(task); /* killed: three records are read again */
    task = open_task("main");
    assert_true(str_equal(task_place(task, 0).place, STR("5")));
    account_for(task, 3, 300);
    task_set_place(task, 0, STR("8"));
    commit(task);
    task_close(task);
    task = open_task("main");
    assert_int_equal(records_told(task, 3 * INT64_C(1000000000)), 8);
    commit(task);
    task_close(task);
    task = open_task("main");
    assert_int_equal(accounts_open(task_accounts(task)), 0);
    task_close(task);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_place_comes_back_after_its_commit_and_not_before, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            an_account_is_as_old_as_the_place_that_was_committed_with_it, begin, end),
        cmocka_unit_test_setup_teardown(tasks_of_one_store_do_not_see_each_other, begin, end),
        cmocka_unit_test_setup_teardown(an_alert_is_delivered_after_its_commit, begin, end),
        cmocka_unit_test_setup_teardown(an_alert_that_is_not_acknowledged_is_delivered_again, begin,
                                        end),
        cmocka_unit_test_setup_teardown(an_alert_that_was_not_committed_is_gone_with_its_place,
                                        begin, end),
        cmocka_unit_test_setup_teardown(of_two_writers_the_second_is_stale_and_changes_nothing,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_stream_without_events_holds_windows_back_over_a_restart,
                                        begin, end),
        cmocka_unit_test_setup_teardown(full_is_told_before_a_commit_would_be_too_large, begin,
                                        end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
