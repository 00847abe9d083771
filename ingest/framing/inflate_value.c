/* SPDX-License-Identifier: Apache-2.0
 *
 * inflate_value.c - see inflate.h: whole values in memory (Kafka, CloudWatch Logs), by zlib.
 */
#include "ingest/framing/inflate.h"

#include "base/ensure.h"
#include "base/limits.h"
#include "base/memory.h"

#include <zlib.h>

#define GZIP_WINDOW_BITS (MAX_WBITS + 16)
/* zlib counts in unsigned ints. */
#define STEP_BYTES_MAX ((size_t)1 << 30)

/* Inflates members from *input on until capacity is full or the input ends. */
static size_t run_members(z_stream *stream, struct str *input, char *out, size_t capacity,
                          enum record_fault *fault)
{
    size_t written = 0;
    while (written < capacity && *fault == RECORD_FAULT_NONE) {
        size_t have = input->len < STEP_BYTES_MAX ? input->len : STEP_BYTES_MAX;
        size_t room = capacity - written < STEP_BYTES_MAX ? capacity - written : STEP_BYTES_MAX;
        stream->next_in = (Bytef *)(uintptr_t)input->ptr;
        stream->avail_in = (uInt)have;
        stream->next_out = (Bytef *)(out + written);
        stream->avail_out = (uInt)room;
        int result = inflate(stream, Z_NO_FLUSH);
        *input = str_slice(*input, have - stream->avail_in, input->len);
        written += room - stream->avail_out;
        if (result == Z_STREAM_END) {
            if (input->len == 0) {
                break;
            }
            inflateReset(stream); /* another member */
        } else if (result != Z_OK || (stream->avail_in == have && stream->avail_out == room)) {
            *fault = RECORD_FAULT_GZIP; /* damaged, or cut */
        }
    }
    return written;
}

/* How far a value of len bytes may inflate: small values as far as they like, within a record's
 * size. */
static size_t inflate_limit(size_t len)
{
    size_t by_ratio = 0;
    if (__builtin_mul_overflow(len, (size_t)LIMIT_INFLATE_RATIO, &by_ratio) ||
        by_ratio > LIMIT_INFLATE_BYTES) {
        return LIMIT_INFLATE_BYTES;
    }
    return by_ratio > LIMIT_RECORD_BYTES ? by_ratio : LIMIT_RECORD_BYTES;
}

enum record_fault inflate_value(struct arena *arena, struct str bytes, struct str *out)
{
    z_stream stream = {0};
    if (bytes.len == 0) {
        *out = bytes;
        return RECORD_FAULT_NONE;
    }
    ENSURE(inflateInit2(&stream, GZIP_WINDOW_BITS) == Z_OK); /* else: out of memory */
    enum record_fault fault = RECORD_FAULT_NONE;
    size_t limit = inflate_limit(bytes.len);
    size_t capacity = bytes.len < 8192 ? 65536 : bytes.len > limit / 8 ? limit + 1 : bytes.len * 8;
    char *buffer = arena_take(arena, capacity);
    size_t len = 0;
    for (;;) {
        len += run_members(&stream, &bytes, buffer + len, capacity - len, &fault);
        if (len < capacity || fault != RECORD_FAULT_NONE) {
            break;
        }
        if (capacity > limit) {
            fault = RECORD_FAULT_INFLATE_LIMIT;
            break;
        }
        /* One byte more than the limit tells a value that ends there from one that goes on. The
         * buffers together stay within twice the limit. */
        capacity = capacity * 2 > limit ? limit + 1 : capacity * 2;
        char *larger = arena_take(arena, capacity);
        memcpy(larger, buffer, len);
        buffer = larger;
    }
    inflateEnd(&stream);
    *out = (struct str){buffer, len};
    return fault;
}
