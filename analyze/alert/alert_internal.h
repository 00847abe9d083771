/* SPDX-License-Identifier: Apache-2.0
 *
 * alert_internal.h - the part of an alert's JSON line that is the same for all alerts of a rule.
 *
 * In:  a rule.   Out: ,"rule":{...},"tags":[...],"threat":{...}
 * Thread: any.   Owns: nothing.
 */
#ifndef TOCSIN_ANALYZE_ALERT_ALERT_INTERNAL_H
#define TOCSIN_ANALYZE_ALERT_ALERT_INTERNAL_H

#include "analyze/alert/alert.h"

/* out must hold the beginning of an object with a member: what is added begins with a comma. */
void alert_render_rule(const struct rule *rule, struct buffer *out);
/* The beginning of bytes, of at most limit; a UTF-8 sequence is not cut in its middle. */
struct str alert_cut_text(struct str bytes, size_t limit);

/* alert_extension.c: what the rule's `tocsin:` names of the event: entities, suppress_key. */
void alert_take_extension(struct alert *alert, const struct field_table *fields,
                          const struct event *event, struct arena *arena);
/* Its members of the object `tocsin`, which has a member already. */
void alert_render_extension(const struct alert *alert, struct buffer *out);

/* The decoder and the field that row index of row_table shows; *field is NULL for a constant. False
 * behind the last row. */
bool alert_row(size_t index, const char **decoder, const char **field);

#endif
