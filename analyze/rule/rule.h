/* SPDX-License-Identifier: Apache-2.0
 *
 * rule.h - Sigma rules as the engine holds them: predicates, condition trees, correlations.
 *
 * In:  Sigma YAML (sigma-specification 2.1).   Out: an immutable rule_set and its problems.
 * Thread: loading by one; a finished set is read by all.   Owns: everything in it (one arena).
 * Invariants: (1) predicates are interned: two rules that ask the same share one.
 *             (2) a rule is in the set whole, or a problem with file, line and reason tells why
 * not: never half, never silently. (3) the order of rules is the order of their files' paths: it
 * never depends on the directory's order. Bounds: LIMIT_RULE_FILE_BYTES a file, LIMIT_RULE_DEPTH
 * levels; several thousand files a second. Tested: tests/unit/test_rule*.c, tests/golden/rules,
 * tests/fuzz/fuzz_rule.c.
 */
#ifndef TOCSIN_ANALYZE_RULE_RULE_H
#define TOCSIN_ANALYZE_RULE_RULE_H

#include "analyze/rule/rule_problem.h"
#include "base/arena.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/str.h"
#include "base/timestamp.h"

#include <stdbool.h>
#include <stdint.h>

/* One question about one field ("" = keyword: the whole record). Values of arrays: any element. */
enum predicate_kind {
    PREDICATE_EQUALS, /* value == text; numbers and booleans compare by their text, too */
    PREDICATE_PREFIX, /* startswith */
    PREDICATE_SUFFIX, /* endswith */
    PREDICATE_CONTAINS,
    PREDICATE_GLOB,  /* inner wildcards: tokens */
    PREDICATE_REGEX, /* text is the pattern */
    PREDICATE_CIDR,
    PREDICATE_LESS, /* numeric comparisons with number */
    PREDICATE_LESS_EQUAL,
    PREDICATE_GREATER,
    PREDICATE_GREATER_EQUAL,
    PREDICATE_PRESENT, /* a value that is not null, of any content: contains '' or '*' */
    PREDICATE_FIELD,   /* fieldref: comparison with any value of the field named by text */
    PREDICATE_TIME,    /* comparison of a part of a time with number */
    PREDICATE_EXISTS,  /* the field is there, be it null */
    PREDICATE_NULL,    /* absent, null, or an empty array */
    PREDICATE_LIST,    /* is in list, whose name is text */
    PREDICATE_KINDS
};

/* A part of a glob: literal text, * or ?. */
enum glob_kind { GLOB_TEXT, GLOB_MANY, GLOB_ONE };
struct glob_token {
    enum glob_kind kind;
    struct str text;
};

enum regex_flag { REGEX_IGNORE_CASE = 1, REGEX_MULTILINE = 2, REGEX_DOT_ALL = 4 };

struct cidr {
    uint8_t family_bytes; /* 4 or 16 */
    uint8_t prefix_bits;
    uint8_t address[16];
};

/* An exact number: integers stay integers (no detour through double above 2^53). */
struct number {
    bool is_integer;
    int64_t integer;
    double real;
};

struct list;

struct predicate {
    enum predicate_kind kind;
    struct str field;     /* "" for keywords */
    bool cased;           /* compare case-sensitively (modifier cased; regexes by their flags) */
    struct str text;      /* literal with escapes undone; regex pattern; the source text of others.
                           * Without `cased` it is already folded to lower case (ASCII; other code
                           * points by simple folding). */
    uint32_t regex_flags; /* enum regex_flag */
    struct cidr cidr;
    struct number number;
    enum predicate_kind comparison;  /* FIELD: EQUALS..CONTAINS; TIME: EQUALS, LESS.. */
    enum timestamp_part part;        /* TIME */
    const struct glob_token *tokens; /* PREDICATE_GLOB */
    uint32_t tokens_count;
    const struct list *list; /* LIST */
};

enum condition_kind { CONDITION_AND, CONDITION_OR, CONDITION_NOT, CONDITION_PREDICATE };

