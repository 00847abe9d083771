/* SPDX-License-Identifier: Apache-2.0
 *
 * source_syslog.c - listens for syslog: UDP, TCP, TLS.
 *
 * In:  datagrams and connections.   Out: chunks of whole records; a stream is an address that is
 *      listened at.
 * Thread: the reader.   Owns: sockets, connections, the TLS context.
 * Invariants: (1) a connection is read only while batches are taken: a slow engine makes its
 * senders wait. A datagram can not wait: what the kernel or a sender's rate drops is counted in
 * source.dropped and logged, at most once a minute. (2) a record's offset is unique over restarts:
 * it counts on from the time of the start. (3) a stop reads what the kernel had accepted, for
 * STOP_NS at most. Bounds: LIMIT_SYSLOG_PEERS connections; a record and a
 * read for each. Follows: RFC 5425, RFC 5426, RFC 6587; docs/sources/syslog.md. Tested:
 * tests/unit/test_source_syslog.c, tests/golden/test_syslog_listen.sh.
 */
#include "base/address.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "ingest/source/source_table.h"
#include "ingest/source/syslog_peer.h"
#include "ingest/source/syslog_senders.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define WHERE          "ingest/source"
#define READY_MAX      64
#define DATAGRAMS      64
#define DATAGRAM_BYTES 65536
#define QUEUE_BYTES    8388608 /* of a UDP socket; the kernel may give less */
#define FILES_KEPT     64      /* for sinks, lists, the state and others */
#define PAUSE_NS       (TIMESTAMP_SECOND_NS / 20)
#define TEND_NS        TIMESTAMP_SECOND_NS
#define STOP_QUIET_NS  (TIMESTAMP_SECOND_NS / 2)
#define STOP_NS        (5 * TIMESTAMP_SECOND_NS)
#define LOG_EVERY_NS   (60 * TIMESTAMP_SECOND_NS)

struct listener {
    struct stream *stream;
    int descriptor;
    bool datagrams;
    bool tls;
    uint32_t kernel_dropped; /* the kernel's own count, which begins with the socket */
};

/* What an epoll event is about: a listener, or a peer. */
struct watched {
    struct listener *listener;
    struct syslog_peer *peer;
    bool paused;
    uint32_t index; /* into state.peers */
};

struct datagrams {
    struct mmsghdr headers[DATAGRAMS];
    struct iovec places[DATAGRAMS];
    struct sockaddr_storage senders[DATAGRAMS];
    uint64_t controls[DATAGRAMS][CMSG_SPACE(sizeof(uint32_t)) / 8]; /* aligned as they must be */
    char bytes[DATAGRAMS][DATAGRAM_BYTES];
};

struct state {
    struct source *source;
    struct source_options options;
    int epoll;
    SSL_CTX *tls;
    struct listener *listeners;
    struct watched *listener_watches;
    uint32_t listeners_count;
    struct watched **peers;
    uint32_t peers_count;
    bool paused;
    uint32_t peers_capacity;
    uint32_t peers_max;
    uint32_t paused_count;
    struct syslog_senders *senders;
    struct datagrams *datagrams;
    uint64_t sequence; /* offset of the next chunk */
    int64_t stop_ns;   /* when no more was wanted; 0: more is */
    int64_t active_ns; /* since then: when something came last */
    int64_t tended_ns;
    int64_t logged_ns;
    int64_t refused_ns; /* when a refused connection was told of last */
    uint64_t dropped_logged;
};

/* --- chunks ---------------------------------------------------------------------------------- */

static const struct sender *make_sender(struct batch *batch, const char *address, const char *name)
{
    struct sender *sender = arena_take(batch->arena, sizeof *sender);
    sender->address = arena_copy(batch->arena, str_of(address));
    sender->name = arena_copy(batch->arena, str_of(name));
    return sender;
}

static void add_chunk(struct state *state, struct batch *batch, struct stream *stream,
                      const struct sender *sender, struct str bytes)
{
    struct chunk *chunk = batch_add_chunk(batch, stream, arena_copy(batch->arena, bytes));
    chunk->sender = sender;
    chunk->message = true;
    chunk->offset = state->sequence++;
    chunk->reference_ns = clock_now_ns();
    __atomic_fetch_add(&state->source->bytes_read, bytes.len, __ATOMIC_RELAXED);
}

static void watch(struct state *state, struct watched *watched, uint32_t events, int how)
{
    struct epoll_event event = {.events = events, .data = {.ptr = watched}};
    int descriptor =
        watched->peer != NULL ? watched->peer->descriptor : watched->listener->descriptor;
    (void)epoll_ctl(state->epoll, how, descriptor, &event);
}

