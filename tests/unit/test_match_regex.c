/* SPDX-License-Identifier: Apache-2.0
 *
 * test_match_regex.c - what hostile values cost: patterns known for exploding, and values made to
 * explode them. Prices are asserted in counted units, never in time.
 */
#include "base/buffer.h"
#include "base/limits.h"
#include "tests/matching.h"

#include <string.h>

struct fixture {
    struct matching matching;
    struct matcher *matcher;
    struct buffer text;
};

/* A rule "regex" of one pattern on field f, and a rule "other" on the same field. */
static void fixture_open(struct fixture *fixture, const char *pattern)
{
    struct buffer yaml = {0};
    *fixture = (struct fixture){0};
    buffer_printf(&yaml,
                  "title: regex\nlogsource: {}\ndetection:\n  s:\n    f|re: '%s'\n  condition: s\n"
                  "---\ntitle: other\nlogsource: {}\ndetection:\n  s:\n    g: x\n    f: '*'\n"
                  "  condition: s\n",
                  pattern);
    matching_open(&fixture->matching, buffer_str(&yaml));
    fixture->matcher = fixture->matching.matcher;
    buffer_release(&yaml);
}

static void fixture_close(struct fixture *fixture)
{
    matching_close(&fixture->matching);
    buffer_release(&fixture->text);
}

/* The rules that match {"g": "x", "f": part repeated to len bytes, then end}: bits by index. */
static uint32_t ask(struct fixture *fixture, const char *part, size_t len, const char *end)
{
    buffer_clear(&fixture->text);
    buffer_add_text(&fixture->text, "{\"g\":\"x\",\"f\":\"");
    for (size_t done = 0; done + strlen(part) <= len; done += strlen(part)) {
        buffer_add_text(&fixture->text, part);
    }
    buffer_add_text(&fixture->text, end);
    buffer_add_text(&fixture->text, "\"}");
    return matching_ask(&fixture->matching, buffer_str(&fixture->text));
}

enum { REGEX = 1, OTHER = 2 };

struct attack {
    const char *pattern;
    const char *part;
    const char *end;
    bool explodes; /* more than a budget, at every length tried */
};

static const struct attack attacks[] = {
    {"(a+)+$", "a", "!", true},
    {"(a|aa)+$", "a", "!", true},
    {"(a|a)*$", "a", "!", true},
    {"(.*a){20}", "b", "aaaaaaaaaaaaaaaaaaa", true},
    {"^(([a-z])+.)+[A-Z]([a-z])+$", "a", "", true},
    {"^([a-zA-Z0-9])(([._-])?([a-zA-Z0-9]))*[@]$", "a", "", false},
    {"^(\\d+)*x?$", "1", "!", true},
    {"(x+x+)+[yz]", "x", "", true},
    {"a{0,90}a{0,90}[0-9]", "a", "", true},
    {"(?<=a)[a-z]+[0-9]", "a", "", true},
    {"a[a-z ]*a[a-z ]*[0-9]", "a", "", true},
    {"\\s+$", " ", "!", false},
    {"(a*)\\1+[0-9]", "a", "", true},
    {"(?:a(?:b|ab)*)*[0-9]", "ab", "", true},
};

static void no_value_costs_more_than_the_budget(void **state)
{
    (void)state;
    static const size_t lens[] = {10000, 30000, 65000, 100000};
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        struct fixture fixture;
        fixture_open(&fixture, attacks[i].pattern);
        for (size_t n = 0; n < sizeof lens / sizeof lens[0]; n++) {
            struct match_counters before = matcher_profile(fixture.matcher)->counters;
            uint32_t matched = ask(&fixture, attacks[i].part, lens[n], attacks[i].end);
            struct match_counters after = matcher_profile(fixture.matcher)->counters;
            uint64_t units = after.regex_units - before.regex_units;
            uint64_t undecided = after.regex_faults - before.regex_faults;
            undecided += after.regex_cuts - before.regex_cuts;
            /* The last step may go beyond by all that it read. */
            if (units > LIMIT_REGEX_UNITS + LIMIT_REGEX_SUBJECT_BYTES + 16) {
                fail_msg("%s, %zu bytes: %llu units", attacks[i].pattern, lens[n],
                         (unsigned long long)units);
            }
            if (matched != OTHER) {
                fail_msg("%s, %zu bytes: matched %u", attacks[i].pattern, lens[n], matched);
            }
            if (undecided != 1 && (attacks[i].explodes || lens[n] > LIMIT_REGEX_SUBJECT_BYTES)) {
                fail_msg("%s, %zu bytes: not undecided", attacks[i].pattern, lens[n]);
            }
        }
        fixture_close(&fixture);
    }
}

