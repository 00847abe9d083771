/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_oracle.h - what a rule means, written a second time, slowly: no index, no memo, no code of
 * the matcher, and no JSON: the test that made an event tells its values.
 *
 * In:  a rule's condition tree and predicates, an event as a list of values.   Out: true or false.
 * Thread: one.   Owns: compiled patterns, until oracle_close.
 * Invariants: (1) nothing of analyze/match or analyze/plan is called.
 */
#ifndef TOCSIN_TESTS_RULE_ORACLE_H
#define TOCSIN_TESTS_RULE_ORACLE_H

#include "analyze/rule/rule.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum oracle_kind { ORACLE_TEXT, ORACLE_OBJECT, ORACLE_NULL, ORACLE_EMPTY_ARRAY };

struct oracle_value {
    const char *path; /* with dots */
    enum oracle_kind kind;
    struct str text;  /* as rules compare it; an object's compact JSON */
    struct str plain; /* OBJECT: the same without JSON's escapes */
};

struct oracle_event {
    const struct oracle_value *values;
    size_t count;
    struct str record;       /* the line */
    struct str record_plain; /* without JSON's escapes */
};

struct oracle {
    const struct rule_set *rules;
    pcre2_code **patterns; /* per predicate */
};

/* The letters beyond ASCII that tests use, upper and lower. */
static const uint32_t oracle_letters[][2] = {
    {0xC9, 0xE9},   {0xC4, 0xE4},   {0x420, 0x440}, {0x41E, 0x43E},     {0x421, 0x441},
    {0x418, 0x438}, {0x42F, 0x44F}, {0x3A3, 0x3C3}, {0x10A0, 0x2D00},   {0x1E9B, 0x1E61},
    {0xB5, 0x3BC},  {0x3C2, 0x3C3}, {0x1C4, 0x1C6}, {0x1E900, 0x1E922},
};

struct oracle_character {
    uint32_t code;
    size_t len;
};

/* A byte that belongs to no character counts as one, of a code of its own. */
static inline struct oracle_character oracle_next(struct str s)
{
    static const unsigned char lengths[16] = {1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 2, 2, 3, 4};
    unsigned char first = (unsigned char)s.ptr[0];
    size_t len = lengths[first >> 4];
    uint32_t code = len == 1 ? first : first & (0xFFU >> (len + 1));
    bool good = len > 0 && len <= s.len;
    for (size_t i = 1; good && i < len; i++) {
        good = ((unsigned char)s.ptr[i] & 0xC0) == 0x80;
        code = code << 6 | ((unsigned char)s.ptr[i] & 0x3F);
    }
    return good ? (struct oracle_character){code, len}
                : (struct oracle_character){0x200000U + first, 1};
}

static inline uint32_t oracle_lower(uint32_t code)
{
    if (code >= 'A' && code <= 'Z') {
        return code + 32;
    }
    for (size_t i = 0; i < sizeof oracle_letters / sizeof oracle_letters[0]; i++) {
        if (oracle_letters[i][0] == code) {
            return oracle_letters[i][1];
        }
    }
    return code;
}

/* How many bytes of text the literal takes at its beginning; STR_NOT_FOUND: it stands not there. */
static inline size_t oracle_literal(struct str literal, struct str text, bool cased)
{
    size_t taken = 0;
    while (literal.len > 0) {
        if (taken == text.len) {
            return STR_NOT_FOUND;
        }
        struct oracle_character want = oracle_next(literal);
        struct oracle_character have = oracle_next(str_slice(text, taken, text.len));
        if (want.code != have.code &&
            (cased || oracle_lower(want.code) != oracle_lower(have.code))) {
            return STR_NOT_FOUND;
        }
        literal = str_slice(literal, want.len, literal.len);
        taken += have.len;
    }
    return taken;
}

#define ORACLE_TEXT_MAX 16384

