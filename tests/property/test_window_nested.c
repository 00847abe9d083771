/* SPDX-License-Identifier: Apache-2.0
 *
 * test_window_nested.c - correlations of correlations against a model that takes them one after the
 * other, each over all of its matches: those of the next level need nothing but the alerts of the
 * one before. The correlator has to find the same order among all of them, match by match.
 */
#include "analyze/window/window.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define EVENTS      120
#define SERIES      6
#define FIELDS      3
#define MATCHES_MAX 4000
#define ABSENT      0 /* of a field; other values are small numbers */

/* An event, or an alert as its parents see it. */
struct match_of {
    int64_t time;
    uint32_t event; /* the one that crossed */
    uint32_t reference;
    uint32_t fields[FIELDS];
};

struct series {
    bool values; /* value_count of field 0 */
    bool closes; /* has an upper bound */
    uint64_t min;
    uint64_t max;
    int64_t span;
    uint32_t group; /* a bit for each field */
    uint32_t below; /* a bit for each series that it counts; bit SERIES: the detection rule */
    struct match_of hits[MATCHES_MAX];
    uint32_t hits_count;
    struct buffer told;
};

struct run {
    struct match_of events[EVENTS];
    char ids[EVENTS][EVENT_ID_TEXT + 1];
    struct series series[SERIES];
    struct rule_set *set;
};

static uint64_t random_state;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % bound);
}

static const char *const names[FIELDS] = {"f0", "f1", "f2"};
static const char *const values[] = {"", "a", "b", "c", "d"};

/* ---- rules ---- */

static void write_rule(struct buffer *text, const struct run *run, uint32_t index)
{
    const struct series *series = &run->series[index];
    buffer_printf(text, "---\ntitle: s%u\nname: s%u\nid: s%u\ncorrelation:\n  type: %s\n  rules:\n",
                  index, index, index, series->values ? "value_count" : "event_count");
    for (uint32_t i = 0; i <= SERIES; i++) {
        if ((series->below >> i & 1U) != 0) {
            buffer_printf(text, i == SERIES ? "    - base\n" : "    - s%u\n", i);
        }
    }
    buffer_printf(text, "  timespan: %llds\n  group-by:\n", (long long)series->span);
    for (uint32_t f = 0; f < FIELDS; f++) {
        if ((series->group >> f & 1U) != 0) {
            buffer_printf(text, "    - %s\n", names[f]);
        }
    }
    buffer_printf(text, "  condition:\n    gte: %llu\n", (unsigned long long)series->min);
    if (series->closes) {
        buffer_printf(text, "    lte: %llu\n", (unsigned long long)series->max);
    }
    buffer_add_text(text, series->values ? "    field: f0\n" : "");
}

static void make_run(struct run *run, uint64_t seed)
{
    struct buffer text = {0};
    struct err err = {0};
    memset(run, 0, sizeof *run);
    random_state = seed;
    uint32_t seconds = 5 + random_below(200);
    for (uint32_t i = 0; i < EVENTS; i++) {
        run->events[i].time = 1 + random_below(seconds);
        run->events[i].event = i;
        for (uint32_t f = 0; f < FIELDS; f++) {
            run->events[i].fields[f] = random_below(8) == 0 ? ABSENT : 1 + random_below(4);
        }
        alert_event_id_at(STR("a.log"), -1, i, 0, run->ids[i]);
    }
    for (uint32_t s = 0; s < SERIES; s++) {
        struct series *series = &run->series[s];
        series->values = random_below(3) == 0;
        series->closes = random_below(3) == 0;
        series->min = 1 + random_below(3);
        series->max = series->min + random_below(4);
        series->span = 1 + random_below(60);
        series->group = 1 + random_below(7);
        series->below = s == 0 || random_below(3) == 0 ? 1U << SERIES : 0;
        series->below |= s == 0 ? 0 : 1U << random_below(s);
    }
    for (uint32_t s = SERIES; s > 0; s--) { /* parents first */
        write_rule(&text, run, s - 1);
    }
    buffer_add_text(&text, "---\ntitle: base\nname: base\nlogsource: {product: aws}\n"
                           "detection: {s: {f: x}, condition: s}\n");
    assert_int_equal(rule_set_load_text("t.yml", buffer_str(&text), &run->set, &err), 0);
    assert_int_equal(run->set->problems_count, 0);
    for (uint32_t i = 0; i < run->set->rules_count; i++) {
        run->set->rules[i].silent = false; /* every level is compared */
    }
    buffer_release(&text);
}

