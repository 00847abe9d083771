/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rule_nested.c - correlations of correlations as rules: order, depth, circles, silence, and
 * the fields that a correlation remembers for those that count it.
 */
#include "analyze/rule/rule.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void add_detection(struct buffer *text, const char *name)
{
    buffer_printf(text,
                  "---\ntitle: %s\nname: %s\nlogsource: {product: aws}\n"
                  "detection: {s: {f: x}, condition: s}\n",
                  name, name);
}

static void add_correlation(struct buffer *text, const char *name, const char *rules,
                            const char *lines)
{
    buffer_printf(text,
                  "---\ntitle: %s\nname: %s\ncorrelation:\n  type: event_count\n  rules: %s\n"
                  "  timespan: 5m\n  condition: {gte: 2}\n%s",
                  name, name, rules, lines);
}

static struct rule_set *load(struct buffer *text)
{
    struct rule_set *set = NULL;
    struct err err = {0};
    assert_int_equal(rule_set_load_text("t.yml", buffer_str(text), &set, &err), 0);
    buffer_release(text);
    return set;
}

static const struct rule *find(const struct rule_set *set, const char *name)
{
    uint32_t index = rule_set_find(set, str_of(name));
    assert_int_not_equal(index, UINT32_MAX);
    return &set->rules[index];
}

static void section_7_line_29_chains_of_any_order_are_loaded(void **state)
{
    (void)state;
    struct buffer text = {0};
    char name[16];
    char below[16];
    /* The outermost stands first, and the detection rule last. */
    for (unsigned depth = 20; depth > 0; depth--) {
        snprintf(name, sizeof name, "c%u", depth);
        snprintf(below, sizeof below, "c%u", depth - 1);
        add_correlation(&text, name, below, "");
    }
    add_detection(&text, "c0");
    struct rule_set *set = load(&text);
    assert_int_equal(set->problems_count, 0);
    assert_int_equal(set->rules_count, 21);
    for (uint32_t i = 0; i < 20; i++) {
        assert_int_equal(set->rules[i].correlation.depth, 20 - i);
        assert_int_equal(set->rules[i].correlation.references[0].rule, i + 1);
        assert_int_equal(set->rules[i].silent, i > 0);
    }
    rule_set_free(set);
}

static void section_7_line_29_circles_are_refused_with_what_leads_into_them(void **state)
{
    (void)state;
    struct buffer text = {0};
    add_correlation(&text, "ring1", "[one, ring2]", "");
    add_correlation(&text, "ring2", "ring3", "");
    add_correlation(&text, "ring3", "ring1", "");
    add_correlation(&text, "self", "self", "");
    add_correlation(&text, "above", "ring3", "");
    add_correlation(&text, "good", "one", "");
    add_correlation(&text, "lost", "nobody", "");
    add_correlation(&text, "bereft", "[good, lost]", "");
    add_correlation(&text, "orphan", "bereft", "");
    add_detection(&text, "one");
    struct rule_set *set = load(&text);
    assert_int_equal(set->rules_count, 2);
    assert_int_equal(set->problems_count, 8);
    for (uint32_t i = 0; i < set->problems_count; i++) {
        const struct rule_problem *problem = &set->problems[i];
        bool lost = str_equal(problem->rule, STR("lost"));
        bool bereft =
            str_equal(problem->rule, STR("bereft")) || str_equal(problem->rule, STR("orphan"));
        const char *reason = lost     ? "no rule that was loaded has the id or name 'nobody'"
                             : bereft ? "is a correlation that has an error itself"
                                      : "leads into a circle";
        assert_int_equal(problem->kind, RULE_ERROR);
        assert_true(problem->line > 0);
        assert_true(str_find(problem->reason, str_of(reason)) != STR_NOT_FOUND);
    }
    assert_false(find(set, "good")->silent);
    assert_true(find(set, "one")->silent);
    rule_set_free(set);
}

static void too_many_levels_are_refused(void **state)
{
    (void)state;
    struct buffer text = {0};
    char name[16];
    char below[16];
    add_detection(&text, "c0");
    for (unsigned depth = 1; depth <= 65; depth++) {
        snprintf(name, sizeof name, "c%u", depth);
        snprintf(below, sizeof below, "c%u", depth - 1);
        add_correlation(&text, name, below, "");
    }
    struct rule_set *set = load(&text);
    assert_int_equal(set->rules_count, 65);
    assert_int_equal(set->problems_count, 1);
    assert_true(str_equal(set->problems[0].rule, STR("c65")));
    rule_set_free(set);
}

static void section_7_line_30_a_counted_correlation_is_silent_unless_it_is_to_generate(void **state)
{
    (void)state;
    struct buffer text = {0};
    add_detection(&text, "one");
    add_correlation(&text, "quiet", "one", "");
    add_correlation(&text, "nested", "one", "");
    add_correlation(&text, "top", "one", "");
    add_correlation(&text, "a", "quiet", "");
    add_correlation(&text, "b", "nested", "  generate: true\n");
    add_correlation(&text, "c", "top", "generate: true\n");
    struct rule_set *set = load(&text);
    assert_int_equal(set->problems_count, 0);
    assert_true(find(set, "one")->silent);
    assert_true(find(set, "quiet")->silent);
    assert_false(find(set, "nested")->silent);
    assert_false(find(set, "top")->silent);
    assert_false(find(set, "a")->silent);
    rule_set_free(set);
}

static void section_7_line_33_what_those_above_look_at_is_carried(void **state)
{
    (void)state;
    struct buffer text = {0};
    add_detection(&text, "one");
    add_detection(&text, "two");
    add_correlation(&text, "inner", "[one, two]",
                    "  group-by: user\n  aliases: {address: {one: src, two: client.ip}}\n");
    add_correlation(&text, "middle", "inner", "  group-by: [user, region]\n");
    add_correlation(&text, "outer", "[middle, two]",
                    "  group-by: who\n  aliases: {who: {middle: address, two: client.ip}}\n");
    struct rule_set *set = load(&text);
    assert_int_equal(set->problems_count, 0);
    const struct correlation *inner = &find(set, "inner")->correlation;
    const struct correlation *middle = &find(set, "middle")->correlation;
    const struct correlation *outer = &find(set, "outer")->correlation;
    assert_int_equal(outer->carried.count, 0);
    assert_int_equal(middle->carried.count, 1);
    assert_true(str_equal(middle->carried.items[0], STR("address")));
    assert_int_equal(inner->carried.count, 2); /* not user, by which it groups */
    assert_true(str_equal(inner->carried.items[0], STR("region")));
    assert_true(str_equal(inner->carried.items[1], STR("address")));
    /* In the events of its rules what it carries has their names. */
    assert_true(str_equal(inner->references[0].carried[0], STR("region")));
    assert_true(str_equal(inner->references[0].carried[1], STR("src")));
    assert_true(str_equal(inner->references[1].carried[1], STR("client.ip")));
    rule_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(section_7_line_29_chains_of_any_order_are_loaded),
        cmocka_unit_test(section_7_line_29_circles_are_refused_with_what_leads_into_them),
        cmocka_unit_test(too_many_levels_are_refused),
        cmocka_unit_test(
            section_7_line_30_a_counted_correlation_is_silent_unless_it_is_to_generate),
        cmocka_unit_test(section_7_line_33_what_those_above_look_at_is_carried),
    };
    return cmocka_run_group_tests_name("rule nested", tests, NULL, NULL);
}
