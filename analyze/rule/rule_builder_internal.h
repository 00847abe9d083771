/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_builder_internal.h - a rule_set in the making, and what its readers share.
 *
 * In:  YAML documents.   Out: rules, interned predicates, problems.
 * Thread: one.   Owns: growing arrays until rule_builder_finish moves them into the set's arena.
 * Invariants: (1) a document that has a problem of kind error or unsupported leaves no rule behind.
 * Bounds: recursion is over conditions and YAML nodes, at most LIMIT_RULE_DEPTH deep.
 */
#ifndef TOCSIN_ANALYZE_RULE_RULE_BUILDER_INTERNAL_H
#define TOCSIN_ANALYZE_RULE_RULE_BUILDER_INTERNAL_H

#include "analyze/list/list.h"
#include "analyze/rule/rule.h"
#include "analyze/rule/rule_transform.h"
#include "base/map.h"
#include "base/suggest.h"
#include "base/yaml.h"

/* So many texts may be made of one value. */
#define RULE_TEXTS_MAX 1024U

/* A named selection of the document being read. */
struct selection {
    struct str name;
    const struct condition *condition;
};

/* A correlation's reference as it is written, resolved when all files are read. */
struct pending_reference {
    struct str target; /* id or name */
    uint32_t line;
    uint32_t column;
};

struct pending_correlation {
    uint32_t rule; /* index */
    struct pending_reference *references;
    uint32_t references_count;
    const struct yaml_node *aliases; /* mapping alias -> {rule: field}, or NULL */
    const struct yaml_node *fields;  /* value_count: the counted fields' names */
};

/* A filter, applied when all files are read. */
struct pending_filter {
    struct str path;
    struct str title;
    uint32_t line;
    const struct yaml_node *rules; /* ids and names; NULL: any */
    struct rule_logsource logsource;
    const struct condition *condition;
    uint64_t digest;
};

/* The key, of a document's logsource, of the log sources that pipelines have added. */
#define RULE_ALSO_KEY "tocsin also"

/* The items of pipelines that changed a rule, in their order. */
struct rule_pipelines {
    const struct pipeline_item **items;
    uint32_t count;
    uint32_t capacity;
};

/* A list file that is known by name. */
struct list_file {
    struct str path; /* NUL after it */
    struct str twin; /* another file of the same name, or "" */
};

struct rule_builder {
    struct arena *arena;
    struct rule_set *set;
    uint32_t predicates_capacity;
    uint32_t rules_capacity;
    uint32_t problems_capacity;
    struct map *predicate_ids; /* canonical text of a predicate -> index */
    struct buffer *scratch;    /* the canonical text */
    struct map *ids;           /* id or name -> rule index */
    struct pending_correlation *correlations;
    uint32_t correlations_count;
    uint32_t correlations_capacity;
    struct map *placeholder_ids; /* name -> index into placeholders */
    struct text_list *placeholders;
    uint32_t placeholders_count;
    uint32_t placeholders_capacity;
    struct map *list_ids; /* name -> index into lists */
    struct list_file *lists;
    uint32_t lists_count;
    uint32_t lists_capacity;
    struct map *loaded_ids; /* name, maybe with a column -> index into set->lists */
    uint32_t set_lists_capacity;
    struct pending_filter *filters;
    uint32_t filters_count;
    uint32_t filters_capacity;
    const struct pipeline **pipelines; /* in the order in which they are applied */
    uint32_t pipelines_count;
    uint32_t pipelines_capacity;
    struct rule_pipelines *applied;    /* per rule; with pipelines only */
    struct rule_pipelines applied_now; /* to the document being read */
    uint32_t applied_capacity;
    struct yaml_node *group_key;     /* the key of a line that pipelines made of one: lines in it */
    struct yaml_node *dropped;       /* stands, as key or keyword, where pipelines took one away */
    const struct condition *nothing; /* what a dropped line asks: no part of AND, OR, NOT */
    bool expands_pattern;            /* the value whose placeholders are replaced is a regex */
    /* The document being read. */
    struct str path;
    struct str title;
    uint32_t document;  /* its line */
    bool selects_rules; /* selections are rules: the condition of a correlation is being read */
    const struct yaml_node *value; /* the value being read, or NULL: where conditions come from */
    struct selection *selections;
    uint32_t selections_count;
    uint32_t selections_capacity;
};

