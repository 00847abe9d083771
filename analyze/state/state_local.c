/* SPDX-License-Identifier: Apache-2.0
 *
 * state_local.c - the store of kind "local": a folder with a snapshot, a journal of the commits
 * since, and a lock. The state is in memory, too: what is read comes from there.
 *
 * A commit is a record of the journal; all commits of a call (up to FRAME_BYTES) are one frame with
 * one sync. A journal that has grown gives way to a snapshot: it is written beside the old one,
 * synced, named, the folder synced; then so is an empty journal. Both tell a generation: a journal
 * of the one before the snapshot's is what the snapshot already has.
 *
 * Thread: one at a time; one store a folder, by the lock.   Owns: the files, the state in memory.
 * Invariants: (1) memory is what the files say plus acknowledgements in frame.
 *             (2) after a failed write, sync or rename that counts, broken tells it and nothing is
 *                 written any more: what the disk has is known after opening it again only.
 * Bounds: LIMIT_STATE_KBYTES of memory; disk: twice the state and LIMIT_STATE_JOURNAL_BYTES.
 * Tested: tests/unit/test_state.c, tests/property/test_state_local.c.
 */
#include "analyze/state/state_frames_internal.h"
#include "analyze/state/state_internal.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>

#define FRAME_BYTES       67108864
#define ACKNOWLEDGE_BYTES 1048576 /* of acknowledgements that wait for a commit's frame */
#define SNAPSHOT_BYTES    1048576 /* of a snapshot's frame */
#define CELL_BYTES        64      /* about, in memory, besides key and value */

struct local {
    const struct state_files *os;
    char *folder;
    int lock;
    struct state_memory memory;
    struct state_frames journal;
    struct buffer frame; /* begun; with acknowledgements */
    struct err broken;
    uint64_t snapshot_at; /* bytes of the journal */
    uint64_t journal_bytes_max;
    uint64_t memory_bytes_max;
};

static char *name_file(const struct local *local, const char *name)
{
    struct buffer path = {0};
    buffer_printf(&path, "%s/%s", local->folder, name);
    char *copy = memory_copy_str(buffer_str(&path));
    buffer_release(&path);
    return copy;
}

/* The journal that begins behind the snapshot. */
static int begin_journal(struct local *local, uint64_t generation, struct err *err)
{
    char *path = name_file(local, "journal");
    state_frames_close(&local->journal);
    local->journal =
        (struct state_frames){.kind = STATE_FILE_JOURNAL, .generation = generation, .file = -1};
    int failed = state_frames_create(&local->journal, local->os, path, err);
    failed = failed != 0 ? failed : state_frames_publish(&local->journal, local->folder, err);
    local->snapshot_at = local->journal_bytes_max;
    memory_free(path);
    return failed;
}

/* *generation: 0 without a snapshot. */
static int read_snapshot(struct local *local, uint64_t *generation, struct err *err)
{
    char *path = name_file(local, "snapshot");
    struct state_frames snapshot = {.kind = STATE_FILE_SNAPSHOT, .file = -1};
    int failed = state_frames_open(&snapshot, local->os, path, err);
    if (failed == 0) {
        failed = state_frames_replay(&snapshot, &local->memory, err);
    }
    *generation = snapshot.generation;
    state_frames_close(&snapshot);
    memory_free(path);
    return failed == 1 ? 0 : failed;
}

static int read_journal(struct local *local, uint64_t generation, struct err *err)
{
    char *path = name_file(local, "journal");
    int failed = state_frames_open(&local->journal, local->os, path, err);
    if (failed == 1 && generation > 0) {
        failed = err_set(err, ERR_DATA, "%s: is missing beside its snapshot", path);
    } else if (failed == 1 || (failed == 0 && local->journal.generation + 1 == generation)) {
        failed = begin_journal(local, generation, err);
    } else if (failed == 0 && local->journal.generation != generation) {
        failed = err_set(err, ERR_DATA,
                         "%s: follows the snapshot %llu, but %llu is there: files of two folders "
                         "are mixed",
                         path, (unsigned long long)local->journal.generation,
                         (unsigned long long)generation);
    } else if (failed == 0) {
        failed = state_frames_replay(&local->journal, &local->memory, err);
    }
    memory_free(path);
    return failed;
}

