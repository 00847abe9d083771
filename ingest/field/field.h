/* SPDX-License-Identifier: Apache-2.0
 *
 * field.h - the names of fields, turned into dense ids once, when rules load.
 *
 * In:  dotted paths as rules, correlations, decoders and alert templates name them.
 * Out: ids 1..count; FIELD_NONE (0) stands for "no such field is wanted".
 * Thread: one writer while loading; afterwards immutable and read by all workers.
 * Owns: copies of the names.
 * Invariants: (1) equal names have equal ids: a field has one id over all sources.
 *             (2) the empty path is never a field.
 * Bounds: LIMIT_FIELDS fields.
 */
#ifndef TOCSIN_INGEST_FIELD_FIELD_H
#define TOCSIN_INGEST_FIELD_FIELD_H

#include "base/str.h"

#include <stdint.h>

typedef uint32_t field_id;
#define FIELD_NONE 0U

struct field_table;

struct field_table *field_table_new(void);
void field_table_free(struct field_table *fields);
/* The id of name, given a new one if it is new. FIELD_NONE when the table is full. */
field_id field_intern(struct field_table *fields, struct str name);
/* The id of name, or FIELD_NONE. */
field_id field_find(const struct field_table *fields, struct str name);
/* The name of id 1..count. */
struct str field_name(const struct field_table *fields, field_id id);
/* The number of fields; ids run from 1 to it. */
uint32_t field_count(const struct field_table *fields);

#endif
