/* SPDX-License-Identifier: Apache-2.0
 *
 * backtest_fields.c - see backtest_fields.h.
 */
#include "cli/workbench/backtest_fields.h"

#include "base/buffer.h"
#include "base/limits.h"

#include <cjson/cJSON.h>

static void add_leaf(struct backtest_tally *tally, struct str name, const cJSON *leaf)
{
    struct str text = cJSON_IsTrue(leaf)    ? STR("true")
                      : cJSON_IsFalse(leaf) ? STR("false")
                      : cJSON_IsNull(leaf)  ? STR("null")
                                            : str_of(leaf->valuestring);
    if (cJSON_IsNumber(leaf)) {
        char *number = cJSON_PrintUnformatted(leaf);
        tally_add_field(tally, name, str_of(number));
        cJSON_free(number);
    } else {
        tally_add_field(tally, name, text);
    }
}

/* Recursive: cJSON refuses what is nested deeper than CJSON_NESTING_LIMIT. Elements of arrays have
 * the array's name, as in rules. */
static void add_json(struct backtest_tally *tally, struct buffer *name, const cJSON *json)
{
    if (!cJSON_IsObject(json) && !cJSON_IsArray(json)) {
        add_leaf(tally, buffer_str(name), json);
        return;
    }
    const cJSON *child = NULL;
    cJSON_ArrayForEach(child, json)
    {
        size_t len = name->len;
        if (cJSON_IsObject(json)) {
            buffer_add_text(name, len > 0 ? "." : "");
            buffer_add_text(name, child->string);
        }
        add_json(tally, name, child);
        name->len = len;
    }
}

static bool add_record_json(struct backtest_tally *tally, struct str record)
{
    struct buffer name = {0};
    cJSON *json = record.len > 0 && record.ptr[0] == '{'
                      ? cJSON_ParseWithLength(record.ptr, record.len)
                      : NULL;
    if (json == NULL) {
        return false;
    }
    add_json(tally, &name, json);
    buffer_release(&name);
    cJSON_Delete(json);
    return true;
}

static bool add_line(struct backtest_tally *tally, struct trial *trial, const char *decoder,
                     const struct alert *alert)
{
    enum record_fault fault = RECORD_FAULT_NONE;
    struct trial_input input = {.bytes = alert->original,
                                .source = "backtest",
                                .decoder = decoder,
                                .reference_ns = alert->time_ns};
    if (!trial_hold(trial, &input, &fault)) {
        return false;
    }
    const struct event *event = trial_event(trial);
    for (field_id id = 1; id <= trial_fields_count(trial); id++) {
        for (const struct value *value = event_first(event, id); value != NULL;
             value = event_next(event, value)) {
            tally_add_field(tally, trial_field_name(trial, id),
                            match_text_of(trial_matcher(trial), value));
        }
    }
    return true;
}

void backtest_add_fields(struct backtest_tally *tally, struct trial *trial, const char *decoder,
                         const struct alert *alert)
{
    bool is_window = alert->rule->correlation.kind != CORRELATION_NONE;
    bool whole = alert->original_len == alert->original.len && !is_window;
    for (uint32_t i = 0; i < alert->group_count; i++) {
        tally_add_field(tally, alert->group[i].name, alert->group[i].value);
    }
    if (whole && add_record_json(tally, alert->original)) {
        return;
    }
    if (whole && add_line(tally, trial, decoder, alert)) {
        return;
    }
    for (uint32_t i = 0; i < alert->fields_count; i++) {
        tally_add_field(tally, alert->fields[i].name, alert->fields[i].value);
    }
}
