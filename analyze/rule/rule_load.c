/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_load.c - files and directories to a rule_set: paths in byte order, one file after the other.
 */
#include "analyze/rule/rule_builder_internal.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

struct paths {
    char **items;
    uint32_t count;
    uint32_t capacity;
};

static void paths_add(struct paths *paths, const char *path)
{
    MEMORY_GROW(paths->items, paths->count, paths->capacity);
    paths->items[paths->count++] = memory_copy_str(str_of(path));
}

static void paths_release(struct paths *paths)
{
    for (uint32_t i = 0; i < paths->count; i++) {
        memory_free(paths->items[i]);
    }
    memory_free(paths->items);
    *paths = (struct paths){0};
}

static bool is_rule_name(const char *name)
{
    struct str s = str_of(name);
    bool yaml = str_ends_with(s, STR(".yml")) || str_ends_with(s, STR(".yaml"));
    return yaml && !str_ends_with(s, STR(".test.yml")) && !str_ends_with(s, STR(".test.yaml"));
}

/* A list: a file NAME.txt or NAME.csv in a folder `lists`. */
static bool is_list(const char *folder, const char *name)
{
    struct str place = str_of(folder);
    struct str file = str_of(name);
    bool ending = str_ends_with(file, STR(".txt")) || str_ends_with(file, STR(".csv"));
    return ending && file.len > strlen(".txt") &&
           (str_ends_with(place, STR("/lists")) || str_equal(place, STR("lists")));
}

/* Looks at pending directories until none is left; files go to files and lists. */
static int walk_directories(struct paths *pending, struct paths *files, struct paths *lists,
                            struct err *err)
{
    while (pending->count > 0) {
        char *folder = pending->items[--pending->count];
        DIR *directory = opendir(folder);
        if (directory == NULL) {
            err_set(err, ERR_IO, "%s: %s", folder, strerror(errno));
            memory_free(folder);
            return err->code;
        }
        for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
            struct stat status;
            struct buffer path = {0};
            if (entry->d_name[0] == '.') {
                continue;
            }
            buffer_printf(&path, "%s/%s", folder, entry->d_name);
            buffer_add_byte(&path, '\0');
            if (stat(path.ptr, &status) == 0 && S_ISDIR(status.st_mode)) {
                paths_add(pending, path.ptr);
            } else if (is_list(folder, entry->d_name)) {
                paths_add(lists, path.ptr);
            } else if (is_rule_name(entry->d_name)) {
                paths_add(files, path.ptr);
            }
            buffer_release(&path);
        }
        closedir(directory);
        memory_free(folder);
    }
    return 0;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The folder `lists` beside a rule file, if there is one. */
static int find_lists_beside(const char *file, struct paths *files, struct paths *lists,
                             struct err *err)
{
    struct stat status;
    struct paths pending = {0};
    struct buffer path = {0};
    const char *slash = strrchr(file, '/');
    size_t folder_len = slash == NULL ? 0 : (size_t)(slash - file) + 1;
    buffer_add(&path, (struct str){file, folder_len});
    buffer_add_text(&path, "lists");
    buffer_add_byte(&path, '\0');
    int failed = 0;
    if (stat(path.ptr, &status) == 0 && S_ISDIR(status.st_mode)) {
        paths_add(&pending, path.ptr);
        failed = walk_directories(&pending, files, lists, err);
    }
    paths_release(&pending);
    buffer_release(&path);
    return failed;
}

static int find_files(const char *root, struct paths *files, struct paths *lists, struct err *err)
{
    struct stat status;
    struct paths pending = {0};
    struct str trimmed = str_of(root);
    if (stat(root, &status) != 0) {
        return err_set(err, ERR_IO, "%s: %s", root, strerror(errno));
    }
    if (!S_ISDIR(status.st_mode)) {
        paths_add(files, root);
        return find_lists_beside(root, files, lists, err);
    }
    while (trimmed.len > 1 && trimmed.ptr[trimmed.len - 1] == '/') {
        trimmed.len--;
    }
    MEMORY_GROW(pending.items, pending.count, pending.capacity);
    pending.items[pending.count++] = memory_copy_str(trimmed);
    int failed = walk_directories(&pending, files, lists, err);
    paths_release(&pending);
    return failed;
}

