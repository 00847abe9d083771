/* SPDX-License-Identifier: Apache-2.0
 *
 * syslog_frames.c - see syslog_frames.h.
 */
#include "ingest/source/syslog_frames.h"

#include "base/ensure.h"
#include "ingest/framing/framing.h"

#include <string.h>

void syslog_frames_release(struct syslog_frames *frames)
{
    buffer_release(&frames->waiting);
}

static void drop(struct syslog_frames *frames, size_t len)
{
    struct buffer *waiting = &frames->waiting;
    ENSURE(len <= waiting->len);
    if (len > 0) {
        memmove(waiting->ptr, waiting->ptr + len, waiting->len - len);
        waiting->len -= len;
    }
}

/* Drops what belongs to a record that was too long. */
static void skip(struct syslog_frames *frames)
{
    struct str waiting = buffer_str(&frames->waiting);
    if (frames->skip_bytes > 0) {
        size_t len = frames->skip_bytes < waiting.len ? (size_t)frames->skip_bytes : waiting.len;
        frames->skip_bytes -= len;
        drop(frames, len);
    } else if (frames->skip_line) {
        size_t end = str_find_byte(waiting, '\n');
        frames->skip_line = end == STR_NOT_FOUND;
        drop(frames, end == STR_NOT_FOUND ? waiting.len : end + 1);
    }
}

void syslog_frames_add(struct syslog_frames *frames, struct str bytes)
{
    buffer_add(&frames->waiting, bytes);
    skip(frames);
}

/* Bytes of whole counted records at text's beginning, with line ends that their sender adds. */
static size_t counted(struct str text)
{
    size_t at = 0;
    while (at < text.len) {
        struct str rest = str_slice(text, at, text.len);
        size_t header = 0;
        size_t count = framing_octet_count(rest, &header);
        if (rest.ptr[0] == '\n' || rest.ptr[0] == '\r') {
            at++;
        } else if (count == 0 || header + count > rest.len) {
            break;
        } else {
            at += header + count;
        }
    }
    return at;
}

static size_t lines(struct str text)
{
    size_t len = text.len;
    while (len > 0 && text.ptr[len - 1] != '\n') {
        len--;
    }
    return len;
}

/* Could these be the first bytes of a counted record, of which more must come to tell? */
static bool is_undecided(struct str text)
{
    size_t digits = 0;
    while (digits < text.len && byte_is_digit(text.ptr[digits])) {
        digits++;
    }
    return digits > 0 && digits < 10 &&
           (digits == text.len || (digits + 1 == text.len && text.ptr[digits] == ' '));
}

/* A record that is longer than the limit: its beginning, and the rest is to be skipped. */
static struct str cut(struct syslog_frames *frames, struct str waiting, size_t count, size_t header)
{
    size_t len = frames->record_bytes_max + 1;
    if (count == 0) {
        frames->skip_line = true;
        return str_slice(waiting, 0, len);
    }
    frames->skip_bytes = count - len;
    drop(frames, header);
    return str_slice(buffer_str(&frames->waiting), 0, len);
}

struct str syslog_frames_next(struct syslog_frames *frames, bool end)
{
    struct str waiting = buffer_str(&frames->waiting);
    size_t limit = frames->record_bytes_max;
    size_t header = 0;
    size_t count = framing_octet_count(waiting, &header);
    if (end) {
        return waiting;
    }
    if (count > limit) {
        return waiting.len - header > limit ? cut(frames, waiting, count, header)
                                            : str_slice(waiting, 0, 0);
    }
    size_t len = count > 0 ? counted(waiting) : is_undecided(waiting) ? 0 : lines(waiting);
    if (len == 0 && count == 0 && waiting.len > limit) {
        return cut(frames, waiting, 0, 0);
    }
    return str_slice(waiting, 0, len);
}

void syslog_frames_take(struct syslog_frames *frames, struct str piece)
{
    drop(frames, piece.len);
    skip(frames);
}
