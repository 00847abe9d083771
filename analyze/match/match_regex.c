/* SPDX-License-Identifier: Apache-2.0
 *
 * match_regex.c - regular expressions at a bounded price.
 *
 * PCRE2's match limit is one for each place where a match may begin, and in JIT code it counts
 * backtracking but not the reading of a repeat: neither bounds what a search costs. So a search has
 * two steps. The first is plain JIT code on short values, with a limit that is divided by the
 * value's length. What it does not decide, and long values, go through a second code of the same
 * pattern that calls back at each item, where every step is counted, and which ends at a budget.
 *
 * In:  a regex predicate, a text.   Out: yes or no; "undecided" counts as no and is noted.
 * Thread: one worker.   Owns: nothing.
 * Invariants: (1) without throttling an answer depends on pattern and text only.
 *             (2) no search costs more than match_regex_budget units and one step.
 *             (3) each rule whose evaluation relied on an undecided search counts that it did.
 * Tested: tests/unit/test_match_regex.c.
 */
#include "analyze/match/match_internal.h"
#include "base/ensure.h"
#include "base/limits.h"
#include "base/memory.h"

/* A step's price in units; a byte that a repeat reads costs one. In JIT code both take about half a
 * nanosecond a unit. */
#define STEP_UNITS 16U
/* Never reached before the budget, unless a pattern loops without an item. */
#define COUNTED_MATCH_LIMIT 100000000U

uint64_t match_regex_budget(size_t len)
{
    uint64_t budget = (uint64_t)len * len + LIMIT_REGEX_BASE_UNITS;
    return budget < LIMIT_REGEX_UNITS ? budget : LIMIT_REGEX_UNITS;
}

/* Called by PCRE2 before each item of the pattern. Going back is free: it was paid on the way. */
static int count_step(pcre2_callout_block *block, void *data)
{
    struct regex_search *search = data;
    uint64_t units = STEP_UNITS;
    if (block->current_position > search->position) {
        units += block->current_position - search->position;
    }
    search->position = block->current_position;
    search->units += units;
    return search->units > search->budget ? PCRE2_ERROR_CALLOUT : 0;
}

void match_regex_init(struct match_regexes *regexes, uint32_t predicates_count)
{
    size_t heap_bytes = (size_t)LIMIT_REGEX_HEAP_KIB * 1024;
    regexes->states = memory_new((size_t)predicates_count + 1, sizeof *regexes->states);
    regexes->states_count = predicates_count;
    regexes->data = pcre2_match_data_create(1, NULL);
    regexes->plain = pcre2_match_context_create(NULL);
    regexes->counted = pcre2_match_context_create(NULL);
    regexes->jit_stack = pcre2_jit_stack_create(heap_bytes / 32, heap_bytes, NULL);
    pcre2_set_heap_limit(regexes->plain, LIMIT_REGEX_HEAP_KIB);
    pcre2_set_heap_limit(regexes->counted, LIMIT_REGEX_HEAP_KIB);
    pcre2_set_match_limit(regexes->counted, COUNTED_MATCH_LIMIT);
    pcre2_jit_stack_assign(regexes->plain, NULL, regexes->jit_stack);
    pcre2_jit_stack_assign(regexes->counted, NULL, regexes->jit_stack);
    pcre2_set_callout(regexes->counted, count_step, &regexes->search);
}

void match_regex_release(struct match_regexes *regexes)
{
    for (uint32_t i = 0; i < regexes->states_count; i++) {
        pcre2_code_free(regexes->states[i].counted);
    }
    pcre2_jit_stack_free(regexes->jit_stack);
    pcre2_match_context_free(regexes->plain);
    pcre2_match_context_free(regexes->counted);
    pcre2_match_data_free(regexes->data);
    memory_free(regexes->states);
}

static int search_plain(struct match_regexes *regexes, const struct plan_predicate *predicate,
                        struct str text)
{
    uint32_t places = (uint32_t)text.len + 1;
    pcre2_set_match_limit(regexes->plain, LIMIT_REGEX_PLAIN_STEPS / places);
    return pcre2_match(predicate->regex, (PCRE2_SPTR)text.ptr, text.len, 0, 0, regexes->data,
                       regexes->plain);
}

/* Where the text was cut is no end of the value: $ must not be found there. */

/* Compiled when it is needed first: most patterns never see a long or hostile value. That rules
 * compile with callouts was checked when they were loaded. */
