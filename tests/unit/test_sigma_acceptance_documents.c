/* SPDX-License-Identifier: Apache-2.0
 *
 * test_sigma_acceptance_documents.c - lines 1 to 3, 26, 27, 29 and 30 of the acceptance list of the
 * Sigma language: what loads, what is refused, and what documents say of each other.
 *
 * TOCSIN_SIGMAHQ names a checkout of SigmaHQ's rules; without it the rules of this repository
 * stand for them.
 */
#include "tests/sigma_rows.h"

#include <stdio.h>
#include <stdlib.h>

static struct rule_set *load_paths(const char *const *paths, uint32_t count)
{
    struct rule_set *set = NULL;
    struct err err = {0};
    if (rule_set_load(paths, count, &set, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return set;
}

static uint32_t problems_of(const struct rule_set *set, enum rule_problem_kind kind)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < set->problems_count; i++) {
        count += set->problems[i].kind == kind ? 1 : 0;
    }
    return count;
}

static void section_7_line_01_published_rules_load(void **state)
{
    (void)state;
    static const char *const folders[] = {"rules", "rules-compliance", "rules-emerging-threats",
                                          "rules-placeholder", "rules-threat-hunting"};
    char texts[5][1024];
    const char *paths[5] = {SOURCE_DIR "/rules"};
    const char *given = getenv("TOCSIN_SIGMAHQ");
    for (size_t i = 0; given != NULL && i < 5; i++) {
        snprintf(texts[i], sizeof texts[i], "%s/%s", given, folders[i]);
        paths[i] = texts[i];
    }
    struct rule_set *set = load_paths(paths, given != NULL ? 5 : 1);
    uint32_t waiting = problems_of(set, RULE_UNSUPPORTED);
    if (problems_of(set, RULE_ERROR) > 0) {
        fail_msg("%.*s: %.*s", STR_ARG(set->problems[0].path), STR_ARG(set->problems[0].reason));
    }
    assert_true(set->rules_count >= (given != NULL ? 3755 : 50));
    for (uint32_t i = 0; i < set->problems_count; i++) {
        assert_true(str_find(set->problems[i].reason, STR("placeholder %")) != STR_NOT_FOUND);
    }
    assert_true(given != NULL || waiting == 0);
    rule_set_free(set);
}

static void section_7_line_02_obsolete_conditions_are_refused_with_their_place(void **state)
{
    (void)state;
    const char *given = getenv("TOCSIN_SIGMAHQ");
    static const struct sigma_refusal refused[] = {
        {"\n  s:\n    a: 1\n  condition: s | count() by b > 5", RULE_ERROR, "are obsolete"},
        {"\n  s:\n    a: 1\n  condition: s | count(c) by b > 5", RULE_ERROR, "are obsolete"},
        {"\n  s:\n    a: 1\n  condition: s|count() > 5", RULE_ERROR, "are obsolete"},
        {"\n  s:\n    a: 1\n  condition: s | near t", RULE_ERROR, "are obsolete"},
        {"\n  s:\n    a: 1\n  timeframe: 5m\n  condition: s", RULE_ERROR, "obsolete"},
        {"\n  s:\n    a: 1\n  condition: selection", RULE_ERROR, "'selection'"},
        {"title: t\nstatus: unsupported\nlogsource: {}\ndetection:\n  s:\n    a: 1\n"
         "  condition: s\n",
         RULE_UNSUPPORTED, "status: unsupported"},
    };
    SIGMA_REFUSED(refused);
    if (given != NULL) {
        char path[1024];
        snprintf(path, sizeof path, "%s/unsupported", given);
        struct rule_set *set = load_paths((const char *[]){path}, 1);
        assert_true(set->problems_count >= 58);
        for (uint32_t i = 0; i < set->problems_count; i++) {
            assert_true(set->problems[i].line > 0);
            assert_true(set->problems[i].reason.len > 0);
        }
        rule_set_free(set);
    }
}

#define DOCUMENT(title, more)                                                                      \
    "title: " title "\nlogsource: {}\ndetection:\n  s:\n    a: 1\n  condition: s\n" more

