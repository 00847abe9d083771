/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rule_correlation.c - correlations: kinds, timespans, bounds, references, aliases, silence.
 */
#include "analyze/rule/rule.h"

#include "base/buffer.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct rule_set *load(const char *text)
{
    struct rule_set *set = NULL;
    struct err err = {0};
    assert_int_equal(rule_set_load_text("t.yml", str_of(text), &set, &err), 0);
    return set;
}

static void add_detection(struct buffer *text, const char *title, const char *name)
{
    buffer_printf(text,
                  "---\ntitle: %s\nname: %s\nlogsource:\n  product: aws\n"
                  "detection:\n  s:\n    f: %s\n  condition: s\n",
                  title, name, title);
}

/* Its name is its title. */
static void add_correlation(struct buffer *text, const char *title, const char *rules, int bound)
{
    buffer_printf(text,
                  "---\ntitle: %s\nname: %s\ncorrelation:\n  type: event_count\n"
                  "  rules: %s\n  timespan: 5m\n  condition: {gte: %d}\n",
                  title, title, rules, bound);
}

static struct rule_set *load_buffer(struct buffer *text)
{
    buffer_add_byte(text, '\0');
    struct rule_set *set = load(text->ptr);
    buffer_release(text);
    return set;
}

/* A correlation over rule `one`; body is its lines but rules. */
static struct rule_set *load_body(const char *body)
{
    struct buffer text = {0};
    add_detection(&text, "first", "one");
    buffer_printf(&text, "---\ntitle: corr\ncorrelation:\n  rules: one\n%s\n", body);
    return load_buffer(&text);
}

static const struct correlation *correlation_of(const struct rule_set *set)
{
    if (set->problems_count > 0) {
        fail_msg("%.*s", STR_ARG(set->problems[0].reason));
    }
    assert_int_equal(set->rules_count, 2);
    assert_true(set->rules[1].condition == NULL);
    return &set->rules[1].correlation;
}

static void assert_refused(const char *body, enum rule_problem_kind kind, const char *reason)
{
    struct rule_set *set = load_body(body);
    if (set->rules_count != 1 || set->problems_count != 1 || set->problems[0].kind != kind ||
        str_find(set->problems[0].reason, str_of(reason)) == STR_NOT_FOUND) {
        fail_msg("%s: %u rules, %.*s", body, set->rules_count,
                 STR_ARG(set->problems_count > 0 ? set->problems[0].reason : STR("no problem")));
    }
    /* Nobody counts the detection rule: it speaks for itself. */
    assert_false(set->rules[0].silent);
    rule_set_free(set);
}

#define COUNT(timespan, condition)                                                                 \
    "  type: event_count\n  timespan: " timespan "\n  condition: " condition

static void event_count_and_value_count_are_read(void **state)
{
    (void)state;
    struct rule_set *set = load_body("  type: event_count\n  group-by: [user, src.ip]\n"
                                     "  timespan: 5m\n  condition: {gte: 10}");
    const struct correlation *correlation = correlation_of(set);
    assert_int_equal(correlation->kind, CORRELATION_EVENT_COUNT);
    assert_int_equal(correlation->group_by_count, 2);
    assert_true(str_equal(correlation->group_by[1], STR("src.ip")));
    assert_int_equal(correlation->references_count, 1);
    assert_int_equal(correlation->references[0].rule, 0);
    assert_true(str_equal(correlation->references[0].group_by[0], STR("user")));
    assert_int_equal(correlation->references[0].value.count, 0);
    rule_set_free(set);
    set = load_body("  type: value_count\n  group-by: user\n  timespan: 1h\n"
                    "  condition: {gt: 3, field: [host, port]}");
    correlation = correlation_of(set);
    assert_int_equal(correlation->kind, CORRELATION_VALUE_COUNT);
    assert_int_equal(correlation->group_by_count, 1);
    assert_int_equal(correlation->references[0].value.count, 2);
    assert_true(str_equal(correlation->references[0].value.items[1], STR("port")));
    assert_int_equal(correlation->threshold.min, 4);
    rule_set_free(set);
    set = load_body(COUNT("5m", "{gte: 10}"));
    assert_int_equal(correlation_of(set)->group_by_count, 0);
    rule_set_free(set);
}

