/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics.c - see metrics.h.
 */
#include "cli/metrics.h"

#include "cli/metrics_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void metrics_add_head(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_printf(out, "# HELP tocsin_%s %s\n# TYPE tocsin_%s %s\n", name, help, name, type);
}

static void add_label_value(struct buffer *out, struct str value)
{
    struct buffer text = {0};
    buffer_add_printable(&text, value);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\' || text.ptr[i] == '"') {
            buffer_add_byte(out, '\\');
        }
        buffer_add_byte(out, text.ptr[i]);
    }
    buffer_release(&text);
}

void metrics_add_rule(struct buffer *out, const char *name, const struct rule *rule)
{
    buffer_printf(out, "tocsin_%s{rule=\"", name);
    add_label_value(out, rule->id);
    buffer_add_text(out, "\",title=\"");
    add_label_value(out, rule->title);
    buffer_add_text(out, "\"} ");
}

static void add_stream_labels(struct buffer *out, const char *name, const struct stream *stream)
{
    buffer_printf(out, "tocsin_%s{source=\"", name);
    add_label_value(out, str_of(stream->name));
    buffer_printf(out, "\",partition=\"%" PRId32 "\"", stream->partition);
}

static void add_streams(const struct engine_summary *summary, struct buffer *out)
{
    static const struct {
        enum record_outcome outcome;
        const char *name;
    } outcomes[] = {{RECORD_EVALUATED, "evaluated"},
                    {RECORD_FILTERED, "filtered"},
                    {RECORD_DEAD, "dead_lettered"},
                    {RECORD_DUPLICATE, "duplicate"}};
    metrics_add_head(out, "records_total", "counter", "Records read.");
    for (uint32_t i = 0; i < summary->streams_count; i++) {
        add_stream_labels(out, "records_total", summary->streams[i]);
        buffer_printf(out, "} %" PRIu64 "\n", summary->streams[i]->tally.records);
    }
    metrics_add_head(out, "outcomes_total", "counter", "What became of the records.");
    for (uint32_t i = 0; i < summary->streams_count; i++) {
        for (size_t j = 0; j < sizeof outcomes / sizeof outcomes[0]; j++) {
            add_stream_labels(out, "outcomes_total", summary->streams[i]);
            buffer_printf(out, ",outcome=\"%s\"} %" PRIu64 "\n", outcomes[j].name,
                          summary->streams[i]->tally.outcomes[outcomes[j].outcome]);
        }
    }
    metrics_add_head(out, "residue", "gauge", "Records without an outcome; not 0 is a bug.");
    for (uint32_t i = 0; i < summary->streams_count; i++) {
        add_stream_labels(out, "residue", summary->streams[i]);
        buffer_printf(out, "} %" PRId64 "\n", tally_residue(&summary->streams[i]->tally));
    }
    metrics_add_head(out, "lag_messages", "gauge", "Messages behind the partition's end.");
    for (uint32_t i = 0; i < summary->streams_count; i++) {
        if (summary->streams[i]->lag >= 0) {
            add_stream_labels(out, "lag_messages", summary->streams[i]);
            buffer_printf(out, "} %" PRId64 "\n", summary->streams[i]->lag);
        }
    }
}

void metrics_add_build(struct buffer *out)
{
    metrics_add_head(out, "build_info", "gauge", "The version; always 1.");
    buffer_add_text(out, "tocsin_build_info{version=\"" TOCSIN_VERSION "\"} 1\n");
}

static void add_decoders(const struct engine_summary *summary, struct buffer *out)
{
    metrics_add_head(out, "events_total", "counter", "Events evaluated, by decoder.");
    for (size_t i = 0; decoder_table[i] != NULL; i++) {
        buffer_printf(out, "tocsin_events_total{decoder=\"%s\"} %" PRIu64 "\n",
                      decoder_table[i]->name, summary->decoders[i]);
    }
}

static void add_alerts(const struct engine_summary *summary, const struct rule_set *rules,
                       struct buffer *out)
{
    metrics_add_head(out, "alerts_total", "counter", "Alerts by level.");
    for (int level = 0; level < RULE_LEVELS; level++) {
        buffer_printf(out, "tocsin_alerts_total{level=\"%s\"} %" PRIu64 "\n",
                      rule_level_name((enum rule_level)level), summary->alerts_by_level[level]);
    }
    metrics_add_head(out, "rule_alerts_total", "counter",
                     "Alerts by rule; rules without are left out.");
    for (uint32_t i = 0; summary->alerts_by_rule != NULL && i < rules->rules_count; i++) {
        if (summary->alerts_by_rule[i] > 0) {
            metrics_add_rule(out, "rule_alerts_total", &rules->rules[i]);
            buffer_printf(out, "%" PRIu64 "\n", summary->alerts_by_rule[i]);
        }
    }
    metrics_add_head(out, "dead_letters_total", "counter", "Dead letters by reason.");
    for (int fault = 1; fault < RECORD_FAULTS; fault++) {
        buffer_printf(out, "tocsin_dead_letters_total{reason=\"%s\"} %" PRIu64 "\n",
                      record_fault_name((enum record_fault)fault), summary->faults[fault]);
    }
}

