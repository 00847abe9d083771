/* SPDX-License-Identifier: Apache-2.0
 *
 * task.h - the unit of commit: some streams, what correlations and suppression remember of their
 * events, where reading goes on, and the alerts that were raised. docs/STATE.md has the contract.
 *
 * In:  matches, alerts, how far streams were read.   Out: commits to the state store; alerts to be
 *      delivered.
 * Thread: the deliverer only.   Owns: windows, suppressor, its streams; alerts until acknowledged.
 * Invariants: (1) what a task remembers is the effect of its streams' records up to their places:
 *                 both change in one commit.
 *             (2) an alert is delivered only when the commit that has it is durable; it leaves the
 *                 outbox only when it was delivered.
 *             (3) while a commit waits for its answer the task does not change.
 * Bounds: a commit has at most LIMIT_STATE_COMMIT_CELLS cells: task_is_full tells in time.
 * Tested: tests/unit/test_task.c, tests/sim, tests/fault.
 */
#ifndef TOCSIN_ANALYZE_TASK_TASK_H
#define TOCSIN_ANALYZE_TASK_TASK_H

#include "analyze/account/account.h"
#include "analyze/alert/suppress.h"
#include "analyze/state/state.h"
#include "analyze/window/window.h"

struct task_options {
    struct str name;                     /* its partition in the store */
    struct state_store *store;           /* borrowed; NULL: nothing outlives the process */
    const struct rule_set *rules;        /* borrowed */
    const struct window_options *window; /* copied */
    bool accounts;                       /* it keeps accounts of its streams */
};

struct task;

/* Makes a task and loads what the store has of it. *task is NULL on an error: those of state_load,
 * or ERR_DATA for a cell that no version so far has written. */
int task_open(const struct task_options *options, struct task **task, struct err *err);
/* Forgets what is not committed. NULL is fine. */
void task_close(struct task *task);

struct str task_name(const struct task *task);
struct windows *task_windows(struct task *task);
struct suppressor *task_suppressor(struct task *task);
/* NULL: it keeps none. What is due is told before the next commit. */
struct accounts *task_accounts(struct task *task);

/* --- streams ---------------------------------------------------------------------------------- */

/* The number, from 0, of the stream of that name and partition (-1: none); it is added when the
 * task does not have it. */
uint32_t task_stream(struct task *task, struct str name, int32_t partition);
struct task_place {
    struct str name;
    int32_t partition;
    struct str place; /* the source's text; "": from the beginning */
};
uint32_t task_streams_count(const struct task *task);
/* Borrowed until the stream's place changes. */
struct task_place task_place(const struct task *task, uint32_t stream);
/* Everything before place is in what the task remembers. */
void task_set_place(struct task *task, uint32_t stream, struct str place);
/* The stream is to be read; nobody knows yet where it is: until then matches wait for it. */
void task_await(struct task *task, uint32_t stream);
/* The stream has come to event time time_ns. */
void task_reach(struct task *task, uint32_t stream, int64_t time_ns);
/* It has nothing to come for now, and holds no other back. */
void task_rest(struct task *task, uint32_t stream);
/* The same for streams that the store knew and of which nothing was heard since. */
void task_rest_unheard(struct task *task);

/* --- commits ---------------------------------------------------------------------------------- */

/* An alert for the outbox. */
void task_tell(struct task *task, enum rule_level level, struct str id, struct str json);
/* Is there anything that is not committed? */
bool task_is_changed(const struct task *task);
/* So much is not committed that a commit must come first. */
bool task_is_full(const struct task *task);

/* Commits what count tasks have changed, with one wait. 0: each is committed or task_is_stale.
 * Negative: see state_commit; while task_waits the tasks must not change, and the call may be
 * repeated with the same tasks. */
int tasks_commit(struct task *const *tasks, size_t count, struct err *err);
/* The last commit has no answer yet. */
bool task_waits(const struct task *task);
/* Another writer has gone on from where this task was: close it, open it again. */
bool task_is_stale(const struct task *task);

/* --- the outbox ------------------------------------------------------------------------------- */

struct task_alert {
    enum rule_level level;
    struct str id;
    struct str json; /* a line with its LF */
};
/* A result other than 0 ends it. */
typedef int task_alert_fn(void *context, const struct task_alert *alert, struct err *err);
/* Tells each alert that is committed and was not told yet, oldest first. ERR_DATA: an entry of the
 * store is damaged. */
int task_deliver(struct task *task, task_alert_fn *deliver, void *context, struct err *err);
/* What task_deliver has told is where it belongs. */
int task_acknowledge(struct task *task, struct err *err);

#endif
