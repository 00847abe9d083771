/* SPDX-License-Identifier: Apache-2.0
 *
 * json_index_neon.c - the index with NEON, which every AArch64 has: 16 bytes a comparison. The
 * running XOR goes by shifts; json_index_pmull.c has it in one instruction.
 */
#include "ingest/json/json_index_internal.h"

#if defined(__aarch64__)
#include "ingest/json/json_index_neon_internal.h"

#define JSON_INDEX_TARGET
#define prefix_xor     json_prefix_xor
#define trailing_zeros json_trailing_zeros

#define JSON_INDEX_NAME json_index_neon
#define JSON_END_NAME   json_end_neon
#include "ingest/json/json_index_body.h"
#endif
