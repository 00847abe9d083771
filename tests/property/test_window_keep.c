/* SPDX-License-Identifier: Apache-2.0
 *
 * test_window_keep.c - windows that are killed at random moments and restored from their cells give
 * the alerts, byte by byte and in the same order, that windows give which are never killed.
 *
 * Rules of every kind, matches out of order, late ones, low limits. What a store does is a map. A
 * kill loses what came after the last commit; it comes again.
 */
#include "analyze/window/window_internal.h"
#include "analyze/window/window_keep.h"
#include "base/log.h"
#include "base/map.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SEEDS       600
#define BATCHES     30
#define BATCH       8
#define FIELDS      3
#define BASES       3
#define SERIES      9
#define STREAMS     2
#define CELLS_MAX   4000
#define FAR_SECONDS 1000000

struct sample {
    int64_t time_ns;
    uint32_t matched; /* a bit for each base rule */
    uint32_t stream;
    uint64_t offset;
    uint32_t fields[FIELDS]; /* 0: absent */
    int64_t number;
};

struct script {
    struct sample samples[BATCHES][BATCH];
    int64_t reached_ns[BATCHES][STREAMS]; /* TIMESTAMP_NONE: it falls idle */
    struct rule_set *set;
    struct window_options options;
    struct window_limits limits;
    bool finish;
};

/* A store, and what is in memory. */
struct world {
    const struct script *script;
    struct windows *windows;
    struct map *names;
    struct buffer values[CELLS_MAX];
    bool there[CELLS_MAX];
    bool told[CELLS_MAX]; /* in this commit */
    size_t cells_told;
    struct buffer alerts; /* since the last commit */
    struct buffer committed;
    uint32_t batch; /* next */
    uint32_t committed_batch;
    uint32_t kills;
    uint32_t stops;
    size_t changes_max;
    size_t room;
};

static uint64_t random_state;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % bound);
}

/* ---- rules ---- */

struct shape {
    const char *type;
    const char *condition; /* with two numbers, the lower and the upper one */
    bool field;            /* f0 */
    bool number;
};

static const struct shape shapes[] = {
    {"event_count", "gte: %u", false, false},
    {"event_count", "gte: %u", false, false},
    {"event_count", "lt: %u", false, false},
    {"event_count", "eq: %u", false, false},
    {"value_count", "gte: %u", true, false},
    {"value_count", "gte: %u\n    lte: %u", true, false},
    {"value_sum", "gte: %u", false, true},
    {"value_sum", "lt: %u", false, true},
    {"value_avg", "gte: %u", false, true},
    {"value_percentile", "percentile: 75\n    gte: %u", false, true},
    {"temporal", NULL, false, false},
    {"temporal", "(b0 or b1) and b2", false, false},
    {"temporal", "b0 and not b2", false, false},
    {"temporal_ordered", NULL, false, false},
};

static void write_condition(struct buffer *text, const struct shape *shape)
{
    unsigned low = 1 + random_below(4);
    if (shape->condition == NULL) {
        return;
    }
    if (shape->condition[0] == '(' || shape->condition[0] == 'b') {
        buffer_printf(text, "  condition: %s\n", shape->condition);
        return;
    }
    buffer_add_text(text, "  condition:\n    ");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    buffer_printf(text, shape->condition, low, low + random_below(4));
#pragma GCC diagnostic pop
    buffer_add_text(text, "\n");
    buffer_add_text(text, shape->field ? "    field: f0\n" : "");
    buffer_add_text(text, shape->number ? "    field: n\n" : "");
}

static void write_correlation(struct buffer *text, uint32_t index)
{
    const struct shape *shape = &shapes[random_below(sizeof shapes / sizeof shapes[0])];
    bool named = shape->type[0] == 't';
    buffer_printf(text, "---\ntitle: s%u\nname: s%u\nid: s%u\ncorrelation:\n  type: %s\n  rules:\n",
                  index, index, index, shape->type);
    if (named) {
        buffer_add_text(text, "    - b0\n    - b1\n    - b2\n");
    } else if (index >= 4 && !shape->number) {
        buffer_printf(text, "    - s%u\n    - b%u\n", random_below(index), random_below(BASES));
    } else {
        buffer_printf(text, "    - b%u\n    - b2\n", random_below(2));
    }
    buffer_printf(text, "  timespan: %us\n", 1 + random_below(40));
    if (random_below(6) > 0) {
        buffer_printf(text, "  group-by:\n    - f1\n%s", random_below(3) == 0 ? "    - f2\n" : "");
    }
    write_condition(text, shape);
}

