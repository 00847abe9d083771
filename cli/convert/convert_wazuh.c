/* SPDX-License-Identifier: Apache-2.0
 *
 * convert_wazuh.c - Wazuh's rules to Sigma rules.
 *
 * A rule of Wazuh is looked at only when one that it names has matched (if_sid, if_group), so its
 * condition here is that of one of those and its own. All files are read before any is written:
 * rules name those of other files. Tested: tests/golden/test_convert.sh, tests/fuzz/fuzz_convert.c.
 */
#include "base/memory.h"
#include "cli/convert/wazuh_internal.h"

/* Levels of rules above each other. */
#define DEPTH_MAX           12
#define CONDITION_BYTES_MAX 2048
#define GROUP_RULES_MAX     16

static const char *add_condition(struct wazuh_work *work, const struct wazuh_rule *rule,
                                 uint32_t depth, struct buffer *out);

static bool has_group(struct str groups, struct str wanted)
{
    while (groups.len > 0) {
        size_t comma = str_find_byte(groups, ',');
        if (str_equal(str_trim(str_slice(groups, 0, comma)), wanted)) {
            return true;
        }
        groups = comma == STR_NOT_FOUND ? STR("") : str_slice(groups, comma + 1, groups.len);
    }
    return false;
}

/* Adds ` and ` or ` or ` between conditions. */
static void join(struct buffer *out, size_t start, const char *word)
{
    if (out->len > start) {
        buffer_printf(out, " %s ", word);
    }
}

/* Parentheses around what stands from start on, if it has several conditions. */
static void close_choice(struct buffer *out, size_t start, uint32_t count)
{
    if (count > 1) {
        buffer_add_text(out, "()");
        memmove(out->ptr + start + 1, out->ptr + start, out->len - start - 2);
        out->ptr[start] = '(';
    }
}

static const char *add_ids(struct wazuh_work *work, struct str ids, uint32_t depth,
                           struct buffer *out)
{
    size_t start = out->len;
    uint32_t count = 0;
    while (ids.len > 0) {
        size_t end = 0;
        while (end < ids.len && ids.ptr[end] != ',' && ids.ptr[end] != ' ') {
            end++;
        }
        struct str id = str_slice(ids, 0, end);
        ids = str_slice(ids, end + 1, ids.len);
        uint32_t index = id.len > 0 ? map_get(work->rules->ids, id) : MAP_NONE;
        if (id.len > 0 && index == MAP_NONE) {
            return arena_printf(work->draft.arena, "it names the rule %.*s, which is in no file",
                                STR_ARG(id))
                .ptr;
        }
        if (id.len > 0) {
            count++;
            join(out, start, "or");
            const char *wrong = add_condition(work, &work->rules->items[index], depth, out);
            if (wrong != NULL) {
                return wrong;
            }
        }
    }
    close_choice(out, start, count);
    return count > 0 ? NULL : "it names no rule";
}

static const char *add_group(struct wazuh_work *work, struct str group, uint32_t depth,
                             struct buffer *out)
{
    size_t start = out->len;
    uint32_t found = 0;
    for (uint32_t i = 0; i < work->rules->count; i++) {
        const struct wazuh_rule *rule = &work->rules->items[i];
        if (rule->overwritten || rule == work->top || !has_group(rule->groups, group)) {
            continue;
        }
        if (++found > GROUP_RULES_MAX) {
            return "it names a group of more than 16 rules";
        }
        join(out, start, "or");
        const char *wrong = add_condition(work, rule, depth, out);
        if (wrong != NULL) {
            return wrong;
        }
    }
    close_choice(out, start, found);
    return found > 0 ? NULL : "it names a group that no rule is in";
}

