/* SPDX-License-Identifier: Apache-2.0
 *
 * field.c - see field.h.
 */
#include "ingest/field/field.h"

#include "base/ensure.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"

struct field_table {
    struct map *ids;
};

struct field_table *field_table_new(void)
{
    struct field_table *fields = memory_new(1, sizeof *fields);
    fields->ids = map_new();
    return fields;
}

void field_table_free(struct field_table *fields)
{
    if (fields != NULL) {
        map_free(fields->ids);
        memory_free(fields);
    }
}

field_id field_intern(struct field_table *fields, struct str name)
{
    ENSURE(name.len > 0);
    field_id id = field_find(fields, name);
    if (id == FIELD_NONE && map_count(fields->ids) < LIMIT_FIELDS) {
        id = (field_id)map_count(fields->ids) + 1;
        map_set(fields->ids, name, id);
    }
    return id;
}

field_id field_find(const struct field_table *fields, struct str name)
{
    uint32_t id = map_get(fields->ids, name);
    return id == MAP_NONE ? FIELD_NONE : id;
}

struct str field_name(const struct field_table *fields, field_id id)
{
    ENSURE(id != FIELD_NONE && id <= map_count(fields->ids));
    return map_key_at(fields->ids, id - 1);
}

uint32_t field_count(const struct field_table *fields)
{
    return (uint32_t)map_count(fields->ids);
}
