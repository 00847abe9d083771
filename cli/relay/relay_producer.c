/* SPDX-License-Identifier: Apache-2.0
 *
 * relay_producer.c - see relay_producer.h.
 */
#include "cli/relay/relay_producer.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "ingest/source/kafka_properties.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>

#define WHERE "cli/relay"
/* What a message has beside its record. */
#define OVERHEAD_BYTES 65536
#define LOOKUP_MS      5000
#define HEADERS_MAX    5

struct relay_producer {
    rd_kafka_t *kafka;
    const char *brokers;
    const char *topic;
    struct relay_producer_counts counts;
    uint64_t lost; /* records whose delivery failed for another reason than their size */
    bool brokers_down;
    char reason[256];
};

/* A record of len bytes was not taken, and will not be. */
static void note_failure(struct relay_producer *producer, rd_kafka_resp_err_t reason, size_t len)
{
    if (reason == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        if (producer->counts.refused++ == 0) {
            log_write(LOG_ERROR, WHERE,
                      "topic %s does not take a record of %zu bytes; raise its max.message.bytes "
                      "above source.record_bytes_max (said once, counted always)",
                      producer->topic, len);
        }
    } else if (producer->lost++ == 0 && producer->reason[0] == '\0') {
        snprintf(producer->reason, sizeof producer->reason, "%s", rd_kafka_err2str(reason));
    }
}

static void note_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *opaque)
{
    (void)kafka;
    struct relay_producer *producer = opaque;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        producer->counts.acknowledged++;
        producer->brokers_down = false;
    } else {
        note_failure(producer, message->err, message->len);
    }
}

static void note_error(rd_kafka_t *kafka, int reason, const char *text, void *opaque)
{
    struct relay_producer *producer = opaque;
    char fatal[256];
    if (reason == RD_KAFKA_RESP_ERR__FATAL) {
        (void)rd_kafka_fatal_error(kafka, fatal, sizeof fatal);
        snprintf(producer->reason, sizeof producer->reason, "%s", fatal);
    } else if (reason == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !producer->brokers_down) {
        producer->brokers_down = true;
        log_write(LOG_ERROR, WHERE, "no broker of %s can be reached; records wait, trying on",
                  producer->brokers);
    } else if (reason != RD_KAFKA_RESP_ERR__TRANSPORT &&
               reason != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        log_write(LOG_WARNING, WHERE, "Kafka: %s", text);
    }
}

static void note_log(const rd_kafka_t *kafka, int level, const char *facility, const char *text)
{
    (void)kafka;
    log_write(level <= 3 ? LOG_WARNING : LOG_DEBUG, WHERE, "librdkafka %s: %s", facility, text);
}

static int configure(rd_kafka_conf_t *conf, const struct relay_producer_options *options,
                     struct err *err)
{
    char message_bytes[24];
    char queue_kbytes[16];
    snprintf(message_bytes, sizeof message_bytes, "%zu",
             options->record_bytes_max + OVERHEAD_BYTES);
    snprintf(queue_kbytes, sizeof queue_kbytes, "%d", LIMIT_RELAY_QUEUE_KBYTES);
    /* A message.timeout of 0: none. The queue is the bound, and senders wait. */
    const struct source_property own[] = {
        {"bootstrap.servers", options->brokers},
        {"client.id", "tocsin-relay"},
        {"enable.idempotence", "true"},
        {"compression.codec", "lz4"},
        {"linger.ms", "5"},
        {"message.timeout.ms", "0"},
        {"message.max.bytes", message_bytes},
        {"queue.buffering.max.kbytes", queue_kbytes},
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
    rd_kafka_conf_set_dr_msg_cb(conf, note_delivery);
    rd_kafka_conf_set_error_cb(conf, note_error);
    rd_kafka_conf_set_log_cb(conf, note_log);
    return failed;
}

/* A topic that is not there makes each message fail after a while: better no record is taken. */
static int look_up(const struct relay_producer *producer, struct err *err)
{
    const struct rd_kafka_metadata *found = NULL;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(producer->kafka, producer->topic, NULL);
    rd_kafka_resp_err_t failed =
        topic == NULL ? rd_kafka_last_error()
                      : rd_kafka_metadata(producer->kafka, 0, topic, &found, LOOKUP_MS);
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) {
        log_write(LOG_WARNING, WHERE, "%s does not answer yet: %s", producer->brokers,
                  rd_kafka_err2str(failed));
    }
    rd_kafka_resp_err_t wrong =
        found != NULL && found->topic_cnt > 0 ? found->topics[0].err : RD_KAFKA_RESP_ERR_NO_ERROR;
    bool missing = wrong == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                   wrong == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    if (found != NULL) {
        rd_kafka_metadata_destroy(found);
    }
    if (topic != NULL) {
        rd_kafka_topic_destroy(topic);
    }
    return missing ? err_set(err, ERR_KAFKA, "topic %s at %s: %s", producer->topic,
                             producer->brokers, rd_kafka_err2str(wrong))
                   : 0;
}

