/* SPDX-License-Identifier: Apache-2.0
 *
 * proxy.c - a TCP proxy that breaks connections as it is told: it stands between the program and a
 * server in the fault tests.
 *
 * Usage: proxy LISTEN TARGET, each a port of 127.0.0.1 or the path of a Unix socket. Commands come
 * on standard input, one a line, and each is answered by "ok COMMAND" on standard output:
 *   cut       reset all connections; new ones are forwarded
 *   down      reset all connections, and each new one
 *   hold      take connections and bytes, forward nothing
 *   delay MS  forward each piece so many milliseconds later
 *   drop N    after N more bytes of answers reset the connection that they are on, once
 *   resume    forward as in the beginning
 * Thread: one. Owns: the connections. It ends when standard input does.
 * Bounds: PAIRS_MAX connections, one piece of PIECE_BYTES in each direction.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    PAIRS_MAX = 64,
    PIECE_BYTES = 16384,
    COMMAND_BYTES = 128,
    CLIENT = 0,
    SERVER = 1,
};

/* What was read at one side and waits to be written to the other. */
struct flow {
    unsigned char bytes[PIECE_BYTES];
    size_t begin, end;
    int64_t due_ms;
    bool ended; /* the side that is read has closed */
};

struct pair {
    bool used;
    int fds[2];
    struct flow from[2];
};

enum mode { MODE_FORWARD, MODE_HOLD, MODE_DOWN };

static struct pair pairs[PAIRS_MAX];
static enum mode mode;
static int64_t delay_ms;
static int64_t drop_after = -1; /* bytes of answers until a reset; -1: none */
static const char *target;
static int listener;

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void die(const char *what)
{
    fprintf(stderr, "proxy: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* The address that a port's number or a path names; its length. */
static socklen_t address_of(const char *name, struct sockaddr_storage *address)
{
    memset(address, 0, sizeof *address);
    if (strchr(name, '/') == NULL) {
        struct sockaddr_in in = {.sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)strtoul(name, NULL, 10)),
                                 .sin_addr = {htonl(INADDR_LOOPBACK)}};
        memcpy(address, &in, sizeof in);
        return sizeof in;
    }
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    if (strlen(name) >= sizeof local.sun_path) {
        errno = ENAMETOOLONG;
        die(name);
    }
    memcpy(local.sun_path, name, strlen(name) + 1);
    memcpy(address, &local, sizeof local);
    return sizeof local;
}

static int listen_at(const char *name)
{
    struct sockaddr_storage address;
    socklen_t length = address_of(name, &address);
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) {
        die("socket");
    }
    if (address.ss_family == AF_UNIX) {
        unlink(name);
    }
    if (bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, PAIRS_MAX) != 0) {
        die(name);
    }
    return fd;
}

/* Closes with a reset instead of an orderly end, where the kind of socket has that. */
static void reset(int fd)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

static void end_pair(struct pair *pair)
{
    reset(pair->fds[CLIENT]);
    reset(pair->fds[SERVER]);
    pair->used = false;
}

static void end_all(void)
{
    for (size_t i = 0; i < PAIRS_MAX; i++) {
        if (pairs[i].used) {
            end_pair(&pairs[i]);
        }
    }
}

static void accept_one(void)
{
    int client = accept(listener, NULL, NULL);
    if (client < 0) {
        return;
    }
    size_t free = 0;
    while (free < PAIRS_MAX && pairs[free].used) {
        free++;
    }
    struct sockaddr_storage address;
    socklen_t length = address_of(target, &address);
    int server = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (mode == MODE_DOWN || free == PAIRS_MAX || server < 0 ||
        connect(server, (struct sockaddr *)&address, length) != 0) {
        reset(client);
        if (server >= 0) {
            close(server);
        }
        return;
    }
    struct pair *pair = &pairs[free];
    pair->used = true;
    pair->fds[CLIENT] = client;
    pair->fds[SERVER] = server;
    for (int side = CLIENT; side <= SERVER; side++) {
        struct flow *flow = &pair->from[side];
        flow->begin = flow->end = 0;
        flow->due_ms = 0;
        flow->ended = false;
    }
}

