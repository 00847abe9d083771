/* SPDX-License-Identifier: Apache-2.0
 *
 * match_predicate.c - what each kind of predicate means, by definition.
 *
 * Of a field with several values any one decides. A missing field makes every predicate false but
 * PREDICATE_NULL: two-valued logic, so that `not filter` is true where the filter's field is
 * absent.
 */
#include "analyze/match/match_internal.h"

#include "base/utf8.h"
#include "ingest/json/json.h"

/* Bytes of the character at `at`; a byte that is no part of one counts as one. */
static size_t character_len(struct str text, size_t at)
{
    uint32_t code = 0;
    return (unsigned char)text.ptr[at] < 0x80 ? 1
                                              : utf8_decode(str_slice(text, at, text.len), &code);
}

/* Does text match the tokens from its beginning to its end? One way back: to the last *. */
static bool glob_matches(const struct glob_token *tokens, uint32_t count, struct str text,
                         bool anchored)
{
    uint32_t token = 0;
    size_t at = 0;
    uint32_t star_token = anchored ? UINT32_MAX : 0;
    size_t star_at = 0;
    for (;;) {
        if (token == count && (!anchored || at == text.len)) {
            return true;
        }
        if (token < count && tokens[token].kind == GLOB_MANY) {
            star_token = ++token;
            star_at = at;
            continue;
        }
        if (token < count && tokens[token].kind == GLOB_ONE && at < text.len) {
            at += character_len(text, at);
            token++;
            continue;
        }
        if (token < count && tokens[token].kind == GLOB_TEXT &&
            str_starts_with(str_slice(text, at, text.len), tokens[token].text)) {
            at += tokens[token].text.len;
            token++;
            continue;
        }
        if (star_token == UINT32_MAX || star_at >= text.len) {
            return false;
        }
        token = star_token;
        star_at += character_len(text, star_at);
        at = star_at;
    }
}

/* Does a value that is before (-1), at (0) or behind (1) the rule's satisfy the comparison? */
static bool order_matches(enum predicate_kind comparison, int order)
{
    if (order == 0) {
        return comparison == PREDICATE_LESS_EQUAL || comparison == PREDICATE_GREATER_EQUAL ||
               comparison == PREDICATE_EQUALS;
    }
    return order < 0 ? comparison == PREDICATE_LESS || comparison == PREDICATE_LESS_EQUAL
                     : comparison == PREDICATE_GREATER || comparison == PREDICATE_GREATER_EQUAL;
}

/* Any value of the field that the predicate compares with. */
static bool other_field_matches(struct matcher *matcher, const struct plan_predicate *predicate,
                                struct str raw, struct str folded)
{
    const struct predicate *source = predicate->source;
    struct str text = source->cased ? raw : folded;
    for (const struct value *other = event_first(matcher->event, predicate->other); other != NULL;
         other = event_next(matcher->event, other)) {
        if (match_is_nothing(other)) {
            continue;
        }
        struct str wanted =
            source->cased ? match_value_text(matcher, other) : match_value_folded(matcher, other);
        bool found = source->comparison == PREDICATE_PREFIX   ? str_starts_with(text, wanted)
                     : source->comparison == PREDICATE_SUFFIX ? str_ends_with(text, wanted)
                     : source->comparison == PREDICATE_CONTAINS
                         ? str_find(text, wanted) != STR_NOT_FOUND
                         : str_equal(text, wanted);
        if (found) {
            return true;
        }
    }
    return false;
}

/* A part of the time that text tells. */
static bool time_matches(const struct predicate *source, struct str text)
{
    bool date = false;
    int64_t time_ns = timestamp_parse(text, 0, &date);
    if (time_ns == TIMESTAMP_NONE) {
        return false;
    }
    int64_t part = timestamp_part(time_ns, source->part);
    struct number number = {.is_integer = true, .integer = part, .real = (double)part};
    return order_matches(source->comparison, match_compare_numbers(&number, &source->number));
}

