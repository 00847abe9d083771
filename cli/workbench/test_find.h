/* SPDX-License-Identifier: Apache-2.0
 *
 * test_find.h - the test files in files and folders, in the order of their paths.
 *
 * In:  paths.   Out: the paths of *.test.yml and *.test.yaml; hidden entries are left out.
 * Thread: one.   Owns: the list, until test_find_release.
 */
#ifndef TOCSIN_CLI_WORKBENCH_TEST_FIND_H
#define TOCSIN_CLI_WORKBENCH_TEST_FIND_H

#include "base/error.h"

#include <stdint.h>

struct test_paths {
    char **items;
    uint32_t count;
    uint32_t capacity;
};

/* Adds a copy of path. */
void test_paths_add(struct test_paths *paths, const char *path);
/* Likewise, unless it is, or is in, one that is there. */
void test_paths_add_apart(struct test_paths *paths, const char *path);
/* Adds the named pipelines, of which "none" is none; those of the program if none is named. */
void test_paths_add_pipelines(struct test_paths *paths, const struct test_paths *named);
/* Adds the test files that path is or has. Of a rule file it is
 * name.test.yml beside name.yml; any other file is taken as it is. ERR_IO. */
int test_find(const char *path, struct test_paths *paths, struct err *err);
/* Byte order, each path once. */
void test_paths_sort(struct test_paths *paths);
void test_paths_release(struct test_paths *paths);

#endif