static void make_rules(struct script *script)
{
    struct buffer text = {0};
    struct err err = {0};
    for (uint32_t i = 0; i < SERIES; i++) {
        write_correlation(&text, i);
    }
    for (uint32_t i = 0; i < BASES; i++) {
        buffer_printf(&text,
                      "---\ntitle: b%u\nname: b%u\nid: b%u\nlogsource: {product: aws}\n"
                      "detection: {s: {f: x}, condition: s}\n",
                      i, i, i);
    }
    assert_int_equal(rule_set_load_text("t.yml", buffer_str(&text), &script->set, &err), 0);
    assert_int_equal(script->set->problems_count, 0);
    for (uint32_t i = 0; i < script->set->rules_count; i++) {
        script->set->rules[i].silent = false;
    }
    buffer_release(&text);
}

static void make_script(struct script *script, uint64_t seed)
{
    random_state = seed;
    make_rules(script);
    uint32_t lateness = random_below(3) * 10;
    bool tight = random_below(2) == 0;
    script->options = (struct window_options){.lateness_ns = lateness * TIMESTAMP_SECOND_NS};
    script->limits = (struct window_limits){
        .keys = tight ? 6 + random_below(30) : 100000,
        .values = random_below(2) == 0 ? 2 + random_below(4) : 1000,
        .state_bytes = tight ? 3000 + random_below(6000) : 100000000,
        .pending = random_below(3) == 0 ? 10 + random_below(100) : 100000,
        .pending_bytes = 100000000,
    };
    script->finish = random_below(2) == 0;
    uint32_t speed = 1 + random_below(8); /* seconds a batch */
    uint64_t offset = 0;
    for (uint32_t b = 0; b < BATCHES; b++) {
        for (uint32_t i = 0; i < BATCH; i++) {
            struct sample *sample = &script->samples[b][i];
            int64_t second = 100 + (int64_t)b * speed + random_below(speed + 5);
            second -= random_below(12) == 0 ? random_below(60) : random_below(lateness + 1);
            *sample = (struct sample){.time_ns = second * TIMESTAMP_SECOND_NS,
                                      .matched = random_below(1U << BASES),
                                      .stream = random_below(STREAMS),
                                      .offset = offset++,
                                      .number = (int64_t)random_below(40) - 10};
            for (uint32_t f = 0; f < FIELDS; f++) {
                sample->fields[f] = random_below(10) == 0 ? 0 : 1 + random_below(f == 1 ? 6 : 4);
            }
        }
        for (uint32_t s = 0; s < STREAMS; s++) {
            bool idle = random_below(10) == 0;
            script->reached_ns[b][s] =
                idle ? TIMESTAMP_NONE : (100 + (int64_t)b * speed) * TIMESTAMP_SECOND_NS;
        }
    }
}

/* ---- matches ---- */

static const char *const texts[] = {"", "a", "b", "c", "", "a long value of this field", "d"};
static char long_text[700]; /* groups of it are stored by their hash */

/* Of a field; ptr NULL: absent. */
static struct str text_of(const struct sample *sample, struct str name)
{
    if (name.len != 2 || name.ptr[0] != 'f') {
        return (struct str){0};
    }
    uint32_t field = (uint32_t)(name.ptr[1] - '0');
    uint32_t value = sample->fields[field];
    if (field == 1 && value == 6) {
        return (struct str){long_text, sizeof long_text};
    }
    return value == 0 ? (struct str){0} : str_of(texts[value]);
}

static bool value_of(const struct correlation *correlation, uint32_t reference,
                     const struct sample *sample, struct buffer *out)
{
    const struct str_list *names = &correlation->references[reference].value;
    buffer_clear(out);
    if (correlation->kind == CORRELATION_TEMPORAL) {
        buffer_add(out, (struct str){(const char *)&reference, sizeof reference});
    } else if (correlation_measures(correlation->kind)) {
        decimal number = (decimal)sample->number * DECIMAL_ONE;
        buffer_add(out, (struct str){(const char *)&number, sizeof number});
    } else if (names->count > 0) {
        struct str text = text_of(sample, names->items[0]);
        buffer_add(out, text);
        return text.ptr != NULL;
    }
    return true;
}

