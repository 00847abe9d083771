/* SPDX-License-Identifier: Apache-2.0
 *
 * state_model.h - for tests: the slow and obvious store, three partitions with a few cells and
 * alerts each, and what a real store says in the same form.
 *
 * Thread: one at a time.   Owns: nothing.
 */
#ifndef TOCSIN_TESTS_STATE_MODEL_H
#define TOCSIN_TESTS_STATE_MODEL_H

#include "analyze/state/state.h"
#include "base/ensure.h"

#include <stdio.h>
#include <stdlib.h>

#define MODEL_PARTITIONS 3
#define MODEL_CELLS      12
#define MODEL_ALERTS     5

struct model {
    struct {
        struct state_position position;
        long cells[MODEL_CELLS]; /* -1: not there */
        long alerts[MODEL_ALERTS];
    } partitions[MODEL_PARTITIONS];
};

/* A commit's changes with the bytes they point to. */
struct model_commit {
    int partition;
    int64_t next;
    size_t changes_count;
    size_t alerts_count;
    struct state_change changes[MODEL_CELLS];
    struct state_alert alerts[MODEL_ALERTS];
    long cells[MODEL_CELLS]; /* as in the model, -2: unchanged */
    long bodies[MODEL_ALERTS];
    char names[1 + MODEL_CELLS + MODEL_ALERTS][16];
    char values[MODEL_CELLS + MODEL_ALERTS][96];
};

static inline struct model model_new(void)
{
    struct model model;
    memset(&model, 0, sizeof model);
    for (int p = 0; p < MODEL_PARTITIONS; p++) {
        model.partitions[p].position = STATE_POSITION_NONE;
        for (int i = 0; i < MODEL_CELLS; i++) {
            model.partitions[p].cells[i] = -1;
        }
        for (int i = 0; i < MODEL_ALERTS; i++) {
            model.partitions[p].alerts[i] = -1;
        }
    }
    return model;
}

static inline bool model_equal(const struct model *a, const struct model *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* "c\0" and a number: a name with a NUL inside. */
static inline struct str model_name(char *name, char letter, int number)
{
    name[0] = letter;
    name[1] = letter == 'p' ? '/' : '\0';
    int len = snprintf(name + 2, 12, "%d", number);
    return (struct str){name, (size_t)len + 2};
}

static inline int model_number(struct str name)
{
    ENSURE(name.len == 3 || name.len == 4);
    char digits[3] = {name.ptr[2], name.len > 3 ? name.ptr[3] : '\0', '\0'};
    return (int)strtol(digits, NULL, 10);
}

/* Empty, or the number in different lengths. */
static inline struct str model_value(char *text, long number)
{
    int len = number == 0 ? 0 : snprintf(text, 96, "%0*ld", (int)(1 + number % 60), number);
    return (struct str){text, (size_t)len};
}

static inline long model_value_of(struct str value)
{
    char text[96] = {0};
    ENSURE(value.len < sizeof text);
    if (value.len > 0) {
        memcpy(text, value.ptr, value.len);
    }
    return strtol(text, NULL, 10);
}

static inline uint64_t model_random(uint64_t *random, uint64_t below)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*random >> 33) % below;
}

static inline struct state_commit model_commit_draw(struct model_commit *made,
                                                    const struct model *model, int partition,
                                                    uint64_t *random)
{
    const struct state_position base = model->partitions[partition].position;
    made->partition = partition;
    made->next = (base.offset < 0 ? 0 : base.offset) + (int64_t)model_random(random, 100);
    made->changes_count = 0;
    made->alerts_count = 0;
    for (int i = 0; i < MODEL_CELLS; i++) {
        made->cells[i] = -2;
        if (model_random(random, 3) == 0) {
            struct state_change *change = &made->changes[made->changes_count++];
            bool deleted = model_random(random, 4) == 0;
            made->cells[i] = deleted ? -1 : (long)model_random(random, 1000);
            *change = (struct state_change){.key = model_name(made->names[1 + i], 'c', i),
                                            .deleted = deleted};
            change->value = model_value(made->values[i], deleted ? 0 : made->cells[i]);
        }
    }
    for (int i = 0; i < MODEL_ALERTS; i++) {
        made->bodies[i] = -2;
        if (model_random(random, 6) == 0) {
            made->bodies[i] = (long)model_random(random, 1000);
            made->alerts[made->alerts_count++] =
                (struct state_alert){model_name(made->names[1 + MODEL_CELLS + i], 'a', i),
                                     model_value(made->values[MODEL_CELLS + i], made->bodies[i])};
        }
    }
    return (struct state_commit){.partition = model_name(made->names[0], 'p', partition),
                                 .base = base,
                                 .next = made->next,
                                 .changes = made->changes,
                                 .changes_count = made->changes_count,
                                 .alerts = made->alerts,
                                 .alerts_count = made->alerts_count};
}

static inline void model_apply(struct model *model, const struct model_commit *made, uint64_t mark)
{
    model->partitions[made->partition].position = (struct state_position){made->next, mark};
    for (int i = 0; i < MODEL_CELLS; i++) {
        if (made->cells[i] != -2) {
            model->partitions[made->partition].cells[i] = made->cells[i];
        }
    }
    for (int i = 0; i < MODEL_ALERTS; i++) {
        if (made->bodies[i] != -2) {
            model->partitions[made->partition].alerts[i] = made->bodies[i];
        }
    }
}

struct model_reading {
    struct model *model;
    int partition;
};

static inline int model_cell(void *context, struct str key, struct str value, struct err *err)
{
    struct model_reading *reading = context;
    int number = model_number(key);
    (void)err;
    ENSURE(key.ptr[0] == 'c' && number < MODEL_CELLS);
    reading->model->partitions[reading->partition].cells[number] = model_value_of(value);
    return 0;
}

static inline int model_alert(void *context, struct str id, struct str body, struct err *err)
{
    struct model_reading *reading = context;
    int number = model_number(id);
    (void)err;
    ENSURE(id.ptr[0] == 'a' && number < MODEL_ALERTS);
    reading->model->partitions[reading->partition].alerts[number] = model_value_of(body);
    return 0;
}

/* All that the store has. */
static inline struct model model_read(struct state_store *store)
{
    struct model model = model_new();
    struct err err;
    char name[16];
    for (int p = 0; p < MODEL_PARTITIONS; p++) {
        struct model_reading reading = {&model, p};
        struct state_reader reader = {model_cell, model_alert, &reading};
        ENSURE(state_load(store, model_name(name, 'p', p), &reader, &model.partitions[p].position,
                          &err) == 0);
    }
    return model;
}

#endif
