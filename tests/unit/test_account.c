/* SPDX-License-Identifier: Apache-2.0
 *
 * test_account.c - the accounts of streams, hour by hour: what they add up, when they are closed,
 * what their lines say, and that they go on after a restart.
 */
#include "analyze/account/account.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND TIMESTAMP_SECOND_NS
#define HOUR   ACCOUNT_HOUR_NS

static int64_t at(const char *text)
{
    size_t used = 0;
    int64_t time_ns = timestamp_parse_rfc3339(str_of(text), 0, &used);
    assert_int_equal(used, strlen(text));
    return time_ns;
}

/* Both clocks, started together at that time of 2026-11-24. */
static struct account_clock clock_at(const char *time)
{
    char text[32];
    snprintf(text, sizeof text, "2026-11-24T%sZ", time);
    int64_t wall_ns = at(text);
    return (struct account_clock){wall_ns, wall_ns - at("2026-11-24T00:00:00Z")};
}

static struct stream topic = {.source = "kafka", .name = "trail", .partition = 3};
static struct stream other = {.source = "kafka", .name = "trail", .partition = 4};
static struct stream file = {.source = "file", .name = "/var/log/\"x\n", .partition = -1};

static struct buffer lines;
static uint32_t lines_count;
static char last_id[ACCOUNT_ID_TEXT + 1];
static int tell_fails;

static int hear(void *context, const struct account_line *line, struct err *err)
{
    (void)context;
    if (tell_fails != 0) {
        return err_set(err, ERR_IO, "the disk is full");
    }
    assert_int_equal(line->id.len, ACCOUNT_ID_TEXT);
    assert_int_equal(line->json.ptr[line->json.len - 1], '\n');
    memcpy(last_id, line->id.ptr, ACCOUNT_ID_TEXT);
    buffer_add(&lines, line->json);
    lines_count++;
    return 0;
}

static uint32_t due(struct accounts *accounts, const char *time)
{
    struct err err = {0};
    uint32_t before = lines_count;
    assert_int_equal(accounts_close_due(accounts, clock_at(time), hear, NULL, &err), 0);
    return lines_count - before;
}

static uint32_t tell_open(struct accounts *accounts, const char *time)
{
    struct err err = {0};
    uint32_t before = lines_count;
    assert_int_equal(accounts_tell_open(accounts, clock_at(time), hear, NULL, &err), 0);
    return lines_count - before;
}

static bool said(const char *text)
{
    return str_find(buffer_str(&lines), str_of(text)) != STR_NOT_FOUND;
}

static struct tally records(uint64_t count)
{
    return (struct tally){
        .records = count, .bytes = 10 * count, .outcomes = {[RECORD_EVALUATED] = count}};
}

/* One message of count records at that offset, arrived and counted at that time. */
static void add_at(struct accounts *accounts, const struct stream *stream, uint64_t offset,
                   uint64_t count, const char *time)
{
    struct tally tally = records(count);
    struct account_entry entry = {.stream = accounts_stream(accounts, stream),
                                  .time_ns = clock_at(time).wall_ns,
                                  .tally = &tally,
                                  .has_offsets = true,
                                  .first_offset = offset,
                                  .offsets_read = 1};
    accounts_add(accounts, &entry, clock_at(time));
}

static int begin(void **state)
{
    struct accounts *accounts = accounts_new(0, 0);
    accounts_set_rules(accounts, STR("0123456789abcdef0123456789abcdef"));
    *state = accounts;
    lines_count = 0;
    tell_fails = 0;
    return 0;
}

static int end(void **state)
{
    accounts_free(*state);
    buffer_release(&lines);
    return 0;
}

