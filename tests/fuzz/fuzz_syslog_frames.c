/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_syslog_frames.c - any bytes as those of a connection, in pieces: each piece that is given
 * out is a part of them, in order, whole records are given without an end, and nothing is left.
 */
#include "base/ensure.h"
#include "ingest/source/syslog_frames.h"

#include <string.h>

#define LIMIT 12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes all that there is. The bytes that come out stand in text from *at on, in order. */
static void take_all(struct syslog_frames *frames, bool end, struct str text, size_t *at)
{
    struct str piece;
    while ((piece = syslog_frames_next(frames, end)).len > 0) {
        ENSURE(syslog_frames_count(piece) >= 1 && syslog_frames_count(piece) <= piece.len);
        size_t found = str_find(str_slice(text, *at, text.len), piece);
        ENSURE(found != STR_NOT_FOUND);
        *at += found + piece.len;
        syslog_frames_take(frames, piece);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct syslog_frames frames = {.record_bytes_max = LIMIT};
    struct str text = {(const char *)data + 1, size - 1};
    size_t step = 1 + (size_t)data[0] % 64;
    size_t at = 0;
    for (size_t i = 0; i < text.len; i += step) {
        syslog_frames_add(&frames, str_slice(text, i, step));
        take_all(&frames, false, text, &at);
        ENSURE(frames.waiting.len <= LIMIT + 11 + step);
    }
    take_all(&frames, true, text, &at);
    ENSURE(frames.waiting.len == 0);
    syslog_frames_release(&frames);
    return 0;
}
