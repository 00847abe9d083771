/* SPDX-License-Identifier: Apache-2.0
 *
 * aggregation.c - see aggregation.h.
 */
#include "cli/convert/aggregation.h"

#include <stddef.h>

struct operator_row {
    const char *sign;
    const char *name;
};

/* The longer ones first. */
static const struct operator_row operator_rows[] = {
    {">=", "gte"}, {"<=", "lte"}, {"==", "eq"}, {"!=", "neq"},
    {">", "gt"},   {"<", "lt"},   {"=", "eq"},  {NULL, NULL},
};

static const char *const function_names[] = {"count", "sum", "avg", "min", "max", NULL};

bool aggregation_is_in(struct str condition)
{
    return str_find_byte(condition, '|') != STR_NOT_FOUND;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_word_byte(char c)
{
    return !is_space(c) && c != '(' && c != ')' && c != ',' && c != '<' && c != '>' && c != '=' &&
           c != '!';
}

/* Takes a word off the front of rest, and the white space before it. */
static struct str take_word(struct str *rest)
{
    *rest = str_trim(*rest);
    size_t len = 0;
    while (len < rest->len && is_word_byte(rest->ptr[len])) {
        len++;
    }
    struct str word = str_slice(*rest, 0, len);
    *rest = str_trim(str_slice(*rest, len, rest->len));
    return word;
}

static const char *read_by(struct str *rest, struct aggregation *read)
{
    struct str ahead = *rest;
    if (!str_equal(take_word(&ahead), STR("by"))) {
        return NULL;
    }
    bool more = true;
    while (more) {
        struct str field = take_word(&ahead);
        if (field.len == 0) {
            return "a field is expected behind by";
        }
        if (read->parts_count == AGGREGATION_PARTS_MAX) {
            return "more than 15 fields stand behind by";
        }
        read->parts[read->parts_count++] = field;
        more = str_starts_with(ahead, STR(","));
        ahead = str_slice(ahead, more ? 1 : 0, ahead.len);
    }
    *rest = ahead;
    return NULL;
}

static bool is_number(struct str text, bool whole)
{
    bool dot = false;
    bool digit = false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '.' && !dot && !whole && digit) {
            dot = true;
        } else if (byte_is_digit(text.ptr[i])) {
            digit = true;
        } else {
            return false;
        }
    }
    return digit && byte_is_digit(text.ptr[text.len - 1]);
}

static const char *read_comparison(struct str rest, struct aggregation *read)
{
    rest = str_trim(rest);
    for (const struct operator_row *row = operator_rows; row->sign != NULL; row++) {
        if (str_starts_with(rest, str_of(row->sign))) {
            read->comparison = row->name;
            rest = str_trim(str_slice(rest, strlen(row->sign), rest.len));
            break;
        }
    }
    if (read->comparison == NULL) {
        return "a comparison such as > 5 is expected at the end";
    }
    read->number = rest;
    bool counts = str_equal(read->function, STR("count"));
    if (!is_number(rest, counts)) {
        return counts ? "a whole number is expected at the end" : "a number is expected at the end";
    }
    return NULL;
}

static const char *read_function(struct str rest, struct aggregation *read)
{
    if (!str_starts_with(rest, STR("("))) {
        return "a ( is expected behind the function";
    }
    size_t end = str_find_byte(rest, ')');
    if (end == STR_NOT_FOUND) {
        return "a ( is not closed";
    }
    read->field = str_trim(str_slice(rest, 1, end - 1));
    for (size_t i = 0; i < read->field.len; i++) {
        if (!is_word_byte(read->field.ptr[i])) {
            return "one field is expected in the parentheses";
        }
    }
    if (read->field.len == 0 && !str_equal(read->function, STR("count"))) {
        return "a field is expected in the parentheses";
    }
    rest = str_slice(rest, end + 1, rest.len);
    const char *wrong = read_by(&rest, read);
    return wrong != NULL ? wrong : read_comparison(rest, read);
}

static const char *add_part(struct aggregation *read, const char *from, const char *to)
{
    struct str part = str_trim((struct str){from, (size_t)(to - from)});
    struct str rest = part;
    struct str first = take_word(&rest);
    if (part.len == 0) {
        return "a selection is expected behind near";
    }
    if (str_equal(first, STR("not"))) {
        return "near with not: a correlation can't ask for what did not happen; leave the not out "
               "or put it into a selection's condition";
    }
    if (read->parts_count == AGGREGATION_PARTS_MAX) {
        return "more than 15 conditions stand behind near";
    }
    read->parts[read->parts_count++] = part;
    return NULL;
}

static const char *read_near(struct str rest, struct aggregation *read)
{
    const char *from = rest.ptr;
    const char *end = rest.ptr + rest.len;
    const char *at = from;
    uint32_t depth = 0;
    bool has_or = false;
    while (at < end) {
        const char *word = at;
        while (at < end && is_word_byte(*at)) {
            at++;
        }
        struct str text = {word, (size_t)(at - word)};
        if (text.len == 0) {
            depth += *at == '(' ? 1 : 0;
            depth -= *at == ')' && depth > 0 ? 1 : 0;
            at++;
        } else if (depth == 0 && (str_equal(text, STR("by")) || str_equal(text, STR("within")))) {
            return "near takes conditions only";
        } else if (depth == 0 && str_equal(text, STR("or"))) {
            has_or = true;
        } else if (depth == 0 && str_equal(text, STR("and"))) {
            const char *wrong = add_part(read, from, word);
            if (wrong != NULL) {
                return wrong;
            }
            from = at;
        }
    }
    if (has_or && read->parts_count > 0) {
        return "near with and beside or: write parentheses";
    }
    return add_part(read, from, end);
}

const char *aggregation_read(struct str condition, struct aggregation *read)
{
    size_t bar = str_find_byte(condition, '|');
    *read = (struct aggregation){.before = str_trim(str_slice(condition, 0, bar))};
    struct str rest = str_slice(condition, bar + 1, condition.len);
    if (read->before.len == 0) {
        return "a condition is expected before the |";
    }
    if (aggregation_is_in(rest)) {
        return "only one | is allowed";
    }
    read->function = take_word(&rest);
    if (str_equal(read->function, STR("near"))) {
        read->near = true;
        return read_near(rest, read);
    }
    for (const char *const *name = function_names; *name != NULL; name++) {
        if (str_equal(read->function, str_of(*name))) {
            return read_function(rest, read);
        }
    }
    return "count, sum, avg, min, max or near is expected behind the |";
}
