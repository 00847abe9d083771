/* SPDX-License-Identifier: Apache-2.0
 *
 * deliver_commit.c - see deliver_internal.h: what the run has done since the last commit becomes
 * durable, then its alerts are told.
 *
 *     flush dead letters and accounts that are over -> places -> commit to the store -> alerts to
 * the sinks, flushed
 *                        -> acknowledged -> the source may store its own offsets
 *
 * In:  tasks that changed.   Out: commits, lines in sinks.
 * Thread: the deliverer.   Owns: nothing.
 * Invariants: (1) a dead letter is where it belongs before its record's place is committed; the
 * line of an account before its cell is deleted: a crash in between repeats it. (2) an alert is
 * written after its commit, and leaves the store after it was flushed: a crash in between repeats
 * it with the same id and text. (3) while the store does not answer nothing is delivered, and the
 * same commit is tried again.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "cli/engine/deliver_internal.h"

/* --- the outbox ------------------------------------------------------------------------------- */

struct telling {
    struct deliverer *deliverer;
    uint64_t count;
};

static int write_kept(void *context, const struct task_alert *alert, struct err *err)
{
    struct telling *telling = context;
    struct sink_item item = {
        .kept = true, .level = alert->level, .key = alert->id, .json = alert->json};
    telling->count++;
    return outlet_write(&telling->deliverer->alerts, &item, err);
}

static int write_outbox(struct deliverer *deliverer, struct task *task, uint64_t *told,
                        struct err *err)
{
    struct telling telling = {deliverer, 0};
    int failed = task_deliver(task, write_kept, &telling, err);
    *told += telling.count;
    return failed;
}

int deliver_outbox(struct deliverer *deliverer, struct task *task, uint64_t *told, struct err *err)
{
    int failed = write_outbox(deliverer, task, told, err);
    failed = failed != 0 ? failed : outlet_flush(&deliverer->alerts, err);
    return failed != 0 ? failed : task_acknowledge(task, err);
}

/* Alerts of all tasks, with one flush. */
static int deliver_outboxes(struct deliverer *deliverer, struct err *err)
{
    uint64_t told = 0;
    int failed = 0;
    for (uint32_t i = 0; i < deliverer->tasks_count && failed == 0; i++) {
        failed = write_outbox(deliverer, deliverer->tasks[i], &told, err);
    }
    failed = failed != 0 ? failed : outlet_flush(&deliverer->alerts, err);
    for (uint32_t i = 0; i < deliverer->tasks_count && failed == 0; i++) {
        failed = task_acknowledge(deliverer->tasks[i], err);
    }
    /* Told again after a crash, acknowledged with the next ones: no reason to stop here. */
    return failed == ERR_REDIS ? 0 : failed;
}

/* --- the commit ------------------------------------------------------------------------------- */

/* Tells the tasks how far their streams were delivered. */
static void set_places(struct deliverer *deliverer)
{
    struct source *source = deliverer->source;
    struct buffer place = {0};
    for (uint32_t i = 0; i < deliverer->touched_count; i++) {
        struct stream_state *state = &deliverer->streams[deliverer->touched[i]];
        state->touched = false;
        buffer_clear(&place);
        if (source->ops->place != NULL) {
            source->ops->place(source, source->streams[deliverer->touched[i]], &place);
        }
        if (place.len > 0 && state->task != NULL && !task_is_stale(state->task)) {
            task_set_place(state->task, state->number, buffer_str(&place));
        }
    }
    deliverer->touched_count = 0;
    buffer_release(&place);
}

bool deliver_waits_for_store(struct deliverer *deliverer, const struct err *err)
{
    int64_t since_ns = clock_monotonic_ns();
    bool again =
        deliverer->on_outage != NULL && deliverer->on_outage(deliverer->on_outage_context, err);
    deliverer->outage_ns += clock_monotonic_ns() - since_ns;
    return again;
}

/* Commits, and asks again for those without an answer while there are such. tasks is reordered. */
static int commit_tasks(struct deliverer *deliverer, struct task **tasks, uint32_t count,
                        struct err *err)
{
    uint32_t waiting = count;
    int failed = tasks_commit(tasks, waiting, err);
    while (failed == ERR_REDIS && deliver_waits_for_store(deliverer, err)) {
        for (uint32_t i = 0; i < waiting;) {
            struct task *task = tasks[i];
            if (task_waits(task)) {
                i++;
                continue;
            }
            tasks[i] = tasks[--waiting];
            tasks[waiting] = task;
        }
        failed = waiting > 0 ? tasks_commit(tasks, waiting, err) : 0;
    }
    for (uint32_t i = 0; i < count && failed == 0; i++) {
        bool stale = task_is_stale(tasks[i]);
        deliverer->stale = deliverer->stale || stale;
        deliverer->commits_stale += stale ? 1 : 0;
        deliverer->commits += stale ? 0 : 1;
    }
    return failed;
}

static int commit_changed(struct deliverer *deliverer, struct err *err)
{
    struct task **changed = memory_new(deliverer->tasks_count + 1, sizeof(struct task *));
    uint32_t count = 0;
    for (uint32_t i = 0; i < deliverer->tasks_count; i++) {
        struct task *task = deliverer->tasks[i];
        if (!task_is_stale(task) && task_is_changed(task)) {
            changed[count++] = task;
        }
    }
    int failed = count > 0 ? commit_tasks(deliverer, changed, count, err) : 0;
    memory_free(changed);
    return failed;
}

int deliver_source_committed(struct deliverer *deliverer, struct err *err)
{
    struct source *source = deliverer->source;
    return source->ops->committed != NULL ? source->ops->committed(source, err) : 0;
}

int deliver_commit(struct deliverer *deliverer, bool now, struct err *err)
{
    int64_t now_ns = clock_monotonic_ns();
    if (deliverer->store == NULL ||
        (!now && now_ns - deliverer->committed_ns < deliverer->commit_ns)) {
        return 0;
    }
    int failed = outlet_flush(&deliverer->exceptions, err);
    failed = failed != 0 ? failed : outlet_flush(&deliverer->dead_letters, err);
    failed = failed != 0 ? failed : deliver_accounts(deliverer, false, err);
    if (failed == 0) {
        set_places(deliverer);
        failed = commit_changed(deliverer, err);
    }
    failed = failed != 0 ? failed : deliver_outboxes(deliverer, err);
    failed = failed != 0 ? failed : deliver_source_committed(deliverer, err);
    deliverer->committed_ns = clock_monotonic_ns();
    return failed;
}
