/* SPDX-License-Identifier: Apache-2.0
 *
 * wazuh_internal.h - a Wazuh rule while it is converted, and the rows of its elements.
 *
 * In:  elements.   Out: a draft.   Thread: one.   Owns: nothing.
 */
#ifndef TOCSIN_CLI_CONVERT_WAZUH_INTERNAL_H
#define TOCSIN_CLI_CONVERT_WAZUH_INTERNAL_H

#include "cli/convert/convert.h"
#include "cli/convert/draft.h"
#include "cli/convert/wazuh_pattern.h"
#include "cli/convert/wazuh_rules.h"

struct wazuh_work {
    const struct wazuh_rules *rules;
    struct draft draft;
    const struct wazuh_rule *top;  /* the rule that is converted */
    const struct wazuh_rule *rule; /* whose elements are read: top or a rule it depends on */
    struct map *done;              /* ids of rules whose selections are in the draft */
    uint32_t items_of_rule;        /* selections that the rule added: 1 or 0 */
    uint32_t filters_of_rule;
    bool any_source; /* fields of a decoder that tocsin does not know by name */
};

/* Takes an element into the draft. NULL, or why the rule can't be converted. */
typedef const char *wazuh_element_fn(struct wazuh_work *work, const struct wazuh_element *element,
                                     const char *field);

struct wazuh_element_row {
    const char *name;
    wazuh_element_fn *take; /* NULL: it does not change what matches */
    const char *field;
};

/* A NULL name ends them. */
extern const struct wazuh_element_row wazuh_element_table[];

#endif
