/* SPDX-License-Identifier: Apache-2.0
 *
 * timestamp.h - moments as int64_t nanoseconds since 1970-01-01T00:00:00Z, and back to text.
 *
 * In:  text of RFC 3339 and its relatives, calendar fields.   Out: nanoseconds UTC, text.
 * Thread: any (no locale, no TZ, no libc calendar).   Owns: nothing.
 * Invariants: (1) years 1678 to 2261 are representable; others are refused, never wrapped.
 * Bounds: O(length).
 */
#ifndef TOCSIN_BASE_TIMESTAMP_H
#define TOCSIN_BASE_TIMESTAMP_H

#include "base/str.h"

#include <stdint.h>

#define TIMESTAMP_NONE      INT64_MIN
#define TIMESTAMP_SECOND_NS INT64_C(1000000000)
#define TIMESTAMP_DAY_NS    (INT64_C(86400) * TIMESTAMP_SECOND_NS)
#define TIMESTAMP_TEXT_MAX  40

struct timestamp_fields {
    int32_t year;
    uint32_t month; /* 1..12 */
    uint32_t day;   /* 1..31 */
    uint32_t hour;
    uint32_t minute;
    uint32_t second; /* 0..60: a leap second counts as the second after it */
    uint32_t nanosecond;
    int32_t offset_seconds; /* east of UTC */
};

/* The moment of the fields (proleptic Gregorian), or TIMESTAMP_NONE when one is out of range. */
int64_t timestamp_from_fields(const struct timestamp_fields *fields);

/* The fields, in UTC, of a moment. */
struct timestamp_fields timestamp_to_fields(int64_t time_ns);

/* Reads an RFC 3339 date-time at s's beginning: 2026-01-02T03:04:05[.fraction](Z|+hh:mm|+hhmm|+hh).
 * A space or t may stand for T; a missing zone takes default_offset_seconds. *used gets the bytes
 * read. TIMESTAMP_NONE and *used == 0 when there is none. Fractions past 9 digits are cut. */
int64_t timestamp_parse_rfc3339(struct str s, int32_t default_offset_seconds, size_t *used);

/* Seconds, milliseconds, microseconds or nanoseconds since 1970, told by their size, with or
 * without a fraction: all of text. TIMESTAMP_NONE when it is none, or a number below 10^8: a
 * duration. */
int64_t timestamp_parse_epoch(struct str text);

/* A time that is all of text: *date says whether it is a date-time of RFC 3339 (a missing zone
 * takes default_offset_seconds), else it is an epoch's. TIMESTAMP_NONE when it is neither. */
int64_t timestamp_parse(struct str text, int32_t default_offset_seconds, bool *date);

enum timestamp_part {
    TIMESTAMP_MINUTE,
    TIMESTAMP_HOUR,
    TIMESTAMP_DAY,  /* of the month */
    TIMESTAMP_WEEK, /* ISO 8601: 1..53, the week with the year's first Thursday is 1 */
    TIMESTAMP_MONTH,
    TIMESTAMP_YEAR
};
/* That part, in UTC, of a moment. */
int64_t timestamp_part(int64_t time_ns, enum timestamp_part part);

/* Writes RFC 3339 in UTC into text (TIMESTAMP_TEXT_MAX bytes); returns its length. */
size_t timestamp_format(int64_t time_ns, char *text);

/* The number that two digits at text make; 100 or more when they are none. */
static inline uint32_t timestamp_two_digits(const char *text)
{
    uint32_t tens = (uint32_t)(unsigned char)text[0] - '0';
    uint32_t ones = (uint32_t)(unsigned char)text[1] - '0';
    return tens > 9 || ones > 9 ? UINT32_MAX : tens * 10 + ones;
}

/* 1..12 of an English month name's first three letters (any case), 0 when it is none. */
uint32_t timestamp_month(struct str name);

#endif
