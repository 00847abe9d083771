/* SPDX-License-Identifier: Apache-2.0
 *
 * task.c - see task.h: streams, and what is told to the outbox. task_commit.c commits, task_load.c
 * loads.
 */
#include "analyze/task/task_internal.h"

#include "analyze/window/window_keep.h"
#include "base/clock.h"
#include "base/ensure.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/pack.h"
#include "base/timestamp.h"

#include <sys/random.h>

#define NAME_AT           (1 + sizeof(uint32_t))
#define LOADS_MAX         5
#define CELLS_FULL        (LIMIT_STATE_COMMIT_CELLS / 2)
#define OUTBOX_FULL_BYTES (LIMIT_STATE_COMMIT_BYTES / 4)

static struct task *make(const struct task_options *options)
{
    struct task *task = memory_new(1, sizeof *task);
    buffer_add(&task->name, options->name);
    task->store = options->store;
    task->position = STATE_POSITION_NONE;
    task->arena = arena_new(0);
    if (getrandom(&task->drawn, sizeof task->drawn, 0) != sizeof task->drawn) {
        task->drawn = hash_mix((uint64_t)clock_now_ns(), (uint64_t)clock_monotonic_ns());
    }
    task->numbers = map_new();
    task->windows = windows_new(options->rules, options->window);
    task->suppressor = suppressor_new(LIMIT_SUPPRESS_KEYS);
    task->accounts = options->accounts ? accounts_new(0, 0) : NULL;
    if (task->store != NULL) {
        windows_keep(task->windows, CELLS_FULL);
        suppressor_keep(task->suppressor);
    }
    if (task->store != NULL && task->accounts != NULL) {
        accounts_keep(task->accounts);
    }
    return task;
}

int task_open(const struct task_options *options, struct task **task, struct err *err)
{
    int result = STATE_STALE;
    for (int i = 0; i < LOADS_MAX && result == STATE_STALE; i++) {
        *task = make(options);
        result = (*task)->store != NULL ? task_load(*task, err) : 0;
        if (result != 0) {
            task_close(*task);
            *task = NULL;
        }
    }
    return result != STATE_STALE
               ? result
               : err_set(err, ERR_REDIS,
                         "task %.*s can not be loaded: another process writes to it; are there two "
                         "with one consumer group's partition?",
                         STR_ARG(options->name));
}

void task_close(struct task *task)
{
    if (task == NULL) {
        return;
    }
    for (uint32_t i = 0; i < task->streams_count; i++) {
        buffer_release(&task->streams[i].place);
    }
    memory_free(task->streams);
    memory_free(task->changed);
    map_free(task->numbers);
    outbox_release(&task->outbox);
    windows_free(task->windows);
    suppressor_free(task->suppressor);
    accounts_free(task->accounts);
    arena_free(task->arena);
    memory_free(task->changes);
    buffer_release(&task->name);
    memory_free(task);
}

struct str task_name(const struct task *task)
{
    return buffer_str(&task->name);
}

struct windows *task_windows(struct task *task)
{
    return task->windows;
}

struct suppressor *task_suppressor(struct task *task)
{
    return task->suppressor;
}

struct accounts *task_accounts(struct task *task)
{
    return task->accounts;
}

static uint32_t accounts_changed(const struct task *task)
{
    return task->accounts != NULL ? accounts_changes(task->accounts) : 0;
}

/* --- streams ---------------------------------------------------------------------------------- */

static struct str name_of(const struct task_stream *stream)
{
    return str_slice(stream->key, NAME_AT, stream->key.len);
}

uint32_t task_stream(struct task *task, struct str name, int32_t partition)
{
    struct buffer key = {0};
    pack_u8(&key, TASK_CELL_STREAM);
    pack_u32(&key, (uint32_t)partition);
    buffer_add(&key, name);
    uint32_t number = map_get(task->numbers, buffer_str(&key));
    if (number == MAP_NONE) {
        number = task->streams_count;
        map_set(task->numbers, buffer_str(&key), number);
        MEMORY_GROW(task->streams, task->streams_count, task->streams_capacity);
        task->streams[task->streams_count++] = (struct task_stream){
            .key = map_key_at(task->numbers, number),
            .partition = partition,
            .reached_ns = TIMESTAMP_NONE,
        };
    }
    buffer_release(&key);
    return number;
}

