/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rule_filter.c - what documents say of others: Sigma filters, what the documents of one file
 * share by `action: global|reset|repeat`, placeholders.
 */
#include "analyze/rule/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define RULE_A                                                                                     \
    "title: A\nid: 00000000-0000-4000-8000-00000000000a\nname: rule_a\n"                           \
    "logsource:\n  product: linux\n  service: sshd\n"                                              \
    "detection:\n  selection:\n    f: x\n  condition: selection\n---\n"
#define RULE_B                                                                                     \
    "title: B\nid: 00000000-0000-4000-8000-00000000000b\n"                                         \
    "logsource:\n  product: aws\n"                                                                 \
    "detection:\n  selection:\n    f: x\n  condition: selection\n---\n"
#define FILTER(rules)                                                                              \
    "title: F\nlogsource:\n  product: linux\n"                                                     \
    "filter:\n" rules "  selection_host:\n    host: test\n  selection_user:\n    user: admin\n"    \
    "  condition: not 1 of selection_*\n"

static struct rule_set *load(const char *yaml)
{
    struct rule_set *set = NULL;
    struct err err = {0};
    assert_int_equal(rule_set_load_text("t.yml", str_of(yaml), &set, &err), 0);
    return set;
}

/* (f: x) and not (host: test or user: admin) */
static bool is_filtered(const struct rule *rule)
{
    const struct condition *condition = rule->condition;
    return condition->kind == CONDITION_AND && condition->children_count == 2 &&
           condition->children[0]->kind == CONDITION_PREDICATE &&
           condition->children[1]->kind == CONDITION_NOT &&
           condition->children[1]->children[0]->kind == CONDITION_OR;
}

static void assert_problem(const struct rule_set *set, uint32_t count, uint32_t line,
                           const char *reason)
{
    assert_int_equal(set->problems_count, count);
    if (count > 0) {
        assert_int_equal(set->problems[0].line, line);
        if (str_find(set->problems[0].reason, str_of(reason)) == STR_NOT_FOUND) {
            fail_msg("%.*s", STR_ARG(set->problems[0].reason));
        }
    }
}

static void a_filter_is_added_to_the_rules_of_its_logsource_that_it_names(void **state)
{
    (void)state;
    static const char *const named[] = {
        RULE_A RULE_B FILTER("  rules:\n    - 00000000-0000-4000-8000-00000000000a\n"),
        RULE_A RULE_B FILTER("  rules: [rule_a]\n"),
        RULE_A RULE_B FILTER("  rules: any\n"),
        RULE_A RULE_B FILTER("  rules: []\n"),
        RULE_A RULE_B FILTER(""),
    };
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        struct rule_set *set = load(named[i]);
        struct rule_set *bare = load(RULE_A RULE_B);
        assert_problem(set, 0, 0, "");
        assert_int_equal(set->rules_count, 2);
        assert_int_equal(set->filters_count, 1);
        assert_true(is_filtered(&set->rules[0]));
        assert_int_equal(set->rules[1].condition->kind, CONDITION_PREDICATE);
        /* The filtered rule is another one: what it counted before is not gone on with. */
        assert_true(set->rules[0].digest != bare->rules[0].digest);
        assert_true(set->rules[1].digest == bare->rules[1].digest);
        rule_set_free(bare);
        rule_set_free(set);
    }
}

static void a_filter_before_its_rule_has_the_same_effect(void **state)
{
    (void)state;
    struct rule_set *set = load(FILTER("  rules: [rule_a]\n") "---\n" RULE_A);
    assert_problem(set, 0, 0, "");
    assert_true(is_filtered(&set->rules[0]));
    rule_set_free(set);
}

static void a_filter_without_effect_is_a_warning_at_the_name(void **state)
{
    (void)state;
    struct rule_set *set = load(FILTER("  rules: [rule_z]\n"));
    assert_problem(set, 1, 5, "no loaded rule has the id or name 'rule_z'");
    assert_int_equal(set->problems[0].kind, RULE_WARNING);
    assert_true(str_equal(set->problems[0].rule, STR("F")));
    rule_set_free(set);
    set = load(RULE_B FILTER("  rules: [00000000-0000-4000-8000-00000000000b]\n"));
    assert_problem(set, 1, 14, "has not all that the filter's says");
    assert_int_equal(set->rules[0].condition->kind, CONDITION_PREDICATE);
    rule_set_free(set);
}

