/* SPDX-License-Identifier: Apache-2.0
 *
 * test_window_order.c - the correlator against a slow, obvious model, and against itself when the
 * same matches come in other orders, batches and streams.
 */
#include "analyze/window/window.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MATCHES_MAX 400
#define SERIES      6
#define STREAMS     3

/* Matches of one random run. time is in seconds; offset makes each event different. */
struct sample {
    int64_t time;
    uint32_t series;
    uint32_t reference;
    uint32_t group;
    uint32_t value;
    uint64_t offset;
    uint32_t stream;
    char id[EVENT_ID_TEXT + 1];
};

struct run {
    struct sample samples[MATCHES_MAX];
    uint32_t count;
    struct rule rules[SERIES + 1];
    struct rule_set set;
};

static uint64_t random_state;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % bound);
}

static struct str group_names[] = {{"user", 4}};
static const char *const texts[] = {"", "a", "b", "c", "d", "e", "f", "g", "h", "i"};
static const char *const stream_names[STREAMS] = {"one.log", "two.log", "three.log"};

static void make_rules(struct run *run)
{
    static const char *const ids[SERIES] = {"c0", "c1", "c2", "c3", "c4", "c5"};
    run->rules[0] = (struct rule){.id = STR("base"), .title = STR("base")};
    for (uint32_t i = 0; i < SERIES; i++) {
        struct rule *rule = &run->rules[i + 1];
        *rule = (struct rule){.id = str_of(ids[i]), .title = str_of(ids[i]), .level = RULE_HIGH};
        rule->correlation = (struct correlation){
            .kind = i % 2 == 0 ? CORRELATION_EVENT_COUNT : CORRELATION_VALUE_COUNT,
            .timespan_ns = (int64_t)(1 + random_below(40)) * TIMESTAMP_SECOND_NS,
            .group_by = group_names,
            .group_by_count = 1,
        };
        struct threshold *threshold = &rule->correlation.threshold;
        threshold->has_min = i != 5;
        threshold->min = 1 + random_below(6);
        threshold->has_max = i == 4;
        threshold->max = threshold->min + random_below(3);
        threshold->has_not = i == 5;
        threshold->not_equal = 1 + random_below(3);
    }
    run->set = (struct rule_set){.rules = run->rules, .rules_count = SERIES + 1};
}

/* Spans of time are wide or narrow, so that some runs are dense and some sparse; many times are
 * equal. An event may match two rules of one correlation. */
static void make_run(struct run *run, uint64_t seed)
{
    random_state = seed;
    make_rules(run);
    run->count = 20 + random_below(MATCHES_MAX - 20);
    uint32_t seconds = 5 + random_below(600);
    uint32_t groups = 1 + random_below(4);
    uint32_t values = 1 + random_below(9);
    for (uint32_t i = 0; i < run->count; i++) {
        struct sample *sample = &run->samples[i];
        *sample = (struct sample){.time = 1 + random_below(seconds),
                                  .series = random_below(SERIES),
                                  .group = random_below(groups),
                                  .value = random_below(values),
                                  .offset = i,
                                  .stream = random_below(STREAMS)};
        if (i > 0 && random_below(10) == 0) {
            *sample = run->samples[i - 1];
            sample->reference++;
        }
        alert_event_id_at(str_of(stream_names[sample->stream]), -1, sample->offset, 0, sample->id);
    }
}

static int compare_samples(const void *left, const void *right)
{
    const struct sample *a = left;
    const struct sample *b = right;
    if (a->time != b->time) {
        return a->time < b->time ? -1 : 1;
    }
    int order = strcmp(a->id, b->id);
    if (order != 0) {
        return order;
    }
    if (a->series != b->series) {
        return a->series < b->series ? -1 : 1;
    }
    return (a->reference > b->reference) - (a->reference < b->reference);
}

/* ---- the model: all matches so far in an array, counts by scanning it ---- */

