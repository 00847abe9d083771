/* SPDX-License-Identifier: Apache-2.0
 *
 * syslog_header.c - priority, time, host, tag: RFC 5424, RFC 3164, and what is really sent.
 *
 * The tag is told from the host by its form: `name:`, `name[pid]:`, `name(module)[pid]:`. A first
 * word of that form means that there is no host; a second one without it means that there is no tag
 * and the message begins there.
 */
#include "ingest/decode/syslog_internal.h"

#include "base/lanes.h"
#include "base/timestamp.h"

#define TAG_BYTES_MAX 128

/* <0> .. <191> */
static struct str take_priority(struct str text, int32_t *priority)
{
    uint64_t number = 0;
    *priority = -1;
    if (text.len < 3 || text.ptr[0] != '<') {
        return text;
    }
    size_t close = str_find_byte(str_slice(text, 0, 5), '>');
    if (close == STR_NOT_FOUND || close < 2 ||
        !str_to_u64(str_slice(text, 1, close - 1), &number) || number > 191) {
        return text;
    }
    *priority = (int32_t)number;
    return str_slice(text, close + 1, text.len);
}

static bool take_word(struct str *text, struct str *word)
{
    *word = syslog_until(*text, " ");
    *text = str_slice(*text, word->len + 1, text->len);
    if (str_equal(*word, STR("-"))) {
        *word = (struct str){word->ptr, 0};
        return true;
    }
    return word->len > 0;
}

/* The length of the structured data at text's beginning: [id name="value" ...]..., or of -. */
static size_t structured_len(struct str text)
{
    size_t at = 0;
    if (text.len > 0 && text.ptr[0] == '-' && (text.len == 1 || text.ptr[1] == ' ')) {
        return 1;
    }
    while (at < text.len && text.ptr[at] == '[') {
        bool quoted = false;
        size_t start = at;
        /* An element's id: no space right behind the bracket, and no other bracket before ]. */
        if (at + 1 >= text.len || strchr(" =]\"", text.ptr[at + 1]) != NULL) {
            return start;
        }
        for (at++; at < text.len && (quoted || text.ptr[at] != ']'); at++) {
            if (quoted && text.ptr[at] == '\\') {
                at++;
            } else if (text.ptr[at] == '"') {
                quoted = !quoted;
            }
        }
        if (at >= text.len) {
            return start;
        }
        at++;
    }
    return at;
}

/* Behind "<PRI>1 ". False when it is not RFC 5424 after all. */
static bool parse_rfc5424(struct decoder_context *context, struct str text,
                          struct syslog_header *header)
{
    struct syslog_header parsed = {.priority = header->priority, .time_ns = TIMESTAMP_NONE};
    struct str time;
    if (!take_word(&text, &time)) {
        return false;
    }
    if (time.len > 0 &&
        syslog_time_parse(context, time, &parsed.time_ns, &parsed.flags) != time.len) {
        return false;
    }
    if (!take_word(&text, &parsed.host) || !take_word(&text, &parsed.program) ||
        !take_word(&text, &parsed.pid) || !take_word(&text, &parsed.msgid)) {
        return false;
    }
    size_t len = structured_len(text);
    if (len > 1) {
        parsed.structured = str_slice(text, 0, len);
    }
    text = str_slice(text, len, text.len);
    text = text.len > 0 && text.ptr[0] == ' ' ? str_slice(text, 1, text.len) : text;
    parsed.message =
        str_starts_with(text, STR("\xEF\xBB\xBF")) ? str_slice(text, 3, text.len) : text;
    *header = parsed;
    return true;
}

/* Letters, digits and - _ . / @ + */
static inline bool is_tag_byte(char c)
{
    static const uint64_t set[4] = {UINT64_C(0x03FFE80000000000), UINT64_C(0x07FFFFFE87FFFFFF)};
    unsigned char byte = (unsigned char)c;
    return (set[byte / 64] >> (byte % 64) & 1) != 0;
}

#if defined(LANES)
/* The tag bytes at text's beginning, up to LANES. */
static inline size_t first_tag_bytes(const char *text)
{
    __m128i bytes = lanes_load(text);
    __m128i tag = _mm_or_si128(lanes_between(bytes, '-', '9'), lanes_between(bytes, '@', 'Z'));
    tag = _mm_or_si128(tag, lanes_between(bytes, 'a', 'z'));
    tag = _mm_or_si128(tag, _mm_or_si128(lanes_equal(bytes, '_'), lanes_equal(bytes, '+')));
    return (size_t)__builtin_ctz(~lanes_bits(tag));
}
#endif

size_t syslog_tag_len(struct str text)
{
    size_t at = 0;
#if defined(LANES)
    at = text.len >= LANES ? first_tag_bytes(text.ptr) : 0;
    if (at < LANES && text.len >= LANES) {
        return at;
    }
#endif
    while (at < text.len && at < TAG_BYTES_MAX && is_tag_byte(text.ptr[at])) {
        at++;
    }
    return at;
}

/* name(module)[pid]: */
struct tag {
    struct str program;
    struct str module;
    struct str pid;
    size_t len; /* with the colon */
};

/* name version: gives the offset of the colon; `at` when it is none. */
static size_t skip_version(struct str text, size_t at)
{
    struct str version = syslog_until(str_slice(text, at + 1, 24), ": ");
    size_t colon = at + 1 + version.len;
    return colon < text.len && text.ptr[colon] == ':' ? colon : at;
}