/* *: every place from the first on where a character begins, and the end. */
static inline void oracle_take_many(struct str text, bool *reached)
{
    size_t at = 0;
    while (at <= text.len && !reached[at]) {
        at++;
    }
    while (at < text.len) {
        reached[at] = true;
        at += oracle_next(str_slice(text, at, text.len)).len;
    }
    reached[text.len] = at == text.len;
}

/* From the places in text that are reached, those that are reached when the token is taken. */
static inline void oracle_take(const struct glob_token *token, struct str text, bool cased,
                               bool *reached)
{
    bool before[ORACLE_TEXT_MAX + 1];
    memcpy(before, reached, text.len + 1);
    memset(reached, 0, text.len + 1);
    for (size_t at = 0; at <= text.len; at++) {
        struct str rest = str_slice(text, at, text.len);
        size_t taken = STR_NOT_FOUND;
        if (before[at]) {
            taken = token->kind == GLOB_TEXT ? oracle_literal(token->text, rest, cased)
                    : rest.len > 0           ? oracle_next(rest).len
                                             : STR_NOT_FOUND;
        }
        if (taken != STR_NOT_FOUND) {
            reached[at + taken] = true;
        }
    }
}

/* Do the tokens take all of text? */
static inline bool oracle_glob(const struct glob_token *tokens, uint32_t count, struct str text,
                               bool cased)
{
    bool reached[ORACLE_TEXT_MAX + 1];
    assert_true(text.len <= ORACLE_TEXT_MAX);
    memset(reached, 0, text.len + 1);
    reached[0] = true;
    for (uint32_t i = 0; i < count; i++) {
        if (tokens[i].kind == GLOB_MANY) {
            oracle_take_many(text, reached);
        } else {
            oracle_take(&tokens[i], text, cased, reached);
        }
    }
    return reached[text.len];
}

/* Does literal stand in text: whole, at its beginning, at its end, anywhere? */
static inline bool oracle_stands(struct str literal, struct str text, enum predicate_kind place,
                                 bool cased)
{
    struct glob_token tokens[3] = {
        {GLOB_MANY, {NULL, 0}}, {GLOB_TEXT, literal}, {GLOB_MANY, {NULL, 0}}};
    bool front = place == PREDICATE_SUFFIX || place == PREDICATE_CONTAINS;
    bool back = place == PREDICATE_PREFIX || place == PREDICATE_CONTAINS;
    return oracle_glob(tokens + (front ? 0 : 1), 1U + front + back, text, cased);
}

struct oracle_number {
    bool whole;
    long long integer;
    double real;
};