/* ---- the model ---- */

static const struct run *sorted_run; /* qsort has no context */

static int compare_matches(const void *left, const void *right)
{
    const struct match_of *a = left;
    const struct match_of *b = right;
    int order = strcmp(sorted_run->ids[a->event], sorted_run->ids[b->event]);
    if (a->time != b->time) {
        return a->time < b->time ? -1 : 1;
    }
    return order != 0 ? order : (a->reference > b->reference) - (a->reference < b->reference);
}

static bool counts(const struct series *series, const struct match_of *match)
{
    bool all = !series->values || match->fields[0] != ABSENT;
    for (uint32_t f = 0; f < FIELDS; f++) {
        all = all && ((series->group >> f & 1U) == 0 || match->fields[f] != ABSENT);
    }
    return all;
}

static bool same_group(const struct series *series, const struct match_of *a,
                       const struct match_of *b)
{
    bool same = true;
    for (uint32_t f = 0; f < FIELDS; f++) {
        same = same && ((series->group >> f & 1U) == 0 || a->fields[f] == b->fields[f]);
    }
    return same;
}

/* Of the group of matches[last], back to begin: how many there are, and the time of the one with
 * which the bound is reached. */
static uint64_t count_back(const struct series *series, const struct match_of *matches,
                           uint32_t last, int64_t begin, int64_t *start)
{
    bool seen[8] = {false};
    uint64_t count = 0;
    for (uint32_t i = last + 1; i > 0; i--) {
        const struct match_of *match = &matches[i - 1];
        if (match->time < begin || !same_group(series, match, &matches[last]) ||
            (series->values && seen[match->fields[0]])) {
            continue;
        }
        seen[match->fields[0]] = true;
        count++;
        *start = count == series->min ? match->time : *start;
    }
    return count;
}

static void give(struct series *series, const struct match_of *matches, uint32_t last,
                 const int64_t numbers[4])
{
    struct match_of *hit = &series->hits[series->hits_count++];
    assert_true(series->hits_count < MATCHES_MAX);
    *hit = (struct match_of){.time = numbers[0], .event = matches[last].event};
    for (uint32_t i = last + 1; i > 0 && matches[i - 1].time >= numbers[1]; i--) {
        for (uint32_t f = 0; f < FIELDS; f++) {
            if (same_group(series, &matches[i - 1], &matches[last]) && hit->fields[f] == ABSENT) {
                hit->fields[f] = matches[i - 1].fields[f];
            }
        }
    }
    buffer_printf(&series->told, "start=%lld end=%lld count=%lld event=%u", (long long)numbers[1],
                  (long long)numbers[2], (long long)numbers[3], hit->event);
    for (uint32_t f = 0; f < FIELDS; f++) {
        buffer_printf(&series->told, " %s",
                      (series->group >> f & 1U) != 0 ? values[hit->fields[f]] : "-");
    }
    buffer_add_byte(&series->told, '\n');
}

