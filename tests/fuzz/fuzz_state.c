/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_state.c - the local store's files from any bytes. The first byte says what the others are:
 * 0 a journal, 1 a snapshot beside an empty journal, 2 the records of a journal's frame, 3 those of
 * a snapshot's, whose checksums would be right.
 * What was opened once opens again, with the same state.
 */
#include "analyze/state/state_record_internal.h"
#include "base/ensure.h"
#include "base/log.h"
#include "tests/state_disk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int add_entry(void *context, struct str key, struct str value, struct err *err)
{
    uint64_t *sum = context;
    (void)err;
    *sum += 1 + key.len + 3 * value.len;
    return 0;
}

static int add_partition(void *context, struct str name, struct state_position position,
                         struct err *err)
{
    uint64_t *sum = context;
    (void)err;
    *sum += 7 * name.len + (uint64_t)position.offset;
    return 0;
}

/* Opens, sums up what is there, and closes; 0 when it is refused. */
static uint64_t open_and_sum(const struct state_files *os)
{
    struct state_options options = {.kind = "local", .path = "/state", .os = os};
    struct state_store *store = NULL;
    struct err err;
    uint64_t sum = 1;
    if (state_open(&options, &store, &err) != 0) {
        ENSURE(err.text[0] != '\0');
        return 0;
    }
    struct state_reader reader = {add_entry, add_entry, &sum};
    struct state_position position;
    ENSURE(state_partitions(store, add_partition, &sum, &err) == 0);
    ENSURE(state_load(store, STR("p"), &reader, &position, &err) == 0);
    state_close(store);
    return sum;
}

static void open_files(struct str bytes, bool snapshot)
{
    static struct disk disk;
    disk = (struct disk){.random = 2};
    struct state_files os = disk_files(&disk);
    if (snapshot) {
        ENSURE(open_and_sum(&os) == 1);
    }
    int file = os.open(&disk, snapshot ? "/state/snapshot" : "/state/journal", STATE_OPEN_EMPTY);
    buffer_add(
        &disk.files[disk_find(&disk, snapshot ? "/state/snapshot" : "/state/journal")->file].now,
        bytes);
    os.close(&disk, file);
    uint64_t sum = open_and_sum(&os);
    ENSURE(sum == 0 || open_and_sum(&os) == sum);
    disk_release(&disk);
}

static void replay_records(struct str payload, enum state_file_kind kind)
{
    struct state_memory memory;
    struct err err;
    bool ended = false;
    state_memory_init(&memory);
    (void)state_record_replay(&memory, payload, kind, &ended, &err);
    state_memory_release(&memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    log_level_set(LOG_ERROR);
    if (size == 0) {
        return 0;
    }
    struct str bytes = {(const char *)data + 1, size - 1};
    if (data[0] < 2) {
        open_files(bytes, data[0] == 1);
    } else {
        replay_records(bytes, data[0] == 2 ? STATE_FILE_JOURNAL : STATE_FILE_SNAPSHOT);
    }
    return 0;
}
