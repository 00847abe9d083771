/* SPDX-License-Identifier: Apache-2.0
 *
 * task_commit.c - see task.h: what changed since the last commit, as one commit of the store.
 *
 * In:  tasks that changed.   Out: durable tasks, or stale ones.
 * Thread: as task.h.   Owns: the commit's bytes, from its making until it is answered.
 * Invariants: (1) a commit that was not answered is repeated as it was: its mark tells the store
 *                 whether it had arrived.
 *             (2) deletions that may come at any time wait for a commit that has room for them.
 *             (3) the position counts commits: an outbox entry has the number of its commit.
 */
#include "analyze/task/task_internal.h"
#include "analyze/window/window_keep.h"
#include "base/ensure.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/pack.h"

/* Borrowed bytes live until the answer: in the arena. */
static void add_change(void *context, struct str key, struct str value, bool deleted)
{
    struct task *task = context;
    MEMORY_GROW(task->changes, task->changes_count, task->changes_capacity);
    task->changes[task->changes_count++] = (struct state_change){
        .key = arena_copy(task->arena, key),
        .value = deleted ? (struct str){0} : arena_copy(task->arena, value),
        .deleted = deleted,
    };
}

static void add_streams(struct task *task)
{
    struct buffer value = {0};
    for (uint32_t i = 0; i < task->changed_count; i++) {
        const struct task_stream *stream = &task->streams[task->changed[i]];
        buffer_clear(&value);
        pack_i64(&value, stream->reached_ns);
        pack_u8(&value, stream->rests ? 1 : 0);
        pack_str(&value, buffer_str(&stream->place));
        add_change(task, stream->key, buffer_str(&value), false);
    }
    buffer_release(&value);
}

static void prepare(struct task *task)
{
    struct state_commit *commit = &task->commit;
    arena_reset(task->arena);
    task->changes_count = 0;
    add_streams(task);
    suppressor_tell_changes(task->suppressor, add_change, task);
    if (task->accounts != NULL) {
        accounts_tell_changes(task->accounts, add_change, task);
    }
    size_t room = task->changes_count < LIMIT_STATE_COMMIT_CELLS - 1
                      ? LIMIT_STATE_COMMIT_CELLS - 1 - task->changes_count
                      : 0;
    windows_tell_changes(task->windows, room, add_change, task);
    int64_t next = task->position.offset + 1; /* STATE_OFFSET_NONE is the number before 0 */
    outbox_id((uint64_t)next, task->drawn, task->entry_id);
    task->entry = (struct state_alert){.id = {task->entry_id, OUTBOX_ID_BYTES},
                                       .body = buffer_str(&task->outbox.open)};
    *commit = (struct state_commit){
        .partition = buffer_str(&task->name),
        .base = task->position,
        .next = next,
        .changes = task->changes,
        .changes_count = task->changes_count,
        .alerts = &task->entry,
        .alerts_count = task->outbox.open.len > 0 ? 1 : 0,
    };
    task->waits = true;
}

static int answer(struct task *task, const struct state_commit *commit, struct err *err)
{
    task->commit = *commit;
    task->waits = commit->result == STATE_UNKNOWN;
    task->stale = task->stale || commit->result == STATE_STALE;
    if (commit->result == STATE_TOO_LARGE) {
        return err_set(err, ERR_INTERNAL,
                       "task %.*s: a commit of %zu cells is larger than the store takes; lower "
                       "engine.threads or the size of batches",
                       STR_ARG(buffer_str(&task->name)), commit->changes_count);
    }
    if (commit->result == STATE_COMMITTED) {
        task->position = commit->position;
        windows_changes_done(task->windows);
        suppressor_changes_done(task->suppressor);
        if (task->accounts != NULL) {
            accounts_changes_done(task->accounts);
        }
        for (uint32_t i = 0; i < task->changed_count; i++) {
            task->streams[task->changed[i]].changed = false;
        }
        task->changed_count = 0;
        outbox_close(&task->outbox, task->entry_id);
    }
    return 0;
}

int tasks_commit(struct task *const *tasks, size_t count, struct err *err)
{
    ENSURE(count > 0);
    struct state_commit *commits = memory_new(count, sizeof *commits);
    for (size_t i = 0; i < count; i++) {
        struct task *task = tasks[i];
        ENSURE(task->store != NULL && task->store == tasks[0]->store && !task->stale);
        if (!task->waits) {
            prepare(task);
        }
        commits[i] = task->commit;
    }
    int failed = state_commit(tasks[0]->store, commits, count, err);
    struct err trouble = {0};
    for (size_t i = 0; i < count; i++) {
        int refused = answer(tasks[i], &commits[i], &trouble);
        if (failed == 0 && refused != 0) {
            failed = refused;
            *err = trouble;
        }
    }
    memory_free(commits);
    return failed;
}

bool task_waits(const struct task *task)
{
    return task->waits;
}

bool task_is_stale(const struct task *task)
{
    return task->stale;
}
