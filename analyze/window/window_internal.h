/* SPDX-License-Identifier: Apache-2.0
 *
 * window_internal.h - the parts of the correlator: matches that wait, keys, what a key remembers.
 *
 *   pending (a heap in event-time order) -> key (correlation + group values) -> events or values
 *
 * Thread: the deliverer only.   Owns: see each struct.
 * Invariants: (1) a key's events and values are sorted by time, the oldest first.
 *             (2) a series' list of keys is sorted by key.time_ns, and keys are only ever put at
 * its end: what is at its head is the first to expire, to close or to be evicted. (3) hashes decide
 * where things are stored, never in what order they come out.
 *
 * Why keys expire by their series' list and not on a timing wheel: all keys of a series have the
 * same timespan, so the order of their latest matches is the order in which they are over. A wheel
 * costs as much (O(1) to put, O(1) to take), and needs a tick, a width of its buckets, and a
 * comparison of each key in a bucket; the list is exact to the nanosecond. (2) holds because
 * window_key_touch raises a time that is below that of the key before it. Such a late key is over
 * later than due, but not unboundedly: what it is raised to is the time of a match that was
 * processed, so at any time no key has a time after windows.reached_ns, and a key without a match
 * for a timespan of event time is over. A late match that is older than its key's newest does not
 * move the key.
 */
#ifndef TOCSIN_ANALYZE_WINDOW_WINDOW_INTERNAL_H
#define TOCSIN_ANALYZE_WINDOW_WINDOW_INTERNAL_H

#include "analyze/window/window.h"
#include "base/map.h"

/* A stream, as far as alerts name it. Interned: a remembered event holds 4 bytes of it. */
struct window_place {
    struct str source;
    int32_t partition;
    struct str logsource;
    struct str rule; /* "" or, when the event stands for an alert, the id of its correlation */
};

/* A remembered event: enough to name it in an alert. Its id is a function of its place. */
struct window_event {
    int64_t time_ns;
    uint64_t offset;
    uint32_t place; /* index into windows.places */
    uint32_t sub;
};

/* The most recent items of one size, each beginning with its window_event. */
struct window_ring {
    void *items;
    uint32_t first;
    uint32_t count;
    uint32_t capacity;
};

/* events: a ring of struct window_event. */
void window_events_release(struct window_ring *events);
/* Adds in time order, after those of equal time. With limit events held the oldest goes; an event
 * older than all of them is then not taken. */
void window_events_add(struct window_ring *events, struct window_event event, uint32_t limit);
/* Forgets events before time_ns. */
void window_events_expire(struct window_ring *events, int64_t time_ns);
/* Makes room for capacity of them, as far as limit allows. */
void window_events_reserve(struct window_ring *events, uint32_t capacity, uint32_t limit);
/* index 0 is the oldest. */
const struct window_event *window_events_at(const struct window_ring *events, uint32_t index);

#define WINDOW_VALUE_NONE UINT32_MAX

/* A distinct value and the event that showed it last. */
struct window_value {
    struct window_event event;
    uint64_t hash;
    char *bytes;
    uint32_t len;
    uint32_t older; /* neighbours in time order: indexes, or WINDOW_VALUE_NONE */
    uint32_t newer;
    uint32_t next; /* of the same bucket */
};

/* The distinct values seen most recently. items is dense; few values are searched one by one, many
 * through buckets. */
struct window_values {
    struct window_value *items;
    uint32_t count;
    uint32_t capacity;
    uint32_t oldest;
    uint32_t newest;
    uint32_t *buckets; /* NULL while there are few */
    uint32_t buckets_count;
    size_t bytes; /* held, for the account */
};

void window_values_init(struct window_values *values);
void window_values_release(struct window_values *values);
/* Notes that value was seen by event. Of more than limit values the stalest goes (which may be the
 * new one, when it comes late); returns true when one went. */
bool window_values_add(struct window_values *values, struct str value,
                       const struct window_event *event, uint32_t limit);
void window_values_expire(struct window_values *values, int64_t time_ns);
/* Makes room for capacity of them, as far as limit allows. */
void window_values_reserve(struct window_values *values, uint32_t capacity, uint32_t limit);

