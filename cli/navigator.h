/* SPDX-License-Identifier: Apache-2.0
 *
 * navigator.h - which techniques rules cover, as a layer of MITRE's ATT&CK Navigator (format 4.5).
 *
 * In:  rules with tags.   Out: JSON: a score for each technique, the number of its rules, whose
 * titles are its comment.   Thread: one.   Owns: nothing.
 * Tested: tests/golden/test_rules_list.sh.
 */
#ifndef TOCSIN_CLI_NAVIGATOR_H
#define TOCSIN_CLI_NAVIGATOR_H

#include "base/buffer.h"
#include "cli/rules_filter.h"

void navigator_layer(const struct rule_set *rules, const struct rules_filter *filter,
                     struct buffer *out);

#endif
