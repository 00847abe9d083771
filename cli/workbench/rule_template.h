/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_template.h - the text of a new rule and of its test.
 *
 * In:  a row of the table, title, ids, date.   Out: YAML that `rules check` and `rules test`
 * accept. Thread: any.   Owns: nothing. To add a template: a row; its name becomes a choice of
 * --source by hand (command_rules_new.c). Tested: tests/golden/test_rules_new.sh.
 */
#ifndef TOCSIN_CLI_WORKBENCH_RULE_TEMPLATE_H
#define TOCSIN_CLI_WORKBENCH_RULE_TEMPLATE_H

#include "base/buffer.h"

#define RULE_ID_TEXT 36

/* One kind of logs. */
struct rule_template {
    const char *source;
    const char *logsource; /* lines under `logsource:` */
    const char *tag;
    const char *selection; /* lines under `selection:` */
    const char *group_by;
    const char *found;  /* an event that the selection finds; one line of YAML */
    const char *beside; /* one that it does not */
};

/* NULL: there is none. */
const struct rule_template *rule_template_find(const char *source);

struct rule_template_names {
    struct str title;
    struct str date;
    char id[RULE_ID_TEXT + 1];
    char correlation_id[RULE_ID_TEXT + 1];
    bool correlates;
};

void rule_template_rule(const struct rule_template *row, const struct rule_template_names *names,
                        struct buffer *out);
void rule_template_test(const struct rule_template *row, const struct rule_template_names *names,
                        struct buffer *out);

#endif
