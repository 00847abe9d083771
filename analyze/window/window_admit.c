/* SPDX-License-Identifier: Apache-2.0
 *
 * window_admit.c - who may be remembered when there is no more room: a flood of random groups must
 * not wash away those that fill slowly.
 *
 * Below the limits nothing here has any effect. At one of them:
 *   - Room is first made by what is over: groups that are too old to count.
 *   - Who loses a group is the correlation that holds most (max-min fairness): so each is sure of
 *     limit / correlations, and may use what others leave.
 *   - A correlation below that share gets its new group at once. Else the new group competes with a
 *     present one: it gets in when it has come more often (lately, as window_sketch.c knows) than
 *     the present one has progressed towards its alert. A group that comes once never does. That is
 *     TinyLFU's admission (Einziger, Friedman, Manes, 2017), but what a present group has is known,
 *     and does not age while its window lasts: a flood may take as long as it likes.
 *   - The present one is the weakest of the next few under a hand that goes round, as in CLOCK.
 *   - Who is present may grow, up to the limit, into a reserve that new groups do not touch. Beyond
 *     it the weakest go; a group that holds a large part of all goes itself.
 * What was refused is not counted later: a count is never higher than the truth.
 *
 * In:  matches of groups that are not known.   Out: room, or a refusal; lost groups counted.
 * Thread: the deliverer.   Owns: the sketch.
 * Bounds: O(1) a refusal; O(correlations) for a new group that others go for, and when something
 *         is over.
 * Tested: tests/property/test_window_flood.c, tests/unit/test_window.c.
 */
#include "analyze/window/window_keep_internal.h"

#include "base/ensure.h"

#define LOOKED_AT 8  /* keys, for a victim */
#define RESERVE   16 /* one part of so many of all bytes is for the growth of who is present */
#define FAT       16 /* a key that holds more than one part of so many is fat */

enum resource { KEYS, BYTES };

/* What is used up: nothing more is taken for a new key. */
static bool used_up(const struct windows *windows, enum resource resource)
{
    uint64_t limit = windows->limits.state_bytes;
    return resource == KEYS ? windows->table.keys_count >= windows->limits.keys
                            : windows->state_bytes > limit - limit / RESERVE;
}

static uint64_t held(const struct window_series *series, enum resource resource)
{
    return resource == KEYS ? series->keys_count : series->bytes;
}

static bool below_share(const struct windows *windows, const struct window_series *series,
                        enum resource resource)
{
    uint64_t limit = resource == KEYS ? windows->limits.keys : windows->limits.state_bytes;
    return held(series, resource) < limit / windows->series_count;
}

/* Of equal ones the first. */
static struct window_series *largest(struct windows *windows, enum resource resource)
{
    struct window_series *series = &windows->series[0];
    for (uint32_t i = 1; i < windows->series_count; i++) {
        if (held(&windows->series[i], resource) > held(series, resource)) {
            series = &windows->series[i];
        }
    }
    return series;
}

/* How far the key is on its way to an alert, in matches. */
static uint64_t progress(const struct windows *windows, const struct window_key *key)
{
    if (windows->series[key->series].at_close) {
        return key->count;
    }
    if (key->values != NULL) {
        return key->values->count;
    }
    if (key->sequence != NULL) {
        uint64_t steps = 0;
        for (uint32_t step = 0; step < key->sequence->steps_count; step++) {
            steps += key->sequence->reached[step] ? 1 : 0;
        }
        return steps;
    }
    return key->numbers != NULL ? key->numbers->ring.count : key->events.count;
}

/* Of the next keys the one that has made least progress; of equal ones the first. */
static struct window_key *weakest(const struct windows *windows, struct window_series *series)
{
    struct window_key *found = NULL;
    uint64_t least = 0;
    ENSURE(series->oldest != NULL);
    for (int i = 0; i < LOOKED_AT; i++) {
        struct window_key *key = series->hand != NULL ? series->hand : series->oldest;
        uint64_t has = progress(windows, key);
        if (found == NULL || has < least) {
            found = key;
            least = has;
        }
        series->hand = key->newer;
    }
    return found;
}

