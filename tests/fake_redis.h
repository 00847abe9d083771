/* SPDX-License-Identifier: Apache-2.0
 *
 * fake_redis.h - for tests: a Redis server that answers what a test tells it to, a reply cut in two
 * or none at all among it, on a socket in a folder of its own. It knows the few commands of the
 * state store and of connecting; of a partition it keeps the position.
 *
 * Thread: one of its own, until fake_redis_end.   Owns: the thread, the socket, the folder.
 */
#ifndef TOCSIN_TESTS_FAKE_REDIS_H
#define TOCSIN_TESTS_FAKE_REDIS_H

#include "base/ensure.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum fake_end {
    FAKE_GOES_ON,
    FAKE_CLOSES, /* after the bytes */
    FAKE_HANGS,  /* after the bytes, until the client goes */
    FAKE_DRIPS   /* the bytes come one every 20 ms, over and over */
};

/* The next command of that name is answered so. */
struct fake_step {
    const char *command;
    const char *bytes;
    enum fake_end end;
    bool applies; /* EVALSHA: the commit is done before the answer */
};

struct fake_redis {
    const struct fake_step *steps;
    size_t steps_count;
    atomic_size_t step; /* the next */
    atomic_uint connections;
    atomic_uint commits; /* done */
    atomic_uint evals;   /* seen */
    char folder[64];
    char address[96];
    struct {
        char key[64];
        char position[64];
    } partitions[4];
    int listener;
    atomic_bool stops;
    pthread_t thread;
};

#define FAKE_PARTS 64

struct fake_command {
    char *parts[FAKE_PARTS];
    int count;
};

static inline bool fake_read(FILE *from, struct fake_command *command)
{
    char line[32];
    *command = (struct fake_command){.count = 0};
    if (fgets(line, sizeof line, from) == NULL || line[0] != '*') {
        return false;
    }
    int count = (int)strtol(line + 1, NULL, 10);
    for (int read = 0; read < count; read++) {
        size_t len =
            fgets(line, sizeof line, from) != NULL ? (size_t)strtol(line + 1, NULL, 10) : 0;
        char *part = calloc(1, len + 3);
        ENSURE(part != NULL);
        bool whole = line[0] == '$' && fread(part, 1, len + 2, from) == len + 2;
        part[len] = '\0';
        if (whole && command->count < FAKE_PARTS) {
            command->parts[command->count++] = part;
        } else {
            free(part); /* more are not looked at */
        }
        if (!whole) {
            return false;
        }
    }
    return count > 0;
}

static inline void fake_forget(struct fake_command *command)
{
    for (int i = 0; i < command->count; i++) {
        free(command->parts[i]);
    }
}

static inline bool fake_send(int peer, const char *bytes, size_t len)
{
    return len == 0 || send(peer, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static inline bool fake_send_bulk(int peer, const char *text)
{
    char reply[1024];
    int len = snprintf(reply, sizeof reply, "$%zu\r\n%s\r\n", strlen(text), text);
    return fake_send(peer, reply, (size_t)len);
}

static inline char *fake_position(struct fake_redis *fake, const char *key)
{
    size_t at = 0;
    while (fake->partitions[at].key[0] != '\0' && strcmp(fake->partitions[at].key, key) != 0) {
        ENSURE(++at < sizeof fake->partitions / sizeof fake->partitions[0]);
    }
    snprintf(fake->partitions[at].key, sizeof fake->partitions[at].key, "%s", key);
    return fake->partitions[at].position;
}

/* EVALSHA hash 1 key base next ...: what the store's script does. */
static inline bool fake_commit(struct fake_redis *fake, const struct fake_command *command)
{
    const char *base = command->parts[4];
    const char *next = command->parts[5];
    char *position = fake_position(fake, command->parts[3]);
    if (strcmp(position, next) != 0 && strcmp(position, base) == 0) {
        snprintf(position, sizeof fake->partitions[0].position, "%s", next);
        fake->commits++;
    }
    return strcmp(position, next) == 0;
}

static inline bool fake_answer_commit(struct fake_redis *fake, const struct fake_command *command,
                                      int peer)
{
    char head[32];
    int len = snprintf(head, sizeof head, "*2\r\n:%d\r\n", fake_commit(fake, command) ? 1 : 0);
    return fake_send(peer, head, (size_t)len) &&
           fake_send_bulk(peer, fake_position(fake, command->parts[3]));
}

static inline bool fake_answer(struct fake_redis *fake, const struct fake_command *command,
                               int peer)
{
    static const struct {
        const char *name;
        const char *bytes;
    } table[] = {
        {"PING", "+PONG\r\n"},
        {"AUTH", "+OK\r\n"},
        {"SET", "+OK\r\n"},
        {"WATCH", "+OK\r\n"},
        {"UNWATCH", "+OK\r\n"},
        {"MULTI", "+OK\r\n"},
        {"EXEC", "*0\r\n"},
        {"HSET", "+QUEUED\r\n"},
        {"EVAL", ":1\r\n"},
        {"ROLE", "*1\r\n$6\r\nmaster\r\n"},
        {"CONFIG", "*2\r\n$1\r\na\r\n$6\r\nalways\r\n"},
    };
    const char *name = command->parts[0];
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcasecmp(table[i].name, name) == 0) {
            return fake_send(peer, table[i].bytes, strlen(table[i].bytes));
        }
    }
    if (strcasecmp(name, "EVALSHA") == 0) {
        return fake_answer_commit(fake, command, peer);
    }
    const char *text = strcasecmp(name, "INFO") == 0
                           ? "# Fake\r\nredis_version:7.0.15\r\naof_enabled:1\r\n"
                             "maxmemory_policy:noeviction\r\nrole:master\r\ncluster_enabled:0\r\n"
                       : strcasecmp(name, "GET") == 0  ? "1 0123456789abcdef 1700000000"
                       : strcasecmp(name, "HGET") == 0 ? fake_position(fake, command->parts[1])
                       : strcasecmp(name, "SCRIPT") == 0
                           ? "0123456789012345678901234567890123456789"
                           : NULL;
    return text != NULL ? fake_send_bulk(peer, text) : fake_send(peer, "-ERR unknown\r\n", 14);
}

