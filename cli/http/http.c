/* SPDX-License-Identifier: Apache-2.0
 *
 * http.c - see http.h. Read answer first: the table of what is asked for.
 */
#include "cli/http/http.h"

#include "base/address.h"
#include "base/buffer.h"
#include "base/ensure.h"
#include "base/memory.h"
#include "base/thread_signals.h"
#include "cli/json_out.h"

#include <errno.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#define REQUEST_SECONDS 30

struct http {
    struct http_options options;
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock;
    pthread_cond_t published;
    /* shared: under lock */
    bool stopping;
    struct buffer metrics;
    struct buffer failure; /* empty: the last reload is in force */
    uint32_t rules_count;
    uint64_t reload_ticket;
};

struct reply {
    unsigned status;
    const char *type;
    struct buffer text;
};

static void reply_json(struct reply *reply, unsigned status, cJSON *root)
{
    reply->status = status;
    reply->type = "application/json";
    json_out_finish(root, &reply->text);
}

static void reply_error(struct reply *reply, unsigned status, const char *reason)
{
    cJSON *root = cJSON_CreateObject();
    json_out_text(root, "error", str_of(reason));
    reply_json(reply, status, root);
}

static void show_health(struct http *http, struct reply *reply)
{
    cJSON *root = cJSON_CreateObject();
    pthread_mutex_lock(&http->lock);
    json_out_text(root, "status", STR("running"));
    json_out_text(root, "version", STR(TOCSIN_VERSION));
    json_out_count(root, "rules", http->rules_count);
    if (http->failure.len > 0) {
        json_out_text(root, "reload_failure", buffer_str(&http->failure));
    }
    pthread_mutex_unlock(&http->lock);
    reply_json(reply, MHD_HTTP_OK, root);
}

static void show_metrics(struct http *http, struct reply *reply)
{
    reply->status = MHD_HTTP_OK;
    reply->type = "text/plain; version=0.0.4";
    pthread_mutex_lock(&http->lock);
    buffer_add(&reply->text, buffer_str(&http->metrics));
    pthread_mutex_unlock(&http->lock);
}

static void reload(struct http *http, struct reply *reply)
{
    struct timespec until = {0};
    cJSON *root = cJSON_CreateObject();
    uint64_t ticket = http->options.reload(http->options.context);
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += HTTP_RELOAD_SECONDS;
    pthread_mutex_lock(&http->lock);
    int waited = 0;
    while (http->reload_ticket < ticket && !http->stopping && waited == 0) {
        waited = pthread_cond_timedwait(&http->published, &http->lock, &until);
    }
    bool answered = http->reload_ticket >= ticket;
    unsigned status = MHD_HTTP_OK;
    if (!answered) {
        status = MHD_HTTP_SERVICE_UNAVAILABLE;
        json_out_text(root, "error",
                      http->stopping ? STR("the service is being stopped")
                                     : STR("the reload goes on; ask /health for its end"));
    } else if (http->failure.len > 0) {
        status = MHD_HTTP_UNPROCESSABLE_CONTENT;
        json_out_text(root, "error", buffer_str(&http->failure));
    } else {
        json_out_count(root, "rules", http->rules_count);
    }
    pthread_mutex_unlock(&http->lock);
    reply_json(reply, status, root);
}

static const struct endpoint {
    const char *method;
    const char *path;
    bool guarded;
    void (*call)(struct http *http, struct reply *reply);
} endpoints[] = {
    {"GET", "/health", false, show_health},
    {"GET", "/metrics", false, show_metrics},
    {"POST", "/api/v1/reload", true, reload},
};

static bool is_allowed(const struct http *http, struct MHD_Connection *connection)
{
    const char *token = http->options.token;
    if (token == NULL) {
        return true;
    }
    const char *given = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    struct str text = given != NULL ? str_of(given) : (struct str){"", 0};
    struct str scheme = STR("Bearer ");
    size_t len = strlen(token);
    return text.len == scheme.len + len && str_starts_with(text, scheme) &&
           CRYPTO_memcmp(text.ptr + scheme.len, token, len) == 0;
}

static void answer(struct http *http, struct MHD_Connection *connection, const char *method,
                   const char *path, struct reply *reply)
{
    bool known = false;
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
        const struct endpoint *endpoint = &endpoints[i];
        if (strcmp(endpoint->path, path) != 0) {
            continue;
        }
        known = true;
        if (strcmp(endpoint->method, method) != 0) {
            continue;
        }
        if (endpoint->guarded && !is_allowed(http, connection)) {
            reply_error(reply, MHD_HTTP_UNAUTHORIZED, "the token of http.token is needed");
        } else {
            endpoint->call(http, reply);
        }
        return;
    }
    if (known) {
        reply_error(reply, MHD_HTTP_METHOD_NOT_ALLOWED, "not with this method");
    } else {
        reply_error(reply, MHD_HTTP_NOT_FOUND,
                    "nothing is here; there are /health, /metrics and /api/v1/reload");
    }
}