/* The tag at text's beginning. False when there is none. */
static bool take_tag(struct str text, struct tag *tag)
{
    size_t at = syslog_tag_len(text);
    tag->program = (struct str){text.ptr, at};
    tag->module = (struct str){0};
    tag->pid = (struct str){0};
    if (at == 0 || at >= text.len) {
        return false;
    }
    if (text.ptr[at] == '(') {
        tag->module = syslog_until(str_slice(text, at + 1, TAG_BYTES_MAX), ") ");
        at += tag->module.len + 2;
    }
    if (at < text.len && text.ptr[at] == '[') {
        tag->pid = syslog_until(str_slice(text, at + 1, TAG_BYTES_MAX), "] ");
        at += tag->pid.len + 2;
        if (at > text.len || text.ptr[at - 1] != ']') {
            return false;
        }
    }
    if (at + 1 < text.len && text.ptr[at] == ' ' && byte_is_digit(text.ptr[at + 1]) &&
        tag->pid.len == 0) {
        at = skip_version(text, at);
    }
    tag->len = at + 1;
    return at < text.len && text.ptr[at] == ':';
}

/* What follows the tag. */
static struct str behind_tag(struct str text, const struct tag *tag, struct syslog_header *header)
{
    header->program = tag->program;
    header->module = tag->module;
    header->pid = tag->pid;
    return str_slice(text, tag->len, text.len);
}

static struct str take_body(struct str text, struct syslog_header *header)
{
    struct tag tag;
    if (take_tag(text, &tag)) {
        text = behind_tag(text, &tag, header);
        return text.len > 0 && text.ptr[0] == ' ' ? str_slice(text, 1, text.len) : text;
    }
    return text;
}

/* Behind the time: [host] [tag] message. */
static void parse_host_and_tag(struct str text, struct syslog_header *header)
{
    struct tag tag;
    if (str_starts_with(text, STR("--- last message "))) {
        header->message = str_slice(text, 4, text.len);
        return;
    }
    size_t at = syslog_tag_len(text);
    /* Most begin with a host: a space ends it, and no version of a program follows. */
    bool host =
        at > 0 && at + 1 < text.len && text.ptr[at] == ' ' && !byte_is_digit(text.ptr[at + 1]);
    struct str word = host ? (struct str){text.ptr, at} : syslog_until(text, " ");
    /* An IPv6 address looks like a tag. */
    if (!host && take_tag(text, &tag) && !syslog_is_address(word)) {
        header->message = str_skip(behind_tag(text, &tag, header), ' ');
        return;
    }
    header->host = word;
    text = str_skip(str_slice(text, word.len, text.len), ' ');
    header->message = str_skip(take_body(text, header), ' ');
}

/* A sequence number, as devices put before the time: "42: " or "*". */
static struct str skip_device_prefix(struct str text)
{
    if (text.len > 0 && !byte_is_digit(text.ptr[0])) {
        return text.ptr[0] == '*' || text.ptr[0] == '.' ? str_slice(text, 1, text.len) : text;
    }
    struct str digits = syslog_until(text, ": ");
    uint64_t number = 0;
    if (digits.len < text.len && digits.len < 12 && text.ptr[digits.len] == ':' &&
        str_to_u64(digits, &number)) {
        text = str_skip(str_slice(text, digits.len + 1, text.len), ' ');
    }
    return text.len > 0 && (text.ptr[0] == '*' || text.ptr[0] == '.') ? str_slice(text, 1, text.len)
                                                                      : text;
}

/* [Thu Jun 09 06:07:04 2005] [level] message */
static bool parse_bracketed(struct decoder_context *context, struct str text,
                            struct syslog_header *header)
{
    size_t used =
        syslog_time_parse(context, str_slice(text, 1, text.len), &header->time_ns, &header->flags);
    if (used == 0 || used + 1 >= text.len || text.ptr[used + 1] != ']') {
        return false;
    }
    header->message = str_skip(str_slice(text, used + 2, text.len), ' ');
    return true;
}

void syslog_header_parse(struct decoder_context *context, struct str line,
                         struct syslog_header *header)
{
    *header = (struct syslog_header){.time_ns = TIMESTAMP_NONE};
    struct str text = take_priority(line, &header->priority);
    if (header->priority >= 0 && str_starts_with(text, STR("1 ")) &&
        parse_rfc5424(context, str_slice(text, 2, text.len), header)) {
        return;
    }
    text = str_skip(text, ' ');
    if (text.len > 1 && text.ptr[0] == '[' && parse_bracketed(context, text, header)) {
        return;
    }
    struct str timed = skip_device_prefix(text);
    size_t used = syslog_time_parse(context, timed, &header->time_ns, &header->flags);
    if (used == 0) {
        /* No time: the tag, if there is one, and the message. */
        header->message = take_body(text, header);
        return;
    }
    timed = str_slice(timed, used, timed.len);
    if (timed.len > 0 && timed.ptr[0] == ':') {
        /* Devices end the time with a colon and name no host. */
        header->message = str_skip(str_slice(timed, 1, timed.len), ' ');
        return;
    }
    parse_host_and_tag(str_skip(timed, ' '), header);
}
