/* SPDX-License-Identifier: Apache-2.0
 *
 * sim.c - the engine in a world where everything goes wrong (sim_internal.h): for each seed the
 * alerts that come out must be those of a world in which nothing does, whatever was killed,
 * stopped, lost or repeated.
 *
 *     sim [--from SEED] [--count N] [--verbose]      exit code 1: a seed failed
 *
 * Invariants that are checked (docs/RELIABILITY.md): no alert is missing, none is too many, a
 * repeat has the bytes of what it repeats, nothing is left in the store's outbox. Thread: one.
 * Owns: the world.
 */
#include "base/clock.h"
#include "base/ensure.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "tests/sim/sim_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LIVES_MAX 16 /* members of one seed */

struct sim sim;
struct member *sim_running;
static char rules_path[64];
static bool verbose;

void sim_fail(const char *what, struct str wanted, struct str got)
{
    if (!sim.failed || verbose) {
        printf("seed %llu: %s:\n%.*s%.*s", (unsigned long long)sim.seed, what, STR_ARG(wanted),
               STR_ARG(got));
    }
    sim.failed = true;
}

/* --- chance and time -------------------------------------------------------------------------- */

uint32_t sim_random(uint32_t below)
{
    sim.random += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = sim.random;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return below == 0 ? 0 : (uint32_t)((z ^ (z >> 31)) % below);
}

bool sim_one_in(uint32_t of)
{
    return sim_random(of) == 0;
}

/* The linker puts these in place of the system's clock. */
int64_t __wrap_clock_monotonic_ns(void);
int64_t __wrap_clock_monotonic_ns(void)
{
    return sim.now_ns;
}

void __wrap_clock_sleep_ms(int ms);
void __wrap_clock_sleep_ms(int ms)
{
    sim.now_ns += (int64_t)ms * 1000000;
}

/* --- members ---------------------------------------------------------------------------------- */

static void forget_member(struct member *member)
{
    for (uint32_t i = 0; i < sim.members_count; i++) {
        if (sim.members[i] == member) {
            sim.members[i] = sim.members[--sim.members_count];
        }
    }
    for (uint32_t i = 0; i < sim.partitions_count; i++) {
        if (sim.partitions[i].owner == member) {
            sim.partitions[i].owner = NULL;
        }
    }
}

/* The group gives each partition to one of the members that answer. */
static void share_partitions(void)
{
    struct member *awake[SIM_MEMBERS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < sim.members_count; i++) {
        if (!sim.members[i]->frozen && !sim.members[i]->dead) {
            awake[count++] = sim.members[i];
        }
    }
    for (uint32_t i = 0; i < sim.partitions_count; i++) {
        sim.partitions[i].owner = count > 0 ? awake[sim_random(count)] : NULL;
    }
}

static struct engine_options options_of(void)
{
    static struct sink_options sink = {.kind = "sim"};
    static const char *paths[] = {rules_path};
    return (struct engine_options){
        .source = {.kind = "sim",
                   .decoder = "cloudtrail",
                   .framing = {1 << 20, 1 << 20},
                   .placed = true},
        .rules = paths,
        .rules_count = 1,
        .alerts = &sink,
        .alerts_count = 1,
        .window = {.lateness_ns = 20 * TIMESTAMP_SECOND_NS},
        .threads = 1,
        .state = {.kind = "sim", .ops = &sim_store},
        .task_a_stream = sim.task_a_stream,
        .commit_ns = (int64_t)sim_random(4) * 60000000,
    };
}

void sim_run_member(void)
{
    static const struct engine_parts parts = {
        .source = &sim_source, .alert_sink = &sim_sink, .dead_letter_sink = &sim_sink};
    struct member *before = sim_running;
    struct member member = {.polls_left = 1 + sim_random(60)};
    struct engine_options options = options_of();
    struct err err = {0};
    sim_running = &member;
    sim.members[sim.members_count++] = &member;
    share_partitions();
    int failed = engine_new_with(&options, &parts, &member.engine, &err);
    if (failed == 0) {
        failed = engine_run(member.engine, &err);
    }
    /* A run that begins, or is told to stop, while the store does not answer, ends with that. */
    if (failed != 0 && !member.dead && (failed != ERR_REDIS || sim.calm)) {
        printf("seed %llu: a run ended with: %s\n", (unsigned long long)sim.seed, err.text);
        sim.failed = true;
    }
    member.dead = true; /* what its end would still do is not done by a killed process */
    engine_free(member.engine);
    sim_sink_die(&member);
    buffer_release(&member.unflushed);
    forget_member(&member);
    sim_running = before;
}

/* The member in whose call we are is stopped for longer than its group waits: others take over. */
static void freeze(struct member *member)
{
    sim.counts.freezes++;
    member->frozen = true;
    sim_run_member();
    member->frozen = false;
    sim_running = member;
    share_partitions();
}

bool sim_strikes(struct member *member)
{
    if (sim.calm || member->dead) {
        return member->dead;
    }
    if (sim.task_a_stream && sim.members_count < SIM_MEMBERS_MAX &&
        sim_one_in(4 * sim.fault_rate)) {
        freeze(member);
    }
    /* A server that was killed, too, may come back without its last commits. */
    if (sim.task_a_stream && sim_one_in(8 * sim.fault_rate)) {
        sim.counts.rollbacks++;
        sim_store_lose(1 + sim_random(6));
    }
    if (sim_one_in(sim.fault_rate)) {
        sim.counts.crashes++;
        member->dead = true;
        sim_sink_die(member);
    }
    return member->dead;
}

