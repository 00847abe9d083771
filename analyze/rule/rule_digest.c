/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_digest.c - which rules are in force, as one number that auditors can compare.
 *
 * In:  the files of a rule_set, as they were read.   Out: SHA-256 over their texts, cut to 128
 * bits. Thread: any.   Owns: nothing. Invariants: (1) each text is preceded by its length: moving
 * bytes from one file to the next changes the digest. Paths are not in it: the same files elsewhere
 * are the same. Tested: tests/unit/test_rule_digest.c.
 */
#include "analyze/rule/rule.h"

#include "base/ensure.h"

#include <openssl/evp.h>

void rule_set_digest(const struct rule_set *set, char text[RULE_SET_DIGEST_TEXT + 1])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ENSURE(context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1);
    for (uint32_t i = 0; i < set->files_count; i++) {
        struct str part = set->sources[i].text;
        unsigned char len[8];
        for (size_t k = 0; k < sizeof len; k++) {
            len[k] = (unsigned char)(part.len >> (56 - 8 * k));
        }
        ENSURE(EVP_DigestUpdate(context, len, sizeof len) == 1);
        ENSURE(part.len == 0 || EVP_DigestUpdate(context, part.ptr, part.len) == 1);
    }
    ENSURE(EVP_DigestFinal_ex(context, digest, &digest_len) == 1);
    EVP_MD_CTX_free(context);
    ENSURE(digest_len >= RULE_SET_DIGEST_TEXT / 2);
    for (size_t i = 0; i < RULE_SET_DIGEST_TEXT / 2; i++) {
        text[2 * i] = hex[digest[i] >> 4];
        text[2 * i + 1] = hex[digest[i] & 15];
    }
    text[RULE_SET_DIGEST_TEXT] = '\0';
}
