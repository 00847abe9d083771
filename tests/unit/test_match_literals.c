/* SPDX-License-Identifier: Apache-2.0
 *
 * test_match_literals.c - short literals lead to their rules, and a text that was written to be
 * compared with everything is not: counted, not timed.
 */
#include "analyze/match/match.h"
#include "analyze/plan/plan.h"
#include "base/buffer.h"
#include "ingest/decode/decoder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct fixture {
    struct rule_set *rules;
    struct field_table *fields;
    struct plan *plan;
    struct matcher *matcher;
    struct arena *arena;
    struct event event;
};

/* One rule for each item, all of one document. */
static void fixture_open(struct fixture *fixture, struct buffer *items)
{
    struct err err = {0};
    *fixture = (struct fixture){0};
    assert_int_equal(rule_set_load_text("t.yml", buffer_str(items), &fixture->rules, &err), 0);
    assert_int_equal(fixture->rules->problems_count, 0);
    fixture->fields = field_table_new();
    assert_int_equal(plan_intern_fields(fixture->rules, fixture->fields, &err), 0);
    assert_int_equal(plan_new(fixture->rules, fixture->fields, &fixture->plan, &err), 0);
    fixture->matcher = matcher_new(fixture->plan);
    fixture->arena = arena_new(0);
    event_init(&fixture->event, field_count(fixture->fields));
}

static void fixture_close(struct fixture *fixture)
{
    event_release(&fixture->event);
    arena_free(fixture->arena);
    matcher_free(fixture->matcher);
    plan_free(fixture->plan);
    field_table_free(fixture->fields);
    rule_set_free(fixture->rules);
}

static void add_rule(struct buffer *out, uint32_t number, const char *item)
{
    buffer_printf(out,
                  "%stitle: rule %u\nid: 00000000-0000-4000-8000-%012u\nlogsource: {}\n"
                  "detection:\n  s:\n    %s\n  condition: s\n",
                  number > 0 ? "---\n" : "", number, number, item);
}

/* How many rules match field f with that text; the naive matcher must say the same. */
static uint32_t ask(struct fixture *fixture, struct str text, const uint32_t **rules)
{
    const uint32_t *naive = NULL;
    arena_reset(fixture->arena);
    event_clear(&fixture->event);
    event_add_str(&fixture->event, field_find(fixture->fields, STR("f")), text);
    fixture->event.raw = text;
    fixture->event.logsource = logsource_index("json");
    uint32_t want = match_naive(fixture->matcher, &fixture->event, fixture->arena, &naive);
    uint32_t got = match_run(fixture->matcher, &fixture->event, fixture->arena, rules);
    assert_int_equal(got, want);
    return got;
}

static struct match_counters counters(const struct fixture *fixture)
{
    return matcher_profile(fixture->matcher)->counters;
}

/* Literals that differ at their ends only: every fourth gram of the rest is in all of them. */
static void open_alike(struct fixture *fixture, uint32_t count)
{
    struct buffer rules = {0};
    char item[64];
    for (uint32_t n = 0; n < count; n++) {
        snprintf(item, sizeof item, "f|contains: 'aaaaaaaaaaaaaaaa%u'", 100000 + n);
        add_rule(&rules, n, item);
    }
    fixture_open(fixture, &rules);
    buffer_release(&rules);
}

static void near_literals_do_not_make_it_compare_without_end(void **state)
{
    (void)state;
    enum { RULES = 500, LEN = 100000 };
    struct fixture fixture;
    open_alike(&fixture, RULES);
    struct buffer text = {0};
    while (text.len < LEN) {
        buffer_add_text(&text, "aaaaaaaaaaaaaaaa10000");
    }
    const uint32_t *rules = NULL;
    assert_int_equal(ask(&fixture, buffer_str(&text), &rules), 0);
    /* The bound of match_literals.c, and one chain of all literals. */
    assert_in_range(counters(&fixture).comparisons, 1, 64 + text.len / 8 + 4 * RULES);
    assert_int_equal(counters(&fixture).searched_again, 1);

    /* What stands behind all of it is found, though. */
    buffer_add_text(&text, "x AAAAAAAAAAAAAAAA100499");
    assert_int_equal(ask(&fixture, buffer_str(&text), &rules), 1);
    assert_int_equal(rules[0], 499);
    buffer_release(&text);
    fixture_close(&fixture);
}

