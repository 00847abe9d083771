/* SPDX-License-Identifier: Apache-2.0
 *
 * sagan_rule.c - see sagan_rule.h.
 */
#include "cli/convert/sagan_rule.h"

#include "base/buffer.h"

static struct str take_word(struct str *rest)
{
    *rest = str_trim(*rest);
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] != ' ' && rest->ptr[len] != '\t') {
        len++;
    }
    struct str word = str_slice(*rest, 0, len);
    *rest = str_slice(*rest, len, rest->len);
    return word;
}

/* Where the option ends: at a semicolon that is neither in quotes nor escaped. */
static size_t option_end(struct str text)
{
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\') {
            i++;
        } else if (text.ptr[i] == '"') {
            quoted = !quoted;
        } else if (text.ptr[i] == ';' && !quoted) {
            return i;
        }
    }
    return STR_NOT_FOUND;
}

static const char *read_options(struct str text, struct sagan_rule *rule)
{
    for (text = str_trim(text); text.len > 0; text = str_trim(text)) {
        size_t end = option_end(text);
        if (end == STR_NOT_FOUND) {
            return "an option does not end with ;";
        }
        struct str option = str_trim(str_slice(text, 0, end));
        size_t colon = str_find_byte(option, ':');
        text = str_slice(text, end + 1, text.len);
        if (option.len == 0) {
            continue;
        }
        if (rule->options_count == SAGAN_OPTIONS_MAX) {
            return "it has more than 128 options";
        }
        struct sagan_option *added = &rule->options[rule->options_count++];
        *added = (struct sagan_option){option, STR("")};
        if (colon != STR_NOT_FOUND) {
            added->name = str_trim(str_slice(option, 0, colon));
            added->value = str_trim(str_slice(option, colon + 1, option.len));
        }
    }
    return NULL;
}

const char *sagan_rule_read(struct str text, struct sagan_rule *rule)
{
    rule->options_count = 0;
    text = str_trim(text);
    size_t open = str_find_byte(text, '(');
    if (open == STR_NOT_FOUND || !str_ends_with(text, STR(")"))) {
        return "it is not an action, addresses and options in ( )";
    }
    struct str head = str_slice(text, 0, open);
    rule->action = take_word(&head);
    take_word(&head); /* protocol */
    rule->source = take_word(&head);
    take_word(&head); /* port */
    struct str arrow = take_word(&head);
    rule->destination = take_word(&head);
    struct str port = take_word(&head);
    bool has_arrow = str_equal(arrow, STR("->")) || str_equal(arrow, STR("<>"));
    if (!has_arrow || port.len == 0 || str_trim(head).len > 0) {
        return "before the ( an action, a protocol, an address, a port, ->, an address and a port "
               "are expected";
    }
    return read_options(str_slice(text, open + 1, text.len - open - 2), rule);
}

struct str sagan_rule_value(const struct sagan_rule *rule, const char *name)
{
    for (uint32_t i = 0; i < rule->options_count; i++) {
        if (str_equal(rule->options[i].name, str_of(name))) {
            return rule->options[i].value;
        }
    }
    return STR("");
}

static int hex_value(char c)
{
    if (byte_is_digit(c)) {
        return c - '0';
    }
    char lower = (char)byte_lower((unsigned char)c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The bytes of `41 42` to out. False: it is something else. */
static bool add_bytes(struct str text, struct buffer *out)
{
    size_t i = 0;
    while (i < text.len) {
        if (text.ptr[i] == ' ') {
            i++;
            continue;
        }
        int high = hex_value(text.ptr[i]);
        int low = i + 1 < text.len ? hex_value(text.ptr[i + 1]) : -1;
        if (high < 0 || low < 0) {
            return false;
        }
        buffer_add_byte(out, (char)(high * 16 + low));
        i += 2;
    }
    return text.len > 0;
}

/* Undoes the escapes of text, which has no quotes around it. */
static void add_unescaped(struct str text, struct buffer *out)
{
    for (size_t i = 0; i < text.len; i++) {
        struct str behind = str_slice(text, i + 1, text.len);
        size_t bar = text.ptr[i] == '|' ? str_find_byte(behind, '|') : STR_NOT_FOUND;
        size_t before = out->len;
        if (bar != STR_NOT_FOUND && add_bytes(str_slice(behind, 0, bar), out)) {
            i += bar + 1;
            continue;
        }
        out->len = before;
        bool escapes = text.ptr[i] == '\\' && behind.len > 0 && behind.ptr[0] != '\0' &&
                       strchr("\";:\\|", behind.ptr[0]) != NULL;
        i += escapes ? 1 : 0;
        buffer_add_byte(out, text.ptr[i]);
    }
}

bool sagan_text_read(struct arena *arena, struct str value, bool *negated, struct str *text,
                     struct str *rest)
{
    *negated = str_starts_with(value, STR("!"));
    value = str_trim(str_slice(value, *negated ? 1 : 0, value.len));
    if (!str_starts_with(value, STR("\""))) {
        return false;
    }
    size_t end = 1;
    while (end < value.len && value.ptr[end] != '"') {
        end += value.ptr[end] == '\\' ? 2 : 1;
    }
    if (end >= value.len || end == 1) {
        return false;
    }
    struct buffer out = {0};
    add_unescaped(str_slice(value, 1, end - 1), &out);
    *text = arena_copy(arena, buffer_str(&out));
    *rest = str_trim(str_slice(value, end + 1, value.len));
    buffer_release(&out);
    return true;
}