static void section_7_line_03_documents_of_every_form_load(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"title: t\naction: global\nlogsource: {}\ndetection:\n  condition: s\n"
         "---\ntitle: u\ndetection:\n  s:\n    a: 1\n",
         "{\"a\":1}", true},
        {"title: t\nlogsource: {}\ndetection:\n  s:\n    a: &x [1, 2]\n    b: *x\n"
         "  condition: s\n",
         "{\"a\":1,\"b\":2}", true},
        {"title: t\nregression_tests_path: x/y\nsimulation: [{a: b}]\nx-own: {c: d}\n"
         "logsource: {}\ndetection:\n  s:\n    a: 1\n  condition: s\n",
         "{\"a\":1}", true},
        {"title: t\nlogsource: {}\ndetection:\n  s:\n    a: 1\n  u:\n    b: 1\n"
         "  condition: [s, u]\n",
         "{\"b\":1}", true},
    };
    static const struct sigma_refusal refused[] = {
        {"f|containing: x", RULE_ERROR, "no modifier 'containing'"},
        {"\n  s:\n    a: 1\n  condition: s xor s", RULE_ERROR, "'xor' is not expected"},
        {"\n  s:\n    a: 1\n  condition: u", RULE_ERROR, "'u'"},
        {"\n  s: {}\n  condition: s", RULE_ERROR, "the selection is empty"},
        {"\n  s: []\n  condition: s", RULE_ERROR, "the selection is empty"},
        {"\n  s:\n    a: []\n  condition: s", RULE_ERROR, "list of values is empty"},
        {"\n  s:\n    a: 1", RULE_ERROR, "condition"},
    };
    SIGMA_CHECK(rows);
    SIGMA_REFUSED(refused);
}

static void section_7_line_03_a_wrong_rule_does_not_stop_the_others(void **state)
{
    (void)state;
    struct rule_set *set = NULL;
    struct err err = {0};
    /* clang-format off */
    static const char yaml[] =
        DOCUMENT("one", "id: aaaa\nname: first\n") "---\n"
        DOCUMENT("two", "id: aaaa\n") "---\n"
        DOCUMENT("three", "name: first\n") "---\n"
        DOCUMENT("four", "level: worst\n") "---\n"
        DOCUMENT("five", "");
    /* clang-format on */
    assert_int_equal(rule_set_load_text("t.yml", str_of(yaml), &set, &err), 0);
    assert_int_equal(set->problems_count, 3);
    assert_int_equal(problems_of(set, RULE_ERROR), 3);
    assert_int_equal(set->rules_count, 2);
    assert_true(str_equal(set->rules[0].title, STR("one")));
    assert_true(str_equal(set->rules[1].title, STR("five")));
    rule_set_free(set);
}

#define FILTERED(rules, condition)                                                                 \
    ("title: A\nid: aaaa\nname: rule_a\nlogsource: {}\ndetection:\n  s:\n    a: 1\n"               \
     "  condition: s\n---\n"                                                                       \
     "title: F\nlogsource: {}\nfilter:\n  rules: " rules "\n  s:\n    user: adm\n"                 \
     "  sel_2:\n    user: bot\n  condition: " condition "\n")

static void section_7_line_26_filters_are_joined_by_and(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {FILTERED("[aaaa]", "not s"), "{\"a\":1,\"user\":\"eve\"}", true},
        {FILTERED("[aaaa]", "not s"), "{\"a\":1,\"user\":\"adm\"}", false},
        {FILTERED("[rule_a]", "not s"), "{\"a\":1,\"user\":\"adm\"}", false},
        {FILTERED("any", "not s"), "{\"a\":1,\"user\":\"adm\"}", false},
        {FILTERED("[]", "not s"), "{\"a\":1,\"user\":\"adm\"}", false},
        {FILTERED("[aaaa]", "s"), "{\"a\":1,\"user\":\"adm\"}", true},
        {FILTERED("[aaaa]", "s"), "{\"a\":1,\"user\":\"eve\"}", false},
        {FILTERED("[aaaa]", "not 1 of sel_*"), "{\"a\":1,\"user\":\"bot\"}", false},
        {FILTERED("[aaaa]", "not 1 of sel_*"), "{\"a\":1,\"user\":\"adm\"}", true},
        {FILTERED("[aaaa]", "not 1 of them"), "{\"a\":1,\"user\":\"adm\"}", false},
        {FILTERED("[aaaa]", "not s and not sel_2"), "{\"a\":1,\"user\":\"bot\"}", false},
        {FILTERED("[aaaa]", "not s or sel_2"), "{\"a\":2,\"user\":\"bot\"}", false},
    };
    struct rule_set *set = NULL;
    struct err err = {0};
    SIGMA_CHECK(rows);
    assert_int_equal(rule_set_load_text("t.yml", str_of(FILTERED("[aaaa]", "s")), &set, &err), 0);
    assert_int_equal(problems_of(set, RULE_WARNING), 1);
    rule_set_free(set);
}

