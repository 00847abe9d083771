/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_transform.h - modifiers that make other texts of a value: windash, base64, UTF-16.
 *
 * In:  one text of a rule.   Out: the texts of which a field may have any.
 * Thread: any; results are in the caller's arena.   Owns: nothing.
 * Invariants: (1) a transform that keeps wildcards works on the value as it is written, escapes and
 *                 all; any other takes and gives bytes that mean only themselves.
 * Bounds: RULE_DASHES_MAX dashes are replaced in a value; a transform gives at most
 *         5^RULE_DASHES_MAX texts.
 * Follows: sigma-specification 2.1, appendix "Modifiers"; RFC 4648 for base64.
 * Tested: tests/unit/test_rule_transform.c.
 */
#ifndef TOCSIN_ANALYZE_RULE_RULE_TRANSFORM_H
#define TOCSIN_ANALYZE_RULE_RULE_TRANSFORM_H

#include "base/arena.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define RULE_DASHES_MAX 4U

struct text_list {
    struct str *items;
    uint32_t count;
};

struct transform {
    const char *name;
    bool keeps_wildcards;
    /* The texts that stand for text, in arena. NULL, or why there are none. */
    const char *(*apply)(struct arena *arena, struct str text, struct text_list *texts);
};

extern const struct transform transform_windash;
extern const struct transform transform_base64;
extern const struct transform transform_base64_offset;
extern const struct transform transform_utf16_le;
extern const struct transform transform_utf16_be;
extern const struct transform transform_utf16_marked;

#endif
