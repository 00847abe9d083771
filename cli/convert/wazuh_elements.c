/* SPDX-License-Identifier: Apache-2.0
 *
 * wazuh_elements.c - what becomes of each element of a Wazuh rule: one row of wazuh_element_table.
 */
#include "cli/convert/wazuh_internal.h"

/* The selection of the rule's lines, or a new one for what must not be there. */
static struct str selection_of(struct wazuh_work *work, bool negated)
{
    struct arena *arena = work->draft.arena;
    if (negated) {
        return arena_printf(arena, "rule_%.*s_not_%u", STR_ARG(work->rule->id),
                            ++work->filters_of_rule);
    }
    work->items_of_rule = 1;
    return arena_printf(arena, "rule_%.*s", STR_ARG(work->rule->id));
}

/* A key that the selection has already needs a selection of its own: both lines must be true. */
static bool has_key(const struct draft *draft, struct str selection, struct str key)
{
    for (uint32_t i = 0; i < draft->items_count; i++) {
        if (str_equal(draft->items[i].selection, selection) &&
            str_equal(draft->items[i].key, key)) {
            return true;
        }
    }
    return false;
}

static const char *take_pattern(struct wazuh_work *work, const struct wazuh_element *element,
                                const char *field, enum wazuh_language language)
{
    struct wazuh_pattern pattern;
    struct arena *arena = work->draft.arena;
    if (str_equal(element->type, STR("osmatch"))) {
        language = WAZUH_MATCH;
    } else if (str_equal(element->type, STR("osregex"))) {
        language = WAZUH_REGEX;
    } else if (str_equal(element->type, STR("pcre2"))) {
        language = WAZUH_PCRE2;
    } else if (element->type.len > 0) {
        return "a pattern's type is none of osmatch, osregex and pcre2";
    }
    const char *wrong = wazuh_pattern_read(arena, language, element->text, &pattern);
    if (wrong != NULL) {
        return wrong;
    }
    bool negated = pattern.negated != str_equal(element->negate, STR("yes"));
    struct str selection = selection_of(work, negated);
    struct str key = arena_printf(arena, "%s%s", field, pattern.modifiers);
    if (has_key(&work->draft, selection, key)) {
        return "two elements of it are about the same field: join them by |";
    }
    for (uint32_t i = 0; i < pattern.values_count; i++) {
        draft_add(&work->draft, selection, key, pattern.values[i]);
    }
    return NULL;
}

static const char *take_match(struct wazuh_work *work, const struct wazuh_element *element,
                              const char *field)
{
    return take_pattern(work, element, field, WAZUH_MATCH);
}

static const char *take_regex(struct wazuh_work *work, const struct wazuh_element *element,
                              const char *field)
{
    return take_pattern(work, element, field, WAZUH_REGEX);
}

static const char *take_pcre2(struct wazuh_work *work, const struct wazuh_element *element,
                              const char *field)
{
    return take_pattern(work, element, field, WAZUH_PCRE2);
}

static const char *take_field(struct wazuh_work *work, const struct wazuh_element *element,
                              const char *field)
{
    (void)field;
    work->any_source = true;
    return element->field.len > 0 ? take_pattern(work, element, element->field.ptr, WAZUH_REGEX)
                                  : "a field has no name";
}

static const char *take_address(struct wazuh_work *work, const struct wazuh_element *element,
                                const char *field)
{
    struct str text = element->text;
    bool negated = str_starts_with(text, STR("!"));
    text = str_slice(text, negated ? 1 : 0, text.len);
    negated = negated != str_equal(element->negate, STR("yes"));
    bool network = str_find_byte(text, '/') != STR_NOT_FOUND;
    struct str selection = selection_of(work, negated);
    draft_add(&work->draft, selection,
              arena_printf(work->draft.arena, "%s%s", field, network ? "|cidr" : ""), text);
    return text.len > 0 ? NULL : "an address is empty";
}

struct decoder_row {
    const char *decoder;
    const char *program; /* NULL: any */
};

/* Decoders that are found by the program's name alone. */
static const struct decoder_row decoder_rows[] = {
    {"sshd", "sshd"},       {"sudo", "sudo"},     {"su", "su"},
    {"named", "named"},     {"vsftpd", "vsftpd"}, {"proftpd", "proftpd"},
    {"dovecot", "dovecot"}, {"smbd", "smbd"},     {"crond", "crond"},
    {"clamd", "clamd"},     {"auditd", "auditd"}, {"systemd", "systemd"},
    {"openvpn", "openvpn"}, {"json", NULL},       {"windows_eventchannel", NULL},
    {NULL, NULL},
};

