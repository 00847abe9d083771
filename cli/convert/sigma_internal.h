/* SPDX-License-Identifier: Apache-2.0
 *
 * sigma_internal.h - a Sigma document with an aggregation, while it is converted.
 *
 * In:  the document and its text.   Out: changes of the text.
 * Thread: one.   Owns: nothing.
 */
#ifndef TOCSIN_CLI_CONVERT_SIGMA_INTERNAL_H
#define TOCSIN_CLI_CONVERT_SIGMA_INTERNAL_H

#include "base/yaml.h"
#include "cli/convert/aggregation.h"
#include "cli/convert/convert.h"
#include "cli/convert/source_text.h"

struct sigma_document {
    struct convert *convert;
    struct source_text *source;
    const struct yaml_node *root;
    const struct yaml_node *detection;
    const struct yaml_pair *condition;
    bool has_actions; /* the file has */
    bool has_name;
    bool was_unsupported; /* its status */
    bool plain;           /* max or min that is a comparison of one event */
    struct aggregation aggregation;
    struct str timespan;
    struct str name;                              /* `name:` of the rule */
    struct str part_names[AGGREGATION_PARTS_MAX]; /* near: likewise of the parts */
};

/* The text of a scalar under key, or "". */
struct str sigma_scalar(const struct yaml_node *mapping, const char *key);
const struct yaml_pair *sigma_pair(const struct yaml_node *mapping, const char *key);
/* The line behind the document's last one. */
uint32_t sigma_document_end(const struct source_text *source, const struct yaml_node *root);

/* sigma_correlation.c. Near: NULL, or why its parts can't be rules of their own. */
const char *sigma_near_check(const struct sigma_document *document);
/* The documents that come behind the rule, each with --- before it. */
void sigma_correlation_write(const struct sigma_document *document, struct buffer *out);

#endif