static inline bool oracle_read_number(struct str text, struct oracle_number *number)
{
    char copy[64] = {0};
    char *end = NULL;
    while (text.len > 0 && memchr(" \t\r\n", text.ptr[0], 4) != NULL) {
        text = str_slice(text, 1, text.len);
    }
    while (text.len > 0 && memchr(" \t\r\n", text.ptr[text.len - 1], 4) != NULL) {
        text.len--;
    }
    if (text.len == 0 || text.len >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    if (strspn(copy, "0123456789+-.eE") != text.len) {
        return false;
    }
    errno = 0;
    number->integer = strtoll(copy, &end, 10);
    number->whole = errno == 0 && end == copy + text.len && copy[0] != '+';
    number->real = strtod(copy, &end);
    return end == copy + text.len;
}

static inline bool oracle_compares(enum predicate_kind kind, const struct oracle_number *have,
                                   const struct number *want)
{
    bool exact = have->whole && want->is_integer;
    bool less = exact ? have->integer < want->integer : have->real < want->real;
    bool more = exact ? have->integer > want->integer : have->real > want->real;
    return kind == PREDICATE_LESS            ? less
           : kind == PREDICATE_LESS_EQUAL    ? !more
           : kind == PREDICATE_GREATER       ? more
           : kind == PREDICATE_GREATER_EQUAL ? !less
                                             : !less && !more;
}

/* The times that tests use, and minute, hour, day, week, month, year of each. */
static const struct {
    const char *text;
    int parts[6];
} oracle_times[] = {
    {"2026-11-24T22:34:59Z", {34, 22, 24, 48, 11, 2026}},
    {"2026-11-24T23:30:00-02:00", {30, 1, 25, 48, 11, 2026}},
    {"2027-01-02 05:01:00", {1, 5, 2, 53, 1, 2027}},
    {"1795559699", {34, 22, 24, 48, 11, 2026}},
    {"1795559699123", {34, 22, 24, 48, 11, 2026}},
    {"9007199254740993", {47, 23, 5, 23, 6, 2255}},
    {"9007199254740992", {47, 23, 5, 23, 6, 2255}},
    {"9223372036854775807", {47, 23, 11, 15, 4, 2262}},
};

static inline bool oracle_time(const struct predicate *predicate, struct str text)
{
    for (size_t i = 0; i < sizeof oracle_times / sizeof oracle_times[0]; i++) {
        if (str_equal(text, str_of(oracle_times[i].text))) {
            int part = oracle_times[i].parts[predicate->part];
            struct oracle_number number = {true, part, part};
            return oracle_compares(predicate->comparison, &number, &predicate->number);
        }
    }
    return false;
}

static inline bool oracle_in_network(const struct cidr *cidr, struct str text)
{
    static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    unsigned char bytes[16] = {0};
    char copy[64] = {0};
    bool six = false;
    const unsigned char *address = bytes;
    if (text.len == 0 || text.len >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    if (strchr(copy, ':') != NULL && strchr(copy, '%') != NULL) {
        *strchr(copy, '%') = '\0';
    }
    if (inet_pton(AF_INET, copy, bytes) != 1) {
        six = inet_pton(AF_INET6, copy, bytes) == 1;
        if (!six) {
            return false;
        }
        if (memcmp(bytes, mapped, sizeof mapped) == 0) {
            six = false;
            address += sizeof mapped;
        }
    }
    if (cidr->family_bytes != (six ? 16 : 4)) {
        return false;
    }
    for (unsigned bit = 0; bit < cidr->prefix_bits; bit++) {
        unsigned mask = 0x80U >> bit % 8;
        if ((address[bit / 8] & mask) != (cidr->address[bit / 8] & mask)) {
            return false;
        }
    }
    return true;
}

static inline bool oracle_finds(struct oracle *oracle, uint32_t index, struct str text)
{
    const struct predicate *predicate = &oracle->rules->predicates[index];
    if (oracle->patterns[index] == NULL) {
        int number = 0;
        PCRE2_SIZE at = 0;
        oracle->patterns[index] =
            pcre2_compile((PCRE2_SPTR)predicate->text.ptr, predicate->text.len,
                          rule_regex_options(predicate->regex_flags), &number, &at, NULL);
    }
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    int found =
        pcre2_match(oracle->patterns[index], (PCRE2_SPTR)text.ptr, text.len, 0, 0, data, NULL);
    pcre2_match_data_free(data);
    return found >= 0;
}

static inline bool oracle_refers(const struct predicate *predicate,
                                 const struct oracle_event *event, struct str text)
{
    for (size_t i = 0; i < event->count; i++) {
        const struct oracle_value *other = &event->values[i];
        if (str_equal(str_of(other->path), predicate->text) && other->kind <= ORACLE_OBJECT &&
            oracle_stands(other->text, text, predicate->comparison, predicate->cased)) {
            return true;
        }
    }
    return false;
}

static inline bool oracle_text(struct oracle *oracle, uint32_t index,
                               const struct oracle_event *event, struct str text)
{
    const struct predicate *predicate = &oracle->rules->predicates[index];
    struct oracle_number number;
    switch (predicate->kind) {
    case PREDICATE_EQUALS:
    case PREDICATE_PREFIX:
    case PREDICATE_SUFFIX:
    case PREDICATE_CONTAINS:
        return oracle_stands(predicate->text, text, predicate->kind, predicate->cased);
    case PREDICATE_GLOB:
        return oracle_glob(predicate->tokens, predicate->tokens_count, text, predicate->cased);
    case PREDICATE_REGEX:
        return oracle_finds(oracle, index, text);
    case PREDICATE_CIDR:
        return oracle_in_network(&predicate->cidr, text);
    case PREDICATE_LESS:
    case PREDICATE_LESS_EQUAL:
    case PREDICATE_GREATER:
    case PREDICATE_GREATER_EQUAL:
        return oracle_read_number(text, &number) &&
               oracle_compares(predicate->kind, &number, &predicate->number);
    case PREDICATE_PRESENT:
        return true;
    case PREDICATE_FIELD:
        return oracle_refers(predicate, event, text);
    case PREDICATE_TIME:
        return oracle_time(predicate, text);
    case PREDICATE_LIST: /* not made by the test */
    case PREDICATE_EXISTS:
    case PREDICATE_NULL:
    case PREDICATE_KINDS:
    default:
        return false;
    }
}

/* A keyword: anywhere in the line. */
static inline bool oracle_keyword(struct oracle *oracle, uint32_t index,
                                  const struct oracle_event *event)
{
    const struct predicate *predicate = &oracle->rules->predicates[index];
    struct glob_token tokens[64] = {{GLOB_MANY, {NULL, 0}}};
    uint32_t count = 1;
    if (predicate->kind == PREDICATE_REGEX || predicate->kind == PREDICATE_PRESENT) {
        return oracle_text(oracle, index, event, event->record) ||
               oracle_text(oracle, index, event, event->record_plain);
    }
    if (predicate->kind != PREDICATE_GLOB) {
        tokens[count++] = (struct glob_token){GLOB_TEXT, predicate->text};
    }
    for (uint32_t i = 0; i < predicate->tokens_count; i++) {
        tokens[count++] = predicate->tokens[i];
    }
    tokens[count++] = (struct glob_token){GLOB_MANY, {NULL, 0}};
    return oracle_glob(tokens, count, event->record, predicate->cased) ||
           oracle_glob(tokens, count, event->record_plain, predicate->cased);
}

static inline bool oracle_predicate(struct oracle *oracle, uint32_t index,
                                    const struct oracle_event *event)
{
    const struct predicate *predicate = &oracle->rules->predicates[index];
    bool absent = true;
    bool nothing = false;
    bool found = false;
    if (predicate->field.len == 0) {
        return oracle_keyword(oracle, index, event);
    }
    for (size_t i = 0; i < event->count; i++) {
        const struct oracle_value *value = &event->values[i];
        if (!str_equal(str_of(value->path), predicate->field)) {
            continue;
        }
        absent = false;
        if (value->kind == ORACLE_NULL || value->kind == ORACLE_EMPTY_ARRAY) {
            nothing = true;
            continue;
        }
        found = found || oracle_text(oracle, index, event, value->text) ||
                (value->kind == ORACLE_OBJECT && predicate->kind != PREDICATE_EQUALS &&
                 oracle_text(oracle, index, event, value->plain));
    }
    return predicate->kind == PREDICATE_NULL     ? absent || nothing
           : predicate->kind == PREDICATE_EXISTS ? !absent
                                                 : found;
}

static inline bool oracle_condition(struct oracle *oracle, const struct condition *condition,
                                    const struct oracle_event *event)
{
    if (condition->kind == CONDITION_PREDICATE) {
        return oracle_predicate(oracle, condition->predicate, event);
    }
    bool any = condition->kind != CONDITION_AND;
    for (uint32_t i = 0; i < condition->children_count; i++) {
        if (oracle_condition(oracle, condition->children[i], event) == any) {
            return condition->kind != CONDITION_NOT && any;
        }
    }
    return condition->kind == CONDITION_NOT || !any;
}

static inline void oracle_open(struct oracle *oracle, const struct rule_set *rules)
{
    oracle->rules = rules;
    oracle->patterns = memory_new(rules->predicates_count + 1, sizeof *oracle->patterns);
}

static inline void oracle_close(struct oracle *oracle)
{
    for (uint32_t i = 0; i < oracle->rules->predicates_count; i++) {
        pcre2_code_free(oracle->patterns[i]);
    }
    memory_free(oracle->patterns);
}

#endif
