/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_modifier.c - see rule_modifier.h.
 */
#include "analyze/rule/rule_modifier.h"

static void apply_contains(struct item_modifiers *modifiers)
{
    modifiers->contains = true;
}

static void apply_starts_with(struct item_modifiers *modifiers)
{
    modifiers->starts_with = true;
}

static void apply_ends_with(struct item_modifiers *modifiers)
{
    modifiers->ends_with = true;
}

static void apply_all(struct item_modifiers *modifiers)
{
    modifiers->all = true;
}

static void apply_cased(struct item_modifiers *modifiers)
{
    modifiers->cased = true;
}

static void apply_exists(struct item_modifiers *modifiers)
{
    modifiers->exists = true;
}

static void apply_regex(struct item_modifiers *modifiers)
{
    modifiers->regex = true;
}

static void apply_ignore_case(struct item_modifiers *modifiers)
{
    modifiers->regex_flags |= REGEX_IGNORE_CASE;
}

static void apply_multiline(struct item_modifiers *modifiers)
{
    modifiers->regex_flags |= REGEX_MULTILINE;
}

static void apply_dot_all(struct item_modifiers *modifiers)
{
    modifiers->regex_flags |= REGEX_DOT_ALL;
}

static void apply_cidr(struct item_modifiers *modifiers)
{
    modifiers->cidr = true;
}

static void compare(struct item_modifiers *modifiers, enum predicate_kind comparison)
{
    modifiers->numeric = true;
    modifiers->comparisons++;
    modifiers->comparison = comparison;
}

static void apply_less(struct item_modifiers *modifiers)
{
    compare(modifiers, PREDICATE_LESS);
}

static void apply_less_equal(struct item_modifiers *modifiers)
{
    compare(modifiers, PREDICATE_LESS_EQUAL);
}

static void apply_greater(struct item_modifiers *modifiers)
{
    compare(modifiers, PREDICATE_GREATER);
}

static void apply_greater_equal(struct item_modifiers *modifiers)
{
    compare(modifiers, PREDICATE_GREATER_EQUAL);
}

static void apply_not_equal(struct item_modifiers *modifiers)
{
    modifiers->negated = true;
}

static void apply_exact(struct item_modifiers *modifiers)
{
    (void)modifiers; /* what a text without modifier asks for */
}

static void add_transform(struct item_modifiers *modifiers, const struct transform *transform)
{
    if (modifiers->transforms_count < RULE_TRANSFORMS_MAX) {
        modifiers->transforms[modifiers->transforms_count] = transform;
    }
    modifiers->transforms_count++;
}

static void apply_windash(struct item_modifiers *modifiers)
{
    add_transform(modifiers, &transform_windash);
}

static void apply_base64(struct item_modifiers *modifiers)
{
    add_transform(modifiers, &transform_base64);
}

static void apply_base64_offset(struct item_modifiers *modifiers)
{
    add_transform(modifiers, &transform_base64_offset);
}

static void apply_utf16_le(struct item_modifiers *modifiers)
{
    add_transform(modifiers, &transform_utf16_le);
}

static void apply_utf16_be(struct item_modifiers *modifiers)
{
    add_transform(modifiers, &transform_utf16_be);
}

static void apply_utf16_marked(struct item_modifiers *modifiers)
{
    add_transform(modifiers, &transform_utf16_marked);
}

static void apply_expand(struct item_modifiers *modifiers)
{
    modifiers->expand = true;
}

static void apply_field_reference(struct item_modifiers *modifiers)
{
    modifiers->other_field = true;
}

static void take_part(struct item_modifiers *modifiers, enum timestamp_part part)
{
    modifiers->time = true;
    modifiers->parts++;
    modifiers->part = part;
    modifiers->part_late = modifiers->part_late || modifiers->comparisons > 0;
}

static void apply_minute(struct item_modifiers *modifiers)
{
    take_part(modifiers, TIMESTAMP_MINUTE);
}

static void apply_hour(struct item_modifiers *modifiers)
{
    take_part(modifiers, TIMESTAMP_HOUR);
}

static void apply_day(struct item_modifiers *modifiers)
{
    take_part(modifiers, TIMESTAMP_DAY);
}

static void apply_week(struct item_modifiers *modifiers)
{
    take_part(modifiers, TIMESTAMP_WEEK);
}

static void apply_month(struct item_modifiers *modifiers)
{
    take_part(modifiers, TIMESTAMP_MONTH);
}

static void apply_year(struct item_modifiers *modifiers)
{
    take_part(modifiers, TIMESTAMP_YEAR);
}

