/* SPDX-License-Identifier: Apache-2.0
 *
 * sigma_rows.h - tables of rules, events and what becomes of them, for tests of the rule language.
 *
 * In:  rows.   Out: a failed test that shows the row. Both matchers are asked, the indexed one and
 *      the naive one.
 * Thread: one.   Owns: nothing.
 */
#ifndef TOCSIN_TESTS_SIGMA_ROWS_H
#define TOCSIN_TESTS_SIGMA_ROWS_H

#include "base/buffer.h"
#include "tests/matching.h"

/* A rule is one line of a selection, a whole detection (its text begins with a line end), or a
 * document or several (it begins with "title:"). */
struct sigma_row {
    const char *rule;
    const char *event; /* a JSON object */
    bool matches;
};

/* A rule that is left out, and a part of the reason. */
struct sigma_refusal {
    const char *rule;
    enum rule_problem_kind kind;
    const char *reason;
};

static inline void sigma_add_rule(struct buffer *yaml, const char *rule)
{
    static const char head[] = "title: t\nlogsource: {}\ndetection:";
    if (str_starts_with(str_of(rule), STR("title:"))) {
        buffer_add_text(yaml, rule);
    } else if (rule[0] == '\n') {
        buffer_printf(yaml, "%s%s\n", head, rule);
    } else {
        buffer_printf(yaml, "%s\n  s:\n    %s\n  condition: s\n", head, rule);
    }
}

/* Any rule of the row's matching is a match. */
static inline void sigma_check_row(const struct sigma_row *row)
{
    struct matching matching;
    struct buffer yaml = {0};
    sigma_add_rule(&yaml, row->rule);
    matching_open(&matching, buffer_str(&yaml));
    assert_true(matching.rules->rules_count > 0);
    bool naive = matching_ask_by(&matching, str_of(row->event), match_naive) != 0;
    bool fast = matching_ask(&matching, str_of(row->event)) != 0;
    matching_close(&matching);
    buffer_release(&yaml);
    if (naive != row->matches || fast != row->matches) {
        fail_msg("%s in %s: naive %d, fast %d, not %d", row->rule, row->event, naive, fast,
                 row->matches);
    }
}

static inline void sigma_check_refusal(const struct sigma_refusal *row)
{
    struct err err = {0};
    struct rule_set *set = NULL;
    struct buffer yaml = {0};
    sigma_add_rule(&yaml, row->rule);
    assert_int_equal(rule_set_load_text("t.yml", buffer_str(&yaml), &set, &err), 0);
    const struct rule_problem *problem = set->problems;
    if (set->rules_count != 0 || set->problems_count == 0 || problem->kind != row->kind ||
        problem->line == 0 || str_find(problem->reason, str_of(row->reason)) == STR_NOT_FOUND) {
        fail_msg("%s: %u rules, %u problems: %.*s", row->rule, set->rules_count,
                 set->problems_count,
                 STR_ARG(set->problems_count > 0 ? problem->reason : STR("none")));
    }
    rule_set_free(set);
    buffer_release(&yaml);
}

static inline void sigma_check_rows(const struct sigma_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sigma_check_row(&rows[i]);
    }
}

static inline void sigma_check_refusals(const struct sigma_refusal *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sigma_check_refusal(&rows[i]);
    }
}

#define SIGMA_CHECK(rows)   sigma_check_rows(rows, sizeof(rows) / sizeof((rows)[0]))
#define SIGMA_REFUSED(rows) sigma_check_refusals(rows, sizeof(rows) / sizeof((rows)[0]))

#endif
