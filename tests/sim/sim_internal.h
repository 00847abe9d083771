/* SPDX-License-Identifier: Apache-2.0
 *
 * sim_internal.h - a world for the engine in which everything that can go wrong does, and always in
 * the same way for the same seed: a log of partitions, a consumer group, a state store that may
 * lose its end, sinks, a clock.
 *
 *   the real engine (tasks, windows, suppression, commits) of one or more members
 *        |  polls            |  commits, loads         |  writes, flushes
 *   sim_source.c          sim_store.c               sim_sink.c          and faults at every call
 *
 * Thread: one. A member that is stopped is one whose call into the world has not returned yet,
 * while others run inside that call. Owns: the world, for one seed. Invariants: (1) what the world
 * does depends on the seed alone.
 */
#ifndef TOCSIN_TESTS_SIM_SIM_INTERNAL_H
#define TOCSIN_TESTS_SIM_SIM_INTERNAL_H

#include "analyze/state/state_internal.h"
#include "analyze/state/state_memory_internal.h"
#include "base/map.h"
#include "cli/engine/engine_internal.h"

#define SIM_PARTITIONS_MAX 4
#define SIM_MEMBERS_MAX    3
#define SIM_TOPIC          "log"

struct sim_partition {
    struct str *records;
    uint32_t count;
    uint32_t revealed; /* written so far */
    struct member *owner;
};

/* One process with an engine. */
struct member {
    struct engine *engine;
    bool dead;     /* it was killed: nothing it does has an effect any more */
    bool stopping; /* a signal was sent */
    bool frozen;
    uint32_t polls_left;
    struct source *source;
    struct sim_stream {
        bool assigned;
        uint32_t next;
        uint32_t delivered;
        bool resumed;
    } streams[SIM_PARTITIONS_MAX];
    struct stream *changed[SIM_PARTITIONS_MAX];
    bool paused;
    struct buffer unflushed; /* lines that the sink was given */
};

struct sim_told {
    struct str line;
    uint32_t times;
};

struct sim {
    uint64_t random;
    uint64_t seed;
    bool failed;         /* an invariant does not hold */
    bool calm;           /* nothing goes wrong */
    bool task_a_stream;  /* a store that members share; else one that is one process' own */
    uint32_t fault_rate; /* one call in so many */
    int64_t now_ns;
    struct arena *arena; /* of the log */
    struct sim_partition partitions[SIM_PARTITIONS_MAX];
    uint32_t partitions_count;
    struct member *members[SIM_MEMBERS_MAX];
    uint32_t members_count;
    /* the store */
    struct buffer *journal; /* one record an entry */
    uint32_t journal_count;
    uint32_t journal_capacity;
    struct state_memory memory;
    /* what has come out */
    struct map *ids;
    struct sim_told *told;
    uint32_t told_count;
    uint32_t told_capacity;
    struct {
        uint64_t crashes;
        uint64_t freezes;
        uint64_t rollbacks;
        uint64_t lost_answers;
        uint64_t outages;
        uint64_t stale;
        uint64_t commits;
    } counts;
};

extern struct sim sim;

/* 0 to below - 1. */
uint32_t sim_random(uint32_t below);
bool sim_one_in(uint32_t of);

/* The seed fails; both are lines with their LF. */
void sim_fail(const char *what, struct str wanted, struct str got);

/* The member in whose call we are. */
extern struct member *sim_running;

/* A call from a member: it may be killed here (true), or stopped while others go on. */
bool sim_strikes(struct member *member);
/* Starts a member and runs it until it dies, is stopped, or (calm) the log's end. */
void sim_run_member(void);

/* Makes the log of the seed. */
void sim_log_make(void);
extern const char sim_rules[];

extern const struct source_ops sim_source;
extern const struct sink_ops sim_sink;
extern const struct state_ops sim_store;

/* The store loses its last commits. */
void sim_store_lose(uint32_t count);
void sim_store_clear(void);
/* Lines that a dying sink had been given may have arrived, up to any of them. */
void sim_sink_die(struct member *member);

#endif
