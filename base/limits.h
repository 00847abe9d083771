/* SPDX-License-Identifier: Apache-2.0
 *
 * limits.h - every cap of the program in one table: name, default, unit, what happens at it.
 *
 * A row makes the constant LIMIT_<NAME>, a line of `tocsin version --limits` and of docs/LIMITS.md.
 * A cap that is not here does not exist; a cap that is reached is counted and said, never silent.
 * Rows with a configuration key may be changed under `limits:` in the configuration.
 */
#ifndef TOCSIN_BASE_LIMITS_H
#define TOCSIN_BASE_LIMITS_H

#include <stdint.h>

/* LIMIT(NAME, default, unit, what happens at it) */
#define LIMIT_TABLE(LIMIT)                                                                         \
    LIMIT(RECORD_BYTES, 1048576, "bytes", "a longer record goes to the dead letter")               \
    LIMIT(DOCUMENT_RECORD_BYTES, 67108864, "bytes",                                                \
          "a longer record inside a CloudTrail delivery file goes to the dead letter")             \
    LIMIT(FAULTY_BYTES, 65536, "bytes", "the dead letter of a longer record has its beginning")    \
    LIMIT(BATCH_BYTES, 524288, "bytes", "a file is read in blocks of this size")                   \
    LIMIT(BATCH_RECORDS, 10000, "records", "a batch is closed")                                    \
    LIMIT(ARENA_CHUNK_BYTES, 1048576, "bytes", "a batch's arena takes another chunk")              \
    LIMIT(INFLATE_RATIO, 200, "times", "a Kafka value that inflates more is dead-lettered")        \
    LIMIT(INFLATE_BYTES, 268435456, "bytes", "a Kafka value that inflates more is dead-lettered")  \
    LIMIT(ENVELOPE_DEPTH, 4, "levels", "a deeper nesting of envelopes is dead-lettered")           \
    LIMIT(JSON_DEPTH, 1024, "levels", "a deeper JSON record is dead-lettered")                     \
    LIMIT(FIELDS, 4096, "fields", "loading more rules' field names is refused")                    \
    LIMIT(LOGSOURCES, 64, "log sources", "giving events more is refused")                          \
    LIMIT(EVENT_VALUES, 65536, "values", "a record with more in fields of rules is dead-lettered") \
    LIMIT(RULE_FILE_BYTES, 4194304, "bytes", "a larger rule file is refused")                      \
    LIMIT(LIST_FILE_BYTES, 67108864, "bytes", "a larger list file is refused")                     \
    LIMIT(RULE_DEPTH, 64, "levels", "a deeper condition or YAML nesting is refused")               \
    LIMIT(REGEX_PATTERN_BYTES, 4096, "bytes", "a rule with a longer pattern is refused")           \
    LIMIT(REGEX_SUBJECT_BYTES, 65536, "bytes", "a longer value is searched in its beginning")      \
    LIMIT(REGEX_PLAIN_BYTES, 2048, "bytes", "a longer value is searched with its steps counted")   \
    LIMIT(REGEX_PLAIN_STEPS, 200000, "steps", "the value is searched again with steps counted")    \
    LIMIT(REGEX_BASE_UNITS, 65536, "units", "plus the square of the value's bytes: the next row")  \
    LIMIT(REGEX_UNITS, 16777216, "units", "the search ends undecided")                             \
    LIMIT(REGEX_HEAP_KIB, 1024, "KiB", "the search ends undecided")                                \
    LIMIT(REGEX_FAULTS, 32, "faults", "run: the pattern is set aside, its answers are undecided")  \
    LIMIT(REGEX_FAULT_EVENTS, 10000, "events", "run: after so many one fault is forgiven")         \
    LIMIT(ALERT_ORIGINAL_BYTES, 8192, "bytes", "event.original is cut in the alert")               \
    LIMIT(ALERT_EVIDENCE, 32, "values", "further values that made a rule match are left out")      \
    LIMIT(ALERT_VALUE_BYTES, 256, "bytes", "a value that made a rule match is cut in the alert")   \
    LIMIT(ALERT_EVENTS, 100, "events", "further contributing events are counted, not listed")      \
    LIMIT(SUPPRESS_KEYS, 1000000, "keys", "the stalest is forgotten: its next alert is told")      \
    LIMIT(WINDOW_KEYS, 1000000, "keys", "a new key replaces a weaker one or is refused; alerted")  \
    LIMIT(WINDOW_VALUES, 10000, "values", "the stalest value or number of a key is evicted")       \
    LIMIT(WINDOW_STATE_KBYTES, 1048576, "KiB", "likewise; growth evicts the weakest; alerted")     \
    LIMIT(WINDOW_PENDING, 4000000, "matches", "the oldest pending match is processed early")       \
    LIMIT(WINDOW_PENDING_KBYTES, 2097152, "KiB", "the oldest pending match is processed early")    \
    LIMIT(EVENT_AHEAD_SECONDS, 86400, "seconds",                                                   \
          "an event further ahead of its Kafka message's time does not move the watermark")        \
    LIMIT(STATE_COMMIT_CELLS, 100000, "cells", "the batch is cut at an earlier offset")            \
    LIMIT(STATE_COMMIT_BYTES, 33554432, "bytes", "the batch is cut at an earlier offset")          \
    LIMIT(STATE_KBYTES, 4194304, "KiB", "the local store takes no commit that makes it larger")    \
    LIMIT(STATE_JOURNAL_BYTES, 67108864, "bytes", "the local store writes a snapshot")             \
    LIMIT(KAFKA_QUEUE_KBYTES, 32768, "KiB", "librdkafka stops fetching")                           \
    LIMIT(SYSLOG_PEERS, 10000, "connections",                                                      \
          "a further connection is refused, counted and logged")                                   \
    LIMIT(SYSLOG_SENDERS, 65536, "senders", "further ones share one rate")                         \
    LIMIT(RELAY_QUEUE_KBYTES, 65536, "KiB", "relay: nothing is read from the sockets")             \
    LIMIT(ACCOUNTS, 100000, "accounts", "the stalest hour of a stream is told early")              \
    LIMIT(ACCOUNT_HOURS, 48, "hours", "the stalest of a stream is told early")                     \
    LIMIT(ALERT_FILE_BYTES, 104857600, "bytes", "the alert file is rotated")                       \
    LIMIT(ALERT_FILES, 10, "files", "the oldest rotated alert file is deleted")                    \
    LIMIT(DEAD_LETTER_LINE_BYTES, 536870912, "bytes", "dlq: a longer line is no dead letter")      \
    LIMIT(DEAD_LETTER_ROWS, 100000, "rows", "dlq list: further sources are counted together")      \
    LIMIT(DEAD_LETTER_SEEN, 8388608, "records", "dlq replay: the call ends and says where")        \
    LIMIT(LINT_STEPS, 100000, "steps", "rules check says nothing of the rule's condition")         \
    LIMIT(THREADS, 256, "threads", "more are refused")

#define LIMIT_CONSTANT(name, value, unit, effect) LIMIT_##name = (value),
enum { LIMIT_TABLE(LIMIT_CONSTANT) };
#undef LIMIT_CONSTANT

struct limit {
    const char *name; /* as after LIMIT_ */
    int64_t value;
    const char *unit;
    const char *effect;
};

/* The rows, in the table's order; a row with a NULL name ends them. Immutable. */
extern const struct limit limit_table[];

#endif