/* A number and the event that brought it. */
struct window_number {
    struct window_event event;
    decimal value;
};

/* The most recent numbers. */
struct window_numbers {
    struct window_ring ring; /* of struct window_number */
    decimal sum;             /* of those held; when none is held, of all */
};

/* A sum, average or percentile, not yet divided: comparisons are exact. */
struct window_measured {
    decimal numerator;
    decimal denominator; /* above 0; 0: nothing was measured */
};

void window_numbers_release(struct window_numbers *numbers);
/* Adds in time order, after those of equal time. Of more than limit the oldest goes (which may be
 * the new one, when it comes late); returns true when one went. limit 0: only the sum is kept. */
bool window_numbers_add(struct window_numbers *numbers, const struct window_number *number,
                        uint32_t limit);
/* Forgets numbers before time_ns. */
void window_numbers_expire(struct window_numbers *numbers, int64_t time_ns);
/* Makes room for capacity of them, as far as limit allows. */
void window_numbers_reserve(struct window_numbers *numbers, uint32_t capacity, uint32_t limit);
/* index 0 is the oldest. */
const struct window_number *window_numbers_at(const struct window_numbers *numbers, uint32_t index);
/* The percentile (in millionths) of the numbers held, at least one; between two of them by linear
 * interpolation. */
struct window_measured window_numbers_percentile(const struct window_numbers *numbers,
                                                 uint32_t percentile);

/* How far a group has come in the list of a temporal_ordered. */
struct window_sequence {
    uint32_t steps_count;
    int64_t newest_ns; /* the latest match; INT64_MIN: none */
    bool reached[CORRELATION_STEPS_MAX];
    struct window_event events[]; /* of step n: n + 1, one for each step up to it */
};

struct window_sequence *window_sequence_new(uint32_t steps_count);
/* Notes a match of the step's rule. True when it completes the list by an occurrence that does not
 * begin before begin_ns. */
bool window_sequence_add(struct window_sequence *sequence, uint32_t step,
                         const struct window_event *event, int64_t begin_ns);
/* The step + 1 events of the occurrence that has reached step. */
const struct window_event *window_sequence_events(const struct window_sequence *sequence,
                                                  uint32_t step);
/* The step was reached by these step + 1 events. */
void window_sequence_set(struct window_sequence *sequence, uint32_t step,
                         const struct window_event *events);
size_t window_sequence_bytes(const struct window_sequence *sequence);

/* The parts of an event that only the alert shows; shared by the matches of one event. */
struct window_body {
    uint32_t refs;
    uint32_t fields_count;
    struct alert_field *fields;
    struct str original;
    uint64_t original_len;
    size_t bytes;
    uint64_t number;  /* which body it is, also in another process */
    uint32_t unpaged; /* window_keep: so many matches of it are on no page yet */
    uint32_t index;   /* its place among the bodies of the page that was written last with it */
    uint64_t written; /* which writing of a page that was */
};

/* All keep windows.bodies_bytes. NULL is fine for drop. */
struct window_body *window_body_new(struct windows *windows, const struct alert *alert);
/* The body of the alert's fields and of original, of which the whole had original_len bytes. */
struct window_body *window_body_make(struct windows *windows, const struct alert *alert,
                                     struct str original);
void window_body_drop(struct windows *windows, struct window_body *body);

/* A match that waits for its turn. key: the group values, each after its length in 4 bytes. */
struct window_pending {
    unsigned char id[EVENT_ID_TEXT / 2];
    struct window_event event;
    uint32_t series;
    uint32_t reference;
    uint8_t rank;  /* among matches of one time and level: a sequence's steps in their order */
    uint8_t level; /* before it: those that are counted by the least deep correlations come first */
    uint32_t carried_len;
    struct window_body *body;
    uint32_t key_len;
    uint32_t value_len;
    uint32_t page; /* window_keep: its page, and its place there */
    uint32_t slot;
    char bytes[]; /* key, value, what is carried: see window_carried_add */
};

/* A binary heap; times, ranks and most of the ids stand in it, so that comparisons touch nothing
 * else: logs with whole seconds have many matches of one time. */