uint32_t task_streams_count(const struct task *task)
{
    return task->streams_count;
}

struct task_place task_place(const struct task *task, uint32_t stream)
{
    ENSURE(stream < task->streams_count);
    const struct task_stream *found = &task->streams[stream];
    return (struct task_place){name_of(found), found->partition, buffer_str(&found->place)};
}

/* The cell of the stream is to be in the next commit. */
static struct task_stream *change(struct task *task, uint32_t stream)
{
    ENSURE(stream < task->streams_count && !task->waits);
    struct task_stream *found = &task->streams[stream];
    found->unheard = false;
    if (!found->changed) {
        MEMORY_GROW(task->changed, task->changed_count, task->changed_capacity);
        task->changed[task->changed_count++] = stream;
        found->changed = true;
    }
    return found;
}

void task_set_place(struct task *task, uint32_t stream, struct str place)
{
    ENSURE(stream < task->streams_count);
    if (!str_equal(buffer_str(&task->streams[stream].place), place)) {
        struct task_stream *found = change(task, stream);
        buffer_clear(&found->place);
        buffer_add(&found->place, place);
    }
}

void task_await(struct task *task, uint32_t stream)
{
    ENSURE(stream < task->streams_count);
    if (task->streams[stream].reached_ns == TIMESTAMP_NONE) {
        change(task, stream)->unheard = true; /* the store must know of it, too */
        window_watermark(task->windows, stream, INT64_MIN + 1);
    }
}

void task_reach(struct task *task, uint32_t stream, int64_t time_ns)
{
    struct task_stream *found = change(task, stream);
    found->reached_ns = time_ns > found->reached_ns ? time_ns : found->reached_ns;
    found->rests = false;
    window_watermark(task->windows, stream, time_ns);
}

void task_rest(struct task *task, uint32_t stream)
{
    change(task, stream)->rests = true;
    window_watermark(task->windows, stream, TIMESTAMP_NONE);
}

void task_rest_unheard(struct task *task)
{
    for (uint32_t i = 0; i < task->streams_count; i++) {
        if (task->streams[i].unheard) {
            task_rest(task, i);
        }
    }
}

/* --- the outbox ------------------------------------------------------------------------------- */

void task_tell(struct task *task, enum rule_level level, struct str id, struct str json)
{
    ENSURE(task->store != NULL && !task->waits);
    outbox_add(&task->outbox, &(struct task_alert){level, id, json});
}

bool task_is_full(const struct task *task)
{
    return task->outbox.open.len >= OUTBOX_FULL_BYTES ||
           windows_changes(task->windows) + suppressor_changes(task->suppressor) +
                   accounts_changed(task) >=
               CELLS_FULL;
}

bool task_is_changed(const struct task *task)
{
    return task->waits || task->changed_count > 0 || task->outbox.open.len > 0 ||
           windows_changes(task->windows) > 0 || suppressor_changes(task->suppressor) > 0 ||
           accounts_changed(task) > 0;
}

int task_deliver(struct task *task, task_alert_fn *deliver, void *context, struct err *err)
{
    return outbox_tell(&task->outbox, deliver, context, err);
}

int task_acknowledge(struct task *task, struct err *err)
{
    enum { IDS = 64 };
    struct str ids[IDS];
    uint32_t count = 0;
    int failed = 0;
    while (failed == 0 && (count = outbox_told(&task->outbox, ids, IDS)) > 0) {
        failed = state_acknowledge(task->store, buffer_str(&task->name), ids, count, err);
        if (failed == 0) {
            outbox_forget(&task->outbox, count);
        }
    }
    return failed;
}
