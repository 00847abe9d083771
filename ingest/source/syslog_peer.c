/* SPDX-License-Identifier: Apache-2.0
 *
 * syslog_peer.c - see syslog_peer.h.
 */
#include "ingest/source/syslog_peer.h"

#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#define WHERE "ingest/source"

static void note_address(struct syslog_peer *peer)
{
    struct sockaddr_storage storage = {0};
    socklen_t len = sizeof storage;
    (void)getpeername(peer->descriptor, (struct sockaddr *)&storage, &len);
    address_print(&storage, peer->address);
}

/* Who the client's certificate, if it showed one, was made out to. */
static void note_name(struct syslog_peer *peer)
{
    X509 *certificate = SSL_get_peer_certificate(peer->tls);
    if (certificate != NULL) {
        (void)X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                        peer->name, sizeof peer->name);
        X509_free(certificate);
    }
}

struct syslog_peer *syslog_peer_new(int descriptor, SSL_CTX *context, struct stream *stream,
                                    size_t record_bytes_max, int64_t now_ns)
{
    struct syslog_peer *peer = memory_new(1, sizeof *peer);
    peer->descriptor = descriptor;
    peer->stream = stream;
    peer->frames.record_bytes_max = record_bytes_max;
    int on = 1;
    /* A sender whose machine is gone must not hold its place for ever. */
    (void)setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    note_address(peer);
    if (context != NULL) {
        peer->tls = SSL_new(context);
        peer->handshakes = true;
        peer->until_ns = now_ns + SYSLOG_HANDSHAKE_NS;
        (void)SSL_set_fd(peer->tls, descriptor);
    }
    return peer;
}

void syslog_peer_free(struct syslog_peer *peer)
{
    if (peer == NULL) {
        return;
    }
    if (peer->tls != NULL) {
        if (!peer->handshakes) {
            (void)SSL_shutdown(peer->tls);
        }
        SSL_free(peer->tls);
    }
    (void)close(peer->descriptor);
    syslog_frames_release(&peer->frames);
    memory_free(peer);
}

/* The reason that OpenSSL has for the last failure, for the log. */
static const char *tls_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason != NULL ? reason : "the connection was closed";
}

static bool must_wait(const struct syslog_peer *peer, int result)
{
    int error = SSL_get_error(peer->tls, result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static enum syslog_peer_state shake_hands(struct syslog_peer *peer)
{
    ERR_clear_error();
    int result = SSL_accept(peer->tls);
    if (result == 1) {
        peer->handshakes = false;
        peer->until_ns = 0;
        note_name(peer);
        return SYSLOG_PEER_OPEN;
    }
    if (must_wait(peer, result)) {
        return SYSLOG_PEER_OPEN;
    }
    log_write(LOG_WARNING, WHERE, "%s: TLS with %s failed: %s", peer->stream->name, peer->address,
              tls_reason());
    return SYSLOG_PEER_ENDED;
}

static enum syslog_peer_state read_tls(struct syslog_peer *peer)
{
    char bytes[SYSLOG_PEER_READ_BYTES];
    ERR_clear_error();
    int len = SSL_read(peer->tls, bytes, (int)sizeof bytes);
    if (len > 0) {
        syslog_frames_add(&peer->frames, (struct str){bytes, (size_t)len});
        return SYSLOG_PEER_OPEN;
    }
    return must_wait(peer, len) ? SYSLOG_PEER_OPEN : SYSLOG_PEER_ENDED;
}

static enum syslog_peer_state read_plain(struct syslog_peer *peer)
{
    char bytes[SYSLOG_PEER_READ_BYTES];
    ssize_t len = read(peer->descriptor, bytes, sizeof bytes);
    if (len > 0) {
        syslog_frames_add(&peer->frames, (struct str){bytes, (size_t)len});
        return SYSLOG_PEER_OPEN;
    }
    bool later = len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    return later ? SYSLOG_PEER_OPEN : SYSLOG_PEER_ENDED;
}

enum syslog_peer_state syslog_peer_read(struct syslog_peer *peer)
{
    if (peer->handshakes) {
        enum syslog_peer_state state = shake_hands(peer);
        if (peer->handshakes || state == SYSLOG_PEER_ENDED) {
            return state;
        }
    }
    if (peer->tls == NULL) {
        return read_plain(peer);
    }
    /* What OpenSSL holds decrypted makes the socket no more readable: it is taken now. */
    enum syslog_peer_state state = read_tls(peer);
    while (state == SYSLOG_PEER_OPEN && SSL_pending(peer->tls) > 0) {
        state = read_tls(peer);
    }
    return state;
}

void syslog_peer_end(struct syslog_peer *peer)
{
    if (peer->tls != NULL && !peer->handshakes) {
        (void)SSL_shutdown(peer->tls);
    }
    (void)shutdown(peer->descriptor, SHUT_WR);
}

int syslog_tls_new(const char *certificate, const char *key, const char *clients, SSL_CTX **context,
                   struct err *err)
{
    SSL_CTX *made = SSL_CTX_new(TLS_server_method());
    const char *wrong = NULL;
    ERR_clear_error();
    if (made == NULL || SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION) != 1) {
        wrong = "OpenSSL";
    } else if (SSL_CTX_use_certificate_chain_file(made, certificate) != 1) {
        wrong = certificate;
    } else if (SSL_CTX_use_PrivateKey_file(made, key, SSL_FILETYPE_PEM) != 1 ||
               SSL_CTX_check_private_key(made) != 1) {
        wrong = key;
    } else if (clients != NULL && SSL_CTX_load_verify_locations(made, clients, NULL) != 1) {
        wrong = clients;
    }
    if (wrong != NULL) {
        SSL_CTX_free(made);
        return err_set(err, ERR_CONFIG, "%s: can not be used for TLS: %s", wrong, tls_reason());
    }
    if (clients != NULL) {
        SSL_CTX_set_verify(made, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        SSL_CTX_set_client_CA_list(made, SSL_load_client_CA_file(clients));
    }
    /* Senders of syslog never read. A session ticket that lies unread when one closes makes its
     * system reset the connection, and what was on its way is lost. */
    (void)SSL_CTX_set_num_tickets(made, 0);
    *context = made;
    return 0;
}
