/* SPDX-License-Identifier: Apache-2.0
 *
 * timestamp.c - see timestamp.h. Days are counted from civil dates by the era arithmetic of
 * H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
 */
#include "base/timestamp.h"

static int64_t days_from_civil(int64_t year, uint32_t month, uint32_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t shifted_month = month > 2 ? (int64_t)month - 3 : (int64_t)month + 9;
    int64_t day_of_year = (153 * shifted_month + 2) / 5 + (int64_t)day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static uint32_t days_in_month(int32_t year, uint32_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

int64_t timestamp_from_fields(const struct timestamp_fields *f)
{
    if (f->year < 1678 || f->year > 2261 || f->month < 1 || f->month > 12 || f->day < 1 ||
        f->day > days_in_month(f->year, f->month) || f->hour > 23 || f->minute > 59 ||
        f->second > 60 || f->nanosecond >= TIMESTAMP_SECOND_NS || f->offset_seconds <= -86400 ||
        f->offset_seconds >= 86400) {
        return TIMESTAMP_NONE;
    }
    int64_t seconds = days_from_civil(f->year, f->month, f->day) * 86400;
    seconds += (int64_t)f->hour * 3600 + (int64_t)f->minute * 60 + (int64_t)f->second;
    seconds -= f->offset_seconds;
    return seconds * TIMESTAMP_SECOND_NS + (int64_t)f->nanosecond;
}

struct timestamp_fields timestamp_to_fields(int64_t time_ns)
{
    int64_t seconds = time_ns / TIMESTAMP_SECOND_NS;
    int64_t nanoseconds = time_ns % TIMESTAMP_SECOND_NS;
    if (nanoseconds < 0) {
        nanoseconds += TIMESTAMP_SECOND_NS;
        seconds--;
    }
    int64_t days = seconds / 86400;
    int64_t second_of_day = seconds % 86400;
    if (second_of_day < 0) {
        second_of_day += 86400;
        days--;
    }
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    uint32_t month = (uint32_t)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    return (struct timestamp_fields){
        .year = (int32_t)(year_of_era + era * 400 + (month <= 2)),
        .month = month,
        .day = (uint32_t)(day_of_year - (153 * shifted_month + 2) / 5 + 1),
        .hour = (uint32_t)(second_of_day / 3600),
        .minute = (uint32_t)(second_of_day / 60 % 60),
        .second = (uint32_t)(second_of_day % 60),
        .nanosecond = (uint32_t)nanoseconds,
    };
}

/* The number of exactly count digits at s's beginning; -1 when there are other bytes. */
static int32_t digits(struct str s, size_t at, size_t count)
{
    int32_t value = 0;
    if (s.len < at + count) {
        return -1;
    }
    for (size_t i = at; i < at + count; i++) {
        if (!byte_is_digit(s.ptr[i])) {
            return -1;
        }
        value = value * 10 + (s.ptr[i] - '0');
    }
    return value;
}

/* Reads .fraction at *at; true unless a dot stands there without a digit behind it. */
static bool parse_fraction(struct str s, size_t *at, uint32_t *nanosecond)
{
    uint32_t scale = 100000000;
    if (*at >= s.len || (s.ptr[*at] != '.' && s.ptr[*at] != ',')) {
        return true;
    }
    if (*at + 1 >= s.len || !byte_is_digit(s.ptr[*at + 1])) {
        return false;
    }
    for (++*at; *at < s.len && byte_is_digit(s.ptr[*at]); ++*at) {
        *nanosecond += (uint32_t)(s.ptr[*at] - '0') * scale;
        scale /= 10;
    }
    return true;
}

/* Reads Z, +hh:mm, +hhmm or +hh at *at; no zone leaves *offset_seconds as it is. */
static bool parse_zone(struct str s, size_t *at, int32_t *offset_seconds)
{
    if (*at >= s.len) {
        return true;
    }
    char c = s.ptr[*at];
    if (c == 'Z' || c == 'z') {
        *offset_seconds = 0;
        ++*at;
        return true;
    }
    if (c != '+' && c != '-') {
        return true;
    }
    int32_t hours = digits(s, *at + 1, 2);
    bool colon = *at + 3 < s.len && s.ptr[*at + 3] == ':';
    int32_t minutes = digits(s, *at + 3 + colon, 2);
    if (hours < 0 || hours > 23 || minutes > 59 || (colon && minutes < 0)) {
        return false;
    }
    *at += minutes >= 0 ? (size_t)5 + colon : 3;
    *offset_seconds = (hours * 60 + (minutes >= 0 ? minutes : 0)) * 60 * (c == '-' ? -1 : 1);
    return true;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* Byte n of *pairs becomes the number of the digits n and n + 1 of text, whose separators must be
 * form's; its digits are 0 there. False when text is anything else. */
static bool read_pairs(const char *text, const char form[8], uint64_t above, uint64_t *pairs)
{
    uint64_t word = 0;
    uint64_t expected = 0;
    memcpy(&word, text, 8);
    memcpy(&expected, form, 8);
    word ^= expected;
    *pairs = word * 10 + (word >> 8);
    return ((word | (word + above)) & UINT64_C(0x8080808080808080)) == 0;
}

/* 2026-01-02T03:04:05Z, the form that nearly all JSON logs have, eight bytes a step. */
static bool read_usual_form(struct str s, struct timestamp_fields *fields)
{
    /* Added to a digit's or a separator's distance from what is expected, these reach bit 7 when
     * the digit is above 9 or the separator another. */
    const uint64_t date_above = UINT64_C(0x7F76767F76767676);
    const uint64_t time_above = UINT64_C(0x76767F76767F7676);
    const uint64_t end_above = UINT64_C(0x7F76767F76767F76);
    uint64_t date = 0;
    uint64_t time = 0;
    uint64_t end = 0;
    if (s.len != 20 || !read_pairs(s.ptr, "0000-00-", date_above, &date) ||
        !read_pairs(s.ptr + 8, "00T00:00", time_above, &time) ||
        !read_pairs(s.ptr + 12, "0:00:00Z", end_above, &end)) {
        return false;
    }
    *fields = (struct timestamp_fields){
        .year = (int32_t)((date & 0xFF) * 100 + (date >> 16 & 0xFF)),
        .month = date >> 40 & 0xFF,
        .day = time & 0xFF,
        .hour = time >> 24 & 0xFF,
        .minute = time >> 48 & 0xFF,
        .second = end >> 40 & 0xFF,
    };
    return true;
}
#else
static bool read_usual_form(struct str s, struct timestamp_fields *fields)
{
    (void)s;
    (void)fields;
    return false;
}
#endif

int64_t timestamp_parse_rfc3339(struct str s, int32_t default_offset_seconds, size_t *used)
{
    struct timestamp_fields usual;
    if (read_usual_form(s, &usual)) {
        int64_t usual_ns = timestamp_from_fields(&usual);
        *used = usual_ns == TIMESTAMP_NONE ? 0 : s.len;
        return usual_ns;
    }
    *used = 0;
    int32_t year = digits(s, 0, 4);
    int32_t month = digits(s, 5, 2);
    int32_t day = digits(s, 8, 2);
    int32_t hour = digits(s, 11, 2);
    int32_t minute = digits(s, 14, 2);
    int32_t second = digits(s, 17, 2);
    if ((year | month | day | hour | minute | second) < 0 || s.ptr[4] != '-' || s.ptr[7] != '-' ||
        s.ptr[13] != ':' || s.ptr[16] != ':' ||
        (s.ptr[10] != 'T' && s.ptr[10] != 't' && s.ptr[10] != ' ')) {
        return TIMESTAMP_NONE;
    }
    struct timestamp_fields fields = {
        .year = year,
        .month = (uint32_t)month,
        .day = (uint32_t)day,
        .hour = (uint32_t)hour,
        .minute = (uint32_t)minute,
        .second = (uint32_t)second,
        .offset_seconds = default_offset_seconds,
    };
    size_t at = 19;
    if (!parse_fraction(s, &at, &fields.nanosecond) ||
        !parse_zone(s, &at, &fields.offset_seconds)) {
        return TIMESTAMP_NONE;
    }
    int64_t time_ns = timestamp_from_fields(&fields);
    *used = time_ns == TIMESTAMP_NONE ? 0 : at;
    return time_ns;
}

/* Writes value with leading zeros and a byte after it; returns the place behind. */
static char *put_digits(char *out, uint32_t value, int digits, char after)
{
    for (int i = digits - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    out[digits] = after;
    return out + digits + 1;
}

size_t timestamp_format(int64_t time_ns, char *text)
{
    struct timestamp_fields f = timestamp_to_fields(time_ns);
    char *out = put_digits(text, (uint32_t)f.year, 4, '-');
    out = put_digits(out, f.month, 2, '-');
    out = put_digits(out, f.day, 2, 'T');
    out = put_digits(out, f.hour, 2, ':');
    out = put_digits(out, f.minute, 2, ':');
    out = put_digits(out, f.second, 2, 'Z');
    if (f.nanosecond != 0) {
        uint32_t fraction = f.nanosecond;
        int precision = 9;
        while (fraction % 1000 == 0) {
            fraction /= 1000;
            precision -= 3;
        }
        out[-1] = '.';
        out = put_digits(out, fraction, precision, 'Z');
    }
    *out = '\0';
    return (size_t)(out - text);
}

uint32_t timestamp_month(struct str name)
{
    static const char names[][4] = {"jan", "feb", "mar", "apr", "may", "jun",
                                    "jul", "aug", "sep", "oct", "nov", "dec"};
    if (name.len < 3) {
        return 0;
    }
    /* 0x20 makes small letters of capitals, and letters of nothing else. */
    char folded[3] = {(char)(name.ptr[0] | 0x20), (char)(name.ptr[1] | 0x20),
                      (char)(name.ptr[2] | 0x20)};
    for (uint32_t month = 0; month < 12; month++) {
        if (folded[0] == names[month][0] && folded[1] == names[month][1] &&
            folded[2] == names[month][2]) {
            return month + 1;
        }
    }
    return 0;
}

/* whole.fraction in a unit of unit_ns; the fraction may be missing. */
static int64_t scale_epoch(struct str text, uint64_t whole, size_t digits, int64_t unit_ns)
{
    int64_t fraction_ns = 0;
    int64_t scale = unit_ns / 10;
    if (whole > (uint64_t)(INT64_MAX / unit_ns)) {
        return TIMESTAMP_NONE;
    }
    if (digits < text.len && text.ptr[digits] != '.') {
        return TIMESTAMP_NONE;
    }
    for (size_t i = digits + 1; i < text.len; i++) {
        if (!byte_is_digit(text.ptr[i])) {
            return TIMESTAMP_NONE;
        }
        fraction_ns += (text.ptr[i] - '0') * scale;
        scale /= 10;
    }
    int64_t time_ns = (int64_t)whole * unit_ns;
    return time_ns > INT64_MAX - fraction_ns ? TIMESTAMP_NONE : time_ns + fraction_ns;
}

int64_t timestamp_parse_epoch(struct str text)
{
    uint64_t whole = 0;
    size_t digits = 0;
    while (digits < text.len && byte_is_digit(text.ptr[digits])) {
        digits++;
    }
    /* A smaller number is no moment but a duration or a counter, as in {"time":0.012,"ts":..}. */
    if (!str_to_u64(str_slice(text, 0, digits), &whole) || whole < UINT64_C(100000000)) {
        return TIMESTAMP_NONE;
    }
    /* 10^8 and 10^11 seconds are the years 1973 and 5138, and 10^11 milliseconds are 1973 again:
     * the ranges of the units don't meet. */
    int64_t unit_ns = whole < UINT64_C(100000000000)         ? TIMESTAMP_SECOND_NS
                      : whole < UINT64_C(100000000000000)    ? 1000000
                      : whole < UINT64_C(100000000000000000) ? 1000
                                                             : 1;
    return scale_epoch(text, whole, digits, unit_ns);
}

int64_t timestamp_parse(struct str text, int32_t default_offset_seconds, bool *date)
{
    size_t used = 0;
    int64_t time_ns = timestamp_parse_rfc3339(text, default_offset_seconds, &used);
    *date = time_ns != TIMESTAMP_NONE && used == text.len;
    return *date ? time_ns : timestamp_parse_epoch(text);
}

/* Of the ISO year that the day is in. */
static int64_t iso_week(int64_t days)
{
    int64_t weekday = (days % 7 + 10) % 7; /* 0: Monday; day 0 was a Thursday */
    int64_t thursday = days - weekday + 3;
    struct timestamp_fields f = timestamp_to_fields(thursday * 86400 * TIMESTAMP_SECOND_NS);
    return (thursday - days_from_civil(f.year, 1, 1)) / 7 + 1;
}

int64_t timestamp_part(int64_t time_ns, enum timestamp_part part)
{
    struct timestamp_fields fields = timestamp_to_fields(time_ns);
    switch (part) {
    case TIMESTAMP_MINUTE:
        return fields.minute;
    case TIMESTAMP_HOUR:
        return fields.hour;
    case TIMESTAMP_DAY:
        return fields.day;
    case TIMESTAMP_WEEK:
        return iso_week(days_from_civil(fields.year, fields.month, fields.day));
    case TIMESTAMP_MONTH:
        return fields.month;
    case TIMESTAMP_YEAR:
    default:
        return fields.year;
    }
}