static void section_7_line_26_a_filter_of_another_log_source_changes_nothing(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"title: A\nid: aaaa\nlogsource: {}\ndetection:\n  s:\n    a: 1\n  condition: s\n---\n"
         "title: F\nlogsource:\n  product: aws\nfilter:\n  rules: [aaaa]\n  s:\n    user: adm\n"
         "  condition: not s\n",
         "{\"a\":1,\"user\":\"adm\"}", true},
    };
    SIGMA_CHECK(rows);
}

#define CORRELATED(more)                                                                           \
    DOCUMENT("A", "name: rule_a\n")                                                                \
    "---\ntitle: C\nname: counting\ncorrelation:\n  type: event_count\n  rules: [rule_a]\n"        \
    "  timespan: 5m\n  condition:\n    gte: 3\n" more

static void section_7_line_27_a_filter_of_a_missing_rule_warns(void **state)
{
    (void)state;
    struct rule_set *set = NULL;
    struct err err = {0};
    static const char yaml[] = CORRELATED(
        "---\ntitle: F\nlogsource: {}\nfilter:\n  rules: [rule_a, nobody]\n  f:\n    user: adm\n"
        "  condition: not f\n");
    assert_int_equal(rule_set_load_text("t.yml", str_of(yaml), &set, &err), 0);
    assert_int_equal(set->rules_count, 2);
    assert_int_equal(problems_of(set, RULE_WARNING), 1);
    assert_true(str_find(set->problems[0].reason, STR("nobody")) != STR_NOT_FOUND);
    assert_int_equal(set->rules[0].condition->kind, CONDITION_AND);
    rule_set_free(set);
}

static void section_7_line_29_references_that_lead_nowhere_are_refused(void **state)
{
    (void)state;
    struct rule_set *set = NULL;
    struct err err = {0};
    static const char yaml[] =
        CORRELATED("---\ntitle: D\ncorrelation:\n  type: event_count\n  rules: [nobody]\n"
                   "  timespan: 5m\n  condition:\n    gte: 3\n---\n"
                   "title: E\nname: circle\ncorrelation:\n  type: event_count\n  rules: [circle]\n"
                   "  timespan: 5m\n  condition:\n    gte: 3\n");
    assert_int_equal(rule_set_load_text("t.yml", str_of(yaml), &set, &err), 0);
    assert_int_equal(set->rules_count, 2);
    assert_int_equal(set->problems_count, 2);
    assert_true(str_find(set->problems[0].reason, STR("nobody")) != STR_NOT_FOUND);
    rule_set_free(set);
}

static void section_7_line_30_counted_rules_are_silent_unless_they_are_to_alert(void **state)
{
    (void)state;
    static const char *const texts[] = {CORRELATED(""), CORRELATED("  generate: true\n"),
                                        CORRELATED("generate: true\n"),
                                        CORRELATED("generate: false\n")};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct rule_set *set = NULL;
        struct err err = {0};
        assert_int_equal(rule_set_load_text("t.yml", str_of(texts[i]), &set, &err), 0);
        assert_int_equal(set->rules_count, 2);
        assert_int_equal(set->rules[0].silent, i == 0 || i == 3);
        assert_false(set->rules[1].silent);
        rule_set_free(set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(section_7_line_01_published_rules_load),
        cmocka_unit_test(section_7_line_02_obsolete_conditions_are_refused_with_their_place),
        cmocka_unit_test(section_7_line_03_documents_of_every_form_load),
        cmocka_unit_test(section_7_line_03_a_wrong_rule_does_not_stop_the_others),
        cmocka_unit_test(section_7_line_26_filters_are_joined_by_and),
        cmocka_unit_test(section_7_line_26_a_filter_of_another_log_source_changes_nothing),
        cmocka_unit_test(section_7_line_27_a_filter_of_a_missing_rule_warns),
        cmocka_unit_test(section_7_line_29_references_that_lead_nowhere_are_refused),
        cmocka_unit_test(section_7_line_30_counted_rules_are_silent_unless_they_are_to_alert),
    };
    return cmocka_run_group_tests_name("sigma acceptance: documents", tests, NULL, NULL);
}
