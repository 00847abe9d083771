/* SPDX-License-Identifier: Apache-2.0
 *
 * crew.c - see crew_internal.h.
 */
#include "cli/engine/crew_internal.h"

#include "base/ensure.h"
#include "base/memory.h"
#include "cli/engine/worker_internal.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

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
    uint32_t threads_count; /* started; the last member works in the engine_run thread */
    struct member *members;
    /* owner: engine_run thread */
    uint64_t returned; /* sequence of the next batch to return */
    /* shared: under lock */
    pthread_mutex_t lock;
    pthread_cond_t work;  /* submitted grew, or quit */
    pthread_cond_t ready; /* a batch is done */
    struct slot *slots;   /* of sequence modulo capacity */
    uint64_t submitted;
    uint64_t taken; /* sequence of the next batch to work on */
    bool quit;
};

/* Works on the oldest batch that nobody works on. There must be one, and the lock is held; it is
 * given back meanwhile. */
static void work_on_next(struct member *member)
{
    struct crew *crew = member->crew;
    struct slot *slot = &crew->slots[crew->taken++ % crew->capacity];
    struct batch *batch = slot->batch;
    pthread_mutex_unlock(&crew->lock);
    worker_run(&member->worker, batch);
    pthread_mutex_lock(&crew->lock);
    slot->done = true;
}

static void *member_main(void *argument)
{
    struct member *member = argument;
    struct crew *crew = member->crew;
    pthread_mutex_lock(&crew->lock);
    for (;;) {
        while (!crew->quit && crew->taken == crew->submitted) {
            pthread_cond_wait(&crew->work, &crew->lock);
        }
        if (crew->taken == crew->submitted) {
            break;
        }
        work_on_next(member);
        pthread_cond_signal(&crew->ready);
    }
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

/* Signals are for the thread that runs the engine: a worker must not be the one to take them. */
static int start_threads(struct crew *crew, uint32_t threads, struct err *err)
{
    sigset_t all;
    sigset_t before;
    int failed = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (uint32_t i = 0; i < threads && failed == 0; i++) {
        int refused =
            pthread_create(&crew->members[i].thread, NULL, member_main, &crew->members[i]);
        if (refused != 0) {
            failed = err_set(err, ERR_INTERNAL, "thread %u of %u could not be started: %s", i + 1,
                             threads, strerror(refused));
        } else {
            crew->threads_count++;
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

int crew_new(uint32_t threads, uint32_t capacity, bool renders_dead_letters, struct crew **crew,
             struct err *err)
{
    ENSURE(threads > 0 && capacity > 0);
    struct crew *made = memory_new(1, sizeof *made);
    made->capacity = capacity;
    made->slots = memory_new(capacity, sizeof *made->slots);
    made->members = memory_new(threads, sizeof *made->members);
    made->members_count = threads;
    for (uint32_t i = 0; i < threads; i++) {
        made->members[i].crew = made;
        made->members[i].worker.renders_dead_letters = renders_dead_letters;
    }
    ENSURE(pthread_mutex_init(&made->lock, NULL) == 0);
    ENSURE(pthread_cond_init(&made->work, NULL) == 0);
    ENSURE(pthread_cond_init(&made->ready, NULL) == 0);
    int failed = start_threads(made, threads - 1, err);
    if (failed != 0) {
        crew_free(made);
        made = NULL;
    }
    *crew = made;
    return failed;
}

void crew_free(struct crew *crew)
{
    if (crew == NULL) {
        return;
    }
    pthread_mutex_lock(&crew->lock);
    ENSURE(crew->returned == crew->submitted);
    crew->quit = true;
    pthread_cond_broadcast(&crew->work);
    pthread_mutex_unlock(&crew->lock);
    for (uint32_t i = 0; i < crew->threads_count; i++) {
        pthread_join(crew->members[i].thread, NULL);
    }
    for (uint32_t i = 0; i < crew->members_count; i++) {
        worker_unbind(&crew->members[i].worker);
    }
    pthread_cond_destroy(&crew->ready);
    pthread_cond_destroy(&crew->work);
    pthread_mutex_destroy(&crew->lock);
    memory_free(crew->members);
    memory_free(crew->slots);
    memory_free(crew);
}

static struct member *own_member(struct crew *crew)
{
    return &crew->members[crew->members_count - 1];
}

static void put_in_ring(struct crew *crew, struct batch *batch, bool done)
{
    ENSURE(batch->sequence == crew->submitted);
    ENSURE(crew->submitted - crew->returned < crew->capacity);
    crew->slots[batch->sequence % crew->capacity] = (struct slot){.batch = batch, .done = done};
    crew->submitted++;
}

void crew_submit(struct crew *crew, struct batch *batch)
{
    if (crew->threads_count == 0) {
        worker_run(&own_member(crew)->worker, batch);
        put_in_ring(crew, batch, true);
        return;
    }
    pthread_mutex_lock(&crew->lock);
    put_in_ring(crew, batch, false);
    pthread_cond_signal(&crew->work);
    pthread_mutex_unlock(&crew->lock);
}

struct batch *crew_next(struct crew *crew, bool wait)
{
    if (crew_in_flight(crew) == 0) {
        return NULL;
    }
    struct slot *slot = &crew->slots[crew->returned % crew->capacity];
    bool done = crew->threads_count == 0;
    if (!done) {
        pthread_mutex_lock(&crew->lock);
        while (wait && !slot->done) {
            if (crew->taken < crew->submitted) {
                work_on_next(own_member(crew));
            } else {
                pthread_cond_wait(&crew->ready, &crew->lock);
            }
        }
        done = slot->done;
        pthread_mutex_unlock(&crew->lock);
    }
    if (done) {
        crew->returned++;
    }
    return done ? slot->batch : NULL;
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

bool crew_has_work(struct crew *crew)
{
    if (crew->threads_count == 0) {
        return false;
    }
    pthread_mutex_lock(&crew->lock);
    bool has_work = crew->taken < crew->submitted;
    pthread_mutex_unlock(&crew->lock);
    return has_work;
}

void crew_help(struct crew *crew)
{
    if (crew->threads_count == 0) {
        return;
    }
    pthread_mutex_lock(&crew->lock);
    if (crew->taken < crew->submitted) {
        work_on_next(own_member(crew));
    }
    pthread_mutex_unlock(&crew->lock);
}

uint32_t crew_in_flight(const struct crew *crew)
{
    /* submitted is written by this thread only. */
    return (uint32_t)(crew->submitted - crew->returned);
}