/* The conditions of the rules that rule depends on. */
static const char *add_parents(struct wazuh_work *work, const struct wazuh_rule *rule,
                               uint32_t depth, struct buffer *out)
{
    size_t start = out->len;
    for (uint32_t i = 0; i < rule->elements_count; i++) {
        const struct wazuh_element *element = &rule->elements[i];
        bool matched = str_starts_with(element->name, STR("if_matched_"));
        bool sid = str_ends_with(element->name, STR("_sid"));
        bool group = str_ends_with(element->name, STR("_group"));
        if ((!sid && !group) || !str_starts_with(element->name, STR("if_"))) {
            continue;
        }
        if (matched && rule->frequency == 0) {
            return "it asks whether a rule matched before, without a frequency: write a temporal "
                   "correlation";
        }
        join(out, start, "and");
        const char *wrong = sid ? add_ids(work, element->text, depth + 1, out)
                                : add_group(work, element->text, depth + 1, out);
        if (wrong != NULL) {
            return wrong;
        }
    }
    return NULL;
}

static const char *take_elements(struct wazuh_work *work, const struct wazuh_rule *rule)
{
    work->rule = rule;
    work->items_of_rule = 0;
    work->filters_of_rule = 0;
    for (uint32_t i = 0; i < rule->elements_count; i++) {
        const struct wazuh_element *element = &rule->elements[i];
        const struct wazuh_element_row *row = wazuh_element_table;
        while (row->name != NULL && !str_equal(element->name, str_of(row->name))) {
            row++;
        }
        if (row->name == NULL) {
            return arena_printf(work->draft.arena, "%.*s has no counterpart",
                                STR_ARG(element->name))
                .ptr;
        }
        const char *wrong = row->take != NULL ? row->take(work, element, row->field) : NULL;
        if (wrong != NULL) {
            return wrong;
        }
    }
    return NULL;
}

/* The rule's own lines, the first time also into the draft. */
static const char *add_own(struct wazuh_work *work, const struct wazuh_rule *rule, size_t start,
                           struct buffer *out)
{
    struct str own = {0};
    uint32_t known = map_get(work->done, rule->id);
    if (known == MAP_NONE) {
        const char *wrong = take_elements(work, rule);
        if (wrong != NULL) {
            return wrong;
        }
        known = work->items_of_rule + 2 * (work->filters_of_rule > 0 ? 1U : 0U);
        own = arena_copy(work->draft.arena, rule->id);
        map_set(work->done, own, known);
    }
    if ((known & 1) != 0) {
        join(out, start, "and");
        buffer_printf(out, "rule_%.*s", STR_ARG(rule->id));
    }
    if ((known & 2) != 0) {
        join(out, start, "and");
        buffer_printf(out, "not 1 of rule_%.*s_not_*", STR_ARG(rule->id));
    }
    return NULL;
}

static const char *add_condition(struct wazuh_work *work, const struct wazuh_rule *rule,
                                 uint32_t depth, struct buffer *out)
{
    size_t start = out->len;
    struct arena *arena = work->draft.arena;
    const char *wrong = rule->fault;
    if (depth > DEPTH_MAX || out->len > CONDITION_BYTES_MAX) {
        return "the rules that it depends on are too many";
    }
    if (wrong == NULL && depth > 0 && rule->frequency > 0) {
        wrong = "it counts, and what depends on a count must be a correlation";
    }
    wrong = wrong != NULL ? wrong : add_parents(work, rule, depth, out);
    wrong = wrong != NULL ? wrong : add_own(work, rule, start, out);
    if (wrong == NULL && out->len == start) {
        wrong = "it has nothing that an event can be compared with";
    }
    if (wrong != NULL && depth > 0 && !str_starts_with(str_of(wrong), STR("of rule "))) {
        wrong = arena_printf(arena, "of rule %.*s: %s", STR_ARG(rule->id), wrong).ptr;
    }
    return wrong;
}

static struct str level_of(uint64_t level)
{
    static const struct {
        uint64_t from;
        const char *name;
    } rows[] = {{15, "critical"}, {12, "high"}, {7, "medium"}, {4, "low"}, {0, "informational"}};
    size_t i = 0;
    while (level < rows[i].from) {
        i++;
    }
    return str_of(rows[i].name);
}

