/* SPDX-License-Identifier: Apache-2.0
 *
 * test_kafka_properties.c - only listed properties pass, by role, and no message tells a value.
 */
#include "ingest/source/kafka_properties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static int check(const char *name, enum kafka_role role, struct err *err)
{
    const struct source_property properties[] = {{"security.protocol", "SASL_SSL"},
                                                 {name, "hunter2"}};
    *err = (struct err){0};
    return kafka_properties_check(properties, 2, role, err);
}

static void security_properties_pass_for_both_roles(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(check("sasl.password", KAFKA_CONSUMER, &err), 0);
    assert_int_equal(check("sasl.password", KAFKA_PRODUCER, &err), 0);
    assert_int_equal(check("ssl.ca.location", KAFKA_PRODUCER, &err), 0);
    assert_int_equal(kafka_properties_check(NULL, 0, KAFKA_CONSUMER, &err), 0);
}

static void what_loads_code_or_weakens_delivery_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"plugin.library.paths",
                                        "ssl.engine.location",
                                        "sasl.kerberos.kinit.cmd",
                                        "enable.auto.commit",
                                        "debug",
                                        "enable.auto.offset.store",
                                        "enable.idempotence",
                                        "acks",
                                        "rebalance_cb",
                                        "",
                                        "SASL.PASSWORD",
                                        "no.such.property"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct err err;
        assert_int_equal(check(names[i], KAFKA_CONSUMER, &err), ERR_CONFIG);
        assert_non_null(strstr(err.text, names[i]));
        assert_null(strstr(err.text, "hunter2"));
        assert_int_equal(check(names[i], KAFKA_PRODUCER, &err), ERR_CONFIG);
    }
}

static void a_property_of_the_other_role_is_refused(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(check("fetch.min.bytes", KAFKA_CONSUMER, &err), 0);
    assert_int_equal(check("fetch.min.bytes", KAFKA_PRODUCER, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "for a source only"));
    assert_int_equal(check("linger.ms", KAFKA_CONSUMER, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "for a sink only"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(security_properties_pass_for_both_roles),
        cmocka_unit_test(what_loads_code_or_weakens_delivery_is_refused),
        cmocka_unit_test(a_property_of_the_other_role_is_refused),
    };
    return cmocka_run_group_tests_name("kafka properties", tests, NULL, NULL);
}