static void short_values_have_a_smaller_budget(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, "(a+)+$");
    assert_int_equal(ask(&fixture, "a", 99, "!"), OTHER);
    struct match_counters counters = matcher_profile(fixture.matcher)->counters;
    assert_int_equal(counters.regex_faults, 1);
    assert_in_range(counters.regex_units, LIMIT_REGEX_BASE_UNITS + 100 * 100,
                    LIMIT_REGEX_BASE_UNITS + 100 * 100 + 116);
    fixture_close(&fixture);
}

static void a_hostile_value_does_not_spoil_the_next_event(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, "(a+)+$");
    for (int i = 0; i < 50; i++) {
        assert_int_equal(ask(&fixture, "a", 20000, "!"), OTHER);
        assert_int_equal(ask(&fixture, "a", 20, ""), REGEX | OTHER);
        assert_int_equal(ask(&fixture, "b", 20, ""), OTHER);
    }
    assert_int_equal(matcher_profile(fixture.matcher)->counters.regex_faults, 50);
    fixture_close(&fixture);
}

static void ordinary_searches_in_long_values_are_decided(void **state)
{
    (void)state;
    static const char *const patterns[] = {"end[0-9]$",      "(?i)E[a-z]{2}\\d", "[^x]end",
                                           "(fin|end)7",     "^.*end",           "(?:a|b)+end7$",
                                           "\\bbend7\\b|nd7"};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct fixture fixture;
        fixture_open(&fixture, patterns[i]);
        uint32_t at_end = ask(&fixture, "b", 20000, "end7");
        uint32_t nowhere = ask(&fixture, "b", 20000, "en");
        struct match_counters counters = matcher_profile(fixture.matcher)->counters;
        if (at_end != (REGEX | OTHER) || nowhere != OTHER || counters.regex_faults > 0) {
            fail_msg("%s: %u, %u, %llu undecided", patterns[i], at_end, nowhere,
                     (unsigned long long)counters.regex_faults);
        }
        fixture_close(&fixture);
    }
}

static void squares_are_affordable_on_values_of_a_few_kilobytes(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, "[A-Za-z0-9+/]{40,}=");
    assert_int_equal(ask(&fixture, "A", 4000, ""), OTHER);
    assert_int_equal(ask(&fixture, "A", 4000, "="), REGEX | OTHER);
    assert_int_equal(matcher_profile(fixture.matcher)->counters.regex_faults, 0);
    fixture_close(&fixture);
}

static void what_lies_behind_the_limit_is_undecided_not_absent(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, "needle[0-9]");
    assert_int_equal(ask(&fixture, "b", LIMIT_REGEX_SUBJECT_BYTES - 7, "needle7"), REGEX | OTHER);
    assert_int_equal(matcher_profile(fixture.matcher)->counters.regex_cuts, 0);
    assert_int_equal(ask(&fixture, "b", LIMIT_REGEX_SUBJECT_BYTES - 6, "needle7"), OTHER);
    assert_int_equal(matcher_profile(fixture.matcher)->counters.regex_cuts, 1);
    fixture_close(&fixture);
}

static void a_rule_counts_what_it_could_not_decide(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, "(a+)+$");
    const struct rule_profile *rules = matcher_profile(fixture.matcher)->rules;
    ask(&fixture, "a", 20000, "!");
    ask(&fixture, "a", 20, "");
    ask(&fixture, "a", 20000, "!");
    assert_int_equal(rules[0].candidates, 3);
    assert_int_equal(rules[0].evaluations, 3);
    assert_int_equal(rules[0].matches, 1);
    assert_int_equal(rules[0].undecided, 2);
    assert_int_equal(rules[0].throttled, 0);
    assert_int_equal(rules[1].matches, 3);
    assert_int_equal(rules[1].undecided, 0);
    fixture_close(&fixture);
}

