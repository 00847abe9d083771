/* SPDX-License-Identifier: Apache-2.0
 *
 * matching.h - rules in memory and JSON texts to hold against them, for tests of the matcher.
 *
 * In:  YAML, JSON.   Out: which rules match.
 * Thread: one.   Owns: what matching_open made, until matching_close.
 */
#ifndef TOCSIN_TESTS_MATCHING_H
#define TOCSIN_TESTS_MATCHING_H

#include "analyze/match/match.h"
#include "analyze/plan/plan.h"
#include "analyze/rule/rule.h"
#include "ingest/decode/decoder.h"
#include "ingest/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct matching {
    struct rule_set *rules;
    struct field_table *fields;
    struct json_paths *paths;
    struct json_scanner *scanner;
    struct plan *plan;
    struct matcher *matcher;
    struct arena *arena;
    struct event event;
};

/* Rules of yaml that are wrong are left out. */
static inline void matching_open_some(struct matching *matching, struct str yaml)
{
    struct err err = {0};
    *matching = (struct matching){0};
    assert_int_equal(rule_set_load_text("t.yml", yaml, &matching->rules, &err), 0);
    matching->fields = field_table_new();
    assert_int_equal(plan_intern_fields(matching->rules, matching->fields, &err), 0);
    matching->paths = json_paths_new(matching->fields, NULL);
    matching->scanner = json_scanner_new();
    assert_int_equal(plan_new(matching->rules, matching->fields, &matching->plan, &err), 0);
    matching->matcher = matcher_new(matching->plan);
    matching->arena = arena_new(0);
    event_init(&matching->event, field_count(matching->fields));
}

/* All rules of yaml must load; warnings may be. */
static inline void matching_open(struct matching *matching, struct str yaml)
{
    matching_open_some(matching, yaml);
    for (uint32_t i = 0; i < matching->rules->problems_count; i++) {
        if (matching->rules->problems[i].kind != RULE_WARNING) {
            fail_msg("%.*s: %.*s", STR_ARG(yaml), STR_ARG(matching->rules->problems[i].reason));
        }
    }
}

static inline void matching_close(struct matching *matching)
{
    event_release(&matching->event);
    arena_free(matching->arena);
    matcher_free(matching->matcher);
    plan_free(matching->plan);
    json_scanner_free(matching->scanner);
    json_paths_free(matching->paths);
    field_table_free(matching->fields);
    rule_set_free(matching->rules);
}

typedef uint32_t match_fn(struct matcher *matcher, struct event *event, struct arena *arena,
                          const uint32_t **rules);

/* The rules that match the JSON object by that matcher, a bit each; rules apply to events of the
 * json decoder, whose time is that of the epoch. */
static inline uint32_t matching_ask_by(struct matching *matching, struct str json, match_fn *match)
{
    const uint32_t *rules = NULL;
    uint32_t bits = 0;
    arena_reset(matching->arena);
    event_clear(&matching->event);
    assert_int_equal(json_project(matching->scanner, matching->paths, json, &matching->event),
                     JSON_OK);
    matching->event.raw = json;
    matching->event.logsource = logsource_index("json");
    matching->event.time_ns = 0;
    uint32_t count = match(matching->matcher, &matching->event, matching->arena, &rules);
    for (uint32_t i = 0; i < count; i++) {
        bits |= 1U << rules[i];
    }
    return bits;
}

static inline uint32_t matching_ask(struct matching *matching, struct str json)
{
    return matching_ask_by(matching, json, match_run);
}

#endif