/* The folder's name is to survive, too. */
static int make_folder(struct local *local, struct err *err)
{
    const struct state_files *os = local->os;
    struct str path = str_of(local->folder);
    size_t parent_len = path.len;
    while (parent_len > 0 && path.ptr[parent_len - 1] != '/') {
        parent_len--;
    }
    char *parent = memory_copy_str(parent_len > 0 ? str_slice(path, 0, parent_len) : STR("."));
    int failed = 0;
    if (os->folder_make(os->context, local->folder) != 0 ||
        os->folder_sync(os->context, parent) != 0) {
        failed = err_set(err, ERR_IO, "%s: can't be made: %s", local->folder, strerror(errno));
    }
    memory_free(parent);
    return failed;
}

static int lock_folder(struct local *local, struct err *err)
{
    char *path = name_file(local, "lock");
    local->lock = local->os->lock(local->os->context, path);
    int failed = 0;
    if (local->lock < 0 && errno == EWOULDBLOCK) {
        failed = err_set(err, ERR_IO, "%s: another process has this state open; give each its own",
                         local->folder);
    } else if (local->lock < 0) {
        failed = err_set(err, ERR_IO, "%s: can't be locked: %s", path, strerror(errno));
    }
    memory_free(path);
    return failed;
}

static void release(struct local *local)
{
    state_frames_close(&local->journal);
    if (local->lock >= 0) {
        local->os->close(local->os->context, local->lock);
    }
    state_memory_release(&local->memory);
    buffer_release(&local->frame);
    memory_free(local->folder);
    memory_free(local);
}

static int open_local(struct state_store *store, const struct state_options *options,
                      struct err *err)
{
    if (options->path == NULL || options->path[0] == '\0') {
        return err_set(err, ERR_CONFIG, "a local state store needs the path of its folder");
    }
    struct str path = str_of(options->path);
    while (path.len > 1 && path.ptr[path.len - 1] == '/') {
        path.len--;
    }
    struct local *local = memory_new(1, sizeof *local);
    uint64_t kbytes = options->memory_kbytes_max;
    *local = (struct local){
        .os = options->os != NULL ? options->os : &state_files_system,
        .folder = memory_copy_str(path),
        .lock = -1,
        .journal = {.kind = STATE_FILE_JOURNAL, .file = -1},
        .journal_bytes_max =
            options->journal_bytes_max > 0 ? options->journal_bytes_max : LIMIT_STATE_JOURNAL_BYTES,
        .memory_bytes_max = (kbytes > 0 ? kbytes : LIMIT_STATE_KBYTES) * 1024,
    };
    local->snapshot_at = local->journal_bytes_max;
    state_memory_init(&local->memory);
    state_frame_begin(&local->frame);
    uint64_t generation = 0;
    int failed = make_folder(local, err);
    failed = failed != 0 ? failed : lock_folder(local, err);
    failed = failed != 0 ? failed : read_snapshot(local, &generation, err);
    failed = failed != 0 ? failed : read_journal(local, generation, err);
    if (failed != 0) {
        release(local);
        return failed;
    }
    store->state = local;
    return 0;
}

static int write_frame(struct local *local, struct err *err)
{
    uint64_t synced = local->journal.bytes;
    int failed = state_frames_append(&local->journal, &local->frame, err);
    failed = failed != 0 ? failed : state_frames_sync(&local->journal, err);
    if (failed != 0) {
        local->broken = *err;
        state_frames_take_back(&local->journal, synced);
    }
    state_frame_begin(&local->frame);
    return failed;
}

static int append_snapshot_frame(struct state_frames *file, struct buffer *frame, size_t bytes_min,
                                 struct err *err)
{
    if (frame->len <= STATE_FRAME_HEADER || frame->len < bytes_min) {
        return 0;
    }
    int failed = state_frames_append(file, frame, err);
    state_frame_begin(frame);
    return failed;
}

static int write_cells(struct state_frames *file, struct buffer *frame,
                       const struct state_partition *partition, bool alerts, struct err *err)
{
    const struct state_cells *cells = alerts ? &partition->alerts : &partition->cells;
    int failed = 0;
    for (size_t i = 0; i < cells->capacity && failed == 0; i++) {
        if (cells->slots[i] != NULL) {
            if (frame->len <= STATE_FRAME_HEADER) {
                state_record_partition(frame, partition);
            }
            state_record_entry(frame, cells->slots[i], alerts);
            failed = append_snapshot_frame(file, frame, SNAPSHOT_BYTES, err);
        }
    }
    return failed;
}