/* One text of a field: raw as it is, folded for comparisons without case. */
static bool text_matches(struct matcher *matcher, const struct plan_predicate *predicate,
                         struct str raw, struct str folded)
{
    const struct predicate *source = predicate->source;
    struct str text = source->cased ? raw : folded;
    switch (source->kind) {
    case PREDICATE_EQUALS:
        return str_equal(text, source->text);
    case PREDICATE_PREFIX:
        return str_starts_with(text, source->text);
    case PREDICATE_SUFFIX:
        return str_ends_with(text, source->text);
    case PREDICATE_CONTAINS:
        return str_find(text, source->text) != STR_NOT_FOUND;
    case PREDICATE_GLOB:
        return glob_matches(source->tokens, source->tokens_count, text, true);
    case PREDICATE_REGEX:
        return match_regex(matcher, predicate, raw);
    case PREDICATE_CIDR:
        return match_in_network(&source->cidr, raw);
    case PREDICATE_LESS:
    case PREDICATE_LESS_EQUAL:
    case PREDICATE_GREATER:
    case PREDICATE_GREATER_EQUAL:
        return match_number(source, raw);
    case PREDICATE_PRESENT:
        return true;
    case PREDICATE_FIELD:
        return other_field_matches(matcher, predicate, raw, folded);
    case PREDICATE_TIME:
        return time_matches(source, raw);
    case PREDICATE_LIST:
        return match_in_list(source->list, raw, folded);
    case PREDICATE_EXISTS:
    case PREDICATE_NULL:
    case PREDICATE_KINDS:
    default:
        return false;
    }
}

/* An object is text, too: compact, and (for a JSON text inside it) with its escapes undone. */
static bool object_matches(struct matcher *matcher, const struct plan_predicate *predicate,
                           const struct value *value)
{
    struct str raw = match_value_text(matcher, value);
    if (text_matches(matcher, predicate, raw, match_value_folded(matcher, value))) {
        return true;
    }
    if (predicate->source->kind == PREDICATE_EQUALS || str_find_byte(raw, '\\') == STR_NOT_FOUND) {
        return false;
    }
    struct str inner = json_unescape(matcher->arena, raw);
    return text_matches(matcher, predicate, inner, match_fold(matcher->arena, inner));
}

/* Keywords: anywhere in the record. */
static bool record_matches(struct matcher *matcher, const struct plan_predicate *predicate)
{
    const struct predicate *source = predicate->source;
    uint32_t texts = match_record_texts(matcher);
    for (uint32_t i = 0; i < texts; i++) {
        struct str raw = matcher->record_raw[i];
        struct match_text record = match_record_text(matcher, i);
        struct str text = source->cased ? raw : match_text_folded(matcher, &record);
        bool found = false;
        if (source->kind == PREDICATE_GLOB) {
            found = glob_matches(source->tokens, source->tokens_count, text, false);
        } else if (source->kind == PREDICATE_REGEX) {
            found = match_regex(matcher, predicate, raw);
        } else if (source->kind == PREDICATE_PRESENT) {
            found = true;
        } else {
            found = str_find(text, source->text) != STR_NOT_FOUND;
        }
        if (found) {
            return true;
        }
    }
    return false;
}

static bool field_is_null(const struct event *event, field_id field)
{
    const struct value *value = event_first(event, field);
    while (value != NULL && !match_is_nothing(value)) {
        value = event_next(event, value);
    }
    return value != NULL || event_first(event, field) == NULL;
}

static bool value_matches(struct matcher *matcher, const struct plan_predicate *predicate,
                          const struct value *value)
{
    if (value->kind == VALUE_OBJECT) {
        return object_matches(matcher, predicate, value);
    }
    return text_matches(matcher, predicate, match_value_text(matcher, value),
                        match_value_folded(matcher, value));
}

const struct value *match_deciding_value(struct matcher *matcher,
                                         const struct plan_predicate *predicate)
{
    const struct event *event = matcher->event;
    const struct value *value = event_first(event, predicate->field);
    bool asks = predicate->source->kind != PREDICATE_NULL && value != NULL;
    if (!asks || predicate->source->kind == PREDICATE_EXISTS || event_next(event, value) == NULL) {
        return asks ? value : NULL;
    }
    while (value != NULL &&
           (match_is_nothing(value) || !value_matches(matcher, predicate, value))) {
        value = event_next(event, value);
    }
    return value;
}

bool match_predicate(struct matcher *matcher, const struct plan_predicate *predicate)
{
    const struct event *event = matcher->event;
    if (predicate->source->field.len == 0) {
        return record_matches(matcher, predicate);
    }
    if (predicate->source->kind == PREDICATE_NULL) {
        return field_is_null(event, predicate->field);
    }
    if (predicate->source->kind == PREDICATE_EXISTS) {
        return event_first(event, predicate->field) != NULL;
    }
    for (const struct value *value = event_first(event, predicate->field); value != NULL;
         value = event_next(event, value)) {
        if (match_is_nothing(value)) {
            continue;
        }
        if (value_matches(matcher, predicate, value)) {
            return true;
        }
    }
    return false;
}