static struct str description_of(const struct wazuh_rule *rule)
{
    for (uint32_t i = 0; i < rule->elements_count; i++) {
        if (str_equal(rule->elements[i].name, STR("description"))) {
            return rule->elements[i].text;
        }
    }
    return STR("");
}

static const char *set_count(struct wazuh_work *work)
{
    const struct wazuh_rule *rule = work->top;
    struct draft *draft = &work->draft;
    if (rule->frequency == 0) {
        return draft->group_by.count > 0 || draft->distinct.len > 0
                   ? "it asks for the same or different values without a frequency"
                   : NULL;
    }
    draft->counts = true;
    draft->comparison = "gte";
    draft->count = rule->frequency;
    draft->seconds = rule->timeframe > 0 ? rule->timeframe : 360; /* Wazuh's own default */
    return NULL;
}

static const char *fill_draft(struct wazuh_work *work)
{
    const struct wazuh_rule *rule = work->top;
    struct draft *draft = &work->draft;
    struct buffer condition = {0};
    const char *wrong = add_condition(work, rule, 0, &condition);
    draft->condition = arena_copy(draft->arena, buffer_str(&condition));
    buffer_release(&condition);
    wrong = wrong != NULL ? wrong : set_count(work);
    draft->title = description_of(rule);
    if (draft->title.len == 0) {
        draft->title = arena_printf(draft->arena, "Wazuh rule %.*s", STR_ARG(rule->id));
    }
    draft->name = arena_printf(draft->arena, "wazuh_%.*s", STR_ARG(rule->id));
    draft->id_seed = arena_printf(draft->arena, "wazuh/%.*s", STR_ARG(rule->id));
    draft->description =
        arena_printf(draft->arena, "Converted from the Wazuh rule %.*s.", STR_ARG(rule->id));
    draft->level = level_of(rule->level);
    if (!work->any_source) {
        draft->product = STR("linux");
        draft->service = STR("syslog");
    }
    return wrong;
}

static void convert_rule(struct convert *convert, const struct wazuh_rules *rules,
                         const struct wazuh_rule *rule)
{
    struct convert_file *file = &convert->files[rule->file];
    struct wazuh_work work = {.rules = rules, .top = rule, .done = map_new()};
    work.draft.arena = convert->arena;
    const char *wrong = fill_draft(&work);
    wrong = wrong != NULL ? wrong : draft_write(&work.draft, &file->out);
    if (wrong != NULL) {
        convert_note(convert, file, rule->line, CONVERT_NOT, "rule %.*s: %s", STR_ARG(rule->id),
                     wrong);
    } else if (rule->ignores) {
        convert_note(convert, file, rule->line, CONVERT_MIND,
                     "rule %.*s: ignore: its alerts are not limited", STR_ARG(rule->id));
    }
    file->refused += wrong != NULL;
    file->converted += wrong == NULL;
    draft_release(&work.draft);
    map_free(work.done);
}

void convert_wazuh(struct convert *convert)
{
    struct wazuh_rules rules;
    wazuh_rules_init(&rules, convert->arena);
    for (uint32_t i = 0; i < convert->files_count; i++) {
        uint32_t line = 0;
        const char *wrong = wazuh_rules_read(&rules, i, convert->files[i].text, &line);
        if (wrong != NULL) {
            convert_note(convert, &convert->files[i], line, CONVERT_NOT,
                         "not XML: %s; the rules from here on are left out", wrong);
            convert->files[i].refused++;
        }
    }
    for (uint32_t i = 0; i < rules.count; i++) {
        /* Rules of level 0 only serve others, and have no alerts. */
        if (!rules.items[i].overwritten && rules.items[i].level > 0) {
            convert_rule(convert, &rules, &rules.items[i]);
        }
    }
    wazuh_rules_release(&rules);
}
