/* SPDX-License-Identifier: Apache-2.0
 *
 * sagan_options.c - what becomes of each option of a Sagan rule: one row of sagan_option_table.
 */
#include "cli/convert/sagan_internal.h"

static const char *take_content(struct sagan_work *work, struct str value)
{
    bool negated = false;
    struct str text = {0};
    struct str rest = {0};
    struct draft *draft = &work->draft;
    if (!sagan_text_read(draft->arena, value, &negated, &text, &rest) || rest.len > 0) {
        return "a content is not a text in quotes";
    }
    struct str selection = STR("selection");
    if (negated) {
        selection = arena_printf(draft->arena, "filter_%u", ++work->filters);
    }
    work->last_content = draft->items_count;
    draft_add(draft, selection, STR("message|contains|cased"), draft_escape(draft->arena, text));
    return NULL;
}

static const char *take_nocase(struct sagan_work *work, struct str value)
{
    (void)value;
    struct draft *draft = &work->draft;
    if (work->last_content >= draft->items_count) {
        return "nocase stands before any content";
    }
    for (uint32_t i = work->last_content; i < draft->items_count; i++) {
        draft->items[i].key = STR("message|contains");
    }
    return NULL;
}

/* Adds what `prefix %sagan% suffix` means with name in it. */
static void add_meta(struct sagan_work *work, struct str selection, struct str text,
                     struct str name)
{
    struct buffer whole = {0};
    size_t at = str_find(text, STR("%sagan%"));
    buffer_add(&whole, str_slice(text, 0, at));
    if (at != STR_NOT_FOUND) {
        buffer_add(&whole, name);
        buffer_add(&whole, str_slice(text, at + 7, text.len));
    }
    draft_add(&work->draft, selection, STR("message|contains|cased"),
              draft_escape(work->draft.arena, buffer_str(&whole)));
    buffer_release(&whole);
}

static const char *take_meta(struct sagan_work *work, struct str value)
{
    bool negated = false;
    struct str text = {0};
    struct str rest = {0};
    struct draft *draft = &work->draft;
    if (!sagan_text_read(draft->arena, value, &negated, &text, &rest) || rest.len < 2) {
        return "a meta_content is not a text in quotes and a list";
    }
    if (str_find_byte(rest, '$') != STR_NOT_FOUND) {
        return "a meta_content has a variable: write its values into the rule";
    }
    struct str selection = negated ? arena_printf(draft->arena, "filter_%u", ++work->filters)
                                   : arena_printf(draft->arena, "selection_%u", ++work->metas + 1);
    work->last_content = draft->items_count;
    rest = str_slice(rest, 1, rest.len);
    while (rest.len > 0) {
        size_t comma = str_find_byte(rest, ',');
        add_meta(work, selection, text, str_trim(str_slice(rest, 0, comma)));
        rest = comma == STR_NOT_FOUND ? STR("") : str_slice(rest, comma + 1, rest.len);
    }
    return NULL;
}

/* The modifiers for the letters behind a pattern. False: a letter that has none. */
static bool add_flags(struct str flags, struct buffer *key, bool *extended)
{
    static const char order[] = "ims";
    for (const char *flag = order; *flag != '\0'; flag++) {
        if (str_find_byte(flags, *flag) != STR_NOT_FOUND) {
            buffer_printf(key, "|%c", *flag);
        }
    }
    for (size_t i = 0; i < flags.len; i++) {
        if (strchr("imsx", flags.ptr[i]) == NULL || flags.ptr[i] == '\0') {
            return false;
        }
        *extended = *extended || flags.ptr[i] == 'x';
    }
    return true;
}

static const char *take_pcre(struct sagan_work *work, struct str value)
{
    struct draft *draft = &work->draft;
    bool negated = str_starts_with(value, STR("!"));
    value = str_trim(str_slice(value, negated ? 1 : 0, value.len));
    size_t end = value.len;
    while (end > 2 && value.ptr[end - 1] != '/') {
        end--;
    }
    if (!str_starts_with(value, STR("\"/")) || !str_ends_with(value, STR("\"")) || end < 4) {
        return "a pcre is not a pattern between \"/ and /\"";
    }
    struct buffer key = {0};
    bool extended = false;
    buffer_add_text(&key, "message|re");
    bool known = add_flags(str_slice(value, end, value.len - end - 1), &key, &extended);
    struct str key_text = arena_copy(draft->arena, buffer_str(&key));
    buffer_release(&key);
    if (!known) {
        return "a pcre has a flag other than i, m, s and x";
    }
    struct str pattern = str_slice(value, 2, end - 3);
    if (extended) {
        pattern = arena_printf(draft->arena, "(?x)%.*s", STR_ARG(pattern));
    }
    struct str selection = STR("selection");
    if (negated) {
        selection = arena_printf(draft->arena, "filter_%u", ++work->filters);
    }
    draft_add(draft, selection, key_text, pattern);
    return NULL;
}

/* The parts of a|b under key. */
static const char *add_parts(struct sagan_work *work, struct str value, struct str key)
{
    if (str_starts_with(value, STR("!")) || str_find_byte(value, '$') != STR_NOT_FOUND) {
        return "a program, facility or level is negated or a variable";
    }
    while (value.len > 0) {
        size_t bar = str_find_byte(value, '|');
        struct str part = str_trim(str_slice(value, 0, bar));
        if (part.len > 0) {
            draft_add(&work->draft, STR("selection"), key, part);
        }
        value = bar == STR_NOT_FOUND ? STR("") : str_slice(value, bar + 1, value.len);
    }
    return NULL;
}

