/* SPDX-License-Identifier: Apache-2.0
 *
 * sagan_internal.h - a Sagan rule while it is converted, and the rows of its options.
 *
 * In:  options.   Out: a draft.   Thread: one.   Owns: nothing.
 */
#ifndef TOCSIN_CLI_CONVERT_SAGAN_INTERNAL_H
#define TOCSIN_CLI_CONVERT_SAGAN_INTERNAL_H

#include "base/map.h"
#include "cli/convert/convert.h"
#include "cli/convert/draft.h"
#include "cli/convert/sagan_rule.h"

struct sagan_work {
    struct convert *convert;
    const struct convert_file *file;
    uint32_t line;
    const struct map *priorities; /* of classes, from classification.config */
    struct sagan_rule rule;
    struct draft draft;
    uint32_t last_content; /* items from here on belong to the last content, for nocase */
    uint32_t filters;
    uint32_t metas;
    uint64_t priority; /* 0: none */
    bool counts_after; /* an `after` came */
};

/* Takes the option's value into the draft. NULL, or why the rule can't be converted. */
typedef const char *sagan_option_fn(struct sagan_work *work, struct str value);

struct sagan_option_row {
    const char *name;
    sagan_option_fn *take; /* NULL: it changes nothing of what matches */
    const char *left;      /* the rule is converted without it, for this reason */
    const char *refused;   /* the rule is not converted, for this reason */
};

/* A NULL name ends them. */
extern const struct sagan_option_row sagan_option_table[];

/* sagan_count.c */
sagan_option_fn sagan_take_after;
sagan_option_fn sagan_take_threshold;

#endif