/* --- a seed ----------------------------------------------------------------------------------- */

static void clear_told(void)
{
    for (uint32_t i = 0; i < sim.told_count; i++) {
        memory_free((void *)(uintptr_t)sim.told[i].line.ptr);
    }
    sim.told_count = 0;
    map_free(sim.ids);
    sim.ids = map_new();
}

/* One life after another, the last one in peace. */
static void live(bool calm)
{
    sim_store_clear();
    for (uint32_t i = 0; i < sim.partitions_count; i++) {
        sim.partitions[i].revealed = 0;
        sim.partitions[i].owner = NULL;
    }
    sim.calm = calm;
    uint32_t lives = calm ? 0 : 1 + sim_random(LIVES_MAX);
    for (uint32_t i = 0; i < lives && !sim.failed; i++) {
        sim_run_member();
    }
    sim.calm = true;
    if (!sim.failed) {
        sim_run_member();
    }
}

static int check_outbox(const struct state_partition *partition)
{
    if (partition->alerts.count > 0) {
        printf("seed %llu: %zu entries are left in the outbox\n", (unsigned long long)sim.seed,
               partition->alerts.count);
        sim.failed = true;
    }
    return 0;
}

/* Moves what has come out to golden. */
struct golden {
    struct map *ids;
    struct sim_told *told;
    uint32_t count;
};

static void compare(const struct golden *golden)
{
    uint32_t missing = 0;
    uint32_t surplus = 0;
    for (uint32_t i = 0; i < golden->count; i++) {
        uint32_t found = map_get(sim.ids, map_key_at(golden->ids, i));
        missing += found == MAP_NONE ? 1 : 0;
        if (found != MAP_NONE && !str_equal(sim.told[found].line, golden->told[i].line)) {
            sim_fail("an alert has other bytes", golden->told[i].line, sim.told[found].line);
        }
    }
    for (uint32_t i = 0; i < sim.told_count; i++) {
        surplus += map_get(golden->ids, map_key_at(sim.ids, i)) == MAP_NONE ? 1 : 0;
    }
    for (size_t i = 0; i < sim.memory.count; i++) {
        (void)check_outbox(&sim.memory.partitions[i]);
    }
    if (missing + surplus > 0) {
        printf("seed %llu: of %u alerts %u are missing, %u are too many\n",
               (unsigned long long)sim.seed, golden->count, missing, surplus);
        sim.failed = true;
    }
}

static void run_seed(uint64_t seed)
{
    sim.seed = seed;
    sim.random = seed;
    sim.failed = false;
    sim.task_a_stream = sim_one_in(2);
    sim.fault_rate = 5 + sim_random(60);
    sim_log_make();
    clear_told();
    uint64_t random = sim.random;
    live(true);
    struct golden golden = {sim.ids, sim.told, sim.told_count};
    sim.ids = map_new();
    sim.told = NULL;
    sim.told_count = sim.told_capacity = 0;
    sim.random = random;
    live(false);
    compare(&golden);
    if (verbose) {
        printf("seed %llu: %u alerts\n", (unsigned long long)seed, golden.count);
    }
    for (uint32_t i = 0; i < golden.count; i++) {
        memory_free((void *)(uintptr_t)golden.told[i].line.ptr);
    }
    memory_free(golden.told);
    map_free(golden.ids);
}

static void write_rules(void)
{
    strcpy(rules_path, "/tmp/tocsin-sim.XXXXXX");
    int file = mkstemp(rules_path);
    ENSURE(file >= 0);
    ENSURE(write(file, sim_rules, strlen(sim_rules)) == (ssize_t)strlen(sim_rules));
    ENSURE(close(file) == 0);
}

int main(int argc, char **argv)
{
    uint64_t from = 1;
    uint64_t count = 1000;
    uint64_t failed = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--verbose") == 0) {
            verbose = true;
        } else if (strcmp(argv[i], "--from") == 0 && i + 1 < argc) {
            from = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--count") == 0 && i + 1 < argc) {
            count = strtoull(argv[++i], NULL, 10);
        } else {
            fprintf(stderr, "usage: sim [--from SEED] [--count N] [--verbose]\n");
            return 2;
        }
    }
    log_level_set(verbose ? LOG_WARNING : LOG_LEVELS);
    write_rules();
    sim.arena = arena_new(0);
    state_memory_init(&sim.memory);
    for (uint64_t seed = from; seed < from + count && failed < 5; seed++) {
        run_seed(seed);
        failed += sim.failed ? 1 : 0;
    }
    printf("%llu seeds: %llu failed; %llu commits, %llu crashes, %llu members stopped, %llu stores "
           "that lost their end, %llu answers lost, %llu outages, %llu stale commits\n",
           (unsigned long long)count, (unsigned long long)failed,
           (unsigned long long)sim.counts.commits, (unsigned long long)sim.counts.crashes,
           (unsigned long long)sim.counts.freezes, (unsigned long long)sim.counts.rollbacks,
           (unsigned long long)sim.counts.lost_answers, (unsigned long long)sim.counts.outages,
           (unsigned long long)sim.counts.stale);
    (void)unlink(rules_path);
    clear_told();
    map_free(sim.ids);
    memory_free(sim.told);
    sim_store_clear();
    state_memory_release(&sim.memory);
    memory_free(sim.journal);
    arena_free(sim.arena);
    return failed > 0 ? 1 : 0;
}
