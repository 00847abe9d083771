/* SPDX-License-Identifier: Apache-2.0
 *
 * window.c - see window.h and docs/CORRELATIONS.md: matches in, order restored, counted, alerts
 * out.
 *
 * The order of what happens is one sequence in event time: a match at t comes before a window that
 * closes at t, and a window that closes at c before a match after c. When window_advance is called
 * decides how much of the sequence is done, never what is in it.
 */
#include "analyze/window/window_internal.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/timestamp.h"

#define WHERE        "analyze/window"
#define LOG_EVERY_NS (60 * TIMESTAMP_SECOND_NS)

static bool judged_at_close(const struct threshold *threshold)
{
    return threshold->has_max || threshold->has_not;
}

static bool holds(const struct threshold *threshold, uint64_t count)
{
    return (!threshold->has_min || count >= threshold->min) &&
           (!threshold->has_max || count <= threshold->max) &&
           (!threshold->has_not || count != threshold->not_equal);
}

/* Matches needed to fire: a threshold of 0 is reached by the first match. */
static uint64_t needed(const struct threshold *threshold)
{
    return threshold->has_min && threshold->min > 0 ? threshold->min : 1;
}

/* What a key of the series remembers: exactly what its condition needs, within the limits. */
static void set_series_limits(struct windows *windows)
{
    for (uint32_t i = 0; i < windows->series_count; i++) {
        struct window_series *series = &windows->series[i];
        const struct correlation *correlation = &series->rule->correlation;
        uint64_t count = needed(&correlation->threshold);
        uint32_t most = count < UINT32_MAX / 2 ? (uint32_t)count : UINT32_MAX / 2;
        series->at_close = judged_at_close(&correlation->threshold);
        series->events_limit = series->at_close ? (uint32_t)LIMIT_ALERT_EVENTS : most;
        series->values_limit =
            series->at_close || most > windows->limits.values ? windows->limits.values : most;
        if (correlation->kind == CORRELATION_VALUE_COUNT && count > windows->limits.values) {
            log_write(LOG_WARNING, WHERE,
                      "rule %.*s asks for more distinct values than a key remembers (%u): it can "
                      "not fire; lower its threshold",
                      STR_ARG(series->rule->id), windows->limits.values);
        }
    }
}

void windows_set_limits(struct windows *windows, const struct window_limits *limits)
{
    windows->limits = *limits;
    set_series_limits(windows);
}

void windows_bind(struct windows *windows, const struct rule_set *rules)
{
    windows->rules_count = rules->rules_count;
    windows->series_count = 0;
    windows->series_of_rule = memory_new(rules->rules_count, sizeof *windows->series_of_rule);
    windows->series = memory_new(rules->rules_count, sizeof *windows->series);
    for (uint32_t i = 0; i < rules->rules_count; i++) {
        windows->series_of_rule[i] = UINT32_MAX;
        if (rules->rules[i].correlation.kind != CORRELATION_NONE) {
            windows->series_of_rule[i] = windows->series_count;
            windows->series[windows->series_count++].rule = &rules->rules[i];
        }
    }
    set_series_limits(windows);
}

struct windows *windows_new(const struct rule_set *rules, const struct window_options *options)
{
    struct windows *windows = memory_new(1, sizeof *windows);
    windows->options = *options;
    windows->places_map = map_new();
    windows->arena = arena_new(65536);
    windows->seed = hash_seed();
    windows->horizon_ns = INT64_MIN;
    windows->reached_ns = INT64_MIN;
    windows->next_close_ns = INT64_MAX;
    windows->logged_ns = INT64_MIN;
    windows->limits = (struct window_limits){
        .keys = LIMIT_WINDOW_KEYS,
        .values = LIMIT_WINDOW_VALUES,
        .state_bytes = (uint64_t)LIMIT_WINDOW_STATE_KBYTES * 1024,
        .pending = LIMIT_WINDOW_PENDING,
        .pending_bytes = (uint64_t)LIMIT_WINDOW_PENDING_KBYTES * 1024,
    };
    windows_bind(windows, rules);
    return windows;
}

