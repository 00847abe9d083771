/* SPDX-License-Identifier: Apache-2.0
 *
 * backtest_report.c - see backtest_report.h.
 */
#include "cli/workbench/backtest_report.h"

#include "base/timestamp.h"
#include "cli/json_out.h"
#include "cli/workbench/backtest_noise.h"

#include <inttypes.h>

enum { BAR_COLUMNS = 40, VALUE_COLUMNS = 60, SAMPLE_BYTES = 300 };

static void add_day(int64_t day, struct buffer *out)
{
    struct timestamp_fields at = timestamp_to_fields(day * TIMESTAMP_DAY_NS);
    buffer_printf(out, "%04" PRId32 "-%02" PRIu32 "-%02" PRIu32, at.year, at.month, at.day);
}

static uint64_t percent(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : (part * 100 + whole / 2) / whole;
}

/* --- text ------------------------------------------------------------------------------------- */

static void add_days(const struct backtest_tally *tally, struct buffer *out)
{
    uint32_t first =
        tally->days_count > BACKTEST_DAYS_SHOWN ? tally->days_count - BACKTEST_DAYS_SHOWN : 0;
    uint64_t most = 1;
    for (uint32_t i = first; i < tally->days_count; i++) {
        most = tally->days[i].matches > most ? tally->days[i].matches : most;
    }
    buffer_add_text(out, "\nmatches a day\n");
    if (first > 0) {
        buffer_printf(out, "  %" PRIu32 " earlier days are left out\n", first);
    }
    for (uint32_t i = first; i < tally->days_count; i++) {
        uint64_t bar = (tally->days[i].matches * BAR_COLUMNS + most - 1) / most;
        buffer_add_text(out, "  ");
        add_day(tally->days[i].day, out);
        buffer_printf(out, " %8" PRIu64 " ", tally->days[i].matches);
        for (uint64_t k = 0; k < bar; k++) {
            buffer_add_byte(out, '#');
        }
        buffer_add_byte(out, '\n');
    }
}

/* The text's beginning, and a LF. */
static void add_text_part(struct str text, size_t len, struct buffer *out)
{
    buffer_add_printable(out, str_slice(text, 0, len));
    buffer_add_text(out, text.len > len ? "...\n" : "\n");
}

static void add_value(const struct tally_value *value, uint64_t matches, struct buffer *out)
{
    buffer_printf(out, "    %8" PRIu64 " %3" PRIu64 " %% ", value->matches,
                  percent(value->matches, matches));
    add_text_part(value->text, VALUE_COLUMNS, out);
}

static void add_field(const struct backtest_report *report, const struct tally_field *field,
                      struct buffer *out)
{
    uint64_t matches = report->tally->matches;
    buffer_add_text(out, "  ");
    buffer_add_printable(out, field->name);
    if (field->values_count == 1 && field->values[0].matches == matches) {
        buffer_add_text(out, ": in all ");
        add_text_part(field->values[0].text, VALUE_COLUMNS, out);
        return;
    }
    buffer_printf(out, ": %" PRIu32 "%s distinct", field->values_count,
                  field->others > 0 ? " or more" : "");
    if (field->matches < matches) {
        buffer_printf(out, ", in %" PRIu64 " %% of the matches", percent(field->matches, matches));
    }
    buffer_add_byte(out, '\n');
    bool all_differ = field->values_count > report->top && field->values[0].matches == 1;
    for (uint32_t i = 0; i < field->values_count && i < report->top && !all_differ; i++) {
        add_value(&field->values[i], matches, out);
    }
}

static void add_noise(const struct backtest_report *report, struct buffer *out)
{
    const struct tally_field *found[NOISE_SHOWN];
    uint32_t count = backtest_find_noise(report, found);
    uint64_t tenths = backtest_tenths_a_day(report->tally);
    bool noisy = tenths > report->noisy * 10;
    if (count == 0 && !noisy) {
        return;
    }
    buffer_add_text(out, "\nlikely noise\n");
    if (noisy) {
        buffer_printf(out, "  %" PRIu64 ".%" PRIu64 " matches a day are more than %" PRIu64 "\n",
                      tenths / 10, tenths % 10, report->noisy);
    }
    for (uint32_t i = 0; i < count; i++) {
        buffer_printf(out,
                      "  %" PRIu64 " %% of the matches have one value; if it is known, it is "
                      "an exception's selection:\n      ",
                      percent(found[i]->values[0].matches, report->tally->matches));
        buffer_add_printable(out, found[i]->name);
        buffer_add_text(out, ": ");
        backtest_add_literal(out, found[i]->values[0].text);
        buffer_add_byte(out, '\n');
    }
}

static void add_samples(const struct backtest_tally *tally, struct buffer *out)
{
    buffer_add_text(out, "\nsamples\n");
    for (uint32_t i = 0; i < tally->samples_count; i++) {
        buffer_add_text(out, "  ");
        add_text_part(tally->samples[i], SAMPLE_BYTES, out);
    }
}

