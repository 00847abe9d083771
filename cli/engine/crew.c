/* SPDX-License-Identifier: Apache-2.0
 *
 * crew.c - see crew_internal.h.
 */
#include "cli/engine/crew_internal.h"

#include "base/ensure.h"
#include "base/memory.h"
#include "base/thread_signals.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

struct slot {
    struct batch *batch;
    bool done;
};

struct member {
    struct crew *crew;
    struct worker worker;
    pthread_t thread;
};

struct crew {
    /* constant */
    uint32_t capacity;
    uint32_t members_count;
    struct member *members; /* the first one works in the engine_run thread */
    crew_help_fn *help;
    void *context;
    /* owner: engine_run thread */
    uint32_t started;
    /* shared: in turn */
    pthread_mutex_t turn;
    pthread_cond_t changed;
    struct slot *slots; /* of sequence modulo capacity */
    uint64_t added;     /* sequence of the next batch to be added */
    uint64_t returned;  /* sequence of the next batch to return */
};

struct crew *crew_new(uint32_t threads, uint32_t capacity, bool renders_dead_letters)
{
    ENSURE(threads > 0 && capacity > 0);
    struct crew *crew = memory_new(1, sizeof *crew);
    pthread_condattr_t clock;
    pthread_mutexattr_t turn;
    crew->capacity = capacity;
    crew->slots = memory_new(capacity, sizeof *crew->slots);
    crew->members = memory_new(threads, sizeof *crew->members);
    crew->members_count = threads;
    for (uint32_t i = 0; i < threads; i++) {
        crew->members[i].crew = crew;
        crew->members[i].worker.renders_dead_letters = renders_dead_letters;
    }
    ENSURE(pthread_mutexattr_init(&turn) == 0);
#ifdef PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP
    /* A turn is short: a thread that wants it tries for a moment before it sleeps. */
    ENSURE(pthread_mutexattr_settype(&turn, PTHREAD_MUTEX_ADAPTIVE_NP) == 0);
#endif
    ENSURE(pthread_mutex_init(&crew->turn, &turn) == 0);
    pthread_mutexattr_destroy(&turn);
    ENSURE(pthread_condattr_init(&clock) == 0);
    ENSURE(pthread_condattr_setclock(&clock, CLOCK_MONOTONIC) == 0);
    ENSURE(pthread_cond_init(&crew->changed, &clock) == 0);
    pthread_condattr_destroy(&clock);
    return crew;
}

void crew_free(struct crew *crew)
{
    if (crew == NULL) {
        return;
    }
    ENSURE(crew->returned == crew->added && crew->started == 0);
    for (uint32_t i = 0; i < crew->members_count; i++) {
        worker_unbind(&crew->members[i].worker);
    }
    pthread_cond_destroy(&crew->changed);
    pthread_mutex_destroy(&crew->turn);
    memory_free(crew->members);
    memory_free(crew->slots);
    memory_free(crew);
}

static void *member_main(void *argument)
{
    struct member *member = argument;
    member->crew->help(member->crew->context, &member->worker);
    return NULL;
}

int crew_start(struct crew *crew, crew_help_fn *help, void *context, struct err *err)
{
    int failed = 0;
    crew->help = help;
    crew->context = context;
    /* Signals are for the thread that runs the engine: no other must be the one to take them. */
    sigset_t before = thread_signals_block();
    for (uint32_t i = 1; i < crew->members_count && failed == 0; i++) {
        int refused =
            pthread_create(&crew->members[i].thread, NULL, member_main, &crew->members[i]);
        if (refused != 0) {
            failed = err_set(err, ERR_INTERNAL, "thread %u of %u could not be started: %s", i + 1,
                             crew->members_count, strerror(refused));
        } else {
            crew->started++;
        }
    }
    thread_signals_restore(before);
    return failed;
}

void crew_join(struct crew *crew)
{
    for (; crew->started > 0; crew->started--) {
        pthread_join(crew->members[crew->started].thread, NULL);
    }
}

struct worker *crew_own_worker(struct crew *crew)
{
    return &crew->members[0].worker;
}

void crew_unbind(struct crew *crew)
{
    ENSURE(crew_in_flight(crew) == 0);
    for (uint32_t i = 0; i < crew->members_count; i++) {
        worker_unbind(&crew->members[i].worker);
    }
}

void crew_profile(const struct crew *crew, struct match_profile *sum)
{
    for (uint32_t i = 0; i < crew->members_count; i++) {
        const struct match_profile *profile = worker_profile(&crew->members[i].worker);
        if (profile != NULL) {
            match_profile_add(sum, profile);
        }
    }
}

void crew_counters(const struct crew *crew, struct match_counters *sum)
{
    for (uint32_t i = 0; i < crew->members_count; i++) {
        const struct match_profile *profile = worker_profile(&crew->members[i].worker);
        if (profile != NULL) {
            match_counters_add(sum, &profile->counters);
        }
    }
}

void crew_take_turn(struct crew *crew)
{
    pthread_mutex_lock(&crew->turn);
}

void crew_end_turn(struct crew *crew)
{
    pthread_mutex_unlock(&crew->turn);
}

void crew_wait(struct crew *crew, int timeout_ms)
{
    struct timespec until;
    if (timeout_ms < 0) {
        pthread_cond_wait(&crew->changed, &crew->turn);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + (int64_t)timeout_ms * 1000000;
    until.tv_sec += (time_t)(ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    pthread_cond_timedwait(&crew->changed, &crew->turn, &until);
}

void crew_wake(struct crew *crew)
{
    pthread_cond_broadcast(&crew->changed);
}

void crew_add(struct crew *crew, struct batch *batch)
{
    ENSURE(batch->sequence == crew->added);
    ENSURE(crew->added - crew->returned < crew->capacity);
    crew->slots[crew->added++ % crew->capacity] = (struct slot){.batch = batch};
}

void crew_done(struct crew *crew, const struct batch *batch)
{
    struct slot *slot = &crew->slots[batch->sequence % crew->capacity];
    ENSURE(slot->batch == batch && !slot->done);
    slot->done = true;
}

struct batch *crew_next(struct crew *crew)
{
    struct slot *slot = &crew->slots[crew->returned % crew->capacity];
    if (crew->returned == crew->added || !slot->done) {
        return NULL;
    }
    crew->returned++;
    return slot->batch;
}

uint32_t crew_in_flight(const struct crew *crew)
{
    return (uint32_t)(crew->added - crew->returned);
}
