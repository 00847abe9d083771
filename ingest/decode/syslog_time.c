/* SPDX-License-Identifier: Apache-2.0
 *
 * syslog_time.c - the times that syslog lines begin with.
 *
 *   RFC 3339 and relatives    2026-01-02T03:04:05.678+01:00, 2026-01-02 03:04:05,678
 *   RFC 3164                  Jan  2 03:04:05
 *   with a year               Jan  2 2026 03:04:05, 2026 Jan  2 03:04:05, Jan  2 03:04:05 2026
 *   with fraction and zone    Jan  2 03:04:05.678, Jan  2 03:04:05 UTC: (network devices)
 *   ctime                     Fri Jan  2 03:04:05 2026
 *
 * A time without a year takes the latest year that puts it not more than a day after the reference
 * time (the Kafka message's time, the file's last change), so that December read in January is last
 * year's. The year can be configured.
 */
#include "ingest/decode/syslog_internal.h"

#include "base/clock.h"
#include "base/timestamp.h"

#define PLAIN_BYTES 15 /* Mmm dd hh:mm:ss */
#define DATE_BYTES  6

struct reading {
    struct str text;
    size_t at;
    struct timestamp_fields fields;
    bool has_year;
    bool has_zone;
};

static bool take_number(struct reading *reading, size_t digits_min, size_t digits_max,
                        uint32_t *number)
{
    uint32_t value = 0;
    size_t at = reading->at;
    size_t digits = 0;
    while (at < reading->text.len && digits < digits_max && byte_is_digit(reading->text.ptr[at])) {
        value = value * 10 + (uint32_t)(reading->text.ptr[at] - '0');
        at++;
        digits++;
    }
    if (digits < digits_min) {
        return false;
    }
    *number = value;
    reading->at = at;
    return true;
}

static bool take_byte(struct reading *reading, char c)
{
    if (reading->at >= reading->text.len || reading->text.ptr[reading->at] != c) {
        return false;
    }
    reading->at++;
    return true;
}

/* Four digits with a space (or the end) behind them, 1970..2261. A colon only where a space or the
 * end follows it: 2001:db8::1 is a host. */
static bool take_year(struct reading *reading)
{
    struct reading ahead = *reading;
    uint32_t year = 0;
    if (!take_number(&ahead, 4, 4, &year) || year < 1970 || year > 2261 ||
        (ahead.at < ahead.text.len && strchr(" :]", ahead.text.ptr[ahead.at]) == NULL)) {
        return false;
    }
    struct str behind = str_slice(ahead.text, ahead.at, 2);
    if (behind.len == 2 && behind.ptr[0] == ':' && behind.ptr[1] != ' ') {
        return false;
    }
    reading->at = ahead.at;
    reading->fields.year = (int32_t)year;
    reading->has_year = true;
    return true;
}

static bool take_clock(struct reading *reading)
{
    if (!take_number(reading, 2, 2, &reading->fields.hour) || !take_byte(reading, ':') ||
        !take_number(reading, 2, 2, &reading->fields.minute) || !take_byte(reading, ':') ||
        !take_number(reading, 2, 2, &reading->fields.second)) {
        return false;
    }
    struct reading ahead = *reading;
    if ((take_byte(&ahead, '.') || take_byte(&ahead, ',')) && ahead.at < ahead.text.len &&
        byte_is_digit(ahead.text.ptr[ahead.at])) {
        uint32_t scale = 100000000;
        while (ahead.at < ahead.text.len && byte_is_digit(ahead.text.ptr[ahead.at])) {
            ahead.fields.nanosecond += (uint32_t)(ahead.text.ptr[ahead.at++] - '0') * scale;
            scale /= 10;
        }
        *reading = ahead;
    }
    return true;
}

