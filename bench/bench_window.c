/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_window.c - what a key of a window costs: memory and time, over many keys.
 *
 * bench_window KEYS [N [PER_KEY]]: an event_count correlation of at least N matches (default 5) in
 * an hour sees PER_KEY matches (default 2) of each of KEYS groups, in rounds over all keys, each
 * round in another order. The caps on keys and on memory are lifted. Prints bytes a key by the
 * process's resident memory, and nanoseconds a match of the first round and of the last.
 */
#include "analyze/window/window_internal.h"
#include "base/clock.h"
#include "base/timestamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BATCH 1000U

static const struct str group_fields[] = {{"user", 4}};

struct stream_state {
    struct windows *windows;
    struct rule *rules;
    uint64_t offset;
    uint64_t alerts;
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
            window_advance(state->windows, count_alert, state);
        }
    }
    return clock_process_cpu_ns() - start;
}

int main(int argc, char **argv)
{
    uint64_t keys = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    uint64_t threshold = argc > 2 ? strtoull(argv[2], NULL, 10) : 5;
    uint64_t per_key = argc > 3 ? strtoull(argv[3], NULL, 10) : 2;
    if (keys < BATCH || threshold == 0 || per_key == 0) {
        fprintf(stderr, "usage: bench_window KEYS [N [PER_KEY]]; at least 1000 keys\n");
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
    struct window_limits limits = {.keys = keys + 1,
                                   .values = 10000,
                                   .state_bytes = UINT64_MAX,
                                   .pending = 4000000,
                                   .pending_bytes = UINT64_MAX};
    windows_set_limits(state.windows, &limits);
    uint64_t before = resident_bytes();
    int64_t first = 0;
    int64_t last = 0;
    for (uint64_t round = 0; round < per_key; round++) {
        last = run_round(&state, keys, round);
        first = round == 0 ? last : first;
    }
    uint64_t after = resident_bytes();
    struct window_counters counters = window_counters(state.windows);
    printf("%llu keys, %llu matches, %llu alerts, %llu evicted, %.1f bytes a key, "
           "%.1f ns a new key's match, %.1f ns a known key's match\n",
           (unsigned long long)counters.keys, (unsigned long long)counters.matches,
           (unsigned long long)state.alerts, (unsigned long long)counters.evicted,
           (double)(after - before) / (double)keys, (double)first / (double)keys,
           (double)last / (double)keys);
    windows_free(state.windows);
    return counters.keys != keys;
}
