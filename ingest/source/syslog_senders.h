/* SPDX-License-Identifier: Apache-2.0
 *
 * syslog_senders.h - how much each sender may still send: a token bucket an address.
 *
 * In:  a sender's address, the time.   Out: whether its bytes are taken now.
 * Thread: one.   Owns: the table of addresses.
 * Invariants: (1) a sender gets rate records a second, and as many at once as it may send in one.
 *             (2) one that was quiet for a second has its whole second: forgetting it changes
 *                 nothing, so the table is emptied of those when it is full.
 * Bounds: LIMIT_SYSLOG_SENDERS addresses; when all of them are busy, others share one bucket.
 * Tested: tests/unit/test_syslog_senders.c.
 */
#ifndef TOCSIN_INGEST_SOURCE_SYSLOG_SENDERS_H
#define TOCSIN_INGEST_SOURCE_SYSLOG_SENDERS_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct syslog_senders;
/* rate: records a second; 0: any number. */
struct syslog_senders *syslog_senders_new(uint32_t rate, uint32_t senders_max);
void syslog_senders_free(struct syslog_senders *senders);
/* Takes what count records cost if the sender has anything left: a piece of many records is taken
 * whole, and paid by waiting longer. now_ns: monotonic. */
bool syslog_senders_take(struct syslog_senders *senders, struct str address, uint64_t count,
                         int64_t now_ns);

#endif