struct model {
    const struct run *run;
    const struct sample *done[MATCHES_MAX]; /* in order */
    uint32_t done_count;
    int64_t silent_until[SERIES][10];
    bool has_silence[SERIES][10];
    bool open[SERIES][10];
    int64_t start[SERIES][10];
    uint32_t opened[SERIES][10]; /* in which order */
    uint32_t opened_count;
    struct buffer *out;
};

static void tell(struct buffer *out, uint32_t series, uint32_t group, const int64_t numbers[4])
{
    buffer_printf(out, "c%u group=%s time=%lld start=%lld end=%lld count=%lld\n", series,
                  texts[group], (long long)numbers[0], (long long)numbers[1], (long long)numbers[2],
                  (long long)numbers[3]);
}

static bool same_event(const struct sample *a, const struct sample *b)
{
    return a->stream == b->stream && a->offset == b->offset;
}

/* Counts what the group has in [from, to]: events or values, one per entry of first_times, which
 * takes the (last) time of each, the most recent first. */
static uint32_t scan(const struct model *model, const struct sample *of, int64_t from,
                     int64_t *last_times)
{
    const struct correlation *correlation = &model->run->rules[of->series + 1].correlation;
    const struct sample *kept[MATCHES_MAX];
    uint32_t count = 0;
    for (uint32_t i = model->done_count; i > 0; i--) {
        const struct sample *sample = model->done[i - 1];
        if (sample->series != of->series || sample->group != of->group || sample->time < from) {
            continue;
        }
        bool seen = false;
        for (uint32_t k = 0; k < count && !seen; k++) {
            seen = correlation->kind == CORRELATION_VALUE_COUNT ? kept[k]->value == sample->value
                                                                : same_event(kept[k], sample);
        }
        if (!seen) {
            last_times[count] = sample->time;
            kept[count++] = sample;
        }
    }
    return count;
}

static void model_close(struct model *model, uint32_t series, uint32_t group)
{
    const struct correlation *correlation = &model->run->rules[series + 1].correlation;
    const struct threshold *threshold = &correlation->threshold;
    int64_t times[MATCHES_MAX] = {0};
    struct sample of = {.series = series, .group = group};
    int64_t start = model->start[series][group];
    int64_t end = start + correlation->timespan_ns / TIMESTAMP_SECOND_NS;
    uint32_t count = scan(model, &of, start, times);
    model->open[series][group] = false;
    if ((!threshold->has_min || count >= threshold->min) &&
        (!threshold->has_max || count <= threshold->max) &&
        (!threshold->has_not || count != threshold->not_equal)) {
        tell(model->out, series, group, (int64_t[]){times[0], start, end, count});
    }
}

static void model_close_until(struct model *model, int64_t time)
{
    for (;;) {
        int64_t first_end = time;
        uint32_t series = SERIES;
        uint32_t group = 0;
        for (uint32_t s = 0; s < SERIES; s++) {
            int64_t span = model->run->rules[s + 1].correlation.timespan_ns / TIMESTAMP_SECOND_NS;
            for (uint32_t g = 0; g < 10; g++) {
                int64_t end = model->start[s][g] + span;
                bool earlier = end < first_end || (series == s && end == first_end &&
                                                   model->opened[s][g] < model->opened[s][group]);
                if (model->open[s][g] && earlier) {
                    first_end = end;
                    series = s;
                    group = g;
                }
            }
        }
        if (series == SERIES) {
            return;
        }
        model_close(model, series, group);
    }
}

