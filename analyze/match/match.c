/* SPDX-License-Identifier: Apache-2.0
 *
 * match.c - from an event's values to true predicates, to candidate rules, to matches.
 *
 * The event is walked, not the rules: each field that is there and that some rule waits for is
 * looked up (equality table), searched (literal filter) or just noted (presence). What is found
 * adds candidates; a candidate's program then asks its predicates, each at most once an event.
 */
#include "analyze/match/match_internal.h"
#include "analyze/plan/plan_fold.h"
#include "analyze/rule/rule_extension.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "ingest/json/json.h"

#define CLOCK_READINGS 32

/* The least time between two readings: what a measured evaluation is too long. */
static int64_t clock_price_ns(void)
{
    int64_t least_ns = INT64_MAX;
    for (int i = 0; i < CLOCK_READINGS; i++) {
        int64_t begin_ns = clock_monotonic_ns();
        int64_t price_ns = clock_monotonic_ns() - begin_ns;
        least_ns = price_ns < least_ns ? price_ns : least_ns;
    }
    return least_ns;
}

struct matcher *matcher_new(const struct plan *plan)
{
    struct matcher *matcher = memory_new(1, sizeof *matcher);
    matcher->plan = plan;
    matcher->answers = memory_new(plan->rules->predicates_count, sizeof *matcher->answers);
    matcher->looked_up = memory_new(plan->fields_count + 1, sizeof *matcher->looked_up);
    matcher->listed = memory_new(plan->rules->predicates_count, sizeof *matcher->listed);
    matcher->scan = match_scan_choose();
    matcher->networks_looked_up =
        memory_new(plan->fields_count + 1, sizeof *matcher->networks_looked_up);
    matcher->seen = memory_new(plan->rules->rules_count, sizeof *matcher->seen);
    matcher->candidates = memory_new(plan->rules->rules_count, sizeof *matcher->candidates);
    matcher->matched = memory_new(plan->rules->rules_count, sizeof *matcher->matched);
    matcher->profile = match_profile_new(plan->rules->rules_count);
    matcher->clock_ns = clock_price_ns();
    match_regex_init(&matcher->regexes, plan->rules->predicates_count);
    return matcher;
}

void matcher_free(struct matcher *matcher)
{
    if (matcher == NULL) {
        return;
    }
    match_regex_release(&matcher->regexes);
    match_profile_free(matcher->profile);
    memory_free(matcher->answers);
    memory_free(matcher->looked_up);
    memory_free(matcher->networks_looked_up);
    memory_free(matcher->listed);
    memory_free(matcher->seen);
    memory_free(matcher->candidates);
    memory_free(matcher->matched);
    memory_free(matcher->folded);
    memory_free(matcher);
}

void matcher_throttle(struct matcher *matcher, bool on)
{
    matcher->regexes.throttles = on;
}

const struct match_profile *matcher_profile(const struct matcher *matcher)
{
    return matcher->profile;
}

/* Every stamp becomes older than any generation to come. */
static void forget_stamps(struct matcher *matcher)
{
    memset(matcher->answers, 0, matcher->plan->rules->predicates_count * sizeof *matcher->answers);
    memset(matcher->looked_up, 0, (matcher->plan->fields_count + 1) * sizeof *matcher->looked_up);
    memset(matcher->networks_looked_up, 0,
           (matcher->plan->fields_count + 1) * sizeof *matcher->networks_looked_up);
    memset(matcher->listed, 0, matcher->plan->rules->predicates_count * sizeof *matcher->listed);
    memset(matcher->seen, 0, matcher->plan->rules->rules_count * sizeof *matcher->seen);
    if (matcher->folded_capacity > 0) {
        memset(matcher->folded, 0, matcher->folded_capacity * sizeof *matcher->folded);
    }
    memset(matcher->record, 0, sizeof matcher->record);
    for (uint32_t i = 0; i < matcher->plan->rules->predicates_count; i++) {
        matcher->regexes.states[i].undecided = 0;
    }
    matcher->regexes.undecided = 0;
    matcher->record_generation = 0;
    matcher->generation = 0;
    matcher->texts_generation = 0;
}

void match_begin(struct matcher *matcher, struct event *event, struct arena *arena)
{
    /* Texts have up to two generations an event. */
    if (matcher->generation == UINT32_MAX >> 1 || matcher->texts_generation >= UINT32_MAX - 2) {
        forget_stamps(matcher);
    }
    matcher->generation++;
    matcher->texts_generation++;
    matcher->event = event;
    matcher->arena = arena;
    matcher->candidates_count = 0;
    matcher->matched_count = 0;
}