/* Notes a problem at the node's place; always returns false, for `return rule_problem_add(..)`. */
bool rule_problem_add(struct rule_builder *builder, enum rule_problem_kind kind,
                      const struct yaml_node *at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for a problem that has a code of its own. */
bool rule_problem_note(struct rule_builder *builder, enum rule_problem_code code,
                       const struct yaml_node *at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Adds "did you mean .." to the last problem, when suggestion found a name. Returns false. */
bool rule_problem_suggest(struct rule_builder *builder, const struct suggestion *suggestion);

/* How far behind the scalar's beginning the byte of its text stands in the file; 0: unknown. */
uint32_t rule_column_in(const struct yaml_node *scalar, const char *byte);

/* The index of a predicate equal to this one, which is copied when it is new. */
uint32_t rule_predicate_intern(struct rule_builder *builder, const struct predicate *predicate);

/* Conditions of the arena. */
const struct condition *rule_condition_predicate(struct rule_builder *builder,
                                                 const struct predicate *predicate);
const struct condition *rule_condition_not(struct rule_builder *builder,
                                           const struct condition *child);
/* AND or OR of children (copied); one child is returned as it is. */
const struct condition *rule_condition_join(struct rule_builder *builder, enum condition_kind kind,
                                            const struct condition *const *children,
                                            uint32_t count);

/* rule_placeholder.c: notes the placeholders of the documents of a file. */
void rule_placeholders_read(struct rule_builder *builder, const struct yaml_documents *documents);
/* Is all of text one placeholder, which no document gives values? Then *name is its name. */
bool rule_placeholder_is_free(struct rule_builder *builder, struct str text, struct str *name);
/* The texts that value stands for when its placeholders are replaced. False: a problem. */
bool rule_placeholders_expand(struct rule_builder *builder, const struct yaml_node *value,
                              struct text_list *texts);
/* rule_pipeline.c: notes the pipelines of the documents of a file. True: it has nothing else. */
bool rule_pipelines_read(struct rule_builder *builder, const struct yaml_documents *documents);
/* The document as the pipelines change it; builder->applied_now gets the items that did. NULL: a
 * problem was added. */
const struct yaml_node *rule_pipelines_apply(struct rule_builder *builder,
                                             const struct yaml_node *document);
/* Is there a pipeline for rules of that taxonomy? */
bool rule_pipelines_know(const struct rule_builder *builder, struct str taxonomy);
/* Keeps what was applied to the document that became the rule of that index. */
void rule_pipelines_keep(struct rule_builder *builder, uint32_t rule);
/* What a correlation calls field, in the names of the events of a rule that it counts. */
struct str rule_pipelines_name(struct rule_builder *builder, uint32_t rule, struct str field);
/* What the pipelines of the document being read say of a placeholder. */
bool rule_pipelines_placeholder(struct rule_builder *builder, struct str name,
                                struct text_list *values);
void rule_pipelines_release(struct rule_builder *builder);
/* rule_list.c: notes a file lists/NAME.txt or .csv. */
void rule_list_note(struct rule_builder *builder, const char *path);
bool rule_list_is_known(const struct rule_builder *builder, struct str name);
/* The list of that name, which is known. NULL: a problem was added. */
const struct list *rule_list_read(struct rule_builder *builder, const struct yaml_node *at,
                                  struct str name);
/* Its entries, as values or as parts of patterns. False: a problem was added. */
bool rule_list_texts(struct rule_builder *builder, const struct yaml_node *at, struct str name,
                     struct text_list *texts);
/* rule_action.c: all documents of the file builder->path. */
void rule_documents_read(struct rule_builder *builder, const struct yaml_documents *documents);
/* rule_extension.c: the key `tocsin:`, if the document has it. False: problems were added. */
bool rule_extension_read(struct rule_builder *builder, const struct yaml_node *document,
                         struct rule *rule);
/* rule_filter.c: the filter of a document, whose metadata rule has. False: problems were added. */
bool rule_filter_read(struct rule_builder *builder, const struct yaml_node *document,
                      const struct rule *rule);
/* Adds the conditions of all filters to the rules that they name. */
void rule_filters_apply(struct rule_builder *builder);
/* rule_document.c: one YAML document of any kind. */
void rule_document_read(struct rule_builder *builder, const struct yaml_node *document);
/* The hash of a document's content; places, comments and the order of keys left out. */
uint64_t rule_document_digest(const struct yaml_node *document);
/* rule_detection.c: all selections into builder->selections. False: problems were added. */
bool rule_detection_read(struct rule_builder *builder, const struct yaml_node *detection);
/* The condition of one selection: a map, a list, a keyword. NULL: a problem was added. */
const struct condition *rule_selection_read(struct rule_builder *builder,
                                            const struct yaml_node *node);
/* rule_item.c: `field|modifier: values` (a NULL value list is null). NULL: a problem was added. */
const struct condition *rule_item_read(struct rule_builder *builder, const struct yaml_node *key,
                                       const struct yaml_node *values);
/* A keyword: an item without field. */
const struct condition *rule_keyword_read(struct rule_builder *builder,
                                          const struct yaml_node *value);
/* rule_condition.c: the text of `condition:` over builder->selections. NULL: a problem. */
const struct condition *rule_condition_read(struct rule_builder *builder,
                                            const struct yaml_node *condition);
/* The different names in the text of a condition over rules' names, in their order. */
bool rule_condition_names(struct rule_builder *builder, const struct yaml_node *condition,
                          struct str_list *names);
/* rule_temporal.c: what a temporal or temporal_ordered needs. Its references may come from its
 * condition. */
bool rule_temporal_read(struct rule_builder *builder, const struct yaml_node *node,
                        struct pending_correlation *pending, struct correlation *correlation);
/* rule_threshold.c: the bounds of the condition, by the correlation's kind. False: a problem. */
bool rule_threshold_read(struct rule_builder *builder, const struct yaml_node *condition,
                         struct correlation *correlation);
bool rule_percentile_read(struct rule_builder *builder, const struct yaml_node *condition,
                          struct correlation *correlation);
/* A scalar or a list of scalars; a missing node is an empty list. */
bool rule_names_read(struct rule_builder *builder, const struct yaml_node *node,
                     struct str_list *names);
/* rule_correlation.c */
/* A number of s, m, h, d, w or M. False: a problem was added. */
bool rule_timespan_read(struct rule_builder *builder, const struct yaml_node *node,
                        int64_t *timespan_ns);
bool rule_correlation_read(struct rule_builder *builder, const struct yaml_node *document,
                           struct rule *rule);
/* rule_references.c: resolves references of all correlations; those with unknown ones become
 * problems. */
void rule_correlations_resolve(struct rule_builder *builder);

/* How a text of a rule is to be read. */
struct value_reading {
    bool plain;      /* no escapes and no wildcards: every byte means itself */
    bool open_front; /* anything may stand before it */
    bool open_back;  /* anything may stand behind it */
};
/* rule_value.c: Sigma's escaping. Fills kind, text and tokens of predicate as a pattern of the
 * value. */
void rule_value_pattern(struct rule_builder *builder, struct str value, struct value_reading how,
                        struct predicate *predicate);
/* The bytes that value means, its escapes undone, in the builder's arena; false when it has a
 * wildcard. */
bool rule_value_plain(struct rule_builder *builder, struct str value, struct str *plain);

#endif
