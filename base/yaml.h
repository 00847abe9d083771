/* SPDX-License-Identifier: Apache-2.0
 *
 * yaml.h - a YAML stream (1.1/1.2 as libyaml reads it) as trees of nodes that know their place.
 *
 * In:  a file's bytes.   Out: one tree a document; every node has line and column (from 1).
 * Thread: one at a time; a finished tree may be read by any.   Owns: the nodes (in its arena).
 * Invariants: (1) a mapping's keys are scalars and unique: a second one is an error with its line.
 *             (2) anchors and aliases are resolved; an alias loop or expansion beyond
 *                 LIMIT_RULE_FILE_BYTES nodes, or twice as many bytes of scalars, is an error
 *                 ("billion laughs").
 *             (3) depth <= LIMIT_RULE_DEPTH.
 * Tested: tests/unit/test_yaml.c, tests/fuzz/fuzz_rule.c.
 */
#ifndef TOCSIN_BASE_YAML_H
#define TOCSIN_BASE_YAML_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_pair;

struct yaml_node {
    enum yaml_kind kind;
    bool quoted;     /* a scalar in quotes or block style: always a string */
    bool one_line;   /* a scalar that ends on the line where it begins */
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1 */
    struct str text; /* a scalar's value, NUL after it */
    size_t count;    /* items of a sequence, pairs of a mapping */
    union {
        struct yaml_node **items;
        struct yaml_pair *pairs; /* in the file's order */
    };
};

struct yaml_pair {
    struct yaml_node *key;
    struct yaml_node *value;
};

struct yaml_documents {
    struct yaml_node **roots;
    size_t count;
    struct str source; /* yaml_parse_file: the file, in the arena, whatever is wrong with it */
};

/* Parses all documents in text into arena. name is the file's name for messages. Empty documents
 * are left out. Returns 0, or ERR_CONFIG with "name:line:column: what is wrong". */
int yaml_parse(struct arena *arena, const char *name, struct str text,
               struct yaml_documents *documents, struct err *err);

/* Reads a whole file of at most limit bytes into arena and parses it. ERR_IO or ERR_CONFIG. */
int yaml_parse_file(struct arena *arena, const char *path, size_t limit,
                    struct yaml_documents *documents, struct err *err);

/* The value of key in a mapping, or NULL (also when node is NULL or not a mapping). */
struct yaml_node *yaml_get(const struct yaml_node *node, const char *key);
struct yaml_node *yaml_get_str(const struct yaml_node *node, struct str key);

/* A copy, in arena, of a mapping without key; the values are shared. */
struct yaml_node *yaml_without(struct arena *arena, const struct yaml_node *mapping,
                               const char *key);

/* A copy, in arena, of the whole tree under node; only the texts are shared. */
struct yaml_node *yaml_copy(struct arena *arena, const struct yaml_node *node);

/* A plain scalar's type under the YAML 1.2 core schema. Quoted scalars are always strings. */
enum yaml_type { YAML_STRING, YAML_NULL, YAML_BOOL, YAML_INTEGER, YAML_FLOAT };
enum yaml_type yaml_scalar_type(const struct yaml_node *node);

#endif
