/* SPDX-License-Identifier: Apache-2.0
 *
 * match_text.c - the texts that predicates compare, made once an event and only when asked for.
 */
#include "analyze/match/match_internal.h"
#include "analyze/plan/plan_fold.h"
#include "base/memory.h"
#include "base/vector.h"
#include "ingest/json/json.h"

#define FOLD_BLOCK 32U

/* Folds len bytes, a multiple of FOLD_BLOCK; returns the OR of all. */
VECTOR_CLONES static unsigned char fold_blocks(char *out, const char *text, size_t len)
{
    unsigned char all = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        all |= c;
        out[i] = (char)(c + (unsigned char)((unsigned char)(c - 'A') < 26 ? 0x20 : 0));
    }
    return all;
}

static uint64_t fold_store(char *out, const char *text)
{
    uint64_t word = fold_load(text);
    uint64_t folded = fold_word(word);
    memcpy(out, &folded, sizeof folded);
    return word;
}

/* Is text ASCII? Then out, of the same length, is it in lower case. */
static bool fold_ascii(char *out, struct str text)
{
    uint64_t all = 0;
    if (text.len < 8) {
        for (size_t at = 0; at < text.len; at++) {
            all |= (unsigned char)text.ptr[at];
            out[at] = (char)byte_lower((unsigned char)text.ptr[at]);
        }
        return (all & FOLD_TOPS) == 0;
    }
    size_t at = text.len - text.len % FOLD_BLOCK;
    if (at > 0) {
        all = fold_blocks(out, text.ptr, at);
    }
    for (; at + 8 <= text.len; at += 8) {
        all |= fold_store(out + at, text.ptr + at);
    }
    all |= fold_store(out + text.len - 8, text.ptr + text.len - 8);
    return (all & FOLD_TOPS) == 0;
}

/* Anything but ASCII goes by the rules' own folding, so that both sides agree. */
struct str match_fold(struct arena *arena, struct str text)
{
    char *out = arena_take(arena, text.len + 1);
    return fold_ascii(out, text) ? (struct str){out, text.len} : rule_fold(arena, text);
}

struct str match_value_text(struct matcher *matcher, const struct value *value)
{
    struct value *own = &matcher->event->values[value - matcher->event->values];
    struct str text = {own->ptr, own->len};
    if (own->kind == VALUE_STRING && own->escaped) {
        text = json_unescape(matcher->arena, text);
        own->escaped = false;
    } else if (own->kind == VALUE_NUMBER) {
        text = rule_number_text(matcher->arena, text);
    } else if (own->kind == VALUE_OBJECT) {
        text = json_compact(matcher->arena, text);
    }
    own->ptr = text.ptr;
    own->len = (uint32_t)text.len;
    return text;
}

struct folded_text *match_value_memo(struct matcher *matcher, const struct value *value)
{
    uint32_t index = (uint32_t)(value - matcher->event->values);
    if (index >= matcher->folded_capacity) {
        uint32_t capacity = matcher->event->values_capacity;
        matcher->folded = memory_resize(matcher->folded, capacity, sizeof *matcher->folded);
        memset(matcher->folded + matcher->folded_capacity, 0,
               (capacity - matcher->folded_capacity) * sizeof *matcher->folded);
        matcher->folded_capacity = capacity;
    }
    return &matcher->folded[index];
}

struct str match_text_folded(struct matcher *matcher, const struct match_text *text)
{
    if (text->memo->generation != text->generation) {
        text->memo->text = match_fold(matcher->arena, text->raw);
        text->memo->generation = text->generation;
    }
    return text->memo->text;
}

struct str match_value_folded(struct matcher *matcher, const struct value *value)
{
    struct folded_text *memo = match_value_memo(matcher, value);
    if (memo->generation != matcher->texts_generation) {
        memo->text = match_fold(matcher->arena, match_value_text(matcher, value));
        memo->generation = matcher->texts_generation;
    }
    return memo->text;
}

uint32_t match_record_texts(struct matcher *matcher)
{
    if (matcher->record_generation == matcher->generation) {
        return matcher->record_texts;
    }
    struct str raw = matcher->event->raw;
    matcher->record_generation = matcher->generation;
    matcher->record_raw[0] = raw;
    matcher->record_texts = 1;
    bool json = raw.len > 0 && raw.ptr[0] == '{';
    if (json && str_find_byte(raw, '\\') != STR_NOT_FOUND) {
        matcher->record_raw[1] = json_unescape(matcher->arena, raw);
        matcher->record_texts = 2;
    }
    return matcher->record_texts;
}

struct match_text match_record_text(struct matcher *matcher, uint32_t index)
{
    return (struct match_text){matcher->record_raw[index], &matcher->record[index],
                               matcher->generation};
}