struct condition {
    enum condition_kind kind;
    uint32_t predicate;      /* index into rule_set.predicates */
    uint32_t children_count; /* NOT has 1 */
    const struct condition *const *children;
    struct str selection; /* name of the selection this node came from, or "" */
    uint32_t line;        /* of the value; 0: it joins others */
    uint32_t column;
};

enum rule_level {
    RULE_INFORMATIONAL,
    RULE_LOW,
    RULE_MEDIUM,
    RULE_HIGH,
    RULE_CRITICAL,
    RULE_LEVELS
};
const char *rule_level_name(enum rule_level level);

struct rule_logsource {
    struct str category; /* "" = any */
    struct str product;
    struct str service;
};

struct str_list {
    const struct str *items;
    uint32_t count;
};

enum correlation_kind {
    CORRELATION_NONE, /* a detection rule */
    CORRELATION_EVENT_COUNT,
    CORRELATION_VALUE_COUNT,
    CORRELATION_TEMPORAL,         /* distinct rules, in any order */
    CORRELATION_TEMPORAL_ORDERED, /* all rules, in the order of the list */
    CORRELATION_VALUE_SUM,
    CORRELATION_VALUE_AVG,
    CORRELATION_VALUE_PERCENTILE /* value_median: that of 50 */
};
/* Whether the kind measures a number (a sum, an average, a percentile) instead of counting. */
static inline bool correlation_measures(enum correlation_kind kind)
{
    return kind == CORRELATION_VALUE_SUM || kind == CORRELATION_VALUE_AVG ||
           kind == CORRELATION_VALUE_PERCENTILE;
}

#define CORRELATION_STEPS_MAX            16 /* rules of a temporal_ordered */
#define CORRELATION_EXPRESSION_RULES_MAX 64 /* rules of a condition over their names */

/* A correlation's condition: every bound that is set must hold. */
struct threshold {
    bool has_min; /* count >= min */
    uint64_t min;
    bool has_max; /* count <= max: needs the window's end */
    uint64_t max;
    bool has_not; /* count != not: likewise */
    uint64_t not_equal;
};

/* The same of a number that need not be whole. */
struct measure {
    bool has_min;
    bool above; /* > min, not >= */
    decimal min;
    bool has_max;
    bool below; /* < max, not <= */
    decimal max;
    bool has_not;
    decimal not_equal;
};

/* Percentiles are kept in millionths of one. */
#define PERCENTILE_ONE    1000000
#define PERCENTILE_PLACES 6

/* group-by name as seen by one referenced rule (aliases applied): field path. */
struct correlation_reference {
    uint32_t rule;              /* index into rule_set.rules; of a correlation: its alerts count */
    const struct str *group_by; /* group_by_count paths */
    struct str_list value;      /* value_count: the counted fields; a measure: its one field */
    const struct str *carried;  /* paths of correlation.carried */
};

struct correlation {
    enum correlation_kind kind;
    int64_t timespan_ns;
    struct threshold threshold;         /* of counts */
    struct measure measure;             /* of measures */
    const struct condition *expression; /* TEMPORAL: over its references (predicate: their number),
                                         * in the place of a threshold; or NULL */
    bool negates;                       /* the expression has a not */
    uint32_t percentile;                /* VALUE_PERCENTILE: in millionths, 0 to 100,000,000 */
    const struct str *group_by;         /* names as the rule writes them */
    uint32_t group_by_count;
    const struct correlation_reference *references;
    uint32_t references_count;
    uint32_t depth; /* 1: it counts detection rules only; else one more than those that it counts */
    struct str_list carried; /* fields that correlations of this one look at, but its groups */
    bool generate;
};
/* Whether the condition is judged when a window ends, not with each event: it has an upper bound,
 * a `not`, or it is an average or a percentile, which mean something of a whole window only. */
bool correlation_at_close(const struct correlation *correlation);
/* Bit n of matched: the reference n matched. */
bool correlation_expression_holds(const struct condition *expression, uint64_t matched);