void backtest_report_text(const struct backtest_report *report, struct buffer *out)
{
    const struct backtest_tally *tally = report->tally;
    buffer_add_printable(out, report->rule->title);
    buffer_add_text(out, " (");
    buffer_add_printable(out, report->rule->path);
    buffer_printf(out, ":%" PRIu32 ")\n%" PRIu64 " matches", report->rule->line, tally->matches);
    if (tally->matches == 0) {
        buffer_add_byte(out, '\n');
        return;
    }
    uint64_t tenths = backtest_tenths_a_day(tally);
    buffer_printf(out, " on %" PRIu32 " days, %" PRIu64 ".%" PRIu64 " a day\nfirst ",
                  tally->days_count, tenths / 10, tenths % 10);
    buffer_add_time(out, tally->first_ns);
    buffer_add_text(out, ", last ");
    buffer_add_time(out, tally->last_ns);
    buffer_add_byte(out, '\n');
    add_days(tally, out);
    add_noise(report, out);
    buffer_add_text(out, "\nfields\n");
    for (uint32_t i = 0; i < tally->fields_count; i++) {
        add_field(report, &tally->fields[i], out);
    }
    if (tally->fields_beyond > 0) {
        buffer_printf(out, "  and %" PRIu64 " occurrences of further fields\n",
                      tally->fields_beyond);
    }
    add_samples(tally, out);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void add_text(cJSON *json, const char *name, struct buffer *text)
{
    json_out_text(json, name, buffer_str(text));
    buffer_release(text);
}

static void add_days_json(const struct backtest_tally *tally, cJSON *json)
{
    cJSON *days = cJSON_AddArrayToObject(json, "days");
    for (uint32_t i = 0; i < tally->days_count; i++) {
        cJSON *day = cJSON_CreateObject();
        struct buffer text = {0};
        add_day(tally->days[i].day, &text);
        add_text(day, "day", &text);
        json_out_count(day, "matches", tally->days[i].matches);
        cJSON_AddItemToArray(days, day);
    }
}

static cJSON *field_json(const struct backtest_report *report, const struct tally_field *field)
{
    cJSON *json = cJSON_CreateObject();
    json_out_text(json, "name", field->name);
    json_out_count(json, "matches", field->matches);
    json_out_count(json, "distinct", field->values_count);
    json_out_count(json, "others", field->others);
    cJSON *values = cJSON_AddArrayToObject(json, "top");
    for (uint32_t i = 0; i < field->values_count && i < report->top; i++) {
        cJSON *value = cJSON_CreateObject();
        json_out_text(value, "value", field->values[i].text);
        json_out_count(value, "matches", field->values[i].matches);
        cJSON_AddItemToArray(values, value);
    }
    return json;
}

static void add_noise_json(const struct backtest_report *report, cJSON *json)
{
    const struct tally_field *found[NOISE_SHOWN];
    uint32_t count = backtest_find_noise(report, found);
    uint64_t tenths = backtest_tenths_a_day(report->tally);
    cJSON_AddBoolToObject(json, "noisy", tenths > report->noisy * 10);
    cJSON *list = cJSON_AddArrayToObject(json, "exceptions");
    for (uint32_t i = 0; i < count; i++) {
        cJSON *item = cJSON_CreateObject();
        json_out_text(item, "field", found[i]->name);
        json_out_text(item, "value", found[i]->values[0].text);
        json_out_count(item, "matches", found[i]->values[0].matches);
        cJSON_AddItemToArray(list, item);
    }
}

cJSON *backtest_report_json(const struct backtest_report *report)
{
    const struct backtest_tally *tally = report->tally;
    cJSON *json = cJSON_CreateObject();
    struct buffer first = {0};
    struct buffer last = {0};
    json_out_text(json, "id", report->rule->id);
    json_out_text(json, "title", report->rule->title);
    json_out_text(json, "path", report->rule->path);
    json_out_count(json, "matches", tally->matches);
    if (tally->matches > 0) {
        buffer_add_time(&first, tally->first_ns);
        buffer_add_time(&last, tally->last_ns);
        add_text(json, "first", &first);
        add_text(json, "last", &last);
    }
    add_days_json(tally, json);
    add_noise_json(report, json);
    cJSON *fields = cJSON_AddArrayToObject(json, "fields");
    for (uint32_t i = 0; i < tally->fields_count; i++) {
        cJSON_AddItemToArray(fields, field_json(report, &tally->fields[i]));
    }
    cJSON *samples = cJSON_AddArrayToObject(json, "samples");
    for (uint32_t i = 0; i < tally->samples_count; i++) {
        struct buffer text = {0};
        buffer_add_json_string(&text, tally->samples[i]);
        buffer_add_byte(&text, '\0');
        cJSON_AddItemToArray(samples, cJSON_CreateRaw(text.ptr));
        buffer_release(&text);
    }
    return json;
}