/* +01:00 or +0100 right behind the clock, or (devices) a zone's name before a colon. */
static void take_zone(struct reading *reading)
{
    static const struct {
        const char *name;
        int32_t hours;
    } zones[] = {{"UTC", 0},  {"GMT", 0},  {"Z", 0},    {"EST", -5}, {"EDT", -4},
                 {"CST", -6}, {"CDT", -5}, {"MST", -7}, {"MDT", -6}, {"PST", -8},
                 {"PDT", -7}, {"CET", 1},  {"CEST", 2}, {"BST", 1},  {"JST", 9}};
    struct reading ahead = *reading;
    uint32_t hours = 0;
    uint32_t minutes = 0;
    bool west = ahead.at < ahead.text.len && ahead.text.ptr[ahead.at] == '-';
    if ((take_byte(&ahead, '+') || take_byte(&ahead, '-')) && take_number(&ahead, 2, 2, &hours)) {
        take_byte(&ahead, ':');
        if (take_number(&ahead, 2, 2, &minutes) && hours < 24 && minutes < 60) {
            *reading = ahead;
            reading->fields.offset_seconds =
                (int32_t)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
            reading->has_zone = true;
        }
        return;
    }
    ahead = *reading;
    take_byte(&ahead, ' ');
    struct str rest = str_slice(ahead.text, ahead.at, 5);
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        struct str name = str_of(zones[i].name);
        if (str_starts_with(rest, name) && rest.len > name.len && rest.ptr[name.len] == ':') {
            reading->at = ahead.at + name.len;
            reading->fields.offset_seconds = zones[i].hours * 3600;
            reading->has_zone = true;
            return;
        }
    }
}

/* [year] Mmm d[d] [year] clock [zone] [year] */
static bool take_rfc3164(struct reading *reading)
{
    if (take_year(reading) && !take_byte(reading, ' ')) {
        return false;
    }
    reading->fields.month = timestamp_month(str_slice(reading->text, reading->at, 3));
    if (reading->fields.month == 0) {
        return false;
    }
    reading->at += 3;
    if (!take_byte(reading, ' ')) {
        return false;
    }
    take_byte(reading, ' ');
    if (!take_number(reading, 1, 2, &reading->fields.day) || !take_byte(reading, ' ')) {
        return false;
    }
    if (!reading->has_year && take_year(reading) && !take_byte(reading, ' ')) {
        return false;
    }
    if (!take_clock(reading)) {
        return false;
    }
    take_zone(reading);
    struct reading ahead = *reading;
    if (!reading->has_year && take_byte(&ahead, ' ') && take_year(&ahead)) {
        *reading = ahead;
    }
    return true;
}

static int64_t with_year(struct timestamp_fields fields, int32_t year)
{
    fields.year = year;
    return timestamp_from_fields(&fields);
}

static int64_t infer_year(const struct decoder_context *context, const struct reading *reading,
                          uint32_t *flags)
{
    int32_t configured = decoder_set_options(context->set)->year;
    int64_t reference_ns = context->reference_ns;
    *flags |= EVENT_YEAR_INFERRED;
    if (configured != 0) {
        return with_year(reading->fields, configured);
    }
    if (reference_ns == TIMESTAMP_NONE) {
        reference_ns = clock_now_ns();
    }
    int32_t year = timestamp_to_fields(reference_ns).year + 1;
    int64_t time_ns = TIMESTAMP_NONE;
    /* Leap days need up to eight years to come back (1896 to 1904, 2096 to 2104). */
    for (int32_t back = 0; back < 9; back++) {
        time_ns = with_year(reading->fields, year - back);
        if (time_ns != TIMESTAMP_NONE && time_ns <= reference_ns + TIMESTAMP_DAY_NS) {
            return time_ns;
        }
    }
    return TIMESTAMP_NONE;
}

/* An English weekday and a space, as ctime writes them. */
static void skip_weekday(struct reading *reading)
{
    static const char *const days[] = {"Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "};
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        if (str_starts_with(reading->text, str_of(days[i]))) {
            reading->at = 4;
        }
    }
}

size_t syslog_time_parse_any(const struct decoder_context *context, struct str text,
                             int64_t *time_ns, uint32_t *flags)
{
    int32_t zone = decoder_set_options(context->set)->zone_offset_seconds;
    size_t used = 0;
    struct reading reading = {.text = text, .fields.offset_seconds = zone};
    if (text.len > 4 && byte_is_digit(text.ptr[0]) && text.ptr[4] == '-') {
        *time_ns = timestamp_parse_rfc3339(text, zone, &used);
        bool zoned = used > 0 && (text.ptr[used - 1] == 'Z' || text.ptr[used - 1] == 'z' ||
                                  str_find_byte(str_slice(text, 19, used - 19), '+') < used ||
                                  str_find_byte(str_slice(text, 19, used - 19), '-') < used);
        *flags |= used > 0 && !zoned ? EVENT_ZONE_ASSUMED : 0U;
        return used;
    }
    skip_weekday(&reading);
    if (!take_rfc3164(&reading)) {
        return 0;
    }
    *flags |= reading.has_zone ? 0U : EVENT_ZONE_ASSUMED;
    *time_ns = reading.has_year ? timestamp_from_fields(&reading.fields)
                                : infer_year(context, &reading, flags);
    return reading.at;
}