static inline void add_candidates(struct matcher *matcher, const struct plan_list *rules)
{
    const uint64_t *allowed = matcher->plan->allowed[matcher->event->logsource];
    for (uint32_t i = 0; i < rules->count; i++) {
        uint32_t rule = rules->items[i];
        if (matcher->seen[rule] != matcher->generation && (allowed[rule / 64] >> (rule % 64) & 1)) {
            matcher->seen[rule] = matcher->generation;
            matcher->candidates[matcher->candidates_count++] = rule;
        }
    }
}

static inline void answer(struct matcher *matcher, uint32_t predicate, bool truth)
{
    matcher->answers[predicate] = matcher->generation << 1 | (truth ? 1 : 0);
}

static void found_equal(struct matcher *matcher, const struct equality_entry *entry,
                        const struct value *value)
{
    for (uint32_t i = 0; i < entry->predicates.count; i++) {
        uint32_t index = entry->predicates.items[i];
        const struct plan_predicate *predicate = &matcher->plan->predicates[index];
        if (!predicate->source->cased ||
            str_equal(match_value_text(matcher, value), predicate->source->text)) {
            answer(matcher, index, true);
            add_candidates(matcher, &predicate->rules);
        }
    }
}

/* All EQUALS predicates of the field that this value makes true. The value is not copied: it is
 * folded on the way into the hash, and most values are done with at their length or their tag. */
static void look_up_value(struct matcher *matcher, const struct equality_table *table,
                          const struct value *value)
{
    struct str text = match_value_plain(matcher, value);
    if ((table->lengths & equality_length(text.len)) == 0) {
        return;
    }
    struct folded_hash folded = fold_hash(text);
    if (!folded.ascii) {
        text = match_value_folded(matcher, value);
        folded = fold_hash(text);
    }
    uint32_t tag = (uint32_t)(folded.hash >> 32);
    uint32_t at = (uint32_t)folded.hash & table->mask;
    for (; table->slots[at].entry != 0; at = (at + 1) & table->mask) {
        const struct equality_entry *entry = &table->entries[table->slots[at].entry - 1];
        if (table->slots[at].tag == tag && entry->text.len == text.len &&
            fold_equal(text, entry->text)) {
            found_equal(matcher, entry, value);
            return;
        }
    }
}

/* Answers all EQUALS predicates of the field: those that stay unanswered are false. */
static void look_up_field(struct matcher *matcher, field_id field)
{
    const struct equality_table *table = matcher->plan->fields_used[field].equality;
    matcher->looked_up[field] = matcher->generation;
    for (const struct value *value = event_first(matcher->event, field); value != NULL;
         value = event_next(matcher->event, value)) {
        if (!match_is_nothing(value)) {
            look_up_value(matcher, table, value);
        }
    }
}

/* Answers all CIDR predicates of the field, likewise. */
static void look_up_networks(struct matcher *matcher, field_id field)
{
    const struct network_table *table = matcher->plan->fields_used[field].networks;
    matcher->networks_looked_up[field] = matcher->generation;
    for (const struct value *value = event_first(matcher->event, field); value != NULL;
         value = event_next(matcher->event, value)) {
        if (match_is_nothing(value)) {
            continue;
        }
        const struct plan_list *found =
            match_find_networks(table, match_value_plain(matcher, value));
        for (uint32_t i = 0; i < found->count; i++) {
            answer(matcher, found->items[i], true);
            add_candidates(matcher, &matcher->plan->predicates[found->items[i]].rules);
        }
    }
}

static void walk_bounds(struct matcher *matcher, const struct plan_list *bounds,
                        const struct number *number)
{
    for (uint32_t i = 0; i < bounds->count; i++) {
        const struct plan_predicate *predicate = &matcher->plan->predicates[bounds->items[i]];
        enum number_side side = match_number_side(predicate->source, number);
        if (side == NUMBER_NO) {
            return;
        }
        if (side == NUMBER_YES) {
            answer(matcher, bounds->items[i], true);
            add_candidates(matcher, &predicate->rules);
        }
    }
}

/* The comparisons with numbers that rules wait for and that are true. */
static void look_up_numbers(struct matcher *matcher, field_id field)
{
    const struct number_table *table = matcher->plan->fields_used[field].numbers;
    for (const struct value *value = event_first(matcher->event, field); value != NULL;
         value = event_next(matcher->event, value)) {
        struct number number;
        if (!match_is_nothing(value) &&
            match_parse_number(match_value_plain(matcher, value), &number)) {
            for (int i = 0; i < BOUNDS_LISTS; i++) {
                walk_bounds(matcher, &table->lists[i], &number);
            }
        }
    }
}