static int write_snapshot(struct local *local, struct state_frames *file, struct err *err)
{
    struct buffer frame = {0};
    int failed = 0;
    state_frame_begin(&frame);
    for (size_t i = 0; i < local->memory.count && failed == 0; i++) {
        const struct state_partition *partition = &local->memory.partitions[i];
        state_record_partition(&frame, partition);
        failed = write_cells(file, &frame, partition, false, err);
        failed = failed != 0 ? failed : write_cells(file, &frame, partition, true, err);
        failed = failed != 0 ? failed : append_snapshot_frame(file, &frame, SNAPSHOT_BYTES, err);
    }
    state_record_end(&frame, &local->memory);
    failed = failed != 0 ? failed : append_snapshot_frame(file, &frame, 0, err);
    buffer_release(&frame);
    return failed != 0 ? failed : state_frames_sync(file, err);
}

/* Before the snapshot has its name the journal goes on as before, and a failure (a full disk) costs
 * a longer journal only. Afterwards appending to the old journal would be lost. */
static void rotate(struct local *local)
{
    struct err err = {0};
    char *path = name_file(local, "snapshot");
    struct state_frames snapshot = {
        .kind = STATE_FILE_SNAPSHOT, .generation = local->journal.generation + 1, .file = -1};
    int failed = state_frames_create(&snapshot, local->os, path, &err);
    failed = failed != 0 ? failed : write_snapshot(local, &snapshot, &err);
    if (failed != 0) {
        log_write(LOG_WARNING, "analyze/state", "no snapshot, the journal goes on: %s", err.text);
        local->snapshot_at = local->journal.bytes + local->journal_bytes_max;
    } else {
        if (state_frames_publish(&snapshot, local->folder, &err) == 0) {
            (void)begin_journal(local, snapshot.generation, &err);
        }
        local->broken = err;
    }
    state_frames_close(&snapshot);
    memory_free(path);
}

static void apply(struct local *local, struct state_commit *commit)
{
    struct state_memory *memory = &local->memory;
    struct state_partition *partition = state_memory_make(memory, commit->partition);
    for (size_t i = 0; i < commit->changes_count; i++) {
        const struct state_change *change = &commit->changes[i];
        if (change->deleted) {
            state_memory_remove(memory, &partition->cells, change->key);
        } else {
            state_memory_put(memory, &partition->cells, change->key, change->value);
        }
    }
    for (size_t i = 0; i < commit->alerts_count; i++) {
        state_memory_put(memory, &partition->alerts, commit->alerts[i].id, commit->alerts[i].body);
    }
    partition->position = (struct state_position){commit->next, commit->mark};
    commit->position = partition->position;
    commit->result = STATE_COMMITTED;
}

/* STALE, or what the commit may add to memory. */
static uint64_t judge(const struct local *local, struct state_commit *commit)
{
    const struct state_partition *partition = state_memory_find(&local->memory, commit->partition);
    uint64_t bytes = 0;
    commit->position = partition != NULL ? partition->position : STATE_POSITION_NONE;
    if (!state_position_equal(commit->position, commit->base)) {
        commit->result = STATE_STALE;
        return 0;
    }
    for (size_t i = 0; i < commit->changes_count; i++) {
        const struct state_change *change = &commit->changes[i];
        const struct state_entry *entry =
            partition != NULL ? state_memory_get(&partition->cells, change->key) : NULL;
        uint64_t now = entry != NULL ? CELL_BYTES + entry->key_len + entry->value_len : 0;
        uint64_t then = change->deleted ? 0 : CELL_BYTES + change->key.len + change->value.len;
        bytes += then > now ? then - now : 0;
    }
    for (size_t i = 0; i < commit->alerts_count; i++) {
        bytes += CELL_BYTES + commit->alerts[i].id.len + commit->alerts[i].body.len;
    }
    return bytes;
}

static int commit_some(struct local *local, struct state_commit **commits, size_t count,
                       struct err *err)
{
    int failed = write_frame(local, err);
    for (size_t i = 0; i < count && failed == 0; i++) {
        if (commits[i]->result == STATE_UNKNOWN) {
            apply(local, commits[i]);
        }
    }
    return failed;
}

static int tell_broken(const struct local *local, struct err *err)
{
    *err = local->broken;
    return err_prefix(err, "the state store was closed after a failure");
}

