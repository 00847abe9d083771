/* SPDX-License-Identifier: Apache-2.0
 *
 * http.h - a service's door for programs: its health, its metrics, a reload.
 *
 *     GET  /health          200 and JSON while the service runs
 *     GET  /metrics         Prometheus' text exposition format 0.0.4
 *     POST /api/v1/reload   loads the rules anew; answers when they are in force (200), or why they
 *                           are not (422)
 *
 * In:  what the engine_run thread publishes; requests.   Out: answers, calls of reload.
 * Thread: http_new, http_publish, http_free: one; requests have threads of libmicrohttpd's.
 * Owns:   the listening socket, copies of what was published.
 * Invariants: (1) a request never touches the engine: it sees what was published last, and asks for
 *                 a reload by a function that any thread may call.
 *             (2) with a token, /api/ needs it as a bearer token (RFC 6750); it is compared in
 *                 constant time and never logged.
 * Bounds: HTTP_CONNECTIONS at a time; a reload is awaited for HTTP_RELOAD_SECONDS at most.
 * Tested: tests/golden/test_http.sh.
 */
#ifndef TOCSIN_CLI_HTTP_HTTP_H
#define TOCSIN_CLI_HTTP_HTTP_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define HTTP_CONNECTIONS    64
#define HTTP_RELOAD_SECONDS 120

struct http_options {
    const char *listen;                /* "127.0.0.1:9180", "[::1]:9180" */
    const char *token;                 /* NULL: none, which only a loopback address may have */
    uint64_t (*reload)(void *context); /* any thread: the ticket of the reload that was asked for */
    void *context;
};

/* The service as it is; texts are copied. */
struct http_state {
    struct str metrics;
    uint32_t rules_count;
    uint64_t reload_ticket;     /* the newest ticket that was answered */
    const char *reload_failure; /* of that one; NULL: its rules are in force */
};

struct http;
/* ERR_CONFIG: listen is no address, or one that others reach and there is no token. */
int http_check(const char *listen, const char *token, struct err *err);
/* ERR_CONFIG as http_check; ERR_IO: the address can not be listened at. */
int http_new(const struct http_options *options, struct http **http, struct err *err);
/* NULL is fine. Requests that wait are answered first. */
void http_free(struct http *http);
void http_publish(struct http *http, const struct http_state *state);

#endif
