/* SPDX-License-Identifier: Apache-2.0
 *
 * hash.h - 64 bits from bytes: for tables inside one process, never for identity on disk.
 *
 * hash_bytes mixes 8 bytes a step with 64x64->128-bit multiplications (the folded-multiply family:
 * wyhash, rapidhash). The seed of a table is random per process where outsiders choose the keys: it
 * goes into every factor, since a factor that a key can make 0 wipes out all that came before it.
 * Thread: any.   Bound: O(len).
 */
#ifndef TOCSIN_BASE_HASH_H
#define TOCSIN_BASE_HASH_H

#include "base/str.h"

#include <stdint.h>

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_load(const char *bytes, size_t len)
{
    uint64_t word = 0;
    memcpy(&word, bytes, len);
    return word;
}

static inline uint64_t hash_bytes(struct str s, uint64_t seed)
{
    uint64_t state = seed ^ UINT64_C(0x9E3779B97F4A7C15);
    const char *at = s.ptr;
    size_t left = s.len;
    while (left > 8) {
        state = hash_mix(hash_load(at, 8) ^ seed ^ UINT64_C(0xA0761D6478BD642F), state);
        at += 8;
        left -= 8;
    }
    uint64_t tail = left > 0 ? hash_load(at, left) : 0;
    state = hash_mix(tail ^ seed ^ UINT64_C(0xE7037ED1A0B428DB), state ^ s.len);
    return hash_mix(state, UINT64_C(0x8EBC6AF09C88C6E3));
}

/* Random bits for a table's seed; the same during one process. */
uint64_t hash_seed(void);

#endif
