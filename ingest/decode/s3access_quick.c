/* SPDX-License-Identifier: Apache-2.0
 *
 * s3access_quick.c - where the fields of an ordinary S3 access log line are.
 *
 * Nearly all lines have single spaces, a requester without spaces, an HTTP request line, no quotes
 * but the six around the quoted fields, and a host id behind them. In such a line each place where
 * s3access_strict.c would look at several readings has only one. All of this is checked; a line
 * that differs in anything is left to the strict reader.
 *
 * In:  one line.   Out: its fields' places.   Thread: any (pure functions).   Owns: nothing.
 * Bounds: O(length); lines up to QUICK_BYTES_MAX, whose masks fit on the stack.
 */
#include "ingest/decode/s3access_internal.h"

#include "base/byte_masks.h"
#include "base/lanes.h"
#include "base/timestamp.h"

#define QUICK_BYTES_MAX 4096
#define TIME_BYTES      28
#define DATE_BYTES      12 /* [06/Feb/2019 */
#define ZONE_BYTES      7  /*  +0000] */

/* Spaces are the first byte of the masks, quotes the second. */
struct reader {
    struct s3_line *line;
    struct decoder_day *day;
    const struct byte_masks *masks;
    const char *text;
    size_t len;
    size_t at;
};

static inline void put(struct s3_line *line, enum s3_field field, const char *ptr, size_t len)
{
    line->fields[field] = (struct str){ptr, len};
}

/* A word that a space ends, and no other space follows. */
static inline bool take(struct reader *reader, enum s3_field field)
{
    size_t end = byte_masks_next_first(reader->masks, reader->at);
    put(reader->line, field, reader->text + reader->at, end - reader->at);
    bool found = end > reader->at && end < reader->len;
    reader->at = end + 1;
    return found;
}

/* The time of a line is mostly of the same day, in the same zone, as that of the line before. */
static int64_t time_of(struct str text, struct decoder_day *day)
{
    const char *zone = text.ptr + 21;
    uint32_t hour = timestamp_two_digits(text.ptr + 13);
    uint32_t minute = timestamp_two_digits(text.ptr + 16);
    uint32_t second = timestamp_two_digits(text.ptr + 19);
    int64_t seconds = (int64_t)hour * 3600 + (int64_t)minute * 60 + second;
    if (memcmp(text.ptr, day->text, DATE_BYTES) == 0 &&
        memcmp(zone, day->text + DATE_BYTES, ZONE_BYTES) == 0) {
        bool clock = text.ptr[12] == ':' && text.ptr[15] == ':' && text.ptr[18] == ':';
        return clock && hour < 24 && minute < 60 && second < 61
                   ? day->start_ns + seconds * TIMESTAMP_SECOND_NS
                   : TIMESTAMP_NONE;
    }
    int64_t time_ns = s3_parse_time(text);
    if (time_ns != TIMESTAMP_NONE) {
        memcpy(day->text, text.ptr, DATE_BYTES);
        memcpy(day->text + DATE_BYTES, zone, ZONE_BYTES);
        day->start_ns = time_ns - seconds * TIMESTAMP_SECOND_NS;
    }
    return time_ns;
}

/* owner bucket [time] ip */
static bool take_front(struct reader *reader)
{
    if (!take(reader, S3_BUCKET_OWNER) || !take(reader, S3_BUCKET) ||
        reader->len - reader->at <= TIME_BYTES || reader->text[reader->at + TIME_BYTES] != ' ') {
        return false;
    }
    struct str time = {reader->text + reader->at, TIME_BYTES};
    reader->line->time_ns = time_of(time, reader->day);
    put(reader->line, S3_TIME, time.ptr + 1, TIME_BYTES - 2);
    reader->at += TIME_BYTES + 1;
    return reader->line->time_ns != TIMESTAMP_NONE && take(reader, S3_REMOTE_IP);
}

/* A requester that str_trim would leave as it is. */
static inline bool is_trimmed(struct str word)
{
    return (unsigned char)word.ptr[0] > ' ' && (unsigned char)word.ptr[word.len - 1] > ' ';
}

/* s3_is_operation of most: two or more dots, capitals, digits and _. Looks at 32 bytes of the text
 * at once. */
