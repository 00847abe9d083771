/* SPDX-License-Identifier: Apache-2.0
 *
 * test_config.c - the configuration, units and suggestions.
 */
#include "cli/config/config.h"
#include "cli/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define START                                                                                      \
    "source:\n  kind: file\n  paths: [a, b]\nrules:\n  paths: r\n"                                 \
    "output:\n  alerts:\n    - kind: stdout\n"

static void expect_error(const char *text, const char *message)
{
    struct config *config = NULL;
    struct err err = {0};
    assert_int_equal(config_load_text("t.yml", str_of(text), &config, &err), ERR_CONFIG);
    assert_null(config);
    assert_string_equal(err.text, message);
}

static void values_and_defaults_reach_the_engine(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct err err = {0};
    const char *text = START "      level: high\ncorrelation:\n  lateness: 5m\n"
                             "  keys_max: 20000000\n  memory_max: 8GiB\n";
    assert_int_equal(config_load_text("t.yml", str_of(text), &config, &err), 0);
    assert_int_equal(config->engine.source.paths_count, 2);
    assert_string_equal(config->engine.source.paths[1], "b");
    assert_true(config->engine.source.follow);
    assert_int_equal(config->engine.source.framing.record_bytes_max, 1048576);
    assert_string_equal(config->engine.rules[0], "r");
    assert_int_equal(config->engine.alerts[0].level_min, RULE_HIGH);
    assert_int_equal(config->engine.alerts[0].timeout_ms, 30000);
    assert_int_equal(config->engine.window.lateness_ns, 300 * INT64_C(1000000000));
    assert_int_equal(config->engine.window.keys_max, 20000000);
    assert_int_equal(config->engine.window.bytes_max, UINT64_C(8) << 30);
    assert_int_equal(config->engine.threads, 1);
    assert_null(config->metrics_path);
    config_free(config);
}

static void section_7_line_25_topics_are_given_log_sources(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct err err = {0};
    assert_int_equal(
        config_load_text("t.yml",
                         STR("source:\n  kind: kafka\n  brokers: b\n  group: g\n"
                             "  topics: [plain, audit]\n  logsource: category=webserver\n"
                             "  logsources: {audit: 'product=linux,service=auditd'}\n"
                             "rules:\n  paths: r\n  pipelines: none\n"
                             "output:\n  alerts:\n    - kind: stdout\n"),
                         &config, &err),
        0);
    const struct source_options *source = &config->engine.source;
    assert_string_equal(logsource_table[source->logsource].category, "webserver");
    assert_int_equal(source->topic_logsources[0], 0);
    assert_string_equal(logsource_table[source->topic_logsources[1]].name, "linux/auditd");
    assert_int_equal(config->engine.rules_count, 1);
    config_free(config);
    expect_error("source:\n  kind: kafka\n  brokers: b\n  group: g\n  topics: t\n"
                 "  logsources: {u: product=a}\n",
                 "t.yml:2:3: source names the topic u, which is not in source.topics");
    expect_error("source:\n  kind: file\n  paths: a\n  logsource: linux\n",
                 "t.yml:2:3: source.logsource: 'linux' is no log source: write product=.., "
                 "service=.., category=.., with commas between, each at most once");
}

static void errors_name_the_place_and_what_to_do(void **state)
{
    (void)state;
    expect_error("sorce: {}\n", "t.yml:1:1: unknown section sorce; did you mean source?");
    expect_error(START "source2:\n  a: b\n",
                 "t.yml:9:1: unknown section source2; did you mean source?");
    expect_error("source:\n  kidn: file\n",
                 "t.yml:2:3: unknown key source.kidn; did you mean source.kind?");
    expect_error("source:\n  kind: pigeon\n",
                 "t.yml:2:9: source.kind: use one of: file kafka syslog");
    expect_error("source:\n  kind: file\n  paths: a\n  follow: maybe\n",
                 "t.yml:4:11: source.follow: use true or false");
    expect_error("source:\n  kind: file\n",
                 "t.yml:2:3: source.paths is missing; name a file or directory");
    expect_error("source:\n  kind: kafka\n  brokers: b\n",
                 "t.yml:2:3: source.group is missing; kafka needs it");
    expect_error(START "    - kind: file\n",
                 "t.yml:9:7: path is missing; a sink of the kind file needs it");
    expect_error(START "correlation:\n  idle: soon\n",
                 "t.yml:10:9: correlation.idle: use a duration such as 30s");
    expect_error(START "correlation:\n  keys_max: 999\n",
                 "t.yml:1:1: correlation.keys_max: use a number from 1000");
    expect_error(START "correlation:\n  memory_max: 1000KiB\n",
                 "t.yml:1:1: correlation.memory_max: use a size from 1MiB");
    expect_error(START "      path: a\n",
                 "t.yml:9:7: path is not for the kind stdout, only for: file; take it out");
    expect_error(
        START "    - kind: file\n      path: a\n      timeout: 3s\n",
        "t.yml:11:7: timeout is not for the kind file, only for: kafka redis; take it out");
    expect_error(
        "source:\n  kind: kafka\n  positions: p\n",
        "t.yml:3:3: source.positions is not for the kind kafka, only for: file; take it out");
    expect_error("source:\n  kind: file\n  paths: a\n  follow: false\n  positions: p\n",
                 "t.yml:2:3: source.positions is for following; set source.follow: true");
    expect_error("", "t.yml:1:1: the configuration is empty");
}