/* The filter finds 98 and has used up its comparisons before it comes to 8. */
static void the_automaton_finds_what_ends_a_literal_found_before(void **state)
{
    (void)state;
    static const char *const all[] = {"f|contains: '99'",    "f|contains: '8'",
                                      "f|contains: '98'",    "f|endswith: '8 '",
                                      "f|startswith: '98 '", "f|startswith: '8 '"};
    struct fixture fixture;
    struct buffer items = {0};
    struct buffer text = {0};
    for (uint32_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        add_rule(&items, i, all[i]);
    }
    fixture_open(&fixture, &items);
    buffer_add_text(&text, "98 ");
    for (int i = 0; i < 300; i++) {
        buffer_add_byte(&text, '9');
    }
    buffer_add_text(&text, "8 ");
    const uint32_t *rules = NULL;
    assert_int_equal(ask(&fixture, buffer_str(&text), &rules), 5);
    assert_int_equal(counters(&fixture).searched_again, 1);
    buffer_release(&text);
    buffer_release(&items);
    fixture_close(&fixture);
}

static void what_is_found_is_compared_once(void **state)
{
    (void)state;
    struct fixture fixture;
    struct buffer rules = {0};
    struct buffer text = {0};
    add_rule(&rules, 0, "f|contains: 'powershell.exe'");
    fixture_open(&fixture, &rules);
    for (int n = 0; n < 1000; n++) {
        buffer_add_text(&text, "PowerShell.exe ");
    }
    const uint32_t *found = NULL;
    assert_int_equal(ask(&fixture, buffer_str(&text), &found), 1);
    assert_int_equal(counters(&fixture).candidates, 1);
    buffer_release(&text);
    buffer_release(&rules);
    fixture_close(&fixture);
}

static void ordinary_texts_are_searched_once(void **state)
{
    (void)state;
    struct fixture fixture;
    struct buffer items = {0};
    char item[64];
    for (uint32_t n = 0; n < 500; n++) {
        snprintf(item, sizeof item, "f|contains: 'Mozilla/%u.0 agent'", 1000 + n);
        add_rule(&items, n, item);
    }
    fixture_open(&fixture, &items);
    const uint32_t *rules = NULL;
    struct str text = STR("Mozilla/5.0 (X11; Linux x86_64) Mozilla/1007.0 Agent Mozilla/2007.0");
    assert_int_equal(ask(&fixture, text, &rules), 1);
    assert_int_equal(rules[0], 7);
    assert_int_equal(counters(&fixture).searched_again, 0);
    assert_in_range(counters(&fixture).comparisons, 1, 40);
    buffer_release(&items);
    fixture_close(&fixture);
}

static void short_literals_have_an_index(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        const char *text;
        bool matches;
    } rows[] = {
        {"f|contains: 'x'", "abcX", true},
        {"f|contains: 'x'", "abc", false},
        {"f|startswith: 'x'", "Xabc", true},
        {"f|startswith: 'x'", "aXbc", false},
        {"f|endswith: 'yz'", "abYZ", true},
        {"f|endswith: 'yz'", "yza", false},
        {"f|contains: 'ls '", "cd; LS -l", true},
        {"f|contains: 'ls '", "cd; ls", false},
        {"'su'", "a SUdden", true},
        {"'su'", "s u", false},
        {"'\xc3\xa9'", "caf\xc3\x89", true},
        {"'\xc3\xa9'", "caf\xc3\xa8", false},
        {"f|re: '[0-9]q'", "a1q", true},
        {"f|re: '[0-9]q'", "aq", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture fixture;
        struct buffer rules = {0};
        const uint32_t *found = NULL;
        if (rows[i].item[0] == '\'') {
            char item[64];
            snprintf(item, sizeof item, "- %s", rows[i].item);
            add_rule(&rules, 0, item);
        } else {
            add_rule(&rules, 0, rows[i].item);
        }
        fixture_open(&fixture, &rules);
        assert_int_equal(plan_explain(fixture.plan, 0), PLAN_LITERAL);
        if (ask(&fixture, str_of(rows[i].text), &found) != rows[i].matches) {
            fail_msg("%s in %s", rows[i].item, rows[i].text);
        }
        buffer_release(&rules);
        fixture_close(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_literals_do_not_make_it_compare_without_end),
        cmocka_unit_test(the_automaton_finds_what_ends_a_literal_found_before),
        cmocka_unit_test(what_is_found_is_compared_once),
        cmocka_unit_test(ordinary_texts_are_searched_once),
        cmocka_unit_test(short_literals_have_an_index),
    };
    return cmocka_run_group_tests_name("match_literals", tests, NULL, NULL);
}
