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

/* Bytes of whole counted records at text's beginning, with line ends that their sender adds, up to
 * one that is too long. */
static size_t counted(struct str text, size_t limit)
{
    size_t at = 0;
    while (at < text.len) {
        struct str rest = str_slice(text, at, text.len);
        size_t header = 0;
        size_t count = framing_octet_count(rest, &header);
        if (rest.ptr[0] == '\n' || rest.ptr[0] == '\r') {
            at++;
        } else if (count == 0 || count > limit || header + count > rest.len) {
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

/* Is the record at the beginning longer than the limit, and enough of it there to say so? Counted,
 * it stands behind a header of *header bytes. */
static bool is_too_long(const struct syslog_frames *frames, size_t *header, size_t *count)
{
    struct str waiting = buffer_str(&frames->waiting);
    *header = 0;
    *count = framing_octet_count(waiting, header);
    if (*count > 0) {
        return *count > frames->record_bytes_max &&
               waiting.len - *header > frames->record_bytes_max;
    }
    return waiting.len > frames->record_bytes_max && !is_undecided(waiting) && lines(waiting) == 0;
}

struct str syslog_frames_next(const struct syslog_frames *frames, bool end)
{
    struct str waiting = buffer_str(&frames->waiting);
    size_t header = 0;
    size_t count = 0;
    if (is_too_long(frames, &header, &count)) {
        return str_slice(waiting, header, frames->record_bytes_max + 1);
    }
    if (end) {
        return waiting;
    }
    size_t len = count > 0               ? counted(waiting, frames->record_bytes_max)
                 : is_undecided(waiting) ? 0
                                         : lines(waiting);
    return str_slice(waiting, 0, len);
}

void syslog_frames_take(struct syslog_frames *frames, struct str piece)
{
    size_t header = 0;
    size_t count = 0;
    if (is_too_long(frames, &header, &count)) {
        frames->skip_bytes = count > 0 ? count - piece.len : 0;
        frames->skip_line = count == 0;
    }
    drop(frames, (size_t)(piece.ptr - frames->waiting.ptr) + piece.len);
    skip(frames);
}

struct syslog_cut syslog_cut_begin(struct str piece)
{
    size_t header = 0;
    return (struct syslog_cut){.rest = piece, .counted = framing_octet_count(piece, &header) > 0};
}

static struct str take_line(struct syslog_cut *cut)
{
    size_t end = str_find_byte(cut->rest, '\n');
    struct str line = str_slice(cut->rest, 0, end);
    cut->rest = str_slice(cut->rest, line.len + 1, cut->rest.len);
    bool returns = line.len > 0 && line.ptr[line.len - 1] == '\r';
    return str_slice(line, 0, returns ? line.len - 1 : line.len);
}

static struct str take_counted(struct syslog_cut *cut, size_t header, size_t count)
{
    struct str whole = str_slice(cut->rest, 0, header + count);
    struct str bare = str_slice(whole, header, count);
    bool needs_count = bare.len < count || str_find_byte(bare, '\n') != STR_NOT_FOUND ||
                       bare.ptr[bare.len - 1] == '\r';
    cut->rest = str_slice(cut->rest, whole.len, cut->rest.len);
    return needs_count ? whole : bare;
}

bool syslog_cut_next(struct syslog_cut *cut, struct str *record)
{
    size_t header = 0;
    while (cut->counted && cut->rest.len > 0 &&
           (cut->rest.ptr[0] == '\n' || cut->rest.ptr[0] == '\r')) {
        cut->rest = str_slice(cut->rest, 1, cut->rest.len); /* that some senders do not count */
    }
    if (cut->rest.len == 0) {
        return false;
    }
    size_t count = cut->counted ? framing_octet_count(cut->rest, &header) : 0;
    cut->counted = count > 0;
    *record = count > 0 ? take_counted(cut, header, count) : take_line(cut);
    return true;
}

uint64_t syslog_frames_count(struct str piece)
{
    struct syslog_cut cut = syslog_cut_begin(piece);
    struct str record;
    uint64_t count = 0;
    while (syslog_cut_next(&cut, &record)) {
        count++;
    }
    return count;
}
