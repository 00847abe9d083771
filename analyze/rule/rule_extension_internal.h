/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_extension_internal.h - what the readers of the keys under `tocsin:` share.
 *
 * In:  a key's value.   Out: its part of struct rule_extension.
 * Thread: one.   Owns: nothing.
 */
#ifndef TOCSIN_ANALYZE_RULE_RULE_EXTENSION_INTERNAL_H
#define TOCSIN_ANALYZE_RULE_RULE_EXTENSION_INTERNAL_H

#include "analyze/rule/rule_builder_internal.h"
#include "analyze/rule/rule_extension.h"

/* Where a key is read to. */
struct extension_reading {
    struct rule_builder *builder;
    const struct yaml_node *document; /* the whole rule */
    struct rule_extension *extension;
};

/* Readers of keys; false: a problem was added. */
bool extension_read_criterion(struct extension_reading *reading, const struct yaml_node *value);
bool extension_read_risk(struct extension_reading *reading, const struct yaml_node *value);
bool extension_read_suppress(struct extension_reading *reading, const struct yaml_node *value);
bool extension_read_exceptions(struct extension_reading *reading, const struct yaml_node *value);

/* All keys of map are among names, which end with NULL. what: what the map is, for the message. */
bool extension_check_keys(struct rule_builder *builder, const struct yaml_node *map,
                          const char *const *names, const char *what);
/* A text or a list of texts, none empty, none twice. what: what each is, for the message. */
bool extension_read_texts(struct rule_builder *builder, const struct yaml_node *value,
                          const char *what, struct str_list *texts);
/* Names of fields; of a correlation they must be among its group-by names. */
bool extension_read_fields(struct extension_reading *reading, const struct yaml_node *value,
                           struct str_list *fields);

#endif
