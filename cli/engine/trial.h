/* SPDX-License-Identifier: Apache-2.0
 *
 * trial.h - a few records on the engine's way, in process: what fires, and why not.
 *
 * In:  rule files; records as text.   Out: which rules matched, the alerts, a record held for
 *      questions.
 * Thread: one.   Owns: a ruleset, a worker, one batch, the windows of the present case.
 * Invariants: (1) framing, decoding, matching and windows are those of the engine: no second
 *                 implementation.
 *             (2) cases don't know of each other: trial_begin forgets windows, counts and alerts.
 * Bounds: one record's memory beside the alerts of a case.
 * Tested: tests/golden/test_rules_test.sh.
 */
#ifndef TOCSIN_CLI_ENGINE_TRIAL_H
#define TOCSIN_CLI_ENGINE_TRIAL_H

#include "analyze/alert/alert.h"
#include "analyze/match/match.h"
#include "analyze/plan/plan.h"
#include "analyze/window/window.h"
#include "base/error.h"
#include "cli/engine/engine.h"
#include "ingest/event/event.h"

#include <stdbool.h>
#include <stdint.h>

struct trial;

/* Loads and compiles; ERR_IO when a path can't be read. */
int trial_new(const char *const *paths, uint32_t paths_count, struct trial **trial,
              struct err *err);
/* The same with the rules, decoders and limits of options, which are copied. */
int trial_new_of(const struct engine_options *options, struct trial **trial, struct err *err);
void trial_free(struct trial *trial);
const struct rule_set *trial_rules(const struct trial *trial);
const struct plan *trial_plan(const struct trial *trial);
/* The id of a field that rules ask for, or FIELD_NONE. */
field_id trial_field(const struct trial *trial, struct str name);
/* Their names: ids run from 1 to the count. Fields that a decoder makes are among them. */
uint32_t trial_fields_count(const struct trial *trial);
struct str trial_field_name(const struct trial *trial, field_id id);

/* A text that is fed: one record, or what framing cuts into several. */
struct trial_input {
    struct str bytes;
    const char *source;   /* what alerts call its file */
    const char *decoder;  /* NULL: by content */
    uint32_t logsource;   /* of JSON events; 0: the decoder's */
    int64_t reference_ns; /* dates texts without a year; TIMESTAMP_NONE: the clock does */
};

void trial_begin(struct trial *trial);
void trial_feed(struct trial *trial, const struct trial_input *input);
/* The windows are decided; what is below is whole. */
void trial_end(struct trial *trial);

/* Since trial_begin: events that rule matched and no exception covers; for a correlation its
 * alerts. */
uint64_t trial_hits(const struct trial *trial, uint32_t rule);
struct trial_alerts {
    const struct alert *const *items;
    uint32_t count;
};
/* In the order in which they were made; rules that only serve correlations give none. */
struct trial_alerts trial_alerts(const struct trial *trial);
/* The groups that correlations watch, after trial_end. */
void trial_visit_windows(const struct trial *trial, window_visit_fn *visit, void *context);
/* Records since trial_begin that became events, and the reason of the first that did not (or
 * RECORD_FAULT_NONE). */
uint64_t trial_events(const struct trial *trial);
enum record_fault trial_fault(const struct trial *trial);

/* Decodes the first record of input, with all fields that rules ask for. False: it is no event, and
 * *fault says why. The matcher answers questions about the event (match_hold) until the next feed.
 */
bool trial_hold(struct trial *trial, const struct trial_input *input, enum record_fault *fault);
struct matcher *trial_matcher(const struct trial *trial);
const struct event *trial_event(const struct trial *trial);

#endif