struct window_heap {
    struct window_heap_entry {
        int64_t time_ns;
        uint64_t place; /* the level, the rank, then the id's first six bytes */
        struct window_pending *pending;
    } * entries;
    size_t count;
    size_t capacity;
};

void window_heap_push(struct window_heap *heap, struct window_pending *pending);
/* The first in the order (time, level, rank, event id, correlation, reference); the heap must not
 * be empty. */
struct window_pending *window_heap_pop(struct window_heap *heap);

/* The latest value of a field that correlations above look at. */
struct window_carried {
    int64_t time_ns;
    char *ptr; /* NULL: no event had it */
    uint32_t len;
};

/* One group of one correlation. */
struct window_key {
    uint64_t hash;
    struct window_key *older; /* neighbours in the series' list */
    struct window_key *newer;
    int64_t time_ns;         /* place in the list: see window_key_touch */
    int64_t silent_until_ns; /* after an alert; unused when series.at_close */
    uint64_t count;          /* series.at_close: matches since time_ns, the first's time */
    struct window_ring events;
    struct window_values *values;     /* value_count, temporal */
    struct window_sequence *sequence; /* temporal_ordered */
    struct window_numbers *numbers;   /* a sum, average or percentile */
    struct window_body *body;         /* series.at_close: of the newest match */
    struct window_carried *carried;   /* one for each of correlation.carried, or NULL */
    uint64_t turn;                    /* when it was put at its list's end: a number that grows */
    uint32_t series;
    uint32_t len;
    uint32_t changed; /* window_keep: its number among changed keys, from 1; 0: it is none */
    bool stored;      /* a commit has it */
    char bytes[];
};

/* Keys by hash, series and name. */
struct window_slots {
    struct window_key **keys;
    size_t count; /* a power of 2, or 0 */
};

struct window_table {
    struct window_slots now;
    struct window_slots old; /* from where keys still move to now */
    size_t old_at;           /* the next slot that moves */
    size_t keys_count;
};

/* The key must not be there yet. */
void window_table_add(struct window_table *table, struct window_key *key);
struct window_key *window_table_find(const struct window_table *table, uint64_t hash,
                                     uint32_t series, struct str bytes);
/* The key must be there. */
void window_table_remove(struct window_table *table, const struct window_key *key);
/* Empties it, and keeps the room. */
void window_table_clear(struct window_table *table);
void window_table_release(struct window_table *table);

/* How often keys came lately that were refused: counters of 4 bits that age. */
struct window_sketch {
    uint32_t *counters; /* NULL: none was refused yet */
    uint64_t sets_count;
    uint64_t counts;
};

/* A sketch has about as many counters as there may be keys, but not more than these. */
#define WINDOW_SKETCH_MAX (UINT64_C(1) << 24)

void window_sketch_init(struct window_sketch *sketch, uint64_t keys);
void window_sketch_release(struct window_sketch *sketch);
/* Counts one more of the key with this hash. Returns how many that are, 15 at most; keys that came
 * long ago are forgotten. */
uint32_t window_sketch_count(struct window_sketch *sketch, uint64_t hash);

/* One correlation rule at work. */
struct window_series {
    const struct rule *rule;
    uint64_t fingerprint;  /* see window_fingerprint */
    bool at_close;         /* judged when the window ends: see correlation_at_close */
    bool counted;          /* by correlations of correlations */
    uint32_t events_limit; /* of a key's ring */
    uint32_t values_limit;
    struct window_key *oldest;
    struct window_key *newest;
    struct window_key *hand; /* where the next victim is looked for; NULL: at the oldest */
    uint64_t keys_count;
    size_t bytes;  /* of its keys */
    uint64_t lost; /* keys evicted, matches of keys refused, values dropped: at a limit */
    uint64_t lost_told;
    int64_t told_ns; /* when an alert last told of it; INT64_MIN: never */
};

struct window_limits {
    uint64_t keys;
    uint32_t values;
    uint64_t state_bytes;
    uint64_t pending;
    uint64_t pending_bytes;
};

struct window_stream {
    int64_t time_ns;
    bool active;
};

