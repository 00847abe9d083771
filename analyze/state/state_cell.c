/* SPDX-License-Identifier: Apache-2.0
 *
 * state_cell.c - see state_cell.h.
 */
#include "analyze/state/state_cell.h"

#include "base/ensure.h"
#include "base/pack.h"

#include <openssl/evp.h>

#define SHA256_BYTES 32U

static void add_sha256(struct buffer *out, struct str bytes)
{
    unsigned char *at = (unsigned char *)buffer_reserve(out, SHA256_BYTES);
    unsigned len = 0;
    ENSURE(EVP_Digest(bytes.ptr, bytes.len, at, &len, EVP_sha256(), NULL) == 1);
    ENSURE(len == SHA256_BYTES);
    out->len += len;
}

void state_cell_add_name(struct buffer *key, struct str name)
{
    bool hashed = name.len > STATE_CELL_NAME_BYTES;
    pack_u8(key, hashed ? 1 : 0);
    if (hashed) {
        add_sha256(key, name);
    } else {
        buffer_add(key, name);
    }
}

uint64_t state_cell_fingerprint(struct str bytes)
{
    struct buffer hash = {0};
    add_sha256(&hash, bytes);
    struct unpack in = unpack_of(buffer_str(&hash));
    uint64_t fingerprint = unpack_u64(&in);
    buffer_release(&hash);
    return fingerprint;
}
