/* SPDX-License-Identifier: Apache-2.0
 *
 * redis_tls.c - see redis_tls.h.
 */
#include "base/redis_tls.h"

#ifdef TOCSIN_REDIS_TLS

#include <hiredis/hiredis_ssl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>

/* A name goes into the greeting and is compared with the certificate's; so is an address. */
static bool name_server(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *verify = SSL_get0_param(ssl);
    return X509_VERIFY_PARAM_set1_ip_asc(verify, host) == 1 ||
           (SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1);
}

int redis_tls_begin(redisContext *connection, const char *host, struct err *err)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = NULL;
    if (context != NULL && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
        SSL_CTX_set_default_verify_paths(context) == 1) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
        ssl = SSL_new(context);
    }
    SSL_CTX_free(context); /* ssl has it */
    if (ssl == NULL || !name_server(ssl, host)) {
        SSL_free(ssl);
        return err_set(err, ERR_INTERNAL, "OpenSSL gives no TLS");
    }
    if (redisInitiateSSL(connection, ssl) == REDIS_OK) {
        return 0; /* the connection owns it */
    }
    long verified = SSL_get_verify_result(ssl);
    SSL_free(ssl);
    return verified != X509_V_OK
               ? err_set(err, ERR_CONFIG, "TLS: the server's certificate is not accepted: %s",
                         X509_verify_cert_error_string(verified))
               : err_set(err, ERR_REDIS, "TLS: %s", connection->errstr);
}

#else

int redis_tls_begin(redisContext *connection, const char *host, struct err *err)
{
    (void)connection;
    (void)host;
    return err_set(err, ERR_CONFIG,
                   "this tocsin was built with a hiredis that has no TLS; use a tunnel: "
                   "docs/SINKS.md has one");
}

#endif
