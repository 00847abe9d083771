/* SPDX-License-Identifier: Apache-2.0
 *
 * relay.c - see relay.h.
 */
#include "cli/relay/relay.h"

#include "base/clock.h"
#include "base/ensure.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "ingest/source/syslog_frames.h"

#define WHERE "cli/relay"
/* A poll of the sockets is short while acknowledgements are on their way. */
#define IDLE_MS 100
#define BUSY_MS 5
#define ROOM_MS 100
#define TICK_NS (TIMESTAMP_SECOND_NS / 4)

struct relay {
    struct relay_options options;
    struct source source;
    struct batch *batch;
    struct relay_producer *producer;
    uint64_t records;
    uint64_t blank;
    relay_tick_fn *tick;
    void *context;
    int64_t tick_ns;
    int64_t deadline_ns; /* of a stop; 0: none is wanted */
};

int relay_new(const struct relay_options *options, struct relay **relay, struct err *err)
{
    struct relay *made = memory_new(1, sizeof *made);
    struct relay_producer_options producer = {
        .brokers = options->brokers,
        .topic = options->topic,
        .properties = options->properties,
        .properties_count = options->properties_count,
        .record_bytes_max = options->source.framing.record_bytes_max,
    };
    made->options = *options;
    made->batch = batch_new();
    int failed = relay_producer_new(&producer, &made->producer, err);
    if (failed == 0) {
        failed = source_open(&made->source, &options->source, err);
    }
    if (failed != 0) {
        relay_free(made);
        made = NULL;
    }
    *relay = made;
    return failed;
}

void relay_free(struct relay *relay)
{
    if (relay != NULL) {
        relay_producer_free(relay->producer);
        source_close(&relay->source);
        batch_free(relay->batch);
        memory_free(relay);
    }
}

/* --- stopping -------------------------------------------------------------------------------- */

/* What is due a few times a second. The first time that a stop is wanted, its time begins. */
static void tend(struct relay *relay)
{
    int64_t now_ns = clock_monotonic_ns();
    if (now_ns - relay->tick_ns < TICK_NS) {
        return;
    }
    relay->tick_ns = now_ns;
    if (!relay->tick(relay->context, relay) && relay->deadline_ns == 0) {
        relay->deadline_ns = now_ns + relay->options.timeout_ns;
        relay->source.ops->stop(&relay->source);
    }
}

static int check_deadline(const struct relay *relay, struct err *err)
{
    if (relay->deadline_ns == 0 || clock_monotonic_ns() < relay->deadline_ns) {
        return 0;
    }
    return err_set(
        err, ERR_KAFKA,
        "topic %s at %s: no answer within relay.timeout; %u records that were taken from "
        "their senders are lost",
        relay->options.topic, relay->options.brokers, relay_producer_waiting(relay->producer));
}

/* --- sending --------------------------------------------------------------------------------- */

/* Waits for room as long as it takes. The sockets are not read meanwhile. */
static int send_record(struct relay *relay, const struct chunk *chunk, struct str bytes,
                       struct err *err)
{
    struct relay_record record = {bytes, chunk};
    int failed = 0;
    relay->records++;
    if (bytes.len == 0) {
        relay->blank++;
        return 0;
    }
    while (failed == 0 && !relay_producer_take(relay->producer, &record)) {
        failed = relay_producer_poll(relay->producer, ROOM_MS, err);
        tend(relay);
        failed = failed != 0 ? failed : check_deadline(relay, err);
    }
    return failed;
}

/* A datagram is one message, whatever is in it; what came by a connection is cut. */
static int send_chunk(struct relay *relay, const struct chunk *chunk, struct err *err)
{
    size_t limit = relay->options.source.framing.record_bytes_max;
    int failed = 0;
    ENSURE(chunk->sender != NULL);
    if (str_starts_with(str_of(chunk->stream->name), STR("udp:"))) {
        return send_record(relay, chunk, chunk->bytes, err);
    }
    struct syslog_cut cut = syslog_cut_begin(chunk->bytes);
    struct str record;
    while (failed == 0 && syslog_cut_next(&cut, &record)) {
        /* Of one that is too long so much is sent that its reader sees it. */
        failed = send_record(relay, chunk, str_slice(record, 0, limit + 1), err);
    }
    return failed;
}

static int send_batch(struct relay *relay, struct err *err)
{
    int failed = 0;
    for (uint32_t i = 0; i < relay->batch->chunks_count && failed == 0; i++) {
        failed = send_chunk(relay, &relay->batch->chunks[i], err);
    }
    batch_clear(relay->batch);
    return failed;
}

int relay_run(struct relay *relay, relay_tick_fn *tick, void *context, struct err *err)
{
    struct source *source = &relay->source;
    enum source_poll polled = SOURCE_NOTHING_YET;
    int failed = 0;
    relay->tick = tick;
    relay->context = context;
    while (failed == 0 && polled != SOURCE_END) {
        int wait_ms = relay_producer_waiting(relay->producer) > 0 ? BUSY_MS : IDLE_MS;
        polled = source->ops->poll(source, relay->batch, wait_ms, err);
        failed = polled == SOURCE_FAILED ? err->code : send_batch(relay, err);
        failed = failed != 0 ? failed : relay_producer_poll(relay->producer, 0, err);
        tend(relay);
    }
    while (failed == 0 && relay_producer_waiting(relay->producer) > 0) {
        failed = relay_producer_poll(relay->producer, ROOM_MS, err);
        failed = failed != 0 ? failed : check_deadline(relay, err);
        tend(relay);
    }
    return failed;
}

/* --- what is told ---------------------------------------------------------------------------- */

struct relay_counts relay_counts(const struct relay *relay)
{
    struct relay_producer_counts sent = relay_producer_counts(relay->producer);
    return (struct relay_counts){
        .records = relay->records,
        .bytes = relay->source.bytes_read,
        .blank = relay->blank,
        .acknowledged = sent.acknowledged,
        .refused = sent.refused,
        .waiting = relay->records - relay->blank - sent.acknowledged - sent.refused,
        .dropped = relay->source.dropped,
        .errors = relay->source.errors,
    };
}