static size_t pending_bytes(const struct window_pending *pending)
{
    return sizeof *pending + pending->key_len + pending->value_len;
}

static void free_pending(struct windows *windows, struct window_pending *pending)
{
    windows->pending_bytes -= pending_bytes(pending);
    window_body_drop(windows, pending->body);
    memory_free(pending);
}

static void forget_last_body(struct windows *windows)
{
    window_body_drop(windows, windows->last_body);
    windows->last_body = NULL;
}

void windows_free(struct windows *windows)
{
    if (windows == NULL) {
        return;
    }
    while (windows->heap.count > 0) {
        free_pending(windows, window_heap_pop(&windows->heap));
    }
    forget_last_body(windows);
    for (uint32_t i = 0; i < windows->series_count; i++) {
        while (windows->series[i].oldest != NULL) {
            window_key_free(windows, windows->series[i].oldest);
        }
    }
    memory_free(windows->heap.entries);
    memory_free(windows->slots);
    memory_free(windows->series);
    memory_free(windows->series_of_rule);
    memory_free(windows->places);
    map_free(windows->places_map);
    memory_free(windows->streams);
    buffer_release(&windows->scratch);
    arena_free(windows->arena);
    memory_free(windows);
}

static void add_part(struct buffer *buffer, struct str part)
{
    uint32_t len = (uint32_t)part.len;
    buffer_add(buffer, (struct str){(const char *)&len, sizeof len});
    buffer_add(buffer, part);
}

static uint32_t intern_place(struct windows *windows, const struct alert *alert)
{
    const struct alert_event *event = &alert->events[0];
    struct buffer *name = &windows->scratch;
    buffer_clear(name);
    buffer_add(name, (struct str){(const char *)&event->partition, sizeof event->partition});
    add_part(name, event->source);
    buffer_add(name, alert->logsource);
    uint32_t index = map_get(windows->places_map, buffer_str(name));
    if (index != MAP_NONE) {
        return index;
    }
    index = windows->places_count;
    map_set(windows->places_map, buffer_str(name), index);
    struct str kept = map_key_at(windows->places_map, index);
    size_t source_at = sizeof event->partition + sizeof(uint32_t);
    MEMORY_GROW(windows->places, windows->places_count, windows->places_capacity);
    windows->places[windows->places_count++] =
        (struct window_place){str_slice(kept, source_at, event->source.len), event->partition,
                              str_slice(kept, source_at + event->source.len, kept.len)};
    return index;
}

static unsigned hex_digit(char c)
{
    return byte_is_digit(c) ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10) & 15U;
}

/* The body of the match's event: the one before it, if that was of the same event. */
static struct window_body *share_body(struct windows *windows, const struct alert *alert)
{
    const char *id = alert->events[0].id;
    if (windows->last_body == NULL || strcmp(windows->last_id, id) != 0) {
        forget_last_body(windows);
        bool said = windows->counters.bare > 0;
        windows->last_body = window_body_new(windows, alert);
        if (windows->counters.bare > 0 && !said) {
            log_write(LOG_WARNING, WHERE,
                      "many matches wait for their turn: from here on some alerts of correlations "
                      "will lack event.original");
        }
        memcpy(windows->last_id, id, sizeof windows->last_id);
    }
    windows->last_body->refs++;
    return windows->last_body;
}

