/* SPDX-License-Identifier: Apache-2.0
 *
 * test_file.h - a *.test.yml file as a list of cases: records to feed, and what they must bring.
 *
 * In:  YAML: `tests:` with inline events, or {id, true_positive, true_negative}.
 * Out: cases whose events are text as a log has it: JSON for a mapping, a line for a string.
 * Thread: one.   Owns: nothing; everything is in the arena given.
 * Invariants: (1) a file is read whole or refused with file:line:column, what is wrong and the fix.
 *             (2) times are those that the file gives or implies: never the clock's.
 * Bounds: LIMIT_RULE_FILE_BYTES a file, TEST_STEPS_MAX events a case, LIMIT_DOCUMENT_RECORD_BYTES a
 *         file of events.
 * Tested: tests/golden/test_rules_test.sh, tests/fuzz/fuzz_test_file.c.
 */
#ifndef TOCSIN_CLI_WORKBENCH_TEST_FILE_H
#define TOCSIN_CLI_WORKBENCH_TEST_FILE_H

#include "analyze/alert/alert.h"
#include "analyze/rule/rule.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "base/yaml.h"

#include <stdbool.h>
#include <stdint.h>

#define TEST_STEPS_MAX 100000

/* One text to feed. */
struct test_step {
    struct str bytes;
    int64_t time_ns; /* the case's clock at it */
    uint32_t line;
};

enum test_match {
    TEST_UNSAID, /* only alerts are expected */
    TEST_FIRES,  /* one of the rules under test, or more */
    TEST_SILENT, /* none of them */
    TEST_LISTED  /* exactly the listed ones, of those under test */
};

struct test_fields {
    const struct alert_field *items;
    uint32_t count;
};

/* An alert that must be there; what is not said may be anything. */
struct test_alert {
    struct str rule; /* id, name or title; "": any under test */
    bool has_value;  /* `count:` */
    uint64_t value;
    bool has_events; /* `events:` */
    uint64_t events;
    int64_t time_ns;          /* `time:`; TIMESTAMP_NONE */
    struct test_fields group; /* `group:` */
    struct test_fields fields;
    uint32_t line;
};

struct test_case {
    struct str title;
    uint32_t line;
    const char *decoder; /* NULL: by content */
    enum test_match match;
    struct str_list listed;
    struct test_step *steps;
    uint32_t steps_count;
    bool has_alerts;
    const struct test_alert *alerts;
    uint32_t alerts_count;
};

struct test_file {
    struct str path;
    struct str_list rules; /* paths of rule files under test; none: see subject */
    struct str subject;    /* id, name or title of the one rule under test; "": all of the files */
    struct test_case *cases;
    uint32_t cases_count;
};

/* Reads path. ERR_IO or ERR_CONFIG. */
int test_file_read(struct arena *arena, const char *path, struct test_file *file, struct err *err);
/* The same of a text; `file:` keys are read relative to path. */
int test_file_parse(struct arena *arena, const char *path, struct str text, struct test_file *file,
                    struct err *err);
/* The same of one document. */
int test_file_from(struct arena *arena, const char *path, const struct yaml_node *root,
                   struct test_file *file, struct err *err);

#endif