static void builder_init(struct rule_builder *builder)
{
    *builder = (struct rule_builder){0};
    builder->set = memory_new(1, sizeof *builder->set);
    builder->arena = arena_new(0);
    builder->set->arena = builder->arena;
    builder->predicate_ids = map_new();
    builder->ids = map_new();
    builder->placeholder_ids = map_new();
    builder->list_ids = map_new();
    builder->loaded_ids = map_new();
    builder->scratch = memory_new(1, sizeof *builder->scratch);
    builder->group_key = arena_take_zeroed(builder->arena, 1, sizeof *builder->group_key);
    builder->dropped = arena_take_zeroed(builder->arena, 1, sizeof *builder->dropped);
    builder->nothing = arena_take_zeroed(builder->arena, 1, sizeof *builder->nothing);
}

/* The problems are sorted: those of a document stand together. */
static uint32_t count_rejected(const struct rule_set *set)
{
    const struct rule_problem *before = NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < set->problems_count; i++) {
        const struct rule_problem *problem = &set->problems[i];
        bool same = before != NULL && before->document == problem->document &&
                    str_equal(before->path, problem->path);
        if (rule_problem_drops(problem)) {
            count += same ? 0 : 1;
            before = problem;
        }
    }
    return count;
}

/* Frees what only loading needed; the set is complete. */
static struct rule_set *builder_finish(struct rule_builder *builder)
{
    struct rule_set *set = builder->set;
    rule_filters_apply(builder);
    rule_correlations_resolve(builder);
    if (set->problems_count > 1) {
        qsort(set->problems, set->problems_count, sizeof *set->problems, rule_problem_compare);
    }
    set->rejected_count = count_rejected(set);
    map_free(builder->predicate_ids);
    map_free(builder->ids);
    map_free(builder->placeholder_ids);
    map_free(builder->list_ids);
    map_free(builder->loaded_ids);
    memory_free(builder->lists);
    memory_free(builder->placeholders);
    rule_pipelines_release(builder);
    buffer_release(builder->scratch);
    memory_free(builder->scratch);
    memory_free(builder->correlations);
    memory_free(builder->filters);
    memory_free(builder->selections);
    return set;
}

/* err's text is "path:line:column: reason": the problem gets its parts. */
static void add_yaml_problem(struct rule_builder *builder, const struct err *err)
{
    struct yaml_node place = {0};
    struct str text = str_of(err->text);
    struct str rest = str_slice(text, builder->path.len, text.len);
    uint64_t numbers[2] = {0, 0};
    for (int i = 0; i < 2 && str_starts_with(rest, STR(":")); i++) {
        struct str number = str_slice(rest, 1, str_find_byte(str_slice(rest, 1, rest.len), ':'));
        if (!str_to_u64(number, &numbers[i])) {
            break;
        }
        rest = str_slice(rest, 1 + number.len, rest.len);
    }
    if (str_starts_with(rest, STR(": "))) {
        rest = str_slice(rest, 2, rest.len);
    }
    place.line = (uint32_t)numbers[0];
    place.column = (uint32_t)numbers[1];
    builder->title = (struct str){0};
    builder->document = 0;
    builder->set->documents_count++;
    rule_problem_note(builder, PROBLEM_INVALID_YAML, &place, "%.*s", STR_ARG(rest));
}

/* A file whose documents are known. */
struct read_file {
    struct str path;
    struct yaml_documents documents;
};

/* Parses the file, and takes what it has of placeholders and pipelines. */
static int read_file(struct rule_builder *builder, const char *path, struct read_file *file,
                     struct err *err)
{
    struct err trouble = {0};
    *file = (struct read_file){.path = arena_copy(builder->arena, str_of(path))};
    builder->path = file->path;
    builder->set->files_count++;
    int failed =
        yaml_parse_file(builder->arena, path, LIMIT_RULE_FILE_BYTES, &file->documents, &trouble);
    builder->set->sources[builder->set->files_count - 1] =
        (struct rule_source){file->path, file->documents.source};
    if (failed == ERR_IO) {
        *err = trouble;
        return failed;
    }
    if (failed != 0) {
        add_yaml_problem(builder, &trouble);
        file->documents.count = 0;
    }
    rule_placeholders_read(builder, &file->documents);
    bool pipelines = rule_pipelines_read(builder, &file->documents);
    builder->set->pipeline_files_count += pipelines ? 1 : 0;
    return 0;
}

