/* SPDX-License-Identifier: Apache-2.0
 *
 * match_text.c - the texts that predicates compare, made once an event and only when asked for.
 */
#include "analyze/match/match_internal.h"
#include "base/memory.h"
#include "base/vector.h"
#include "ingest/json/json.h"

/* Lower case of ASCII; returns the OR of all bytes. */
VECTOR_CLONES static unsigned char lower(char *out, const char *text, size_t len)
{
    unsigned char all = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        all |= c;
        out[i] = (char)(c + (unsigned char)((unsigned char)(c - 'A') < 26 ? 0x20 : 0));
    }
    return all;
}

/* ASCII goes byte by byte; anything else by the rules' own folding, so that both sides agree. */
struct str match_fold(struct arena *arena, struct str text)
{
    char *out = arena_take(arena, text.len + 1);
    if (lower(out, text.ptr, text.len) >= 0x80) {
        return rule_fold(arena, text);
    }
    return (struct str){out, text.len};
}

/* 443.0 and 4.43e2 are 443: a number is compared by its shortest integer text where it has one. */
static struct str number_text(struct matcher *matcher, struct str text)
{
    char copy[64];
    if (text.len >= sizeof copy || memchr(text.ptr, '.', text.len) == NULL) {
        if (text.len >= sizeof copy ||
            (memchr(text.ptr, 'e', text.len) == NULL && memchr(text.ptr, 'E', text.len) == NULL)) {
            return text;
        }
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    double real = strtod(copy, NULL);
    if (real > -9007199254740992.0 && real < 9007199254740992.0 && (double)(int64_t)real == real) {
        return arena_printf(matcher->arena, "%lld", (long long)real);
    }
    return text;
}

struct str match_value_text(struct matcher *matcher, const struct value *value)
{
    struct value *own = &matcher->event->values[value - matcher->event->values];
    struct str text = {own->ptr, own->len};
    if (own->kind == VALUE_STRING && own->escaped) {
        text = json_unescape(matcher->arena, text);
        own->escaped = false;
    } else if (own->kind == VALUE_NUMBER) {
        text = number_text(matcher, text);
    } else if (own->kind == VALUE_OBJECT) {
        text = json_compact(matcher->arena, text);
    }
    own->ptr = text.ptr;
    own->len = (uint32_t)text.len;
    return text;
}

struct str match_value_folded(struct matcher *matcher, const struct value *value)
{
    uint32_t index = (uint32_t)(value - matcher->event->values);
    if (index >= matcher->folded_capacity) {
        uint32_t capacity = matcher->event->values_capacity;
        matcher->folded = memory_resize(matcher->folded, capacity, sizeof *matcher->folded);
        memset(matcher->folded + matcher->folded_capacity, 0,
               (capacity - matcher->folded_capacity) * sizeof *matcher->folded);
        matcher->folded_capacity = capacity;
    }
    struct folded_text *folded = &matcher->folded[index];
    if (folded->generation != matcher->texts_generation) {
        folded->text = match_fold(matcher->arena, match_value_text(matcher, value));
        folded->generation = matcher->texts_generation;
    }
    return folded->text;
}

uint32_t match_record_texts(struct matcher *matcher)
{
    if (matcher->record[0].generation == matcher->generation) {
        return matcher->record_texts;
    }
    struct str raw = matcher->event->raw;
    matcher->record[0].generation = matcher->generation;
    matcher->record_raw[0] = raw;
    matcher->record[0].text = match_fold(matcher->arena, raw);
    matcher->record_texts = 1;
    bool json = raw.len > 0 && raw.ptr[0] == '{';
    if (json && str_find_byte(raw, '\\') != STR_NOT_FOUND) {
        matcher->record_raw[1] = json_unescape(matcher->arena, raw);
        matcher->record[1].text = match_fold(matcher->arena, matcher->record_raw[1]);
        matcher->record_texts = 2;
    }
    return matcher->record_texts;
}
