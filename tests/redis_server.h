/* SPDX-License-Identifier: Apache-2.0
 *
 * redis_server.h - for tests: a redis-server of the test's own on a socket in a folder of its own,
 * with an append-only file, that can be killed and started again.
 *
 * Thread: one at a time.   Owns: the process and the folder until redis_server_end.
 */
#ifndef TOCSIN_TESTS_REDIS_SERVER_H
#define TOCSIN_TESTS_REDIS_SERVER_H

#include "base/ensure.h"

#include <dirent.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct redis_server {
    char folder[64];
    char address[96];
    char port[8];         /* "0": none */
    unsigned delay_ms;    /* before it starts */
    const char *extra[9]; /* further arguments; NULL ends them */
    bool every_second; /* appendfsync everysec: what was answered a moment ago may not be written */
    pid_t process;
};

static inline void redis_server_exec(const struct redis_server *server)
{
    usleep(server->delay_ms * 1000);
    int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that is killed leaves none behind */
    const char *arguments[32] = {
        "redis-server",
        "--port",
        server->port,
        "--unixsocket",
        server->address,
        "--save",
        "",
        "--appendonly",
        "yes",
        "--dir",
        server->folder,
        "--appendfsync",
        server->every_second ? "everysec" : "always",
    };
    for (size_t to = 13, i = 0; server->extra[i] != NULL; i++) {
        arguments[to++] = server->extra[i];
    }
    execvp("redis-server", (char *const *)(uintptr_t)arguments);
    _exit(127);
}

static inline void redis_server_launch(struct redis_server *server)
{
    unlink(server->address);
    server->process = fork();
    if (server->process == 0) {
        redis_server_exec(server);
    }
}

/* Starts the process and waits until it answers; false: there is no redis-server. */
static inline bool redis_server_start(struct redis_server *server)
{
    redis_server_launch(server);
    for (int i = 0; i < 1000; i++) {
        redisContext *probe = redisConnectUnix(server->address);
        redisReply *reply = probe != NULL && probe->err == 0 ? redisCommand(probe, "PING") : NULL;
        bool answers = reply != NULL && strncmp(reply->str, "LOADING", 7) != 0;
        if (reply != NULL) {
            freeReplyObject(reply);
        }
        redisFree(probe);
        if (answers) {
            return true;
        }
        if (waitpid(server->process, NULL, WNOHANG) == server->process) {
            server->process = 0;
            return false;
        }
        usleep(10000);
    }
    return false;
}

static inline void redis_server_kill(struct redis_server *server)
{
    if (server->process > 0) {
        kill(server->process, SIGKILL);
        waitpid(server->process, NULL, 0);
        server->process = 0;
    }
}

static inline void redis_server_make_folder(struct redis_server *server)
{
    snprintf(server->folder, sizeof server->folder, "%s/tocsin_redis_XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    ENSURE(mkdtemp(server->folder) != NULL);
}

static inline bool redis_server_begin(struct redis_server *server)
{
    if (server->folder[0] == '\0') {
        redis_server_make_folder(server);
    }
    snprintf(server->address, sizeof server->address, "%s/socket", server->folder);
    if (server->port[0] == '\0') {
        snprintf(server->port, sizeof server->port, "0");
    }
    return redis_server_start(server);
}

static inline void redis_server_empty(const char *folder)
{
    DIR *files = opendir(folder);
    struct dirent *file;
    while (files != NULL && (file = readdir(files)) != NULL) {
        unlinkat(dirfd(files), file->d_name, 0);
    }
    if (files != NULL) {
        closedir(files);
    }
}

static inline void redis_server_end(struct redis_server *server)
{
    char path[160];
    redis_server_kill(server);
    snprintf(path, sizeof path, "%s/appendonlydir", server->folder);
    redis_server_empty(path);
    rmdir(path);
    redis_server_empty(server->folder);
    rmdir(server->folder);
}

/* One command; the integer of its reply, or -1. */
static inline long long redis_server_ask(const struct redis_server *server, const char *command)
{
    redisContext *probe = redisConnectUnix(server->address);
    ENSURE(probe != NULL && probe->err == 0);
    redisReply *reply = redisCommand(probe, command);
    ENSURE(reply != NULL);
    long long number = reply->type == REDIS_REPLY_INTEGER ? reply->integer : -1;
    freeReplyObject(reply);
    redisFree(probe);
    return number;
}

#endif