static void model_sliding(struct series *series, const struct match_of *matches, uint32_t count)
{
    static int64_t silent[MATCHES_MAX]; /* until when, after the alert at this match */
    static bool fired[MATCHES_MAX];
    for (uint32_t i = 0; i < count; i++) {
        int64_t start = 0;
        bool quiet = false;
        fired[i] = false;
        for (uint32_t k = 0; k < i; k++) {
            quiet = quiet || (fired[k] && same_group(series, &matches[k], &matches[i]) &&
                              matches[i].time <= silent[k]);
        }
        uint64_t have = count_back(series, matches, i, matches[i].time - series->span, &start);
        if (have >= series->min && !quiet) {
            give(series, matches, i,
                 (int64_t[]){matches[i].time, start, matches[i].time, (int64_t)series->min});
            fired[i] = true;
            silent[i] = start + series->span;
        }
    }
}

/* Each match that no window of its group holds opens one. Alerts come when windows end. */
static void model_closing(struct series *series, const struct match_of *matches, uint32_t count)
{
    static bool done[MATCHES_MAX];
    memset(done, 0, sizeof done);
    for (uint32_t first = 0; first < count; first++) {
        int64_t ignored = 0;
        int64_t end = matches[first].time + series->span;
        uint32_t last = first;
        if (done[first]) {
            continue;
        }
        for (uint32_t i = first; i < count && matches[i].time <= end; i++) {
            if (same_group(series, &matches[i], &matches[first])) {
                done[i] = true;
                last = i;
            }
        }
        uint64_t have = count_back(series, matches, last, matches[first].time, &ignored);
        if (have >= series->min && have <= series->max) {
            give(series, matches, last, (int64_t[]){end, matches[first].time, end, (int64_t)have});
        }
    }
}

static void model(struct run *run, uint32_t index)
{
    static struct match_of matches[MATCHES_MAX];
    struct series *series = &run->series[index];
    uint32_t count = 0;
    uint32_t reference = 0;
    for (uint32_t below = 0; below <= SERIES; below++) {
        const struct match_of *from = below == SERIES ? run->events : run->series[below].hits;
        uint32_t from_count = below == SERIES ? EVENTS : run->series[below].hits_count;
        if ((series->below >> below & 1U) == 0) {
            continue;
        }
        for (uint32_t i = 0; i < from_count; i++) {
            if (counts(series, &from[i])) {
                assert_true(count < MATCHES_MAX);
                matches[count] = from[i];
                matches[count++].reference = reference;
            }
        }
        reference++;
    }
    sorted_run = run;
    qsort(matches, count, sizeof *matches, compare_matches);
    if (series->closes) {
        model_closing(series, matches, count);
    } else {
        model_sliding(series, matches, count);
    }
}

/* ---- the correlator ---- */

static void collect(void *context, const struct alert *alert)
{
    struct buffer *told = context;
    struct buffer *out = &told[alert->rule->id.ptr[1] - '0'];
    uint32_t next = 0;
    buffer_printf(out, "start=%lld end=%lld count=%lld event=%u",
                  (long long)(alert->window_start_ns / TIMESTAMP_SECOND_NS),
                  (long long)(alert->window_end_ns / TIMESTAMP_SECOND_NS), (long long)alert->value,
                  (unsigned)alert->events[alert->events_count - 1].offset);
    for (uint32_t f = 0; f < FIELDS; f++) {
        bool mine =
            next < alert->group_count && str_equal(alert->group[next].name, str_of(names[f]));
        buffer_add_byte(out, ' ');
        buffer_add(out, mine ? alert->group[next].value : STR("-"));
        next += mine ? 1 : 0;
    }
    buffer_add_byte(out, '\n');
}

/* The event's text of a field; ptr NULL: absent. */
static struct str text_of(const struct match_of *event, struct str name)
{
    uint32_t value = event->fields[name.ptr[1] - '0'];
    return value == ABSENT ? (struct str){0} : str_of(values[value]);
}

