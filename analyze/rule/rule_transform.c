/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_transform.c - see rule_transform.h.
 */
#include "analyze/rule/rule_transform.h"

#include "base/buffer.h"
#include "base/utf8.h"

static struct str *take_texts(struct arena *arena, struct text_list *texts, uint32_t count)
{
    texts->items = arena_take(arena, count * sizeof *texts->items);
    texts->count = count;
    return texts->items;
}

/* The hyphen, the slash, and the three dashes that Windows programs take for a hyphen. */
static const struct str dashes[] = {
    {"-", 1}, {"/", 1}, {"\xE2\x80\x93", 3}, {"\xE2\x80\x94", 3}, {"\xE2\x80\x95", 3}};
#define DASHES (sizeof dashes / sizeof dashes[0])

/* How many bytes the dash has that text begins with; 0: none. */
static size_t dash_len(struct str text)
{
    for (size_t i = 0; i < DASHES; i++) {
        if (str_starts_with(text, dashes[i])) {
            return dashes[i].len;
        }
    }
    return 0;
}

/* Is it part of a word: a letter of any alphabet, a digit, _? Beyond ASCII it is one unless it
 * stands among the punctuation and symbols. */
static bool is_word(uint32_t code)
{
    if (code < 0x80) {
        unsigned char lower = byte_lower((unsigned char)code);
        return (lower >= 'a' && lower <= 'z') || byte_is_digit((char)code) || code == '_';
    }
    return code >= 0xC0 && code != 0xD7 && code != 0xF7 && (code < 0x2000 || code > 0x2BFF) &&
           (code < 0x3000 || code > 0x303F) && code != UTF8_INVALID;
}

/* A value, read character by character. */
struct dash_reader {
    struct str rest;
    bool in_word;   /* the character before is part of a word */
    bool is_option; /* this one is a dash or slash before a word, and not inside of one */
};

/* The next character. */
static struct str read_character(struct dash_reader *reader)
{
    uint32_t code = 0;
    size_t dash = dash_len(reader->rest);
    size_t used = utf8_decode(reader->rest, &code);
    struct str character = str_slice(reader->rest, 0, used);
    reader->rest = str_slice(reader->rest, used, reader->rest.len);
    reader->is_option = false;
    if (dash > 0 && !reader->in_word && reader->rest.len > 0) {
        uint32_t following = 0;
        (void)utf8_decode(reader->rest, &following);
        reader->is_option = is_word(following);
    }
    reader->in_word = is_word(code);
    return character;
}

/* text with the n-th option's dash being digit n of `choice` to the base of DASHES. */
static struct str with_dashes(struct arena *arena, struct str text, uint32_t choice)
{
    char *out = arena_take(arena, text.len + (size_t)RULE_DASHES_MAX * 2 + 1);
    struct dash_reader reader = {.rest = text};
    size_t len = 0;
    while (reader.rest.len > 0) {
        struct str character = read_character(&reader);
        if (reader.is_option) {
            character = dashes[choice % DASHES];
            choice /= DASHES;
        }
        memcpy(out + len, character.ptr, character.len);
        len += character.len;
    }
    return (struct str){out, len};
}

static const char *windash(struct arena *arena, struct str text, struct text_list *texts)
{
    struct dash_reader reader = {.rest = text};
    uint32_t options = 0;
    uint32_t count = 1;
    while (reader.rest.len > 0) {
        (void)read_character(&reader);
        options += reader.is_option ? 1 : 0;
        count *= reader.is_option && options <= RULE_DASHES_MAX ? (uint32_t)DASHES : 1;
    }
    if (options > RULE_DASHES_MAX) {
        return "windash replaces up to 4 dashes of a value; cut it into several, with all";
    }
    struct str *items = take_texts(arena, texts, count);
    for (uint32_t i = 0; i < count; i++) {
        items[i] = with_dashes(arena, text, i);
    }
    return NULL;
}

/* Base64 of `before` zero bytes and text. */
static struct str encode_base64(struct arena *arena, struct str text, size_t before)
{
    char *bytes = arena_take_zeroed(arena, text.len + before + 1, 1);
    struct buffer encoded = {0};
    memcpy(bytes + before, text.ptr, text.len);
    buffer_add_base64(&encoded, (struct str){bytes, text.len + before});
    struct str copy = arena_copy(arena, buffer_str(&encoded));
    buffer_release(&encoded);
    return copy;
}

static const char *base64(struct arena *arena, struct str text, struct text_list *texts)
{
    take_texts(arena, texts, 1)[0] = encode_base64(arena, text, 0);
    return NULL;
}

/* Text that stands 0, 1 or 2 bytes behind a group's edge: what of its encoding does not depend on
 * the bytes before and behind it. */
static const char *base64_offset(struct arena *arena, struct str text, struct text_list *texts)
{
    static const size_t skipped[] = {0, 2, 3};
    static const size_t dropped[] = {0, 3, 2}; /* by the bytes in the last group */
    if (text.len < 2) {
        return "base64offset needs two bytes or more: less leaves nothing that is always there";
    }
    struct str *items = take_texts(arena, texts, 3);
    for (size_t before = 0; before < 3; before++) {
        struct str whole = encode_base64(arena, text, before);
        size_t end = whole.len - dropped[(text.len + before) % 3];
        items[before] = str_slice(whole, skipped[before], end - skipped[before]);
    }
    return NULL;
}

/* Writes a unit of UTF-16. */
static size_t put_unit(char *out, uint32_t unit, bool big_endian)
{
    out[big_endian ? 1 : 0] = (char)(unit & 0xFF);
    out[big_endian ? 0 : 1] = (char)(unit >> 8);
    return 2;
}

static const char *encode_utf16(struct arena *arena, struct str text, bool big_endian, bool marked,
                                struct text_list *texts)
{
    char *out = arena_take(arena, 2 * text.len + 2);
    size_t len = marked ? put_unit(out, 0xFEFF, big_endian) : 0;
    while (text.len > 0) {
        uint32_t code = 0;
        size_t used = utf8_decode(text, &code);
        text = str_slice(text, used, text.len);
        if (code == UTF8_INVALID) {
            return "a text that is to be UTF-16 must be valid UTF-8";
        }
        if (code >= 0x10000) {
            len += put_unit(out + len, 0xD800 + ((code - 0x10000) >> 10), big_endian);
            code = 0xDC00 + ((code - 0x10000) & 0x3FF);
        }
        len += put_unit(out + len, code, big_endian);
    }
    take_texts(arena, texts, 1)[0] = (struct str){out, len};
    return NULL;
}

static const char *utf16_le(struct arena *arena, struct str text, struct text_list *texts)
{
    return encode_utf16(arena, text, false, false, texts);
}

static const char *utf16_be(struct arena *arena, struct str text, struct text_list *texts)
{
    return encode_utf16(arena, text, true, false, texts);
}

static const char *utf16_marked(struct arena *arena, struct str text, struct text_list *texts)
{
    return encode_utf16(arena, text, false, true, texts);
}

const struct transform transform_windash = {"windash", true, windash};
const struct transform transform_base64 = {"base64", false, base64};
const struct transform transform_base64_offset = {"base64offset", false, base64_offset};
const struct transform transform_utf16_le = {"utf16le", false, utf16_le};
const struct transform transform_utf16_be = {"utf16be", false, utf16_be};
const struct transform transform_utf16_marked = {"utf16", false, utf16_marked};
