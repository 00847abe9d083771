/* SPDX-License-Identifier: Apache-2.0
 *
 * test_expect.c - does a case bring the matches that it expects, and if not, why?
 */
#include "cli/workbench/clause.h"
#include "cli/workbench/near_miss.h"
#include "cli/workbench/test_run.h"

#include <inttypes.h>

enum { EXPLAINED_RULES = 3 };

static void add_title(const struct rule *rule, struct buffer *out)
{
    buffer_add_printable(out, rule->title);
    buffer_add_text(out, ": ");
}

/* Why a detection rule matched none of the case's events: by the first of them that can be asked.
 */
static void add_reason(struct trial *trial, const struct test_result *result, uint32_t rule,
                       struct buffer *out)
{
    enum record_fault fault = RECORD_FAULT_NONE;
    uint32_t count = result->tested->steps_count;
    for (uint32_t i = 0; i < count; i++) {
        struct trial_input input = test_run_input(result, i);
        if (trial_hold(trial, &input, &fault)) {
            if (count > 1) {
                buffer_printf(out, "event %" PRIu32 " of %" PRIu32 ": ", i + 1, count);
            }
            clause_add_failure(trial, rule, out);
            return;
        }
    }
    buffer_add_text(out, "it matched no event");
}

static void explain_correlation(struct trial *trial, const struct test_result *result,
                                const struct rule *rule, struct buffer *out)
{
    const struct correlation *correlation = &rule->correlation;
    add_title(rule, out);
    buffer_add_text(out, "its windows did not reach the condition\n");
    for (uint32_t i = 0; i < correlation->references_count; i++) {
        uint32_t index = correlation->references[i].rule;
        const struct rule *counted = &trial_rules(trial)->rules[index];
        buffer_add_text(out, "  ");
        add_title(counted, out);
        uint64_t hits = trial_hits(trial, index);
        if (hits > 0 || counted->condition == NULL) {
            buffer_printf(out, "matched %" PRIu64 " times", hits);
        } else {
            add_reason(trial, result, index, out);
        }
        buffer_add_byte(out, '\n');
    }
    struct near_misses misses = {.rule_id = rule->id, .arena = arena_new(0)};
    trial_visit_windows(trial, near_misses_visit, &misses);
    near_misses_add_nearest(&misses, rule, out);
    near_misses_release(&misses);
}

static void explain_silence(struct trial *trial, const struct test_result *result, uint32_t index,
                            struct buffer *out)
{
    const struct rule *rule = &trial_rules(trial)->rules[index];
    if (rule->condition == NULL) {
        explain_correlation(trial, result, rule, out);
        return;
    }
    add_title(rule, out);
    add_reason(trial, result, index, out);
    buffer_add_byte(out, '\n');
}

static void expect_any(struct trial *trial, const struct test_subject *subject,
                       const struct test_result *result, struct buffer *out)
{
    for (uint32_t i = 0; i < subject->count; i++) {
        if (trial_hits(trial, subject->rules[i]) > 0) {
            return;
        }
    }
    buffer_add_text(out, "expected a match\n");
    for (uint32_t i = 0; i < subject->count && i < EXPLAINED_RULES; i++) {
        explain_silence(trial, result, subject->rules[i], out);
    }
}

static bool is_listed(const struct test_case *tested, const struct rule *rule)
{
    for (uint32_t i = 0; i < tested->listed.count; i++) {
        if (test_run_is_called(rule, tested->listed.items[i])) {
            return true;
        }
    }
    return false;
}

/* Of the rules under test, only the listed ones may match. */
static void expect_no_other(struct trial *trial, const struct test_subject *subject,
                            const struct test_result *result, struct buffer *out)
{
    for (uint32_t i = 0; i < subject->count; i++) {
        const struct rule *rule = &trial_rules(trial)->rules[subject->rules[i]];
        uint64_t hits = trial_hits(trial, subject->rules[i]);
        if (hits == 0 || is_listed(result->tested, rule)) {
            continue;
        }
        buffer_add_text(out, "expected no match of ");
        add_title(rule, out);
        buffer_printf(out,
                      rule->condition != NULL ? "it matched %" PRIu64 " of %" PRIu64 " events\n"
                                              : "%" PRIu64 " alerts of %" PRIu64 " events\n",
                      hits, trial_events(trial));
    }
}

static void expect_listed(struct trial *trial, const struct test_result *result, struct buffer *out)
{
    const struct rule_set *rules = trial_rules(trial);
    for (uint32_t i = 0; i < result->tested->listed.count; i++) {
        struct str name = result->tested->listed.items[i];
        uint32_t index = 0;
        while (index < rules->rules_count && !test_run_is_called(&rules->rules[index], name)) {
            index++;
        }
        if (index < rules->rules_count && trial_hits(trial, index) > 0) {
            continue;
        }
        if (index < rules->rules_count) {
            buffer_add_text(out, "expected a match\n");
            explain_silence(trial, result, index, out);
        } else {
            buffer_add_text(out, "expected a match of '");
            buffer_add_printable(out, name);
            buffer_add_text(out, "', but no rule has that id, name or title\n");
        }
    }
}

void test_expect_match(struct trial *trial, const struct test_subject *subject,
                       const struct test_result *result, struct buffer *out)
{
    if (result->tested->match == TEST_FIRES) {
        expect_any(trial, subject, result, out);
        return;
    }
    expect_no_other(trial, subject, result, out);
    expect_listed(trial, result, out);
}
