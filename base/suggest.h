/* SPDX-License-Identifier: Apache-2.0
 *
 * suggest.h - "did you mean": the nearest of the names that exist to a word that does not.
 *
 * In:  a word, names one by one.   Out: the nearest name, if it is near enough to be meant.
 * Thread: one at a time.   Owns: nothing; names must outlive the suggestion.
 * Invariants: (1) the first of several equally near names wins.
 * Bounds: O(word * name); words over 63 bytes get no suggestion.
 * Tested: tests/unit/test_config.c, tests/golden/test_cli.sh,
 * tests/golden/test_rules_check.sh.
 */
#ifndef TOCSIN_BASE_SUGGEST_H
#define TOCSIN_BASE_SUGGEST_H

#include "base/str.h"

#include <stdint.h>
#include <stdio.h>

struct suggestion {
    struct str word;
    struct str name; /* the nearest so far, or "" */
    uint32_t distance;
};

void suggest_begin(struct suggestion *suggestion, struct str word);
/* Considers name: at most a third of the word's letters may differ. */
void suggest_offer(struct suggestion *suggestion, struct str name);
/* Writes word with control characters escaped. */
void suggest_print_word(FILE *out, const char *word);

#endif