void match_found_literal(struct matcher *matcher, const struct literal *literal)
{
    matcher->listed[literal->predicate] = matcher->generation << 1;
    if (literal->settles) {
        answer(matcher, literal->predicate, true);
    }
    add_candidates(matcher, &matcher->plan->predicates[literal->predicate].rules);
}

/* An object's text is searched twice, as match_predicate looks at it twice. */
static void search_value(struct matcher *matcher, const struct literal_filter *filter,
                         const struct value *value)
{
    struct match_text text = {match_value_plain(matcher, value), match_value_memo(matcher, value),
                              matcher->texts_generation};
    match_search(matcher, filter, &text);
    if (value->kind == VALUE_OBJECT && str_find_byte(text.raw, '\\') != STR_NOT_FOUND) {
        struct folded_text memo = {0};
        struct match_text inner = {json_unescape(matcher->arena, text.raw), &memo,
                                   matcher->texts_generation};
        match_search(matcher, filter, &inner);
    }
}

static void visit_field(struct matcher *matcher, field_id field)
{
    const struct plan_field *used = &matcher->plan->fields_used[field];
    if (used->presence.count > 0) {
        add_candidates(matcher, &used->presence);
    }
    if (used->eager) {
        look_up_field(matcher, field);
    }
    if (used->eager_networks) {
        look_up_networks(matcher, field);
    }
    if (used->numbers != NULL) {
        look_up_numbers(matcher, field);
    }
    if (used->literals == NULL) {
        return;
    }
    for (const struct value *value = event_first(matcher->event, field); value != NULL;
         value = event_next(matcher->event, value)) {
        if (!match_is_nothing(value)) {
            search_value(matcher, used->literals, value);
        }
    }
}

static void find_candidates(struct matcher *matcher)
{
    const struct plan *plan = matcher->plan;
    const struct event *event = matcher->event;
    add_candidates(matcher, &plan->always[event->logsource]);
    for (uint32_t i = 0; i < event->touched_count; i++) {
        visit_field(matcher, event->touched[i]);
    }
    if (plan->searches_record[event->logsource]) {
        for (uint32_t i = 0, texts = match_record_texts(matcher); i < texts; i++) {
            struct match_text text = match_record_text(matcher, i);
            match_search(matcher, plan->fields_used[FIELD_NONE].literals, &text);
        }
    }
}

static inline bool ask(struct matcher *matcher, uint32_t index)
{
    const struct plan_predicate *predicate = &matcher->plan->predicates[index];
    uint32_t known = matcher->answers[index];
    if (known >> 1 == matcher->generation) {
        return known & 1;
    }
    if (predicate->witness == WITNESS_EQUALITY) {
        if (matcher->looked_up[predicate->field] != matcher->generation) {
            look_up_field(matcher, predicate->field);
        }
    } else if (predicate->witness == WITNESS_NETWORK) {
        if (matcher->networks_looked_up[predicate->field] != matcher->generation) {
            look_up_networks(matcher, predicate->field);
        }
    } else {
        bool truth = match_predicate(matcher, predicate);
        answer(matcher, index, truth);
        return truth;
    }
    if (matcher->answers[index] >> 1 != matcher->generation) {
        answer(matcher, index, false);
    }
    return matcher->answers[index] & 1;
}

bool match_ask(struct matcher *matcher, uint32_t predicate)
{
    return ask(matcher, predicate);
}

/* Runs the program whose first test is at. */
static bool run_program(struct matcher *matcher, uint32_t at)
{
    while (at < PLAN_END_FALSE) {
        const struct plan_test *test = &matcher->plan->tests[at];
        at = ask(matcher, test->predicate) ? test->on_true : test->on_false;
    }
    return at == PLAN_END_TRUE;
}

static int64_t elapsed_ns(const struct matcher *matcher, int64_t begin_ns)
{
    int64_t ns = clock_monotonic_ns() - begin_ns - matcher->clock_ns;
    return ns > 0 ? ns : 0;
}

/* run_program, with its account. */
static bool evaluate(struct matcher *matcher, uint32_t rule)
{
    struct rule_profile *profile = &matcher->profile->rules[rule];
    uint32_t weight = match_profile_weight(profile->evaluations);
    match_profile_count(&profile->evaluations, 1);
    if (weight == 0) {
        return run_program(matcher, matcher->plan->entries[rule]);
    }
    int64_t begin_ns = clock_monotonic_ns();
    bool truth = run_program(matcher, matcher->plan->entries[rule]);
    match_profile_count(&profile->ns, (uint64_t)elapsed_ns(matcher, begin_ns) * weight);
    return truth;
}

