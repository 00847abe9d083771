/* SPDX-License-Identifier: Apache-2.0
 *
 * test_find.c - see test_find.h.
 */
#include "cli/workbench/test_find.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/str.h"
#include "cli/rule_paths.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

void test_paths_add(struct test_paths *paths, const char *path)
{
    MEMORY_GROW(paths->items, paths->count, paths->capacity);
    paths->items[paths->count++] = memory_copy_str(str_of(path));
}

void test_paths_add_apart(struct test_paths *paths, const char *path)
{
    char real[PATH_MAX];
    char other[PATH_MAX];
    if (realpath(path, real) == NULL) {
        snprintf(real, sizeof real, "%s", path);
    }
    for (uint32_t i = 0; i < paths->count; i++) {
        struct str folder =
            str_of(realpath(paths->items[i], other) != NULL ? other : paths->items[i]);
        struct str rest = str_slice(str_of(real), folder.len, PATH_MAX);
        if (str_starts_with(str_of(real), folder) && (rest.len == 0 || rest.ptr[0] == '/')) {
            return;
        }
    }
    test_paths_add(paths, path);
}

void test_paths_add_pipelines(struct test_paths *paths, const struct test_paths *named)
{
    char standard[PATH_MAX + 80];
    for (uint32_t i = 0; i < named->count; i++) {
        if (strcmp(named->items[i], "none") != 0) {
            test_paths_add_apart(paths, named->items[i]);
        }
    }
    if (named->count == 0 && rule_paths_default_pipelines(standard, sizeof standard)) {
        test_paths_add_apart(paths, standard);
    }
}

void test_paths_release(struct test_paths *paths)
{
    for (uint32_t i = 0; i < paths->count; i++) {
        memory_free(paths->items[i]);
    }
    memory_free(paths->items);
    *paths = (struct test_paths){0};
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void test_paths_sort(struct test_paths *paths)
{
    uint32_t kept = 0;
    if (paths->count > 1) {
        qsort(paths->items, paths->count, sizeof *paths->items, compare);
    }
    for (uint32_t i = 0; i < paths->count; i++) {
        if (kept > 0 && strcmp(paths->items[kept - 1], paths->items[i]) == 0) {
            memory_free(paths->items[i]);
        } else {
            paths->items[kept++] = paths->items[i];
        }
    }
    paths->count = kept;
}

static bool is_test_name(const char *name)
{
    struct str s = str_of(name);
    return str_ends_with(s, STR(".test.yml")) || str_ends_with(s, STR(".test.yaml"));
}

static int sort_entry(const char *path, const char *name, struct test_paths *folders,
                      struct test_paths *files, struct err *err)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    if (S_ISDIR(status.st_mode)) {
        test_paths_add(folders, path);
    } else if (is_test_name(name)) {
        test_paths_add(files, path);
    }
    return 0;
}

static int walk_folder(const char *folder, struct test_paths *folders, struct test_paths *files,
                       struct err *err)
{
    int failed = 0;
    struct buffer path = {0};
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        return err_set(err, ERR_IO, "%s: %s", folder, strerror(errno));
    }
    for (struct dirent *entry = readdir(directory); entry != NULL && failed == 0;
         entry = readdir(directory)) {
        if (entry->d_name[0] != '.') {
            buffer_clear(&path);
            buffer_printf(&path, "%s/%s", folder, entry->d_name);
            buffer_add_byte(&path, '\0');
            failed = sort_entry(path.ptr, entry->d_name, folders, files, err);
        }
    }
    closedir(directory);
    buffer_release(&path);
    return failed;
}

/* Adds name.test.yml for name.yml, if it is there; else the file itself. */
static void add_file(const char *path, struct test_paths *files)
{
    static const char *const endings[] = {".test.yml", ".test.yaml"};
    struct str name = str_of(path);
    struct buffer test = {0};
    bool found = is_test_name(path);
    size_t cut = str_ends_with(name, STR(".yaml")) ? 5 : str_ends_with(name, STR(".yml")) ? 4 : 0;
    for (size_t i = 0; i < 2 && cut > 0 && !found; i++) {
        struct stat status;
        buffer_clear(&test);
        buffer_add(&test, str_slice(name, 0, name.len - cut));
        buffer_add_text(&test, endings[i]);
        buffer_add_byte(&test, '\0');
        found = stat(test.ptr, &status) == 0;
    }
    test_paths_add(files, test.len > 0 && found ? test.ptr : path);
    buffer_release(&test);
}

int test_find(const char *path, struct test_paths *paths, struct err *err)
{
    struct test_paths folders = {0};
    struct stat status;
    int failed = 0;
    if (stat(path, &status) != 0) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    if (S_ISDIR(status.st_mode)) {
        test_paths_add(&folders, path);
    } else {
        add_file(path, paths);
    }
    while (folders.count > 0) {
        char *folder = folders.items[--folders.count];
        failed = failed != 0 ? failed : walk_folder(folder, &folders, paths, err);
        memory_free(folder);
    }
    test_paths_release(&folders);
    return failed;
}
