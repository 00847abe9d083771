/* SPDX-License-Identifier: Apache-2.0
 *
 * units.c - see units.h.
 */
#include "cli/units.h"

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit durations[] = {
    {"ms", 1000000},      {"s", 1000000000},     {"m", 60000000000},
    {"h", 3600000000000}, {"d", 86400000000000}, {NULL, 0},
};
static const struct unit sizes[] = {
    {"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}, {"", 1}, {NULL, 0},
};

/* A number and one of units, in all of text. */
static bool read_amount(struct str text, const struct unit *units, int64_t *amount)
{
    size_t digits = 0;
    while (digits < text.len && byte_is_digit(text.ptr[digits])) {
        digits++;
    }
    uint64_t number = 0;
    if (!str_to_u64(str_slice(text, 0, digits), &number)) {
        return false;
    }
    struct str name = str_slice(text, digits, text.len);
    for (; units->name != NULL; units++) {
        if (str_equal(name, str_of(units->name))) {
            bool fits = number <= (uint64_t)(INT64_MAX / units->factor);
            *amount = fits ? (int64_t)number * units->factor : 0;
            return fits;
        }
    }
    return false;
}

bool units_duration(struct str text, int64_t *duration_ns)
{
    int64_t amount = 0;
    bool fits = text.len > 0 && read_amount(text, durations, &amount);
    *duration_ns = fits ? amount : 0;
    return fits;
}

bool units_bytes(struct str text, uint64_t *bytes)
{
    int64_t amount = 0;
    bool fits = text.len > 0 && read_amount(text, sizes, &amount);
    *bytes = fits ? (uint64_t)amount : 0;
    return fits;
}

bool units_zone(struct str text, int32_t *offset_seconds)
{
    *offset_seconds = 0;
    if (str_equal(text, STR("UTC")) || str_equal(text, STR("Z"))) {
        return true;
    }
    uint64_t hours = 0;
    uint64_t minutes = 0;
    bool fits = text.len == 6 && (text.ptr[0] == '+' || text.ptr[0] == '-') && text.ptr[3] == ':' &&
                str_to_u64(str_slice(text, 1, 2), &hours) &&
                str_to_u64(str_slice(text, 4, 2), &minutes) && hours <= 18 && minutes < 60;
    if (fits) {
        int32_t seconds = (int32_t)(hours * 3600 + minutes * 60);
        *offset_seconds = text.ptr[0] == '-' ? -seconds : seconds;
    }
    return fits;
}

enum rule_level units_level(struct str text)
{
    int level = 0;
    while (level < RULE_LEVELS &&
           !str_equal(text, str_of(rule_level_name((enum rule_level)level)))) {
        level++;
    }
    return (enum rule_level)level;
}
