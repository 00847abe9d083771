/* SPDX-License-Identifier: Apache-2.0
 *
 * test_syslog_senders.c - who may send, how much, and who is forgotten.
 */
#include "base/timestamp.h"
#include "ingest/source/syslog_senders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND TIMESTAMP_SECOND_NS

static uint32_t taken(struct syslog_senders *senders, struct str address, int64_t now_ns)
{
    uint32_t count = 0;
    while (count < 1000 && syslog_senders_take(senders, address, 1, now_ns)) {
        count++;
    }
    return count;
}

static void a_sender_has_its_rate_each_second(void **state)
{
    (void)state;
    struct syslog_senders *senders = syslog_senders_new(10, 100);
    assert_int_equal(taken(senders, STR("a"), 5 * SECOND), 10);
    assert_int_equal(taken(senders, STR("a"), 5 * SECOND), 0);
    assert_int_equal(taken(senders, STR("b"), 5 * SECOND), 10);
    assert_int_equal(taken(senders, STR("a"), 5 * SECOND + SECOND / 2), 5);
    assert_int_equal(taken(senders, STR("a"), 9 * SECOND), 10);
    syslog_senders_free(senders);
}

static void many_records_at_once_are_paid_by_waiting(void **state)
{
    (void)state;
    struct syslog_senders *senders = syslog_senders_new(10, 100);
    assert_true(syslog_senders_take(senders, STR("a"), 25, 0));
    assert_false(syslog_senders_take(senders, STR("a"), 1, SECOND));
    assert_true(syslog_senders_take(senders, STR("a"), 1, 2 * SECOND));
    assert_true(syslog_senders_take(senders, STR("b"), 1000000000, 0));
    assert_true(syslog_senders_take(senders, STR("b"), 1, 61 * SECOND));
    syslog_senders_free(senders);
}

static void without_a_rate_all_is_taken(void **state)
{
    (void)state;
    struct syslog_senders *senders = syslog_senders_new(0, 1);
    assert_int_equal(taken(senders, STR("a"), 0), 1000);
    syslog_senders_free(senders);
}

static void a_full_table_forgets_the_quiet_and_lets_others_share(void **state)
{
    (void)state;
    struct syslog_senders *senders = syslog_senders_new(10, 2);
    assert_int_equal(taken(senders, STR("a"), 0), 10);
    assert_int_equal(taken(senders, STR("b"), 0), 10);
    assert_int_equal(taken(senders, STR("c"), 0), 10);
    assert_int_equal(taken(senders, STR("d"), 0), 0); /* c has the shared bucket's second */
    assert_true(syslog_senders_take(senders, STR("b"), 20, SECOND));
    assert_int_equal(taken(senders, STR("d"), 2 * SECOND), 10); /* in the place of a */
    assert_int_equal(taken(senders, STR("b"), 2 * SECOND), 0);
    syslog_senders_free(senders);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sender_has_its_rate_each_second),
        cmocka_unit_test(many_records_at_once_are_paid_by_waiting),
        cmocka_unit_test(without_a_rate_all_is_taken),
        cmocka_unit_test(a_full_table_forgets_the_quiet_and_lets_others_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
