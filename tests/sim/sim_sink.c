/* SPDX-License-Identifier: Apache-2.0
 *
 * sim_sink.c - see sim_internal.h: a sink whose lines arrive at a flush, or, when its process dies,
 * up to any of them.
 *
 * Thread: one.   Owns: nothing; lines that arrived are the world's.
 * Invariants: (1) a line of an id that arrived before must have its bytes.
 */
#include "base/memory.h"
#include "tests/sim/sim_internal.h"

#include <stdio.h>
#include <stdlib.h>

static void arrive(struct str id, struct str line)
{
    uint32_t number = map_get(sim.ids, id);
    if (number == MAP_NONE) {
        number = sim.told_count;
        map_set(sim.ids, id, number);
        MEMORY_GROW(sim.told, sim.told_count, sim.told_capacity);
        sim.told[sim.told_count++] = (struct sim_told){{memory_copy_str(line), line.len}, 0};
    }
    if (!str_equal(sim.told[number].line, line)) {
        sim_fail("an alert was told twice, with different bytes", sim.told[number].line, line);
    }
    sim.told[number].times++;
}

static int open_sink(struct sink *sink, const struct sink_options *options, struct err *err)
{
    (void)options;
    (void)err;
    sink->state = sim_running;
    return 0;
}

/* What is given but not flushed is: length of the id, length of the line, both. */
static int write_sink(struct sink *sink, const struct sink_item *item, struct err *err)
{
    struct member *member = sink->state;
    if (sim_strikes(member)) {
        return err_set(err, ERR_IO, "the process was killed");
    }
    if (member->dead) {
        return 0;
    }
    uint32_t lens[2] = {(uint32_t)item->key.len, (uint32_t)item->json.len};
    buffer_add(&member->unflushed, (struct str){(const char *)lens, sizeof lens});
    buffer_add(&member->unflushed, item->key);
    buffer_add(&member->unflushed, item->json);
    return 0;
}

/* The first count of the lines that wait arrive; the others do not. */
static void flush_lines(struct member *member, uint32_t count)
{
    const char *at = member->unflushed.ptr;
    const char *end = at + member->unflushed.len;
    for (; at < end && count > 0; count--) {
        uint32_t lens[2];
        memcpy(lens, at, sizeof lens);
        at += sizeof lens;
        arrive((struct str){at, lens[0]}, (struct str){at + lens[0], lens[1]});
        at += (size_t)lens[0] + lens[1];
    }
    buffer_clear(&member->unflushed);
}

static int flush_sink(struct sink *sink, struct err *err)
{
    struct member *member = sink->state;
    if (sim_strikes(member)) {
        return err_set(err, ERR_IO, "the process was killed");
    }
    flush_lines(member, UINT32_MAX);
    return sim_strikes(member) ? err_set(err, ERR_IO, "the process was killed") : 0;
}

void sim_sink_die(struct member *member)
{
    flush_lines(member, sim_random(4));
}

static void close_sink(struct sink *sink)
{
    sink->state = NULL;
}

const struct sink_ops sim_sink = {
    .name = "sim",
    .doc = "a world's",
    .open = open_sink,
    .write = write_sink,
    .flush = flush_sink,
    .close = close_sink,
};