static void other_types_are_refused(void **state)
{
    (void)state;
    assert_refused("  type: sum\n  timespan: 5m", RULE_ERROR, "there is no correlation type 'sum'");
    assert_refused("  timespan: 5m", RULE_ERROR, "the correlation has no type");
    assert_refused("  type: value_count\n  timespan: 5m\n  condition: {gte: 2}", RULE_ERROR,
                   "value_count needs the field that it counts");
}

static void temporal_needs_all_rules_unless_it_says_otherwise(void **state)
{
    (void)state;
    struct rule_set *set = load_body("  type: temporal\n  timespan: 5m");
    assert_int_equal(correlation_of(set)->kind, CORRELATION_TEMPORAL);
    assert_true(correlation_of(set)->threshold.has_min);
    assert_int_equal(correlation_of(set)->threshold.min, 1);
    rule_set_free(set);
    set = load_body("  type: temporal\n  timespan: 5m\n  condition: {lte: 3}");
    assert_false(correlation_of(set)->threshold.has_min);
    assert_int_equal(correlation_of(set)->threshold.max, 3);
    rule_set_free(set);
    set = load_body("  type: temporal_ordered\n  timespan: 5m\n  condition: {gte: 1}");
    assert_int_equal(correlation_of(set)->kind, CORRELATION_TEMPORAL_ORDERED);
    rule_set_free(set);
    assert_refused("  type: temporal_ordered\n  timespan: 5m\n  condition: {gte: 2}", RULE_ERROR,
                   "needs all of its rules");
}

static void section_7_line_31_timespans_have_a_unit_and_are_above_0(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {{"1s", 1},       {"90s", 90},        {"5m", 300},    {"2h", 7200},
                 {"1d", 86400},   {"1w", 604800},     {"'10m'", 600}, {"3650d", 315360000},
                 {"1M", 2629746}, {"119M", 312939774}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char body[128];
        snprintf(body, sizeof body, COUNT("%s", "{gte: 2}"), cases[i].text);
        struct rule_set *set = load_body(body);
        assert_true(correlation_of(set)->timespan_ns == cases[i].seconds * TIMESTAMP_SECOND_NS);
        rule_set_free(set);
    }
    static const char *const wrong[] = {"0s",    "-5m",  "5",    "m",
                                        "1y",    "1.5h", "5 m",  "+5m",
                                        "''",    "5mm",  "[5m]", "99999999999999999999s",
                                        "36501s"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char body[128];
        snprintf(body, sizeof body, COUNT("%s", "{gte: 2}"), wrong[i]);
        assert_refused(body, RULE_ERROR, "timespan must be a number above 0");
    }
    assert_refused("  type: event_count\n  condition: {gte: 2}", RULE_ERROR, "timespan must be");
    assert_refused(COUNT("3651d", "{gte: 2}"), RULE_ERROR, "a timespan of over ten years");
    assert_refused(COUNT("120M", "{gte: 2}"), RULE_ERROR, "a timespan of over ten years");
}

static void bounds_and_ranges_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *condition;
        struct threshold want;
    } cases[] = {
        {"{gte: 5}", {.has_min = true, .min = 5}},
        {"{gt: 5}", {.has_min = true, .min = 6}},
        {"{lte: 5}", {.has_max = true, .max = 5}},
        {"{lt: 5}", {.has_max = true, .max = 4}},
        {"{eq: 5}", {.has_min = true, .min = 5, .has_max = true, .max = 5}},
        {"{neq: 5}", {.has_not = true, .not_equal = 5}},
        {"{gt: 1, lte: 9}", {.has_min = true, .min = 2, .has_max = true, .max = 9}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char body[128];
        snprintf(body, sizeof body, COUNT("5m", "%s"), cases[i].condition);
        struct rule_set *set = load_body(body);
        const struct threshold *got = &correlation_of(set)->threshold;
        const struct threshold *want = &cases[i].want;
        assert_int_equal(got->has_min, want->has_min);
        assert_int_equal(got->min, want->min);
        assert_int_equal(got->has_max, want->has_max);
        assert_int_equal(got->max, want->max);
        assert_int_equal(got->has_not, want->has_not);
        assert_int_equal(got->not_equal, want->not_equal);
        rule_set_free(set);
    }
}

