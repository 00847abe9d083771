/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_syslog_frames.c - any bytes as those of a connection, in pieces: each piece that is given
 * out is a part of them, in order, whole records are given without an end, and nothing is left. The
 * records of a piece are framed one by one as they are together.
 */
#include "base/ensure.h"
#include "ingest/framing/framing.h"
#include "ingest/source/syslog_frames.h"

#include <string.h>

#define LIMIT 12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Does nothing but lines and counts stand here? Forms that are told by a record's first bytes
 * (JSON, gzip, a mark of byte order, a count) are those of a piece whose first record has them; a
 * CR that makes a line too long does so in the piece only. */
static bool is_plain(struct str piece)
{
    for (size_t i = 0; i < piece.len; i++) {
        bool starts = i == 0 || piece.ptr[i - 1] == '\n';
        if ((starts && piece.ptr[i] != '<' && piece.ptr[i] != '\n' && i > 0) ||
            strchr("{[\r\xEF\x1F", piece.ptr[i]) != NULL) {
            return false;
        }
    }
    return piece.ptr[0] == '<' || byte_is_digit(piece.ptr[0]);
}

static void frame(struct batch *batch, struct str text)
{
    static struct stream stream = {.name = "tcp"};
    batch_add_chunk(batch, &stream, text)->message = true;
}

static void check_cut(struct str piece)
{
    const struct framing_options options = {LIMIT, LIMIT};
    static struct batch *whole;
    static struct batch *single;
    struct syslog_cut cut = syslog_cut_begin(piece);
    struct str record;
    whole = whole != NULL ? whole : batch_new();
    single = single != NULL ? single : batch_new();
    frame(whole, piece);
    while (syslog_cut_next(&cut, &record)) {
        frame(single, record);
    }
    framing_run(whole, &options);
    framing_run(single, &options);
    ENSURE(whole->records_count == single->records_count);
    for (uint32_t i = 0; i < whole->records_count; i++) {
        ENSURE(str_equal(whole->records[i].bytes, single->records[i].bytes));
        ENSURE(whole->records[i].fault == single->records[i].fault);
    }
    batch_clear(whole);
    batch_clear(single);
}

/* Takes all that there is. The bytes that come out stand in text from *at on, in order. */
static void take_all(struct syslog_frames *frames, bool end, struct str text, size_t *at)
{
    struct str piece;
    while ((piece = syslog_frames_next(frames, end)).len > 0) {
        if (is_plain(piece)) {
            check_cut(piece);
        }
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