static void json_is_checked_whole_when_that_is_asked_for(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct err err = {0};
    assert_int_equal(config_load_text("t.yml", STR(START), &config, &err), 0);
    assert_false(config->engine.decoder.strict_json);
    config_free(config);
    const char *text = START "decoder:\n  strict_json: true\n";
    assert_int_equal(config_load_text("t.yml", str_of(text), &config, &err), 0);
    assert_true(config->engine.decoder.strict_json);
    config_free(config);
}

static void the_environment_is_put_in_and_missed(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct err err = {0};
    setenv("TOCSIN_TEST_NAME", "in", 1);
    unsetenv("TOCSIN_TEST_NONE");
    const char *text = START "metrics:\n  path: a-${TOCSIN_TEST_NAME}-b\n";
    assert_int_equal(config_load_text("t.yml", str_of(text), &config, &err), 0);
    assert_string_equal(config->metrics_path, "a-in-b");
    config_free(config);
    expect_error(START "metrics:\n  path: ${TOCSIN_TEST_NONE}\n",
                 "t.yml:10:9: the environment has no TOCSIN_TEST_NONE; set it");
}

/* A file that holds text, with the mode; the name is written into name. */
static void make_file(char *name, size_t size, const char *text, mode_t mode)
{
    snprintf(name, size, "/tmp/tocsin_config_XXXXXX");
    int descriptor = mkstemp(name);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(descriptor, mode), 0);
    close(descriptor);
}

/* Loads a configuration whose one secret is value; the error's text, or the secret as it was read.
 */
static const char *secret_of(const char *value)
{
    static char result[ERR_TEXT_MAX];
    struct buffer text = {0};
    struct config *config = NULL;
    struct err err = {0};
    buffer_printf(&text,
                  "source:\n  kind: kafka\n  brokers: b\n  group: g\n  topics: t\n  properties:\n"
                  "    p: %s\nrules: {paths: r}\noutput: {alerts: [{kind: stdout}]}\n",
                  value);
    int failed = config_load_text("t.yml", buffer_str(&text), &config, &err);
    assert_int_equal(failed == 0, config != NULL);
    snprintf(result, sizeof result, "%s",
             failed != 0 ? err.text : config->engine.source.properties[0].value);
    config_free(config);
    buffer_release(&text);
    return result;
}

static void secrets_come_from_files_of_their_owner_only(void **state)
{
    (void)state;
    char name[64];
    char value[96];
    assert_string_equal(secret_of("hush"), "hush");
    make_file(name, sizeof name, "hush hush\n", 0400);
    snprintf(value, sizeof value, "file:%s", name);
    assert_string_equal(secret_of(value), "hush hush");
    assert_int_equal(chmod(name, 0640), 0);
    assert_non_null(strstr(secret_of(value), "others may read"));
    assert_int_equal(chmod(name, 0600), 0);
    assert_int_equal(truncate(name, 0), 0);
    assert_non_null(strstr(secret_of(value), "is empty"));
    assert_int_equal(truncate(name, 1000000), 0);
    assert_non_null(strstr(secret_of(value), "too long"));
    unlink(name);
    assert_non_null(strstr(secret_of(value), "can not open"));
    assert_non_null(strstr(secret_of("file:/tmp"), "no regular file"));
    assert_non_null(strstr(secret_of("file:/dev/null"), "no regular file"));
}

static void an_environment_value_is_not_expanded_again(void **state)
{
    (void)state;
    setenv("TOCSIN_TEST_NAME", "${HOME}", 1);
    assert_string_equal(secret_of("${TOCSIN_TEST_NAME}"), "${HOME}");
    assert_non_null(strstr(secret_of("${}"), "begins no ${NAME}"));
    assert_non_null(strstr(secret_of("${A"), "begins no ${NAME}"));
    assert_string_equal(secret_of("a$b{c}"), "a$b{c}");
}

