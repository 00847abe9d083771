/* SPDX-License-Identifier: Apache-2.0
 *
 * test_window_measure.c - sums, averages and percentiles against a model that keeps every number
 * and computes everything anew for each event, in thousandths.
 */
#include "analyze/window/window.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SAMPLES_MAX 200
#define GROUPS      3

struct sample {
    int64_t time;  /* seconds */
    int64_t value; /* thousandths */
    uint32_t group;
    uint64_t offset;
    char id[EVENT_ID_TEXT + 1];
};

struct run {
    struct sample samples[SAMPLES_MAX];
    uint32_t count;
    struct rule rules[2];
    struct rule_set set;
    int64_t min; /* thousandths */
    int64_t max;
    int64_t not_equal;
};

static uint64_t random_state;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % bound);
}

static const struct str group_names[] = {{"user", 4}};
static const char *const groups[GROUPS] = {"ann", "bob", "eve"};

static int compare_samples(const void *left, const void *right)
{
    const struct sample *a = left;
    const struct sample *b = right;
    return a->time != b->time ? (a->time < b->time ? -1 : 1) : strcmp(a->id, b->id);
}

static decimal from_thousandths(int64_t number)
{
    return (decimal)number * (DECIMAL_ONE / 1000);
}

static void make_run(struct run *run, uint64_t seed)
{
    static const enum correlation_kind kinds[] = {CORRELATION_VALUE_SUM, CORRELATION_VALUE_AVG,
                                                  CORRELATION_VALUE_PERCENTILE};
    random_state = seed;
    run->rules[0] = (struct rule){.id = STR("base"), .title = STR("base")};
    run->rules[1] = (struct rule){.id = STR("measure"), .title = STR("measure")};
    struct correlation *correlation = &run->rules[1].correlation;
    *correlation = (struct correlation){
        .kind = kinds[random_below(3)],
        .timespan_ns = (int64_t)(1 + random_below(30)) * TIMESTAMP_SECOND_NS,
        .percentile = random_below(101) * PERCENTILE_ONE,
        .group_by = group_names,
        .group_by_count = 1,
    };
    int32_t spread = random_below(2) == 0 ? 3 : 5000;
    bool negative = random_below(3) == 0;
    run->min = random_below((uint32_t)spread * 3);
    run->max = run->min + random_below((uint32_t)spread * 3);
    run->not_equal = run->min;
    uint32_t shape = random_below(5);
    correlation->measure = (struct measure){.has_min = shape != 1 && shape != 4,
                                            .above = random_below(2) == 0,
                                            .min = from_thousandths(run->min),
                                            .has_max = shape == 1 || shape == 2,
                                            .below = random_below(2) == 0,
                                            .max = from_thousandths(run->max),
                                            .has_not = shape == 4,
                                            .not_equal = from_thousandths(run->not_equal)};
    run->set = (struct rule_set){.rules = run->rules, .rules_count = 2};
    run->count = 10 + random_below(SAMPLES_MAX - 10);
    uint32_t seconds = 5 + random_below(300);
    for (uint32_t i = 0; i < run->count; i++) {
        struct sample *sample = &run->samples[i];
        *sample = (struct sample){.time = 1 + random_below(seconds),
                                  .value = random_below((uint32_t)spread),
                                  .group = random_below(GROUPS),
                                  .offset = i};
        sample->value = negative && random_below(2) == 0 ? -sample->value : sample->value;
        alert_event_id_at(STR("a.log"), -1, sample->offset, 0, sample->id);
    }
}

/* ---- the model ---- */

static int compare_values(const void *left, const void *right)
{
    const int64_t *a = left;
    const int64_t *b = right;
    return (*a > *b) - (*a < *b);
}

/* The measure as numerator / denominator in thousandths. */
static int64_t measure(const struct run *run, int64_t *values, uint32_t count, int64_t *denominator)
{
    const struct correlation *correlation = &run->rules[1].correlation;
    int64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += values[i];
    }
    *denominator = 1;
    if (correlation->kind == CORRELATION_VALUE_SUM) {
        return sum;
    }
    if (correlation->kind == CORRELATION_VALUE_AVG) {
        *denominator = count;
        return sum;
    }
    qsort(values, count, sizeof *values, compare_values);
    *denominator = 100;
    int64_t rank = (int64_t)(correlation->percentile / PERCENTILE_ONE) * (count - 1);
    int64_t whole = rank / 100;
    int64_t next = whole + 1 < count ? whole + 1 : whole;
    return values[whole] * (100 - rank % 100) + values[next] * (rank % 100);
}

static bool holds(const struct run *run, int64_t numerator, int64_t denominator)
{
    const struct measure *bounds = &run->rules[1].correlation.measure;
    int64_t from_min = numerator - run->min * denominator;
    int64_t from_max = numerator - run->max * denominator;
    return (!bounds->has_min || from_min > 0 || (from_min == 0 && !bounds->above)) &&
           (!bounds->has_max || from_max < 0 || (from_max == 0 && !bounds->below)) &&
           (!bounds->has_not || numerator != run->not_equal * denominator);
}

static void tell(struct buffer *out, const char *group, const int64_t numbers[4], double measured)
{
    buffer_printf(out, "%s time=%lld start=%lld end=%lld count=%lld %.4f\n", group,
                  (long long)numbers[0], (long long)numbers[1], (long long)numbers[2],
                  (long long)numbers[3], measured + 0.0);
}

/* A sum with a lower bound: at each event what the window holds; the shortest run of its latest
 * events at which the bound holds starts the silence. */