static void an_hour_is_told_when_it_is_over_and_quiet_for_a_minute(void **state)
{
    struct accounts *accounts = *state;
    add_at(accounts, &topic, 100, 2, "18:10:00");
    add_at(accounts, &topic, 101, 3, "18:59:30");
    assert_int_equal(due(accounts, "18:59:59"), 0);
    assert_int_equal(due(accounts, "19:00:20"), 0); /* over, but not quiet */
    assert_int_equal(due(accounts, "19:00:31"), 1);
    assert_true(said("\"@timestamp\":\"2026-11-24T19:00:31Z\""));
    assert_true(said("\"sequence\":0,\"partial\":false,\"kind\":\"kafka\",\"source\":\"trail\","
                     "\"partition\":3,\"hour\":\"2026-11-24T18:00:00Z\","
                     "\"opened\":\"2026-11-24T18:10:00Z\",\"records\":5,\"bytes\":50,"
                     "\"evaluated\":5,\"filtered\":0,\"dead_lettered\":0,\"duplicates\":0,"
                     "\"residue\":0,\"unbalanced\":0,"));
    assert_true(said("\"offsets\":{\"first\":100,\"last\":101,\"read\":2,\"missing\":0,"
                     "\"lost\":0},\"rules\":\"0123456789abcdef0123456789abcdef\","
                     "\"rulesets\":1,\"version\":"));
    assert_int_equal(due(accounts, "23:00:00"), 0);
}

static void a_quiet_hour_that_is_not_over_stays_open(void **state)
{
    struct accounts *accounts = *state;
    add_at(accounts, &topic, 100, 1, "18:01:00");
    add_at(accounts, &other, 7, 1, "18:02:00");
    assert_int_equal(due(accounts, "18:50:00"), 0);
    add_at(accounts, &topic, 101, 1, "18:55:00");
    assert_int_equal(due(accounts, "19:00:00"), 2);
    assert_true(said("\"records\":2,"));
}

static void what_every_member_counts(void **state)
{
    struct accounts *accounts = *state;
    struct tally tally = {.records = 16,
                          .bytes = 160,
                          .outcomes = {[RECORD_EVALUATED] = 8,
                                       [RECORD_FILTERED] = 4,
                                       [RECORD_DEAD] = 2,
                                       [RECORD_DUPLICATE] = 1},
                          .malformed = 3,
                          .timeless = 5,
                          .future = 6,
                          .alerts = 7};
    struct account_entry entry = {.stream = accounts_stream(accounts, &file),
                                  .time_ns = clock_at("18:10:00").wall_ns,
                                  .tally = &tally,
                                  .has_offsets = true,
                                  .first_offset = 512,
                                  .offsets_read = 200,
                                  .offsets_missing = 9,
                                  .offsets_lost = 10,
                                  .late = 11};
    accounts_add(accounts, &entry, clock_at("18:10:00"));
    accounts_set_rules(accounts, STR("fedcba9876543210fedcba9876543210"));
    accounts_add(accounts, &entry, clock_at("18:10:01"));
    assert_int_equal(tell_open(accounts, "18:20:00"), 1);
    assert_true(said("\"partial\":true,\"kind\":\"file\",\"source\":\"/var/log/\\\"x\\n\","
                     "\"hour\":"));
    assert_true(said("\"records\":32,\"bytes\":320,\"evaluated\":16,\"filtered\":8,"
                     "\"dead_lettered\":4,\"duplicates\":2,\"residue\":2,\"unbalanced\":2,"
                     "\"malformed\":6,\"timeless\":10,\"future\":12,\"late\":22,\"alerts\":14,"
                     "\"offsets\":{\"first\":503,\"last\":711,\"read\":400,\"missing\":18,"
                     "\"lost\":20},\"rules\":\"fedcba9876543210fedcba9876543210\","
                     "\"rulesets\":2,"));
}

static void messages_of_a_backlog_are_in_the_hour_of_their_own_timestamp(void **state)
{
    struct accounts *accounts = *state;
    struct tally tally = records(1);
    static const char *const hours[] = {"15:59:59", "16:00:00", "15:59:58", "16:59:59"};
    for (uint64_t i = 0; i < 4; i++) {
        struct account_entry entry = {.stream = accounts_stream(accounts, &topic),
                                      .time_ns = clock_at(hours[i]).wall_ns,
                                      .tally = &tally};
        accounts_add(accounts, &entry, clock_at("18:10:00"));
    }
    assert_int_equal(due(accounts, "18:10:59"), 0);
    assert_int_equal(due(accounts, "18:11:01"), 2);
    assert_true(said("\"hour\":\"2026-11-24T15:00:00Z\",\"opened\":\"2026-11-24T18:10:00Z\","
                     "\"records\":2,"));
    assert_true(said("\"hour\":\"2026-11-24T16:00:00Z\","
                     "\"opened\":\"2026-11-24T18:10:00.000000001Z\",\"records\":2,"));
    assert_false(said("\"offsets\""));
}