static void model_match(struct model *model, const struct sample *sample)
{
    uint32_t s = sample->series;
    uint32_t g = sample->group;
    const struct correlation *correlation = &model->run->rules[s + 1].correlation;
    const struct threshold *threshold = &correlation->threshold;
    int64_t span = correlation->timespan_ns / TIMESTAMP_SECOND_NS;
    model_close_until(model, sample->time);
    model->done[model->done_count++] = sample;
    if (threshold->has_max || threshold->has_not) {
        if (!model->open[s][g]) {
            model->open[s][g] = true;
            model->start[s][g] = sample->time;
            model->opened[s][g] = model->opened_count++;
        }
        return;
    }
    int64_t times[MATCHES_MAX] = {0};
    uint32_t count = scan(model, sample, sample->time - span, times);
    bool silent = model->has_silence[s][g] && sample->time <= model->silent_until[s][g];
    if (count >= threshold->min && !silent) {
        int64_t start = times[threshold->min - 1];
        tell(model->out, s, g,
             (int64_t[]){sample->time, start, sample->time, (int64_t)threshold->min});
        model->has_silence[s][g] = true;
        model->silent_until[s][g] = start + span;
    }
}

static void run_model(const struct run *run, struct buffer *out)
{
    struct sample *sorted = calloc(run->count, sizeof *sorted);
    assert_non_null(sorted);
    memcpy(sorted, run->samples, run->count * sizeof *sorted);
    qsort(sorted, run->count, sizeof *sorted, compare_samples);
    struct model *model = calloc(1, sizeof *model);
    assert_non_null(model);
    model->run = run;
    model->out = out;
    for (uint32_t i = 0; i < run->count; i++) {
        model_match(model, &sorted[i]);
    }
    model_close_until(model, INT64_MAX);
    free(model);
    free(sorted);
}

/* ---- the correlator ---- */

static void collect(void *context, const struct alert *alert)
{
    struct buffer *out = context;
    uint32_t series = (uint32_t)(alert->rule->id.ptr[1] - '0');
    uint32_t group = 0;
    while (!str_equal(str_of(texts[group]), alert->group[0].value)) {
        group++;
    }
    tell(out, series, group,
         (int64_t[]){alert->time_ns / TIMESTAMP_SECOND_NS,
                     alert->window_start_ns / TIMESTAMP_SECOND_NS,
                     alert->window_end_ns / TIMESTAMP_SECOND_NS, (int64_t)alert->value});
    assert_true(alert->events_count > 0);
    assert_string_equal(alert->events[alert->events_count - 1].id, alert->original.ptr);
}

static void collect_json(void *context, const struct alert *alert)
{
    alert_render_json(alert, context);
}

static void add_sample(struct windows *windows, const struct run *run, const struct sample *sample)
{
    struct alert_event event = {.time_ns = sample->time * TIMESTAMP_SECOND_NS,
                                .source = str_of(stream_names[sample->stream]),
                                .partition = -1,
                                .offset = sample->offset};
    memcpy(event.id, sample->id, sizeof event.id);
    struct alert alert = {.rule = &run->rules[0],
                          .events = &event,
                          .events_count = 1,
                          .time_ns = event.time_ns,
                          .original = {sample->id, sizeof sample->id},
                          .original_len = sizeof sample->id};
    struct str group = str_of(texts[sample->group]);
    struct match match = {.correlation = sample->series + 1,
                          .reference = sample->reference,
                          .group = &group,
                          .value = str_of(texts[sample->value]),
                          .alert = &alert};
    window_add(windows, &match);
}

/* All at once, ordered at the end. */
static void run_at_end(const struct run *run, window_emit_fn *emit, struct buffer *out)
{
    struct window_options options = {.ordered_at_end = true};
    struct windows *windows = windows_new(&run->set, &options);
    for (uint32_t i = 0; i < run->count; i++) {
        add_sample(windows, run, &run->samples[i]);
        window_watermark(windows, run->samples[i].stream, 1000000 * TIMESTAMP_SECOND_NS);
        window_advance(windows, emit, out);
    }
    window_finish(windows, emit, out);
    assert_true(window_counters(windows).late == 0);
    assert_true(window_counters(windows).pending == 0);
    windows_free(windows);
}

