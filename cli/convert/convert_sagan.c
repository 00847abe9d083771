/* SPDX-License-Identifier: Apache-2.0
 *
 * convert_sagan.c - rules of Sagan, and Snort's way of writing them, to Sigma rules.
 *
 * A rule is a line, or several with a backslash at their ends. Files called classification.config
 * say which priority a class has. Tested: tests/golden/test_convert.sh, tests/fuzz/fuzz_convert.c.
 */
#include "cli/convert/sagan_internal.h"

#include "base/memory.h"

static bool is_classification(const struct convert_file *file)
{
    return str_ends_with(file->path, STR("classification.config"));
}

/* config classification: name,description,priority */
static void read_classification(struct str line, struct map *priorities)
{
    static const char head[] = "config classification:";
    uint64_t priority = 0;
    line = str_trim(line);
    size_t comma = str_find_byte(line, ',');
    if (!str_starts_with(line, str_of(head)) || comma == STR_NOT_FOUND) {
        return;
    }
    struct str name = str_trim(str_slice(line, sizeof head - 1, comma - sizeof head + 1));
    size_t last = line.len;
    while (line.ptr[last - 1] != ',') {
        last--;
    }
    if (str_to_u64(str_trim(str_slice(line, last, line.len)), &priority) && priority > 0 &&
        priority < 100) {
        map_set(priorities, name, (uint32_t)priority);
    }
}

static struct str level_of(uint64_t priority)
{
    static const char *const names[] = {"medium", "high", "medium", "low", "informational"};
    size_t count = sizeof names / sizeof names[0];
    return str_of(names[priority < count ? priority : count - 1]);
}

/* Takes option i, and says what of it is left out. NULL, or why the rule can't be converted. */
static const char *take_option(struct sagan_work *work, uint32_t i)
{
    const struct sagan_option *option = &work->rule.options[i];
    const struct sagan_option_row *row = sagan_option_table;
    while (row->name != NULL && !str_equal(option->name, str_of(row->name))) {
        row++;
    }
    if (row->name == NULL) {
        return arena_printf(work->draft.arena, "the option %.*s is not known",
                            STR_ARG(option->name))
            .ptr;
    }
    if (row->left != NULL) {
        convert_note(work->convert, work->file, work->line, CONVERT_LEFT, "%s: %s", row->name,
                     row->left);
    }
    return row->take != NULL ? row->take(work, option->value) : row->refused;
}

static bool is_any(struct str address)
{
    return str_equal(address, STR("any")) || str_starts_with(address, STR("$")) ||
           str_starts_with(address, STR("!$"));
}

static const char *take_rule(struct sagan_work *work)
{
    const struct sagan_rule *rule = &work->rule;
    if (!str_equal(rule->action, STR("alert")) && !str_equal(rule->action, STR("drop"))) {
        return "its action is neither alert nor drop";
    }
    if (!is_any(rule->source) || !is_any(rule->destination)) {
        return "it is for certain addresses: write them as a selection of src_ip or dst_ip";
    }
    for (uint32_t i = 0; i < rule->options_count; i++) {
        const char *wrong = take_option(work, i);
        if (wrong != NULL) {
            return wrong;
        }
    }
    return work->draft.items_count > 0 ? NULL : "it has neither content nor pcre nor program";
}

/* Values of one key are any of them; contents and patterns must all be there. */
static void mark_all(struct draft *draft)
{
    for (uint32_t i = 0; i < draft->items_count; i++) {
        struct draft_item *item = &draft->items[i];
        bool joins = str_equal(item->selection, STR("selection")) &&
                     str_starts_with(item->key, STR("message|")) &&
                     !str_ends_with(item->key, STR("|all"));
        struct str key = item->key;
        struct str all = joins ? arena_printf(draft->arena, "%.*s|all", STR_ARG(key)) : key;
        for (uint32_t j = i + 1; joins && j < draft->items_count; j++) {
            struct draft_item *other = &draft->items[j];
            if (str_equal(other->selection, item->selection) && str_equal(other->key, key)) {
                other->key = all;
                item->key = all;
            }
        }
    }
}

static struct str condition_of(const struct sagan_work *work)
{
    bool positive = false;
    for (uint32_t i = 0; i < work->draft.items_count; i++) {
        positive = positive || !str_starts_with(work->draft.items[i].selection, STR("filter"));
    }
    const char *selections = work->metas > 0 ? "all of selection*" : "selection";
    struct str filters = work->filters > 0 ? STR("not 1 of filter_*") : STR("");
    if (!positive) {
        return filters;
    }
    return arena_printf(work->draft.arena, "%s%s%.*s", selections, filters.len > 0 ? " and " : "",
                        STR_ARG(filters));
}

static struct str title_of(struct sagan_work *work)
{
    bool negated = false;
    struct str text = {0};
    struct str rest = {0};
    struct str msg = sagan_rule_value(&work->rule, "msg");
    return sagan_text_read(work->draft.arena, msg, &negated, &text, &rest) ? str_trim(text)
                                                                           : STR("");
}