static void add_matches(struct windows *windows, const struct script *script,
                        const struct sample *sample)
{
    static struct buffer value;
    struct alert_event place = {.time_ns = sample->time_ns,
                                .source = sample->stream == 0 ? STR("a.log") : STR("topic"),
                                .partition = (int32_t)sample->stream - 1,
                                .offset = sample->offset};
    char original[64];
    snprintf(original, sizeof original, "record %llu", (unsigned long long)sample->offset);
    struct alert_field fields[] = {{STR("source.ip"), str_of(original)},
                                   {STR("user.name"), STR("eve")}};
    struct alert alert = {.logsource = sample->offset % 3 == 0 ? STR("aws") : STR("linux"),
                          .events = &place,
                          .events_count = 1,
                          .fields = fields,
                          .fields_count = 1 + sample->offset % 2,
                          .original = str_of(original),
                          .original_len = strlen(original) + sample->offset % 2};
    alert_event_id_at(place.source, place.partition, place.offset, 0, place.id);
    for (uint32_t r = 0; r < script->set->rules_count; r++) {
        const struct correlation *correlation = &script->set->rules[r].correlation;
        for (uint32_t n = 0; n < correlation->references_count; n++) {
            const struct correlation_reference *reference = &correlation->references[n];
            const struct rule *below = &script->set->rules[reference->rule];
            struct str group[FIELDS];
            struct str carried[FIELDS + 1];
            bool whole = below->correlation.kind == CORRELATION_NONE &&
                         (sample->matched >> (below->id.ptr[1] - '0') & 1U) != 0;
            for (uint32_t g = 0; whole && g < correlation->group_by_count; g++) {
                group[g] = text_of(sample, reference->group_by[g]);
                whole = group[g].ptr != NULL;
            }
            for (uint32_t c = 0; c < correlation->carried.count; c++) {
                carried[c] = text_of(sample, reference->carried[c]);
            }
            if (whole && value_of(correlation, n, sample, &value)) {
                window_add(windows, &(struct match){.correlation = r,
                                                    .reference = n,
                                                    .group = group,
                                                    .value = buffer_str(&value),
                                                    .carried = carried,
                                                    .alert = &alert});
            }
        }
    }
}

/* That something was lost at a limit may be told again after a kill. */
static void emit(void *context, const struct alert *alert)
{
    struct buffer *out = context;
    if (alert->rule == &window_flood_rule) {
        return;
    }
    buffer_printf(out, "%lld ", (long long)(alert->time_ns / TIMESTAMP_SECOND_NS));
    alert_render_json(alert, out);
}

static void move_watermarks(struct windows *windows, const struct script *script, uint32_t batch)
{
    for (uint32_t s = 0; s < STREAMS; s++) {
        window_watermark(windows, s, script->reached_ns[batch][s]);
    }
}

static void feed(struct windows *windows, const struct script *script, uint32_t batch)
{
    for (uint32_t i = 0; i < BATCH; i++) {
        add_matches(windows, script, &script->samples[batch][i]);
    }
    move_watermarks(windows, script, batch);
}

/* ---- the store ---- */

static void apply(void *context, struct str key, struct str value, bool deleted)
{
    struct world *world = context;
    uint32_t index = map_get(world->names, key);
    if (index == MAP_NONE) {
        assert_false(deleted); /* only what is there is deleted */
        index = (uint32_t)map_count(world->names);
        assert_true(index < CELLS_MAX);
        map_set(world->names, key, index);
    }
    assert_false(world->told[index]);
    assert_true(world->there[index] || !deleted);
    world->told[index] = true;
    world->there[index] = !deleted;
    world->cells_told++;
    buffer_clear(&world->values[index]);
    buffer_add(&world->values[index], value);
}

static void commit(struct world *world)
{
    size_t changes = windows_changes(world->windows);
    world->cells_told = 0;
    memset(world->told, 0, sizeof world->told);
    windows_tell_changes(world->windows, world->room, apply, world);
    assert_true(changes > 0 || world->cells_told == 0);
    windows_changes_done(world->windows);
    buffer_add(&world->committed, buffer_str(&world->alerts));
    buffer_clear(&world->alerts);
    world->committed_batch = world->batch;
}

static void advance(struct world *world)
{
    while (!window_advance(world->windows, emit, &world->alerts)) {
        world->stops++;
        commit(world);
    }
}

static void open_windows(struct world *world)
{
    world->windows = windows_new(world->script->set, &world->script->options);
    windows_set_limits(world->windows, &world->script->limits);
    windows_keep(world->windows, world->changes_max);
}

static void restore_cell(struct world *world, size_t index)
{
    struct err err = {0};
    if (world->there[index]) {
        int failed = windows_restore(world->windows, map_key_at(world->names, index),
                                     buffer_str(&world->values[index]), &err);
        assert_int_equal(failed, 0);
    }
}

static void kill_and_restore(struct world *world)
{
    struct err err = {0};
    uint64_t left_out = 1;
    size_t count = map_count(world->names);
    world->kills++;
    windows_free(world->windows);
    open_windows(world);
    size_t first = count > 0 ? random_below((uint32_t)count) : 0;
    for (size_t i = 0; i < count; i++) {
        restore_cell(world, (first + i) % count);
        restore_cell(world, random_below(4) == 0 ? first : (first + i) % count);
    }
    int failed = windows_restored(world->windows, &left_out, &err);
    if (failed != 0) {
        fail_msg("%s", err.text);
    }
    assert_true(left_out == 0);
    assert_int_equal(windows_changes(world->windows) <= world->changes_max, 1);
    buffer_clear(&world->alerts);
    world->batch = world->committed_batch;
    for (uint32_t b = 0; b < world->batch; b++) { /* what streams have reached is stored, too */
        move_watermarks(world->windows, world->script, b);
    }
    advance(world);
}