static inline bool is_operation(const struct reader *reader, struct str word)
{
#if defined(LANES)
    if (word.len < 32 && word.ptr + 32 <= reader->text + reader->len) {
        uint32_t allowed = 0;
        uint32_t dots = 0;
        for (uint32_t at = 0; at < 32; at += LANES) {
            __m128i bytes = lanes_load(word.ptr + at);
            __m128i dot = lanes_equal(bytes, '.');
            __m128i other =
                _mm_or_si128(lanes_between(bytes, 'A', 'Z'), lanes_between(bytes, '0', '9'));
            other = _mm_or_si128(other, lanes_equal(bytes, '_'));
            dots |= lanes_bits(dot) << at;
            allowed |= lanes_bits(_mm_or_si128(dot, other)) << at;
        }
        uint32_t inside = (UINT32_C(1) << word.len) - 1;
        dots &= inside;
        return (allowed & inside) == inside && (dots & (dots - 1)) != 0;
    }
#endif
    (void)reader; /* read by vectors only */
    return s3_is_operation(word);
}

/* requester request_id operation key, and the first quote behind them. */
static bool take_request(struct reader *reader)
{
    size_t quote = byte_masks_next_second(reader->masks, reader->at);
    return take(reader, S3_REQUESTER) && take(reader, S3_REQUEST_ID) &&
           take(reader, S3_OPERATION) && take(reader, S3_KEY) && reader->at == quote &&
           quote < reader->len && is_trimmed(reader->line->fields[S3_REQUESTER]) &&
           is_operation(reader, reader->line->fields[S3_OPERATION]);
}

/* "GET /target HTTP/1.1" and a space. */
static bool take_uri(struct reader *reader)
{
    static const struct str version = {" HTTP/", 6};
    size_t start = reader->at + 1;
    size_t end = byte_masks_next_second(reader->masks, start);
    const char *tail = reader->text + end - 9;
    if (end + 1 >= reader->len || end < start + 9 || reader->text[end + 1] != ' ' ||
        memcmp(tail, version.ptr, version.len) != 0 || !byte_is_digit(tail[6]) || tail[7] != '.' ||
        !byte_is_digit(tail[8])) {
        return false;
    }
    put(reader->line, S3_REQUEST_URI, reader->text + start, end - start);
    reader->at = end + 2;
    return true;
}

/* status error bytes size time turn_around */
static bool take_numbers(struct reader *reader)
{
    for (int field = S3_HTTP_STATUS; field <= S3_TURN_AROUND_TIME; field++) {
        if (!take(reader, (enum s3_field)field) ||
            (field != S3_ERROR_CODE && !s3_is_number_or_dash(reader->line->fields[field]))) {
            return false;
        }
    }
    return true;
}

/* Is there a second word in what stands behind the user agent that can't stand behind a host?
 * Then the quote before it is not the end of a Host header. */
static bool is_tail(const struct reader *reader)
{
    size_t first = byte_masks_next_first(reader->masks, reader->at);
    if (first == reader->at || first >= reader->len) {
        return false;
    }
    size_t second = byte_masks_next_first(reader->masks, first + 1);
    size_t end = second < reader->len ? second : reader->len;
    struct str word = {reader->text + first + 1, end - first - 1};
    return word.len > 1 && !str_starts_with(word, STR("arn:"));
}

/* "referer" "user_agent" and the tail: four quotes, and no other one. */
static bool take_headers(struct reader *reader)
{
    size_t quotes[4];
    size_t from = reader->at;
    for (int i = 0; i < 4; i++) {
        quotes[i] = byte_masks_next_second(reader->masks, from);
        from = quotes[i] + 1;
        if (from >= reader->len) {
            return false;
        }
    }
    if (quotes[0] != reader->at || quotes[2] != quotes[1] + 2 ||
        reader->text[quotes[1] + 1] != ' ' || reader->text[from] != ' ' ||
        byte_masks_next_second(reader->masks, from) < reader->len) {
        return false;
    }
    const char *text = reader->text;
    put(reader->line, S3_REFERER, text + quotes[0] + 1, quotes[1] - quotes[0] - 1);
    put(reader->line, S3_USER_AGENT, text + quotes[2] + 1, quotes[3] - quotes[2] - 1);
    reader->at = from + 1;
    return is_tail(reader);
}

bool s3_split_quickly(struct s3_line *line, struct decoder_day *day)
{
    struct byte_masks masks[BYTE_MASKS_ROOM(QUICK_BYTES_MAX)];
    struct str text = line->read.text;
    if (text.len > QUICK_BYTES_MAX) {
        return false;
    }
    byte_masks_build(masks, text, ' ', '"');
    struct reader reader = {line, day, masks, text.ptr, text.len, 0};
    if (!take_front(&reader) || !take_request(&reader) || !take_uri(&reader) ||
        !take_numbers(&reader) || !take_headers(&reader)) {
        return false;
    }
    line->found = (1U << S3_PLACED) - 1;
    line->has_tail = true;
    line->read.at = reader.at;
    return true;
}