static void a_time_before_1970_has_an_hour(void **state)
{
    struct accounts *accounts = *state;
    struct tally tally = records(1);
    struct account_entry entry = {
        .stream = accounts_stream(accounts, &topic), .time_ns = -1, .tally = &tally};
    accounts_add(accounts, &entry, clock_at("18:10:00"));
    entry.time_ns = -HOUR;
    accounts_add(accounts, &entry, clock_at("18:10:00"));
    assert_int_equal(due(accounts, "18:11:00"), 1);
    assert_true(said("\"hour\":\"1969-12-31T23:00:00Z\""));
    assert_true(said("\"records\":2,"));
}

static void what_comes_after_the_line_opens_another_account(void **state)
{
    struct accounts *accounts = *state;
    add_at(accounts, &topic, 100, 2, "18:10:00");
    assert_int_equal(due(accounts, "19:05:00"), 1);
    char first[sizeof last_id];
    memcpy(first, last_id, sizeof first);
    struct tally tally = records(1);
    struct account_entry entry = {.stream = accounts_stream(accounts, &topic),
                                  .time_ns = clock_at("18:59:59").wall_ns,
                                  .tally = &tally};
    accounts_add(accounts, &entry, clock_at("19:06:00"));
    buffer_clear(&lines);
    assert_int_equal(due(accounts, "19:08:00"), 1);
    assert_true(said("\"sequence\":0,\"partial\":false"));
    assert_true(said("\"records\":1,"));
    assert_string_not_equal(first, last_id);
}

static void at_a_stop_what_is_open_is_told_once_as_partial(void **state)
{
    struct accounts *accounts = *state;
    add_at(accounts, &topic, 100, 2, "18:10:00");
    add_at(accounts, &other, 5, 2, "18:10:00");
    assert_int_equal(tell_open(accounts, "18:20:00"), 2);
    assert_int_equal(tell_open(accounts, "18:20:01"), 0);
    char first[sizeof last_id];
    memcpy(first, last_id, sizeof first);
    add_at(accounts, &other, 6, 1, "18:30:00");
    buffer_clear(&lines);
    assert_int_equal(tell_open(accounts, "18:30:01"), 1);
    assert_true(said("\"sequence\":1,\"partial\":true"));
    assert_true(said("\"records\":3,"));
    assert_string_equal(first, last_id);
    assert_int_equal(due(accounts, "19:02:00"), 2);
    assert_true(said("\"sequence\":2,\"partial\":false"));
}

static void a_line_that_can_not_be_written_is_told_again(void **state)
{
    struct accounts *accounts = *state;
    struct err err = {0};
    add_at(accounts, &topic, 100, 2, "18:10:00");
    tell_fails = 1;
    assert_int_equal(accounts_close_due(accounts, clock_at("19:10:00"), hear, NULL, &err), ERR_IO);
    tell_fails = 0;
    assert_int_equal(due(accounts, "19:10:00"), 1);
    assert_true(said("\"sequence\":0,\"partial\":false"));
    assert_true(said("\"records\":2,"));
}

static void at_a_cap_the_stalest_is_told_early_and_no_record_is_lost(void **state)
{
    (void)state;
    struct accounts *accounts = accounts_new(4, 3);
    struct tally tally = records(1);
    for (int64_t i = 0; i < 5; i++) {
        struct account_entry entry = {.stream = accounts_stream(accounts, &topic),
                                      .time_ns = clock_at("10:00:00").wall_ns + i * HOUR,
                                      .tally = &tally};
        accounts_add(accounts, &entry, clock_at("18:10:00"));
    }
    assert_int_equal(due(accounts, "18:10:00"), 2); /* 10 and 11: the stream has three open */
    assert_true(said("\"hour\":\"2026-11-24T10:00:00Z\""));
    assert_true(said("\"hour\":\"2026-11-24T11:00:00Z\""));
    add_at(accounts, &other, 1, 1, "18:10:01");
    add_at(accounts, &file, 1, 1, "18:10:01");
    assert_int_equal(due(accounts, "18:10:01"), 1); /* 12: four are open in all */
    assert_true(said("\"hour\":\"2026-11-24T12:00:00Z\""));
    assert_int_equal(tell_open(accounts, "18:10:02"), 4);
    accounts_free(accounts);
}

