/* SPDX-License-Identifier: Apache-2.0
 *
 * wazuh_pattern.c - see wazuh_pattern.h.
 *
 * OS_Match knows texts, ^, $, | and a ! in front. OS_Regex has classes of its own, which + and *
 * may follow, and nothing else; a dot is a dot, and \. is any character. Both ignore case.
 */
#include "cli/convert/wazuh_pattern.h"

#include "base/buffer.h"
#include "cli/convert/draft.h"

struct class_row {
    char letter;
    const char *pcre;
};

static const struct class_row class_rows[] = {
    {'w', "[A-Za-z0-9@_-]"},
    {'W', "[^A-Za-z0-9@_-]"},
    {'d', "[0-9]"},
    {'D', "[^0-9]"},
    {'s', " "},
    {'S', "[^ ]"},
    {'t', "\\t"},
    {'p', "[()*+,\\-.:;<=>?\\[\\]!\"'#$%&|{}]"},
    {'.', "."},
    {'\0', NULL},
};

static const char *class_of(char letter)
{
    for (const struct class_row *row = class_rows; row->pcre != NULL; row++) {
        if (row->letter == letter) {
            return row->pcre;
        }
    }
    return NULL;
}

static void add_literal(struct buffer *out, char c)
{
    if (strchr("\\^$.[]|()?*+{}#", c) != NULL && c != '\0') {
        buffer_add_byte(out, '\\');
    }
    buffer_add_byte(out, c);
}

static const char *translate_class(struct str text, size_t *at, struct buffer *out)
{
    char letter = *at + 1 < text.len ? text.ptr[*at + 1] : '\0';
    const char *pcre = class_of(letter);
    *at += 2;
    if (pcre == NULL) {
        if (letter == '\0' || strchr("$()\\|<", letter) == NULL) {
            return "a pattern has a backslash that means nothing";
        }
        add_literal(out, letter);
        return NULL;
    }
    buffer_add_text(out, pcre);
    if (*at < text.len && (text.ptr[*at] == '+' || text.ptr[*at] == '*')) {
        buffer_add_byte(out, text.ptr[*at]);
        *at += 1;
    }
    return NULL;
}

/* OS_Regex to PCRE2. */
static const char *translate(struct str text, struct buffer *out)
{
    uint32_t depth = 0;
    size_t at = 0;
    while (at < text.len) {
        char c = text.ptr[at];
        bool begins = at == 0 || text.ptr[at - 1] == '|';
        bool ends = at + 1 == text.len || text.ptr[at + 1] == '|';
        if (c == '\\') {
            const char *wrong = translate_class(text, &at, out);
            if (wrong != NULL) {
                return wrong;
            }
            continue;
        }
        at++;
        if (c == '(' || c == ')') { /* they only mark what is taken out */
            depth += c == '(' ? 1 : 0;
            depth -= c == ')' && depth > 0 ? 1 : 0;
        } else if (c == '|' && depth > 0) {
            return "a pattern has | in parentheses, which OS_Regex does not know";
        } else if (c == '+' || c == '*') {
            return "a pattern has + or * behind a plain character, which OS_Regex does not know";
        } else if (c == '|' || (c == '^' && begins) || (c == '$' && ends)) {
            buffer_add_byte(out, c);
        } else {
            add_literal(out, c);
        }
    }
    return NULL;
}

static void add_value(struct wazuh_pattern *pattern, struct str value)
{
    pattern->values[pattern->values_count++] = value;
}

/* A list of texts, if none has an anchor; else a regular expression. */
static const char *read_match(struct arena *arena, struct str text, struct wazuh_pattern *pattern)
{
    struct buffer regex = {0};
    bool anchored = false;
    pattern->modifiers = "|contains";
    while (text.len > 0) {
        size_t bar = str_find_byte(text, '|');
        struct str part = str_slice(text, 0, bar);
        bool begins = str_starts_with(part, STR("^"));
        part = str_slice(part, begins ? 1 : 0, part.len);
        bool ends = str_ends_with(part, STR("$"));
        part.len -= ends ? 1 : 0;
        anchored = anchored || begins || ends;
        buffer_add_text(&regex, regex.len > 0 ? "|" : "");
        buffer_add_text(&regex, begins ? "^" : "");
        for (size_t i = 0; i < part.len; i++) {
            add_literal(&regex, part.ptr[i]);
        }
        buffer_add_text(&regex, ends ? "$" : "");
        if (part.len > 0 && pattern->values_count < WAZUH_VALUES_MAX) {
            add_value(pattern, draft_escape(arena, part));
        }
        text = bar == STR_NOT_FOUND ? STR("") : str_slice(text, bar + 1, text.len);
    }
    if (anchored || pattern->values_count == WAZUH_VALUES_MAX) {
        pattern->modifiers = "|re|i";
        pattern->values_count = 0;
        add_value(pattern, arena_copy(arena, buffer_str(&regex)));
    }
    buffer_release(&regex);
    return pattern->values_count > 0 ? NULL : "a pattern is empty";
}

const char *wazuh_pattern_read(struct arena *arena, enum wazuh_language language, struct str text,
                               struct wazuh_pattern *pattern)
{
    *pattern = (struct wazuh_pattern){.modifiers = "|re"};
    if (language != WAZUH_PCRE2 && str_starts_with(text, STR("!"))) {
        pattern->negated = true;
        text = str_slice(text, 1, text.len);
    }
    if (text.len == 0) {
        return "a pattern is empty";
    }
    if (language == WAZUH_MATCH) {
        return read_match(arena, text, pattern);
    }
    if (language == WAZUH_PCRE2) {
        add_value(pattern, text);
        return NULL;
    }
    struct buffer out = {0};
    const char *wrong = translate(text, &out);
    pattern->modifiers = "|re|i";
    add_value(pattern, arena_copy(arena, buffer_str(&out)));
    buffer_release(&out);
    return wrong;
}