/* All files are parsed before the first rule is read: placeholders may stand behind their use. */
static int read_files(struct rule_builder *builder, const struct paths *paths, struct err *err)
{
    struct read_file *files = memory_new(paths->count, sizeof *files);
    builder->set->sources = memory_new(paths->count, sizeof *builder->set->sources);
    uint32_t count = 0;
    int failed = 0;
    for (uint32_t i = 0; i < paths->count && failed == 0; i++) {
        /* The same file by two of the paths is read once. */
        if (i == 0 || strcmp(paths->items[i - 1], paths->items[i]) != 0) {
            failed = read_file(builder, paths->items[i], &files[count++], err);
        }
    }
    for (uint32_t i = 0; i < count && failed == 0; i++) {
        builder->path = files[i].path;
        rule_documents_read(builder, &files[i].documents);
    }
    memory_free(files);
    return failed;
}

int rule_set_load(const char *const *paths, uint32_t paths_count, struct rule_set **set,
                  struct err *err)
{
    struct paths files = {0};
    struct paths lists = {0};
    struct rule_builder builder;
    int failed = 0;
    *set = NULL;
    for (uint32_t i = 0; i < paths_count && failed == 0; i++) {
        failed = find_files(paths[i], &files, &lists, err);
    }
    builder_init(&builder);
    if (failed == 0 && files.count > 1) {
        qsort(files.items, files.count, sizeof *files.items, compare_paths);
    }
    if (failed == 0 && lists.count > 1) {
        qsort(lists.items, lists.count, sizeof *lists.items, compare_paths);
    }
    for (uint32_t i = 0; i < lists.count; i++) {
        rule_list_note(&builder, lists.items[i]);
    }
    failed = failed == 0 ? read_files(&builder, &files, err) : failed;
    paths_release(&lists);
    paths_release(&files);
    struct rule_set *made = builder_finish(&builder);
    if (failed != 0) {
        rule_set_free(made);
        return failed;
    }
    *set = made;
    return 0;
}

int rule_set_load_text(const char *name, struct str text, struct rule_set **set, struct err *err)
{
    struct rule_builder builder;
    struct yaml_documents documents;
    struct err trouble = {0};
    (void)err;
    builder_init(&builder);
    builder.path = arena_copy(builder.arena, str_of(name));
    builder.set->files_count = 1;
    builder.set->sources = memory_new(1, sizeof *builder.set->sources);
    builder.set->sources[0] = (struct rule_source){builder.path, arena_copy(builder.arena, text)};
    if (yaml_parse(builder.arena, name, text, &documents, &trouble) != 0) {
        add_yaml_problem(&builder, &trouble);
    } else {
        rule_placeholders_read(&builder, &documents);
        rule_pipelines_read(&builder, &documents);
        rule_documents_read(&builder, &documents);
    }
    *set = builder_finish(&builder);
    return 0;
}

void rule_set_free(struct rule_set *set)
{
    if (set == NULL) {
        return;
    }
    arena_free(set->arena);
    for (uint32_t i = 0; i < set->lists_count; i++) {
        list_free(set->lists[i]);
    }
    memory_free(set->lists);
    memory_free(set->predicates);
    memory_free(set->rules);
    memory_free(set->problems);
    memory_free(set->sources);
    memory_free(set);
}

struct str rule_set_line(const struct rule_set *set, struct str path, uint32_t line)
{
    struct str rest = {"", 0};
    for (uint32_t i = 0; i < set->files_count && rest.len == 0; i++) {
        rest = str_equal(set->sources[i].path, path) ? set->sources[i].text : rest;
    }
    for (uint32_t at = 1; at < line && rest.len > 0; at++) {
        size_t end = str_find_byte(rest, '\n');
        rest = end == STR_NOT_FOUND ? (struct str){"", 0} : str_slice(rest, end + 1, rest.len);
    }
    struct str found =
        line == 0 ? (struct str){"", 0} : str_slice(rest, 0, str_find_byte(rest, '\n'));
    return str_ends_with(found, STR("\r")) ? str_slice(found, 0, found.len - 1) : found;
}

uint32_t rule_set_find(const struct rule_set *set, struct str id_or_name)
{
    for (uint32_t i = 0; i < set->rules_count; i++) {
        if (str_equal(set->rules[i].id, id_or_name) ||
            (set->rules[i].name.len > 0 && str_equal(set->rules[i].name, id_or_name))) {
            return i;
        }
    }
    return UINT32_MAX;
}
