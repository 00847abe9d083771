/* SPDX-License-Identifier: Apache-2.0
 *
 * crew_internal.h - the threads of a run, the turn that they take, and the ring that brings their
 * batches back into order.
 *
 * In:  batches with sequences 0, 1, 2...   Out: the same batches, worked on, in that order.
 * Thread: a function that says "in turn" is called by the thread that has the turn, which is one at
 *         a time. What order matters to is done in turn; the work on a batch is not.
 * Owns:   workers and threads; it holds a batch from crew_add until crew_next returns it.
 * Invariants: (1) crew_next returns batches in the order of their sequence.
 *             (2) crew_next and crew_done: whoever has the turn sees all that was done in it.
 * Bounds: capacity batches in flight; two turns a batch, none an event.
 */
#ifndef TOCSIN_CLI_ENGINE_CREW_INTERNAL_H
#define TOCSIN_CLI_ENGINE_CREW_INTERNAL_H

#include "analyze/match/match_profile.h"
#include "base/error.h"
#include "cli/engine/worker_internal.h"
#include "ingest/record/record.h"

#include <stdbool.h>
#include <stdint.h>

struct crew;

struct crew *crew_new(uint32_t threads, uint32_t capacity, bool renders_dead_letters);
/* No batch may be in flight and no thread running. NULL is fine. */
void crew_free(struct crew *crew);

/* What each of the threads does; each has a worker of its own. */
typedef void crew_help_fn(void *context, struct worker *worker);
/* Starts threads - 1 of them. ERR_INTERNAL when the system gives no thread; those that it gave are
 * to be joined. */
int crew_start(struct crew *crew, crew_help_fn *help, void *context, struct err *err);
void crew_join(struct crew *crew);
/* The worker of the thread that called crew_start. */
struct worker *crew_own_worker(struct crew *crew);

void crew_take_turn(struct crew *crew);
void crew_end_turn(struct crew *crew);
/* In turn: gives it to others until crew_wake, or for timeout_ms (-1: without limit). */
void crew_wait(struct crew *crew, int timeout_ms);
/* In turn: all that wait look again. */
void crew_wake(struct crew *crew);

/* The workers forget their rules, which may then be freed. No batch may be in flight. */
void crew_unbind(struct crew *crew);
/* Adds what the workers did since they were bound to their rules. */
void crew_profile(const struct crew *crew, struct match_profile *sum);
/* The same without the rules' own counters. */
void crew_counters(const struct crew *crew, struct match_counters *sum);

/* In turn: a batch is going to be worked on; it was. */
void crew_add(struct crew *crew, struct batch *batch);
void crew_done(struct crew *crew, const struct batch *batch);
/* In turn: the next batch in order, or NULL when there is none or it is not done. */
struct batch *crew_next(struct crew *crew);
/* In turn: how many were added and not yet returned. */
uint32_t crew_in_flight(const struct crew *crew);

#endif
