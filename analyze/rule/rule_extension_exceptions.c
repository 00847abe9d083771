/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_extension_exceptions.c - `exceptions:`, matches that are known and raise no alert.
 *
 * Each says why, who answers for it, who has approved it and until when. One that has expired is
 * not applied, so that the rule raises alerts again, and is told as an error; the rule itself
 * stays.
 */
#include "analyze/rule/rule_extension_internal.h"

#include "base/clock.h"
#include "base/timestamp.h"

#include <stdlib.h>

#define DATE_TEXT 10 /* YYYY-MM-DD */

static bool is_date(struct str text)
{
    char moment[DATE_TEXT + sizeof "T00:00:00Z"];
    size_t used = 0;
    if (text.len != DATE_TEXT) {
        return false;
    }
    memcpy(moment, text.ptr, DATE_TEXT);
    memcpy(moment + DATE_TEXT, "T00:00:00Z", sizeof "T00:00:00Z");
    return timestamp_parse_rfc3339(str_of(moment), 0, &used) != TIMESTAMP_NONE &&
           used == sizeof moment - 1;
}

/* The date in UTC, or the one that stands in the environment. */
static struct str today(struct arena *arena)
{
    const char *given = getenv("TOCSIN_TODAY");
    char text[TIMESTAMP_TEXT_MAX];
    if (given != NULL && given[0] != '\0') {
        return arena_copy(arena, str_of(given));
    }
    timestamp_format(clock_now_ns(), text);
    return arena_copy(arena, (struct str){text, DATE_TEXT});
}

/* The text under a key that must be there. */
static bool read_text(struct extension_reading *reading, const struct yaml_node *map,
                      const char *name, struct str *text)
{
    const struct yaml_node *value = yaml_get(map, name);
    if (value == NULL || value->kind != YAML_SCALAR || value->text.len == 0 ||
        yaml_scalar_type(value) == YAML_NULL) {
        return rule_problem_add(reading->builder, RULE_ERROR, value != NULL ? value : map,
                                "an exception needs `%s`, a text", name);
    }
    *text = value->text;
    return true;
}

static bool read_exception(struct extension_reading *reading, const struct yaml_node *map,
                           struct rule_exception *exception)
{
    static const char *const names[] = {"reason",      "owner",     "expires",
                                        "approved-by", "selection", NULL};
    struct rule_builder *builder = reading->builder;
    *exception = (struct rule_exception){.line = map->line};
    if (!extension_check_keys(builder, map, names, "an exception") ||
        !read_text(reading, map, "reason", &exception->reason) ||
        !read_text(reading, map, "owner", &exception->owner) ||
        !read_text(reading, map, "expires", &exception->expires) ||
        !read_text(reading, map, "approved-by", &exception->approved_by)) {
        return false;
    }
    if (!is_date(exception->expires)) {
        return rule_problem_add(builder, RULE_ERROR, yaml_get(map, "expires"),
                                "'%.*s' is not a date; write YYYY-MM-DD, the last day on which the "
                                "exception holds",
                                STR_ARG(exception->expires));
    }
    const struct yaml_node *selection = yaml_get(map, "selection");
    if (selection == NULL || selection->kind == YAML_SCALAR) {
        return rule_problem_add(builder, RULE_ERROR, selection != NULL ? selection : map,
                                "an exception needs `selection`, a map or a list of maps as under "
                                "detection");
    }
    exception->condition = rule_selection_read(builder, selection);
    return exception->condition != NULL;
}

/* Does the exception hold today? If not, an error says so, and the rule runs on without it. */
static bool holds(struct extension_reading *reading, const struct yaml_node *map,
                  const struct rule_exception *exception)
{
    struct rule_builder *builder = reading->builder;
    const struct yaml_node *at = yaml_get(map, "expires");
    struct str date = today(builder->arena);
    if (!is_date(date)) {
        rule_problem_add(builder, RULE_ERROR, at,
                         "the exception is not applied, because TOCSIN_TODAY is no date: '%.*s'",
                         STR_ARG(date));
    } else if (str_compare(date, exception->expires) > 0) {
        rule_problem_add(builder, RULE_ERROR, at,
                         "the exception of %.*s expired and is not applied: the rule raises "
                         "alerts; renew it or take it out",
                         STR_ARG(exception->owner));
    } else {
        return true;
    }
    builder->set->problems[builder->set->problems_count - 1].rule_runs = true;
    return false;
}

bool extension_read_exceptions(struct extension_reading *reading, const struct yaml_node *value)
{
    struct rule_builder *builder = reading->builder;
    struct rule_extension *extension = reading->extension;
    if (yaml_get(reading->document, "correlation") != NULL) {
        return rule_problem_add(builder, RULE_ERROR, value,
                                "exceptions belong in the rules that the correlation counts");
    }
    if (value->kind != YAML_SEQUENCE || value->count == 0) {
        return rule_problem_add(builder, RULE_ERROR, value, "exceptions must be a list of maps");
    }
    struct rule_exception *exceptions =
        arena_take_zeroed(builder->arena, value->count, sizeof *exceptions);
    for (size_t i = 0; i < value->count; i++) {
        struct rule_exception *exception = &exceptions[extension->exceptions_count];
        if (!read_exception(reading, value->items[i], exception)) {
            return false;
        }
        if (holds(reading, value->items[i], exception)) {
            exception->number = builder->set->exceptions_count++;
            extension->exceptions_count++;
        }
    }
    extension->exceptions = exceptions;
    return true;
}
