/* SPDX-License-Identifier: Apache-2.0
 *
 * window_count.c - one match is counted in its group: what a group then has, and whether it
 * crosses.
 *
 * In:  matches in their order.   Out: alerts of groups whose condition holds (window_alert.c).
 * Thread: the deliverer.   Owns: nothing; keys belong to window_keys.c.
 * Invariants: (1) a sliding window's alert rests on the shortest run of its latest events at which
 *                 the condition holds: for as long as it stays in the window the group is silent.
 *             (2) what is kept of a group never depends on when window_advance is called.
 * Bounds: O(1) a match in time order; a sum that crosses walks back over its events.
 */
#include "analyze/window/window_keep_internal.h"

#include "base/ensure.h"

/* What a group has after a match. */
struct standing {
    bool crosses;
    uint32_t contributing; /* so many of the latest events (or values) */
    int64_t start_ns;      /* the first of them */
    uint64_t count;
    struct window_measured measured;
};

static bool count_holds(const struct threshold *threshold, uint64_t count)
{
    return (!threshold->has_min || count >= threshold->min) &&
           (!threshold->has_max || count <= threshold->max) &&
           (!threshold->has_not || count != threshold->not_equal);
}

/* Compares by products: a quotient would have to be rounded. */
static bool measure_holds(const struct measure *measure, const struct window_measured *measured)
{
    decimal number = measured->numerator;
    decimal min = measure->min * measured->denominator;
    decimal max = measure->max * measured->denominator;
    return (!measure->has_min || (measure->above ? number > min : number >= min)) &&
           (!measure->has_max || (measure->below ? number < max : number <= max)) &&
           (!measure->has_not || number != measure->not_equal * measured->denominator);
}

uint64_t window_needed(const struct threshold *threshold)
{
    return threshold->has_min && threshold->min > 0 ? threshold->min : 1;
}

/* Times are compared, too: two alerts of a correlation may rest on the same event. */
static bool same_event(const struct window_event *a, const struct window_event *b)
{
    return a->time_ns == b->time_ns && a->place == b->place && a->offset == b->offset &&
           a->sub == b->sub;
}

/* An event counts once in a group, though several rules of the correlation match it: the matches of
 * one event follow each other. */
static bool seen_already(const struct window_key *key, const struct window_event *event)
{
    const struct window_ring *events = &key->events;
    const struct window_numbers *numbers = key->numbers;
    if (numbers != NULL && numbers->ring.count > 0) {
        return same_event(&window_numbers_at(numbers, numbers->ring.count - 1)->event, event);
    }
    return events->count > 0 && same_event(window_events_at(events, events->count - 1), event);
}

static struct str pending_key(const struct window_pending *pending)
{
    return (struct str){pending->bytes, pending->key_len};
}

static struct str pending_value(const struct window_pending *pending)
{
    return (struct str){pending->bytes + pending->key_len, pending->value_len};
}

static struct window_number pending_number(const struct window_pending *pending)
{
    struct window_number number = {.event = pending->event};
    memcpy(&number.value, pending->bytes + pending->key_len, sizeof number.value);
    return number;
}

/* The time of the key's newest match; INT64_MIN: it is new. */
static int64_t newest_time(const struct window_key *key)
{
    if (key->sequence != NULL) {
        return key->sequence->newest_ns;
    }
    if (key->values != NULL) {
        const struct window_values *values = key->values;
        return values->count > 0 ? values->items[values->newest].event.time_ns : INT64_MIN;
    }
    if (key->numbers != NULL) {
        const struct window_numbers *numbers = key->numbers;
        return numbers->ring.count > 0
                   ? window_numbers_at(numbers, numbers->ring.count - 1)->event.time_ns
                   : INT64_MIN;
    }
    const struct window_ring *events = &key->events;
    return events->count > 0 ? window_events_at(events, events->count - 1)->time_ns : INT64_MIN;
}

static struct standing add_step(struct window_key *key, const struct window_pending *pending,
                                int64_t begin_ns)
{
    struct window_sequence *sequence = key->sequence;
    uint32_t last = sequence->steps_count - 1;
    bool complete = window_sequence_add(sequence, pending->reference, &pending->event, begin_ns);
    return (struct standing){.crosses = complete,
                             .contributing = sequence->steps_count,
                             .count = sequence->steps_count,
                             .start_ns = window_sequence_events(sequence, last)->time_ns};
}

/* Which references the latest values of a temporal are, at most so many of them. With until, no
 * more are taken than until holds. */
