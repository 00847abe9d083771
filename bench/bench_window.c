/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_window.c - what a key of a window costs: memory and time, over many keys.
 *
 * bench_window KEYS [N [PER_KEY [keep]]]: an event_count correlation of at least N matches (default
 * 5) in an hour sees PER_KEY matches (default 2) of each of KEYS groups, in rounds over all keys,
 * each round in another order. The caps on keys and on memory are lifted. Prints bytes a key by the
 * process's resident memory, and nanoseconds a match of the first round and of the last.
 *
 * With keep the windows are told as cells, whenever 3000 have changed, and those of the last round
 * are kept; then other windows are restored from them. Prints how long both take, and the bytes of
 * a cell. Telling is not in the nanoseconds a match.
 */
#include "analyze/window/window_internal.h"
#include "analyze/window/window_keep.h"
#include "base/clock.h"
#include "base/pack.h"
#include "base/timestamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BATCH 1000U
#define CELLS 3000U

static const struct str group_fields[] = {{"user", 4}};

struct stream_state {
    struct windows *windows;
    struct rule *rules;
    uint64_t offset;
    uint64_t alerts;
    bool keep;
    bool last_round;
    struct buffer cells; /* lengths, key, value; a later cell of one key replaces an earlier one */
    uint64_t cells_told;
    int64_t tell_ns;
};

static uint64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    char line[128] = "";
    if (file != NULL) {
        if (fgets(line, sizeof line, file) == NULL) {
            line[0] = '\0';
        }
        fclose(file);
    }
    char *end = line;
    strtoull(line, &end, 10);
    return strtoull(end, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void count_alert(void *context, const struct alert *alert)
{
    (void)alert;
    ((struct stream_state *)context)->alerts++;
}

/* number as hexadecimal digits, without printf's price. */
static void write_hex(char *text, size_t len, uint64_t number)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = len; i > 0; i--) {
        text[i - 1] = hex[number & 15];
        number >>= 4;
    }
}

static void add_match(struct stream_state *state, uint64_t key, int64_t time_ns)
{
    struct alert_event event = {
        .time_ns = time_ns, .source = STR("bench.log"), .partition = -1, .offset = state->offset++};
    write_hex(event.id, sizeof event.id - 1, state->offset);
    char name[12] = {'u', 's', 'e', 'r'};
    write_hex(name + 4, sizeof name - 4, key);
    struct str group = {name, sizeof name};
    struct alert alert = {.rule = &state->rules[0],
                          .logsource = STR("aws/cloudtrail"),
                          .events = &event,
                          .events_count = 1};
    struct match match = {.correlation = 1, .group = &group, .alert = &alert};
    window_add(state->windows, &match);
}

static void add_cell(void *context, struct str key, struct str value, bool deleted)
{
    struct stream_state *state = context;
    if (deleted || !state->last_round) {
        return;
    }
    pack_str(&state->cells, key);
    pack_str(&state->cells, value);
    state->cells_told++;
}

static void commit(struct stream_state *state)
{
    int64_t start = clock_process_cpu_ns();
    windows_tell_changes(state->windows, CELLS + BATCH, add_cell, state);
    windows_changes_done(state->windows);
    state->tell_ns += state->last_round ? clock_process_cpu_ns() - start : 0;
}

static void advance(struct stream_state *state)
{
    while (!window_advance(state->windows, count_alert, state)) {
        commit(state);
    }
    if (state->keep && windows_changes(state->windows) >= CELLS - BATCH) {
        commit(state);
    }
}

/* One match of every key, in an order of the round's own; nanoseconds of CPU. */
static int64_t run_round(struct stream_state *state, uint64_t keys, uint64_t round)
{
    /* key -> key * odd + round is a permutation when odd and keys share no divisor */
    uint64_t step = UINT64_C(2654435761) + round * 2;
    while (step % 5 == 0 || step % 2 == 0) {
        step++;
    }
    int64_t start = clock_process_cpu_ns();
    for (uint64_t i = 0; i < keys; i++) {
        int64_t time_ns = (int64_t)(round * keys + i) * 10000;
        add_match(state, (i * step + round) % keys, time_ns);
        if (i % BATCH == BATCH - 1 || i + 1 == keys) {
            window_watermark(state->windows, 0, time_ns + 1);
            advance(state);
        }
    }
    return clock_process_cpu_ns() - start;
}