static void fill_metadata(struct sagan_work *work, struct str sid)
{
    struct draft *draft = &work->draft;
    struct buffer name = {0};
    convert_add_name(&name, draft->title);
    draft->name = arena_printf(draft->arena, "%.*s_%.*s", STR_ARG(buffer_str(&name)), STR_ARG(sid));
    buffer_release(&name);
    draft->id_seed = arena_printf(draft->arena, "sagan/%.*s", STR_ARG(sid));
    struct str class = sagan_rule_value(&work->rule, "classtype");
    draft->description =
        arena_printf(draft->arena, "Converted from the Sagan rule %.*s%s%.*s.", STR_ARG(sid),
                     class.len > 0 ? " of class " : "", STR_ARG(class));
    draft->level = level_of(work->priority);
    draft->product = STR("linux");
    draft->service = STR("syslog");
    draft->condition = condition_of(work);
    mark_all(draft);
    if (draft->counts && draft->group_by.count > 0) {
        convert_note(work->convert, work->file, work->line, CONVERT_MIND,
                     "it counts by %.*s, a field that only events of some programs have",
                     STR_ARG(draft->group_by.items[0]));
    }
}

static const char *convert_rule(struct sagan_work *work, struct str text, struct map *sids,
                                struct buffer *out)
{
    const char *wrong = sagan_rule_read(text, &work->rule);
    if (wrong != NULL) {
        return wrong;
    }
    struct str sid = sagan_rule_value(&work->rule, "sid");
    work->draft.title = title_of(work);
    if (work->draft.title.len == 0 || sid.len == 0) {
        return "it has no msg or no sid";
    }
    if (map_get(sids, sid) != MAP_NONE) {
        return "another rule has the same sid";
    }
    map_set(sids, sid, 1);
    wrong = take_rule(work);
    if (wrong != NULL) {
        return wrong;
    }
    fill_metadata(work, sid);
    return draft_write(&work->draft, out);
}

/* The text of the rule that begins in text, up to a line end that no backslash takes away; *used
 * gets its length with the end, *lines its lines. */
static struct str take_text(struct arena *arena, struct str text, size_t *used, uint32_t *lines)
{
    struct buffer joined = {0};
    bool more = true;
    *used = 0;
    *lines = 0;
    while (more && *used < text.len) {
        struct str rest = str_slice(text, *used, text.len);
        size_t end = str_find_byte(rest, '\n');
        struct str line = str_slice(rest, 0, end);
        *used += end == STR_NOT_FOUND ? rest.len : end + 1;
        *lines += 1;
        line = str_trim(line);
        more = str_ends_with(line, STR("\\")) && !str_starts_with(line, STR("#"));
        buffer_add(&joined, str_slice(line, 0, line.len - (more ? 1 : 0)));
        if (more) {
            buffer_add_byte(&joined, ' ');
        }
    }
    struct str whole = arena_copy(arena, buffer_str(&joined));
    buffer_release(&joined);
    return whole;
}

static void convert_text(struct convert *convert, struct convert_file *file,
                         const struct map *priorities, struct map *sids)
{
    struct sagan_work *work = arena_take(convert->arena, sizeof *work);
    struct str rest = file->text;
    uint32_t line = 1;
    while (rest.len > 0) {
        size_t used = 0;
        uint32_t lines = 0;
        struct str text = take_text(convert->arena, rest, &used, &lines);
        rest = str_slice(rest, used, rest.len);
        if (text.len > 0 && text.ptr[0] != '#') {
            *work = (struct sagan_work){.convert = convert, .file = file, .line = line};
            work->priorities = priorities;
            work->draft.arena = convert->arena;
            work->last_content = UINT32_MAX;
            const char *wrong = convert_rule(work, text, sids, &file->out);
            if (wrong != NULL) {
                convert_note(convert, file, line, CONVERT_NOT, "%s", wrong);
            }
            file->refused += wrong != NULL;
            file->converted += wrong == NULL;
            draft_release(&work->draft);
        }
        line += lines;
    }
}

void convert_sagan(struct convert *convert)
{
    struct map *priorities = map_new();
    struct map *sids = map_new();
    for (uint32_t i = 0; i < convert->files_count; i++) {
        struct str rest = is_classification(&convert->files[i]) ? convert->files[i].text : STR("");
        while (rest.len > 0) {
            size_t end = str_find_byte(rest, '\n');
            read_classification(str_slice(rest, 0, end), priorities);
            rest = end == STR_NOT_FOUND ? STR("") : str_slice(rest, end + 1, rest.len);
        }
    }
    for (uint32_t i = 0; i < convert->files_count; i++) {
        if (!is_classification(&convert->files[i])) {
            convert_text(convert, &convert->files[i], priorities, sids);
        }
    }
    map_free(priorities);
    map_free(sids);
}
