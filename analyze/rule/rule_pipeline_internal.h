/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_pipeline_internal.h - processing pipelines: how rules of one naming become rules of another.
 *
 * In:  documents with `transformations`, and a rule's or filter's document.
 * Out: the document as the pipelines change it; its nodes keep the places of the rule's file.
 * Thread: one.   Owns: nothing: all is in the builder's arena.
 * Invariants: (1) pipelines change a copy: the nodes of a file stay as they were read.
 *             (2) the order is that of priority, path, place in the file: never the directory's.
 *             (3) a pipeline with an error is left out whole.
 * Bounds: PIPELINE_LINES_MAX lines are made for one rule, LIMIT_RULE_DEPTH deep.
 * Tested: tests/unit/test_rule_pipeline.c, tests/fuzz/fuzz_rule.c.
 */
#ifndef TOCSIN_ANALYZE_RULE_RULE_PIPELINE_INTERNAL_H
#define TOCSIN_ANALYZE_RULE_RULE_PIPELINE_INTERNAL_H

#include "analyze/rule/rule_builder_internal.h"
#include "base/buffer.h"

#define PIPELINE_LINES_MAX 4096U

struct pipeline_transformation;

/* A condition of an item: rule_conditions, detection_item_conditions or field_name_conditions. */
struct pipeline_conditions {
    const struct yaml_node *list; /* NULL: none */
    bool any;                     /* `..cond_op: or` */
    bool negated;                 /* `..cond_not` */
};

/* One member of `transformations`. */
struct pipeline_item {
    const struct pipeline *pipeline;
    const struct yaml_node *node;
    struct str id; /* "" when it has none */
    const struct pipeline_transformation *type;
    struct pipeline_conditions of_rule;
    struct pipeline_conditions of_line;
    struct pipeline_conditions of_field;
};

/* A document with `transformations`. */
struct pipeline {
    struct str path;
    struct str name;
    int64_t priority;
    struct str taxonomy;          /* "": it is for rules of any */
    const struct yaml_node *vars; /* NULL: none */
    struct pipeline_item *items;
    uint32_t items_count;
    uint64_t digest; /* of its text: the same pipeline by two paths counts once */
};

/* What is being changed. */
struct pipeline_run {
    struct rule_builder *builder;
    const struct pipeline_item *item;
    struct yaml_node *document; /* the copy */
    struct yaml_node *body;     /* the selections' map; NULL: a correlation has none */
    struct rule_pipelines *applied;
    uint32_t lines_made;
};

/* A line of a selection, or a keyword. */
struct pipeline_line {
    struct yaml_pair *pair;  /* NULL: a keyword */
    struct yaml_node **slot; /* where its value hangs */
    struct str field;        /* "" for keywords */
    struct str modifiers;    /* from the first | on */
};

/* One row for each `type`. A type changes the rule, every line that fits, or names. */
struct pipeline_transformation {
    const char *name;
    const char *keys; /* its own keys, with a space before and behind each */
    bool (*check)(struct rule_builder *builder, const struct pipeline_item *item);
    bool (*change_rule)(struct pipeline_run *run);
    bool (*change_line)(struct pipeline_run *run, struct pipeline_line *line);
    /* The names that stand for field; false: it stays as it is. */
    bool (*rename)(struct rule_builder *builder, const struct pipeline_item *item, struct str field,
                   struct text_list *names);
};

/* rule_pipeline_change.c, rule_pipeline_name.c and rule_pipeline_value.c: NULL names end them. */
extern const struct pipeline_transformation pipeline_rule_types[];
extern const struct pipeline_transformation pipeline_name_types[];
extern const struct pipeline_transformation pipeline_value_types[];

/* The text of a scalar value of mapping, or "". */
struct str pipeline_text(const struct yaml_node *mapping, const char *key);
/* True when the value is there and true; a problem when it is there and no boolean. */
bool pipeline_flag(const struct yaml_node *mapping, const char *key);
/* Replaces, or adds, a key of a copied mapping. */
void pipeline_set(struct arena *arena, struct yaml_node *mapping, struct str key,
                  struct yaml_node *value);
/* A scalar with text at the place of like. */
struct yaml_node *pipeline_scalar(struct arena *arena, const struct yaml_node *like,
                                  struct str text);
/* A list of texts: a scalar, or a sequence of scalars. False: it is neither. */
bool pipeline_texts(struct arena *arena, const struct yaml_node *node, struct text_list *texts);
/* Each line and keyword of all selections. False as soon as call says so. */
typedef bool pipeline_line_fn(struct pipeline_run *run, struct pipeline_line *line);
bool pipeline_each_line(struct pipeline_run *run, pipeline_line_fn *call);
/* Gives lines, and the rule's list of fields, the names of the item that is run. */
bool pipeline_rename(struct pipeline_run *run);

/* rule_pipeline_condition.c: are the lists of conditions right? False: problems were added. */
bool pipeline_conditions_check(struct rule_builder *builder, const struct pipeline_item *item);
bool pipeline_rule_fits(struct pipeline_run *run);
bool pipeline_line_fits(struct pipeline_run *run, struct pipeline_line *line);
/* The conditions on names alone. */
bool pipeline_field_fits(struct rule_builder *builder, const struct pipeline_item *item,
                         struct str field);
/* Does the pattern stand anywhere in text? */
bool pipeline_regex_finds(struct str pattern, struct str text);
/* Is it a pattern? False: a problem was added. */
bool pipeline_regex_check(struct rule_builder *builder, const struct yaml_node *pattern);

#endif
