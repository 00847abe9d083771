/* SPDX-License-Identifier: Apache-2.0
 *
 * json_check.c - the whole grammar of RFC 8259 and UTF-8: for strictness where it is asked for, and
 * as the judge of what the scanner may not accept. Inside strings, which are most of a record,
 * eight plain bytes are passed at a time; all else goes byte by byte.
 */
#include "ingest/json/json.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/utf8.h"

struct check {
    struct str text;
    size_t at;
    uint32_t depth;
    uint64_t arrays[LIMIT_JSON_DEPTH / 64 + 1]; /* bit n: level n is an array */
};

static inline bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static inline void skip_space(struct check *check)
{
    while (check->at < check->text.len && is_space(check->text.ptr[check->at])) {
        check->at++;
    }
}

/* The byte at the cursor, NUL at the end (a NUL in the text is never valid, either). */
static inline char peek(const struct check *check)
{
    return check->at < check->text.len ? check->text.ptr[check->at] : '\0';
}

static bool check_escape(struct check *check)
{
    check->at++;
    char c = peek(check);
    if (c == 'u') {
        for (int i = 0; i < 4; i++) {
            check->at++;
            char digit = peek(check);
            if (digit == '\0' || strchr("0123456789abcdefABCDEF", digit) == NULL) {
                return false;
            }
        }
    } else if (c == '\0' || strchr("\"\\/bfnrt", c) == NULL) {
        return false;
    }
    check->at++;
    return true;
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The high bit of each byte that is 0, and perhaps of bytes above one that is. */
static inline uint64_t zero_bytes(uint64_t word)
{
    return (word - EACH_BYTE(1)) & ~word & EACH_BYTE(0x80);
}

/* Passes bytes that need no look: ASCII that is no control character, quote or backslash. Bits are
 * exact for the first byte that does need one, which is what counts. */
static inline void skip_plain(struct check *check)
{
    while (check->text.len - check->at >= 8) {
        uint64_t word = hash_load(check->text.ptr + check->at, 8);
        uint64_t control = (word - EACH_BYTE(0x20)) & ~word & EACH_BYTE(0x80);
        uint64_t odd = control | (word & EACH_BYTE(0x80)) | zero_bytes(word ^ EACH_BYTE('"')) |
                       zero_bytes(word ^ EACH_BYTE('\\'));
        if (odd != 0) {
            check->at += (size_t)__builtin_ctzll(odd) / 8;
            return;
        }
        check->at += 8;
    }
}

static bool check_string(struct check *check)
{
    if (peek(check) != '"') {
        return false;
    }
    check->at++;
    for (;;) {
        skip_plain(check);
        if (check->at == check->text.len) {
            return false;
        }
        unsigned char c = (unsigned char)check->text.ptr[check->at];
        uint32_t code = 0;
        if (c == '"') {
            check->at++;
            return true;
        }
        if (c < 0x20) {
            return false;
        }
        if (c == '\\') {
            if (!check_escape(check)) {
                return false;
            }
            continue;
        }
        size_t len = 1;
        if (c >= 0x80) {
            len = utf8_decode(str_slice(check->text, check->at, check->text.len), &code);
        }
        if (code == UTF8_INVALID) {
            return false;
        }
        check->at += len;
    }
}

static size_t check_digits(struct check *check)
{
    size_t start = check->at;
    while (byte_is_digit(peek(check))) {
        check->at++;
    }
    return check->at - start;
}

static bool check_number(struct check *check)
{
    if (peek(check) == '-') {
        check->at++;
    }
    bool zero = peek(check) == '0';
    size_t digits = check_digits(check);
    if (digits == 0 || (zero && digits > 1)) {
        return false;
    }
    if (peek(check) == '.') {
        check->at++;
        if (check_digits(check) == 0) {
            return false;
        }
    }
    if (peek(check) == 'e' || peek(check) == 'E') {
        check->at++;
        if (peek(check) == '+' || peek(check) == '-') {
            check->at++;
        }
        return check_digits(check) > 0;
    }
    return true;
}

static bool check_scalar(struct check *check)
{
    static const struct str words[] = {{"true", 4}, {"false", 5}, {"null", 4}};
    struct str rest = str_slice(check->text, check->at, check->text.len);
    if (peek(check) == '"') {
        return check_string(check);
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (str_starts_with(rest, words[i])) {
            check->at += words[i].len;
            return true;
        }
    }
    return check_number(check);
}

static bool check_key(struct check *check)
{
    skip_space(check);
    if (!check_string(check)) {
        return false;
    }
    skip_space(check);
    if (peek(check) != ':') {
        return false;
    }
    check->at++;
    return true;
}

static bool in_array(const struct check *check)
{
    uint32_t level = check->depth - 1;
    return check->arrays[level / 64] >> (level % 64) & 1;
}

/* Opens the bracket at the cursor; *done: an empty container was closed at once. */
static bool check_open(struct check *check, bool *done)
{
    bool array = peek(check) == '[';
    if (check->depth >= LIMIT_JSON_DEPTH) {
        return false;
    }
    uint64_t bit = UINT64_C(1) << (check->depth % 64);
    uint64_t *word = &check->arrays[check->depth / 64];
    *word = array ? *word | bit : *word & ~bit;
    check->depth++;
    check->at++;
    skip_space(check);
    *done = peek(check) == (array ? ']' : '}');
    if (*done) {
        check->at++;
        check->depth--;
        return true;
    }
    return array || check_key(check);
}

/* After a value: closes what ends here, steps over one comma. *more: another value follows. */
static bool check_after(struct check *check, bool *more)
{
    *more = false;
    while (check->depth > 0) {
        skip_space(check);
        char c = peek(check);
        if (c == ',') {
            check->at++;
            *more = true;
            return in_array(check) || check_key(check);
        }
        if (c != (in_array(check) ? ']' : '}')) {
            return false;
        }
        check->at++;
        check->depth--;
    }
    return true;
}

bool json_check(struct str text, size_t *error_at)
{
    struct check check = {.text = text};
    bool more = true;
    bool valid = true;
    while (valid && more) {
        bool done = false;
        skip_space(&check);
        if (peek(&check) == '{' || peek(&check) == '[') {
            valid = check_open(&check, &done);
            if (!valid || !done) {
                continue;
            }
        } else {
            valid = check_scalar(&check);
        }
        valid = valid && check_after(&check, &more);
    }
    skip_space(&check);
    *error_at = check.at;
    return valid && check.at == text.len;
}
