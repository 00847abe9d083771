/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_paths.h - which rules and pipelines are loaded: those that are named, or those that come
 * with the program.
 *
 * In:  what the user names, and the program's own place.   Out: paths for rule_set_load.
 * Thread: any.   Owns: its list of paths; named paths are the caller's.
 */
#ifndef TOCSIN_CLI_RULE_PATHS_H
#define TOCSIN_CLI_RULE_PATHS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What --help says of --pipeline. */
#define RULE_PATHS_PIPELINE_DOC                                                                    \
    "pipelines instead of those of the program; may be repeated; none: no others"

/* All zero to begin with. */
struct rule_paths {
    const char **items;
    uint32_t count;
    uint32_t capacity;
    uint32_t rules_count;
    bool has_pipelines;
    char rules[PATH_MAX + 64];
    char pipelines[PATH_MAX + 80];
};

/* A file or directory of rules. */
void rule_paths_add(struct rule_paths *paths, const char *path);
/* A file or directory of pipelines, instead of those that come with the program; "none": none. */
void rule_paths_add_pipeline(struct rule_paths *paths, const char *path);
/* Adds what comes with the program where nothing was named. */
void rule_paths_finish(struct rule_paths *paths);
void rule_paths_release(struct rule_paths *paths);

/* Writes into path (size bytes) the folder of the rules that come with the program: rules/ of the
 * source tree that it was built in, else ../share/tocsin/rules seen from the program's folder. The
 * folder need not exist in the latter case: loading it says so. */
void rule_paths_default(char *path, size_t size);
/* The same for pipelines: false when there are none. */
bool rule_paths_default_pipelines(char *path, size_t size);

#endif
