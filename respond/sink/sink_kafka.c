/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_kafka.c - the sink of kind "kafka": one message an item, its key the alert's id or the dead
 * letter's source; a dead letter's reason and place are headers, too.
 *
 * In:  items.   Out: messages in one topic.
 * Thread: the deliverer; librdkafka's callback runs inside our own calls of poll and flush.
 * Owns:   the producer. A message's bytes are copied by librdkafka.
 * Invariants: (1) flush returns 0 only when every message was acknowledged by all in-sync replicas.
 *             (2) the producer is idempotent: its own retries neither repeat nor reorder.
 *             (3) after one message has failed, no flush succeeds: a later success would commit the
 *                 offsets of what is lost.
 * Bounds: librdkafka's queue (queue.buffering.max.kbytes); when it is full, writing waits for up to
 *         timeout_ms.
 * Tested: tests/unit/test_sink_kafka.c (librdkafka's mock cluster).
 */
#include "respond/sink/sink_table.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "ingest/source/kafka_properties.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>

#define TIMEOUT_MS_DEFAULT 30000

struct kafka_state {
    rd_kafka_t *producer;
    int timeout_ms;
    bool failed;
    char reason[256];
};

static void note_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
    (void)producer;
    struct kafka_state *kafka = opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && !kafka->failed) {
        kafka->failed = true;
        snprintf(kafka->reason, sizeof kafka->reason, "%s", rd_kafka_err2str(message->err));
    }
}

static void note_log(const rd_kafka_t *producer, int level, const char *facility, const char *text)
{
    (void)producer;
    log_write(level <= 3   ? LOG_ERROR
              : level <= 4 ? LOG_WARNING
                           : LOG_DEBUG,
              "respond/sink", "librdkafka %s: %s", facility, text);
}

static int configure(rd_kafka_conf_t *conf, const struct sink_options *options, int timeout_ms,
                     struct err *err)
{
    char timeout[16];
    snprintf(timeout, sizeof timeout, "%d", timeout_ms);
    const struct source_property own[] = {
        {"bootstrap.servers", options->brokers},
        {"client.id", "tocsin"},
        {"enable.idempotence", "true"},
        {"compression.codec", "lz4"},
        {"linger.ms", "5"},
        {"message.timeout.ms", timeout},
    };
    int failed =
        kafka_properties_check(options->properties, options->properties_count, KAFKA_PRODUCER, err);
    for (size_t i = 0; i < sizeof own / sizeof own[0] && failed == 0; i++) {
        failed = kafka_property_set(conf, own[i].name, own[i].value, err);
    }
    for (uint32_t i = 0; i < options->properties_count && failed == 0; i++) {
        failed = kafka_property_set(conf, options->properties[i].name, options->properties[i].value,
                                    err);
    }
    return failed;
}

static int open_kafka(struct sink *sink, const struct sink_options *options, struct err *err)
{
    char reason[256];
    if (options->brokers == NULL || options->topic == NULL) {
        return err_set(err, ERR_CONFIG, "a Kafka sink needs brokers and a topic");
    }
    struct kafka_state *kafka = memory_new(1, sizeof *kafka);
    kafka->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS_DEFAULT;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_opaque(conf, kafka);
    rd_kafka_conf_set_dr_msg_cb(conf, note_delivery);
    rd_kafka_conf_set_log_cb(conf, note_log);
    int failed = configure(conf, options, kafka->timeout_ms, err);
    if (failed == 0) {
        kafka->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
        if (kafka->producer == NULL) {
            failed =
                err_set(err, ERR_CONFIG, "Kafka producer for %s: %s", options->brokers, reason);
        }
    }
    if (failed != 0) {
        rd_kafka_conf_destroy(conf);
        memory_free(kafka);
        return failed;
    }
    sink->state = kafka;
    return 0;
}

static int tell_failure(const struct sink *sink, const char *reason, struct err *err)
{
    return err_set(err, ERR_KAFKA, "Kafka topic %s at %s: %s", sink->options.topic,
                   sink->options.brokers, reason);
}