static void an_hour_that_goes_on_when_it_is_told_early_says_partial(void **state)
{
    (void)state;
    struct accounts *accounts = accounts_new(1, 1);
    add_at(accounts, &topic, 1, 1, "18:10:01");
    add_at(accounts, &other, 1, 1, "18:10:01");
    assert_int_equal(due(accounts, "18:10:01"), 1);
    assert_true(said("\"partial\":true"));
    accounts_free(accounts);
}

/* --- a store of cells */

static struct {
    struct buffer key;
    struct buffer value;
    bool there;
} cells[16];

static void store(void *context, struct str key, struct str value, bool deleted)
{
    (void)context;
    assert_int_equal(key.ptr[0], ACCOUNT_CELL);
    size_t i = 0;
    while (cells[i].key.len > 0 && !str_equal(buffer_str(&cells[i].key), key)) {
        i++;
        assert_true(i < 16);
    }
    if (cells[i].key.len == 0) {
        buffer_add(&cells[i].key, key);
    }
    buffer_clear(&cells[i].value);
    buffer_add(&cells[i].value, value);
    cells[i].there = !deleted;
}

static void commit(struct accounts *accounts)
{
    accounts_tell_changes(accounts, store, NULL);
    accounts_changes_done(accounts);
    assert_int_equal(accounts_changes(accounts), 0);
}

static uint32_t cells_there(void)
{
    uint32_t count = 0;
    for (size_t i = 0; i < 16; i++) {
        count += cells[i].there ? 1 : 0;
    }
    return count;
}

static struct accounts *restart(struct accounts *accounts, const char *time)
{
    struct err err = {0};
    accounts_free(accounts);
    accounts = accounts_new(0, 0);
    accounts_keep(accounts);
    accounts_set_rules(accounts, STR("0123456789abcdef0123456789abcdef"));
    for (size_t i = 0; i < 16; i++) {
        if (cells[i].there) {
            assert_int_equal(accounts_restore(accounts, buffer_str(&cells[i].key),
                                              buffer_str(&cells[i].value), clock_at(time), &err),
                             0);
        }
    }
    return accounts;
}

static void forget_cells(void)
{
    for (size_t i = 0; i < 16; i++) {
        buffer_release(&cells[i].key);
        buffer_release(&cells[i].value);
        cells[i].there = false;
    }
}

static void a_killed_process_neither_counts_twice_nor_loses(void **state)
{
    (void)state;
    struct accounts *accounts = restart(NULL, "18:00:00");
    add_at(accounts, &topic, 100, 2, "18:10:00");
    add_at(accounts, &file, 0, 5, "18:10:00");
    assert_int_equal(accounts_changes(accounts), 2);
    commit(accounts);
    add_at(accounts, &topic, 101, 3, "18:20:00"); /* not committed: it is read again */
    accounts = restart(accounts, "18:30:00");
    add_at(accounts, &topic, 101, 3, "18:30:01");
    assert_int_equal(accounts_changes(accounts), 1);
    commit(accounts);
    accounts = restart(accounts, "18:40:00");
    assert_int_equal(due(accounts, "19:02:00"), 2);
    assert_true(said("\"source\":\"trail\",\"partition\":3,\"hour\":\"2026-11-24T18:00:00Z\","
                     "\"opened\":\"2026-11-24T18:10:00Z\",\"records\":5,"));
    assert_true(said("\"offsets\":{\"first\":100,\"last\":101,\"read\":2,"));
    assert_true(said("\"kind\":\"file\",\"source\":\"/var/log/\\\"x\\n\","));
    commit(accounts);
    assert_int_equal(cells_there(), 0);
    accounts_free(accounts);
    forget_cells();
}

