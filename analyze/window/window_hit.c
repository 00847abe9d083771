/* SPDX-License-Identifier: Apache-2.0
 *
 * window_hit.c - correlations of correlations: an alert of one is a match of those that count it.
 *
 * In:  a group whose condition holds.   Out: matches that wait for their turn, right behind what is
 *      being processed.
 * Thread: the deliverer.   Owns: what keys carry for those above them.
 * Invariants: (1) a field has the value of the latest event of the child's window that has it;
 *                 what the child groups by is its group.
 *             (2) the match's time is that of the event that crossed, or the end of the window that
 *                 was judged: never before what was processed, unless the event was late.
 * Bounds: an alert costs O(correlations * their references); others cost nothing.
 * Tested: tests/unit/test_window_nested.c, tests/property/test_window_nested.c.
 */
#include "analyze/window/window_internal.h"

#include "base/memory.h"

/* A length of 0 says that there is none: those of texts are one more. */
static const char *next_carried(const char *at, bool *there, struct str *text)
{
    uint32_t len = 0;
    memcpy(&len, at, sizeof len);
    *there = len > 0;
    *text = (struct str){at + sizeof len, *there ? len - 1 : 0};
    return at + sizeof len + text->len;
}

void window_carried_add(struct buffer *buffer, const struct str *text)
{
    uint32_t len = text == NULL ? 0 : (uint32_t)text->len + 1;
    buffer_add(buffer, (struct str){(const char *)&len, sizeof len});
    if (text != NULL) {
        buffer_add(buffer, *text);
    }
}

void window_carry(struct windows *windows, struct window_key *key,
                  const struct window_pending *pending)
{
    const struct str_list *names = &windows->series[key->series].rule->correlation.carried;
    const char *at = pending->bytes + pending->key_len + pending->value_len;
    if (names->count > 0 && key->carried == NULL) {
        key->carried = memory_new(names->count, sizeof *key->carried);
    }
    for (uint32_t i = 0; i < names->count; i++) {
        struct window_carried *carried = &key->carried[i];
        struct str text = {0};
        bool there = false;
        at = next_carried(at, &there, &text);
        if (!there || (carried->ptr != NULL && pending->event.time_ns < carried->time_ns)) {
            continue;
        }
        memory_free(carried->ptr);
        carried->ptr = memory_copy_str(text);
        carried->len = (uint32_t)text.len;
        carried->time_ns = pending->event.time_ns;
    }
}

void window_carried_release(const struct windows *windows, struct window_key *key)
{
    uint32_t count = windows->series[key->series].rule->correlation.carried.count;
    for (uint32_t i = 0; i < count && key->carried != NULL; i++) {
        memory_free(key->carried[i].ptr);
    }
    memory_free(key->carried);
    key->carried = NULL;
}

size_t window_carried_bytes(const struct windows *windows, const struct window_key *key)
{
    uint32_t count = windows->series[key->series].rule->correlation.carried.count;
    size_t bytes = 0;
    for (uint32_t i = 0; i < count && key->carried != NULL; i++) {
        bytes += sizeof *key->carried + (key->carried[i].ptr != NULL ? key->carried[i].len + 1 : 0);
    }
    return bytes;
}

/* What the key's correlation calls name; false: its window has no such thing. */
static bool look_up(const struct windows *windows, const struct window_key *key, int64_t start_ns,
                    struct str name, struct str *text)
{
    const struct correlation *correlation = &windows->series[key->series].rule->correlation;
    const char *at = key->bytes;
    for (uint32_t i = 0; i < correlation->group_by_count; i++) {
        uint32_t len = 0;
        memcpy(&len, at, sizeof len);
        *text = (struct str){at + sizeof len, len};
        at += sizeof len + len;
        if (str_equal(correlation->group_by[i], name)) {
            return true;
        }
    }
    for (uint32_t i = 0; i < correlation->carried.count; i++) {
        const struct window_carried *carried = key->carried == NULL ? NULL : &key->carried[i];
        if (str_equal(correlation->carried.items[i], name) && carried != NULL &&
            carried->ptr != NULL && carried->time_ns >= start_ns) {
            *text = (struct str){carried->ptr, carried->len};
            return true;
        }
    }
    return false;
}