static void without_throttling_every_value_is_tried(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, "(a+)+$");
    for (int i = 0; i < LIMIT_REGEX_FAULTS * 3; i++) {
        ask(&fixture, "a", 99, "!");
    }
    assert_int_equal(ask(&fixture, "a", 99, ""), REGEX | OTHER);
    struct match_counters counters = matcher_profile(fixture.matcher)->counters;
    assert_int_equal(counters.regex_faults, LIMIT_REGEX_FAULTS * 3);
    assert_int_equal(counters.regex_throttled, 0);
    fixture_close(&fixture);
}

static void a_throttled_pattern_is_set_aside_and_comes_back(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, "(a+)+$");
    matcher_throttle(fixture.matcher, true);
    const struct match_profile *profile = matcher_profile(fixture.matcher);
    for (int i = 0; i < LIMIT_REGEX_FAULTS; i++) {
        assert_int_equal(ask(&fixture, "a", 99, ""), REGEX | OTHER);
        assert_int_equal(ask(&fixture, "a", 99, "!"), OTHER);
    }
    assert_int_equal(profile->counters.regex_faults, LIMIT_REGEX_FAULTS);
    assert_int_equal(profile->counters.regex_throttled, 0);
    /* Now it is not even tried, where it would match; the other rule is. */
    for (int i = 0; i < 100; i++) {
        assert_int_equal(ask(&fixture, "a", 99, ""), OTHER);
    }
    assert_int_equal(profile->counters.regex_throttled, 100);
    assert_int_equal(profile->rules[0].throttled, 100);
    assert_int_equal(profile->rules[0].undecided, LIMIT_REGEX_FAULTS + 100);
    /* The first fault was in event 2: so many events behind it one is forgiven. */
    while (profile->counters.events < LIMIT_REGEX_FAULT_EVENTS + 1) {
        assert_int_equal(ask(&fixture, "a", 9, ""), OTHER);
    }
    assert_int_equal(ask(&fixture, "a", 9, ""), REGEX | OTHER);
    assert_int_equal(ask(&fixture, "a", 99, "!"), OTHER);
    assert_int_equal(ask(&fixture, "a", 9, ""), OTHER);
    assert_int_equal(profile->counters.regex_faults, LIMIT_REGEX_FAULTS + 1);
    fixture_close(&fixture);
}

/* A pattern that only compiles without callouts would leave its long values without an answer. */
static void a_pattern_too_large_to_be_counted_is_refused_at_load(void **state)
{
    (void)state;
    struct err err = {0};
    struct rule_set *rules = NULL;
    struct buffer text = {0};
    buffer_add_text(&text, "title: t\nlogsource: {}\ndetection:\n  s:\n    f|re|i: '(?:");
    for (int i = 0; i < 1000; i++) {
        buffer_add_text(&text, "ab");
    }
    buffer_add_text(&text, "){10}'\n  condition: s\n");
    assert_int_equal(rule_set_load_text("t.yml", buffer_str(&text), &rules, &err), 0);
    assert_int_equal(rules->rules_count, 0);
    assert_int_equal(rules->problems_count, 1);
    assert_true(str_find(rules->problems[0].reason, STR("too large")) != STR_NOT_FOUND);
    rule_set_free(rules);
    buffer_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_value_costs_more_than_the_budget),
        cmocka_unit_test(short_values_have_a_smaller_budget),
        cmocka_unit_test(a_hostile_value_does_not_spoil_the_next_event),
        cmocka_unit_test(ordinary_searches_in_long_values_are_decided),
        cmocka_unit_test(squares_are_affordable_on_values_of_a_few_kilobytes),
        cmocka_unit_test(what_lies_behind_the_limit_is_undecided_not_absent),
        cmocka_unit_test(a_rule_counts_what_it_could_not_decide),
        cmocka_unit_test(without_throttling_every_value_is_tried),
        cmocka_unit_test(a_throttled_pattern_is_set_aside_and_comes_back),
        cmocka_unit_test(a_pattern_too_large_to_be_counted_is_refused_at_load),
    };
    return cmocka_run_group_tests_name("match_regex", tests, NULL, NULL);
}