/* --- connections ----------------------------------------------------------------------------- */

static void drop_peer(struct state *state, struct watched *watched)
{
    struct watched *last = state->peers[state->peers_count - 1];
    state->paused_count -= watched->paused ? 1 : 0;
    state->peers[watched->index] = last;
    last->index = watched->index;
    state->peers_count--;
    syslog_peer_free(watched->peer); /* which takes its socket out of epoll, too */
    memory_free(watched);
}

/* Takes the whole records that the peer has sent, as far as its rate goes; end: all that is left.
 */
static void take_records(struct state *state, struct batch *batch, struct watched *watched,
                         bool end)
{
    struct syslog_peer *peer = watched->peer;
    const struct sender *sender = NULL;
    struct str piece;
    int64_t now_ns = clock_monotonic_ns();
    while ((piece = syslog_frames_next(&peer->frames, end)).len > 0) {
        uint64_t count = syslog_frames_count(piece);
        bool within = syslog_senders_take(state->senders, str_of(peer->address), count, now_ns);
        if (!within && !end && state->stop_ns == 0) {
            peer->until_ns = now_ns + PAUSE_NS;
            state->paused_count += watched->paused ? 0 : 1;
            watched->paused = true;
            watch(state, watched, 0, EPOLL_CTL_MOD);
            return;
        }
        sender = sender != NULL ? sender : make_sender(batch, peer->address, peer->name);
        add_chunk(state, batch, peer->stream, sender, piece);
        syslog_frames_take(&peer->frames, piece);
    }
}

static void read_peer(struct state *state, struct batch *batch, struct watched *watched)
{
    enum syslog_peer_state now = syslog_peer_read(watched->peer);
    take_records(state, batch, watched, now == SYSLOG_PEER_ENDED);
    if (now == SYSLOG_PEER_ENDED) {
        drop_peer(state, watched);
    }
}

/* Counts a connection that is closed at once; told at most once a minute. */
static void refuse_peer(struct state *state, const struct listener *listener, int descriptor)
{
    int64_t now_ns = clock_monotonic_ns();
    (void)close(descriptor);
    state->source->errors++;
    if (state->refused_ns == 0 || now_ns - state->refused_ns >= LOG_EVERY_NS) {
        state->refused_ns = now_ns;
        log_write(LOG_WARNING, WHERE,
                  "%s: a connection was refused: there are %u already, as many as SYSLOG_PEERS and "
                  "the limit of open files allow",
                  listener->stream->name, state->peers_count);
    }
}

static void accept_peers(struct state *state, const struct listener *listener)
{
    int descriptor = -1;
    while ((descriptor = accept4(listener->descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >=
           0) {
        if (state->peers_count >= state->peers_max) {
            refuse_peer(state, listener, descriptor);
            continue;
        }
        struct watched *watched = memory_new(1, sizeof *watched);
        watched->peer =
            syslog_peer_new(descriptor, listener->tls ? state->tls : NULL, listener->stream,
                            state->options.framing.record_bytes_max, clock_monotonic_ns());
        MEMORY_GROW(state->peers, state->peers_count, state->peers_capacity);
        watched->index = state->peers_count;
        state->peers[state->peers_count++] = watched;
        watch(state, watched, EPOLLIN | EPOLLRDHUP, EPOLL_CTL_ADD);
    }
}

/* Takes what is left of all connections, and closes them. */
static void end_peers(struct state *state, struct batch *batch)
{
    while (state->peers_count > 0) {
        struct watched *watched = state->peers[state->peers_count - 1];
        take_records(state, batch, watched, true);
        drop_peer(state, watched);
    }
}

/* Goes on with peers whose pause is over, and drops those that do not finish their handshake. */
static void tend_peers(struct state *state, struct batch *batch, int64_t now_ns)
{
    if (state->paused_count == 0 && now_ns - state->tended_ns < TEND_NS) {
        return;
    }
    state->tended_ns = now_ns;
    for (uint32_t i = state->peers_count; i > 0; i--) {
        struct watched *watched = state->peers[i - 1];
        struct syslog_peer *peer = watched->peer;
        if (now_ns < peer->until_ns) {
            continue;
        }
        if (peer->handshakes) {
            log_write(LOG_WARNING, WHERE, "%s: %s did not finish its TLS handshake",
                      peer->stream->name, peer->address);
            drop_peer(state, watched);
        } else if (watched->paused) {
            watched->paused = false;
            state->paused_count--;
            watch(state, watched, EPOLLIN | EPOLLRDHUP, EPOLL_CTL_MOD);
            take_records(state, batch, watched, false);
        }
    }
}

/* --- datagrams ------------------------------------------------------------------------------- */

static void note_kernel_drops(struct state *state, struct listener *listener, struct msghdr *header)
{
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control != NULL;
         control = CMSG_NXTHDR(header, control)) {
        if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SO_RXQ_OVFL) {
            uint32_t count = 0;
            memcpy(&count, CMSG_DATA(control), sizeof count);
            state->source->dropped += count - listener->kernel_dropped;
            listener->kernel_dropped = count;
        }
    }
}