static int compare_indexes(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* Candidates come in the order of what was found; the answer is in the order of the rules. */
static void sort_matches(struct matcher *matcher)
{
    if (matcher->matched_count > 1) {
        qsort(matcher->matched, matcher->matched_count, sizeof *matcher->matched, compare_indexes);
    }
}

/* Can the rule still match, as far as the fields tell that are decoded first? */
static bool is_open(struct matcher *matcher, uint32_t rule)
{
    const struct plan *plan = matcher->plan;
    uint32_t at = plan->entries[rule];
    while (at < PLAN_END_FALSE) {
        const struct plan_test *test = &plan->tests[at];
        const struct plan_predicate *predicate = &plan->predicates[test->predicate];
        if (predicate->field == FIELD_NONE || !plan_field_is_first(plan, predicate->field) ||
            (predicate->other != FIELD_NONE && !plan_field_is_first(plan, predicate->other))) {
            return true;
        }
        at = ask(matcher, test->predicate) ? test->on_true : test->on_false;
    }
    return at == PLAN_END_TRUE;
}

/* is_open, with its account. */
static bool consider(struct matcher *matcher, uint32_t rule)
{
    struct rule_profile *profile = &matcher->profile->rules[rule];
    uint32_t weight = match_profile_weight(profile->candidates);
    match_profile_count(&profile->candidates, 1);
    if (!matcher->event->partial) {
        return true;
    }
    int64_t begin_ns = weight > 0 ? clock_monotonic_ns() : 0;
    bool open = is_open(matcher, rule);
    if (weight > 0) {
        match_profile_count(&profile->ns, (uint64_t)elapsed_ns(matcher, begin_ns) * weight);
    }
    if (!open && matcher->regexes.undecided == matcher->generation) {
        match_regex_note_undecided(matcher, rule);
    }
    return open;
}

/* Takes out the candidates that are ruled out already, so that the event need not be completed for
 * their sake. */
static void keep_open_candidates(struct matcher *matcher)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < matcher->candidates_count; i++) {
        uint32_t rule = matcher->candidates[i];
        if (consider(matcher, rule)) {
            matcher->candidates[kept++] = rule;
        }
    }
    matcher->candidates_count = kept;
}

uint32_t match_find(struct matcher *matcher, struct event *event, struct arena *arena)
{
    struct match_counters *counters = &matcher->profile->counters;
    uint32_t weight = match_profile_weight(counters->events);
    int64_t begin_ns = weight > 0 ? clock_monotonic_ns() : 0;
    match_begin(matcher, event, arena);
    find_candidates(matcher);
    if (weight > 0) {
        match_profile_count(&counters->find_ns, (uint64_t)elapsed_ns(matcher, begin_ns) * weight);
    }
    match_profile_count(&counters->events, 1);
    match_profile_count(&counters->candidates, matcher->candidates_count);
    keep_open_candidates(matcher);
    return matcher->candidates_count;
}

uint32_t match_decide(struct matcher *matcher, const uint32_t **rules)
{
    /* A late equality look-up finds no new candidates: the rules that wait for equalities of a
     * field make it eager. So the list is complete. */
    matcher->texts_generation++;
    for (uint32_t i = 0; i < matcher->candidates_count; i++) {
        uint32_t rule = matcher->candidates[i];
        if (evaluate(matcher, rule)) {
            matcher->matched[matcher->matched_count++] = rule;
            match_profile_count(&matcher->profile->rules[rule].matches, 1);
        }
        if (matcher->regexes.undecided == matcher->generation) {
            match_regex_note_undecided(matcher, rule);
        }
    }
    sort_matches(matcher);
    match_profile_count(&matcher->profile->counters.matches, matcher->matched_count);
    *rules = matcher->matched;
    return matcher->matched_count;
}

uint32_t match_run(struct matcher *matcher, struct event *event, struct arena *arena,
                   const uint32_t **rules)
{
    match_find(matcher, event, arena);
    return match_decide(matcher, rules);
}

const struct rule_exception *match_exception(struct matcher *matcher, uint32_t rule)
{
    const struct rule_extension *extension = matcher->plan->rules->rules[rule].extension;
    for (uint32_t i = 0; extension != NULL && i < extension->exceptions_count; i++) {
        const struct rule_exception *exception = &extension->exceptions[i];
        if (run_program(matcher, matcher->plan->exceptions[exception->number])) {
            return exception;
        }
    }
    return NULL;
}