static void evict(struct windows *windows, struct window_key *key,
                  const struct window_pending *pending)
{
    uint32_t series = key->series;
    if (windows->keep != NULL) {
        window_keep_gone(windows, key, WINDOW_GONE_EVICTED);
    }
    window_key_free(windows, key);
    windows->counters.evicted++;
    window_lose(windows, series, 1, pending);
}

/* Forgets what is over in all series; if nothing can be, that costs one comparison. */
static void sweep(struct windows *windows, int64_t time_ns)
{
    if (time_ns <= windows->expiry_ns) {
        return;
    }
    windows->expiry_ns = INT64_MAX;
    for (uint32_t i = 0; i < windows->series_count; i++) {
        struct window_series *series = &windows->series[i];
        window_expire_keys(windows, series, time_ns);
        if (!series->at_close && series->oldest != NULL &&
            window_close_time(windows, series->oldest) < windows->expiry_ns) {
            windows->expiry_ns = window_close_time(windows, series->oldest);
        }
    }
}

/* Takes a key away for the new one of the series, which came so often. */
static bool compete(struct windows *windows, enum resource resource, uint32_t came,
                    const struct window_pending *pending)
{
    bool owed = below_share(windows, &windows->series[pending->series], resource);
    if (!owed && came < 2) {
        return false; /* who is present came once, too */
    }
    struct window_series *loser = largest(windows, resource);
    if (loser->oldest == NULL) {
        return false; /* the limit is below what one key takes */
    }
    struct window_key *victim = weakest(windows, loser);
    if (!owed && progress(windows, victim) >= came) {
        return false;
    }
    evict(windows, victim, pending);
    return true;
}

static uint32_t count_coming(struct windows *windows, const struct window_pending *pending)
{
    struct str bytes = {pending->bytes, pending->key_len};
    if (windows->sketch.counters == NULL) {
        window_sketch_init(&windows->sketch, windows->limits.keys);
    }
    return window_sketch_count(&windows->sketch, window_key_hash(windows, pending->series, bytes));
}

static bool has_room(struct windows *windows)
{
    if (used_up(windows, KEYS) || used_up(windows, BYTES)) {
        return false;
    }
    windows->expiry_ns = INT64_MIN; /* the new key may be over before what was the first */
    return true;
}

bool window_admit(struct windows *windows, const struct window_pending *pending)
{
    if (has_room(windows)) {
        return true;
    }
    sweep(windows, pending->event.time_ns);
    if (has_room(windows)) {
        return true;
    }
    uint32_t came = count_coming(windows, pending);
    bool admitted = !used_up(windows, BYTES) || compete(windows, BYTES, came, pending);
    while (admitted && used_up(windows, KEYS)) {
        admitted = compete(windows, KEYS, came, pending);
    }
    if (admitted) {
        windows->expiry_ns = INT64_MIN;
        return true;
    }
    windows->counters.refused++;
    window_lose(windows, pending->series, 1, pending);
    return false;
}

/* A match's own key when it holds so much that many small ones would have to go for it. */
static struct window_key *fat_key(struct windows *windows, const struct window_pending *pending)
{
    struct str bytes = {pending->bytes, pending->key_len};
    struct window_key *key = window_key_find(windows, pending->series, bytes);
    bool fat = key != NULL && window_key_bytes(windows, key) > windows->limits.state_bytes / FAT;
    return fat ? key : NULL;
}

void window_shrink(struct windows *windows, const struct window_pending *pending)
{
    if (windows->state_bytes <= windows->limits.state_bytes) {
        return;
    }
    sweep(windows, pending->event.time_ns);
    while (windows->state_bytes > windows->limits.state_bytes && windows->table.keys_count > 0) {
        struct window_key *key = fat_key(windows, pending);
        key = key != NULL ? key : weakest(windows, largest(windows, BYTES));
        evict(windows, key, pending);
    }
}