static uint64_t matched_references(const struct window_values *values,
                                   const struct condition *until, struct standing *standing)
{
    uint64_t matched = 0;
    ENSURE(values != NULL); /* a temporal's keys have them */
    for (uint32_t at = values->newest; at != WINDOW_VALUE_NONE; at = values->items[at].older) {
        uint32_t reference = 0;
        memcpy(&reference, values->items[at].bytes, sizeof reference);
        matched |= (uint64_t)1 << reference;
        standing->contributing++;
        standing->start_ns = values->items[at].event.time_ns;
        if (until != NULL && correlation_expression_holds(until, matched)) {
            break;
        }
    }
    standing->count = standing->contributing;
    return matched;
}

static void lose_value(struct windows *windows, const struct window_pending *pending)
{
    windows->counters.evicted++;
    window_lose(windows, pending->series, 1, pending);
}

static struct standing add_value(struct windows *windows, struct window_key *key,
                                 const struct window_pending *pending, int64_t begin_ns)
{
    const struct window_series *series = &windows->series[key->series];
    uint64_t needed = window_needed(&series->rule->correlation.threshold);
    struct window_values *values = key->values;
    window_values_expire(values, begin_ns);
    bool dropped =
        window_values_add(values, pending_value(pending), &pending->event, series->values_limit);
    if (dropped && series->values_limit < needed) {
        lose_value(windows, pending);
    }
    const struct condition *expression = series->rule->correlation.expression;
    if (expression != NULL) {
        struct standing standing = {0};
        uint64_t matched = matched_references(values, expression, &standing);
        standing.crosses = correlation_expression_holds(expression, matched);
        return standing;
    }
    return (struct standing){.crosses = values->count >= needed,
                             .contributing = values->count,
                             .count = values->count,
                             .start_ns = values->items[values->oldest].event.time_ns};
}

static struct standing add_event(struct window_key *key, const struct window_pending *pending,
                                 const struct window_series *series, int64_t begin_ns)
{
    struct window_ring *events = &key->events;
    window_events_expire(events, begin_ns);
    window_events_add(events, pending->event, series->events_limit);
    return (struct standing){.crosses = events->count >=
                                        window_needed(&series->rule->correlation.threshold),
                             .contributing = events->count,
                             .count = events->count,
                             .start_ns = window_events_at(events, 0)->time_ns};
}

/* The sum of all numbers of the window decides; as many of the latest as reach the bound by
 * themselves contribute. There are such: all of them do. */
static struct standing add_number(struct windows *windows, struct window_key *key,
                                  const struct window_pending *pending, int64_t begin_ns)
{
    const struct window_series *series = &windows->series[key->series];
    const struct measure *measure = &series->rule->correlation.measure;
    struct window_numbers *numbers = key->numbers;
    struct window_number number = pending_number(pending);
    window_numbers_expire(numbers, begin_ns);
    bool dropped = window_numbers_add(numbers, &number, series->values_limit);
    if (dropped) {
        lose_value(windows, pending);
    }
    struct window_measured measured = {.numerator = numbers->sum, .denominator = 1};
    struct standing standing = {.crosses = measure_holds(measure, &measured), .measured = measured};
    struct window_measured run = {.numerator = 0, .denominator = 1};
    bool reached = !standing.crosses;
    for (uint32_t left = numbers->ring.count; left > 0 && !reached; left--) {
        const struct window_number *item = window_numbers_at(numbers, left - 1);
        run.numerator += item->value;
        reached = measure_holds(measure, &run);
        standing.contributing++;
        standing.start_ns = item->event.time_ns;
    }
    standing.measured = run;
    standing.count = standing.contributing;
    return standing;
}

static struct standing add_sliding(struct windows *windows, struct window_key *key,
                                   const struct window_pending *pending, int64_t begin_ns)
{
    if (key->sequence != NULL) {
        return add_step(key, pending, begin_ns);
    }
    if (key->values != NULL) {
        return add_value(windows, key, pending, begin_ns);
    }
    if (seen_already(key, &pending->event)) {
        return (struct standing){0};
    }
    if (key->numbers != NULL) {
        return add_number(windows, key, pending, begin_ns);
    }
    return add_event(key, pending, &windows->series[key->series], begin_ns);
}

void window_expire_keys(struct windows *windows, struct window_series *series, int64_t time_ns)
{
    int64_t timespan_ns = series->rule->correlation.timespan_ns;
    while (!series->at_close && series->oldest != NULL &&
           window_time_after(series->oldest->time_ns, timespan_ns) < time_ns) {
        if (windows->keep != NULL) {
            window_keep_gone(windows, series->oldest, WINDOW_GONE_EXPIRED);
        }
        window_key_free(windows, series->oldest);
    }
}

