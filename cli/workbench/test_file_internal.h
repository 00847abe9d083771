/* SPDX-License-Identifier: Apache-2.0
 *
 * test_file_internal.h - the parts of a test file's reader: values, events, alerts.
 *
 * In:  YAML nodes.   Out: the parts of a struct test_case; a problem is in err, with its place.
 * Thread: one.   Owns: nothing; everything is in the reader's arena.
 */
#ifndef TOCSIN_CLI_WORKBENCH_TEST_FILE_INTERNAL_H
#define TOCSIN_CLI_WORKBENCH_TEST_FILE_INTERNAL_H

#include "cli/workbench/test_file.h"

struct test_reader {
    struct arena *arena;
    const char *path;
    const struct yaml_node *positives; /* of a file of true_positive and true_negative */
};

/* Which moment a case's next event has, and what the events so far take. */
struct test_clock {
    int64_t next_ns;
    size_t bytes;
    const struct yaml_node *defaults;
};

/* test_value.c */
/* Sets "path:line:column: sentence"; returns ERR_CONFIG. */
int test_wrong(const struct test_reader *reader, const struct yaml_node *node, struct err *err,
               const char *sentence);
/* Every key of the mapping is one of keys (NULL-terminated). */
int test_check_keys(const struct test_reader *reader, const struct yaml_node *mapping,
                    const char *const *keys, struct err *err);
/* A NULL node leaves the value as it is, in all of these. */
int test_read_time(const struct test_reader *reader, const struct yaml_node *node, int64_t *time_ns,
                   struct err *err);
int test_read_duration(const struct test_reader *reader, const struct yaml_node *node,
                       int64_t *duration_ns, struct err *err);
int test_read_count(const struct test_reader *reader, const struct yaml_node *node, uint64_t *count,
                    struct err *err);
/* A scalar, or a sequence of them. */
int test_read_names(const struct test_reader *reader, const struct yaml_node *node,
                    struct str_list *names, struct err *err);
/* A mapping of names to texts. */
int test_read_fields(const struct test_reader *reader, const struct yaml_node *node,
                     struct test_fields *fields, struct err *err);
/* A path as it is meant in the test file; NUL-terminated. */
struct str test_path_from(const struct test_reader *reader, struct str path);

/* test_step.c */
/* The events of a case: its `event`, `events` or `file`. */
int test_read_steps(const struct test_reader *reader, const struct yaml_node *node,
                    struct test_clock *clock, struct test_case *made, struct err *err);
/* One event, which is not a mapping of `repeat` and the like. */
int test_add_event(const struct test_reader *reader, const struct yaml_node *event,
                   struct test_clock *clock, struct test_case *made, struct err *err);

/* test_alert.c */
int test_read_alerts(const struct test_reader *reader, const struct yaml_node *node,
                     struct test_case *made, struct err *err);

#endif
