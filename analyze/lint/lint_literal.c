/* SPDX-License-Identifier: Apache-2.0
 *
 * lint_literal.c - what follows from a predicate for another one about the same field. Only what
 * is certain: "no" to a question means that nothing is known.
 */
#include "analyze/lint/lint_internal.h"

static bool is_text(const struct predicate *predicate)
{
    return predicate->kind <= PREDICATE_GLOB;
}

static bool is_number(const struct predicate *predicate)
{
    return predicate->kind >= PREDICATE_LESS && predicate->kind <= PREDICATE_GREATER_EQUAL;
}

/* Numbers that are written in another way count as equal: 443 and 443.0. */
static bool looks_numeric(struct str text)
{
    return text.len > 0 &&
           (byte_is_digit(text.ptr[0]) || str_find_byte(STR("+-."), text.ptr[0]) != STR_NOT_FOUND);
}

static size_t character_length(struct str text, size_t at)
{
    size_t end = at + 1;
    while (end < text.len && ((unsigned char)text.ptr[end] & 0xC0) == 0x80) {
        end++;
    }
    return end - at;
}

/* Do the tokens take the whole text? Each * first takes nothing, then one byte more at a time. */
static bool glob_holds(const struct predicate *glob, struct str text)
{
    uint32_t token = 0;
    size_t at = 0;
    uint32_t star = UINT32_MAX;
    size_t retry = 0;
    for (;;) {
        const struct glob_token *now = token < glob->tokens_count ? &glob->tokens[token] : NULL;
        bool fits = now == NULL ? at == text.len : now->kind == GLOB_MANY;
        if (now == NULL && fits) {
            return true;
        }
        if (fits) {
            star = token++;
            retry = at;
        } else if (now != NULL && now->kind == GLOB_ONE && at < text.len) {
            at += character_length(text, at);
            token++;
        } else if (now != NULL && now->kind == GLOB_TEXT &&
                   str_starts_with(str_slice(text, at, text.len), now->text)) {
            at += now->text.len;
            token++;
        } else if (star != UINT32_MAX && retry < text.len) {
            token = star + 1;
            at = ++retry;
        } else {
            return false;
        }
    }
}

bool lint_holds(const struct predicate *predicate, struct str text)
{
    switch ((int)predicate->kind) {
    case PREDICATE_EQUALS:
        return str_equal(text, predicate->text);
    case PREDICATE_PREFIX:
        return str_starts_with(text, predicate->text);
    case PREDICATE_SUFFIX:
        return str_ends_with(text, predicate->text);
    case PREDICATE_CONTAINS:
        return str_find(text, predicate->text) != STR_NOT_FOUND;
    case PREDICATE_GLOB:
        return glob_holds(predicate, text);
    default:
        return false;
    }
}

static bool text_implies(const struct predicate *a, const struct predicate *b)
{
    if (a->cased != b->cased) {
        return false;
    }
    if (a->kind == PREDICATE_EQUALS) {
        return !looks_numeric(a->text) && lint_holds(b, a->text);
    }
    if (a->kind == PREDICATE_GLOB || b->kind == PREDICATE_EQUALS || b->kind == PREDICATE_GLOB) {
        return false;
    }
    /* The value goes on before or behind a's text: b must be found inside, or at the same end. */
    return (b->kind == PREDICATE_CONTAINS || b->kind == a->kind) && lint_holds(b, a->text);
}

static bool network_implies(const struct cidr *a, const struct cidr *b)
{
    bool inside = a->family_bytes == b->family_bytes && a->prefix_bits >= b->prefix_bits;
    for (uint32_t bit = 0; inside && bit < b->prefix_bits; bit++) {
        uint32_t mask = 0x80U >> (bit % 8);
        inside = (a->address[bit / 8] & mask) == (b->address[bit / 8] & mask);
    }
    return inside;
}

static bool is_below(const struct predicate *predicate)
{
    return predicate->kind == PREDICATE_LESS || predicate->kind == PREDICATE_LESS_EQUAL;
}

static bool is_strict(const struct predicate *predicate)
{
    return predicate->kind == PREDICATE_LESS || predicate->kind == PREDICATE_GREATER;
}

/* Integers only: they are exact. */
static bool number_implies(const struct predicate *a, const struct predicate *b)
{
    if (!a->number.is_integer || !b->number.is_integer || is_below(a) != is_below(b)) {
        return false;
    }
    int64_t one = a->number.integer;
    int64_t other = b->number.integer;
    bool tighter = is_below(a) ? one < other : one > other;
    return tighter || (one == other && (is_strict(a) || !is_strict(b)));
}

bool lint_implies(const struct predicate *a, const struct predicate *b)
{
    bool keyword = a->field.len == 0;
    bool has_value = a->kind != PREDICATE_NULL && a->kind != PREDICATE_EXISTS;
    if (!keyword && b->kind == PREDICATE_EXISTS) {
        return has_value;
    }
    if (!keyword && b->kind == PREDICATE_PRESENT) {
        return is_text(a) || is_number(a) || a->kind == PREDICATE_CIDR;
    }
    if (is_text(a) && is_text(b)) {
        return text_implies(a, b);
    }
    if (a->kind == PREDICATE_CIDR && b->kind == PREDICATE_CIDR) {
        return network_implies(&a->cidr, &b->cidr);
    }
    return is_number(a) && is_number(b) && number_implies(a, b);
}

static bool text_disjoint(const struct predicate *a, const struct predicate *b)
{
    if (a->cased != b->cased) {
        return false;
    }
    if (b->kind == PREDICATE_EQUALS) {
        const struct predicate *swap = a;
        a = b;
        b = swap;
    }
    if (a->kind == PREDICATE_EQUALS) {
        return !looks_numeric(a->text) && !lint_holds(b, a->text);
    }
    size_t shorter = a->text.len < b->text.len ? a->text.len : b->text.len;
    if (a->kind == PREDICATE_PREFIX && b->kind == PREDICATE_PREFIX) {
        return !str_equal(str_slice(a->text, 0, shorter), str_slice(b->text, 0, shorter));
    }
    if (a->kind == PREDICATE_SUFFIX && b->kind == PREDICATE_SUFFIX) {
        return !str_equal(str_slice(a->text, a->text.len - shorter, shorter),
                          str_slice(b->text, b->text.len - shorter, shorter));
    }
    return false;
}

static bool number_disjoint(const struct predicate *a, const struct predicate *b)
{
    if (!a->number.is_integer || !b->number.is_integer || is_below(a) == is_below(b)) {
        return false;
    }
    int64_t highest = is_below(a) ? a->number.integer : b->number.integer;
    int64_t lowest = is_below(a) ? b->number.integer : a->number.integer;
    return highest < lowest || (highest == lowest && (is_strict(a) || is_strict(b)));
}

bool lint_disjoint(const struct predicate *a, const struct predicate *b)
{
    if (a->kind == PREDICATE_NULL || b->kind == PREDICATE_NULL) {
        const struct predicate *other = a->kind == PREDICATE_NULL ? b : a;
        return is_text(other) || is_number(other) || other->kind == PREDICATE_PRESENT ||
               other->kind == PREDICATE_CIDR;
    }
    if (is_text(a) && is_text(b)) {
        return text_disjoint(a, b);
    }
    if (a->kind == PREDICATE_CIDR && b->kind == PREDICATE_CIDR) {
        return !network_implies(&a->cidr, &b->cidr) && !network_implies(&b->cidr, &a->cidr);
    }
    return is_number(a) && is_number(b) && number_disjoint(a, b);
}
