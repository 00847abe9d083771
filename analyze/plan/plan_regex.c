/* SPDX-License-Identifier: Apache-2.0
 *
 * plan_regex.c - a text that every match of a regular expression contains.
 *
 * The pattern is read once, left to right, at its top level: runs of plain characters are
 * candidates, everything that could be absent or something else ends a run. It errs to the safe
 * side: an unknown construct gives no literal, never a wrong one.
 */
#include "analyze/plan/plan_internal.h"

struct reading {
    struct str pattern;
    size_t at;
    bool caseless; /* the flag, or an inline (?i) anywhere */
    char *run;     /* of the pattern's length */
    size_t run_len;
    struct str best; /* in the arena */
    struct arena *arena;
};

static void end_run(struct reading *reading)
{
    if (reading->run_len > reading->best.len) {
        reading->best = arena_copy(reading->arena, (struct str){reading->run, reading->run_len});
    }
    reading->run_len = 0;
}

/* Behind the class that begins at the cursor. ] is plain when first, \ escapes, [:name:] nests. */
static void skip_class(struct reading *reading)
{
    struct str p = reading->pattern;
    size_t at = reading->at + 1;
    at += at < p.len && p.ptr[at] == '^';
    at += at < p.len && p.ptr[at] == ']';
    while (at < p.len && p.ptr[at] != ']') {
        if (p.ptr[at] == '[' && at + 1 < p.len && p.ptr[at + 1] == ':') {
            size_t end = str_find(str_slice(p, at, p.len), STR(":]"));
            at += end == STR_NOT_FOUND ? 1 : end + 2;
            continue;
        }
        at += p.ptr[at] == '\\' ? 2 : 1;
    }
    reading->at = at + 1;
}

/* Behind the group that begins at the cursor. */
static void skip_group(struct reading *reading)
{
    struct str p = reading->pattern;
    size_t depth = 0;
    do {
        char c = p.ptr[reading->at];
        if (c == '\\') {
            reading->at += 2;
        } else if (c == '[') {
            skip_class(reading);
        } else {
            depth += c == '(';
            depth -= c == ')';
            reading->at++;
        }
    } while (depth > 0 && reading->at < p.len);
}

/* The quantifier at the cursor, if there is one: may it repeat zero times? Moves behind it. */
static bool skip_quantifier(struct reading *reading, bool *quantified)
{
    struct str p = reading->pattern;
    char c = reading->at < p.len ? p.ptr[reading->at] : '\0';
    bool may_be_absent = c == '*' || c == '?';
    *quantified = may_be_absent || c == '+' || c == '{';
    if (c == '{') {
        char first = reading->at + 1 < p.len ? p.ptr[reading->at + 1] : '}';
        may_be_absent = first < '1' || first > '9';
        size_t end = str_find_byte(str_slice(p, reading->at, p.len), '}');
        reading->at += end == STR_NOT_FOUND ? 0 : end;
    }
    reading->at += *quantified;
    if (*quantified && reading->at < p.len &&
        (p.ptr[reading->at] == '?' || p.ptr[reading->at] == '+')) {
        reading->at++; /* lazy or possessive */
    }
    return may_be_absent;
}

static void take_character(struct reading *reading, char c)
{
    bool quantified = false;
    /* k and s fold together with letters outside ASCII. */
    bool folds = reading->caseless && strchr("kKsS", c) != NULL;
    bool plain = (unsigned char)c < 0x80 && c != '\0' && !folds;
    if (skip_quantifier(reading, &quantified)) {
        end_run(reading);
        return;
    }
    if (plain) {
        reading->run[reading->run_len++] = c;
    }
    if (quantified || !plain) {
        end_run(reading);
    }
}

/* Reads one construct; false when nothing can be said about the pattern. */
static bool read_construct(struct reading *reading)
{
    struct str p = reading->pattern;
    bool quantified = false;
    char c = p.ptr[reading->at];
    char following = reading->at + 1 < p.len ? p.ptr[reading->at + 1] : '\0';
    switch (c) {
    case '|':
        return false;
    case '\\':
        if ((following >= '0' && following <= '9') ||
            ((following | 0x20) >= 'a' && (following | 0x20) <= 'z')) {
            /* \Q quotes, \x and \o have arguments, \p and \g too: only the plain ones are known. */
            if (strchr("bBdDsSwWAzZnrtfe", following) == NULL) {
                return false;
            }
            reading->at += 2;
            end_run(reading);
            skip_quantifier(reading, &quantified);
            return true;
        }
        reading->at += 2;
        take_character(reading, following);
        return true;
    case '(':
        end_run(reading);
        skip_group(reading);
        skip_quantifier(reading, &quantified);
        return true;
    case '[':
        end_run(reading);
        skip_class(reading);
        skip_quantifier(reading, &quantified);
        return true;
    case '.':
    case '^':
    case '$':
        end_run(reading);
        reading->at++;
        skip_quantifier(reading, &quantified);
        return true;
    case ')':
        return false;
    default:
        reading->at++;
        take_character(reading, c);
        return true;
    }
}

struct str plan_regex_literal(struct arena *arena, struct str pattern, bool caseless)
{
    struct reading reading = {.pattern = pattern, .arena = arena};
    /* Extended syntax, verbs and recursion change what characters mean: not worth the risk. */
    for (size_t at = 0; at + 1 < pattern.len; at++) {
        if (pattern.ptr[at] == '(' && (pattern.ptr[at + 1] == '*' || pattern.ptr[at + 1] == '?')) {
            size_t colon = at + 2;
            while (colon < pattern.len && strchr("ims-", pattern.ptr[colon]) != NULL) {
                caseless = caseless || pattern.ptr[colon] == 'i';
                colon++;
            }
            if (colon >= pattern.len || pattern.ptr[at + 1] == '*' ||
                (pattern.ptr[colon] != ':' && pattern.ptr[colon] != ')')) {
                return (struct str){0};
            }
        }
    }
    reading.caseless = caseless;
    reading.run = arena_take(arena, pattern.len + 1);
    while (reading.at < pattern.len) {
        if (!read_construct(&reading)) {
            return (struct str){0};
        }
    }
    end_run(&reading);
    return reading.best;
}
