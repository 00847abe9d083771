/* SPDX-License-Identifier: Apache-2.0
 *
 * summary.c - see summary.h.
 */
#include "cli/summary.h"

#include "base/timestamp.h"
#include "cli/summary_exceptions_internal.h"
#include "cli/summary_windows_internal.h"

#include <inttypes.h>

uint32_t summary_order_rules(const struct engine_summary *summary, const struct rule_set *rules,
                             uint32_t *order)
{
    const uint64_t *counts = summary->alerts_by_rule;
    uint32_t count = 0;
    for (uint32_t i = 0; counts != NULL && i < rules->rules_count; i++) {
        if (counts[i] == 0) {
            continue;
        }
        /* Insertion keeps equal counts in the rules' order; few rules raise alerts. */
        uint32_t at = count++;
        while (at > 0 && counts[order[at - 1]] < counts[i]) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
    return count;
}

static void add_identity(const struct tally *tally, struct buffer *out)
{
    buffer_printf(out,
                  "records %" PRIu64 " = evaluated %" PRIu64 " + filtered %" PRIu64
                  " + dead-lettered %" PRIu64 " + duplicates %" PRIu64,
                  tally->records, tally->outcomes[RECORD_EVALUATED],
                  tally->outcomes[RECORD_FILTERED], tally->outcomes[RECORD_DEAD],
                  tally->outcomes[RECORD_DUPLICATE]);
    int64_t residue = tally_residue(tally);
    if (residue != 0) {
        buffer_printf(out, "; RESIDUE %" PRId64, residue);
    }
    buffer_add_byte(out, '\n');
}

static void add_stream(const struct stream *stream, struct buffer *out)
{
    buffer_add_text(out, "  ");
    buffer_add_printable(out, str_of(stream->name));
    if (stream->partition >= 0) {
        buffer_printf(out, "[%" PRId32 "]", stream->partition);
    }
    buffer_add_text(out, ": ");
    add_identity(&stream->tally, out);
}

static void add_accounts(const struct engine_summary *summary, struct buffer *out)
{
    bool all = summary->streams_count <= SUMMARY_STREAMS;
    uint32_t left_out = 0;
    buffer_add_text(out, all ? "Sources\n" : "Sources with dead letters or a residue\n");
    for (uint32_t i = 0; i < summary->streams_count; i++) {
        const struct stream *stream = summary->streams[i];
        if (all || stream->tally.outcomes[RECORD_DEAD] > 0 || tally_residue(&stream->tally) != 0) {
            add_stream(stream, out);
        } else {
            left_out++;
        }
    }
    if (left_out > 0) {
        buffer_printf(out, "  and %" PRIu32 " sources without\n", left_out);
    }
    if (summary->input_errors > 0) {
        buffer_printf(out, "  %" PRIu64 " could not be read, or not to the end (each was logged)\n",
                      summary->input_errors);
    }
    buffer_add_text(out, "  all: ");
    add_identity(&summary->total, out);
    if (summary->missing_offsets > 0) {
        buffer_printf(out, "  offsets without a message (retention, transactions): %" PRIu64 "\n",
                      summary->missing_offsets);
    }
    buffer_printf(out, "  residue %" PRId64 "%s\n", summary->residue,
                  engine_adds_up(summary) ? ": every record is accounted for"
                                          : ": records were lost or made up; please report this");
}

static void add_events(const struct engine_summary *summary, struct buffer *out)
{
    buffer_add_text(out, "Events\n");
    for (size_t i = 0; decoder_table[i] != NULL; i++) {
        if (summary->decoders[i] > 0) {
            buffer_printf(out, "  %-16s %12" PRIu64 "\n", decoder_table[i]->name,
                          summary->decoders[i]);
        }
    }
    if (summary->total.malformed > 0) {
        buffer_printf(out, "  %-16s %12" PRIu64 "  (only a part could be parsed)\n", "malformed",
                      summary->total.malformed);
    }
    if (summary->total.timeless > 0) {
        buffer_printf(out, "  %-16s %12" PRIu64 "  (no time of their own)\n", "timeless",
                      summary->total.timeless);
    }
    if (summary->total.outcomes[RECORD_DEAD] > 0) {
        buffer_add_text(out, "Dead letters\n");
    }
    for (int fault = 1; fault < RECORD_FAULTS; fault++) {
        if (summary->faults[fault] > 0) {
            buffer_printf(out, "  %-16s %12" PRIu64 "  (%s)\n",
                          record_fault_name((enum record_fault)fault), summary->faults[fault],
                          record_fault_sentence((enum record_fault)fault));
        }
    }
}

static void add_alerts(const struct engine_summary *summary, const struct rule_set *rules,
                       struct buffer *out)
{
    buffer_printf(out, "Alerts %" PRIu64, summary->alerts);
    for (int level = RULE_LEVELS - 1; level >= 0; level--) {
        if (summary->alerts_by_level[level] > 0) {
            buffer_printf(out, ", %s %" PRIu64, rule_level_name((enum rule_level)level),
                          summary->alerts_by_level[level]);
        }
    }
    buffer_add_byte(out, '\n');
    uint32_t *order = memory_new(rules->rules_count + 1, sizeof *order);
    uint32_t count = summary_order_rules(summary, rules, order);
    for (uint32_t i = 0; i < count && i < SUMMARY_RULES; i++) {
        const struct rule *rule = &rules->rules[order[i]];
        buffer_printf(out, "  %12" PRIu64 "  %-13s ", summary->alerts_by_rule[order[i]],
                      rule_level_name(rule->level));
        buffer_add_printable(out, rule->title);
        buffer_add_byte(out, '\n');
    }
    if (count > SUMMARY_RULES) {
        buffer_printf(out, "  and %" PRIu32 " rules more\n", count - SUMMARY_RULES);
    }
    memory_free(order);
}

static void add_undecided_rule(const struct rule *rule, const struct rule_profile *profile,
                               struct buffer *out)
{
    buffer_printf(out, "  %12" PRIu64 "  ", profile->undecided);
    buffer_add_printable(out, rule->title);
    buffer_add_text(out, ", ");
    buffer_add_printable(out, rule->path);
    buffer_printf(out, ":%" PRIu32 "\n", rule->line);
}

/* What was not found out must not look like "nothing found". */
static void add_undecided(const struct engine_summary *summary, const struct rule_set *rules,
                          struct buffer *out)
{
    const struct match_profile *profile = summary->profile;
    if (profile == NULL) {
        return;
    }
    const struct match_counters *counters = &profile->counters;
    if (counters->regex_faults + counters->regex_cuts + counters->regex_throttled == 0) {
        return;
    }
    buffer_printf(out,
                  "Undecided regular expressions: at a limit %" PRIu64 ", value too long %" PRIu64
                  ", set aside %" PRIu64 "\n",
                  counters->regex_faults, counters->regex_cuts, counters->regex_throttled);
    uint32_t rules_count = 0;
    for (uint32_t i = 0; i < profile->rules_count; i++) {
        if (profile->rules[i].undecided > 0 && rules_count++ < SUMMARY_RULES) {
            add_undecided_rule(&rules->rules[i], &profile->rules[i], out);
        }
    }
    if (rules_count > SUMMARY_RULES) {
        buffer_printf(out, "  and %" PRIu32 " rules more\n", rules_count - SUMMARY_RULES);
    }
}

static void add_speed(const struct engine_summary *summary, struct buffer *out)
{
    double seconds = (double)summary->elapsed_ns / (double)TIMESTAMP_SECOND_NS;
    double divisor = seconds > 0 ? seconds : 1;
    buffer_printf(out, "Speed\n  %.2f s, %.1f MB/s of input, %.1f MB/s as stored, %.0f events/s\n",
                  seconds, (double)summary->bytes_input / 1e6 / divisor,
                  (double)summary->bytes_read / 1e6 / divisor,
                  (double)summary->total.outcomes[RECORD_EVALUATED] / divisor);
}

static void add_problems(const struct rule_set *rules, struct buffer *out)
{
    uint32_t left_out = rules->rejected_count;
    buffer_printf(out, "Rules %" PRIu32 " loaded", rules->rules_count);
    if (left_out > 0) {
        buffer_printf(out, ", %" PRIu32 " not loaded (`tocsin rules check` says why)", left_out);
    }
    buffer_add_byte(out, '\n');
}

void summary_render_text(const struct engine_summary *summary, const struct rule_set *rules,
                         struct buffer *out)
{
    add_events(summary, out);
    add_accounts(summary, out);
    add_problems(rules, out);
    add_alerts(summary, rules, out);
    summary_add_suppressed(summary, rules, out);
    summary_add_exceptions(summary, rules, out);
    summary_add_windows(summary, rules, out);
    add_undecided(summary, rules, out);
    add_speed(summary, out);
}
