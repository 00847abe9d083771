/* SPDX-License-Identifier: Apache-2.0
 *
 * framing_lines.c - recognizing a stream's form; lines; RFC 6587 octet counting.
 *
 * The form is told from the first bytes that are not white space: a number, a space and < are octet
 * counting; { and [ are JSON; anything else is lines. LF ends a line, a CR before it is not part of
 * the record, an empty line is a record of no bytes (which nobody evaluates, but which counts).
 */
#include "ingest/framing/framing_internal.h"

#include "base/limits.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t count_digits(struct str text)
{
    size_t digits = 0;
    while (digits < text.len && byte_is_digit(text.ptr[digits])) {
        digits++;
    }
    return digits;
}

size_t framing_octet_count(struct str text, size_t *header)
{
    uint64_t count = 0;
    size_t digits = count_digits(text);
    if (digits == 0 || digits > 9 || digits + 1 >= text.len || text.ptr[digits] != ' ' ||
        text.ptr[digits + 1] != '<' || !str_to_u64(str_slice(text, 0, digits), &count)) {
        return 0;
    }
    *header = digits + 1;
    return (size_t)count;
}

/* FORM_UNKNOWN while more bytes are needed. *skip gets what stands before the first record. */
static enum framing_form recognize(struct str text, bool end, size_t *skip)
{
    size_t header = 0;
    size_t at = str_starts_with(text, STR("\xEF\xBB\xBF")) ? 3 : 0;
    if (!end && text.len < 3 && text.len > 0 && (unsigned char)text.ptr[0] == 0xEF) {
        return FORM_UNKNOWN;
    }
    size_t start = at;
    while (at < text.len && is_space(text.ptr[at])) {
        at++;
    }
    struct str rest = str_slice(text, at, text.len);
    *skip = start;
    if (rest.len == 0) {
        return end ? FORM_LINES : FORM_UNKNOWN;
    }
    if (rest.ptr[0] == '{' || rest.ptr[0] == '[') {
        *skip = at;
        bool apache = rest.ptr[0] == '[' && rest.len > 1 &&
                      ((rest.ptr[1] >= 'A' && rest.ptr[1] <= 'Z') ||
                       (rest.ptr[1] >= 'a' && rest.ptr[1] <= 'z'));
        if (rest.ptr[0] == '[' && rest.len == 1 && !end) {
            return FORM_UNKNOWN;
        }
        *skip = apache ? start : at;
        return apache ? FORM_LINES : FORM_JSON;
    }
    size_t digits = count_digits(rest);
    if (digits > 0 && digits < 10 && digits + 2 > rest.len && !end) {
        return FORM_UNKNOWN;
    }
    *skip = framing_octet_count(rest, &header) > 0 ? at : start;
    return framing_octet_count(rest, &header) > 0 ? FORM_OCTETS : FORM_LINES;
}

/* A line longer than the limit: its beginning becomes a record, the rest is skipped. */
static void cut_long_line(struct framing *framing, struct framer *framer, struct str text,
                          size_t at, size_t len, bool whole)
{
    framing_emit_fault(framing, text, at, len, RECORD_FAULT_OVERSIZE);
    framer->skip_line = !whole;
}

static size_t lines(struct framing *framing, struct framer *framer, struct str text)
{
    size_t limit = framing->options->record_bytes_max;
    size_t at = 0;
    while (at < text.len) {
        struct str rest = str_slice(text, at, text.len);
        size_t end = str_find_byte(rest, '\n');
        bool whole = end != STR_NOT_FOUND;
        size_t len = whole ? end : rest.len;
        if (framer->skip_line) {
            framer->skip_line = !whole;
        } else if (len > limit) {
            cut_long_line(framing, framer, text, at, len, whole);
        } else if (whole || framing->end) {
            size_t shown = len > 0 && rest.ptr[len - 1] == '\r' ? len - 1 : len;
            framing_emit(framing, text, at, shown);
        } else {
            return at;
        }
        at += whole ? len + 1 : len;
    }
    return at;
}

/* text is the part of a longer one from `at` on; offsets count from the whole. */
static size_t run_part(struct framing *framing, struct framer *framer, struct str text, size_t at,
                       size_t (*run)(struct framing *, struct framer *, struct str))
{
    struct framing part = *framing;
    part.offset += framing->message ? 0 : at;
    return at + run(&part, framer, str_slice(text, at, text.len));
}

static size_t octets(struct framing *framing, struct framer *framer, struct str text)
{
    size_t at = 0;
    while (at < text.len) {
        struct str rest = str_slice(text, at, text.len);
        size_t header = 0;
        size_t count = framing_octet_count(rest, &header);
        bool undecided = count_digits(rest) + 2 > rest.len && !framing->end;
        if (rest.ptr[0] == '\n' || rest.ptr[0] == '\r') {
            at++; /* some senders add a line end that they don't count */
            continue;
        }
        if (count == 0 && undecided) {
            return at;
        }
        if (count == 0 || count > framing->options->record_bytes_max) {
            framer->form = FORM_LINES; /* the counting is broken: nothing is lost by lines */
            return run_part(framing, framer, text, at, lines);
        }
        if (header + count > rest.len) {
            if (!framing->end) {
                return at;
            }
            framing_emit_fault(framing, text, at + header, rest.len - header,
                               RECORD_FAULT_TRUNCATED);
            return text.len;
        }
        framing_emit(framing, text, at + header, count);
        at += header + count;
    }
    return at;
}

size_t framing_text(struct framing *framing, struct framer *framer, struct str text)
{
    size_t skip = 0;
    if (framer->form == FORM_UNKNOWN) {
        framer->form = recognize(text, framing->end, &skip);
    }
    switch (framer->form) {
    case FORM_LINES:
        return run_part(framing, framer, text, skip, lines);
    case FORM_OCTETS:
        return run_part(framing, framer, text, skip, octets);
    case FORM_JSON:
        return run_part(framing, framer, text, skip, framing_json);
    case FORM_UNKNOWN:
    default:
        return framing->end ? text.len : 0;
    }
}