static void wrong_bounds_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *condition;
        const char *reason;
    } cases[] = {
        {"{}", "the condition has no bound"},
        {"{field: x}", "the condition has no bound"},
        {"5", "the correlation's condition must be a map"},
        {"{gte: -1}", "a count must be a whole number"},
        {"{gte: 1.5}", "a count must be a whole number"},
        {"{gte: many}", "a count must be a whole number"},
        {"{gte: [1]}", "a count must be a whole number"},
        {"{gte: 18446744073709551615}", "a count must be a whole number"},
        {"{least: 5}", "'least' is no bound; use gt, gte, lt, lte, eq or neq"},
        {"{lt: 0}", "no count is less than 0"},
        {"{gte: 5, lt: 5}", "the condition's bounds exclude each other"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char body[128];
        snprintf(body, sizeof body, COUNT("5m", "%s"), cases[i].condition);
        assert_refused(body, RULE_ERROR, cases[i].reason);
    }
    assert_refused("  type: event_count\n  timespan: 5m", RULE_ERROR, "must be a map");
}

static void references_by_id_and_name_reach_over_documents(void **state)
{
    (void)state;
    struct buffer text = {0};
    /* The correlation stands first: references are resolved when all is read. */
    add_correlation(&text, "corr", "[aaaa-1, two]", 2);
    buffer_printf(&text, "---\nid: aaaa-1\ntitle: first\nlogsource: {product: aws}\n"
                         "detection: {s: {f: x}, condition: s}\n---\nid: bbbb-2\nname: two\n"
                         "title: second\nlogsource: {product: aws}\n"
                         "detection: {s: {f: y}, condition: s}\n");
    struct rule_set *set = load_buffer(&text);
    assert_int_equal(set->problems_count, 0);
    assert_int_equal(set->rules_count, 3);
    const struct correlation *correlation = &set->rules[0].correlation;
    assert_int_equal(correlation->references_count, 2);
    assert_int_equal(correlation->references[0].rule, 1);
    assert_int_equal(correlation->references[1].rule, 2);
    assert_int_equal(rule_set_find(set, STR("two")), 2);
    assert_int_equal(rule_set_find(set, STR("bbbb-2")), 2);
    assert_int_equal(rule_set_find(set, STR("first")), UINT32_MAX);
    rule_set_free(set);
}

static void references_to_nothing_are_refused_where_they_stand(void **state)
{
    (void)state;
    struct buffer text = {0};
    add_correlation(&text, "corr", "\n    - one\n    - nobody", 2);
    add_detection(&text, "first", "one");
    struct rule_set *set = load_buffer(&text);
    assert_int_equal(set->rules_count, 1);
    assert_int_equal(set->problems_count, 1);
    assert_int_equal(set->problems[0].line, 8);
    assert_int_equal(set->problems[0].column, 7);
    assert_true(str_equal(set->problems[0].rule, STR("corr")));
    assert_true(str_equal(set->problems[0].reason,
                          STR("no rule that was loaded has the id or name 'nobody'")));
    rule_set_free(set);
    static const char *const wrong[] = {"  rules: []\n", "  rules: {a: b}\n", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char document[256];
        snprintf(document, sizeof document,
                 "title: corr\ncorrelation:\n  type: event_count\n%s  timespan: 5m\n"
                 "  condition: {gte: 2}\n",
                 wrong[i]);
        set = load(document);
        assert_int_equal(set->rules_count, 0);
        assert_true(
            str_starts_with(set->problems[0].reason, STR("the correlation names no rules")));
        rule_set_free(set);
    }
}