static void model_sliding(const struct run *run, struct buffer *out)
{
    int64_t span = run->rules[1].correlation.timespan_ns / TIMESTAMP_SECOND_NS;
    int64_t silent[GROUPS] = {0};
    for (uint32_t i = 0; i < run->count; i++) {
        const struct sample *now = &run->samples[i];
        int64_t all = 0;
        for (uint32_t k = 0; k <= i; k++) {
            const struct sample *sample = &run->samples[k];
            bool inside = sample->group == now->group && sample->time >= now->time - span;
            all += inside ? sample->value : 0;
        }
        if (!holds(run, all, 1) || now->time <= silent[now->group]) {
            continue;
        }
        int64_t sum = 0;
        int64_t count = 0;
        int64_t start = 0;
        for (uint32_t k = i + 1; k > 0 && (count == 0 || !holds(run, sum, 1)); k--) {
            const struct sample *sample = &run->samples[k - 1];
            if (sample->group == now->group) {
                sum += sample->value;
                count++;
                start = sample->time;
            }
        }
        tell(out, groups[now->group], (int64_t[]){now->time, start, now->time, count},
             (double)sum / 1000);
        silent[now->group] = start + span;
    }
}

/* Windows of one group, one after the other. */
static void model_closing(const struct run *run, uint32_t group, struct buffer *out)
{
    int64_t span = run->rules[1].correlation.timespan_ns / TIMESTAMP_SECOND_NS;
    int64_t values[SAMPLES_MAX];
    for (uint32_t i = 0; i < run->count;) {
        const struct sample *first = &run->samples[i++];
        if (first->group != group) {
            continue;
        }
        uint32_t count = 1;
        int64_t newest = first->time;
        values[0] = first->value;
        for (; i < run->count && run->samples[i].time <= first->time + span; i++) {
            if (run->samples[i].group == group) {
                values[count++] = run->samples[i].value;
                newest = run->samples[i].time;
            }
        }
        int64_t denominator = 1;
        int64_t numerator = measure(run, values, count, &denominator);
        if (holds(run, numerator, denominator)) {
            tell(out, groups[group], (int64_t[]){newest, first->time, first->time + span, count},
                 (double)numerator / (double)(denominator * 1000));
        }
    }
}

/* ---- the correlator ---- */

struct outputs {
    struct buffer all;
    struct buffer by_group[GROUPS];
};

static void collect(void *context, const struct alert *alert)
{
    struct outputs *outputs = context;
    uint32_t group = 0;
    char *end = NULL;
    while (!str_equal(str_of(groups[group]), alert->group[0].value)) {
        group++;
    }
    double measured = strtod(alert->measured.ptr, &end);
    assert_ptr_equal(end, alert->measured.ptr + alert->measured.len);
    int64_t numbers[] = {alert->time_ns / TIMESTAMP_SECOND_NS,
                         alert->window_start_ns / TIMESTAMP_SECOND_NS,
                         alert->window_end_ns / TIMESTAMP_SECOND_NS, (int64_t)alert->value};
    tell(&outputs->all, groups[group], numbers, measured);
    tell(&outputs->by_group[group], groups[group], numbers, measured);
    assert_true(alert->events_total == alert->value);
    assert_true(alert->events_count == (alert->value < 100 ? alert->value : 100));
}

static void run_windows(const struct run *run, struct outputs *outputs)
{
    struct window_options options = {.ordered_at_end = true};
    struct windows *windows = windows_new(&run->set, &options);
    for (uint32_t i = 0; i < run->count; i++) {
        const struct sample *sample = &run->samples[(i * 7 + 3) % run->count];
        if (run->count % 7 == 0) {
            sample = &run->samples[i];
        }
        struct alert_event event = {.time_ns = sample->time * TIMESTAMP_SECOND_NS,
                                    .source = STR("a.log"),
                                    .partition = -1,
                                    .offset = sample->offset};
        memcpy(event.id, sample->id, sizeof event.id);
        struct alert alert = {.rule = &run->rules[0], .events = &event, .events_count = 1};
        struct str group = str_of(groups[sample->group]);
        decimal value = from_thousandths(sample->value);
        window_add(windows, &(struct match){.correlation = 1,
                                            .group = &group,
                                            .value = {(const char *)&value, sizeof value},
                                            .alert = &alert});
    }
    window_finish(windows, collect, outputs);
    windows_free(windows);
}

static void assert_same(const struct buffer *got, const struct buffer *want, uint64_t seed)
{
    if (!str_equal(buffer_str(got), buffer_str(want))) {
        fail_msg("seed %llu\n-- got\n%.*s-- want\n%.*s", (unsigned long long)seed, (int)got->len,
                 got->ptr, (int)want->len, want->ptr);
    }
}

static void measures_equal_those_of_a_scan(void **state)
{
    (void)state;
    static struct run run;
    size_t bytes = 0;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct outputs got = {0};
        make_run(&run, seed);
        run_windows(&run, &got);
        qsort(run.samples, run.count, sizeof *run.samples, compare_samples);
        struct buffer want = {0};
        if (!correlation_at_close(&run.rules[1].correlation)) {
            model_sliding(&run, &want);
            assert_same(&got.all, &want, seed);
        }
        for (uint32_t g = 0; g < GROUPS && correlation_at_close(&run.rules[1].correlation); g++) {
            buffer_clear(&want);
            model_closing(&run, g, &want);
            assert_same(&got.by_group[g], &want, seed);
        }
        bytes += got.all.len;
        for (uint32_t g = 0; g < GROUPS; g++) {
            buffer_release(&got.by_group[g]);
        }
        buffer_release(&got.all);
        buffer_release(&want);
    }
    assert_true(bytes > 500000); /* the runs did fire */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_equal_those_of_a_scan),
    };
    return cmocka_run_group_tests_name("window measure", tests, NULL, NULL);
}