/* MHD_AccessHandlerCallback: called with the headers, then with each piece of a body, then without
 * one, which is when the request is whole. */
/* NOLINTNEXTLINE(readability-function-size): the signature is the library's */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *body,
                              size_t *body_len, void **seen)
{
    static int headers;
    (void)version;
    (void)body;
    if (*seen == NULL || *body_len > 0) {
        *seen = &headers;
        *body_len = 0; /* no endpoint reads a body */
        return MHD_YES;
    }
    struct reply reply = {0};
    answer(context, connection, method, path, &reply);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply.text.len, reply.text.ptr, MHD_RESPMEM_MUST_COPY);
    ENSURE(response != NULL);
    (void)MHD_add_response_header(response, "Content-Type", reply.type);
    if (reply.status == MHD_HTTP_UNAUTHORIZED) {
        (void)MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    }
    enum MHD_Result queued = MHD_queue_response(connection, reply.status, response);
    MHD_destroy_response(response);
    buffer_release(&reply.text);
    return queued;
}

static int read_address(const char *listen, const char *token, struct address *address,
                        struct err *err)
{
    if (!address_parse(str_of(listen), address) || address->port == 0) {
        return err_set(err, ERR_CONFIG,
                       "http.listen %s: write an address and a port, such as 127.0.0.1:9180 or "
                       "[::1]:9180",
                       listen);
    }
    if (token == NULL && !address_is_loopback(address)) {
        return err_set(err, ERR_CONFIG,
                       "http.listen %s can be reached by other machines: set http.token, or use "
                       "127.0.0.1",
                       listen);
    }
    return 0;
}

int http_check(const char *listen, const char *token, struct err *err)
{
    struct address address;
    return read_address(listen, token, &address, err);
}

static int listen_at(struct http *http, struct err *err)
{
    struct address address;
    int failed = read_address(http->options.listen, http->options.token, &address, err);
    if (failed != 0) {
        return failed;
    }
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION;
    flags |= address.storage.ss_family == AF_INET6 ? (unsigned)MHD_USE_IPv6 : 0;
    sigset_t before = thread_signals_block();
    http->daemon =
        MHD_start_daemon(flags, address.port, NULL, NULL, handle, http, MHD_OPTION_SOCK_ADDR,
                         &address.storage, MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS,
                         MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)REQUEST_SECONDS, MHD_OPTION_END);
    int refused = errno;
    thread_signals_restore(before);
    return http->daemon != NULL ? 0
                                : err_set(err, ERR_IO, "http.listen %s: %s", http->options.listen,
                                          strerror(refused));
}

int http_new(const struct http_options *options, struct http **http, struct err *err)
{
    struct http *made = memory_new(1, sizeof *made);
    made->options = *options;
    ENSURE(pthread_mutex_init(&made->lock, NULL) == 0);
    ENSURE(pthread_cond_init(&made->published, NULL) == 0);
    int failed = listen_at(made, err);
    if (failed != 0) {
        http_free(made);
        made = NULL;
    }
    *http = made;
    return failed;
}

void http_free(struct http *http)
{
    if (http == NULL) {
        return;
    }
    pthread_mutex_lock(&http->lock);
    http->stopping = true;
    pthread_cond_broadcast(&http->published);
    pthread_mutex_unlock(&http->lock);
    if (http->daemon != NULL) {
        MHD_stop_daemon(http->daemon);
    }
    buffer_release(&http->metrics);
    buffer_release(&http->failure);
    pthread_cond_destroy(&http->published);
    pthread_mutex_destroy(&http->lock);
    memory_free(http);
}

void http_publish(struct http *http, const struct http_state *state)
{
    pthread_mutex_lock(&http->lock);
    buffer_clear(&http->metrics);
    buffer_add(&http->metrics, state->metrics);
    buffer_clear(&http->failure);
    if (state->reload_failure != NULL) {
        buffer_add_text(&http->failure, state->reload_failure);
    }
    http->rules_count = state->rules_count;
    http->reload_ticket = state->reload_ticket;
    pthread_cond_broadcast(&http->published);
    pthread_mutex_unlock(&http->lock);
}