static const char *take_decoder(struct wazuh_work *work, const struct wazuh_element *element,
                                const char *field)
{
    const struct decoder_row *row = decoder_rows;
    while (row->decoder != NULL && !str_equal(element->text, str_of(row->decoder))) {
        row++;
    }
    if (row->decoder == NULL) {
        return arena_printf(work->draft.arena, "tocsin has no counterpart of the decoder %.*s",
                            STR_ARG(element->text))
            .ptr;
    }
    if (row->program == NULL) {
        work->any_source = true;
        return NULL;
    }
    draft_add(&work->draft, selection_of(work, false), str_of(field), str_of(row->program));
    return NULL;
}

static const char *take_category(struct wazuh_work *work, const struct wazuh_element *element,
                                 const char *field)
{
    (void)work;
    (void)field;
    bool known = str_equal(element->text, STR("syslog")) || str_equal(element->text, STR("ossec"));
    return known ? NULL : "its category is neither syslog nor ossec";
}

/* Elements that say what a count is about; of a rule that is inherited they mean nothing. */
static const char *take_same(struct wazuh_work *work, const struct wazuh_element *element,
                             const char *field)
{
    struct str name = field != NULL ? str_of(field) : element->text;
    if (work->rule != work->top) {
        return NULL;
    }
    return draft_list_add(&work->draft.group_by, name) ? NULL : "it groups by too many fields";
}

static const char *take_different(struct wazuh_work *work, const struct wazuh_element *element,
                                  const char *field)
{
    if (work->draft.distinct.len > 0) {
        return "it counts different values of two fields";
    }
    if (work->rule == work->top) {
        work->draft.distinct = field != NULL ? str_of(field) : element->text;
    }
    return NULL;
}

static const char *take_technique(struct wazuh_work *work, const struct wazuh_element *element,
                                  const char *field)
{
    (void)field;
    struct buffer tag = {0};
    buffer_add_text(&tag, "attack.");
    for (size_t i = 0; i < element->text.len; i++) {
        buffer_add_byte(&tag, (char)byte_lower((unsigned char)element->text.ptr[i]));
    }
    if (work->rule == work->top) {
        draft_list_add(&work->draft.tags, arena_copy(work->draft.arena, buffer_str(&tag)));
    }
    buffer_release(&tag);
    return NULL;
}

const struct wazuh_element_row wazuh_element_table[] = {
    {"match", take_match, "message"},
    {"regex", take_regex, "message"},
    {"pcre2", take_pcre2, "message"},
    {"field", take_field, NULL},
    {"program_name", take_match, "program"},
    {"hostname", take_match, "host"},
    {"user", take_match, "user"},
    {"protocol", take_match, "protocol"},
    {"srcport", take_match, "src_port"},
    {"dstport", take_match, "dst_port"},
    {"srcip", take_address, "src_ip"},
    {"dstip", take_address, "dst_ip"},
    {"decoded_as", take_decoder, "program"},
    {"category", take_category, NULL},
    {"same_source_ip", take_same, "src_ip"},
    {"same_srcip", take_same, "src_ip"},
    {"same_dst_ip", take_same, "dst_ip"},
    {"same_dstip", take_same, "dst_ip"},
    {"same_src_port", take_same, "src_port"},
    {"same_srcport", take_same, "src_port"},
    {"same_dst_port", take_same, "dst_port"},
    {"same_dstport", take_same, "dst_port"},
    {"same_user", take_same, "user"},
    {"same_srcuser", take_same, "user"},
    {"same_location", take_same, "host"},
    {"same_protocol", take_same, "protocol"},
    {"same_field", take_same, NULL},
    {"different_srcip", take_different, "src_ip"},
    {"different_dstip", take_different, "dst_ip"},
    {"different_srcport", take_different, "src_port"},
    {"different_dstport", take_different, "dst_port"},
    {"different_user", take_different, "user"},
    {"different_field", take_different, NULL},
    {"mitre/id", take_technique, NULL},
    {"mitre/tactic", NULL, NULL},
    {"mitre/technique", NULL, NULL},
    {"if_sid", NULL, NULL}, /* these four: convert_wazuh.c */
    {"if_group", NULL, NULL},
    {"if_matched_sid", NULL, NULL},
    {"if_matched_group", NULL, NULL},
    {"description", NULL, NULL},
    {"group", NULL, NULL},
    {"info", NULL, NULL},
    {"options", NULL, NULL},
    {NULL, NULL, NULL},
};