static int commit_local(struct state_store *store, struct state_commit **commits, size_t count,
                        struct err *err)
{
    struct local *local = store->state;
    size_t first = 0;
    int failed = 0;
    uint64_t bytes = 0;
    if (local->broken.code != 0) {
        return tell_broken(local, err);
    }
    for (size_t i = 0; i < count; i++) {
        bytes += judge(local, commits[i]);
    }
    if (bytes > 0 && local->memory.bytes + bytes > local->memory_bytes_max) {
        return err_set(err, ERR_DATA,
                       "%s: the state would pass %llu KiB; raise the limit state_kbytes, or give "
                       "correlations a shorter timespan",
                       local->folder, (unsigned long long)local->memory_bytes_max / 1024);
    }
    for (size_t i = 0; i < count && failed == 0; i++) {
        if (commits[i]->result == STATE_UNKNOWN) {
            state_record_commit(&local->frame, commits[i]);
        }
        if (local->frame.len > FRAME_BYTES) {
            failed = commit_some(local, commits + first, i + 1 - first, err);
            first = i + 1;
        }
    }
    if (failed == 0 && local->frame.len > STATE_FRAME_HEADER) {
        failed = commit_some(local, commits + first, count - first, err);
    }
    if (failed == 0 && local->journal.bytes > local->snapshot_at) {
        rotate(local);
    }
    return failed;
}

static int flush_local(struct state_store *store, struct err *err)
{
    struct local *local = store->state;
    if (local->broken.code != 0) {
        return tell_broken(local, err);
    }
    return local->frame.len > STATE_FRAME_HEADER ? write_frame(local, err) : 0;
}

static int acknowledge_local(struct state_store *store, struct str partition, const struct str *ids,
                             size_t count, struct err *err)
{
    struct local *local = store->state;
    struct state_partition *found = state_memory_find(&local->memory, partition);
    if (local->broken.code != 0) {
        return tell_broken(local, err);
    }
    for (size_t i = 0; i < count && found != NULL; i++) {
        if (state_memory_get(&found->alerts, ids[i]) != NULL) {
            state_memory_remove(&local->memory, &found->alerts, ids[i]);
            state_record_acknowledge(&local->frame, partition, &ids[i], 1);
        }
    }
    return local->frame.len > ACKNOWLEDGE_BYTES ? write_frame(local, err) : 0;
}

static int position_local(struct state_store *store, struct str partition,
                          struct state_position *position, struct err *err)
{
    const struct local *local = store->state;
    (void)err;
    const struct state_partition *found = state_memory_find(&local->memory, partition);
    *position = found != NULL ? found->position : STATE_POSITION_NONE;
    return 0;
}

static int load_local(struct state_store *store, struct str partition,
                      const struct state_reader *reader, struct state_position *position,
                      struct err *err)
{
    const struct local *local = store->state;
    const struct state_partition *found = state_memory_find(&local->memory, partition);
    int failed = 0;
    *position = found != NULL ? found->position : STATE_POSITION_NONE;
    for (size_t i = 0; found != NULL && i < found->cells.capacity && failed >= 0; i++) {
        const struct state_entry *entry = found->cells.slots[i];
        if (entry != NULL) {
            failed = reader->cell(reader->context, state_entry_key(entry), state_entry_value(entry),
                                  err);
        }
    }
    for (size_t i = 0; found != NULL && i < found->alerts.capacity && failed >= 0; i++) {
        const struct state_entry *entry = found->alerts.slots[i];
        if (entry != NULL) {
            failed = reader->alert(reader->context, state_entry_key(entry),
                                   state_entry_value(entry), err);
        }
    }
    return failed < 0 ? failed : 0;
}

static int cell_local(struct state_store *store, struct str partition, struct str key,
                      struct buffer *value, struct err *err)
{
    const struct local *local = store->state;
    (void)err;
    const struct state_partition *found = state_memory_find(&local->memory, partition);
    const struct state_entry *entry = found != NULL ? state_memory_get(&found->cells, key) : NULL;
    if (entry != NULL) {
        buffer_add(value, state_entry_value(entry));
    }
    return entry != NULL ? 1 : 0;
}

static int partitions_local(struct state_store *store, state_partition_fn *tell, void *context,
                            struct err *err)
{
    const struct local *local = store->state;
    int failed = 0;
    for (size_t i = 0; i < local->memory.count && failed >= 0; i++) {
        const struct state_partition *partition = &local->memory.partitions[i];
        failed = tell(context, state_partition_name(partition), partition->position, err);
    }
    return failed < 0 ? failed : 0;
}

static void close_local(struct state_store *store)
{
    struct local *local = store->state;
    struct err err = {0};
    if (local->broken.code == 0 && flush_local(store, &err) != 0) {
        log_write(LOG_WARNING, "analyze/state",
                  "acknowledgements are not kept, their alerts will be delivered again: %s",
                  err.text);
    }
    release(local);
}

const struct state_ops state_local = {
    .name = "local",
    .doc = "a folder: a snapshot and a journal",
    .open = open_local,
    .commit = commit_local,
    .acknowledge = acknowledge_local,
    .flush = flush_local,
    .position = position_local,
    .load = load_local,
    .cell = cell_local,
    .partitions = partitions_local,
    .close = close_local,
};