void window_add(struct windows *windows, const struct match *match)
{
    uint32_t series = windows->series_of_rule[match->correlation];
    const struct correlation *correlation = &windows->series[series].rule->correlation;
    const struct alert_event *event = &match->alert->events[0];
    windows->counters.matches++;
    if (event->time_ns == TIMESTAMP_NONE) {
        windows->counters.skipped++;
        return;
    }
    windows->counters.late += event->time_ns < windows->horizon_ns ? 1 : 0;
    uint32_t place = intern_place(windows, match->alert);
    struct buffer *key = &windows->scratch;
    buffer_clear(key);
    for (uint32_t i = 0; i < correlation->group_by_count; i++) {
        add_part(key, match->group[i]);
    }
    size_t key_len = key->len;
    buffer_add(key, match->value);
    struct window_pending *pending = memory_resize(NULL, sizeof *pending + key->len, 1);
    *pending = (struct window_pending){
        .event = {event->time_ns, event->offset, place, event->sub},
        .series = series,
        .reference = match->reference,
        .rank = correlation->kind == CORRELATION_TEMPORAL_ORDERED ? match->reference : 0,
        .body = share_body(windows, match->alert),
        .key_len = (uint32_t)key_len,
        .value_len = (uint32_t)match->value.len,
    };
    for (size_t i = 0; i < sizeof pending->id; i++) {
        pending->id[i] =
            (unsigned char)(hex_digit(event->id[2 * i]) << 4 | hex_digit(event->id[2 * i + 1]));
    }
    if (key->len > 0) {
        memcpy(pending->bytes, key->ptr, key->len);
    }
    windows->pending_bytes += pending_bytes(pending);
    window_heap_push(&windows->heap, pending);
}

void window_watermark(struct windows *windows, uint32_t stream_id, int64_t time_ns)
{
    while (windows->streams_count <= stream_id) {
        MEMORY_GROW(windows->streams, windows->streams_count, windows->streams_capacity);
        windows->streams[windows->streams_count++] = (struct window_stream){INT64_MIN, false};
    }
    struct window_stream *stream = &windows->streams[stream_id];
    stream->active = time_ns != TIMESTAMP_NONE;
    stream->time_ns = time_ns > stream->time_ns ? time_ns : stream->time_ns;
}

/* Everything before it is complete: the slowest active stream, less the allowance. When all are
 * idle nothing is on its way, and what was seen is complete. */
static int64_t horizon(const struct windows *windows)
{
    int64_t slowest = INT64_MAX;
    int64_t latest = INT64_MIN;
    for (uint32_t i = 0; i < windows->streams_count; i++) {
        const struct window_stream *stream = &windows->streams[i];
        latest = stream->time_ns > latest ? stream->time_ns : latest;
        if (stream->active && stream->time_ns < slowest) {
            slowest = stream->time_ns;
        }
    }
    return slowest == INT64_MAX ? window_time_after(latest, latest == INT64_MIN ? 0 : 1)
                                : window_time_before(slowest, windows->options.lateness_ns);
}

/* Evictions are said once a minute of event time: at the cap every match may be one. */
static void log_evictions(struct windows *windows, int64_t now_ns, bool last)
{
    uint64_t more = windows->counters.evicted - windows->evicted_logged;
    bool due = last || now_ns >= window_time_after(windows->logged_ns, LOG_EVERY_NS) ||
               windows->logged_ns == INT64_MIN;
    if (more > 0 && due) {
        log_write(LOG_WARNING, WHERE,
                  "%llu keys or values of correlations were dropped at a limit: counts of stale "
                  "groups may be too low; narrow the rules that correlations count",
                  (unsigned long long)more);
        windows->evicted_logged = windows->counters.evicted;
        windows->logged_ns = now_ns;
    }
}

static int64_t close_time(const struct windows *windows, const struct window_key *key)
{
    return window_time_after(key->time_ns,
                             windows->series[key->series].rule->correlation.timespan_ns);
}

/* The window that closes first, of equal ones that of the first correlation. */
static struct window_key *first_to_close(const struct windows *windows)
{
    struct window_key *first = NULL;
    for (uint32_t i = 0; i < windows->series_count; i++) {
        struct window_key *key = windows->series[i].at_close ? windows->series[i].oldest : NULL;
        if (key != NULL &&
            (first == NULL || close_time(windows, key) < close_time(windows, first))) {
            first = key;
        }
    }
    return first;
}