/* The bytes of the sender's address, without its port. */
static struct str sender_of(const struct sockaddr_storage *storage)
{
    const char *bytes = (const char *)storage;
    return storage->ss_family == AF_INET6
               ? (struct str){bytes + offsetof(struct sockaddr_in6, sin6_addr), 16}
               : (struct str){bytes + offsetof(struct sockaddr_in, sin_addr), 4};
}

/* The sender of a datagram: made anew only where it is another one than that of the datagram
 * before. */
static const struct sender *sender_at(const struct state *state, struct batch *batch, int index,
                                      const struct sender *last)
{
    const struct sockaddr_storage *storage = &state->datagrams->senders[index];
    char text[ADDRESS_TEXT_BYTES];
    if (last != NULL && index > 0 &&
        str_equal(sender_of(storage), sender_of(&state->datagrams->senders[index - 1]))) {
        return last;
    }
    address_print(storage, text);
    return make_sender(batch, text, "");
}

static void read_datagrams(struct state *state, struct batch *batch, struct listener *listener)
{
    struct datagrams *datagrams = state->datagrams;
    for (uint32_t i = 0; i < DATAGRAMS; i++) {
        datagrams->places[i] = (struct iovec){datagrams->bytes[i], DATAGRAM_BYTES};
        datagrams->headers[i].msg_hdr = (struct msghdr){
            .msg_name = &datagrams->senders[i],
            .msg_namelen = sizeof datagrams->senders[i],
            .msg_iov = &datagrams->places[i],
            .msg_iovlen = 1,
            .msg_control = datagrams->controls[i],
            .msg_controllen = sizeof datagrams->controls[i],
        };
    }
    int count = recvmmsg(listener->descriptor, datagrams->headers, DATAGRAMS, MSG_DONTWAIT, NULL);
    int64_t now_ns = clock_monotonic_ns();
    const struct sender *sender = NULL;
    for (int i = 0; i < count; i++) {
        sender = sender_at(state, batch, i, sender);
        struct mmsghdr *header = &datagrams->headers[i];
        note_kernel_drops(state, listener, &header->msg_hdr);
        if (syslog_senders_take(state->senders, sender_of(&datagrams->senders[i]), 1, now_ns)) {
            add_chunk(state, batch, listener->stream, sender,
                      (struct str){datagrams->bytes[i], header->msg_len});
        } else {
            state->source->dropped++;
        }
    }
}

static void log_drops(struct state *state, int64_t now_ns)
{
    uint64_t more = state->source->dropped - state->dropped_logged;
    if (more > 0 && (state->logged_ns == 0 || now_ns - state->logged_ns >= LOG_EVERY_NS)) {
        log_write(
            LOG_WARNING, WHERE,
            "%llu datagrams were dropped: senders are above source.sender_rate, or send faster "
            "than they are read (raise net.core.rmem_max, or let them use TCP)",
            (unsigned long long)more);
        state->dropped_logged = state->source->dropped;
        state->logged_ns = now_ns;
    }
}

/* --- open and close -------------------------------------------------------------------------- */

