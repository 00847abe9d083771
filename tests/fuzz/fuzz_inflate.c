/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_inflate.c - any bytes as a gzip value: bounded, never read beyond, and judged as zlib judges
 * them; cut into pieces they give the same.
 */
#include "base/ensure.h"
#include "base/limits.h"
#include "base/memory.h"
#include "ingest/framing/inflate.h"

#include <zlib.h>

#define OUTPUT_BYTES 1000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Members that follow each other, by zlib. False: damaged, cut, or longer than OUTPUT_BYTES. */
static bool reference(const uint8_t *data, size_t size, char *out, size_t *len)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)data,
                       .avail_in = (uInt)size,
                       .next_out = (Bytef *)out,
                       .avail_out = OUTPUT_BYTES};
    int result = Z_STREAM_END;
    ENSURE(inflateInit2(&stream, 15 + 16) == Z_OK);
    while (stream.avail_in > 0 && result == Z_STREAM_END) {
        inflateReset(&stream);
        result = inflate(&stream, Z_SYNC_FLUSH);
    }
    *len = OUTPUT_BYTES - stream.avail_out;
    inflateEnd(&stream);
    return result == Z_STREAM_END;
}

/* The same by inflater_run, in pieces whose sizes the data chooses. */
static bool in_pieces(const uint8_t *data, size_t size, char *out, size_t *len)
{
    struct inflater *inflater = inflater_new();
    enum record_fault fault = RECORD_FAULT_NONE;
    size_t at = 0;
    struct str piece = {0};
    *len = 0;
    do {
        if (piece.len == 0 && at < size) {
            size_t step = 1 + (size_t)data[at] * data[at] % 700;
            piece = (struct str){(const char *)data + at, size - at < step ? size - at : step};
            at += piece.len;
        }
        size_t room = 1 + data[at - 1] * (size_t)3;
        room = room < OUTPUT_BYTES - *len ? room : OUTPUT_BYTES - *len;
        size_t wrote = inflater_run(inflater, &piece, at == size, out + *len, room, &fault);
        ENSURE(wrote <= room && (wrote == room || piece.len == 0 || fault != RECORD_FAULT_NONE));
        *len += wrote;
        if (wrote < room && piece.len == 0 && at == size) {
            break;
        }
    } while (fault == RECORD_FAULT_NONE && *len < OUTPUT_BYTES);
    inflater_free(inflater);
    return fault == RECORD_FAULT_NONE && *len < OUTPUT_BYTES;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *arena;
    static char *outs[2];
    struct str out;
    size_t lens[2];
    if (arena == NULL) {
        arena = arena_new(0);
        outs[0] = memory_new(OUTPUT_BYTES, 1);
        outs[1] = memory_new(OUTPUT_BYTES, 1);
    }
    arena_reset(arena);
    inflate_value(arena, (struct str){(const char *)data, size}, &out);
    ENSURE(out.len <= LIMIT_INFLATE_BYTES);
    if (size == 0) {
        return 0;
    }
    bool good = reference(data, size, outs[0], &lens[0]) && lens[0] < OUTPUT_BYTES;
    ENSURE(in_pieces(data, size, outs[1], &lens[1]) == good);
    size_t common = lens[0] < lens[1] ? lens[0] : lens[1];
    ENSURE(memcmp(outs[0], outs[1], common) == 0);
    ENSURE(!good || lens[0] == lens[1]);
    return 0;
}
