/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_render.c - alerts for people and for spreadsheets.
 *
 * In:  an alert.   Out: text.   Thread: any.   Owns: nothing.
 * Invariants: (1) whatever the log line held, no control character but our own colours and line
 *                 ends comes out: log data can not move the cursor or forge a line.
 *             (2) no CSV cell is a formula.
 * Tested: tests/unit/test_sink_render.c.
 */
#include "respond/sink/sink.h"

#include "base/ensure.h"
#include "base/timestamp.h"

#define ORIGINAL_BYTES 300 /* of the record, on the screen */
#define RESET          "\x1b[0m"
#define DIM            "\x1b[2m"
#define BOLD           "\x1b[1m"

static const char *const level_colours[RULE_LEVELS] = {[RULE_INFORMATIONAL] = "\x1b[36m",
                                                       [RULE_LOW] = "\x1b[32m",
                                                       [RULE_MEDIUM] = "\x1b[33m",
                                                       [RULE_HIGH] = "\x1b[31m",
                                                       [RULE_CRITICAL] = "\x1b[1;31m"};

static void add_coloured(struct buffer *out, const char *colour, struct str text)
{
    if (colour != NULL) {
        buffer_add_text(out, colour);
    }
    buffer_add_printable(out, text);
    if (colour != NULL) {
        buffer_add_text(out, RESET);
    }
}

static void add_row(struct buffer *out, bool colour, struct str name, struct str value)
{
    buffer_add_text(out, "    ");
    add_coloured(out, colour ? DIM : NULL, name);
    for (size_t i = name.len; i < 24; i++) {
        buffer_add_byte(out, ' ');
    }
    buffer_add_byte(out, ' ');
    buffer_add_printable(out, value);
    buffer_add_byte(out, '\n');
}

static void add_time(struct buffer *out, int64_t time_ns)
{
    if (time_ns == TIMESTAMP_NONE) {
        buffer_add_byte(out, '-');
    } else {
        buffer_add_time(out, time_ns);
    }
}

static void add_window(struct buffer *out, bool colour, const struct alert *alert)
{
    struct buffer text = {0};
    buffer_add_u64(&text, alert->value);
    if (alert->measured.len > 0) {
        buffer_add_text(&text, " (");
        buffer_add(&text, alert->measured);
        buffer_add_byte(&text, ')');
    }
    buffer_add_text(&text, " from ");
    add_time(&text, alert->window_start_ns);
    buffer_add_text(&text, " to ");
    add_time(&text, alert->window_end_ns);
    add_row(out, colour, STR("count"), buffer_str(&text));
    buffer_release(&text);
    for (uint32_t i = 0; i < alert->group_count; i++) {
        add_row(out, colour, alert->group[i].name, alert->group[i].value);
    }
}

static void add_place(struct buffer *out, bool colour, const struct alert_event *event)
{
    struct buffer text = {0};
    buffer_add(&text, event->source);
    if (event->partition >= 0) {
        buffer_printf(&text, " partition %d", (int)event->partition);
    }
    buffer_printf(&text, " offset %llu", (unsigned long long)event->offset);
    if (event->sub > 0) {
        buffer_printf(&text, " record %u", event->sub);
    }
    add_row(out, colour, STR("record"), buffer_str(&text));
    buffer_release(&text);
}

void sink_render_pretty(const struct alert *alert, bool colour, struct buffer *out)
{
    ENSURE(alert->rule->level < RULE_LEVELS);
    add_time(out, alert->time_ns);
    buffer_add_text(out, "  ");
    add_coloured(out, colour ? level_colours[alert->rule->level] : NULL,
                 str_of(rule_level_name(alert->rule->level)));
    buffer_add_text(out, "  ");
    add_coloured(out, colour ? BOLD : NULL, alert->rule->title);
    buffer_add_byte(out, '\n');
    if (alert->rule->correlation.kind != CORRELATION_NONE) {
        add_window(out, colour, alert);
    }
    for (uint32_t i = 0; i < alert->fields_count; i++) {
        add_row(out, colour, alert->fields[i].name, alert->fields[i].value);
    }
    if (alert->events_count > 0) {
        add_place(out, colour, &alert->events[alert->events_count - 1]);
    }
    struct str shown = str_slice(alert->original, 0, ORIGINAL_BYTES);
    if (shown.len > 0) {
        buffer_add_text(out, "    ");
        add_coloured(out, colour ? DIM : NULL, shown);
        buffer_add_text(out, shown.len < alert->original_len ? " ...\n" : "\n");
    }
    buffer_add_byte(out, '\n');
}

/* --- CSV -------------------------------------------------------------------------------------- */

static const char *const csv_fields[] = {"event.action", "event.outcome",  "user.name",
                                         "user.id",      "source.address", "host.name"};
#define CSV_FIELDS (sizeof csv_fields / sizeof csv_fields[0])

static struct str field_value(const struct alert *alert, const char *name)
{
    struct str wanted = str_of(name);
    for (uint32_t i = 0; i < alert->fields_count; i++) {
        if (str_equal(alert->fields[i].name, wanted)) {
            return alert->fields[i].value;
        }
    }
    return (struct str){0};
}

static void add_cell(struct buffer *out, struct str text)
{
    buffer_add_csv_field(out, text);
    buffer_add_byte(out, ',');
}

static void add_group_cell(struct buffer *out, const struct alert *alert)
{
    struct buffer text = {0};
    for (uint32_t i = 0; i < alert->group_count; i++) {
        buffer_add(&text, i > 0 ? STR(" ") : STR(""));
        buffer_add(&text, alert->group[i].name);
        buffer_add_byte(&text, '=');
        buffer_add(&text, alert->group[i].value);
    }
    add_cell(out, buffer_str(&text));
    buffer_release(&text);
}

void sink_render_csv(const struct alert *alert, struct buffer *out)
{
    const struct alert_event *last =
        alert->events_count > 0 ? &alert->events[alert->events_count - 1] : NULL;
    if (alert->time_ns != TIMESTAMP_NONE) {
        buffer_add_time(out, alert->time_ns);
    }
    buffer_add_byte(out, ',');
    add_cell(out, str_of(rule_level_name(alert->rule->level)));
    add_cell(out, alert->rule->title);
    add_cell(out, alert->rule->id);
    add_cell(out, str_of(alert->id));
    add_cell(out, alert->logsource);
    for (size_t i = 0; i < CSV_FIELDS; i++) {
        add_cell(out, field_value(alert, csv_fields[i]));
    }
    add_group_cell(out, alert);
    buffer_add_u64(out, alert->events_total);
    buffer_add_byte(out, ',');
    add_cell(out, last != NULL ? last->source : (struct str){0});
    if (last != NULL && last->partition >= 0) {
        buffer_add_i64(out, last->partition);
    }
    buffer_add_byte(out, ',');
    if (last != NULL) {
        buffer_add_u64(out, last->offset);
    }
    buffer_add_text(out, "\r\n");
}

void sink_render_csv_header(struct buffer *out)
{
    buffer_add_text(out, "time,level,rule,rule_id,alert_id,logsource,");
    for (size_t i = 0; i < CSV_FIELDS; i++) {
        buffer_add_text(out, csv_fields[i]);
        buffer_add_byte(out, ',');
    }
    buffer_add_text(out, "group,events,source,partition,offset\r\n");
}
