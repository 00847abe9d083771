/* SPDX-License-Identifier: Apache-2.0
 *
 * task_load.c - see task_internal.h: what the store has of a task, back in memory.
 *
 * In:  cells and outbox entries, in any order.   Out: the task as it was after its last commit.
 * Thread: as task.h.   Owns: nothing.
 * Invariants: (1) a cell that nobody knows is an error: a newer version may have written it.
 */
#include "analyze/task/task_internal.h"
#include "analyze/window/window_keep.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/pack.h"
#include "base/timestamp.h"

#define WHERE "analyze/task"

static int restore_stream(struct task *task, struct str key, struct str value, struct err *err)
{
    struct unpack name = unpack_of(str_slice(key, 1, key.len));
    struct unpack in = unpack_of(value);
    int32_t partition = (int32_t)unpack_u32(&name);
    int64_t reached_ns = unpack_i64(&in);
    bool rests = unpack_u8(&in) != 0;
    struct str place = unpack_str(&in);
    if (name.failed || in.failed || in.left > 0) {
        return err_set(err, ERR_DATA, "the cell of a stream is damaged");
    }
    uint32_t number = task_stream(task, (struct str){name.at, name.left}, partition);
    struct task_stream *stream = &task->streams[number];
    buffer_clear(&stream->place);
    buffer_add(&stream->place, place);
    stream->reached_ns = reached_ns;
    stream->rests = rests;
    stream->unheard = !rests;
    window_watermark(task->windows, number,
                     reached_ns == TIMESTAMP_NONE ? INT64_MIN + 1 : reached_ns);
    if (rests) {
        window_watermark(task->windows, number, TIMESTAMP_NONE);
    }
    return 0;
}

static int take_cell(void *context, struct str key, struct str value, struct err *err)
{
    struct task *task = context;
    if (key.ptr[0] == TASK_CELL_STREAM) {
        return restore_stream(task, key, value, err);
    }
    if (key.ptr[0] == ACCOUNT_CELL) {
        /* Without sinks for them accounts wait in the store until there are some again. */
        struct account_clock now = {clock_now_ns(), clock_monotonic_ns()};
        return task->accounts == NULL ? 0 : accounts_restore(task->accounts, key, value, now, err);
    }
    return key.ptr[0] == SUPPRESS_CELL ? suppressor_restore(task->suppressor, key, value, err)
                                       : windows_restore(task->windows, key, value, err);
}

static int take_entry(void *context, struct str id, struct str body, struct err *err)
{
    struct task *task = context;
    return outbox_restore(&task->outbox, id, body, err);
}

int task_load(struct task *task, struct err *err)
{
    struct state_reader reader = {take_cell, take_entry, task};
    int result = state_load(task->store, buffer_str(&task->name), &reader, &task->position, err);
    if (result == STATE_STALE) {
        return STATE_STALE;
    }
    uint64_t left_out = 0;
    if (result == 0) {
        result = windows_restored(task->windows, &left_out, err);
    }
    if (result != 0) {
        return err_prefix(err, "task %.*s can not be loaded", STR_ARG(buffer_str(&task->name)));
    }
    if (left_out > 0) {
        log_write(LOG_WARNING, WHERE,
                  "task %.*s: correlations changed: %llu groups or waiting matches of before are "
                  "left out",
                  STR_ARG(buffer_str(&task->name)), (unsigned long long)left_out);
    }
    return 0;
}