/* Has text the form "Mmm dd hh:mm:ss ", and neither a year nor a zone behind it? Names of zones
 * have one, three or four letters and a colon. */
static bool is_plain(struct str text)
{
    const char *at = text.ptr;
    return text.len > PLAIN_BYTES + 5 && at[3] == ' ' && at[6] == ' ' && at[9] == ':' &&
           at[12] == ':' && at[PLAIN_BYTES] == ' ' && !byte_is_digit(at[PLAIN_BYTES + 1]) &&
           at[PLAIN_BYTES + 2] != ':' && at[PLAIN_BYTES + 4] != ':' && at[PLAIN_BYTES + 5] != ':';
}

/* Learns when the day "Mmm dd" begins, and for which reference times it is the same year's: the day
 * as a whole is not later than the day after the reference, the next one of its name is. False when
 * there is no such day, or only a part of it is late. */
static bool learn_day(struct decoder_context *context, struct str text)
{
    struct decoder_day *day = &context->syslog_day;
    const struct decoder_options *options = decoder_set_options(context->set);
    struct reading reading = {.text = text, .fields.offset_seconds = options->zone_offset_seconds};
    uint32_t flags = 0;
    bool inferred = options->year == 0;
    if ((inferred && context->reference_ns == TIMESTAMP_NONE) || !take_rfc3164(&reading)) {
        return false;
    }
    reading.fields.hour = 0;
    reading.fields.minute = 0;
    reading.fields.second = 0;
    int64_t start_ns = infer_year(context, &reading, &flags);
    if (start_ns == TIMESTAMP_NONE || (inferred && start_ns > context->reference_ns)) {
        return false;
    }
    int64_t zone_ns = (int64_t)options->zone_offset_seconds * TIMESTAMP_SECOND_NS;
    int32_t year = timestamp_to_fields(start_ns + zone_ns).year;
    int64_t next_ns = TIMESTAMP_NONE;
    for (int32_t ahead = 1; ahead < 9 && next_ns == TIMESTAMP_NONE; ahead++) {
        next_ns = with_year(reading.fields, year + ahead);
    }
    memcpy(day->text, text.ptr, DATE_BYTES);
    day->start_ns = start_ns;
    day->since_ns = start_ns;
    day->until_ns = next_ns == TIMESTAMP_NONE ? start_ns : next_ns - TIMESTAMP_DAY_NS;
    if (!inferred) {
        day->since_ns = INT64_MIN;
        day->until_ns = INT64_MAX;
    }
    return true;
}

/* The time of most lines: the day is that of the line before, the clock stands at fixed places. */
static bool take_plain(struct decoder_context *context, struct str text, int64_t *time_ns)
{
    const struct decoder_day *day = &context->syslog_day;
    uint32_t hour = timestamp_two_digits(text.ptr + 7);
    uint32_t minute = timestamp_two_digits(text.ptr + 10);
    uint32_t second = timestamp_two_digits(text.ptr + 13);
    if (hour > 23 || minute > 59 || second > 60) {
        return false;
    }
    if ((memcmp(day->text, text.ptr, DATE_BYTES) != 0 || context->reference_ns < day->since_ns ||
         context->reference_ns >= day->until_ns) &&
        !learn_day(context, text)) {
        return false;
    }
    int64_t seconds = (int64_t)hour * 3600 + (int64_t)minute * 60 + second;
    *time_ns = day->start_ns + seconds * TIMESTAMP_SECOND_NS;
    return true;
}

size_t syslog_time_parse(struct decoder_context *context, struct str text, int64_t *time_ns,
                         uint32_t *flags)
{
    if (is_plain(text) && take_plain(context, text, time_ns)) {
        *flags |= EVENT_ZONE_ASSUMED | EVENT_YEAR_INFERRED;
        return PLAIN_BYTES;
    }
    return syslog_time_parse_any(context, text, time_ns, flags);
}