int relay_producer_new(const struct relay_producer_options *options,
                       struct relay_producer **producer, struct err *err)
{
    char reason[256];
    struct relay_producer *made = memory_new(1, sizeof *made);
    *producer = made;
    made->brokers = options->brokers;
    made->topic = options->topic;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_opaque(conf, made);
    int failed = configure(conf, options, err);
    if (failed == 0) {
        made->kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
        failed = made->kafka == NULL ? err_set(err, ERR_CONFIG, "Kafka producer for %s: %s",
                                               options->brokers, reason)
                                     : 0;
    }
    if (failed != 0) {
        rd_kafka_conf_destroy(conf);
    } else {
        failed = look_up(made, err);
    }
    if (failed != 0) {
        relay_producer_free(made);
        *producer = NULL;
    }
    return failed;
}

void relay_producer_free(struct relay_producer *producer)
{
    if (producer != NULL && producer->kafka != NULL) {
        rd_kafka_purge(producer->kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_poll(producer->kafka, 0);
        rd_kafka_destroy(producer->kafka);
    }
    memory_free(producer);
}

/* One that librdkafka copies, though its interface has no const. */
static void *passed(const char *bytes)
{
    union {
        const char *borrowed;
        void *passed;
    } pointer = {.borrowed = bytes};
    return pointer.passed;
}

static rd_kafka_vu_t header(const char *name, struct str value)
{
    return (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_HEADER,
                           .u.header = {name, passed(value.ptr), (ssize_t)value.len}};
}

static rd_kafka_resp_err_t produce(const struct relay_producer *producer,
                                   const struct relay_record *record)
{
    const struct chunk *chunk = record->chunk;
    const struct sender *sender = chunk->sender;
    struct str listener = str_of(chunk->stream->name);
    char received[TIMESTAMP_TEXT_MAX];
    struct str time = {received, timestamp_format(chunk->reference_ns, received)};
    rd_kafka_vu_t parts[5 + HEADERS_MAX] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = producer->topic},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {passed(sender->address.ptr), sender->address.len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {passed(record->bytes.ptr), record->bytes.len}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = chunk->reference_ns / 1000000},
        header("tocsin.sender", sender->address),
        header("tocsin.listener", listener),
        header("tocsin.transport", str_slice(listener, 0, str_find_byte(listener, ':'))),
        header("tocsin.received", time),
        header("tocsin.certificate", sender->name),
    };
    size_t count = sizeof parts / sizeof parts[0] - (sender->name.len == 0 ? 1 : 0);
    rd_kafka_error_t *refused = rd_kafka_produceva(producer->kafka, parts, count);
    rd_kafka_resp_err_t code = rd_kafka_error_code(refused);
    if (refused != NULL) {
        rd_kafka_error_destroy(refused);
    }
    return code;
}

bool relay_producer_take(struct relay_producer *producer, const struct relay_record *record)
{
    rd_kafka_resp_err_t refused = produce(producer, record);
    if (refused == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        return false;
    }
    if (refused != RD_KAFKA_RESP_ERR_NO_ERROR) {
        note_failure(producer, refused, record->bytes.len);
    }
    return true;
}

int relay_producer_poll(struct relay_producer *producer, int timeout_ms, struct err *err)
{
    rd_kafka_poll(producer->kafka, timeout_ms);
    return producer->reason[0] == '\0'
               ? 0
               : err_set(err, ERR_KAFKA, "topic %s at %s: %s; %llu records are lost",
                         producer->topic, producer->brokers, producer->reason,
                         (unsigned long long)producer->lost);
}

uint32_t relay_producer_waiting(const struct relay_producer *producer)
{
    return (uint32_t)rd_kafka_outq_len(producer->kafka);
}

struct relay_producer_counts relay_producer_counts(const struct relay_producer *producer)
{
    return producer->counts;
}