/* Other windows from the cells. False: they are not as many groups. */
static bool restore(struct stream_state *state, struct windows *windows, uint64_t keys)
{
    struct err err = {0};
    uint64_t left_out = 0;
    uint64_t before = resident_bytes();
    int64_t start = clock_process_cpu_ns();
    struct unpack in = unpack_of(buffer_str(&state->cells));
    int failed = 0;
    windows_keep(windows, CELLS);
    while (in.left > 0 && failed == 0) {
        struct str key = unpack_str(&in);
        failed = windows_restore(windows, key, unpack_str(&in), &err);
    }
    failed = failed != 0 ? failed : windows_restored(windows, &left_out, &err);
    int64_t restore_ns = clock_process_cpu_ns() - start;
    if (failed != 0) {
        fprintf(stderr, "bench_window: %s\n", err.text);
        return false;
    }
    printf("kept: %llu cells, %.1f bytes a cell, telling takes %.1f ns a cell, restoring %.1f ns "
           "and %.1f bytes of memory a cell\n",
           (unsigned long long)state->cells_told,
           (double)state->cells.len / (double)state->cells_told,
           (double)state->tell_ns / (double)state->cells_told,
           (double)restore_ns / (double)state->cells_told,
           (double)(resident_bytes() - before) / (double)state->cells_told);
    return window_counters(windows).keys == keys;
}

int main(int argc, char **argv)
{
    uint64_t keys = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    uint64_t threshold = argc > 2 ? strtoull(argv[2], NULL, 10) : 5;
    uint64_t per_key = argc > 3 ? strtoull(argv[3], NULL, 10) : 2;
    if (keys < BATCH || threshold == 0 || per_key == 0) {
        fprintf(stderr, "usage: bench_window KEYS [N [PER_KEY [keep]]]; at least 1000 keys\n");
        return 2;
    }
    struct rule rules[2] = {{.id = STR("base"), .title = STR("base")},
                            {.id = STR("count"),
                             .title = STR("count"),
                             .correlation = {.kind = CORRELATION_EVENT_COUNT,
                                             .timespan_ns = 3600 * TIMESTAMP_SECOND_NS,
                                             .threshold = {.has_min = true, .min = threshold},
                                             .group_by = group_fields,
                                             .group_by_count = 1}}};
    struct rule_set set = {.rules = rules, .rules_count = 2};
    struct window_options options = {.lateness_ns = 0};
    struct stream_state state = {.windows = windows_new(&set, &options), .rules = rules};
    state.keep = argc > 4 && strcmp(argv[4], "keep") == 0;
    struct window_limits limits = {.keys = keys + 1,
                                   .values = 10000,
                                   .state_bytes = UINT64_MAX,
                                   .pending = 4000000,
                                   .pending_bytes = UINT64_MAX};
    windows_set_limits(state.windows, &limits);
    if (state.keep) {
        windows_keep(state.windows, CELLS);
    }
    uint64_t before = resident_bytes();
    int64_t first = 0;
    int64_t last = 0;
    for (uint64_t round = 0; round < per_key; round++) {
        state.last_round = round + 1 == per_key;
        last = run_round(&state, keys, round) - state.tell_ns;
        first = round == 0 ? last : first;
    }
    if (state.keep) {
        commit(&state);
    }
    uint64_t after = resident_bytes() - state.cells.capacity;
    struct window_counters counters = window_counters(state.windows);
    printf("%llu keys, %llu matches, %llu alerts, %llu evicted, %.1f bytes a key, "
           "%.1f ns a new key's match, %.1f ns a known key's match\n",
           (unsigned long long)counters.keys, (unsigned long long)counters.matches,
           (unsigned long long)state.alerts, (unsigned long long)counters.evicted,
           (double)(after - before) / (double)keys, (double)first / (double)keys,
           (double)last / (double)keys);
    windows_free(state.windows);
    bool same = true;
    if (state.keep) {
        struct windows *other = windows_new(&set, &options);
        windows_set_limits(other, &limits);
        same = restore(&state, other, keys);
        windows_free(other);
    }
    buffer_release(&state.cells);
    return counters.keys != keys || !same;
}
