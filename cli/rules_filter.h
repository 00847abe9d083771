/* SPDX-License-Identifier: Apache-2.0
 *
 * rules_filter.h - which rules `rules list` is asked for.
 *
 * In:  options, a rule.   Out: whether the rule fits all of them.
 * Thread: any.   Owns: nothing; the values are those of the command line.
 * Tested: tests/golden/test_rules_list.sh.
 */
#ifndef TOCSIN_CLI_RULES_FILTER_H
#define TOCSIN_CLI_RULES_FILTER_H

#include "analyze/rule/rule.h"
#include "cli/options.h"

/* What is NULL is not asked for. Patterns have * and ?; case is ignored. */
struct rules_filter {
    enum rule_level level; /* at least; RULE_INFORMATIONAL: all */
    const char *tag;       /* pattern: any of the tags */
    const char *criterion; /* pattern: any of `tocsin: criterion` */
    const char *source;    /* pattern: product, service, category, or product/service */
    const char *status;
};

/* Takes the current option, if it is one of the filter's. */
void rules_filter_take(struct rules_filter *filter, const struct options *options);
bool rules_filter_fits(const struct rules_filter *filter, const struct rule *rule);

#endif
