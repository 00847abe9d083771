/* SPDX-License-Identifier: Apache-2.0
 *
 * window_reload.c - windows over a change of rules: what unchanged correlations counted stays.
 *
 * In:  the rules as they are now, another set.   Out: windows of the other set.
 * Thread: the deliverer.   Owns: nothing.
 * Invariants: (1) a correlation is unchanged when the other set has one of its id whose document is
 *                 word for word the same: it keeps its groups and the matches that wait for it,
 *                 whatever changed among other rules.
 *             (2) of the others, matches that wait are decided at once, in their order, but for
 *                 windows that are judged at their end: "at most" can be said only of a window that
 *                 was watched to its end.
 * Bounds: O(groups + waiting matches * log).
 * Tested: tests/unit/test_window_reload.c.
 */
#include "analyze/window/window_keep_internal.h"

#include "base/ensure.h"
#include "base/memory.h"

#define GONE UINT32_MAX

/* The number that the series has among those of rules, or GONE. */
static uint32_t find_successor(const struct rule_set *rules, const struct window_series *series)
{
    uint32_t found = rule_set_find(rules, series->rule->id);
    if (found == UINT32_MAX) {
        return GONE;
    }
    const struct rule *other = &rules->rules[found];
    if (other->correlation.kind == CORRELATION_NONE ||
        window_fingerprint(other) != series->fingerprint) {
        return GONE;
    }
    uint32_t number = 0;
    for (uint32_t i = 0; i < found; i++) {
        number += rules->rules[i].correlation.kind != CORRELATION_NONE ? 1 : 0;
    }
    return number;
}

/* Takes all that waits out of the heap, in order: of series that go on back into it, under their
 * new numbers; the others' is decided. */
static void settle_pending(struct windows *windows, const uint32_t *successors)
{
    size_t kept = 0;
    size_t capacity = 0;
    struct window_pending **waiting = NULL;
    while (windows->heap.count > 0) { /* what is decided may add to it */
        struct window_pending *pending = window_heap_pop(&windows->heap);
        if (successors[pending->series] == GONE) {
            window_settle(windows, pending);
        } else {
            MEMORY_GROW(waiting, kept, capacity);
            waiting[kept++] = pending;
        }
    }
    for (size_t i = 0; i < kept; i++) {
        waiting[i]->series = successors[waiting[i]->series];
        window_heap_push(&windows->heap, waiting[i]);
    }
    memory_free(waiting);
}

static uint64_t drop_keys(struct windows *windows, struct window_series *series)
{
    uint64_t dropped = 0;
    while (series->oldest != NULL) {
        if (windows->keep != NULL) {
            window_keep_gone(windows, series->oldest, WINDOW_GONE_DROPPED);
        }
        window_key_free(windows, series->oldest);
        dropped++;
    }
    return dropped;
}

static void adopt(struct window_series *series, const struct window_series *before, uint32_t number)
{
    series->oldest = before->oldest;
    series->newest = before->newest;
    series->hand = before->hand;
    series->keys_count = before->keys_count;
    series->bytes = before->bytes;
    series->lost = before->lost;
    series->lost_told = before->lost_told;
    series->told_ns = before->told_ns;
    for (struct window_key *key = series->oldest; key != NULL; key = key->newer) {
        key->series = number;
    }
}

uint64_t windows_change_rules(struct windows *windows, const struct rule_set *rules,
                              window_emit_fn *emit, void *context)
{
    uint32_t *successors = memory_new(windows->series_count + 1, sizeof *successors);
    struct window_series *before = windows->series;
    uint32_t before_count = windows->series_count;
    uint64_t dropped = 0;
    windows->emit = emit;
    windows->emit_context = context;
    for (uint32_t i = 0; i < before_count; i++) {
        successors[i] = find_successor(rules, &before[i]);
    }
    settle_pending(windows, successors);
    for (uint32_t i = 0; i < before_count; i++) {
        dropped += successors[i] == GONE ? drop_keys(windows, &before[i]) : 0;
    }
    memory_free(windows->series_of_rule);
    windows_bind(windows, rules);
    for (uint32_t i = 0; i < before_count; i++) {
        if (successors[i] != GONE) {
            ENSURE(successors[i] < windows->series_count);
            adopt(&windows->series[successors[i]], &before[i], successors[i]);
        }
    }
    window_keys_rehash(windows);
    memory_free(before);
    memory_free(successors);
    return dropped;
}
