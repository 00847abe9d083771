/* SPDX-License-Identifier: Apache-2.0
 *
 * syslog_peer.h - one connection of a sender: TCP, or TLS over it.
 *
 * In:  an accepted socket.   Out: its bytes, through syslog_frames; or its end.
 * Thread: the reader.   Owns: the socket, the TLS session, unfinished bytes.
 * Invariants: (1) nothing here waits: the socket is not blocking.
 *             (2) a peer from which nothing is read makes its sender wait: TCP's own back-pressure.
 * Bounds: SYSLOG_PEER_READ_BYTES a read; a handshake lasts SYSLOG_HANDSHAKE_NS at most.
 * Follows: RFC 5425 (TLS), RFC 6587 (TCP).
 * Tested: tests/golden/test_syslog_listen.sh.
 */
#ifndef TOCSIN_INGEST_SOURCE_SYSLOG_PEER_H
#define TOCSIN_INGEST_SOURCE_SYSLOG_PEER_H

#include "base/address.h"
#include "base/error.h"
#include "ingest/record/record.h"
#include "ingest/source/syslog_frames.h"

#include <openssl/ssl.h>

#define SYSLOG_PEER_READ_BYTES 65536
#define SYSLOG_HANDSHAKE_NS    INT64_C(10000000000)
#define SYSLOG_NAME_BYTES      256

struct syslog_peer {
    int descriptor;
    SSL *tls;         /* NULL: plain TCP */
    bool handshakes;  /* the TLS handshake is not done yet */
    int64_t until_ns; /* monotonic: handshakes: its deadline; else nothing is read before it */
    struct stream *stream;
    struct syslog_frames frames;
    char address[ADDRESS_TEXT_BYTES]; /* of the sender, without its port */
    char name[SYSLOG_NAME_BYTES];     /* the common name of its certificate; "": none */
};

enum syslog_peer_state { SYSLOG_PEER_OPEN, SYSLOG_PEER_ENDED };

/* descriptor becomes the peer's. context: NULL: plain TCP. */
struct syslog_peer *syslog_peer_new(int descriptor, SSL_CTX *context, struct stream *stream,
                                    size_t record_bytes_max, int64_t now_ns);
void syslog_peer_free(struct syslog_peer *peer);
/* Reads once what is there. ENDED: the sender is gone, or the handshake failed (which is logged);
 * what it had sent is still to be taken. */
enum syslog_peer_state syslog_peer_read(struct syslog_peer *peer);

/* Tells the sender that no more is wanted; what it has sent can still be read. */
void syslog_peer_end(struct syslog_peer *peer);

/* The server's side of TLS 1.2 and newer. clients: a file of authorities of whom every client must
 * have a certificate, or NULL. ERR_CONFIG. */
int syslog_tls_new(const char *certificate, const char *key, const char *clients, SSL_CTX **context,
                   struct err *err);

#endif
