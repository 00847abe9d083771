/* SPDX-License-Identifier: Apache-2.0
 *
 * test_window_expression.c - temporal correlations with conditions over rules' names, against a
 * model that looks at all matches of a window again for each match.
 */
#include "analyze/window/window.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SAMPLES_MAX 150
#define GROUPS      2
#define REFERENCES  5
#define NODES_MAX   32

struct sample {
    int64_t time;
    uint32_t reference;
    uint32_t group;
    uint64_t offset;
    char id[EVENT_ID_TEXT + 1];
};

struct run {
    struct sample samples[SAMPLES_MAX];
    uint32_t count;
    struct rule rules[2];
    struct rule_set set;
    struct condition nodes[NODES_MAX];
    const struct condition *children[NODES_MAX];
    uint32_t nodes_count;
    uint32_t children_count;
};

static uint64_t random_state;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % bound);
}

static const struct str group_names[] = {{"user", 4}};
static const struct correlation_reference base_references[REFERENCES] = {{0}};
static const char *const groups[GROUPS] = {"ann", "bob"};

/* A leaf, or a node of two younger ones: trees grow from below, so nothing recurses. */
static void make_expression(struct run *run)
{
    uint32_t roots[8];
    uint32_t roots_count = 2 + random_below(5);
    run->nodes_count = 0;
    run->children_count = 0;
    for (uint32_t i = 0; i < roots_count; i++) {
        roots[i] = run->nodes_count;
        run->nodes[run->nodes_count++] =
            (struct condition){.kind = CONDITION_PREDICATE, .predicate = random_below(REFERENCES)};
    }
    while (roots_count > 1) {
        struct condition *node = &run->nodes[run->nodes_count];
        bool negates = random_below(4) == 0;
        uint32_t arity = negates ? 1 : 2;
        *node = (struct condition){.kind = negates                ? CONDITION_NOT
                                           : random_below(2) == 0 ? CONDITION_AND
                                                                  : CONDITION_OR,
                                   .children = &run->children[run->children_count],
                                   .children_count = arity};
        if (negates && run->nodes_count + 2 * roots_count >= NODES_MAX) {
            continue;
        }
        for (uint32_t i = 0; i < arity; i++) {
            uint32_t pick = random_below(roots_count);
            run->children[run->children_count++] = &run->nodes[roots[pick]];
            roots[pick] = roots[--roots_count];
        }
        roots[roots_count++] = run->nodes_count++;
    }
}

/* ---- the model ---- */

/* Truth of all nodes, the youngest first. */
static bool truth(const struct run *run, const bool matched[REFERENCES])
{
    bool truths[NODES_MAX] = {false};
    for (uint32_t i = 0; i < run->nodes_count; i++) {
        const struct condition *node = &run->nodes[i];
        const bool first =
            node->children_count > 0 ? truths[node->children[0] - run->nodes] : false;
        const bool second =
            node->children_count > 1 ? truths[node->children[1] - run->nodes] : false;
        truths[i] = node->kind == CONDITION_PREDICATE ? matched[node->predicate]
                    : node->kind == CONDITION_NOT     ? !first
                    : node->kind == CONDITION_AND     ? first && second
                                                      : first || second;
    }
    return truths[run->nodes_count - 1];
}

static void tell(struct buffer *out, const char *group, const int64_t numbers[4])
{
    buffer_printf(out, "%s time=%lld start=%lld end=%lld count=%lld\n", group,
                  (long long)numbers[0], (long long)numbers[1], (long long)numbers[2],
                  (long long)numbers[3]);
}

static void model_sliding(const struct run *run, uint32_t group, struct buffer *out)
{
    int64_t span = run->rules[1].correlation.timespan_ns / TIMESTAMP_SECOND_NS;
    int64_t silent = 0;
    for (uint32_t i = 0; i < run->count; i++) {
        const struct sample *now = &run->samples[i];
        bool matched[REFERENCES] = {false};
        int64_t count = 0;
        if (now->group != group || now->time <= silent) {
            continue;
        }
        for (uint32_t k = i + 1; k > 0; k--) {
            const struct sample *sample = &run->samples[k - 1];
            if (sample->group != group || sample->time < now->time - span) {
                continue;
            }
            count += matched[sample->reference] ? 0 : 1;
            matched[sample->reference] = true;
            if (truth(run, matched)) {
                tell(out, groups[group], (int64_t[]){now->time, sample->time, now->time, count});
                silent = sample->time + span;
                break;
            }
        }
    }
}

static void model_closing(const struct run *run, uint32_t group, struct buffer *out)
{
    int64_t span = run->rules[1].correlation.timespan_ns / TIMESTAMP_SECOND_NS;
    for (uint32_t i = 0; i < run->count;) {
        const struct sample *first = &run->samples[i];
        bool matched[REFERENCES] = {false};
        int64_t count = 0;
        int64_t newest = first->time;
        if (first->group != group) {
            i++;
            continue;
        }
        for (; i < run->count && run->samples[i].time <= first->time + span; i++) {
            const struct sample *sample = &run->samples[i];
            if (sample->group == group) {
                count += matched[sample->reference] ? 0 : 1;
                matched[sample->reference] = true;
                newest = sample->time;
            }
        }
        if (truth(run, matched)) {
            tell(out, groups[group], (int64_t[]){newest, first->time, first->time + span, count});
        }
    }
}