struct windows {
    struct window_options options;
    struct window_limits limits;
    struct window_series *series;
    uint32_t series_count;
    uint32_t *series_of_rule; /* by rule index; UINT32_MAX: not a correlation */
    const struct rule *rules;
    uint32_t rules_count;
    struct window_place *places;
    uint32_t places_count;
    uint32_t places_capacity;
    struct map *places_map;
    struct buffer scratch;
    struct window_heap heap;
    size_t pending_bytes; /* without bodies */
    size_t bodies_bytes;
    struct window_table table; /* of all keys */
    size_t state_bytes;
    struct window_sketch sketch;
    int64_t expiry_ns; /* no sliding key is over before it: see window_admit.c */
    uint64_t seed;
    struct window_stream *streams;
    uint32_t streams_count;
    uint32_t streams_capacity;
    int64_t horizon_ns;  /* what is before it is late: some was processed before its turn */
    int64_t complete_ns; /* by the streams, all before it has come: is processed, or about to be */
    int64_t expired_ns;  /* keys that are too old for it were forgotten */
    int64_t reached_ns;  /* the latest match that was processed */
    int64_t next_close_ns; /* no window closes before it */
    int64_t logged_ns;     /* event time of the last word about evictions */
    uint64_t evicted_logged;
    char last_id[EVENT_ID_TEXT + 1]; /* of last_body: one event's matches share it */
    struct window_body *last_body;
    uint64_t bodies_made;
    uint64_t turns;
    struct window_keep *keep; /* NULL: nothing is told */
    struct window_counters counters;
    struct arena *arena; /* of the alert that is being given out */
    window_emit_fn *emit;
    void *emit_context;
};

/* Tests lower them; called before the first match. */
void windows_set_limits(struct windows *windows, const struct window_limits *limits);

/* The key of these bytes, or NULL. */
struct window_key *window_key_find(struct windows *windows, uint32_t series, struct str bytes);
/* A new key in the table and, as by window_key_touch, in the list. Of a match: window_admit comes
 * first. */
struct window_key *window_key_new(struct windows *windows, uint32_t series, struct str bytes,
                                  int64_t time_ns);
void window_key_free(struct windows *windows, struct window_key *key);
/* A key as it was told, in the table, and in its list behind all others, whatever its time is. */
struct window_key *window_key_restore(struct windows *windows, uint32_t series, struct str bytes);
/* Puts the series' list in the order of turns. False: the times are in another order. */
bool window_keys_sort(struct window_series *series);
/* Files all keys anew: the numbers of their series are other ones. */
void window_keys_rehash(struct windows *windows);
/* What of a correlation's rule its groups and matches depend on: while it is the same, they go on
 * over a change of rules and in another process. */
uint64_t window_fingerprint(const struct rule *rule);
/* Makes series, without keys, of the correlations of rules. The arrays before are the caller's. */
void windows_bind(struct windows *windows, const struct rule_set *rules);
/* Counts, before its turn, and frees a match that is no longer in the heap. Of a series that is
 * judged at its windows' end it is not counted. */
void window_settle(struct windows *windows, struct window_pending *pending);
/* Moves the key to the end of its series' list. key.time_ns becomes time_ns or, if that is late,
 * the time of the key before it: a late match then costs no search, and its key lives a little
 * longer. */
void window_key_touch(struct windows *windows, struct window_key *key, int64_t time_ns);
/* Bytes that the key holds. */
size_t window_key_bytes(const struct windows *windows, const struct window_key *key);
/* The key held bytes before it changed. */
static inline void window_key_account(struct windows *windows, const struct window_key *key,
                                      size_t before)
{
    size_t grown = window_key_bytes(windows, key) - before; /* or shrunk: modulo 2^64 */
    windows->state_bytes += grown;
    windows->series[key->series].bytes += grown;
}
uint64_t window_key_hash(const struct windows *windows, uint32_t series, struct str bytes);

/* Whether the match, whose key is none yet, may have one. At a limit others go for it, or it is
 * refused: see window_admit.c. */
bool window_admit(struct windows *windows, const struct window_pending *pending);
/* Before a match is counted: makes keys go until what all hold is within the limit again. */
void window_shrink(struct windows *windows, const struct window_pending *pending);
/* Counts count keys, matches or values of the series that are lost at a limit while pending is
 * counted; raises the alert that says so, unless one did within the hour. */
