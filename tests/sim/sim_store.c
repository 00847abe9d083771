/* SPDX-License-Identifier: Apache-2.0
 *
 * sim_store.c - see sim_internal.h: a state store with the contract of state.h and its permitted
 * weaknesses: calls that fail before or after they took effect, and an end that gets lost.
 *
 * Thread: one.   Owns: the journal, and its fold in memory.
 * Invariants: (1) what is read is the fold of the journal: state_record_internal.h does both.
 */
#include "analyze/state/state_record_internal.h"
#include "base/ensure.h"
#include "base/memory.h"
#include "tests/sim/sim_internal.h"

static void fold(struct str record)
{
    struct err err = {0};
    bool ended = false;
    ENSURE(state_record_replay(&sim.memory, record, STATE_FILE_JOURNAL, &ended, &err) == 0);
}

static void append(struct buffer *record)
{
    MEMORY_GROW(sim.journal, sim.journal_count, sim.journal_capacity);
    sim.journal[sim.journal_count++] = *record;
    fold(buffer_str(record));
}

void sim_store_lose(uint32_t count)
{
    for (; count > 0 && sim.journal_count > 0; count--) {
        buffer_release(&sim.journal[--sim.journal_count]);
    }
    state_memory_release(&sim.memory);
    state_memory_init(&sim.memory);
    for (uint32_t i = 0; i < sim.journal_count; i++) {
        fold(buffer_str(&sim.journal[i]));
    }
}

void sim_store_clear(void)
{
    for (uint32_t i = 0; i < sim.journal_count; i++) {
        buffer_release(&sim.journal[i]);
    }
    sim.journal_count = 0;
    state_memory_release(&sim.memory);
    state_memory_init(&sim.memory);
}

static int killed(struct err *err)
{
    return err_set(err, ERR_IO, "the process was killed");
}

static int open_store(struct state_store *store, const struct state_options *options,
                      struct err *err)
{
    (void)options;
    (void)err;
    store->state = sim_running;
    return 0;
}

static struct state_position position_of(struct str partition)
{
    const struct state_partition *found = state_memory_find(&sim.memory, partition);
    return found != NULL ? found->position : STATE_POSITION_NONE;
}

/* Only a store that is reached over a network fails in passing. */
static int fail_in_passing(struct err *err, uint64_t *count)
{
    (*count)++;
    return err_set(err, ERR_REDIS, "no answer");
}

static void commit_one(struct state_commit *commit)
{
    struct state_position now = position_of(commit->partition);
    if (now.mark == commit->mark) {
        commit->result = STATE_COMMITTED; /* it had arrived */
    } else if (!state_position_equal(now, commit->base)) {
        commit->result = STATE_STALE;
        sim.counts.stale++;
    } else {
        struct buffer record = {0};
        state_record_commit(&record, commit);
        append(&record);
        commit->result = STATE_COMMITTED;
        sim.counts.commits++;
    }
    commit->position = position_of(commit->partition);
}

static int commit_store(struct state_store *store, struct state_commit **commits, size_t count,
                        struct err *err)
{
    struct member *member = store->state;
    if (sim_strikes(member)) {
        return killed(err);
    }
    bool fails = !sim.calm && sim.task_a_stream && sim_one_in(sim.fault_rate);
    size_t arrived = fails ? sim_random((uint32_t)count + 1) : count;
    bool answered = !fails || !sim_one_in(2);
    for (size_t i = 0; i < arrived; i++) {
        enum state_result before = commits[i]->result;
        commit_one(commits[i]);
        commits[i]->result = answered ? commits[i]->result : before;
    }
    if (fails) {
        return fail_in_passing(err, answered ? &sim.counts.outages : &sim.counts.lost_answers);
    }
    return sim_strikes(member) ? killed(err) : 0;
}

static int acknowledge(struct state_store *store, struct str partition, const struct str *ids,
                       size_t count, struct err *err)
{
    struct member *member = store->state;
    struct buffer record = {0};
    if (sim_strikes(member)) {
        return killed(err);
    }
    if (!sim.calm && sim.task_a_stream && sim_one_in(sim.fault_rate)) {
        return fail_in_passing(err, &sim.counts.outages);
    }
    state_record_acknowledge(&record, partition, ids, count);
    append(&record);
    return sim_strikes(member) ? killed(err) : 0;
}

static int flush(struct state_store *store, struct err *err)
{
    (void)store;
    (void)err;
    return 0;
}

static int position(struct state_store *store, struct str partition, struct state_position *out,
                    struct err *err)
{
    (void)store;
    (void)err;
    *out = position_of(partition);
    return 0;
}

static int tell(const struct state_cells *cells,
                int (*call)(void *context, struct str key, struct str value, struct err *err),
                void *context, struct err *err)
{
    int failed = 0;
    for (size_t i = 0; i < cells->capacity && failed == 0; i++) {
        const struct state_entry *entry = cells->slots[i];
        if (entry != NULL) {
            failed = call(context, state_entry_key(entry), state_entry_value(entry), err);
        }
    }
    return failed;
}

static int load(struct state_store *store, struct str partition, const struct state_reader *reader,
                struct state_position *out, struct err *err)
{
    if (sim_strikes(store->state)) {
        return killed(err);
    }
    const struct state_partition *found = state_memory_find(&sim.memory, partition);
    *out = position_of(partition);
    int failed = found != NULL ? tell(&found->cells, reader->cell, reader->context, err) : 0;
    return failed == 0 && found != NULL ? tell(&found->alerts, reader->alert, reader->context, err)
                                        : failed;
}

static int cell(struct state_store *store, struct str partition, struct str key,
                struct buffer *value, struct err *err)
{
    (void)store;
    (void)err;
    const struct state_partition *found = state_memory_find(&sim.memory, partition);
    const struct state_entry *entry = found != NULL ? state_memory_get(&found->cells, key) : NULL;
    if (entry != NULL) {
        buffer_add(value, state_entry_value(entry));
    }
    return entry != NULL ? 1 : 0;
}

static int partitions(struct state_store *store, state_partition_fn *call, void *context,
                      struct err *err)
{
    (void)store;
    int failed = 0;
    for (size_t i = 0; i < sim.memory.count && failed == 0; i++) {
        const struct state_partition *found = &sim.memory.partitions[i];
        failed = call(context, (struct str){found->name, found->name_len}, found->position, err);
    }
    return failed;
}

static void close_store(struct state_store *store)
{
    store->state = NULL;
}

const struct state_ops sim_store = {
    .name = "sim",
    .doc = "a world's",
    .open = open_store,
    .commit = commit_store,
    .acknowledge = acknowledge,
    .flush = flush,
    .position = position,
    .load = load,
    .cell = cell,
    .partitions = partitions,
    .close = close_store,
};