static void a_filter_that_only_keeps_is_a_warning(void **state)
{
    (void)state;
    struct rule_set *set =
        load(RULE_A "title: F\nlogsource:\n  product: linux\nfilter:\n  rules: any\n"
                    "  selection:\n    host: test\n  condition: selection\n");
    assert_problem(set, 1, 19, "write `condition: not ...`");
    assert_int_equal(set->problems[0].kind, RULE_WARNING);
    assert_int_equal(set->rules[0].condition->kind, CONDITION_AND);
    rule_set_free(set);
}

static void wrong_filters_are_errors(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        uint32_t line;
        const char *reason;
    } cases[] = {
        {"title: F\nlogsource:\n  product: linux\nfilter:\n  selection:\n    a: b\n", 5,
         "filter must be a map with rules, selections and a condition"},
        {"title: F\nfilter:\n  selection:\n    a: b\n  condition: not selection\n", 1,
         "the filter has no logsource"},
        {"title: F\nlogsource:\n  product: linux\nfilter:\n  rules: any\n"
         "  selection:\n    a: b\n  condition: not other\n",
         8, "'other'"},
        {"title: F\nlogsource:\n  product: linux\nfilter:\n  rules: {a: b}\n"
         "  selection:\n    a: b\n  condition: not selection\n",
         5, "rules must be a list"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rule_set *set = load(cases[i].yaml);
        assert_problem(set, 1, cases[i].line, cases[i].reason);
        assert_int_equal(set->problems[0].kind, RULE_ERROR);
        assert_int_equal(set->filters_count, 0);
        rule_set_free(set);
    }
}

static void rules_inside_correlations_are_filtered(void **state)
{
    (void)state;
    struct rule_set *set =
        load(RULE_A "title: C\ncorrelation:\n  type: event_count\n  rules: [rule_a]\n"
                    "  timespan: 5m\n  condition:\n    gte: 3\n---\n" FILTER("  rules: any\n"));
    assert_problem(set, 0, 0, "");
    assert_int_equal(set->rules_count, 2);
    assert_true(is_filtered(&set->rules[0]));
    rule_set_free(set);
}

static void global_parts_hold_until_reset(void **state)
{
    (void)state;
    struct rule_set *set = load("action: global\ntitle: shared\nlogsource:\n  product: linux\n"
                                "detection:\n  condition: s\nlevel: high\n"
                                "---\ndetection:\n  s:\n    f: 1\n"
                                "---\ntitle: own\nlevel: low\nlogsource:\n  service: sshd\n"
                                "detection:\n  s:\n    f: 2\n"
                                "---\naction: reset\ntitle: apart\nlogsource:\n  product: aws\n"
                                "detection:\n  t:\n    f: 3\n  condition: t\n");
    assert_problem(set, 0, 0, "");
    assert_int_equal(set->rules_count, 3);
    assert_true(str_equal(set->rules[0].title, STR("shared")));
    assert_int_equal(set->rules[0].level, RULE_HIGH);
    assert_true(str_equal(set->rules[1].title, STR("own")));
    assert_int_equal(set->rules[1].level, RULE_LOW);
    assert_true(str_equal(set->rules[1].logsource.product, STR("linux")));
    assert_true(str_equal(set->rules[1].logsource.service, STR("sshd")));
    assert_int_equal(set->rules[2].level, RULE_MEDIUM);
    assert_true(str_equal(set->rules[2].logsource.product, STR("aws")));
    rule_set_free(set);
}

static void repeat_takes_what_the_rule_before_had(void **state)
{
    (void)state;
    struct rule_set *set = load("title: one\nlogsource:\n  product: linux\n"
                                "detection:\n  s:\n    f: 1\n  condition: s\nlevel: high\n"
                                "---\naction: repeat\ntitle: two\ndetection:\n  s:\n    f: 2\n");
    assert_problem(set, 0, 0, "");
    assert_int_equal(set->rules_count, 2);
    assert_int_equal(set->rules[1].level, RULE_HIGH);
    assert_true(str_equal(set->predicates[set->rules[1].condition->predicate].text, STR("2")));
    rule_set_free(set);
    set = load("action: repeat\ntitle: two\n");
    assert_problem(set, 1, 1, "there is no rule before");
    rule_set_free(set);
    set = load("action: begin\ntitle: two\n");
    assert_problem(set, 1, 1, "action must be global, reset or repeat");
    rule_set_free(set);
}

