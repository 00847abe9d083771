/* SPDX-License-Identifier: Apache-2.0
 *
 * alert.h - a rule fired: what is known about it, and its identity.
 *
 * In:  a match or a window that crossed.   Out: struct alert, and its JSON line (ECS names).
 * Thread: any, one alert at a time.   Owns: nothing; strings belong to the batch's arena or to the
 *         correlator until the alert is delivered.
 * Invariants: (1) the id is a function of rule id, group key and contributing place or time only:
 *                 the same input gives the same id in every run.
 *             (2) the JSON line parses with any RFC 8259 parser, whatever the log line held.
 *             (3) fields are sorted by name, names are unique, and none is the parent of another
 *                 ("a" beside "a.b"): so they nest in one pass. Their names outlive the alert.
 * Bounds: alert_make and alert_render_json are O(bytes); no allocation but arena and out.
 * Tested: tests/unit/test_alert.c, tests/unit/test_alert_make.c, tests/fuzz/fuzz_alert.c.
 */
#ifndef TOCSIN_ANALYZE_ALERT_ALERT_H
#define TOCSIN_ANALYZE_ALERT_ALERT_H

#include "analyze/rule/rule.h"
#include "base/buffer.h"
#include "base/str.h"
#include "ingest/event/event.h"

#include <stdint.h>

#define ALERT_ID_TEXT 32 /* 128 bits in hexadecimal */
#define EVENT_ID_TEXT 32

/* A name and a value, as in group-by or the alert's summary of the event. */
struct alert_field {
    struct str name;
    struct str value;
};

/* A value that made the rule match. */
struct alert_evidence {
    struct str selection; /* that the test is in; "": none has a name */
    struct str field;     /* "": a keyword, found in the record */
    struct str value;     /* "" also when the field's absence is asked for */
};

/* One event that the alert rests on. */
struct alert_event {
    char id[EVENT_ID_TEXT + 1]; /* hash of the record's coordinate */
    int64_t time_ns;
    struct str source; /* path or topic */
    int32_t partition; /* -1: none */
    uint64_t offset;
    uint32_t sub;
    struct str rule; /* of an alert that another correlation counts: that rule's id; else "" */
};

/* What a correlation found beside events: a value of a value_count, or a rule of a temporal that
 * matched; and the event that showed it last. */
struct alert_finding {
    const struct rule *rule; /* temporal; else NULL */
    const struct str *parts; /* value_count: one for each counted field */
    uint32_t parts_count;
    int64_t time_ns;
    char event_id[EVENT_ID_TEXT + 1];
};

struct alert {
    char id[ALERT_ID_TEXT + 1];
    const struct rule *rule;
    int64_t time_ns;            /* event time: of the event, or of the event that crossed */
    struct str logsource;       /* "aws/cloudtrail"; "" when several */
    struct alert_event *events; /* at most LIMIT_ALERT_EVENTS, the oldest first */
    uint32_t events_count;
    uint64_t events_total;
    struct alert_field *group; /* correlation: group-by names and values */
    uint32_t group_count;
    uint64_t value;                 /* correlation: the count reached */
    struct str measured;            /* value_sum, _avg, _percentile: the number reached; else "" */
    struct alert_finding *findings; /* value_count, temporal: the oldest first */
    uint32_t findings_count;
    int64_t window_start_ns; /* correlation; else TIMESTAMP_NONE */
    int64_t window_end_ns;
    struct alert_field *fields; /* ECS fields of the (last) event: "source.ip" -> "192.0.2.1" */
    uint32_t fields_count;
    struct alert_field *entities; /* detection: what bears the risk, by the rule's `tocsin:` */
    uint32_t entities_count;
    struct str suppress_key; /* the values of the fields that the rule's `suppress` names */
    uint64_t suppressed;     /* alerts of this rule and key before this one that were not told */
    const struct rule_exception *exception; /* for whose sake it is none; NULL: it is one */
    const struct alert_evidence *evidence;  /* of a detection, while its line is rendered */
    uint32_t evidence_count;
    struct str original;   /* the (last) record, cut at LIMIT_ALERT_ORIGINAL_BYTES */
    uint64_t original_len; /* before the cut */
    struct str rule_json;  /* what the line says about the rule, rendered before; or empty */
};

/* Ids: the first 128 bits of SHA-256 over length-prefixed parts, in lower-case hexadecimal. */
void alert_event_id(const struct record *record, const struct stream *stream,
                    char id[EVENT_ID_TEXT + 1]);
/* The same from the parts of the coordinate: path or topic, Kafka partition or -1. */
void alert_event_id_at(struct str source, int32_t partition, uint64_t offset, uint32_t sub,
                       char id[EVENT_ID_TEXT + 1]);
/* Single event: (rule id, event id). */
void alert_id_of_event(const struct rule *rule, const char *event_id, char id[ALERT_ID_TEXT + 1]);
/* Correlation: (rule id, group values, window start): the same after a replay. */
void alert_id_of_window(const struct rule *rule, const struct alert_field *group,
                        uint32_t group_count, int64_t window_start_ns, char id[ALERT_ID_TEXT + 1]);
/* Of an hour's account of a stream, opened at that time. */
void alert_id_of_account(struct str source, int32_t partition, int64_t hour_ns, int64_t opened_ns,
                         char id[ALERT_ID_TEXT + 1]);

/* What tells alerts of rule apart for its `suppress`: from the group of a correlation's alert, else
 * alert->suppress_key. In arena. */
struct str alert_suppress_key(const struct alert *alert, struct arena *arena);

/* Adds the alert as one line of JSON, with a LF, to out. Field names follow ECS 8. */
void alert_render_json(const struct alert *alert, struct buffer *out);

/* A deep copy in arena, for an alert that outlives its batch. The rule and the names of fields are
 * not copied; rule_json is left out, as it lives with the template. */
struct alert *alert_copy(struct arena *arena, const struct alert *alert);

/* Which event fields become which ECS fields, per decoder. Bound to a field table once. */
struct alert_template;
struct alert_template *alert_template_new(struct field_table *fields);
void alert_template_free(struct alert_template *alert_template);
/* Renders beforehand what the alerts of rules say about their rule. Optional: it saves a quarter of
 * an alert's cost. rules must stay where they are while the template lives; called once. */
void alert_template_add_rules(struct alert_template *alert_template, const struct rule_set *rules);
/* Interns the fields that alerts show; call before decoder_set_new. */
void alert_intern_fields(struct field_table *fields);

/* Makes the alert of one event that matched rule, in arena. */
struct alert *alert_make(const struct alert_template *alert_template, struct arena *arena,
                         const struct rule *rule, const struct event *event,
                         const struct chunk *chunk);

#endif
