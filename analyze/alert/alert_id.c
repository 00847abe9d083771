/* SPDX-License-Identifier: Apache-2.0
 *
 * alert_id.c - the ids of events and alerts: SHA-256 over length-prefixed parts.
 *
 * Each part is preceded by its length in 8 bytes, big end first, and the first part names the kind
 * of id: no two different lists of parts hash the same bytes, whatever the log put into them.
 * Thread: any; each has a digest context of its own, made at its first id, freed at its end.
 * Owns:   nothing else.   Bound: O(bytes of the parts).
 */
#include "analyze/alert/alert.h"

#include "base/ensure.h"

#include <openssl/evp.h>
#include <pthread.h>

static pthread_key_t context_key;
static pthread_once_t context_once = PTHREAD_ONCE_INIT;

static void context_free(void *context)
{
    EVP_MD_CTX_free(context);
}

static void make_key(void)
{
    ENSURE(pthread_key_create(&context_key, context_free) == 0);
}

/* A context that is ready to take the parts of one id. Looking the algorithm up costs more than
 * hashing a coordinate with it, so that the context keeps it from id to id. */
static EVP_MD_CTX *digest_begin(void)
{
    pthread_once(&context_once, make_key);
    EVP_MD_CTX *context = pthread_getspecific(context_key);
    if (context != NULL) {
        ENSURE(EVP_DigestInit_ex(context, NULL, NULL) == 1);
        return context;
    }
    context = EVP_MD_CTX_new();
    ENSURE(context != NULL);
    ENSURE(EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1);
    ENSURE(pthread_setspecific(context_key, context) == 0);
    return context;
}

static void put_u64(uint64_t value, unsigned char bytes[8])
{
    for (int i = 7; i >= 0; i--) {
        bytes[i] = (unsigned char)value;
        value >>= 8;
    }
}

static void digest_part(EVP_MD_CTX *context, struct str part)
{
    unsigned char len[8];
    put_u64(part.len, len);
    ENSURE(EVP_DigestUpdate(context, len, sizeof len) == 1);
    if (part.len > 0) {
        ENSURE(EVP_DigestUpdate(context, part.ptr, part.len) == 1);
    }
}

/* The numbers are one part each: their length is that of 8 bytes. */
static void digest_numbers(EVP_MD_CTX *context, const uint64_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned char part[16];
        put_u64(8, part);
        put_u64(numbers[i], part + 8);
        ENSURE(EVP_DigestUpdate(context, part, sizeof part) == 1);
    }
}

static void digest_end(EVP_MD_CTX *context, char *id)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    ENSURE(EVP_DigestFinal_ex(context, digest, &len) == 1);
    ENSURE(len >= ALERT_ID_TEXT / 2);
    for (size_t i = 0; i < ALERT_ID_TEXT / 2; i++) {
        id[2 * i] = hex[digest[i] >> 4];
        id[2 * i + 1] = hex[digest[i] & 15];
    }
    id[ALERT_ID_TEXT] = '\0';
}

void alert_event_id_at(struct str source, int32_t partition, uint64_t offset, uint32_t sub,
                       char id[EVENT_ID_TEXT + 1])
{
    EVP_MD_CTX *context = digest_begin();
    digest_part(context, STR("event"));
    digest_part(context, source);
    digest_numbers(context, (uint64_t[]){(uint64_t)(int64_t)partition, offset, sub}, 3);
    digest_end(context, id);
}

void alert_event_id(const struct record *record, const struct stream *stream,
                    char id[EVENT_ID_TEXT + 1])
{
    alert_event_id_at(str_of(stream->name), stream->partition, record->offset, record->sub, id);
}

void alert_id_of_event(const struct rule *rule, const char *event_id, char id[ALERT_ID_TEXT + 1])
{
    EVP_MD_CTX *context = digest_begin();
    digest_part(context, STR("alert of event"));
    digest_part(context, rule->id);
    digest_part(context, str_of(event_id));
    digest_end(context, id);
}

void alert_id_of_window(const struct rule *rule, const struct alert_field *group,
                        uint32_t group_count, int64_t window_start_ns, char id[ALERT_ID_TEXT + 1])
{
    EVP_MD_CTX *context = digest_begin();
    digest_part(context, STR("alert of window"));
    digest_part(context, rule->id);
    for (uint32_t i = 0; i < group_count; i++) {
        digest_part(context, group[i].value);
    }
    digest_numbers(context, (uint64_t[]){(uint64_t)window_start_ns}, 1);
    digest_end(context, id);
}

void alert_id_of_account(struct str source, int32_t partition, int64_t hour_ns, int64_t opened_ns,
                         char id[ALERT_ID_TEXT + 1])
{
    const uint64_t numbers[] = {(uint64_t)(int64_t)partition, (uint64_t)hour_ns,
                                (uint64_t)opened_ns};
    EVP_MD_CTX *context = digest_begin();
    digest_part(context, STR("account"));
    digest_part(context, source);
    digest_numbers(context, numbers, 3);
    digest_end(context, id);
}