void window_lose(struct windows *windows, uint32_t series, uint64_t count,
                 const struct window_pending *pending);

/* The group-by names with the key's values; group has room for all. */
void window_key_group(const struct windows *windows, const struct window_key *key,
                      struct alert_field *group);

/* time + span and time - span, held at the ends of the range. */
static inline int64_t window_time_after(int64_t time_ns, int64_t span_ns)
{
    int64_t sum = 0;
    return __builtin_add_overflow(time_ns, span_ns, &sum) ? INT64_MAX : sum;
}

static inline int64_t window_time_before(int64_t time_ns, int64_t span_ns)
{
    int64_t difference = 0;
    return __builtin_sub_overflow(time_ns, span_ns, &difference) ? INT64_MIN : difference;
}

/* Matches needed to fire: a threshold of 0 is reached by the first match. */
uint64_t window_needed(const struct threshold *threshold);
/* When the window of a key of a series that is at_close ends. */
int64_t window_close_time(const struct windows *windows, const struct window_key *key);
/* Forgets keys of a sliding series all of whose events are too old for a match at time_ns. Their
 * silence is over, too: it ends a timespan after an event that is older than their newest. */
void window_expire_keys(struct windows *windows, struct window_series *series, int64_t time_ns);
/* Counts in [now - timespan, now], where now is the key's newest match. */
void window_count_sliding(struct windows *windows, const struct window_pending *pending);
/* Counts in [first, first + timespan], where first is the match that opened the window. */
void window_count_to_close(struct windows *windows, struct window_pending *pending);
/* What the open window of such a key measures so far. */
decimal window_measure(const struct windows *windows, const struct window_key *key);
/* The window of key, of a series that is at_close, is over. */
void window_judge(struct windows *windows, struct window_key *key);

/* A condition holds: what the alert tells. */
struct window_verdict {
    const struct window_event *crossed; /* the event that crossed; NULL: the window has closed */
    struct window_body *body;           /* of the last event */
    uint32_t contributing;              /* so many of the latest events or values */
    int64_t start_ns;                   /* the first of them, or the window's begin */
    uint64_t count;
    struct window_measured measured;
};

/* The number of the place of event, or of an alert of the correlation rule that it stands for. */
uint32_t window_place_of(struct windows *windows, const struct alert_event *event,
                         struct str logsource, struct str rule);
/* Of matches that the correlation counts. */
static inline uint8_t window_level(const struct correlation *correlation)
{
    return (uint8_t)(correlation->depth > 0 ? correlation->depth - 1 : 0);
}

/* A sequence's matches of one time come in the order of its steps. */
static inline uint8_t window_rank(const struct correlation *correlation, uint32_t reference)
{
    return (uint8_t)(correlation->kind == CORRELATION_TEMPORAL_ORDERED ? reference : 0);
}

/* Forgets which event's body came last. */
void window_forget_last_body(struct windows *windows);
/* A match in the heap: head, and its bytes. */
struct window_pending *window_pending_new(struct windows *windows,
                                          const struct window_pending *head, struct str bytes);
/* Takes a match: head, which gets its id, and its bytes. */
void window_wait(struct windows *windows, struct window_pending *head, const char *event_id,
                 struct str bytes);
/* Adds a carried text, or that there is none. */
void window_carried_add(struct buffer *buffer, const struct str *text);
/* The key remembers what the match carries. */
void window_carry(struct windows *windows, struct window_key *key,
                  const struct window_pending *pending);
void window_carried_release(const struct windows *windows, struct window_key *key);
size_t window_carried_bytes(const struct windows *windows, const struct window_key *key);
/* The alert of key is a match of the correlations that count key's. */
void window_hit(struct windows *windows, const struct window_key *key,
                const struct window_verdict *verdict, const struct alert *alert);

/* Fills findings of the alert of key: what so many of its latest values are. */
void window_tell_findings(struct windows *windows, const struct window_key *key,
                          uint32_t contributing, struct alert *alert);

/* Gives out the alert of key. */
void window_alert(struct windows *windows, struct window_key *key,
                  const struct window_verdict *verdict);

#endif
