/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_modifier.h - the modifiers of Sigma's `field|modifier|modifier:`: one row each.
 *
 * In:  a modifier's name.   Out: what it sets in struct item_modifiers, or why it can't be used.
 * Thread: immutable.   Owns: nothing.
 * To add a modifier: a row in rule_modifier.c; what it means for values is in rule_item.c.
 * Follows: sigma-specification 2.1, appendix "Modifiers".
 */
#ifndef TOCSIN_ANALYZE_RULE_RULE_MODIFIER_H
#define TOCSIN_ANALYZE_RULE_RULE_MODIFIER_H

#include "analyze/rule/rule.h"
#include "analyze/rule/rule_transform.h"

#define RULE_TRANSFORMS_MAX 4U

/* What the modifiers of one item ask for. */
struct item_modifiers {
    bool contains;
    bool starts_with;
    bool ends_with;
    bool all;
    bool cased;
    bool exists;
    bool regex;
    bool cidr;
    bool numeric;
    bool negated;     /* neq */
    bool other_field; /* fieldref */
    bool expand;
    bool time;      /* minute .. year */
    bool part_late; /* a part of a time behind its comparison */
    uint32_t parts; /* how many parts were asked for */
    enum timestamp_part part;
    const struct transform *transforms[RULE_TRANSFORMS_MAX]; /* in the order of the key */
    uint32_t transforms_count;      /* how many were asked for, be it more than there is room for */
    uint32_t comparisons;           /* numeric: how many were asked for */
    enum predicate_kind comparison; /* numeric: one of PREDICATE_LESS.. */
    uint32_t regex_flags;
};

struct modifier {
    const char *name;
    const char *doc;
    void (*apply)(struct item_modifiers *modifiers);
};

/* The rows; a NULL name ends them. */
extern const struct modifier modifier_table[];
/* The row of that name, or NULL. */
const struct modifier *modifier_find(struct str name);
/* Why this combination means nothing, or NULL when it does. */
const char *modifier_conflict(const struct item_modifiers *modifiers);

#endif
