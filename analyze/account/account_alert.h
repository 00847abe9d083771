/* SPDX-License-Identifier: Apache-2.0
 *
 * account_alert.h - the alert that tocsin raises about itself: what was read does not add up.
 *
 * In:  a fault of the accounts.   Out: an alert of account_rule, of level high.
 * Thread: any.   Owns: nothing; the alert lives in the arena.
 * Invariants: (1) the id follows from the kind of fault and its coordinate alone: the same bug at
 *                 the same place is the same alert after every restart.
 * Tested: tests/unit/test_account.c.
 */
#ifndef TOCSIN_ANALYZE_ACCOUNT_ACCOUNT_ALERT_H
#define TOCSIN_ANALYZE_ACCOUNT_ACCOUNT_ALERT_H

#include "analyze/alert/alert.h"
#include "base/arena.h"
#include "ingest/record/record.h"

/* Of no file: it is in force whatever rules are loaded. */
extern const struct rule account_rule;

/* Where something does not add up, and what. */
struct account_fault {
    const struct stream *stream;
    uint64_t offset;       /* of the chunk */
    int64_t time_ns;       /* of the chunk, or when it was found */
    uint64_t batch;        /* its sequence */
    struct tally tally;    /* of the chunk, or of a batch */
    uint64_t framed;       /* records of the batch, when `whole` */
    bool whole;            /* tally is a batch's: framing and the chunks disagree */
    uint64_t lost_offsets; /* not 0: so many before the chunk came neither as message nor as gap */
};

struct alert *account_alert_make(struct arena *arena, const struct account_fault *fault);

#endif