static const char *take_program(struct sagan_work *work, struct str value)
{
    return add_parts(work, value, STR("program"));
}

static const char *take_facility(struct sagan_work *work, struct str value)
{
    return add_parts(work, value, STR("facility"));
}

static const char *take_level(struct sagan_work *work, struct str value)
{
    return add_parts(work, value, STR("severity"));
}

static const char *take_priority(struct sagan_work *work, struct str value)
{
    return str_to_u64(value, &work->priority) ? NULL : "the priority is no number";
}

static const char *take_class(struct sagan_work *work, struct str value)
{
    uint32_t priority = map_get(work->priorities, value);
    if (priority != MAP_NONE && work->priority == 0) {
        work->priority = priority;
    }
    return NULL;
}

static const char *take_reference(struct sagan_work *work, struct str value)
{
    size_t comma = str_find_byte(value, ',');
    struct str kind = str_trim(str_slice(value, 0, comma));
    struct str rest = comma == STR_NOT_FOUND ? STR("") : str_slice(value, comma + 1, value.len);
    struct str text = value;
    rest = str_trim(rest);
    if (str_equal(kind, STR("url"))) {
        bool whole = str_find(rest, STR("://")) != STR_NOT_FOUND;
        text = whole ? rest : arena_printf(work->draft.arena, "https://%.*s", STR_ARG(rest));
    }
    if (!draft_list_add(&work->draft.references, text)) {
        convert_note(work->convert, work->file, work->line, CONVERT_LEFT, "reference: more than %d",
                     DRAFT_LIST_MAX);
    }
    return NULL;
}

/* Bits that rules set for other rules. */
static const char *take_bits(struct sagan_work *work, struct str value)
{
    bool changes = str_starts_with(value, STR("set")) || str_starts_with(value, STR("unset")) ||
                   str_starts_with(value, STR("toggle"));
    if (!changes) {
        return "it depends on a bit that another rule sets: write a temporal correlation of both";
    }
    convert_note(work->convert, work->file, work->line, CONVERT_LEFT,
                 "a bit that it sets for other rules: write a temporal correlation of them");
    return NULL;
}

#define REPUTATION "it asks a reputation or geography service"
#define PLACE      "where in the message the content must stand: it may be anywhere"

const struct sagan_option_row sagan_option_table[] = {
    {"content", take_content, NULL, NULL},
    {"nocase", take_nocase, NULL, NULL},
    {"meta_content", take_meta, NULL, NULL},
    {"meta_nocase", take_nocase, NULL, NULL},
    {"pcre", take_pcre, NULL, NULL},
    {"program", take_program, NULL, NULL},
    {"facility", take_facility, NULL, NULL},
    {"level", take_level, NULL, NULL},
    {"priority", take_priority, NULL, NULL},
    {"pri", take_priority, NULL, NULL},
    {"classtype", take_class, NULL, NULL},
    {"reference", take_reference, NULL, NULL},
    {"xbits", take_bits, NULL, NULL},
    {"flexbits", take_bits, NULL, NULL},
    {"flowbits", take_bits, NULL, NULL},
    {"after", sagan_take_after, NULL, NULL},
    {"threshold", sagan_take_threshold, NULL, NULL},
    {"msg", NULL, NULL, NULL},
    {"sid", NULL, NULL, NULL},
    {"rev", NULL, NULL, NULL},
    {"gid", NULL, NULL, NULL},
    {"metadata", NULL, NULL, NULL},
    {"fast_pattern", NULL, NULL, NULL},
    {"normalize", NULL, NULL, NULL},
    {"parse_src_ip", NULL, NULL, NULL},
    {"parse_dst_ip", NULL, NULL, NULL},
    {"parse_port", NULL, NULL, NULL},
    {"parse_proto", NULL, NULL, NULL},
    {"parse_proto_program", NULL, NULL, NULL},
    {"parse_hash", NULL, NULL, NULL},
    {"default_proto", NULL, NULL, NULL},
    {"default_src_port", NULL, NULL, NULL},
    {"default_dst_port", NULL, NULL, NULL},
    {"offset", NULL, PLACE, NULL},
    {"depth", NULL, PLACE, NULL},
    {"distance", NULL, PLACE, NULL},
    {"within", NULL, PLACE, NULL},
    {"fwsam", NULL, "it blocks addresses", NULL},
    {"email", NULL, "it sends mail: alerts go where tocsin's outputs say", NULL},
    {"external", NULL, "it starts a program", NULL},
    {"flow", NULL, NULL, "it asks for the state of a connection"},
    {"alert_time", NULL, NULL, "it holds at certain times only"},
    {"dynamic_load", NULL, NULL, "it loads other rules, and detects nothing itself"},
    {"country_code", NULL, NULL, REPUTATION},
    {"bluedot", NULL, NULL, REPUTATION},
    {"blacklist", NULL, NULL, REPUTATION},
    {"bro-intel", NULL, NULL, REPUTATION},
    {"zeek-intel", NULL, NULL, REPUTATION},
    {NULL, NULL, NULL, NULL},
};
