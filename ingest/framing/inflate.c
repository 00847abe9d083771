/* SPDX-License-Identifier: Apache-2.0
 *
 * inflate.c - see inflate.h.
 */
#include "ingest/framing/inflate.h"

#include "base/ensure.h"
#include "base/limits.h"
#include "base/memory.h"

#include <zlib.h>

/* zlib's window size, plus 16: gzip headers and trailers only. */
#define GZIP_WINDOW (15 + 16)

struct inflater {
    z_stream stream;
    bool in_member;
    bool failed;
};

bool inflate_is_gzip(struct str bytes)
{
    return bytes.len >= 2 && (unsigned char)bytes.ptr[0] == 0x1F &&
           (unsigned char)bytes.ptr[1] == 0x8B;
}

struct inflater *inflater_new(void)
{
    struct inflater *inflater = memory_new(1, sizeof *inflater);
    ENSURE(inflateInit2(&inflater->stream, GZIP_WINDOW) == Z_OK);
    return inflater;
}

void inflater_free(struct inflater *inflater)
{
    if (inflater != NULL) {
        inflateEnd(&inflater->stream);
        memory_free(inflater);
    }
}

static size_t fail(struct inflater *inflater, enum record_fault *fault, size_t written)
{
    inflater->failed = true;
    *fault = RECORD_FAULT_GZIP;
    return written;
}

size_t inflater_run(struct inflater *inflater, struct str *input, bool ended, char *out,
                    size_t capacity, enum record_fault *fault)
{
    z_stream *stream = &inflater->stream;
    size_t written = 0;
    *fault = RECORD_FAULT_NONE;
    while (written < capacity && !inflater->failed) {
        if (input->len == 0 && !inflater->in_member) {
            return written;
        }
        if (!inflater->in_member) {
            inflateReset(stream);
            inflater->in_member = true;
        }
        uInt room = (uInt)(capacity - written < 1U << 30 ? capacity - written : 1U << 30);
        uInt have = (uInt)(input->len < 1U << 30 ? input->len : 1U << 30);
        stream->next_in = (Bytef *)(uintptr_t)input->ptr;
        stream->avail_in = have;
        stream->next_out = (Bytef *)(out + written);
        stream->avail_out = room;
        int result = inflate(stream, Z_NO_FLUSH);
        *input = str_slice(*input, have - stream->avail_in, input->len);
        written += room - stream->avail_out;
        bool stuck = stream->avail_in == have && stream->avail_out == room;
        if (result == Z_STREAM_END) {
            inflater->in_member = false;
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            return fail(inflater, fault, written);
        } else if (stuck) {
            /* Only now nothing is left in zlib, either: what was read before a cut is given out. */
            return ended ? fail(inflater, fault, written) : written;
        }
    }
    return written;
}

bool inflater_in_member(const struct inflater *inflater)
{
    return inflater->in_member;
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
    struct inflater *inflater = inflater_new();
    enum record_fault fault = RECORD_FAULT_NONE;
    size_t limit = inflate_limit(bytes.len);
    size_t capacity = bytes.len < 8192 ? 65536 : bytes.len > limit / 8 ? limit + 1 : bytes.len * 8;
    char *buffer = arena_take(arena, capacity);
    size_t len = 0;
    for (;;) {
        len += inflater_run(inflater, &bytes, true, buffer + len, capacity - len, &fault);
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
    inflater_free(inflater);
    *out = (struct str){buffer, len};
    return fault;
}
