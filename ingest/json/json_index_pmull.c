/* SPDX-License-Identifier: Apache-2.0
 *
 * json_index_pmull.c - the index with NEON and the polynomial multiplication of AArch64's
 * cryptographic extension. Chosen at run time.
 */
#include "ingest/json/json_index_internal.h"

#if defined(__aarch64__)
#include "ingest/json/json_index_neon_internal.h"

#if defined(__clang__)
#define JSON_INDEX_TARGET __attribute__((target("aes")))
#else
#define JSON_INDEX_TARGET __attribute__((target("+crypto")))
#endif

/* A carry-less product with all ones is the running XOR. */
JSON_INDEX_TARGET static inline uint64_t prefix_xor(uint64_t bits)
{
    return vgetq_lane_u64(vreinterpretq_u64_p128(vmull_p64(bits, UINT64_MAX)), 0);
}

#define trailing_zeros json_trailing_zeros

#define JSON_INDEX_NAME json_index_pmull
#define JSON_END_NAME   json_end_pmull
#include "ingest/json/json_index_body.h"
#endif
