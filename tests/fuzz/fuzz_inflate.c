/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_inflate.c - any bytes as a gzip value: bounded, and never read beyond.
 */
#include "base/ensure.h"
#include "base/limits.h"
#include "ingest/framing/inflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *arena;
    struct str out;
    if (arena == NULL) {
        arena = arena_new(0);
    }
    arena_reset(arena);
    inflate_value(arena, (struct str){(const char *)data, size}, &out);
    ENSURE(out.len <= LIMIT_INFLATE_BYTES);
    return 0;
}
