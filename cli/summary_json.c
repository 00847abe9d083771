/* SPDX-License-Identifier: Apache-2.0
 *
 * summary_json.c - see summary.h: the same facts as one JSON document, by cJSON.
 */
#include "base/timestamp.h"
#include "cli/json_out.h"
#include "cli/summary.h"
#include "cli/summary_exceptions_internal.h"
#include "cli/summary_windows_internal.h"

static cJSON *tally_json(const struct tally *tally)
{
    cJSON *json = cJSON_CreateObject();
    json_out_count(json, "records", tally->records);
    json_out_count(json, "evaluated", tally->outcomes[RECORD_EVALUATED]);
    json_out_count(json, "filtered", tally->outcomes[RECORD_FILTERED]);
    json_out_count(json, "dead_lettered", tally->outcomes[RECORD_DEAD]);
    json_out_count(json, "duplicates", tally->outcomes[RECORD_DUPLICATE]);
    cJSON_AddNumberToObject(json, "residue", (double)tally_residue(tally));
    json_out_count(json, "malformed", tally->malformed);
    json_out_count(json, "timeless", tally->timeless);
    return json;
}

static void add_streams(const struct engine_summary *summary, cJSON *root)
{
    cJSON *streams = cJSON_AddArrayToObject(root, "sources");
    for (uint32_t i = 0; i < summary->streams_count; i++) {
        const struct stream *stream = summary->streams[i];
        cJSON *json = tally_json(&stream->tally);
        json_out_text(json, "name", str_of(stream->name));
        if (stream->partition >= 0) {
            cJSON_AddNumberToObject(json, "partition", stream->partition);
        }
        cJSON_AddItemToArray(streams, json);
    }
}

static void add_counts(const struct engine_summary *summary, cJSON *root)
{
    cJSON *decoders = cJSON_AddObjectToObject(root, "events");
    for (size_t i = 0; decoder_table[i] != NULL; i++) {
        json_out_count(decoders, decoder_table[i]->name, summary->decoders[i]);
    }
    cJSON *faults = cJSON_AddObjectToObject(root, "dead_letters");
    for (int fault = 1; fault < RECORD_FAULTS; fault++) {
        if (summary->faults[fault] > 0) {
            json_out_count(faults, record_fault_name((enum record_fault)fault),
                           summary->faults[fault]);
        }
    }
    cJSON *levels = cJSON_AddObjectToObject(root, "alerts_by_level");
    for (int level = 0; level < RULE_LEVELS; level++) {
        json_out_count(levels, rule_level_name((enum rule_level)level),
                       summary->alerts_by_level[level]);
    }
    json_out_count(root, "alerts", summary->alerts);
    json_out_count(root, "matches", summary->matches);
    json_out_count(root, "future", summary->future);
    json_out_count(root, "input_errors", summary->input_errors);
    json_out_count(root, "unbalanced", summary->unbalanced);
    json_out_count(root, "lost_offsets", summary->lost_offsets);
    json_out_count(root, "missing_offsets", summary->missing_offsets);
}

/* Patterns that could not decide, and the rules that relied on them. */
static void add_undecided(const struct engine_summary *summary, const struct rule_set *rules,
                          cJSON *root)
{
    const struct match_profile *profile = summary->profile;
    if (profile == NULL) {
        return;
    }
    json_out_count(root, "regex_faults", profile->counters.regex_faults);
    json_out_count(root, "regex_cuts", profile->counters.regex_cuts);
    json_out_count(root, "regex_throttled", profile->counters.regex_throttled);
    cJSON *list = cJSON_AddArrayToObject(root, "undecided_by_rule");
    for (uint32_t i = 0; i < profile->rules_count; i++) {
        if (profile->rules[i].undecided > 0) {
            cJSON *json = cJSON_CreateObject();
            json_out_text(json, "id", rules->rules[i].id);
            json_out_text(json, "title", rules->rules[i].title);
            json_out_text(json, "path", rules->rules[i].path);
            json_out_count(json, "line", rules->rules[i].line);
            json_out_count(json, "undecided", profile->rules[i].undecided);
            json_out_count(json, "throttled", profile->rules[i].throttled);
            cJSON_AddItemToArray(list, json);
        }
    }
}

static void add_rules(const struct engine_summary *summary, const struct rule_set *rules,
                      cJSON *root)
{
    cJSON *list = cJSON_AddArrayToObject(root, "alerts_by_rule");
    uint32_t *order = memory_new(rules->rules_count + 1, sizeof *order);
    uint32_t count = summary_order_rules(summary, rules, order);
    for (uint32_t i = 0; i < count; i++) {
        const struct rule *rule = &rules->rules[order[i]];
        cJSON *json = cJSON_CreateObject();
        json_out_text(json, "id", rule->id);
        json_out_text(json, "title", rule->title);
        json_out_text(json, "level", str_of(rule_level_name(rule->level)));
        json_out_count(json, "alerts", summary->alerts_by_rule[order[i]]);
        cJSON_AddItemToArray(list, json);
    }
    memory_free(order);
    json_out_count(root, "rules_loaded", rules->rules_count);
    json_out_count(root, "rules_not_loaded", rules->rejected_count);
}

void summary_render_json(const struct engine_summary *summary, const struct rule_set *rules,
                         struct buffer *out)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddItemToObject(root, "total", tally_json(&summary->total));
    add_streams(summary, root);
    add_counts(summary, root);
    add_rules(summary, rules, root);
    summary_add_exceptions_json(summary, rules, root);
    add_undecided(summary, rules, root);
    summary_add_windows_json(summary, rules, root);
    json_out_count(root, "bytes_stored", summary->bytes_read);
    json_out_count(root, "bytes_input", summary->bytes_input);
    cJSON_AddNumberToObject(root, "elapsed_seconds",
                            (double)summary->elapsed_ns / (double)TIMESTAMP_SECOND_NS);
    json_out_finish(root, out);
}
