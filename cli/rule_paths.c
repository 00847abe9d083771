/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_paths.c - see rule_paths.h.
 */
#include "cli/rule_paths.h"

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