/* Reads a piece at a side; false: the pair is over. */
static bool take(struct pair *pair, int side)
{
    struct flow *flow = &pair->from[side];
    ssize_t got = recv(pair->fds[side], flow->bytes, sizeof flow->bytes, MSG_DONTWAIT);
    if (got < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    if (got == 0) {
        flow->ended = true;
        shutdown(pair->fds[1 - side], SHUT_WR);
        return !pair->from[1 - side].ended;
    }
    flow->begin = 0;
    flow->end = (size_t)got;
    flow->due_ms = now_ms() + delay_ms;
    return true;
}

/* Writes what waits from a side; false: the pair is over. */
static bool give(struct pair *pair, int side)
{
    struct flow *flow = &pair->from[side];
    size_t length = flow->end - flow->begin;
    bool counted = side == SERVER && drop_after >= 0;
    if (counted && (uint64_t)drop_after < length) {
        length = (size_t)drop_after;
    }
    ssize_t put = 0;
    if (length > 0) {
        put = send(pair->fds[1 - side], flow->bytes + flow->begin, length,
                   MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
    }
    flow->begin += (size_t)put;
    if (counted) {
        drop_after -= put;
        if (drop_after == 0) {
            drop_after = -1;
            return false;
        }
    }
    return true;
}

static bool waits(const struct flow *flow)
{
    return flow->begin < flow->end;
}

/* What a pair is asked about; *timeout_ms shrinks to the time until a delayed piece is due. A side
 * that nothing is wanted of is left out: its hang-up would be told again and again. */
static void ask(const struct pair *pair, struct pollfd entries[2], int *timeout_ms)
{
    for (int side = CLIENT; side <= SERVER; side++) {
        entries[side] = (struct pollfd){.fd = -1};
    }
    if (!pair->used || mode == MODE_HOLD) {
        return;
    }
    for (int side = CLIENT; side <= SERVER; side++) {
        const struct flow *flow = &pair->from[side];
        int64_t left = flow->due_ms - now_ms();
        if (!waits(flow) && !flow->ended) {
            entries[side].fd = pair->fds[side];
            entries[side].events |= POLLIN;
        } else if (waits(flow) && left <= 0) {
            entries[1 - side].fd = pair->fds[1 - side];
            entries[1 - side].events |= POLLOUT;
        } else if (waits(flow) && left < *timeout_ms) {
            *timeout_ms = (int)left;
        }
    }
}

static void serve(struct pair *pair, const struct pollfd entries[2])
{
    bool goes_on = true;
    for (int side = CLIENT; side <= SERVER && goes_on; side++) {
        struct flow *flow = &pair->from[side];
        if ((entries[1 - side].revents & (POLLOUT | POLLERR)) != 0 && waits(flow)) {
            goes_on = give(pair, side);
        } else if ((entries[side].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !waits(flow) &&
                   !flow->ended) {
            goes_on = take(pair, side);
        }
    }
    if (!goes_on) {
        end_pair(pair);
    }
}

static void obey(char *line)
{
    char *number = strchr(line, ' ');
    int64_t value = 0;
    if (number != NULL) {
        value = strtol(number, NULL, 10);
        *number = '\0';
    }
    if (strcmp(line, "cut") == 0) {
        end_all();
    } else if (strcmp(line, "down") == 0) {
        mode = MODE_DOWN;
        end_all();
    } else if (strcmp(line, "hold") == 0) {
        mode = MODE_HOLD;
    } else if (strcmp(line, "delay") == 0) {
        delay_ms = value;
    } else if (strcmp(line, "drop") == 0) {
        drop_after = value;
    } else if (strcmp(line, "resume") == 0) {
        mode = MODE_FORWARD;
        delay_ms = 0;
        drop_after = -1;
    } else {
        fprintf(stderr, "proxy: unknown command %s\n", line);
        exit(2);
    }
    printf("ok %s\n", line);
    fflush(stdout);
}

/* Obeys the whole lines that standard input has; false at its end. */
static bool read_commands(void)
{
    static char text[COMMAND_BYTES];
    static size_t length;
    ssize_t got = read(STDIN_FILENO, text + length, sizeof text - 1 - length);
    if (got <= 0) {
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    }
    length += (size_t)got;
    text[length] = '\0';
    char *end;
    while ((end = strchr(text, '\n')) != NULL) {
        *end = '\0';
        obey(text);
        length -= (size_t)(end + 1 - text);
        memmove(text, end + 1, length + 1);
    }
    if (length == sizeof text - 1) {
        fprintf(stderr, "proxy: a command is longer than %d bytes\n", COMMAND_BYTES);
        exit(2);
    }
    return true;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: proxy LISTEN TARGET\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    target = argv[2];
    listener = listen_at(argv[1]);
    for (;;) {
        static struct pollfd entries[2 + 2 * PAIRS_MAX];
        int timeout_ms = 1000;
        entries[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
        entries[1] = (struct pollfd){.fd = listener, .events = POLLIN};
        for (size_t i = 0; i < PAIRS_MAX; i++) {
            ask(&pairs[i], &entries[2 + 2 * i], &timeout_ms);
        }
        if (poll(entries, 2 + 2 * PAIRS_MAX, timeout_ms) < 0 && errno != EINTR) {
            die("poll");
        }
        for (size_t i = 0; i < PAIRS_MAX; i++) {
            if (pairs[i].used) {
                serve(&pairs[i], &entries[2 + 2 * i]);
            }
        }
        if (entries[1].revents != 0) {
            accept_one();
        }
        if (entries[0].revents != 0 && !read_commands()) {
            return 0;
        }
    }
}
