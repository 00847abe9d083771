/* SPDX-License-Identifier: Apache-2.0
 *
 * account.h - what became of the records of each stream, hour by hour.
 *
 * The hour is that of a record's arrival, in UTC: the timestamp of its Kafka message, else the time
 * at which it was read. It is not the event's: an auditor asks whether what came in was looked at,
 * and a log line must not be able to choose, by a forged time, in which account it stands.
 *
 * In:  chunks that were delivered.   Out: one line of JSON for each account that is closed: its
 *      hour is over and nothing came for it for a while. docs/ACCOUNTS.md has the line.
 * Thread: the deliverer only.   Owns: all accounts and their texts.
 * Invariants: (1) a record is in exactly one account. What comes for an hour after its account was
 *                 closed opens another one: the sum over accounts counts each record once.
 *             (2) an account may be told more than once, with a sequence: the last line counts.
 *             (3) at a cap the stalest account is closed early: nothing is lost but a line more.
 * Bounds: LIMIT_ACCOUNTS in memory, LIMIT_ACCOUNT_HOURS of one stream; O(1) a chunk of the hour
 * that the chunk before had. Tested: tests/unit/test_account.c.
 */
#ifndef TOCSIN_ANALYZE_ACCOUNT_ACCOUNT_H
#define TOCSIN_ANALYZE_ACCOUNT_ACCOUNT_H

#include "base/error.h"
#include "base/str.h"
#include "ingest/record/record.h"

#include <stdbool.h>
#include <stdint.h>

#define ACCOUNT_ID_TEXT 32
#define ACCOUNT_HOUR_NS (INT64_C(3600) * 1000000000)
#define ACCOUNT_QUIET_NS                                                                           \
    (INT64_C(60) * 1000000000) /* how long nothing came before it is closed                        \
                                */

struct accounts;

/* 0 for a cap: that of base/limits.h. */
struct accounts *accounts_new(uint32_t accounts_max, uint32_t hours_max);
/* Forgets what was not told. NULL is fine. */
void accounts_free(struct accounts *accounts);
/* How many are open. NULL has none. */
uint32_t accounts_open(const struct accounts *accounts);

/* From now on these rules are in force: a digest of them, in words of the caller. */
void accounts_set_rules(struct accounts *accounts, struct str digest);

/* Two clocks at one moment. */
struct account_clock {
    int64_t wall_ns;
    int64_t steady_ns; /* never goes back */
};

/* The number of a stream, from 0; it is added when it is new. */
uint32_t accounts_stream(struct accounts *accounts, const struct stream *stream);

/* What a chunk adds to its account. */
struct account_entry {
    uint32_t stream; /* by accounts_stream */
    int64_t time_ns; /* of its arrival */
    const struct tally *tally;
    bool has_offsets; /* the next four mean something */
    uint64_t first_offset;
    uint64_t offsets_read; /* messages, or bytes of a file; 0: it is a repetition */
    uint64_t offsets_missing;
    uint64_t offsets_lost;
    uint64_t late; /* matches that came behind the watermark */
};
void accounts_add(struct accounts *accounts, const struct account_entry *entry,
                  struct account_clock now);

/* A line to be written. */
struct account_line {
    struct str id;   /* of the account: the same in all lines about it */
    struct str json; /* with its LF */
};
typedef int account_tell_fn(void *context, const struct account_line *line, struct err *err);

/* Tells the accounts that are over, and forgets each when tell has taken its line. 0, or what tell
 * failed with. */
int accounts_close_due(struct accounts *accounts, struct account_clock now, account_tell_fn *tell,
                       void *context, struct err *err);
/* Tells all that have changed since they were told, as partial lines: at a stop. They stay open. */
int accounts_tell_open(struct accounts *accounts, struct account_clock now, account_tell_fn *tell,
                       void *context, struct err *err);

/* --- what outlives the process ---------------------------------------------------------------- */

/* A cell of the state store: an account, or that it is closed. Keys begin with ACCOUNT_CELL. */
#define ACCOUNT_CELL 'a'
typedef void account_change_fn(void *context, struct str key, struct str value, bool deleted);

/* From now on changes are remembered until accounts_changes_done. */
void accounts_keep(struct accounts *accounts);
/* How many cells have changed. */
uint32_t accounts_changes(const struct accounts *accounts);
/* Tells them all; keys and values live until the call returns. accounts_close_due comes before:
 * what is closed and not told must not be forgotten by this commit. */
void accounts_tell_changes(struct accounts *accounts, account_change_fn *tell, void *context);
/* They are in the store. */
void accounts_changes_done(struct accounts *accounts);
/* A cell of the store, before the first accounts_add. ERR_DATA: it is damaged, or of a version to
 * come. */
int accounts_restore(struct accounts *accounts, struct str key, struct str value,
                     struct account_clock now, struct err *err);

#endif