static void aliases_name_a_field_per_rule(void **state)
{
    (void)state;
    struct buffer text = {0};
    add_detection(&text, "first", "one");
    buffer_printf(&text, "---\nid: bbbb-2\nname: two\ntitle: second\nlogsource: {product: aws}\n"
                         "detection: {s: {f: y}, condition: s}\n");
    add_detection(&text, "third", "three");
    add_correlation(&text, "corr", "[one, two, three]", 2);
    buffer_printf(&text, "  group-by: [address, user]\n  aliases:\n    address:\n"
                         "      one: src_ip\n      bbbb-2: client.ip\n");
    struct rule_set *set = load_buffer(&text);
    assert_int_equal(set->problems_count, 0);
    const struct correlation *correlation = &set->rules[3].correlation;
    assert_true(str_equal(correlation->references[0].group_by[0], STR("src_ip")));
    assert_true(str_equal(correlation->references[1].group_by[0], STR("client.ip")));
    assert_true(str_equal(correlation->references[2].group_by[0], STR("address")));
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(str_equal(correlation->references[i].group_by[1], STR("user")));
    }
    assert_true(str_equal(correlation->group_by[0], STR("address")));
    rule_set_free(set);
}

static void counted_rules_are_silent_unless_one_correlation_generates(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        bool silent;
    } cases[] = {
        {COUNT("5m", "{gte: 2}"), true},
        {COUNT("5m", "{gte: 2}") "\n  generate: true", false},
        {COUNT("5m", "{gte: 2}") "\n  generate: false", true},
        {COUNT("5m", "{gte: 2}") "\ngenerate: true", false},
        {COUNT("5m", "{gte: 2}") "\n  generate: 'true'", true},
        {COUNT("5m", "{gte: 2}") "\n---\ntitle: other\ncorrelation:\n  rules: one\n"
                                 "  generate: true\n" COUNT("5m", "{gte: 3}"),
         false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rule_set *set = load_body(cases[i].body);
        assert_int_equal(set->problems_count, 0);
        assert_int_equal(set->rules[0].silent, cases[i].silent);
        assert_false(set->rules[1].silent);
        rule_set_free(set);
    }
}

static void a_broken_correlation_leaves_and_the_indexes_of_the_others_follow(void **state)
{
    (void)state;
    struct buffer text = {0};
    add_correlation(&text, "broken", "[one, nobody]", 2);
    add_detection(&text, "first", "one");
    add_correlation(&text, "good", "[two, one]", 2);
    add_correlation(&text, "broken-too", "[one, broken]", 2);
    add_correlation(&text, "broken three", "three", 2);
    add_detection(&text, "second", "two");
    add_correlation(&text, "last", "two", 9);
    struct rule_set *set = load_buffer(&text);
    static const char *const titles[] = {"first", "good", "second", "last"};
    assert_int_equal(set->problems_count, 3);
    assert_int_equal(set->documents_count, 7);
    assert_int_equal(set->rules_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(str_equal(set->rules[i].title, str_of(titles[i])));
    }
    assert_int_equal(set->rules[1].correlation.references[0].rule, 2);
    assert_int_equal(set->rules[1].correlation.references[1].rule, 0);
    assert_int_equal(set->rules[3].correlation.references[0].rule, 2);
    assert_int_equal(set->rules[3].correlation.threshold.min, 9);
    assert_true(set->rules[0].silent);
    assert_true(set->rules[2].silent);
    /* Each detection still has its own condition. */
    const struct condition *condition = set->rules[2].condition;
    assert_true(str_equal(set->predicates[condition->predicate].text, STR("second")));
    rule_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(event_count_and_value_count_are_read),
        cmocka_unit_test(other_types_are_refused),
        cmocka_unit_test(temporal_needs_all_rules_unless_it_says_otherwise),
        cmocka_unit_test(section_7_line_31_timespans_have_a_unit_and_are_above_0),
        cmocka_unit_test(bounds_and_ranges_are_read),
        cmocka_unit_test(wrong_bounds_are_refused),
        cmocka_unit_test(references_by_id_and_name_reach_over_documents),
        cmocka_unit_test(references_to_nothing_are_refused_where_they_stand),
        cmocka_unit_test(aliases_name_a_field_per_rule),
        cmocka_unit_test(counted_rules_are_silent_unless_one_correlation_generates),
        cmocka_unit_test(a_broken_correlation_leaves_and_the_indexes_of_the_others_follow),
    };
    return cmocka_run_group_tests_name("rule_correlation", tests, NULL, NULL);
}
