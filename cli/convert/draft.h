/* SPDX-License-Identifier: Apache-2.0
 *
 * draft.h - a Sigma rule in the making, and with a count the correlation behind it.
 *
 * In:  what other formats say of a rule.   Out: YAML documents.
 * Thread: one.   Owns: its items until draft_release; texts are the caller's.
 * Invariants: (1) selections, keys and values are written in the order in which they were added.
 * Bounds: DRAFT_LIST_MAX of each list of metadata; quadratic in the items of one rule.
 */
#ifndef TOCSIN_CLI_CONVERT_DRAFT_H
#define TOCSIN_CLI_CONVERT_DRAFT_H

#include "base/arena.h"
#include "base/buffer.h"

#include <stdint.h>

#define DRAFT_LIST_MAX 32

struct draft_list {
    struct str items[DRAFT_LIST_MAX];
    uint32_t count; /* more than the maximum are not kept: draft_list_add says so */
};

struct draft_item {
    struct str selection;
    struct str key;
    struct str value;
};

struct draft {
    struct arena *arena;
    struct str title;
    struct str id_seed; /* the id is made of it */
    struct str name;    /* "": none; needed with a count */
    struct str description;
    struct str level; /* "": none */
    struct str product;
    struct str service;
    struct draft_list references;
    struct draft_list tags;
    struct draft_list false_positives;
    struct draft_item *items;
    uint32_t items_count;
    uint32_t items_capacity;
    struct str condition;
    bool counts;            /* there is a correlation */
    struct str count_of;    /* name of the rule that it counts; "": this one */
    const char *comparison; /* gt, gte */
    uint64_t count;
    uint64_t seconds;
    struct draft_list group_by;
    struct str distinct; /* "": events; else values of this field */
};

void draft_release(struct draft *draft);
/* False: the list is full. */
bool draft_list_add(struct draft_list *list, struct str text);
/* The line `key: value` of a selection; values of the same key become a list. */
void draft_add(struct draft *draft, struct str selection, struct str key, struct str value);
/* Adds the documents, with --- before the first if out is not empty, unless they would not load:
 * then returns why, else NULL. What the correlation names elsewhere (count_of) is taken for
 * granted. */
const char *draft_write(const struct draft *draft, struct buffer *out);
/* The text as a value of a rule that means itself: escapes before *, ? and backslashes. */
struct str draft_escape(struct arena *arena, struct str text);

#endif
