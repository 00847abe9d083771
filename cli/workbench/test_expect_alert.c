/* SPDX-License-Identifier: Apache-2.0
 *
 * test_expect_alert.c - does a case bring the alerts that it expects, no more and no fewer?
 */
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/workbench/test_run.h"

#include <inttypes.h>

static bool is_under_test(const struct trial *trial, const struct test_subject *subject,
                          const struct rule *rule)
{
    uint32_t index = (uint32_t)(rule - trial_rules(trial)->rules);
    uint32_t i = 0;
    while (i < subject->count && subject->rules[i] != index) {
        i++;
    }
    return i < subject->count;
}

static const struct alert_field *find_field(const struct alert_field *fields, uint32_t count,
                                            struct str name)
{
    uint32_t i = 0;
    while (i < count && !str_equal(fields[i].name, name)) {
        i++;
    }
    return i < count ? &fields[i] : NULL;
}

/* The first of wanted that fields lacks; NULL: none. */
static const struct alert_field *find_lack(const struct test_fields *wanted,
                                           const struct alert_field *fields, uint32_t count)
{
    for (uint32_t i = 0; i < wanted->count; i++) {
        const struct alert_field *found = find_field(fields, count, wanted->items[i].name);
        if (found == NULL || !str_equal(found->value, wanted->items[i].value)) {
            return &wanted->items[i];
        }
    }
    return NULL;
}

/* Adds the first difference; nothing: the alert is as wanted. */
static void add_difference(const struct test_alert *wanted, const struct alert *alert,
                           struct buffer *out)
{
    const struct alert_field *lack = find_lack(&wanted->group, alert->group, alert->group_count);
    const struct alert_field *has =
        lack == NULL ? NULL : find_field(alert->group, alert->group_count, lack->name);
    if (lack == NULL) {
        lack = find_lack(&wanted->fields, alert->fields, alert->fields_count);
        has = lack == NULL ? NULL : find_field(alert->fields, alert->fields_count, lack->name);
    }
    if (wanted->rule.len > 0 && !test_run_is_called(alert->rule, wanted->rule)) {
        buffer_add_text(out, "is of another rule");
    } else if (wanted->has_value && wanted->value != alert->value) {
        buffer_printf(out, "has count %" PRIu64, alert->value);
    } else if (wanted->has_events && wanted->events != alert->events_total) {
        buffer_printf(out, "has %" PRIu64 " events", alert->events_total);
    } else if (wanted->time_ns != TIMESTAMP_NONE && wanted->time_ns != alert->time_ns) {
        buffer_add_text(out, "has another time");
    } else if (lack != NULL) {
        buffer_add_text(out, has == NULL ? "has no " : "has ");
        buffer_add_printable(out, lack->name);
        buffer_add_text(out, has == NULL ? "" : " = ");
        buffer_add_printable(out, has == NULL ? (struct str){0} : has->value);
    }
}

static void add_alert(const struct alert *alert, struct buffer *out)
{
    buffer_add_text(out, "the alert of ");
    buffer_add_printable(out, alert->rule->title);
    buffer_add_text(out, " at ");
    buffer_add_time(out, alert->time_ns);
}

/* Finds an alert that is as wanted and not taken yet; takes it. */
static bool take(const struct trial_alerts *alerts, bool *taken, const struct test_alert *wanted)
{
    for (uint32_t i = 0; i < alerts->count; i++) {
        struct buffer difference = {0};
        if (!taken[i]) {
            add_difference(wanted, alerts->items[i], &difference);
        }
        bool found = !taken[i] && difference.len == 0;
        buffer_release(&difference);
        if (found) {
            taken[i] = true;
            return true;
        }
    }
    return false;
}

static void add_lack(const struct trial_alerts *alerts, const bool *taken,
                     const struct test_alert *wanted, struct buffer *out)
{
    buffer_printf(out, "no alert is as line %" PRIu32 " expects", wanted->line);
    const char *separator = ": ";
    for (uint32_t i = 0; i < alerts->count; i++) {
        if (!taken[i]) {
            buffer_add_text(out, separator);
            add_alert(alerts->items[i], out);
            buffer_add_byte(out, ' ');
            add_difference(wanted, alerts->items[i], out);
            separator = "; ";
        }
    }
    buffer_add_byte(out, '\n');
}

void test_expect_alerts(struct trial *trial, const struct test_subject *subject,
                        const struct test_case *tested, struct buffer *out)
{
    struct trial_alerts all = trial_alerts(trial);
    const struct alert **own = memory_new((size_t)all.count + 1, sizeof *own);
    bool *taken = memory_new((size_t)all.count + 1, sizeof *taken);
    struct trial_alerts alerts = {own, 0};
    for (uint32_t i = 0; i < all.count; i++) {
        if (is_under_test(trial, subject, all.items[i]->rule)) {
            own[alerts.count++] = all.items[i];
        }
    }
    for (uint32_t i = 0; i < tested->alerts_count; i++) {
        if (!take(&alerts, taken, &tested->alerts[i])) {
            add_lack(&alerts, taken, &tested->alerts[i], out);
        }
    }
    for (uint32_t i = 0; i < alerts.count; i++) {
        if (!taken[i]) {
            buffer_add_text(out, "not expected: ");
            add_alert(alerts.items[i], out);
            buffer_add_byte(out, '\n');
        }
    }
    memory_free(taken);
    memory_free(own);
}