void metrics_render(const struct engine_summary *summary, const struct rule_set *rules,
                    struct buffer *out)
{
    const struct {
        const char *name;
        const char *type;
        const char *help;
        uint64_t value;
    } rows[] = {
        {"matches_total", "counter", "Matches of detection rules.", summary->matches},
        {"suppressed_total", "counter", "Alerts that were not told.", summary->suppressed},
        {"suppress_evicted_total", "counter", "Keys forgotten.", summary->suppress_evicted},
        {"excepted_total", "counter", "Matches that an exception covered.", summary->excepted},
        {"future_events_total", "counter", "Events too far ahead.", summary->future},
        {"window_matches_total", "counter", "Matches counted.", summary->windows.matches},
        {"window_late_total", "counter", "Matches behind the watermark.", summary->windows.late},
        {"window_evicted_total", "counter", "Keys or values dropped.", summary->windows.evicted},
        {"window_refused_total", "counter", "Matches of new keys without room.",
         summary->windows.refused},
        {"window_early_total", "counter", "Matches taken early.", summary->windows.early},
        {"window_skipped_total", "counter", "Matches without group.", summary->windows.skipped},
        {"window_bare_total", "counter", "Matches kept without record.", summary->windows.bare},
        {"window_keys", "gauge", "Keys at present.", summary->windows.keys},
        {"window_pending", "gauge", "Matches that wait.", summary->windows.pending},
        {"state_commits_total", "counter", "Commits to the state store.", summary->commits},
        {"state_stale_total", "counter", "Commits that came second: loaded anew.",
         summary->commits_stale},
        {"state_redelivered_total", "counter", "Alerts of an earlier run, written by this one.",
         summary->redelivered},
        {"state_outage_milliseconds_total", "counter", "How long the state store did not answer.",
         (uint64_t)(summary->outage_ns / 1000000)},
        {"input_dropped_total", "counter",
         "Datagrams that were dropped before they became records.", summary->input_dropped},
        {"input_errors_total", "counter", "Inputs that could not be read.", summary->input_errors},
        {"input_bytes_total", "counter", "Bytes read, inflated.", summary->bytes_input},
        {"unbalanced_chunks_total", "counter", "Chunks whose records did not add up; a bug.",
         summary->unbalanced},
        {"lost_offsets_total", "counter", "Kafka offsets passed over without a reason; a bug.",
         summary->lost_offsets},
        {"account_lines_total", "counter", "Hourly accounts written.", summary->account_lines},
        {"accounts_open", "gauge", "Hours of sources that are not closed.", summary->accounts_open},
        {"missing_offsets_total", "counter",
         "Kafka offsets without a message: retention, transactions.", summary->missing_offsets},
        {"reloads_total", "counter", "Reloads of the rules.", summary->reloads},
        {"reloads_failed_total", "counter", "Reloads that failed.", summary->reloads_failed},
        {"rules", "gauge", "Rules in force.", rules->rules_count},
        {"rules_not_loaded", "gauge", "Rules with an error.", rules->rejected_count},
    };
    metrics_add_build(out);
    add_decoders(summary, out);
    add_streams(summary, out);
    add_alerts(summary, rules, out);
    metrics_add_suppressed(summary, rules, out);
    metrics_add_exceptions(summary, rules, out);
    metrics_add_lost(summary, rules, out);
    metrics_add_costs(summary, rules, out);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        metrics_add_head(out, rows[i].name, rows[i].type, rows[i].help);
        buffer_printf(out, "tocsin_%s %" PRIu64 "\n", rows[i].name, rows[i].value);
    }
}

int metrics_write(const char *path, struct str text, struct err *err)
{
    char name[PATH_MAX];
    snprintf(name, sizeof name, "%s.new", path);
    int file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file < 0) {
        return err_set(err, ERR_IO, "%s: %s", name, strerror(errno));
    }
    size_t done = 0;
    while (done < text.len) {
        ssize_t wrote = write(file, text.ptr + done, text.len - done);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            break;
        }
        done += (size_t)wrote;
    }
    int failed = close(file) != 0 || done < text.len || rename(name, path) != 0;
    return failed ? err_set(err, ERR_IO, "%s: %s", path, strerror(errno)) : 0;
}