const struct modifier modifier_table[] = {
    {"contains", "the value stands somewhere in the field", apply_contains},
    {"startswith", "the field begins with the value", apply_starts_with},
    {"endswith", "the field ends with the value", apply_ends_with},
    {"all", "every value must match, not any one", apply_all},
    {"cased", "compare case-sensitively", apply_cased},
    {"exists", "true: the field is there; false: it is not", apply_exists},
    {"re", "the value is a regular expression (PCRE2), case-sensitive, found anywhere",
     apply_regex},
    {"i", "re: ignore case", apply_ignore_case},
    {"m", "re: ^ and $ match at line ends, too", apply_multiline},
    {"s", "re: . matches line ends, too", apply_dot_all},
    {"ignorecase", "the same as i", apply_ignore_case},
    {"multiline", "the same as m", apply_multiline},
    {"dotall", "the same as s", apply_dot_all},
    {"cidr", "the field is an address in the network", apply_cidr},
    {"lt", "less than a number", apply_less},
    {"lte", "less than or equal to a number", apply_less_equal},
    {"gt", "greater than a number", apply_greater},
    {"gte", "greater than or equal to a number", apply_greater_equal},
    {"neq", "the field is not there, or none of the values matches", apply_not_equal},
    {"exact", "the whole field, as without a modifier", apply_exact},
    {"fieldref", "compare with another field", apply_field_reference},
    {"expand", "%names% stand for the values that a `placeholders` document gives them",
     apply_expand},
    {"windash", "- also as / and as Unicode dashes", apply_windash},
    {"base64", "the value, base64-encoded", apply_base64},
    {"base64offset", "the value, base64-encoded at three offsets", apply_base64_offset},
    {"wide", "the value in UTF-16LE", apply_utf16_le},
    {"utf16le", "the value in UTF-16LE", apply_utf16_le},
    {"utf16be", "the value in UTF-16BE", apply_utf16_be},
    {"utf16", "the value in UTF-16 with a byte order mark", apply_utf16_marked},
    {"minute", "the minute of a time", apply_minute},
    {"hour", "the hour of a time", apply_hour},
    {"day", "the day of a time", apply_day},
    {"week", "the ISO week of a time", apply_week},
    {"month", "the month of a time", apply_month},
    {"year", "the year of a time", apply_year},
    {NULL, NULL, NULL},
};

const struct modifier *modifier_find(struct str name)
{
    for (const struct modifier *row = modifier_table; row->name != NULL; row++) {
        if (str_equal(name, str_of(row->name))) {
            return row;
        }
    }
    return NULL;
}

const char *modifier_conflict(const struct item_modifiers *m)
{
    int places = m->contains + m->starts_with + m->ends_with;
    bool number = m->numeric || m->time;
    int kinds = m->regex + m->cidr + number + m->exists;
    if (places > 1) {
        return "contains, startswith and endswith exclude each other; write the field twice";
    }
    if (kinds > 1) {
        return "re, cidr, exists and comparisons exclude each other";
    }
    if (m->comparisons > 1) {
        return "two comparisons in one key; write the field twice, once with each";
    }
    if (m->regex_flags != 0 && !m->regex) {
        return "i, m and s belong to re; put re before them";
    }
    if (kinds > 0 && places > 0) {
        return "contains, startswith and endswith are for text, not for re, cidr, exists or "
               "numbers";
    }
    if (m->cased && kinds > 0) {
        return "cased is for text; a regular expression is case-sensitive without it";
    }
    if (m->all && (m->exists || number)) {
        return "all is for lists of texts, patterns or networks";
    }
    if (m->other_field && (kinds > 0 || m->transforms_count > 0)) {
        return "fieldref compares texts: alone, or with contains, startswith, endswith or cased";
    }
    if (m->parts > 1) {
        return "two parts of a time in one key; write the field twice, once with each";
    }
    if (m->part_late) {
        return "a comparison stands behind the part of the time: hour|gte";
    }
    if (m->expand && m->exists) {
        return "expand is for texts, patterns, networks and numbers, not for exists";
    }
    if (m->negated && m->exists) {
        return "neq and exists: write `exists: false` for a field that is not there";
    }
    if (m->transforms_count > 0 && kinds > 0) {
        return "windash, base64, base64offset and UTF-16 are for text";
    }
    if (m->transforms_count > RULE_TRANSFORMS_MAX) {
        return "more than 4 encodings of one value";
    }
    return NULL;
}