/* A part of a group or of a tuple: after its length. */
static void add_part(struct buffer *buffer, struct str part)
{
    uint32_t len = (uint32_t)part.len;
    buffer_add(buffer, (struct str){(const char *)&len, sizeof len});
    buffer_add(buffer, part);
}

struct hit {
    struct windows *windows;
    const struct window_key *key;
    const struct window_verdict *verdict;
    uint32_t series; /* that counts it */
    uint32_t reference;
};

static bool add_value(const struct hit *hit, struct buffer *out)
{
    const struct correlation *parent = &hit->windows->series[hit->series].rule->correlation;
    const struct str_list *names = &parent->references[hit->reference].value;
    struct str text = {0};
    if (parent->kind == CORRELATION_TEMPORAL) {
        buffer_add(out, (struct str){(const char *)&hit->reference, sizeof hit->reference});
        return true;
    }
    for (uint32_t i = 0; i < names->count; i++) {
        decimal number = 0;
        if (!look_up(hit->windows, hit->key, hit->verdict->start_ns, names->items[i], &text)) {
            return false;
        }
        if (correlation_measures(parent->kind)) {
            if (!decimal_parse(text, &number)) {
                return false;
            }
            buffer_add(out, (struct str){(const char *)&number, sizeof number});
        } else if (names->count == 1) {
            buffer_add(out, text);
        } else {
            add_part(out, text);
        }
    }
    return true;
}

static void add_hit(const struct hit *hit, const struct window_event *event, const char *event_id)
{
    struct windows *windows = hit->windows;
    const struct correlation *parent = &windows->series[hit->series].rule->correlation;
    const struct correlation_reference *reference = &parent->references[hit->reference];
    struct buffer *bytes = &windows->scratch;
    struct str text = {0};
    buffer_clear(bytes);
    for (uint32_t i = 0; i < parent->group_by_count; i++) {
        if (!look_up(windows, hit->key, hit->verdict->start_ns, reference->group_by[i], &text)) {
            windows->counters.skipped++;
            return;
        }
        add_part(bytes, text);
    }
    size_t key_len = bytes->len;
    if (!add_value(hit, bytes)) {
        windows->counters.skipped++;
        return;
    }
    size_t value_len = bytes->len - key_len;
    for (uint32_t i = 0; i < parent->carried.count; i++) {
        bool there =
            look_up(windows, hit->key, hit->verdict->start_ns, reference->carried[i], &text);
        window_carried_add(bytes, there ? &text : NULL);
    }
    struct window_pending head = {
        .event = *event,
        .series = hit->series,
        .reference = hit->reference,
        .level = window_level(parent),
        .rank = window_rank(parent, hit->reference),
        .body = hit->verdict->body,
        .key_len = (uint32_t)key_len,
        .value_len = (uint32_t)value_len,
        .carried_len = (uint32_t)(bytes->len - key_len - value_len),
    };
    head.body->refs++;
    window_wait(windows, &head, event_id, buffer_str(bytes));
}

void window_hit(struct windows *windows, const struct window_key *key,
                const struct window_verdict *verdict, const struct alert *alert)
{
    const struct rule *rule = windows->series[key->series].rule;
    const struct alert_event *last = &alert->events[alert->events_count - 1];
    struct window_event event = {
        .time_ns = windows->series[key->series].at_close ? alert->window_end_ns : alert->time_ns,
        .offset = last->offset,
        .place = window_place_of(windows, last, alert->logsource, rule->id),
        .sub = last->sub,
    };
    for (uint32_t s = 0; s < windows->series_count; s++) {
        const struct correlation *parent = &windows->series[s].rule->correlation;
        for (uint32_t r = 0; r < parent->references_count; r++) {
            if (windows->series_of_rule[parent->references[r].rule] == key->series) {
                struct hit hit = {windows, key, verdict, s, r};
                add_hit(&hit, &event, last->id);
            }
        }
    }
}
