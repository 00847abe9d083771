/* SPDX-License-Identifier: Apache-2.0
 *
 * window.c - see window.h and docs/CORRELATIONS.md: matches in, order restored, counted, alerts
 * out.
 *
 * The order of what happens is one sequence in event time: a match at t comes before a window that
 * closes at t, and a window that closes at c before a match after c. When window_advance is called
 * decides how much of the sequence is done, never what is in it.
 */
#include "analyze/window/window_keep_internal.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/timestamp.h"

#define WHERE        "analyze/window"
#define LOG_EVERY_NS (3600 * TIMESTAMP_SECOND_NS)

/* What a key of the series remembers: exactly what its condition needs, within the limits. */
static void set_series_limits(struct windows *windows)
{
    for (uint32_t i = 0; i < windows->series_count; i++) {
        struct window_series *series = &windows->series[i];
        const struct correlation *correlation = &series->rule->correlation;
        uint64_t count = window_needed(&correlation->threshold);
        uint32_t most = count < UINT32_MAX / 2 ? (uint32_t)count : UINT32_MAX / 2;
        series->at_close = correlation_at_close(correlation);
        series->events_limit = series->at_close ? (uint32_t)LIMIT_ALERT_EVENTS : most;
        bool measures = correlation_measures(correlation->kind);
        bool needs_all = series->at_close || measures || correlation->expression != NULL ||
                         most > windows->limits.values;
        series->values_limit = needs_all ? windows->limits.values : most;
        if (series->at_close && measures && correlation->kind != CORRELATION_VALUE_PERCENTILE) {
            series->values_limit = 0; /* the sum is enough */
        }
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
    windows->rules = rules->rules;
    windows->rules_count = rules->rules_count;
    windows->series_count = 0;
    windows->series_of_rule = memory_new(rules->rules_count, sizeof *windows->series_of_rule);
    windows->series = memory_new(rules->rules_count, sizeof *windows->series);
    for (uint32_t i = 0; i < rules->rules_count; i++) {
        windows->series_of_rule[i] = UINT32_MAX;
        if (rules->rules[i].correlation.kind != CORRELATION_NONE) {
            windows->series_of_rule[i] = windows->series_count;
            windows->series[windows->series_count++] =
                (struct window_series){.rule = &rules->rules[i],
                                       .fingerprint = window_fingerprint(&rules->rules[i]),
                                       .told_ns = INT64_MIN};
        }
    }
    for (uint32_t i = 0; i < windows->series_count; i++) {
        const struct correlation *correlation = &windows->series[i].rule->correlation;
        for (uint32_t n = 0; n < correlation->references_count; n++) {
            uint32_t below = windows->series_of_rule[correlation->references[n].rule];
            if (below != UINT32_MAX) {
                windows->series[below].counted = true;
            }
        }
    }
    set_series_limits(windows);
    if (windows->keep != NULL) {
        window_keep_bind(windows);
    }
}

struct windows *windows_new(const struct rule_set *rules, const struct window_options *options)
{
    struct windows *windows = memory_new(1, sizeof *windows);
    windows->options = *options;
    windows->places_map = map_new();
    windows->arena = arena_new(65536);
    windows->seed = hash_seed();
    windows->horizon_ns = INT64_MIN;
    windows->complete_ns = INT64_MIN;
    windows->expired_ns = INT64_MIN;
    windows->reached_ns = INT64_MIN;
    windows->next_close_ns = INT64_MAX;
    windows->logged_ns = INT64_MIN;
    windows->expiry_ns = INT64_MIN;
    windows->limits = (struct window_limits){
        .keys = options->keys_max > 0 ? options->keys_max : LIMIT_WINDOW_KEYS,
        .values = LIMIT_WINDOW_VALUES,
        .state_bytes = options->bytes_max > 0 ? options->bytes_max
                                              : (uint64_t)LIMIT_WINDOW_STATE_KBYTES * 1024,
        .pending = LIMIT_WINDOW_PENDING,
        .pending_bytes = (uint64_t)LIMIT_WINDOW_PENDING_KBYTES * 1024,
    };
    windows_bind(windows, rules);
    return windows;
}

static size_t pending_bytes(const struct window_pending *pending)
{
    return sizeof *pending + pending->key_len + pending->value_len + pending->carried_len;
}

static void free_pending(struct windows *windows, struct window_pending *pending)
{
    if (windows->keep != NULL) {
        window_keep_left(windows, pending);
    }
    windows->pending_bytes -= pending_bytes(pending);
    window_body_drop(windows, pending->body);
    memory_free(pending);
}

void window_forget_last_body(struct windows *windows)
{
    window_body_drop(windows, windows->last_body);
    windows->last_body = NULL;
}

void windows_free(struct windows *windows)
{
    if (windows == NULL) {
        return;
    }
    if (windows->keep != NULL) {
        window_keep_free(windows);
    }
    while (windows->heap.count > 0) {
        free_pending(windows, window_heap_pop(&windows->heap));
    }
    window_forget_last_body(windows);
    for (uint32_t i = 0; i < windows->series_count; i++) {
        while (windows->series[i].oldest != NULL) {
            window_key_free(windows, windows->series[i].oldest);
        }
    }
    memory_free(windows->heap.entries);
    window_table_release(&windows->table);
    window_sketch_release(&windows->sketch);
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

uint32_t window_place_of(struct windows *windows, const struct alert_event *event,
                         struct str logsource, struct str rule)
{
    struct buffer *name = &windows->scratch;
    buffer_clear(name);
    buffer_add(name, (struct str){(const char *)&event->partition, sizeof event->partition});
    add_part(name, event->source);
    add_part(name, rule);
    buffer_add(name, logsource);
    uint32_t index = map_get(windows->places_map, buffer_str(name));
    if (index != MAP_NONE) {
        return index;
    }
    index = windows->places_count;
    map_set(windows->places_map, buffer_str(name), index);
    struct str kept = map_key_at(windows->places_map, index);
    size_t source_at = sizeof event->partition + sizeof(uint32_t);
    size_t rule_at = source_at + event->source.len + sizeof(uint32_t);
    MEMORY_GROW(windows->places, windows->places_count, windows->places_capacity);
    windows->places[windows->places_count++] =
        (struct window_place){.source = str_slice(kept, source_at, event->source.len),
                              .partition = event->partition,
                              .logsource = str_slice(kept, rule_at + rule.len, kept.len),
                              .rule = str_slice(kept, rule_at, rule.len)};
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
        window_forget_last_body(windows);
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

struct window_pending *window_pending_new(struct windows *windows,
                                          const struct window_pending *head, struct str bytes)
{
    struct window_pending *pending = memory_resize(NULL, sizeof *pending + bytes.len, 1);
    *pending = *head;
    if (bytes.len > 0) {
        memcpy(pending->bytes, bytes.ptr, bytes.len);
    }
    windows->pending_bytes += pending_bytes(pending);
    window_heap_push(&windows->heap, pending);
    return pending;
}

void window_wait(struct windows *windows, struct window_pending *head, const char *event_id,
                 struct str bytes)
{
    for (size_t i = 0; i < sizeof head->id; i++) {
        head->id[i] =
            (unsigned char)(hex_digit(event_id[2 * i]) << 4 | hex_digit(event_id[2 * i + 1]));
    }
    struct window_pending *pending = window_pending_new(windows, head, bytes);
    if (windows->keep != NULL) {
        window_keep_waits(windows, pending);
    }
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
    uint32_t place = window_place_of(windows, event, match->alert->logsource, (struct str){0});
    struct buffer *bytes = &windows->scratch;
    buffer_clear(bytes);
    for (uint32_t i = 0; i < correlation->group_by_count; i++) {
        add_part(bytes, match->group[i]);
    }
    size_t key_len = bytes->len;
    buffer_add(bytes, match->value);
    size_t carried_at = bytes->len;
    for (uint32_t i = 0; i < correlation->carried.count; i++) {
        window_carried_add(bytes, match->carried[i].ptr == NULL ? NULL : &match->carried[i]);
    }
    struct window_pending head = {
        .event = {event->time_ns, event->offset, place, event->sub},
        .series = series,
        .reference = match->reference,
        .level = window_level(correlation),
        .rank = window_rank(correlation, match->reference),
        .body = share_body(windows, match->alert),
        .key_len = (uint32_t)key_len,
        .value_len = (uint32_t)match->value.len,
        .carried_len = (uint32_t)(bytes->len - carried_at),
    };
    window_wait(windows, &head, event->id, buffer_str(bytes));
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

/* Evictions are said once an hour of event time: at the cap every match may be one. */
static void log_evictions(struct windows *windows, int64_t now_ns, bool last)
{
    uint64_t lost = windows->counters.evicted + windows->counters.refused;
    uint64_t more = lost - windows->evicted_logged;
    bool due = last || now_ns >= window_time_after(windows->logged_ns, LOG_EVERY_NS) ||
               windows->logged_ns == INT64_MIN;
    if (more > 0 && due) {
        log_write(LOG_WARNING, WHERE,
                  "%llu keys or values of correlations were dropped, or matches of new keys not "
                  "taken, at a limit: counts may be too low; narrow the rules that correlations "
                  "count",
                  (unsigned long long)more);
        windows->evicted_logged = lost;
        windows->logged_ns = now_ns;
    }
}

int64_t window_close_time(const struct windows *windows, const struct window_key *key)
{
    return window_time_after(key->time_ns,
                             windows->series[key->series].rule->correlation.timespan_ns);
}

static uint32_t depth_of(const struct windows *windows, const struct window_key *key)
{
    return windows->series[key->series].rule->correlation.depth;
}

/* The window that closes first; of equal ones the least deep, then that of the first correlation.
 */
static struct window_key *first_to_close(const struct windows *windows)
{
    struct window_key *first = NULL;
    int64_t first_ns = INT64_MAX;
    for (uint32_t i = 0; i < windows->series_count; i++) {
        struct window_key *key = windows->series[i].at_close ? windows->series[i].oldest : NULL;
        int64_t close_ns = key == NULL ? INT64_MAX : window_close_time(windows, key);
        if (key != NULL &&
            (first == NULL || close_ns < first_ns ||
             (close_ns == first_ns && depth_of(windows, key) < depth_of(windows, first)))) {
            first = key;
            first_ns = close_ns;
        }
    }
    return first;
}

/* Judges the window that ends first if its turn is before that of the first match that waits below
 * horizon_ns. A window ends behind all matches of its time that count in it, and before those that
 * its alert is one of. INT64_MAX: all windows end. */
static bool close_next(struct windows *windows, int64_t horizon_ns)
{
    const struct window_heap *heap = &windows->heap;
    bool waits = heap->count > 0 && heap->entries[0].time_ns < horizon_ns;
    int64_t time_ns = waits ? heap->entries[0].time_ns : horizon_ns;
    uint32_t level = waits ? heap->entries[0].pending->level : 0;
    if (windows->next_close_ns > time_ns ||
        (windows->next_close_ns == time_ns && level == 0 && time_ns != INT64_MAX)) {
        return false;
    }
    struct window_key *key = first_to_close(windows);
    windows->next_close_ns = key == NULL ? INT64_MAX : window_close_time(windows, key);
    if (key == NULL) {
        return false;
    }
    bool before =
        windows->next_close_ns < time_ns ||
        (windows->next_close_ns == time_ns && level > 0 && depth_of(windows, key) <= level);
    if (!before && (waits || time_ns != INT64_MAX)) {
        return false;
    }
    window_judge(windows, key);
    if (windows->keep != NULL) {
        window_keep_gone(windows, key, WINDOW_GONE_JUDGED);
    }
    window_key_free(windows, key);
    return true;
}

void window_settle(struct windows *windows, struct window_pending *pending)
{
    if (!windows->series[pending->series].at_close) {
        window_count_sliding(windows, pending);
    }
    windows->counters.early++;
    free_pending(windows, pending);
}

static void process_first(struct windows *windows)
{
    struct window_pending *pending = window_heap_pop(&windows->heap);
    int64_t time_ns = pending->event.time_ns;
    windows->reached_ns = time_ns > windows->reached_ns ? time_ns : windows->reached_ns;
    window_shrink(windows, pending);
    if (windows->series[pending->series].at_close) {
        window_count_to_close(windows, pending);
    } else {
        window_count_sliding(windows, pending);
    }
    log_evictions(windows, time_ns, false);
    free_pending(windows, pending);
}

/* The next thing of the sequence, if it is before horizon_ns: a window that closes before the first
 * match that waits, or that match. */
static bool step(struct windows *windows, int64_t horizon_ns)
{
    if (windows->heap.count == 0 || windows->heap.entries[0].time_ns >= horizon_ns) {
        return close_next(windows, horizon_ns); /* its alert may be a match again */
    }
    if (!close_next(windows, INT64_MAX)) {
        process_first(windows);
    }
    return true;
}

static void move_horizon(struct windows *windows, int64_t time_ns)
{
    windows->horizon_ns = time_ns > windows->horizon_ns ? time_ns : windows->horizon_ns;
}

/* Does what is before horizon_ns: matches, closing windows, expiry. False: enough has changed; the
 * same call again goes on with the rest. */
static bool run(struct windows *windows, int64_t horizon_ns)
{
    windows->complete_ns = horizon_ns;
    move_horizon(windows, horizon_ns);
    while (step(windows, horizon_ns)) {
        if (windows->keep != NULL && window_keep_is_full(windows)) {
            return false;
        }
    }
    if (horizon_ns == INT64_MAX) {
        return true; /* groups stay, for who asks at the end */
    }
    for (uint32_t i = 0; i < windows->series_count; i++) {
        window_expire_keys(windows, &windows->series[i], horizon_ns);
    }
    windows->expired_ns = horizon_ns;
    return true;
}

/* Bodies that only keys hold count, too; state_bytes is the smaller limit, and frees those. */
static bool over_pending_limits(const struct windows *windows)
{
    size_t bytes = windows->pending_bytes + windows->bodies_bytes;
    return windows->heap.count > windows->limits.pending ||
           (windows->heap.count > 0 && bytes > windows->limits.pending_bytes);
}

/* A second call without anything new in between does nothing. */
bool window_advance(struct windows *windows, window_emit_fn *emit, void *context)
{
    windows->emit = emit;
    windows->emit_context = context;
    if (!windows->options.ordered_at_end) {
        int64_t horizon_ns = horizon(windows);
        if (!run(windows, horizon_ns > windows->complete_ns ? horizon_ns : windows->complete_ns)) {
            return false;
        }
    }
    while (over_pending_limits(windows)) {
        move_horizon(windows, windows->heap.entries[0].time_ns);
        if (!close_next(windows, INT64_MAX)) {
            windows->counters.early++;
            process_first(windows);
        }
        if (windows->keep != NULL && window_keep_is_full(windows)) {
            return false;
        }
    }
    return true;
}

bool window_finish(struct windows *windows, window_emit_fn *emit, void *context)
{
    windows->emit = emit;
    windows->emit_context = context;
    if (!run(windows, INT64_MAX)) {
        return false;
    }
    log_evictions(windows, windows->horizon_ns, true);
    window_forget_last_body(windows);
    return true;
}

struct window_counters window_counters(const struct windows *windows)
{
    struct window_counters counters = windows->counters;
    counters.keys = windows->table.keys_count;
    counters.pending = windows->heap.count;
    return counters;
}