static void a_line_that_was_told_before_the_kill_is_told_again_as_the_same_account(void **state)
{
    (void)state;
    struct accounts *accounts = restart(NULL, "18:00:00");
    add_at(accounts, &topic, 100, 2, "18:10:00");
    assert_int_equal(tell_open(accounts, "18:15:00"), 1);
    commit(accounts);
    assert_int_equal(due(accounts, "19:02:00"), 1); /* told, and killed before the commit */
    char first[sizeof last_id];
    memcpy(first, last_id, sizeof first);
    accounts = restart(accounts, "19:03:00");
    buffer_clear(&lines);
    assert_int_equal(due(accounts, "19:05:00"), 1);
    assert_string_equal(first, last_id);
    assert_true(said("\"sequence\":1,\"partial\":false"));
    assert_true(said("\"records\":2,"));
    accounts_free(accounts);
    forget_cells();
}

static void an_account_opened_again_for_the_hour_takes_the_cell_of_the_one_before(void **state)
{
    (void)state;
    struct accounts *accounts = restart(NULL, "18:00:00");
    struct tally tally = records(1);
    struct account_entry entry = {.stream = accounts_stream(accounts, &topic),
                                  .time_ns = clock_at("18:10:00").wall_ns,
                                  .tally = &tally};
    accounts_add(accounts, &entry, clock_at("19:10:00"));
    commit(accounts);
    assert_int_equal(due(accounts, "19:12:00"), 1);
    accounts_add(accounts, &entry, clock_at("19:12:00"));
    commit(accounts);
    assert_int_equal(cells_there(), 1);
    accounts = restart(accounts, "19:13:00");
    buffer_clear(&lines);
    assert_int_equal(due(accounts, "19:20:00"), 1);
    assert_true(said("\"opened\":\"2026-11-24T19:12:00Z\",\"records\":1,"));
    commit(accounts);
    assert_int_equal(cells_there(), 0);
    accounts_free(accounts);
    forget_cells();
}

static void a_damaged_cell_is_refused(void **state)
{
    (void)state;
    struct accounts *accounts = restart(NULL, "18:00:00");
    struct err err = {0};
    add_at(accounts, &topic, 100, 2, "18:10:00");
    commit(accounts);
    struct str key = buffer_str(&cells[0].key);
    struct str value = buffer_str(&cells[0].value);
    for (size_t len = 0; len < value.len; len++) {
        assert_int_equal(
            accounts_restore(accounts, key, str_slice(value, 0, len), clock_at("18:20:00"), &err),
            ERR_DATA);
    }
    for (size_t len = 0; len < 14; len++) {
        assert_int_equal(
            accounts_restore(accounts, str_slice(key, 0, len), value, clock_at("18:20:00"), &err),
            ERR_DATA);
    }
    cells[0].value.ptr[0] = 2;
    assert_int_equal(accounts_restore(accounts, key, value, clock_at("18:20:00"), &err), ERR_DATA);
    accounts_free(accounts);
    forget_cells();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_hour_is_told_when_it_is_over_and_quiet_for_a_minute),
        TEST(a_quiet_hour_that_is_not_over_stays_open),
        TEST(what_every_member_counts),
        TEST(messages_of_a_backlog_are_in_the_hour_of_their_own_timestamp),
        TEST(a_time_before_1970_has_an_hour),
        TEST(what_comes_after_the_line_opens_another_account),
        TEST(at_a_stop_what_is_open_is_told_once_as_partial),
        TEST(a_line_that_can_not_be_written_is_told_again),
        TEST(at_a_cap_the_stalest_is_told_early_and_no_record_is_lost),
        TEST(an_hour_that_goes_on_when_it_is_told_early_says_partial),
        TEST(a_killed_process_neither_counts_twice_nor_loses),
        TEST(a_line_that_was_told_before_the_kill_is_told_again_as_the_same_account),
        TEST(an_account_opened_again_for_the_hour_takes_the_cell_of_the_one_before),
        TEST(a_damaged_cell_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