void window_count_sliding(struct windows *windows, const struct window_pending *pending)
{
    struct window_series *series = &windows->series[pending->series];
    const struct correlation *correlation = &series->rule->correlation;
    const struct window_event *event = &pending->event;
    window_expire_keys(windows, series, event->time_ns);
    struct window_key *key = window_key_find(windows, pending->series, pending_key(pending));
    if (key == NULL) {
        if (!window_admit(windows, pending)) {
            return;
        }
        key = window_key_new(windows, pending->series, pending_key(pending), event->time_ns);
    } else if (event->time_ns > newest_time(key)) {
        window_key_touch(windows, key, event->time_ns);
    }
    int64_t newest_ns = newest_time(key);
    int64_t now_ns = event->time_ns > newest_ns ? event->time_ns : newest_ns;
    int64_t begin_ns = window_time_before(now_ns, correlation->timespan_ns);
    if (event->time_ns < begin_ns) {
        return;
    }
    size_t bytes = window_key_bytes(windows, key);
    struct standing standing = add_sliding(windows, key, pending, begin_ns);
    window_carry(windows, key, pending);
    window_key_account(windows, key, bytes);
    if (standing.crosses && now_ns > key->silent_until_ns) {
        window_alert(windows, key,
                     &(struct window_verdict){.crossed = event,
                                              .body = pending->body,
                                              .contributing = standing.contributing,
                                              .start_ns = standing.start_ns,
                                              .count = standing.count,
                                              .measured = standing.measured});
        key->silent_until_ns = window_time_after(standing.start_ns, correlation->timespan_ns);
    }
    if (windows->keep != NULL) {
        window_keep_changed(windows, key);
    }
}

static void open_window(struct windows *windows, const struct window_key *key)
{
    int64_t close_ns = window_close_time(windows, key);
    windows->next_close_ns = close_ns < windows->next_close_ns ? close_ns : windows->next_close_ns;
}

/* A late match opens no window: what came after it is judged already. */
void window_count_to_close(struct windows *windows, struct window_pending *pending)
{
    struct window_series *series = &windows->series[pending->series];
    const struct window_event *event = &pending->event;
    struct window_key *key = window_key_find(windows, pending->series, pending_key(pending));
    if (key == NULL) {
        if (event->time_ns < windows->reached_ns || !window_admit(windows, pending)) {
            return;
        }
        key = window_key_new(windows, pending->series, pending_key(pending), event->time_ns);
        open_window(windows, key);
    }
    if (event->time_ns < key->time_ns) {
        return;
    }
    size_t bytes = window_key_bytes(windows, key);
    bool dropped = false;
    if (!seen_already(key, event)) {
        window_events_add(&key->events, *event, series->events_limit);
        key->count++;
        if (key->numbers != NULL) {
            struct window_number number = pending_number(pending);
            dropped = window_numbers_add(key->numbers, &number, series->values_limit);
        }
    }
    if (key->values != NULL) {
        dropped =
            window_values_add(key->values, pending_value(pending), event, series->values_limit);
    }
    if (dropped) {
        lose_value(windows, pending);
    }
    window_carry(windows, key, pending);
    if (seen_already(key, event)) { /* the alert will show it */
        window_body_drop(windows, key->body);
        key->body = pending->body;
        key->body->refs++;
    }
    window_key_account(windows, key, bytes);
    if (windows->keep != NULL) {
        window_keep_changed(windows, key);
    }
}

static struct window_measured measure_window(const struct correlation *correlation,
                                             const struct window_key *key)
{
    if (correlation->kind == CORRELATION_VALUE_PERCENTILE) {
        return window_numbers_percentile(key->numbers, correlation->percentile);
    }
    bool average = correlation->kind == CORRELATION_VALUE_AVG;
    return (struct window_measured){.numerator = key->numbers->sum,
                                    .denominator = average ? (decimal)key->count : 1};
}

decimal window_measure(const struct windows *windows, const struct window_key *key)
{
    struct window_measured measured =
        measure_window(&windows->series[key->series].rule->correlation, key);
    return decimal_divide(measured.numerator, measured.denominator);
}

void window_judge(struct windows *windows, struct window_key *key)
{
    const struct correlation *correlation = &windows->series[key->series].rule->correlation;
    struct window_verdict verdict = {.body = key->body,
                                     .start_ns = key->time_ns,
                                     .contributing = key->events.count,
                                     .count =
                                         key->values != NULL ? key->values->count : key->count};
    bool holds = false;
    if (correlation->expression != NULL) {
        struct standing standing = {0};
        uint64_t matched = matched_references(key->values, NULL, &standing);
        holds = correlation_expression_holds(correlation->expression, matched);
    } else if (key->numbers != NULL) {
        verdict.measured = measure_window(correlation, key);
        holds = measure_holds(&correlation->measure, &verdict.measured);
    } else {
        holds = count_holds(&correlation->threshold, verdict.count);
    }
    if (holds) {
        window_alert(windows, key, &verdict);
    }
}
