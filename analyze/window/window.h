/* SPDX-License-Identifier: Apache-2.0
 *
 * window.h - correlations: matches of rules, counted per group over event time.
 *
 * In:  matches (a rule that a correlation references fired for an event), watermarks of streams.
 * Out: alerts of correlation rules.
 * Thread: the deliverer only.   Owns: pending matches, windows and their keys.
 * Invariants: (1) matches are processed in the order (event time, event id), whatever order they
 *                 came in, as long as they come within the allowance: so alerts don't depend on
 *                 batch size, threads or partitions.
 *             (2) a window is closed on both ends: a match at t counts those in [t - timespan, t].
 *             (3) one alert a crossing: after it the group is silent until the count falls below
 *                 the threshold or timespan has passed since the alert's window started.
 * Bounds: event_count >= N keeps the last N matches of a key; value_count >= N the N most recently
 *         seen distinct values. LIMIT_WINDOW_KEYS, LIMIT_WINDOW_VALUES, LIMIT_WINDOW_PENDING.
 */
#ifndef TOCSIN_ANALYZE_WINDOW_WINDOW_H
#define TOCSIN_ANALYZE_WINDOW_WINDOW_H

#include "analyze/alert/alert.h"
#include "analyze/rule/rule.h"
#include "base/arena.h"
#include "ingest/event/event.h"

#include <stdint.h>

/* What the worker keeps of an event that a correlation counts; lives in the batch's arena. */
struct match {
    uint32_t correlation; /* index into rule_set.rules of the correlation */
    uint32_t reference;   /* index into its references */
    struct stream *stream;
    const struct str *group;   /* group_by_count values */
    struct str value;          /* value_count: the value (a tuple: its parts, length-prefixed); a
                                * measure: the bytes of its decimal */
    const struct str *carried; /* one for each of correlation.carried; ptr NULL: absent */
    struct alert *alert;       /* the event as alert_make shows it: source of fields and original */
};

/* Which field ids each correlation reads, bound once; immutable. */
struct window_plan;
struct window_plan *window_plan_new(const struct rule_set *rules, const struct field_table *fields);
void window_plan_free(struct window_plan *plan);

/* Adds to matches (an array in arena of *count, grown as needed) one struct match for each
 * correlation that counts rule. An event without a group-by field is not counted: *skipped grows.
 * An array field gives its first value. Worker. */
struct match_list {
    struct match *items;
    uint32_t count;
    uint32_t capacity;
    uint64_t skipped;
};
void window_collect(const struct window_plan *plan, struct arena *arena, uint32_t rule,
                    const struct event *event, struct alert *alert, struct match_list *matches);

struct window_options {
    int64_t lateness_ns; /* how long matches wait for earlier ones */
    bool ordered_at_end; /* wait for window_finish: input whose order is unknown (scan) */
    uint64_t keys_max;   /* groups of all correlations; 0: LIMIT_WINDOW_KEYS */
    uint64_t bytes_max;  /* of what they remember; 0: LIMIT_WINDOW_STATE_KBYTES */
};

struct window_counters {
    uint64_t matches;
    uint64_t late;    /* behind the watermark when they came: counted, still processed */
    uint64_t evicted; /* keys or values dropped at a cap */
    uint64_t refused; /* not counted: its key is new, and there is no room */
    uint64_t early;   /* processed before their time because of LIMIT_WINDOW_PENDING */
    uint64_t skipped; /* without a group-by field */
    uint64_t bare;    /* kept without their record: half of LIMIT_WINDOW_PENDING_KBYTES is used */
    uint64_t keys;    /* at present */
    uint64_t pending;
};

struct windows;
struct windows *windows_new(const struct rule_set *rules, const struct window_options *options);
void windows_free(struct windows *windows);

/* Takes (copies) one match. */
void window_add(struct windows *windows, const struct match *match);
/* The stream has reached event time time_ns; TIMESTAMP_NONE: it is idle and holds nobody back. */
void window_watermark(struct windows *windows, uint32_t stream_id, int64_t time_ns);
/* Processes what the watermark allows. Alerts go to emit, in order; they live until it returns.
 * False, only of windows that are kept (window_keep.h): so many cells have changed that they must
 * be committed before the next call, which goes on from there. */
typedef void window_emit_fn(void *context, const struct alert *alert);
bool window_advance(struct windows *windows, window_emit_fn *emit, void *context);
/* End of input: processes everything that is pending. The result is that of window_advance. */
bool window_finish(struct windows *windows, window_emit_fn *emit, void *context);

/* From here on rules are another set; the set before is not used any more. A correlation of which
 * the new set has one with the same id and the same text goes on, whatever else changed; of the
 * others matches that wait are decided now, and groups are forgotten. Returns how many groups. */
uint64_t windows_change_rules(struct windows *windows, const struct rule_set *rules,
                              window_emit_fn *emit, void *context);

struct window_counters window_counters(const struct windows *windows);
/* Adds what each rule's correlation has lost at a limit: keys evicted, matches refused, values
 * dropped. by_rule is by rule index. */
void windows_add_lost(const struct windows *windows, uint64_t *by_rule);

/* The rule of the alerts that tell of it: tocsin's own, of no rule_set. */
extern const struct rule window_flood_rule;

/* A group that a correlation watches: what it has at now_ns, the latest match that was processed.
 * The condition that it must meet is the rule's. */
struct window_view {
    const struct rule *rule;
    const struct alert_field *group; /* names and values */
    uint32_t group_count;
    bool
        at_close; /* judged when the window ends, at expires_ns; else with the event that crosses */
    uint64_t count;   /* events, distinct values, rules, or steps of a temporal_ordered; above 0 */
    decimal measured; /* of a value_sum, _avg or _percentile: the number so far */
    int64_t start_ns; /* the first of them */
    int64_t expires_ns; /* at_close: the window's end; else later the first does not count */
    int64_t now_ns;
    int64_t silent_until_ns; /* after an alert: none up to then; INT64_MIN: nothing */
};
typedef void window_visit_fn(void *context, const struct window_view *view);
/* Calls visit for each live group: by rule, then by its latest match. */
void windows_visit(const struct windows *windows, window_visit_fn *visit, void *context);

#endif
