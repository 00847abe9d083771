/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_pick.h - RULE on a command line: a file, a file with a title behind a colon, or a name.
 *
 * In:  "rules/a.yml", "rules/a.yml:Title", "an id, name or title".   Out: what to load, and which
 *      of the loaded rules are meant.
 * Thread: one.   Owns: nothing; paths are in the arena given.
 * Tested: tests/golden/test_rules_explain.sh.
 */
#ifndef TOCSIN_CLI_WORKBENCH_RULE_PICK_H
#define TOCSIN_CLI_WORKBENCH_RULE_PICK_H

#include "analyze/rule/rule.h"
#include "base/arena.h"
#include "base/error.h"
#include "cli/workbench/test_find.h"

struct rule_pick {
    struct str path; /* NUL-terminated; "": look in the loaded rules */
    struct str name; /* "": every rule of path */
};

/* Takes texts apart: a path is what exists. Adds to rules, which has the paths of --rules, what is
 * to be loaded, too: the picked files and, for names without --rules, the rules that come with the
 * program. */
void rule_picks_parse(struct arena *arena, const char *const *texts, uint32_t count,
                      struct rule_pick *picks, struct test_paths *rules);
/* The rules that are meant, by index, in picked (rules_count elements at least); how many. None is
 * ERR_CONFIG, and the text says why. */
int rule_pick_find(const struct rule_pick *pick, const struct rule_set *rules, uint32_t *picked,
                   uint32_t *count, struct err *err);

#endif