/* A message's headers, made of the dead letter's record. */
static rd_kafka_headers_t *headers_of(const struct sink_item *item)
{
    const struct record *dead = item->dead;
    const struct stream *stream = item->chunk->stream;
    struct buffer numbers = {0};
    size_t ends[4];
    buffer_add_i64(&numbers, stream->partition);
    ends[0] = numbers.len;
    buffer_add_u64(&numbers, dead->offset);
    ends[1] = numbers.len;
    buffer_add_u64(&numbers, dead->sub);
    ends[2] = numbers.len;
    buffer_add_time(&numbers, clock_now_ns());
    ends[3] = numbers.len;
    struct str text = buffer_str(&numbers);
    const struct {
        const char *name;
        struct str value;
        bool absent;
    } rows[] = {
        {"tocsin.reason", str_of(record_fault_name(dead->fault)), false},
        {"tocsin.source_kind", str_of(stream->source), false},
        {"tocsin.source", str_of(stream->name), false},
        {"tocsin.partition", str_slice(text, 0, ends[0]), stream->partition < 0},
        {"tocsin.offset", str_slice(text, ends[0], ends[1] - ends[0]), false},
        {"tocsin.sub", str_slice(text, ends[1], ends[2] - ends[1]), false},
        {"tocsin.first_seen", str_slice(text, ends[2], ends[3] - ends[2]), false},
        {"tocsin.version", STR(TOCSIN_VERSION), false},
    };
    rd_kafka_headers_t *headers = rd_kafka_headers_new(sizeof rows / sizeof rows[0]);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!rows[i].absent) {
            /* Fails only for a read-only list, which this one is not. */
            (void)rd_kafka_header_add(headers, rows[i].name, -1, rows[i].value.ptr,
                                      (ssize_t)rows[i].value.len);
        }
    }
    buffer_release(&numbers);
    return headers;
}

static rd_kafka_headers_t *headers_of_replay(const struct sink_origin *origin)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
    (void)rd_kafka_header_add(headers, "tocsin.replay_of", -1, origin->place.ptr,
                              (ssize_t)origin->place.len);
    return headers;
}

static rd_kafka_resp_err_t produce(const struct sink *sink, const struct sink_item *item)
{
    const struct kafka_state *kafka = sink->state;
    /* The line without its LF: a message is a frame by itself. librdkafka copies and does not
     * write, but its interface has no const. */
    size_t len = item->json.len > 0 ? item->json.len - 1 : 0;
    union {
        const char *borrowed;
        void *passed;
    } value = {.borrowed = item->json.ptr}, key = {.borrowed = item->key.ptr};
    const struct sink_origin *origin = item->origin;
    rd_kafka_headers_t *headers = item->dead != NULL ? headers_of(item) : NULL;
    headers = origin != NULL ? headers_of_replay(origin) : headers;
    bool dated = origin != NULL && origin->time_ns != TIMESTAMP_NONE;
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = sink->options.topic},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {key.passed, item->key.len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {value.passed, len}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_PARTITION,
         .u.i32 = origin != NULL ? origin->partition : RD_KAFKA_PARTITION_UA},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = dated ? origin->time_ns / 1000000 : 0},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    size_t count = sizeof parts / sizeof parts[0] - (headers == NULL ? 1 : 0);
    rd_kafka_error_t *refused = rd_kafka_produceva(kafka->producer, parts, count);
    rd_kafka_resp_err_t code = rd_kafka_error_code(refused);
    if (refused != NULL && headers != NULL) {
        rd_kafka_headers_destroy(headers); /* only a message that is taken takes its headers */
    }
    if (refused != NULL) {
        rd_kafka_error_destroy(refused);
    }
    return code;
}

static int write_kafka(struct sink *sink, const struct sink_item *item, struct err *err)
{
    struct kafka_state *kafka = sink->state;
    int64_t deadline_ns = clock_monotonic_ns() + (int64_t)kafka->timeout_ms * 1000000;
    rd_kafka_resp_err_t refused = produce(sink, item);
    while (refused == RD_KAFKA_RESP_ERR__QUEUE_FULL && clock_monotonic_ns() < deadline_ns) {
        rd_kafka_poll(kafka->producer, 100);
        refused = produce(sink, item);
    }
    rd_kafka_poll(kafka->producer, 0);
    return refused == RD_KAFKA_RESP_ERR_NO_ERROR
               ? 0
               : tell_failure(sink, rd_kafka_err2str(refused), err);
}

static int flush_kafka(struct sink *sink, struct err *err)
{
    struct kafka_state *kafka = sink->state;
    /* A little longer than the messages' own timeout, so that their reason comes first. */
    rd_kafka_resp_err_t late = rd_kafka_flush(kafka->producer, kafka->timeout_ms + 1000);
    if (kafka->failed) {
        return tell_failure(sink, kafka->reason, err);
    }
    return late == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : tell_failure(sink, rd_kafka_err2str(late), err);
}

static void close_kafka(struct sink *sink)
{
    struct kafka_state *kafka = sink->state;
    (void)rd_kafka_flush(kafka->producer, kafka->failed ? 0 : kafka->timeout_ms);
    rd_kafka_purge(kafka->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_poll(kafka->producer, 0);
    rd_kafka_destroy(kafka->producer);
    memory_free(kafka);
}

const struct sink_ops sink_kafka = {
    .name = "kafka",
    .doc = "a Kafka topic, acknowledged by all in-sync replicas",
    .open = open_kafka,
    .write = write_kafka,
    .flush = flush_kafka,
    .close = close_kafka,
};
