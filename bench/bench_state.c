/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_state.c - what a commit to the state store costs: commits a second, and the bytes that one
 * adds to the journal or to Redis' append-only file.
 *
 * bench_state local FOLDER [SECONDS] or bench_state redis SOCKET [SECONDS [FSYNC]]: for 1 and 8
 * partitions a call and 1 to 20,000 cells a commit, calls for SECONDS (default 2) over 50,000 keys
 * of a partition with values of 16 bytes. The folder is to be new; the Redis server is to be the
 * bench's own (keys under tocsin-bench:, which stay: a second run tells first how long loading them
 * takes). FSYNC is what its appendfsync is set to, or "off": no append-only file at all, which the
 * store itself would refuse.
 */
#include "analyze/state/state.h"
#include "base/clock.h"
#include "base/ensure.h"
#include "base/memory.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PARTITIONS 8U
#define CELLS_MAX  20000U
#define KEYS       50000U
#define KEY_BYTES  24U

struct bench {
    struct state_options options;
    struct state_store *store;
    struct state_position positions[PARTITIONS];
    struct state_change changes[PARTITIONS][CELLS_MAX];
    char keys[PARTITIONS][CELLS_MAX][KEY_BYTES + 1];
    uint64_t next_key;
};

static int count_cell(void *context, struct str key, struct str value, struct err *err)
{
    uint64_t *cells = context;
    ++*cells;
    (void)key;
    (void)value;
    (void)err;
    return 0;
}

static struct str partition_name(unsigned number)
{
    static const char names[PARTITIONS + 1] = "01234567";
    return (struct str){&names[number], 1};
}

/* Bytes of what only grows: the journal, or the append-only file. */
static uint64_t log_bytes(const struct bench *bench)
{
    uint64_t bytes = 0;
    if (bench->options.path != NULL) {
        char path[512];
        struct stat status = {0};
        snprintf(path, sizeof path, "%s/journal", bench->options.path);
        ENSURE(stat(path, &status) == 0);
        return (uint64_t)status.st_size;
    }
    redisContext *probe = redisConnectUnix(bench->options.address);
    redisReply *reply = redisCommand(probe, "INFO persistence");
    ENSURE(reply != NULL && reply->type == REDIS_REPLY_STRING);
    struct str info = {reply->str, reply->len};
    size_t at = str_find(info, STR("aof_current_size:"));
    if (at == STR_NOT_FOUND) {
        freeReplyObject(reply);
        redisFree(probe);
        return 0; /* it is off */
    }
    struct str rest = str_slice(info, at + 17, SIZE_MAX);
    ENSURE(str_to_u64(str_slice(rest, 0, str_find_byte(rest, '\r')), &bytes));
    freeReplyObject(reply);
    redisFree(probe);
    return bytes;
}

static void commit_call(struct bench *bench, unsigned partitions, unsigned cells)
{
    static const char value[16] = "0123456789abcdef";
    struct state_commit commits[PARTITIONS];
    struct err err;
    for (unsigned p = 0; p < partitions; p++) {
        for (unsigned i = 0; i < cells; i++) {
            char *key = bench->keys[p][i];
            int len = snprintf(key, KEY_BYTES + 1, "w|rule|user-%010llu",
                               (unsigned long long)(bench->next_key++ * 7919 % KEYS));
            bench->changes[p][i] =
                (struct state_change){{key, (size_t)len}, {value, sizeof value}, false};
        }
        commits[p] = (struct state_commit){.partition = partition_name(p),
                                           .base = bench->positions[p],
                                           .next = bench->positions[p].offset + 1000,
                                           .changes = bench->changes[p],
                                           .changes_count = cells};
    }
    if (state_commit(bench->store, commits, partitions, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    for (unsigned p = 0; p < partitions; p++) {
        ENSURE(commits[p].result == STATE_COMMITTED);
        bench->positions[p] = commits[p].position;
    }
}

static void measure(struct bench *bench, unsigned partitions, unsigned cells, int64_t seconds)
{
    uint64_t before = log_bytes(bench);
    uint64_t calls = 0;
    int64_t begun_ns = clock_monotonic_ns();
    int64_t now_ns = begun_ns;
    int64_t least_ns = INT64_MAX;
    while (now_ns - begun_ns < seconds * 1000000000) {
        int64_t call_ns = now_ns;
        commit_call(bench, partitions, cells);
        calls++;
        now_ns = clock_monotonic_ns();
        least_ns = now_ns - call_ns < least_ns ? now_ns - call_ns : least_ns;
    }
    double took = (double)(now_ns - begun_ns) / 1e9;
    double commits = (double)(calls * partitions);
    printf("%10u %5u %12.0f %12.0f %14.0f %12.1f %12.1f\n", partitions, cells, commits / took,
           commits * cells / took, (double)(log_bytes(bench) - before) / commits,
           took * 1e6 / (double)calls, (double)least_ns / 1e3);
}

/* What an earlier run has left; how long that takes. */
static void load(struct bench *bench)
{
    uint64_t cells = 0;
    struct err err;
    struct state_reader reader = {count_cell, count_cell, &cells};
    int64_t begun_ns = clock_monotonic_ns();
    for (unsigned p = 0; p < PARTITIONS; p++) {
        ENSURE(state_load(bench->store, partition_name(p), &reader, &bench->positions[p], &err) ==
               0);
    }
    printf("%llu cells loaded in %.1f ms\n", (unsigned long long)cells,
           (double)(clock_monotonic_ns() - begun_ns) / 1e6);
}

/* A file that is written anew meanwhile would not tell what a commit adds to it. */
static void set_up_server(const struct bench *bench, const char *fsync)
{
    redisContext *probe = redisConnectUnix(bench->options.address);
    freeReplyObject(redisCommand(probe, "CONFIG SET auto-aof-rewrite-percentage 0"));
    if (fsync != NULL && strcmp(fsync, "off") == 0) {
        freeReplyObject(redisCommand(probe, "CONFIG SET appendonly no"));
    } else if (fsync != NULL) {
        freeReplyObject(redisCommand(probe, "CONFIG SET appendfsync %s", fsync));
    }
    redisFree(probe);
}

int main(int argc, char **argv)
{
    static const unsigned sizes[] = {1, 100, 1000, 3500, 20000};
    struct bench *bench = memory_new(1, sizeof *bench);
    struct err err;
    uint64_t seconds = 2;
    bool local = argc > 2 && strcmp(argv[1], "local") == 0;
    if (argc < 3 || (!local && strcmp(argv[1], "redis") != 0) ||
        (argc > 3 && !str_to_u64(str_of(argv[3]), &seconds))) {
        fprintf(stderr, "usage: bench_state local FOLDER | redis SOCKET [SECONDS [FSYNC]]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    bench->options = (struct state_options){.kind = argv[1],
                                            .path = local ? argv[2] : NULL,
                                            .address = local ? NULL : argv[2],
                                            .prefix = "tocsin-bench",
                                            .journal_bytes_max = UINT64_MAX / 2};
    if (state_open(&bench->options, &bench->store, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    if (!local) {
        set_up_server(bench, argc > 4 ? argv[4] : NULL);
    }
    load(bench);
    puts("partitions cells    commits/s      cells/s   bytes/commit   us a call        least");
    for (unsigned partitions = 1; partitions <= PARTITIONS; partitions += PARTITIONS - 1) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            measure(bench, partitions, sizes[i], (int64_t)seconds);
        }
    }
    state_close(bench->store);
    memory_free(bench);
    return 0;
}
