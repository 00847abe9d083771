/* SPDX-License-Identifier: Apache-2.0
 *
 * state.c - see state.h: the kinds of stores, and what is checked before any of them is asked.
 */
#include "analyze/state/state_internal.h"

#include "base/clock.h"
#include "base/ensure.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/memory.h"

#include <sys/random.h>

static const struct state_ops *const state_table[] = {&state_local, &state_redis, NULL};

int state_open(const struct state_options *options, struct state_store **out, struct err *err)
{
    *out = NULL;
    const struct state_ops *ops = options->ops != NULL ? options->ops : state_table[0];
    for (size_t i = 0;
         options->ops == NULL && ops != NULL && strcmp(ops->name, options->kind) != 0;) {
        ops = state_table[++i];
    }
    if (ops == NULL) {
        return err_set(err, ERR_CONFIG, "\"%s\" is no kind of state store; there are: local, redis",
                       options->kind);
    }
    struct state_store *store = memory_new(1, sizeof *store);
    store->ops = ops;
    if (getrandom(&store->marks_seed, sizeof store->marks_seed, 0) != sizeof store->marks_seed) {
        store->marks_seed = hash_mix((uint64_t)clock_now_ns(), (uint64_t)clock_monotonic_ns());
    }
    int failed = ops->open(store, options, err);
    if (failed != 0) {
        memory_free(store);
        return failed;
    }
    *out = store;
    return 0;
}

void state_close(struct state_store *store)
{
    if (store != NULL) {
        store->ops->close(store);
        memory_free(store);
    }
}

void state_identity(const struct state_store *store, struct buffer *identity)
{
    if (store->ops->identity != NULL) {
        store->ops->identity(store, identity);
    }
}

static bool name_fits(struct str name)
{
    return name.len > 0 && name.len <= STATE_PARTITION_BYTES;
}

static bool key_fits(struct str key)
{
    return key.len > 0 && key.len <= STATE_KEY_BYTES;
}

/* What the caller promised; the sizes, which follow the data, are told by the result instead. */
static void check_commit(const struct state_commit *commits, size_t index)
{
    const struct state_commit *commit = &commits[index];
    ENSURE(name_fits(commit->partition));
    ENSURE(commit->next >= 0 && commit->next >= commit->base.offset);
    ENSURE((commit->base.offset == STATE_OFFSET_NONE) == (commit->base.mark == 0));
    for (size_t i = 0; i < index; i++) {
        ENSURE(!str_equal(commits[i].partition, commit->partition));
    }
    for (size_t i = 0; i < commit->changes_count; i++) {
        ENSURE(key_fits(commit->changes[i].key));
    }
    for (size_t i = 0; i < commit->alerts_count; i++) {
        ENSURE(key_fits(commit->alerts[i].id));
    }
}

static bool commit_too_large(const struct state_commit *commit)
{
    size_t bytes = 0;
    for (size_t i = 0; i < commit->changes_count; i++) {
        const struct state_change *change = &commit->changes[i];
        bytes += change->key.len + (change->deleted ? 0 : change->value.len);
    }
    for (size_t i = 0; i < commit->alerts_count; i++) {
        bytes += commit->alerts[i].id.len + commit->alerts[i].body.len;
    }
    return commit->changes_count + commit->alerts_count > LIMIT_STATE_COMMIT_CELLS ||
           bytes > LIMIT_STATE_COMMIT_BYTES;
}

/* A step of the golden ratio meets every number once; other stores begin elsewhere. */
static uint64_t next_mark(struct state_store *store)
{
    uint64_t mark = 0;
    while (mark == 0) {
        mark = store->marks_seed + ++store->marks * UINT64_C(0x9E3779B97F4A7C15);
    }
    return mark;
}

int state_commit(struct state_store *store, struct state_commit *commits, size_t count,
                 struct err *err)
{
    struct state_commit **open = memory_new(count + 1, sizeof(struct state_commit *));
    size_t opened = 0;
    for (size_t i = 0; i < count; i++) {
        struct state_commit *commit = &commits[i];
        check_commit(commits, i);
        if (commit->mark != 0 && commit->result != STATE_UNKNOWN) {
            /* A struct that is used for another commit without a new mark would be lost here. */
            ENSURE(commit->result != STATE_COMMITTED || (commit->position.mark == commit->mark &&
                                                         commit->position.offset == commit->next));
            continue;
        }
        commit->mark = commit->mark != 0 ? commit->mark : next_mark(store);
        commit->result = commit_too_large(commit) ? STATE_TOO_LARGE : STATE_UNKNOWN;
        commit->position = commit->base;
        if (commit->result == STATE_UNKNOWN) {
            open[opened++] = commit;
        }
    }
    int failed = opened > 0 ? store->ops->commit(store, open, opened, err) : 0;
    for (size_t i = 0; failed == 0 && i < opened; i++) {
        ENSURE(open[i]->result != STATE_UNKNOWN);
    }
    memory_free(open);
    return failed;
}

int state_acknowledge(struct state_store *store, struct str partition, const struct str *ids,
                      size_t count, struct err *err)
{
    ENSURE(name_fits(partition));
    for (size_t i = 0; i < count; i++) {
        ENSURE(key_fits(ids[i]));
    }
    return count > 0 ? store->ops->acknowledge(store, partition, ids, count, err) : 0;
}

int state_flush(struct state_store *store, struct err *err)
{
    return store->ops->flush(store, err);
}

int state_position_get(struct state_store *store, struct str partition,
                       struct state_position *position, struct err *err)
{
    ENSURE(name_fits(partition));
    return store->ops->position(store, partition, position, err);
}

int state_load(struct state_store *store, struct str partition, const struct state_reader *reader,
               struct state_position *position, struct err *err)
{
    ENSURE(name_fits(partition));
    return store->ops->load(store, partition, reader, position, err);
}

int state_cell_get(struct state_store *store, struct str partition, struct str key,
                   struct buffer *value, struct err *err)
{
    ENSURE(name_fits(partition) && key_fits(key));
    return store->ops->cell(store, partition, key, value, err);
}

int state_partitions(struct state_store *store, state_partition_fn *tell, void *context,
                     struct err *err)
{
    return store->ops->partitions(store, tell, context, err);
}
