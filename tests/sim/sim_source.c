/* SPDX-License-Identifier: Apache-2.0
 *
 * sim_source.c - see sim_internal.h: the log, as a source of the engine: partitions that are
 * assigned and taken, or all of them; messages in batches of any size.
 *
 * Thread: one.   Owns: nothing; a member has what its source knows.
 * Invariants: (1) a member that lives gets each record once and in order, from where it was told.
 */
#include "base/ensure.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "tests/sim/sim_internal.h"

static int open_source(struct source *source, const struct source_options *options, struct err *err)
{
    struct member *member = sim_running;
    (void)err;
    source->state = member;
    member->source = source;
    for (uint32_t i = 0; i < sim.partitions_count; i++) {
        struct stream *stream = source_add_stream(source, options, SIM_TOPIC, (int32_t)i);
        stream->source = "sim";
        member->streams[i].assigned = !sim.task_a_stream;
    }
    return 0;
}

static uint32_t offset_of(struct str place)
{
    uint32_t offset = 0;
    for (size_t i = 0; i < place.len; i++) {
        ENSURE(byte_is_digit(place.ptr[i]));
        offset = offset * 10 + (uint32_t)(place.ptr[i] - '0');
    }
    return offset;
}

/* What the group wants: a change of the streams of this member, if there is one. */
static bool wants_change(struct source *source, struct member *member)
{
    struct source_change *change = &source->change;
    if (!sim.task_a_stream) {
        return false;
    }
    for (int taken = 1; taken >= 0; taken--) {
        change->count = 0;
        change->taken = taken == 1;
        change->streams = member->changed;
        for (uint32_t i = 0; i < sim.partitions_count; i++) {
            bool ours = sim.partitions[i].owner == member;
            bool changes = taken == 1 ? member->streams[i].assigned && !ours
                                      : !member->streams[i].assigned && ours;
            if (changes) {
                member->changed[change->count++] = source->streams[i];
            }
        }
        if (change->count > 0) {
            return true;
        }
    }
    return false;
}

static bool add_messages(struct source *source, struct member *member, struct batch *batch)
{
    uint32_t start = sim_random(sim.partitions_count);
    uint32_t want = 1 + sim_random(12);
    for (uint32_t n = 0; n < sim.partitions_count && batch->chunks_count < want; n++) {
        uint32_t i = (start + n) % sim.partitions_count;
        struct sim_stream *stream = &member->streams[i];
        const struct sim_partition *partition = &sim.partitions[i];
        while (stream->assigned && stream->next < partition->revealed &&
               batch->chunks_count < want) {
            struct chunk *chunk =
                batch_add_chunk(batch, source->streams[i], partition->records[stream->next]);
            chunk->message = true;
            chunk->offset = stream->next++;
            chunk->reference_ns = TIMESTAMP_NONE;
        }
    }
    return batch->chunks_count > 0;
}

static bool at_end(const struct member *member)
{
    bool end = true;
    for (uint32_t i = 0; i < sim.partitions_count; i++) {
        end = end && member->streams[i].assigned &&
              member->streams[i].next == sim.partitions[i].count;
    }
    return end;
}

static enum source_poll poll_source(struct source *source, struct batch *batch, int timeout_ms,
                                    struct err *err)
{
    struct member *member = source->state;
    (void)timeout_ms;
    sim.now_ns += (int64_t)sim_random(100) * 1000000;
    if (sim_strikes(member)) {
        err_set(err, ERR_IO, "the process was killed");
        return SOURCE_FAILED;
    }
    for (uint32_t i = 0; i < sim.partitions_count; i++) {
        uint32_t left = sim.partitions[i].count - sim.partitions[i].revealed;
        sim.partitions[i].revealed += sim.calm ? left : sim_random(left < 8 ? left + 1 : 8);
    }
    if (wants_change(source, member)) {
        return SOURCE_CHANGE;
    }
    if (!sim.calm && member->polls_left-- == 0) {
        engine_stop(member->engine);
        return SOURCE_NOTHING_YET;
    }
    if (!member->paused && add_messages(source, member, batch)) {
        return SOURCE_BATCH;
    }
    return sim.calm && at_end(member) ? SOURCE_END : SOURCE_NOTHING_YET;
}

static void release(struct source *source, struct batch *batch)
{
    (void)source;
    (void)batch;
}

static void delivered(struct source *source, const struct batch *batch)
{
    struct member *member = source->state;
    for (uint32_t i = 0; i < batch->chunks_count; i++) {
        struct sim_stream *stream = &member->streams[batch->chunks[i].stream->partition];
        stream->delivered = (uint32_t)batch->chunks[i].offset + 1;
    }
}

static void place(struct source *source, const struct stream *stream, struct buffer *out)
{
    struct member *member = source->state;
    buffer_add_u64(out, member->streams[stream->partition].delivered);
}

static int resume(struct source *source, struct str name, int32_t partition, struct str text,
                  struct err *err)
{
    struct member *member = source->state;
    (void)err;
    ENSURE(str_equal(name, STR(SIM_TOPIC)));
    struct sim_stream *stream = &member->streams[partition];
    stream->next = stream->delivered = offset_of(text);
    stream->resumed = true;
    return 0;
}

static int seek(struct source *source, const struct stream *stream, struct str text,
                struct err *err)
{
    struct member *member = source->state;
    (void)err;
    struct sim_stream *own = &member->streams[stream->partition];
    own->next = own->delivered = offset_of(text);
    return 0;
}

static int answer(struct source *source, struct err *err)
{
    struct member *member = source->state;
    const struct source_change *change = &source->change;
    (void)err;
    for (uint32_t i = 0; i < change->count; i++) {
        struct sim_stream *stream = &member->streams[change->streams[i]->partition];
        stream->assigned = !change->taken;
        if (!change->taken && !stream->resumed) {
            stream->next = stream->delivered = 0;
        }
        stream->resumed = false;
    }
    return 0;
}

static void pause_source(struct source *source, bool paused)
{
    struct member *member = source->state;
    member->paused = paused;
}

static void close_source(struct source *source)
{
    source->state = NULL;
}

const struct source_ops sim_source = {
    .name = "sim",
    .doc = "a world's",
    .open = open_source,
    .poll = poll_source,
    .release = release,
    .delivered = delivered,
    .place = place,
    .resume = resume,
    .seek = seek,
    .answer = answer,
    .pause = pause_source,
    .close = close_source,
};