struct rule_extension;

/* A whole rule. Detection: condition != NULL. Correlation: kind != CORRELATION_NONE. */
struct rule {
    struct str id; /* the `id:`, or a UUIDv5-like id made from path and title when missing */
    bool id_made;
    struct str name; /* `name:`, or "" */
    struct str title;
    struct str description;
    struct str author;
    struct str license; /* "" unless the rule names one */
    struct str date;
    struct str modified;
    struct str status;
    enum rule_level level; /* medium when the rule has none */
    struct str_list tags;
    struct str_list references;
    struct str_list false_positives;
    struct str_list fields; /* `fields:` */
    struct rule_logsource logsource;
    const struct rule_logsource *also; /* log sources that pipelines added: any of them fits, too */
    uint32_t also_count;
    const struct condition *condition;
    const struct condition *unfiltered; /* condition as the rule itself has it, without filters */
    struct correlation correlation;
    const struct rule_extension *extension; /* rule_extension.h: the key `tocsin:`; or NULL */
    bool silent;     /* referenced by a correlation without generate: no alert of its own */
    struct str path; /* file */
    uint32_t line;   /* of the document's beginning, from 1 */
    uint64_t digest; /* hash of the document's text: which version of the rule this is */
};

struct rule_source {
    struct str path;
    struct str text;
};

struct rule_set {
    struct arena *arena;
    struct rule_source *sources; /* files_count: the files as they were read */
    struct predicate *predicates;
    uint32_t predicates_count;
    struct rule *rules;
    uint32_t rules_count;
    struct list **lists; /* those that rules name */
    uint32_t lists_count;
    struct rule_problem *problems;
    uint32_t problems_count;
    uint32_t files_count;          /* files read */
    uint32_t pipeline_files_count; /* of these, with pipelines and nothing else */
    uint32_t exceptions_count;     /* rule_exception.number is below */
    uint32_t filters_count;        /* Sigma filters that were applied */
    uint32_t rejected_count;       /* documents, and files that are not YAML, that were left out */
    uint32_t documents_count;      /* seen: rules and filters + errors + unsupported */
};

/* Loads files and directories (recursively: *.yml, *.yaml; hidden entries and *.test.yml are left
 * out). Problems of single rules don't fail the load; an unreadable path does (ERR_IO). The result
 * is freed with rule_set_free. */
int rule_set_load(const char *const *paths, uint32_t paths_count, struct rule_set **set,
                  struct err *err);
/* The same from one text in memory; name stands for the path. For tests and fuzzing. */
int rule_set_load_text(const char *name, struct str text, struct rule_set **set, struct err *err);
void rule_set_free(struct rule_set *set);

/* A line (from 1) of a file as it was read, without its end; "" when there is none. */
struct str rule_set_line(const struct rule_set *set, struct str path, uint32_t line);

/* SHA-256 over the texts of all files that were read (rules, filters, pipelines, placeholders; not
 * the lists that rules name), its first 128 bits in hexadecimal. */
#define RULE_SET_DIGEST_TEXT 32
void rule_set_digest(const struct rule_set *set, char text[RULE_SET_DIGEST_TEXT + 1]);

/* Index of the rule with that id or name, or UINT32_MAX. */
uint32_t rule_set_find(const struct rule_set *set, struct str id_or_name);

/* The options with which PCRE2 compiles a pattern with these flags (enum regex_flag). */
uint32_t rule_regex_options(uint32_t regex_flags);

/* A network in CIDR notation; false when text is none or has bits set behind the prefix. */
bool rule_cidr_parse(struct str text, struct cidr *cidr);

/* Folds text as predicates are folded: ASCII and simple Unicode lower case. In arena. */
struct str rule_fold(struct arena *arena, struct str text);

/* A number's text as numbers are compared: 443.0 and 4.43e2 are 443, 1.50 is 1.5. In arena, or
 * text itself. */
struct str rule_number_text(struct arena *arena, struct str text);

#endif