static void hostile_text_is_refused_and_can_not_forge_a_line(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct err err = {0};
    expect_error("\"a\\nb\\e[31m\": {}\n",
                 "t.yml:1:1: unknown section a\\nb\\x1b[31m; `tocsin run --help-config` lists all");
    expect_error("source:\n  kind: \"file\\0\"\n",
                 "t.yml:2:9: the value holds a NUL byte; take it out");
    expect_error(START "---\na: b\n", "t.yml:1:1: only one YAML document is allowed");
    expect_error("source: [1]\n", "t.yml:1:9: keys and values are needed here: \"key: value\"");
    expect_error(START "engine: {threads: 99999999999999999999}\n",
                 "t.yml:9:19: engine.threads: use a whole number");
    struct buffer deep = {0};
    for (int i = 0; i < 5000; i++) {
        buffer_add_text(&deep, "[");
    }
    assert_int_equal(config_load_text("t.yml", buffer_str(&deep), &config, &err), ERR_CONFIG);
    buffer_release(&deep);
}

static void units_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    int64_t ns = 0;
    uint64_t bytes = 0;
    int32_t zone = 0;
    assert_true(units_duration(STR("90s"), &ns));
    assert_int_equal(ns, 90 * INT64_C(1000000000));
    assert_false(units_duration(STR("90"), &ns));
    assert_false(units_duration(STR("s"), &ns));
    assert_false(units_duration(STR("9999999999d"), &ns));
    assert_true(units_bytes(STR("2KiB"), &bytes));
    assert_int_equal(bytes, 2048);
    assert_false(units_bytes(STR("2KB"), &bytes));
    assert_true(units_zone(STR("-03:30"), &zone));
    assert_int_equal(zone, -12600);
    assert_false(units_zone(STR("-3:30"), &zone));
}

static void the_relay_has_sections_of_its_own(void **state)
{
    (void)state;
    static const char *const source = "source: {kind: syslog, listen: 'tcp://127.0.0.1:0'}\n";
    static const struct {
        const char *more;
        const char *message;
    } wrong[] = {
        {"relay: {topic: t}\n", "t.yml:1:9: relay.brokers is missing"},
        {"relay: {brokers: b}\n", "t.yml:1:9: relay.topic is missing"},
        {"rules: {paths: r}\n", "t.yml:2:1: rules is for `tocsin run`; `tocsin relay` only writes "
                                "to a topic: take it out"},
        {"relai: {topic: t}\n", "t.yml:2:1: unknown section relai; did you mean relay?"},
    };
    struct config *config = NULL;
    struct err err = {0};
    char text[256];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(text, sizeof text, "%s%s", source, wrong[i].more);
        assert_int_equal(config_load_relay_text("t.yml", str_of(text), &config, &err), ERR_CONFIG);
        assert_null(config);
        assert_string_equal(err.text, wrong[i].message);
    }
    snprintf(text, sizeof text, "%srelay: {brokers: b, topic: t, properties: {linger.ms: 9}}\n",
             source);
    assert_int_equal(config_load_relay_text("t.yml", str_of(text), &config, &err), 0);
    assert_string_equal(config->relay.source.listen[0], "tcp://127.0.0.1:0");
    assert_string_equal(config->relay.topic, "t");
    assert_string_equal(config->relay.properties[0].value, "9");
    assert_int_equal(config->relay.timeout_ns, 30 * INT64_C(1000000000));
    config_free(config);
    expect_error(START "relay: {topic: t}\n", "t.yml:9:1: relay is for `tocsin relay`; take it out "
                                              "of what `tocsin run` reads");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_relay_has_sections_of_its_own),
        cmocka_unit_test(values_and_defaults_reach_the_engine),
        cmocka_unit_test(section_7_line_25_topics_are_given_log_sources),
        cmocka_unit_test(errors_name_the_place_and_what_to_do),
        cmocka_unit_test(json_is_checked_whole_when_that_is_asked_for),
        cmocka_unit_test(the_environment_is_put_in_and_missed),
        cmocka_unit_test(secrets_come_from_files_of_their_owner_only),
        cmocka_unit_test(an_environment_value_is_not_expanded_again),
        cmocka_unit_test(hostile_text_is_refused_and_can_not_forge_a_line),
        cmocka_unit_test(units_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