#define EXPANDED(item)                                                                             \
    "title: E\nlogsource:\n  product: linux\ndetection:\n  s:\n    " item "\n  condition: s\n"
#define PLACEHOLDERS "---\nplaceholders:\n  admins: [root, 'adm*']\n  net: 10.0.0.0/8\n  none: []\n"

static void placeholders_stand_for_their_values_wherever_they_are_given(void **state)
{
    (void)state;
    struct rule_set *set = load(EXPANDED("f|expand: 'x-%admins%'") PLACEHOLDERS);
    assert_problem(set, 0, 0, "");
    assert_int_equal(set->rules[0].condition->kind, CONDITION_OR);
    assert_int_equal(set->predicates_count, 2);
    assert_int_equal(set->predicates[0].kind, PREDICATE_EQUALS);
    assert_true(str_equal(set->predicates[0].text, STR("x-root")));
    assert_int_equal(set->predicates[1].kind, PREDICATE_PREFIX);
    assert_true(str_equal(set->predicates[1].text, STR("x-adm")));
    rule_set_free(set);
    set = load(EXPANDED("f|expand|cidr: '%net%'") PLACEHOLDERS);
    assert_problem(set, 0, 0, "");
    assert_int_equal(set->predicates[0].kind, PREDICATE_CIDR);
    rule_set_free(set);
    set = load(EXPANDED("f|re|expand: '^(%admins%|x)%admins%\\%$'") PLACEHOLDERS);
    assert_problem(set, 0, 0, "");
    assert_int_equal(set->predicates_count, 4);
    assert_true(str_equal(set->predicates[1].text, STR("^(root|x)adm*%$")));
    rule_set_free(set);
    /* Without the modifier, and as an escape, a percent sign is one. */
    set = load(EXPANDED("f: '%admins%'") PLACEHOLDERS);
    assert_true(str_equal(set->predicates[0].text, STR("%admins%")));
    rule_set_free(set);
    set = load(EXPANDED("f|expand: '\\%admins\\% 5%'"));
    assert_true(str_equal(set->predicates[0].text, STR("%admins% 5%")));
    rule_set_free(set);
}

static void a_placeholder_without_values_leaves_the_rule_out(void **state)
{
    (void)state;
    struct rule_set *set = load(EXPANDED("f|expand: '%servers%'") PLACEHOLDERS);
    assert_problem(set, 1, 6, "nothing is known of the placeholder %servers%");
    assert_int_equal(set->problems[0].kind, RULE_UNSUPPORTED);
    assert_int_equal(set->rules_count, 0);
    rule_set_free(set);
    set = load(EXPANDED("f|expand: '%none%'") PLACEHOLDERS);
    assert_problem(set, 1, 6, "nothing is known of the placeholder %none%");
    rule_set_free(set);
    set = load("placeholders: [a]\n");
    assert_problem(set, 1, 1, "placeholders must be a map");
    rule_set_free(set);
    set = load("placeholders:\n  a: [{b: c}]\n");
    assert_problem(set, 1, 2, "a text or a list of texts");
    rule_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filter_is_added_to_the_rules_of_its_logsource_that_it_names),
        cmocka_unit_test(a_filter_before_its_rule_has_the_same_effect),
        cmocka_unit_test(a_filter_without_effect_is_a_warning_at_the_name),
        cmocka_unit_test(a_filter_that_only_keeps_is_a_warning),
        cmocka_unit_test(wrong_filters_are_errors),
        cmocka_unit_test(rules_inside_correlations_are_filtered),
        cmocka_unit_test(global_parts_hold_until_reset),
        cmocka_unit_test(repeat_takes_what_the_rule_before_had),
        cmocka_unit_test(placeholders_stand_for_their_values_wherever_they_are_given),
        cmocka_unit_test(a_placeholder_without_values_leaves_the_rule_out),
    };
    return cmocka_run_group_tests_name("rule_filter", tests, NULL, NULL);
}
