/* SPDX-License-Identifier: Apache-2.0
 *
 * sagan_rule.h - one rule of Sagan or Snort, taken apart: action, addresses, options.
 *
 * In:  `action protocol source port -> destination port (name: value; name; ...)`.
 * Out: its parts, which point into the text.   Thread: any.   Owns: nothing.
 * Bounds: SAGAN_OPTIONS_MAX options; linear in the text.
 */
#ifndef TOCSIN_CLI_CONVERT_SAGAN_RULE_H
#define TOCSIN_CLI_CONVERT_SAGAN_RULE_H

#include "base/arena.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define SAGAN_OPTIONS_MAX 128

struct sagan_option {
    struct str name;
    struct str value; /* without white space around it */
};

struct sagan_rule {
    struct str action;
    struct str source;
    struct str destination;
    struct sagan_option options[SAGAN_OPTIONS_MAX];
    uint32_t options_count;
};

/* NULL, or what is wrong. */
const char *sagan_rule_read(struct str text, struct sagan_rule *rule);
/* The value of the first option called name, or "". */
struct str sagan_rule_value(const struct sagan_rule *rule, const char *name);

/* `!"text", rest`: sets *negated, *text to what stands in the quotes, its escapes and |41 42| bytes
 * undone, and *rest to what is behind it. False when it is not that. */
bool sagan_text_read(struct arena *arena, struct str value, bool *negated, struct str *text,
                     struct str *rest);

#endif