/* Judges the windows that end before time_ns; INT64_MAX: all. */
static void close_until(struct windows *windows, int64_t time_ns)
{
    while (windows->next_close_ns < time_ns || time_ns == INT64_MAX) {
        struct window_key *key = first_to_close(windows);
        windows->next_close_ns = key == NULL ? INT64_MAX : close_time(windows, key);
        if (key == NULL || (windows->next_close_ns >= time_ns && time_ns != INT64_MAX)) {
            return;
        }
        const struct correlation *correlation = &windows->series[key->series].rule->correlation;
        uint64_t count = key->values != NULL ? key->values->count : key->count;
        if (holds(&correlation->threshold, count)) {
            window_alert(windows, key, NULL, key->body);
        }
        window_key_free(windows, key);
    }
}

/* Forgets keys all of whose events are too old for a match at time_ns. Their silence is over, too:
 * it ends a timespan after an event that is older than their newest. */
static void expire_series(struct windows *windows, struct window_series *series, int64_t time_ns)
{
    int64_t timespan_ns = series->rule->correlation.timespan_ns;
    while (!series->at_close && series->oldest != NULL &&
           window_time_after(series->oldest->time_ns, timespan_ns) < time_ns) {
        window_key_free(windows, series->oldest);
    }
}

static bool same_event(const struct window_event *a, const struct window_event *b)
{
    return a->place == b->place && a->offset == b->offset && a->sub == b->sub;
}

/* An event counts once in a group, though several rules of the correlation match it: the matches of
 * one event follow each other. */
static bool seen_already(const struct window_key *key, const struct window_event *event)
{
    const struct window_events *events = &key->events;
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
    const struct window_events *events = &key->events;
    return events->count > 0 ? window_events_at(events, events->count - 1)->time_ns : INT64_MIN;
}

