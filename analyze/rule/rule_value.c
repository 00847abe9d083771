/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_value.c - a Sigma string value: what is literal, what is a wildcard.
 *
 * A backslash escapes only *, ? and another backslash in front of one of these; before anything
 * else it is itself. `\\` before a wildcard is one backslash and a live wildcard; an even number
 * of backslashes elsewhere stays as the specification's table has it (SIGMA "Escape Character").
 */
#include "analyze/rule/rule_builder_internal.h"

struct pattern {
    struct glob_token *tokens;
    uint32_t count;
    char *text; /* where literal bytes are gathered */
    size_t text_len;
    size_t token_start;
};

static void end_text(struct pattern *pattern)
{
    if (pattern->text_len > pattern->token_start) {
        pattern->tokens[pattern->count++] = (struct glob_token){
            GLOB_TEXT,
            {pattern->text + pattern->token_start, pattern->text_len - pattern->token_start}};
        pattern->token_start = pattern->text_len;
    }
}

/* Two * in a row are one. */
static void add_wildcard(struct pattern *pattern, enum glob_kind kind)
{
    end_text(pattern);
    bool repeated = kind == GLOB_MANY && pattern->count > 0 &&
                    pattern->tokens[pattern->count - 1].kind == GLOB_MANY;
    if (!repeated) {
        pattern->tokens[pattern->count++] = (struct glob_token){kind, {NULL, 0}};
    }
}

static bool is_wildcard(struct str value, size_t at)
{
    return at < value.len && (value.ptr[at] == '*' || value.ptr[at] == '?');
}

/* The bytes of value into tokens. */
static void tokenize(struct pattern *pattern, struct str value)
{
    for (size_t at = 0; at < value.len; at++) {
        char c = value.ptr[at];
        char following = at + 1 < value.len ? value.ptr[at + 1] : '\0';
        if (c == '\\' && (following == '*' || following == '?' || following == '\\')) {
            pattern->text[pattern->text_len++] = following;
            at++;
        } else if (is_wildcard(value, at)) {
            add_wildcard(pattern, c == '*' ? GLOB_MANY : GLOB_ONE);
        } else {
            pattern->text[pattern->text_len++] = c;
        }
    }
    end_text(pattern);
}

/* Tokens that need no glob: nothing, text, *text, text*, *text*. */
static bool simplify(const struct pattern *pattern, struct predicate *predicate)
{
    const struct glob_token *tokens = pattern->tokens;
    uint32_t count = pattern->count;
    if (count == 0) {
        predicate->kind = PREDICATE_EQUALS;
        predicate->text = STR("");
        return true;
    }
    if (count == 1 && tokens[0].kind == GLOB_MANY) {
        predicate->kind = PREDICATE_PRESENT;
        predicate->text = STR("");
        return true;
    }
    bool front = tokens[0].kind == GLOB_MANY;
    bool back = count > 1 && tokens[count - 1].kind == GLOB_MANY;
    if (count != 1U + front + back || tokens[front].kind != GLOB_TEXT) {
        return false;
    }
    predicate->kind = front && back ? PREDICATE_CONTAINS
                      : front       ? PREDICATE_SUFFIX
                      : back        ? PREDICATE_PREFIX
                                    : PREDICATE_EQUALS;
    predicate->text = tokens[front].text;
    return true;
}

/* Room for what value may become: text before, between and behind wildcards, and the two that may
 * be added. */
static struct pattern pattern_new(struct arena *arena, struct str value)
{
    struct pattern pattern = {0};
    size_t wildcards = 0;
    for (size_t at = 0; at < value.len; at++) {
        wildcards += is_wildcard(value, at);
    }
    pattern.tokens = arena_take(arena, (2 * wildcards + 3) * sizeof *pattern.tokens);
    pattern.text = arena_take(arena, value.len + 1);
    return pattern;
}

bool rule_value_plain(struct rule_builder *builder, struct str value, struct str *plain)
{
    struct pattern pattern = pattern_new(builder->arena, value);
    tokenize(&pattern, value);
    *plain = (struct str){pattern.text, pattern.text_len};
    return pattern.count == 0 || (pattern.count == 1 && pattern.tokens[0].kind == GLOB_TEXT);
}

void rule_value_pattern(struct rule_builder *builder, struct str value, struct value_reading how,
                        struct predicate *predicate)
{
    struct pattern pattern = pattern_new(builder->arena, value);
    if (how.open_front) {
        add_wildcard(&pattern, GLOB_MANY);
    }
    if (how.plain) {
        memcpy(pattern.text, value.ptr, value.len);
        pattern.text_len = value.len;
        end_text(&pattern);
    } else {
        tokenize(&pattern, value);
    }
    if (how.open_back) {
        add_wildcard(&pattern, GLOB_MANY);
    }
    if (!predicate->cased) {
        for (uint32_t i = 0; i < pattern.count; i++) {
            pattern.tokens[i].text = rule_fold(builder->arena, pattern.tokens[i].text);
        }
    }
    if (!simplify(&pattern, predicate)) {
        predicate->kind = PREDICATE_GLOB;
        predicate->text = value;
        predicate->tokens = pattern.tokens;
        predicate->tokens_count = pattern.count;
    }
}