static const pcre2_code *counted_code(struct regex_state *state,
                                      const struct plan_predicate *predicate)
{
    struct err err = {0};
    if (state->counted == NULL) {
        ENSURE(plan_compile_regex(predicate->source, PCRE2_AUTO_CALLOUT, &state->counted, &err) ==
               0);
    }
    return state->counted;
}

static int search_counted(struct matcher *matcher, const struct plan_predicate *predicate,
                          struct str text, bool cut)
{
    struct match_regexes *regexes = &matcher->regexes;
    struct regex_state *state = &regexes->states[predicate - matcher->plan->predicates];
    const pcre2_code *code = counted_code(state, predicate);
    uint64_t *units = &matcher->profile->counters.regex_units;
    regexes->search = (struct regex_search){.budget = match_regex_budget(text.len)};
    int found = pcre2_match(code, (PCRE2_SPTR)text.ptr, text.len, 0, cut ? PCRE2_NOTEOL : 0,
                            regexes->data, regexes->counted);
    match_profile_count(units, regexes->search.units);
    return found;
}

/* Has the pattern as many faults as it may have? Events pay them back, one after the other. */
static bool is_set_aside(const struct matcher *matcher, struct regex_state *state)
{
    uint64_t passed = matcher->profile->counters.events - state->paid_at;
    uint64_t paid = passed / LIMIT_REGEX_FAULT_EVENTS;
    if (paid > 0) {
        state->faults = paid < state->faults ? state->faults - (uint32_t)paid : 0;
        state->paid_at += paid * LIMIT_REGEX_FAULT_EVENTS;
    }
    return state->faults >= LIMIT_REGEX_FAULTS;
}

static bool leave_undecided(struct matcher *matcher, struct regex_state *state, uint64_t *counter)
{
    state->undecided = matcher->generation;
    state->skipped = counter == &matcher->profile->counters.regex_throttled;
    matcher->regexes.undecided = matcher->generation;
    match_profile_count(counter, 1);
    return false;
}

static bool leave_to_fault(struct matcher *matcher, struct regex_state *state)
{
    if (matcher->regexes.throttles) {
        if (state->faults == 0) {
            state->paid_at = matcher->profile->counters.events;
        }
        state->faults++;
    }
    return leave_undecided(matcher, state, &matcher->profile->counters.regex_faults);
}

bool match_regex(struct matcher *matcher, const struct plan_predicate *predicate, struct str text)
{
    struct match_regexes *regexes = &matcher->regexes;
    struct match_counters *counters = &matcher->profile->counters;
    struct regex_state *state = &regexes->states[predicate - matcher->plan->predicates];
    int found = PCRE2_ERROR_MATCHLIMIT;
    bool cut = text.len > LIMIT_REGEX_SUBJECT_BYTES;
    if (state->faults > 0 && is_set_aside(matcher, state)) {
        return leave_undecided(matcher, state, &counters->regex_throttled);
    }
    if (cut) {
        text.len = LIMIT_REGEX_SUBJECT_BYTES;
    }
    if (text.ptr == NULL) {
        text = STR("");
    }
    if (text.len <= LIMIT_REGEX_PLAIN_BYTES) {
        found = search_plain(regexes, predicate, text);
    }
    if (found == PCRE2_ERROR_MATCHLIMIT) {
        found = search_counted(matcher, predicate, text, cut);
    }
    if (found >= 0) {
        state->undecided = 0; /* another value of the field may have been */
        return true;
    }
    if (found < PCRE2_ERROR_PARTIAL) {
        return leave_to_fault(matcher, state);
    }
    return cut ? leave_undecided(matcher, state, &counters->regex_cuts) : false;
}

/* The way of the rule's evaluation, once more: is one of the answers on it no decision? */
static const struct regex_state *find_undecided(const struct matcher *matcher, uint32_t rule)
{
    uint32_t at = matcher->plan->entries[rule];
    while (at < PLAN_END_FALSE) {
        const struct plan_test *test = &matcher->plan->tests[at];
        const struct regex_state *state = &matcher->regexes.states[test->predicate];
        if (state->undecided == matcher->generation) {
            return state;
        }
        at = (matcher->answers[test->predicate] & 1) != 0 ? test->on_true : test->on_false;
    }
    return NULL;
}

void match_regex_note_undecided(struct matcher *matcher, uint32_t rule)
{
    const struct regex_state *state = find_undecided(matcher, rule);
    if (state != NULL) {
        struct rule_profile *profile = &matcher->profile->rules[rule];
        match_profile_count(&profile->undecided, 1);
        match_profile_count(&profile->throttled, state->skipped ? 1 : 0);
    }
}