/* In an order in which no match is more than lateness behind what its stream has shown, in batches
 * of random size; the streams move at their own speeds. */
static void run_shuffled(const struct run *run, uint64_t seed, struct buffer *out)
{
    const int64_t lateness = 30;
    random_state = seed;
    struct window_options options = {.lateness_ns = lateness * TIMESTAMP_SECOND_NS};
    struct windows *windows = windows_new(&run->set, &options);
    bool *given = calloc(run->count, sizeof *given);
    assert_non_null(given);
    int64_t reached[STREAMS] = {0};
    for (uint32_t s = 0; s < STREAMS; s++) {
        window_watermark(windows, s, INT64_MIN + 1);
    }
    for (uint32_t left = run->count; left > 0; left--) {
        uint32_t stream = random_below(STREAMS);
        int64_t first[STREAMS];
        for (uint32_t s = 0; s < STREAMS; s++) {
            first[s] = INT64_MAX;
        }
        for (uint32_t i = 0; i < run->count; i++) {
            const struct sample *sample = &run->samples[i];
            if (!given[i] && sample->time < first[sample->stream]) {
                first[sample->stream] = sample->time;
            }
        }
        while (first[stream] == INT64_MAX) {
            stream = (stream + 1) % STREAMS;
        }
        uint32_t pick = random_below(run->count);
        while (given[pick] || run->samples[pick].stream != stream ||
               run->samples[pick].time > first[stream] + lateness) {
            pick = (pick + 1) % run->count;
        }
        given[pick] = true;
        add_sample(windows, run, &run->samples[pick]);
        reached[stream] =
            run->samples[pick].time > reached[stream] ? run->samples[pick].time : reached[stream];
        if (random_below(4) == 0) {
            for (uint32_t s = 0; s < STREAMS; s++) {
                if (reached[s] > 0) {
                    window_watermark(windows, s, reached[s] * TIMESTAMP_SECOND_NS);
                }
            }
            window_advance(windows, collect_json, out);
        }
    }
    window_finish(windows, collect_json, out);
    assert_true(window_counters(windows).late == 0);
    assert_true(window_counters(windows).matches == run->count);
    free(given);
    windows_free(windows);
}

static void assert_same(const struct buffer *got, const struct buffer *want, uint64_t seed)
{
    bool same =
        got->len == want->len && (got->len == 0 || memcmp(got->ptr, want->ptr, got->len) == 0);
    if (!same) {
        fail_msg("seed %llu\n-- got\n%.*s-- want\n%.*s", (unsigned long long)seed, (int)got->len,
                 got->ptr, (int)want->len, want->ptr);
    }
}

static void counts_equal_those_of_a_scan(void **state)
{
    (void)state;
    static struct run run;
    size_t bytes = 0;
    for (uint64_t seed = 1; seed <= 600; seed++) {
        make_run(&run, seed);
        struct buffer want = {0};
        struct buffer got = {0};
        run_model(&run, &want);
        run_at_end(&run, collect, &got);
        assert_same(&got, &want, seed);
        bytes += want.len;
        buffer_release(&want);
        buffer_release(&got);
    }
    assert_true(bytes > 100000); /* the runs did fire */
}

static void alerts_do_not_depend_on_the_order_of_arrival(void **state)
{
    (void)state;
    static struct run run;
    for (uint64_t seed = 1; seed <= 120; seed++) {
        make_run(&run, seed);
        struct buffer want = {0};
        run_at_end(&run, collect_json, &want);
        for (uint64_t order = 0; order < 4; order++) {
            struct buffer got = {0};
            run_shuffled(&run, seed * 1000 + order, &got);
            assert_same(&got, &want, seed);
            buffer_release(&got);
        }
        buffer_release(&want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_equal_those_of_a_scan),
        cmocka_unit_test(alerts_do_not_depend_on_the_order_of_arrival),
    };
    return cmocka_run_group_tests_name("window order", tests, NULL, NULL);
}
