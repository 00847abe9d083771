/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_list.c - `%name%` of a list file: files lists/NAME.txt and lists/NAME.csv beside the rules.
 *
 * Files are noted when folders are walked, and read when the first rule names them. NAME.COLUMN is
 * a column of a CSV file.
 */
#include "analyze/rule/rule_builder_internal.h"

#include "base/memory.h"

void rule_list_note(struct rule_builder *builder, const char *path)
{
    struct str name = arena_copy(builder->arena, str_of(path));
    struct list_file file = {.path = name};
    for (size_t slash = str_find_byte(name, '/'); slash != STR_NOT_FOUND;
         slash = str_find_byte(name, '/')) {
        name = str_slice(name, slash + 1, name.len);
    }
    name = str_slice(name, 0, name.len - strlen(".txt"));
    uint32_t index = map_get(builder->list_ids, name);
    if (index != MAP_NONE) {
        struct list_file *other = &builder->lists[index];
        if (!str_equal(other->path, file.path)) {
            other->twin = file.path;
        }
        return;
    }
    map_set(builder->list_ids, name, builder->lists_count);
    MEMORY_GROW(builder->lists, builder->lists_count, builder->lists_capacity);
    builder->lists[builder->lists_count++] = file;
}

/* The file that name, or name without its column, is of; UINT32_MAX: none. */
static uint32_t find_file(const struct rule_builder *builder, struct str name, struct str *column)
{
    uint32_t index = map_get(builder->list_ids, name);
    *column = (struct str){"", 0};
    for (size_t at = name.len; index == MAP_NONE && at > 0; at--) {
        if (name.ptr[at - 1] == '.') {
            *column = str_slice(name, at, name.len);
            index = map_get(builder->list_ids, str_slice(name, 0, at - 1));
        }
    }
    return index;
}

bool rule_list_is_known(const struct rule_builder *builder, struct str name)
{
    struct str column;
    return find_file(builder, name, &column) != MAP_NONE;
}

/* The set keeps what was read. */
static void keep(struct rule_builder *builder, struct list *list)
{
    struct rule_set *set = builder->set;
    MEMORY_GROW(set->lists, set->lists_count, builder->set_lists_capacity);
    set->lists[set->lists_count++] = list;
}

const struct list *rule_list_read(struct rule_builder *builder, const struct yaml_node *at,
                                  struct str name)
{
    struct str column;
    struct err err = {0};
    struct list *list = NULL;
    uint32_t loaded = map_get(builder->loaded_ids, name);
    if (loaded != MAP_NONE) {
        return builder->set->lists[loaded];
    }
    const struct list_file *file = &builder->lists[find_file(builder, name, &column)];
    if (file->twin.len > 0) {
        rule_problem_add(builder, RULE_ERROR, at, "%.*s and %.*s are both the list %%%.*s%%",
                         STR_ARG(file->path), STR_ARG(file->twin), STR_ARG(name));
        return NULL;
    }
    if (column.len > 0 && !str_ends_with(file->path, STR(".csv"))) {
        rule_problem_add(builder, RULE_ERROR, at, "%.*s is no CSV file: it has no column '%.*s'",
                         STR_ARG(file->path), STR_ARG(column));
        return NULL;
    }
    if (list_load(file->path.ptr, column, &list, &err) != 0) {
        rule_problem_add(builder, RULE_ERROR, at, "the list can't be used: %s", err.text);
        return NULL;
    }
    if (list_count(list) == 0) {
        rule_problem_add(builder, RULE_WARNING, at, "the list %.*s is empty: nothing is in it",
                         STR_ARG(file->path));
    }
    map_set(builder->loaded_ids, name, builder->set->lists_count);
    keep(builder, list);
    return list;
}

/* text with all escaped that means something in a value or, of more bytes, in a pattern. */
static struct str escape(struct arena *arena, struct str text, bool pattern)
{
    const struct str special = pattern ? STR("\\*?.+^$|()[]{}") : STR("\\*?");
    char *out = arena_take(arena, text.len * 2 + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        if (str_find_byte(special, byte) != STR_NOT_FOUND) {
            out[len++] = '\\';
        }
        out[len++] = byte;
    }
    out[len] = '\0';
    return (struct str){out, len};
}

bool rule_list_texts(struct rule_builder *builder, const struct yaml_node *at, struct str name,
                     struct text_list *texts)
{
    const struct list *list = rule_list_read(builder, at, name);
    if (list == NULL) {
        return false;
    }
    const struct str *entries = NULL;
    uint32_t count = list_entries(list, &entries);
    if (list_kind_of(list) != LIST_EXACT || count == 0) {
        return rule_problem_add(builder, RULE_ERROR, at,
                                "here %%%.*s%% must be an exact list of 1 to %u entries; a larger "
                                "one, suffixes and networks stand for a whole field: "
                                "`field|expand: '%%%.*s%%'`",
                                STR_ARG(name), LIST_ENTRIES_KEPT, STR_ARG(name));
    }
    struct str *items = arena_take(builder->arena, count * sizeof *items);
    for (uint32_t i = 0; i < count; i++) {
        items[i] = escape(builder->arena, entries[i], builder->expands_pattern);
    }
    *texts = (struct text_list){items, count};
    return true;
}