static int listen_socket(struct listener *listener, const struct address *address)
{
    int on = 1;
    int queue = QUEUE_BYTES;
    int type = listener->datagrams ? SOCK_DGRAM : SOCK_STREAM;
    int descriptor = socket(address->storage.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return -1;
    }
    listener->descriptor = descriptor;
    if (listener->datagrams) {
        (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &queue, sizeof queue);
        (void)setsockopt(descriptor, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    } else {
        (void)setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    }
    const struct sockaddr *place = (const struct sockaddr *)&address->storage;
    if (bind(descriptor, place, address->len) != 0) {
        return -1;
    }
    return listener->datagrams ? 0 : listen(descriptor, SOMAXCONN);
}

/* The address with the port that the system chose, if it was to. */
static void name_listener(const struct listener *listener, struct str scheme, struct str written,
                          char *name, size_t size)
{
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof bound;
    in_port_t port = 0;
    (void)getsockname(listener->descriptor, (struct sockaddr *)&bound, &len);
    size_t at = bound.ss_family == AF_INET6 ? offsetof(struct sockaddr_in6, sin6_port)
                                            : offsetof(struct sockaddr_in, sin_port);
    memcpy(&port, (const char *)&bound + at, sizeof port);
    size_t colon = written.len;
    while (colon > 0 && written.ptr[colon - 1] != ':') {
        colon--;
    }
    snprintf(name, size, "%.*s%.*s%u", STR_ARG(scheme), (int)colon, written.ptr,
             (unsigned)ntohs(port));
}

static int open_listener(struct state *state, const char *text, struct err *err)
{
    static const struct {
        struct str scheme;
        bool datagrams;
        bool tls;
    } schemes[] = {
        {{"udp://", 6}, true, false}, {{"tcp://", 6}, false, false}, {{"tls://", 6}, false, true}};
    struct listener *listener = &state->listeners[state->listeners_count];
    struct address address;
    char name[128];
    size_t i = 0;
    while (i < sizeof schemes / sizeof schemes[0] &&
           !str_starts_with(str_of(text), schemes[i].scheme)) {
        i++;
    }
    struct str written = str_slice(str_of(text), 6, SIZE_MAX);
    if (i == sizeof schemes / sizeof schemes[0] || !address_parse(written, &address)) {
        return err_set(err, ERR_CONFIG,
                       "source.listen: %s: write udp://, tcp:// or tls:// and an address, such as "
                       "udp://0.0.0.0:514 or tls://[::]:6514",
                       text);
    }
    *listener = (struct listener){
        .descriptor = -1, .datagrams = schemes[i].datagrams, .tls = schemes[i].tls};
    state->listeners_count++;
    if (listener->tls && state->tls == NULL) {
        return err_set(err, ERR_CONFIG,
                       "source.listen: %s: TLS needs source.tls_certificate and source.tls_key",
                       text);
    }
    if (listen_socket(listener, &address) != 0) {
        bool forbidden = errno == EACCES;
        return err_set(err, ERR_IO, "source.listen: %s: %s%s", text, strerror(errno),
                       forbidden ? "; ports below 1024 need CAP_NET_BIND_SERVICE" : "");
    }
    name_listener(listener, schemes[i].scheme, written, name, sizeof name);
    listener->stream = source_add_stream(state->source, &state->options, name, -1);
    struct watched *watched = &state->listener_watches[state->listeners_count - 1];
    watched->listener = listener;
    watch(state, watched, EPOLLIN, EPOLL_CTL_ADD);
    log_write(LOG_INFO, WHERE, "listens at %s", name);
    return 0;
}

/* Each connection is an open file: as many as the system allows, less those that the rest of the
 * program needs. */
static uint32_t connections_max(void)
{
    struct rlimit files = {0};
    (void)getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    (void)getrlimit(RLIMIT_NOFILE, &files);
    rlim_t most = files.rlim_cur > FILES_KEPT ? files.rlim_cur - FILES_KEPT : 1;
    return most < LIMIT_SYSLOG_PEERS ? (uint32_t)most : LIMIT_SYSLOG_PEERS;
}

static int syslog_open(struct source *source, const struct source_options *options, struct err *err)
{
    struct state *state = memory_new(1, sizeof *state);
    int failed = 0;
    source->state = state;
    state->source = source;
    state->options = *options;
    state->peers_max = connections_max();
    state->epoll = epoll_create1(EPOLL_CLOEXEC);
    state->listeners = memory_new(options->listen_count + 1, sizeof *state->listeners);
    state->listener_watches =
        memory_new(options->listen_count + 1, sizeof *state->listener_watches);
    state->senders = syslog_senders_new(options->sender_rate, LIMIT_SYSLOG_SENDERS);
    state->datagrams = memory_new(1, sizeof *state->datagrams);
    state->sequence = (uint64_t)clock_now_ns();
    if (options->tls_certificate != NULL) {
        failed = syslog_tls_new(options->tls_certificate, options->tls_key, options->tls_clients,
                                &state->tls, err);
    }
    for (uint32_t i = 0; i < options->listen_count && failed == 0; i++) {
        failed = open_listener(state, options->listen[i], err);
    }
    return failed;
}

static void close_listener(struct listener *listener)
{
    if (listener->descriptor >= 0) {
        (void)close(listener->descriptor);
        listener->descriptor = -1;
    }
}

/* Who waits to be accepted has sent, too. */
static void syslog_stop(struct source *source)
{
    struct state *state = source->state;
    state->stop_ns = state->active_ns = clock_monotonic_ns();
    for (uint32_t i = 0; i < state->listeners_count; i++) {
        struct listener *listener = &state->listeners[i];
        if (!listener->datagrams) {
            accept_peers(state, listener);
            close_listener(listener);
        }
    }
    for (uint32_t i = 0; i < state->peers_count; i++) {
        struct syslog_peer *peer = state->peers[i]->peer;
        peer->until_ns = peer->handshakes ? peer->until_ns : 0; /* its rate holds it up no more */
        syslog_peer_end(peer);
    }
}

static void syslog_close(struct source *source)
{
    struct state *state = source->state;
    while (state->peers_count > 0) {
        drop_peer(state, state->peers[state->peers_count - 1]);
    }
    for (uint32_t i = 0; i < state->listeners_count; i++) {
        close_listener(&state->listeners[i]);
    }
    (void)close(state->epoll);
    SSL_CTX_free(state->tls);
    syslog_senders_free(state->senders);
    memory_free(state->datagrams);
    memory_free(state->peers);
    memory_free(state->listeners);
    memory_free(state->listener_watches);
    memory_free(state);
}

/* --- the way of the data --------------------------------------------------------------------- */

/* After a stop: is what was sent all read? It is when nothing has come for a while; whoever goes on
 * sending is left at last. */
static bool is_over(struct state *state, struct batch *batch, int64_t now_ns)
{
    if (batch->chunks_count > 0) {
        state->active_ns = now_ns;
    }
    bool over = state->peers_count == 0 || now_ns - state->active_ns >= STOP_QUIET_NS ||
                now_ns - state->stop_ns >= STOP_NS;
    if (over) {
        end_peers(state, batch);
    }
    return over && batch->chunks_count == 0;
}

static enum source_poll syslog_poll(struct source *source, struct batch *batch, int timeout_ms,
                                    struct err *err)
{
    struct state *state = source->state;
    struct epoll_event ready[READY_MAX];
    if (state->paused) { /* senders by TCP wait, datagrams in the kernel, which counts its drops */
        poll(NULL, 0, timeout_ms);
        return SOURCE_NOTHING_YET;
    }
    int pause_ms = (int)(PAUSE_NS / 1000000);
    int wait_ms = state->paused_count > 0 && timeout_ms > pause_ms ? pause_ms : timeout_ms;
    int count = epoll_wait(state->epoll, ready, READY_MAX, wait_ms);
    if (count < 0 && errno != EINTR) {
        err_set(err, ERR_IO, "the sockets that listen can not be waited for: %s", strerror(errno));
        return SOURCE_FAILED;
    }
    for (int i = 0; i < count; i++) {
        struct watched *watched = ready[i].data.ptr;
        if (watched->peer != NULL) {
            read_peer(state, batch, watched);
        } else if (watched->listener->datagrams) {
            read_datagrams(state, batch, watched->listener);
        } else {
            accept_peers(state, watched->listener);
        }
    }
    int64_t now_ns = clock_monotonic_ns();
    tend_peers(state, batch, now_ns);
    log_drops(state, now_ns);
    if (state->stop_ns != 0 && is_over(state, batch, now_ns)) {
        return SOURCE_END;
    }
    return batch->chunks_count > 0 ? SOURCE_BATCH : SOURCE_NOTHING_YET;
}

static void syslog_release(struct source *source, struct batch *batch)
{
    (void)source;
    (void)batch; /* bytes are in the batch's arena */
}

/* What came by a socket can't be asked for again: there is nothing to remember. */
static void syslog_delivered(struct source *source, const struct batch *batch)
{
    (void)source;
    (void)batch;
}

static void syslog_pause(struct source *source, bool paused)
{
    struct state *state = source->state;
    state->paused = paused;
}

const struct source_ops source_syslog = {
    .name = "syslog",
    .doc = "listens for syslog: UDP, TCP (octet counting and LF), TLS",
    .open = syslog_open,
    .poll = syslog_poll,
    .release = syslog_release,
    .delivered = syslog_delivered,
    .stop = syslog_stop,
    .pause = syslog_pause,
    .close = syslog_close,
};