/* ---- runs ---- */

static int compare_samples(const void *left, const void *right)
{
    const struct sample *a = left;
    const struct sample *b = right;
    int order = strcmp(a->id, b->id);
    if (a->time != b->time) {
        return a->time < b->time ? -1 : 1;
    }
    return order != 0 ? order : (a->reference > b->reference) - (a->reference < b->reference);
}

static bool has_not(const struct run *run)
{
    bool found = false;
    for (uint32_t i = 0; i < run->nodes_count; i++) {
        found = found || run->nodes[i].kind == CONDITION_NOT;
    }
    return found;
}

static void make_run(struct run *run, uint64_t seed)
{
    random_state = seed;
    do {
        make_expression(run);
    } while (truth(run, (bool[REFERENCES]){false}));
    run->rules[0] = (struct rule){.id = STR("base"), .title = STR("base")};
    run->rules[1] = (struct rule){.id = STR("c"), .title = STR("c")};
    run->rules[1].correlation = (struct correlation){
        .kind = CORRELATION_TEMPORAL,
        .timespan_ns = (int64_t)(1 + random_below(40)) * TIMESTAMP_SECOND_NS,
        .expression = &run->nodes[run->nodes_count - 1],
        .negates = has_not(run),
        .group_by = group_names,
        .group_by_count = 1,
        .references = base_references,
        .references_count = REFERENCES,
    };
    run->set = (struct rule_set){.rules = run->rules, .rules_count = 2};
    run->count = 5 + random_below(SAMPLES_MAX - 5);
    uint32_t seconds = 5 + random_below(400);
    for (uint32_t i = 0; i < run->count; i++) {
        struct sample *sample = &run->samples[i];
        *sample = (struct sample){.time = 1 + random_below(seconds),
                                  .reference = random_below(REFERENCES),
                                  .group = random_below(GROUPS),
                                  .offset = i};
        if (i > 0 && random_below(8) == 0) { /* one event, two rules */
            *sample = run->samples[i - 1];
            sample->reference = (sample->reference + 1) % REFERENCES;
        }
        alert_event_id_at(STR("a.log"), -1, sample->offset, 0, sample->id);
    }
}

static void collect(void *context, const struct alert *alert)
{
    struct buffer *outs = context;
    uint32_t group = str_equal(alert->group[0].value, STR("ann")) ? 0 : 1;
    tell(&outs[group], groups[group],
         (int64_t[]){alert->time_ns / TIMESTAMP_SECOND_NS,
                     alert->window_start_ns / TIMESTAMP_SECOND_NS,
                     alert->window_end_ns / TIMESTAMP_SECOND_NS, (int64_t)alert->value});
}

static void run_windows(const struct run *run, struct buffer outs[GROUPS])
{
    struct window_options options = {.ordered_at_end = true};
    struct windows *windows = windows_new(&run->set, &options);
    for (uint32_t i = run->count; i > 0; i--) {
        const struct sample *sample = &run->samples[i - 1];
        struct alert_event event = {.time_ns = sample->time * TIMESTAMP_SECOND_NS,
                                    .source = STR("a.log"),
                                    .partition = -1,
                                    .offset = sample->offset};
        memcpy(event.id, sample->id, sizeof event.id);
        struct alert alert = {.rule = &run->rules[0], .events = &event, .events_count = 1};
        struct str group = str_of(groups[sample->group]);
        struct str value = {(const char *)&sample->reference, sizeof sample->reference};
        window_add(windows, &(struct match){.correlation = 1,
                                            .reference = sample->reference,
                                            .group = &group,
                                            .value = value,
                                            .alert = &alert});
    }
    window_finish(windows, collect, outs);
    windows_free(windows);
}

static void section_7_line_35_conditions_over_rules_equal_those_of_a_scan(void **state)
{
    (void)state;
    static struct run run;
    size_t sliding = 0;
    size_t closing = 0;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct buffer got[GROUPS] = {{0}};
        make_run(&run, seed);
        run_windows(&run, got);
        qsort(run.samples, run.count, sizeof *run.samples, compare_samples);
        for (uint32_t g = 0; g < GROUPS; g++) {
            struct buffer want = {0};
            if (has_not(&run)) {
                model_closing(&run, g, &want);
                closing += want.len;
            } else {
                model_sliding(&run, g, &want);
                sliding += want.len;
            }
            if (!str_equal(buffer_str(&got[g]), buffer_str(&want))) {
                fail_msg("seed %llu\n-- got\n%.*s-- want\n%.*s", (unsigned long long)seed,
                         (int)got[g].len, got[g].ptr, (int)want.len, want.ptr);
            }
            buffer_release(&want);
            buffer_release(&got[g]);
        }
    }
    assert_true(sliding > 100000 && closing > 100000); /* the runs did fire */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(section_7_line_35_conditions_over_rules_equal_those_of_a_scan),
    };
    return cmocka_run_group_tests_name("window expression", tests, NULL, NULL);
}
