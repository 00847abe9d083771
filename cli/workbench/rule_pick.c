/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_pick.c - see rule_pick.h.
 */
#include "cli/workbench/rule_pick.h"

#include "cli/rule_paths.h"
#include "cli/workbench/test_run.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static struct rule_pick parse(struct arena *arena, const char *text)
{
    struct str whole = arena_copy(arena, str_of(text));
    if (access(text, F_OK) == 0) {
        return (struct rule_pick){whole, {0}};
    }
    for (size_t i = 0; i < whole.len; i++) {
        struct str path = arena_copy(arena, str_slice(whole, 0, i));
        if (whole.ptr[i] == ':' && i > 0 && access(path.ptr, F_OK) == 0) {
            return (struct rule_pick){path, str_slice(whole, i + 1, whole.len)};
        }
    }
    return (struct rule_pick){.name = whole};
}

void rule_picks_parse(struct arena *arena, const char *const *texts, uint32_t count,
                      struct rule_pick *picks, struct test_paths *rules)
{
    char standard[PATH_MAX + 64];
    bool given = rules->count > 0;
    bool named = false;
    for (uint32_t i = 0; i < count; i++) {
        picks[i] = parse(arena, texts[i]);
        named = named || picks[i].path.len == 0;
        if (picks[i].path.len > 0) {
            test_paths_add_apart(rules, picks[i].path.ptr);
        }
    }
    if (named && !given) {
        rule_paths_default(standard, sizeof standard);
        test_paths_add_apart(rules, standard);
    }
}

static bool is_same_or_below(struct str path, struct str folder)
{
    return str_starts_with(path, folder) && (path.len == folder.len || path.ptr[folder.len] == '/');
}

/* Is path the picked one, or in its folder? real: the picked one without links and dots. */
static bool is_in(struct str path, struct str picked, const char *real)
{
    char path_real[PATH_MAX];
    return picked.len == 0 || is_same_or_below(path, picked) ||
           (realpath(path.ptr, path_real) != NULL &&
            is_same_or_below(str_of(path_real), str_of(real)));
}

int rule_pick_find(const struct rule_pick *pick, const struct rule_set *rules, uint32_t *picked,
                   uint32_t *count, struct err *err)
{
    char real[PATH_MAX] = "";
    *count = 0;
    if (pick->path.len > 0 && realpath(pick->path.ptr, real) == NULL) {
        return err_set(err, ERR_IO, "%.*s: %s", STR_ARG(pick->path), strerror(errno));
    }
    for (uint32_t i = 0; i < rules->rules_count; i++) {
        const struct rule *rule = &rules->rules[i];
        bool called = pick->name.len == 0 || test_run_is_called(rule, pick->name);
        if (called && is_in(rule->path, pick->path, real)) {
            picked[(*count)++] = i;
        }
    }
    if (*count > 0) {
        return 0;
    }
    for (uint32_t i = 0; i < rules->problems_count; i++) {
        const struct rule_problem *problem = &rules->problems[i];
        if (problem->kind != RULE_WARNING && pick->path.len > 0 &&
            is_in(problem->path, pick->path, real)) {
            return err_set(err, ERR_CONFIG, "%.*s:%u:%u: %.*s", STR_ARG(problem->path),
                           problem->line, problem->column, STR_ARG(problem->reason));
        }
    }
    if (pick->name.len == 0) {
        return err_set(err, ERR_CONFIG, "%.*s: there is no rule in it", STR_ARG(pick->path));
    }
    return err_set(err, ERR_CONFIG, "no rule has the id, name or title '%.*s'%s",
                   STR_ARG(pick->name), pick->path.len == 0 ? ", and no file has that path" : "");
}