static void add_event(struct windows *windows, const struct run *run, uint32_t index)
{
    const struct match_of *event = &run->events[index];
    uint32_t base = rule_set_find(run->set, STR("base"));
    struct alert_event place = {.time_ns = event->time * TIMESTAMP_SECOND_NS,
                                .source = STR("a.log"),
                                .partition = -1,
                                .offset = index};
    struct alert alert = {.rule = &run->set->rules[base], .events = &place, .events_count = 1};
    memcpy(place.id, run->ids[index], sizeof place.id);
    for (uint32_t r = 0; r < run->set->rules_count; r++) {
        const struct correlation *correlation = &run->set->rules[r].correlation;
        for (uint32_t n = 0; n < correlation->references_count; n++) {
            const struct correlation_reference *reference = &correlation->references[n];
            struct str group[FIELDS];
            struct str carried[FIELDS];
            bool whole = reference->rule == base;
            for (uint32_t g = 0; g < correlation->group_by_count; g++) {
                group[g] = text_of(event, reference->group_by[g]);
                whole = whole && group[g].ptr != NULL;
            }
            for (uint32_t c = 0; c < correlation->carried.count; c++) {
                carried[c] = text_of(event, reference->carried[c]);
            }
            struct str value = text_of(event, STR("f0"));
            if (whole && (reference->value.count == 0 || value.ptr != NULL)) {
                window_add(windows, &(struct match){.correlation = r,
                                                    .reference = n,
                                                    .group = group,
                                                    .value = value,
                                                    .carried = carried,
                                                    .alert = &alert});
            }
        }
    }
}

static void run_windows(const struct run *run, uint64_t order, struct buffer told[SERIES])
{
    static uint32_t turn[EVENTS];
    struct window_options options = {.ordered_at_end = true};
    struct windows *windows = windows_new(run->set, &options);
    random_state = order;
    for (uint32_t i = 0; i < EVENTS; i++) {
        uint32_t other = random_below(i + 1);
        turn[i] = turn[other];
        turn[other] = i;
    }
    for (uint32_t i = 0; i < EVENTS; i++) {
        add_event(windows, run, turn[i]);
    }
    window_finish(windows, collect, told);
    assert_true(window_counters(windows).pending == 0);
    windows_free(windows);
}

static int compare_lines(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Windows that end at one time come in the order in which they were opened, which is not what is
 * compared here. */
static void sort_lines(struct buffer *text)
{
    char *lines[MATCHES_MAX];
    size_t count = 0;
    struct buffer sorted = {0};
    char *line = text->ptr;
    for (size_t i = 0; i < text->len; i++) {
        if (text->ptr[i] == '\n') {
            text->ptr[i] = '\0';
            lines[count++] = line;
            line = text->ptr + i + 1;
        }
    }
    qsort(lines, count, sizeof(char *), compare_lines);
    for (size_t i = 0; i < count; i++) {
        buffer_printf(&sorted, "%s\n", lines[i]);
    }
    buffer_release(text);
    *text = sorted;
}

static void
section_7_line_33_alerts_of_all_levels_equal_those_of_one_level_after_the_other(void **state)
{
    (void)state;
    static struct run run;
    size_t deep = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct buffer got[SERIES] = {{0}};
        make_run(&run, seed);
        run_windows(&run, seed * 7, got);
        for (uint32_t s = 0; s < SERIES; s++) {
            struct series *series = &run.series[s];
            model(&run, s);
            sort_lines(&got[s]);
            sort_lines(&series->told);
            if (!str_equal(buffer_str(&got[s]), buffer_str(&series->told))) {
                fail_msg("seed %llu, s%u\n-- got\n%.*s-- want\n%.*s", (unsigned long long)seed, s,
                         (int)got[s].len, got[s].ptr, (int)series->told.len, series->told.ptr);
            }
            deep += s > 2 ? got[s].len : 0;
            buffer_release(&got[s]);
            buffer_release(&series->told);
        }
        rule_set_free(run.set);
    }
    assert_true(deep > 100000); /* the upper levels did fire */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            section_7_line_33_alerts_of_all_levels_equal_those_of_one_level_after_the_other),
    };
    return cmocka_run_group_tests_name("window nested", tests, NULL, NULL);
}