/* Waits until the client has gone, or the test is over. */
static inline void fake_hang(const struct fake_redis *fake, int peer, const char *drops)
{
    char byte;
    while (!fake->stops && recv(peer, &byte, 1, MSG_DONTWAIT) != 0) {
        if (drops != NULL && !fake_send(peer, drops, 1)) {
            break;
        }
        usleep(20000);
    }
}

/* false: the connection ends. */
static inline bool fake_play(struct fake_redis *fake, const struct fake_command *command, int peer)
{
    size_t at = fake->step;
    fake->evals += strcasecmp(command->parts[0], "EVAL") == 0;
    if (at == fake->steps_count || strcasecmp(fake->steps[at].command, command->parts[0]) != 0) {
        return fake_answer(fake, command, peer);
    }
    const struct fake_step *step = &fake->steps[at];
    fake->step = at + 1;
    if (step->applies) {
        fake_commit(fake, command);
    }
    if (step->end == FAKE_DRIPS) {
        fake_hang(fake, peer, step->bytes);
        return false;
    }
    bool sent = fake_send(peer, step->bytes, strlen(step->bytes));
    if (step->end == FAKE_HANGS) {
        fake_hang(fake, peer, NULL);
    }
    return sent && step->end == FAKE_GOES_ON;
}

static inline void *fake_run(void *context)
{
    struct fake_redis *fake = context;
    while (!fake->stops) {
        int peer = accept(fake->listener, NULL, NULL);
        FILE *from = peer >= 0 ? fdopen(dup(peer), "r") : NULL;
        bool goes_on = from != NULL && !fake->stops;
        fake->connections++;
        while (goes_on) {
            struct fake_command command;
            goes_on = fake_read(from, &command) && fake_play(fake, &command, peer);
            fake_forget(&command);
        }
        if (from != NULL) {
            fclose(from);
        }
        close(peer);
    }
    return NULL;
}

static inline void fake_redis_begin(struct fake_redis *fake, const struct fake_step *steps,
                                    size_t count)
{
    *fake = (struct fake_redis){.steps = steps, .steps_count = count};
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(fake->folder, sizeof fake->folder, "/tmp/tocsin_fake_XXXXXX");
    ENSURE(mkdtemp(fake->folder) != NULL);
    snprintf(fake->address, sizeof fake->address, "%s/socket", fake->folder);
    snprintf(name.sun_path, sizeof name.sun_path, "%s", fake->address);
    fake->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    ENSURE(fake->listener >= 0);
    ENSURE(bind(fake->listener, (const struct sockaddr *)&name, sizeof name) == 0);
    ENSURE(listen(fake->listener, 16) == 0);
    ENSURE(pthread_create(&fake->thread, NULL, fake_run, fake) == 0);
}

static inline void fake_redis_end(struct fake_redis *fake)
{
    fake->stops = true;
    shutdown(fake->listener, SHUT_RDWR); /* accept returns */
    pthread_join(fake->thread, NULL);
    close(fake->listener);
    unlink(fake->address);
    rmdir(fake->folder);
}

#endif
