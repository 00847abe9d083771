/* SPDX-License-Identifier: Apache-2.0
 *
 * window_evidence.c - what a window found beside events: distinct values, rules that matched.
 *
 * In:  a key whose condition holds.   Out: alert.findings, in the correlator's arena.
 * Thread: the deliverer.   Owns: nothing.
 * Bounds: O(LIMIT_ALERT_EVENTS), each a hash of a coordinate.
 * Tested: tests/unit/test_window_evidence.c.
 */
#include "analyze/window/window_internal.h"

#include "base/limits.h"

static void tell_event(const struct windows *windows, const struct window_event *event,
                       struct alert_finding *finding)
{
    const struct window_place *place = &windows->places[event->place];
    finding->time_ns = event->time_ns;
    alert_event_id_at(place->source, place->partition, event->offset, event->sub,
                      finding->event_id);
}

/* The rule of the temporal's reference. */
static const struct rule *rule_of(const struct windows *windows,
                                  const struct correlation *correlation, uint32_t reference)
{
    return reference < correlation->references_count
               ? &windows->rules[correlation->references[reference].rule]
               : NULL;
}

/* The parts of a value: itself, or those of a tuple, each after its length. */
static void split_value(struct windows *windows, const struct correlation *correlation,
                        struct str value, struct alert_finding *finding)
{
    uint32_t count =
        correlation->references_count == 0 ? 1 : correlation->references[0].value.count;
    struct str *parts = arena_take(windows->arena, (count + 1) * sizeof *parts);
    const char *at = value.ptr;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t len = (uint32_t)value.len;
        if (count > 1) {
            memcpy(&len, at, sizeof len);
            at += sizeof len;
        }
        parts[i] = (struct str){at, len};
        at += len;
    }
    finding->parts = parts;
    finding->parts_count = count;
}

static void find_values(struct windows *windows, const struct window_key *key, uint32_t count,
                        struct alert *alert)
{
    const struct correlation *correlation = &windows->series[key->series].rule->correlation;
    uint32_t at = key->values->newest;
    for (uint32_t i = count; i > 0; i--) {
        const struct window_value *item = &key->values->items[at];
        struct alert_finding *finding = &alert->findings[i - 1];
        tell_event(windows, &item->event, finding);
        if (correlation->kind == CORRELATION_TEMPORAL) {
            uint32_t reference = 0;
            memcpy(&reference, item->bytes, sizeof reference);
            finding->rule = rule_of(windows, correlation, reference);
        } else {
            split_value(windows, correlation, (struct str){item->bytes, item->len}, finding);
        }
        at = item->older;
    }
}

static void find_steps(const struct windows *windows, const struct window_key *key,
                       struct alert *alert)
{
    const struct correlation *correlation = &windows->series[key->series].rule->correlation;
    uint32_t steps = key->sequence->steps_count;
    const struct window_event *events = window_sequence_events(key->sequence, steps - 1);
    for (uint32_t i = 0; i < steps; i++) {
        alert->findings[i].rule = rule_of(windows, correlation, i);
        tell_event(windows, &events[i], &alert->findings[i]);
    }
}

void window_tell_findings(struct windows *windows, const struct window_key *key,
                          uint32_t contributing, struct alert *alert)
{
    uint32_t count = 0;
    if (key->sequence != NULL) {
        count = key->sequence->steps_count;
    } else if (key->values != NULL) {
        count = windows->series[key->series].at_close ? key->values->count : contributing;
        count = count < LIMIT_ALERT_EVENTS ? count : (uint32_t)LIMIT_ALERT_EVENTS;
    }
    alert->findings_count = count;
    alert->findings = arena_take_zeroed(windows->arena, count, sizeof *alert->findings);
    if (key->sequence != NULL) {
        find_steps(windows, key, alert);
    } else if (key->values != NULL) {
        find_values(windows, key, count, alert);
    }
}