/* Sliding: counts those in [now - timespan, now], where now is the key's newest match. */
static void count_sliding(struct windows *windows, const struct window_pending *pending)
{
    struct window_series *series = &windows->series[pending->series];
    const struct correlation *correlation = &series->rule->correlation;
    const struct window_event *event = &pending->event;
    expire_series(windows, series, event->time_ns);
    struct window_key *key = window_key_find(windows, pending->series, pending_key(pending));
    if (key == NULL) {
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
    size_t bytes = window_key_bytes(key);
    uint64_t count = 0;
    int64_t first_ns = 0;
    if (key->sequence != NULL) {
        uint32_t last = key->sequence->steps_count - 1;
        bool complete = window_sequence_add(key->sequence, pending->reference, event, begin_ns);
        count = complete ? key->sequence->steps_count : 0;
        first_ns = window_sequence_events(key->sequence, last)->time_ns;
    } else if (key->values != NULL) {
        window_values_expire(key->values, begin_ns);
        bool dropped =
            window_values_add(key->values, pending_value(pending), event, series->values_limit);
        bool short_of_memory = series->values_limit < needed(&correlation->threshold);
        windows->counters.evicted += dropped && short_of_memory ? 1 : 0;
        count = key->values->count;
        first_ns = key->values->items[key->values->oldest].event.time_ns;
    } else if (!seen_already(key, event)) {
        window_events_expire(&key->events, begin_ns);
        window_events_add(&key->events, *event, series->events_limit);
        count = key->events.count;
        first_ns = window_events_at(&key->events, 0)->time_ns;
    }
    windows->state_bytes += window_key_bytes(key) - bytes;
    if (count >= needed(&correlation->threshold) && now_ns > key->silent_until_ns) {
        window_alert(windows, key, event, pending->body);
        key->silent_until_ns = window_time_after(first_ns, correlation->timespan_ns);
    }
}

/* Counts in [first, first + timespan], where first is the match that opened the window. A late
 * match opens none: what came after it is judged already. */
static void count_to_close(struct windows *windows, struct window_pending *pending)
{
    struct window_series *series = &windows->series[pending->series];
    const struct window_event *event = &pending->event;
    struct window_key *key = window_key_find(windows, pending->series, pending_key(pending));
    if (key == NULL) {
        if (event->time_ns < windows->reached_ns) {
            return;
        }
        key = window_key_new(windows, pending->series, pending_key(pending), event->time_ns);
        int64_t close_ns = close_time(windows, key);
        windows->next_close_ns =
            close_ns < windows->next_close_ns ? close_ns : windows->next_close_ns;
    }
    if (event->time_ns < key->time_ns) {
        return;
    }
    size_t bytes = window_key_bytes(key);
    if (!seen_already(key, event)) {
        window_events_add(&key->events, *event, series->events_limit);
        key->count++;
    }
    if (key->values != NULL) {
        bool dropped =
            window_values_add(key->values, pending_value(pending), event, series->values_limit);
        windows->counters.evicted += dropped ? 1 : 0;
    }
    if (seen_already(key, event)) { /* it is the newest: the alert will show it */
        window_body_drop(windows, key->body);
        key->body = pending->body;
        key->body->refs++;
    }
    windows->state_bytes += window_key_bytes(key) - bytes;
}

void window_settle(struct windows *windows, struct window_pending *pending)
{
    if (!windows->series[pending->series].at_close) {
        count_sliding(windows, pending);
    }
    windows->counters.early++;
    free_pending(windows, pending);
}

static void process_first(struct windows *windows)
{
    struct window_pending *pending = window_heap_pop(&windows->heap);
    int64_t time_ns = pending->event.time_ns;
    close_until(windows, time_ns);
    windows->reached_ns = time_ns > windows->reached_ns ? time_ns : windows->reached_ns;
    while (windows->state_bytes > windows->limits.state_bytes && windows->keys_count > 0) {
        window_key_evict(windows);
    }
    if (windows->series[pending->series].at_close) {
        count_to_close(windows, pending);
    } else {
        count_sliding(windows, pending);
    }
    log_evictions(windows, time_ns, false);
    free_pending(windows, pending);
}

/* Does what is before horizon_ns: matches, closing windows, expiry. */
static void run(struct windows *windows, int64_t horizon_ns)
{
    while (windows->heap.count > 0 && windows->heap.entries[0].time_ns < horizon_ns) {
        process_first(windows);
    }
    close_until(windows, horizon_ns);
    for (uint32_t i = 0; i < windows->series_count && horizon_ns != INT64_MAX; i++) {
        expire_series(windows, &windows->series[i], horizon_ns);
    }
    windows->horizon_ns = horizon_ns > windows->horizon_ns ? horizon_ns : windows->horizon_ns;
}

/* Bodies that only keys hold count, too; state_bytes is the smaller limit, and frees those. */
static bool over_pending_limits(const struct windows *windows)
{
    size_t bytes = windows->pending_bytes + windows->bodies_bytes;
    return windows->heap.count > windows->limits.pending ||
           (windows->heap.count > 0 && bytes > windows->limits.pending_bytes);
}

void window_advance(struct windows *windows, window_emit_fn *emit, void *context)
{
    windows->emit = emit;
    windows->emit_context = context;
    if (!windows->options.ordered_at_end) {
        int64_t horizon_ns = horizon(windows);
        run(windows, horizon_ns > windows->horizon_ns ? horizon_ns : windows->horizon_ns);
    }
    while (over_pending_limits(windows)) {
        int64_t time_ns = windows->heap.entries[0].time_ns;
        windows->horizon_ns = time_ns > windows->horizon_ns ? time_ns : windows->horizon_ns;
        windows->counters.early++;
        process_first(windows);
    }
}

void window_finish(struct windows *windows, window_emit_fn *emit, void *context)
{
    windows->emit = emit;
    windows->emit_context = context;
    run(windows, INT64_MAX);
    log_evictions(windows, windows->horizon_ns, true);
    forget_last_body(windows);
}

struct window_counters window_counters(const struct windows *windows)
{
    struct window_counters counters = windows->counters;
    counters.keys = windows->keys_count;
    counters.pending = windows->heap.count;
    return counters;
}
