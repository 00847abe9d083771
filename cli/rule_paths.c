/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_paths.c - see rule_paths.h.
 */
#include "cli/rule_paths.h"

#include "base/memory.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PARENTS = 4 }; /* build/<preset>/tocsin is two below the tree */

/* Cuts the last name off path; false at the root. */
static bool go_up(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path) {
        return false;
    }
    *slash = '\0';
    return true;
}

/* A folder is a source tree of tocsin when it has both the rules and the file that builds them. */
static bool is_source_tree(const char *folder)
{
    char name[PATH_MAX + 32];
    snprintf(name, sizeof name, "%s/rules", folder);
    bool rules = access(name, R_OK) == 0;
    snprintf(name, sizeof name, "%s/cli/engine/engine.h", folder);
    return rules && access(name, R_OK) == 0;
}

void rule_paths_default(char *path, size_t size)
{
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len > 0) {
        program[len] = '\0';
        go_up(program);
        char folder[PATH_MAX];
        snprintf(folder, sizeof folder, "%s", program);
        for (int i = 0; i < PARENTS; i++) {
            if (is_source_tree(folder)) {
                snprintf(path, size, "%s/rules", folder);
                return;
            }
            if (!go_up(folder)) {
                break;
            }
        }
        snprintf(path, size, "%s/../share/tocsin/rules", program);
        if (access(path, R_OK) == 0) {
            return;
        }
    }
    snprintf(path, size, "/usr/local/share/tocsin/rules");
}

bool rule_paths_default_pipelines(char *path, size_t size)
{
    char rules[PATH_MAX + 64];
    rule_paths_default(rules, sizeof rules);
    snprintf(path, size, "%s/pipelines", rules);
    return access(path, R_OK) == 0;
}

static void add(struct rule_paths *paths, const char *path)
{
    MEMORY_GROW(paths->items, paths->count, paths->capacity);
    paths->items[paths->count++] = path;
}

void rule_paths_add(struct rule_paths *paths, const char *path)
{
    add(paths, path);
    paths->rules_count++;
}

void rule_paths_add_pipeline(struct rule_paths *paths, const char *path)
{
    paths->has_pipelines = true;
    if (strcmp(path, "none") != 0) {
        add(paths, path);
    }
}

void rule_paths_finish(struct rule_paths *paths)
{
    if (paths->rules_count == 0) {
        rule_paths_default(paths->rules, sizeof paths->rules);
        rule_paths_add(paths, paths->rules);
    }
    if (!paths->has_pipelines &&
        rule_paths_default_pipelines(paths->pipelines, sizeof paths->pipelines)) {
        rule_paths_add_pipeline(paths, paths->pipelines);
    }
}

void rule_paths_release(struct rule_paths *paths)
{
    memory_free(paths->items);
    *paths = (struct rule_paths){0};
}
