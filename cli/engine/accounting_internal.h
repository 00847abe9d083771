/* SPDX-License-Identifier: Apache-2.0
 *
 * accounting_internal.h - delivered batches as entries of the accounts, and their lines to sinks.
 *
 * In:  batches, once they are delivered.   Out: lines in the accounts' sinks.
 * Thread: the deliverer only.   Owns: nothing that outlives a batch: accounts are the tasks'.
 * Invariants: (1) a chunk is in the accounts once, when its batch is delivered.
 *             (2) without sinks for the lines nothing is kept.
 * Tested: tests/unit/test_accounting.c.
 */
#ifndef TOCSIN_CLI_ENGINE_ACCOUNTING_INTERNAL_H
#define TOCSIN_CLI_ENGINE_ACCOUNTING_INTERNAL_H

#include "analyze/account/account.h"
#include "analyze/window/window.h"
#include "cli/engine/audit_internal.h"

struct accounting {
    bool wanted;    /* there are sinks for lines */
    uint32_t *late; /* matches behind the watermark, by chunk of the batch */
    uint32_t late_capacity;
    uint32_t late_chunk; /* of the last match */
    /* of the batch */
    const struct audit *audit;
    struct account_clock now;
    uint64_t lines; /* written, in the run */
};

void accounting_init(struct accounting *accounting, const struct audit *audit);
void accounting_release(struct accounting *accounting);

/* A batch is going to be delivered; then matches that came late, in their order; then each of its
 * chunks, in order: new_bytes are those that the chunk before did not have. */
void accounting_begin(struct accounting *accounting, const struct batch *batch);
void accounting_note_late(struct accounting *accounting, const struct batch *batch,
                          const struct match *match);
/* Where a stream's entries go. */
struct accounting_place {
    struct accounts *accounts; /* of its task */
    uint32_t *number;          /* 1 + its number there; 0: not known yet */
};
void accounting_add(struct accounting *accounting, const struct accounting_place *place,
                    const struct batch *batch, uint32_t chunk, uint64_t new_bytes);

/* Tells what is due of accounts; with `all` what is open, too. */
int accounting_tell(struct accounts *accounts, bool all, account_tell_fn *tell, void *context,
                    struct err *err);

#endif