static void close_world(struct world *world)
{
    windows_free(world->windows);
    for (size_t i = 0; i < map_count(world->names); i++) {
        buffer_release(&world->values[i]);
    }
    map_free(world->names);
    buffer_release(&world->alerts);
    buffer_release(&world->committed);
}

/* ---- the runs ---- */

/* Everything closes and expires. */
static void pass_time(struct windows *windows)
{
    for (uint32_t s = 0; s < STREAMS; s++) {
        window_watermark(windows, s, FAR_SECONDS * TIMESTAMP_SECOND_NS);
    }
}

static void run_unkilled(const struct script *script, struct buffer *out)
{
    struct windows *windows = windows_new(script->set, &script->options);
    windows_set_limits(windows, &script->limits);
    for (uint32_t b = 0; b < BATCHES; b++) {
        feed(windows, script, b);
        assert_true(window_advance(windows, emit, out));
    }
    if (script->finish) {
        assert_true(window_finish(windows, emit, out));
    } else {
        pass_time(windows);
        assert_true(window_advance(windows, emit, out));
    }
    windows_free(windows);
}

static void end_world(struct world *world)
{
    if (world->script->finish) {
        while (!window_finish(world->windows, emit, &world->alerts)) {
            commit(world);
            if (random_below(4) == 0 && world->kills < 40) {
                kill_and_restore(world);
            }
        }
        commit(world);
        return;
    }
    pass_time(world->windows);
    advance(world);
    do {
        commit(world);
    } while (windows_changes(world->windows) > 0);
    for (size_t i = 0; i < map_count(world->names); i++) {
        char kind = map_key_at(world->names, i).ptr[0];
        assert_true(!world->there[i] || kind == 'p' || kind == 'h');
    }
}

static void run_killed(struct world *world)
{
    open_windows(world);
    while (world->batch < BATCHES) {
        feed(world->windows, world->script, world->batch++);
        advance(world);
        if (random_below(2) == 0) {
            commit(world);
        }
        if (random_below(6) == 0 && world->kills < 20) {
            kill_and_restore(world);
        }
    }
    end_world(world);
}

static void tell_difference(const struct world *world, uint64_t seed, const struct buffer *want)
{
    size_t at = 0;
    size_t line = 0;
    while (at < want->len && at < world->committed.len &&
           want->ptr[at] == world->committed.ptr[at]) {
        line = want->ptr[at++] == '\n' ? at : line;
    }
    fail_msg("seed %llu, %zu changes, %u kills: after %zu bytes\n-- got\n%.350s\n-- want\n%.350s",
             (unsigned long long)seed, world->changes_max, world->kills, at,
             world->committed.len > line ? world->committed.ptr + line : "",
             want->len > line ? want->ptr + line : "");
}

static void killed_windows_give_the_alerts_of_windows_that_were_not(void **state)
{
    (void)state;
    static struct world world;
    static struct script script;
    uint64_t kills = 0;
    uint64_t stops = 0;
    uint64_t alerts = 0;
    log_level_set(LOG_ERROR);
    memset(long_text, 'x', sizeof long_text);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct buffer want = {0};
        make_script(&script, seed);
        run_unkilled(&script, &want);
        memset(&world, 0, sizeof world);
        world.script = &script;
        world.names = map_new();
        bool tight = script.limits.state_bytes < 100000;
        static const size_t changes_max[] = {3, 10, 40, 100000};
        world.changes_max = changes_max[random_below(4)];
        /* At a limit of keys or bytes who is refused depends on what no cell has; and an eviction
         * that a commit has no room for comes back after a kill. */
        world.room = tight ? SIZE_MAX : world.changes_max + random_below(20);
        run_killed(&world);
        buffer_add_byte(&world.committed, '\0');
        buffer_add_byte(&want, '\0');
        if (!tight && !str_equal(buffer_str(&world.committed), buffer_str(&want))) {
            tell_difference(&world, seed, &want);
        }
        for (size_t i = 0; i < want.len; i++) {
            alerts += want.ptr[i] == '\n' ? 1 : 0;
        }
        kills += world.kills;
        stops += world.stops;
        close_world(&world);
        rule_set_free(script.set);
        buffer_release(&want);
    }
    print_message("%llu kills, %llu stops, %llu alerts\n", (unsigned long long)kills,
                  (unsigned long long)stops, (unsigned long long)alerts);
    assert_true(kills > SEEDS && stops > SEEDS && alerts > 10 * SEEDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_windows_give_the_alerts_of_windows_that_were_not),
    };
    return cmocka_run_group_tests_name("window keep", tests, NULL, NULL);
}
