/* SPDX-License-Identifier: Apache-2.0
 *
 * crew_internal.h - the workers, and the ring that brings their batches back into order.
 *
 * In:  batches with sequences 0, 1, 2...   Out: the same batches, worked on, in that order.
 * Thread: crew_submit and crew_next by the engine_run thread, which is one of the crew: it works on
 *         batches when it would otherwise wait for one. The other threads are inside.
 * Owns:   workers and threads; it holds a batch from crew_submit until crew_next returns it.
 * Invariants: (1) crew_next returns batches in the order of their sequence.
 *             (2) with one thread crew_submit does the work itself and no lock is ever taken.
 * Bounds: capacity batches in flight; one lock a batch, none an event.
 */
#ifndef TOCSIN_CLI_ENGINE_CREW_INTERNAL_H
#define TOCSIN_CLI_ENGINE_CREW_INTERNAL_H

#include "analyze/match/match_profile.h"
#include "base/error.h"
#include "ingest/record/record.h"

#include <stdbool.h>
#include <stdint.h>

struct crew;

/* threads - 1 are started. ERR_INTERNAL when the system gives no thread. */
int crew_new(uint32_t threads, uint32_t capacity, bool renders_dead_letters, struct crew **crew,
             struct err *err);
/* No batch may be in flight. NULL is fine. */
void crew_free(struct crew *crew);

void crew_submit(struct crew *crew, struct batch *batch);
/* The next batch in order. NULL when none is in flight or, without wait, when it is not ready. With
 * wait the caller works on batches until it is. */
struct batch *crew_next(struct crew *crew, bool wait);
/* The workers forget their rules, which may then be freed. No batch may be in flight. */
void crew_unbind(struct crew *crew);
/* Adds what the workers did since they were bound to their rules. */
void crew_profile(const struct crew *crew, struct match_profile *sum);
/* The same without the rules' own counters. */
void crew_counters(const struct crew *crew, struct match_counters *sum);
/* Does a batch wait for a worker? */
bool crew_has_work(struct crew *crew);
/* Works on such a batch, if there is one. */
void crew_help(struct crew *crew);
/* How many were submitted and not yet returned. */
uint32_t crew_in_flight(const struct crew *crew);

#endif
