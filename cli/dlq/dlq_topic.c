/* SPDX-License-Identifier: Apache-2.0
 *
 * dlq_topic.c - see dlq_input.h: the messages of a Kafka topic, partition by partition, from the
 * first that is kept to the last that was there when it was opened.
 */
#include "cli/dlq/dlq_input_internal.h"

#include "base/clock.h"
#include "base/ensure.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "ingest/source/kafka_properties.h"

#include <librdkafka/rdkafka.h>

#define ANSWER_MS   10000
#define SILENCE_NS  (30 * TIMESTAMP_SECOND_NS)
#define POLL_MS     200
#define QUEUE_BYTES "16384" /* KiB that wait in librdkafka */

struct range {
    int32_t partition;
    int64_t next;
    int64_t end;
};

struct dlq_topic {
    struct dlq_place place;
    rd_kafka_t *consumer;
    struct range *ranges;
    uint32_t count;
    uint32_t present;
    bool assigned; /* the present one */
    rd_kafka_message_t *message;
};

static void note_log(const rd_kafka_t *consumer, int level, const char *facility, const char *text)
{
    (void)consumer;
    log_write(level <= 3 ? LOG_WARNING : LOG_DEBUG, "cli/dlq", "librdkafka %s: %s", facility, text);
}

static int tell(const struct dlq_topic *topic, const char *reason, struct err *err)
{
    return err_set(err, ERR_KAFKA, "Kafka topic %s at %s: %s", topic->place.topic,
                   topic->place.brokers, reason);
}

static int configure(rd_kafka_conf_t *conf, const struct dlq_place *place, struct err *err)
{
    const struct source_property own[] = {
        {"bootstrap.servers", place->brokers},
        {"client.id", "tocsin"},
        {"group.id", "tocsin-dlq"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"enable.partition.eof", "true"},
        {"allow.auto.create.topics", "false"},
        {"check.crcs", "true"},
        {"auto.offset.reset", "earliest"},
        {"queued.max.messages.kbytes", QUEUE_BYTES},
    };
    int failed =
        kafka_properties_check(place->properties, place->properties_count, KAFKA_CONSUMER, err);
    for (size_t i = 0; i < sizeof own / sizeof own[0] && failed == 0; i++) {
        failed = kafka_property_set(conf, own[i].name, own[i].value, err);
    }
    for (uint32_t i = 0; i < place->properties_count && failed == 0; i++) {
        failed =
            kafka_property_set(conf, place->properties[i].name, place->properties[i].value, err);
    }
    rd_kafka_conf_set_log_cb(conf, note_log);
    return failed;
}

static int compare_ranges(const void *a, const void *b)
{
    const struct range *first = a;
    const struct range *second = b;
    return (first->partition > second->partition) - (first->partition < second->partition);
}

/* Which messages each partition has by now. */
static int find_ranges(struct dlq_topic *topic, struct err *err)
{
    const struct rd_kafka_metadata *known = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(topic->consumer, topic->place.topic, NULL);
    rd_kafka_resp_err_t failed = rd_kafka_metadata(topic->consumer, 0, handle, &known, ANSWER_MS);
    rd_kafka_topic_destroy(handle);
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return tell(topic, rd_kafka_err2str(failed), err);
    }
    const rd_kafka_metadata_topic_t *found = known->topic_cnt == 1 ? &known->topics[0] : NULL;
    if (found == NULL || found->err != RD_KAFKA_RESP_ERR_NO_ERROR || found->partition_cnt == 0) {
        rd_kafka_metadata_destroy(known);
        return tell(topic, "there is no such topic, or it may not be read", err);
    }
    topic->ranges = memory_new((size_t)found->partition_cnt, sizeof *topic->ranges);
    for (int i = 0; i < found->partition_cnt && failed == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        struct range *range = &topic->ranges[topic->count++];
        range->partition = found->partitions[i].id;
        failed =
            rd_kafka_query_watermark_offsets(topic->consumer, topic->place.topic, range->partition,
                                             &range->next, &range->end, ANSWER_MS);
    }
    rd_kafka_metadata_destroy(known);
    qsort(topic->ranges, topic->count, sizeof *topic->ranges, compare_ranges);
    return failed == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : tell(topic, rd_kafka_err2str(failed), err);
}

int dlq_topic_open(const struct dlq_place *place, struct dlq_topic **topic, struct err *err)
{
    char reason[256];
    struct dlq_topic *made = memory_new(1, sizeof *made);
    made->place = *place;
    *topic = NULL;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    int failed = configure(conf, place, err);
    if (failed == 0) {
        made->consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
        failed = made->consumer != NULL ? 0 : tell(made, reason, err);
    }
    if (failed != 0) {
        rd_kafka_conf_destroy(conf);
        memory_free(made);
        return failed;
    }
    rd_kafka_poll_set_consumer(made->consumer);
    failed = find_ranges(made, err);
    if (failed != 0) {
        dlq_topic_close(made);
        return failed;
    }
    *topic = made;
    return 0;
}

static void drop_message(struct dlq_topic *topic)
{
    if (topic->message != NULL) {
        rd_kafka_message_destroy(topic->message);
        topic->message = NULL;
    }
}

void dlq_topic_close(struct dlq_topic *topic)
{
    drop_message(topic);
    rd_kafka_consumer_close(topic->consumer);
    rd_kafka_destroy(topic->consumer);
    memory_free(topic->ranges);
    memory_free(topic);
}

/* From now on messages of the present range come. */
static int assign(struct dlq_topic *topic, struct err *err)
{
    const struct range *range = &topic->ranges[topic->present];
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic->place.topic, range->partition)->offset =
        range->next;
    rd_kafka_resp_err_t failed = rd_kafka_assign(topic->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    topic->assigned = failed == RD_KAFKA_RESP_ERR_NO_ERROR;
    return topic->assigned ? 0 : tell(topic, rd_kafka_err2str(failed), err);
}

/* Waits for the present range's next message or its end. 1: it is topic->message; 0: the range has
 * no more; negative: the brokers are silent, or refuse. */
static int take_message(struct dlq_topic *topic, struct err *err)
{
    struct range *range = &topic->ranges[topic->present];
    int64_t deadline_ns = clock_monotonic_ns() + SILENCE_NS;
    while (range->next < range->end) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(topic->consumer, POLL_MS);
        if (message == NULL && clock_monotonic_ns() > deadline_ns) {
            return tell(topic, "the brokers do not answer", err);
        }
        if (message == NULL) {
            continue;
        }
        topic->message = message;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            range->next = message->offset + 1;
            return message->offset < range->end ? 1 : 0;
        }
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            return 0; /* the last ones before range->end are not visible */
        }
        int failed = tell(topic, rd_kafka_message_errstr(message), err);
        drop_message(topic);
        if (clock_monotonic_ns() > deadline_ns) {
            return failed;
        }
    }
    return 0;
}

int dlq_topic_next(struct dlq_topic *topic, struct dlq_line *line, struct err *err)
{
    while (topic->present < topic->count) {
        drop_message(topic);
        int got = topic->assigned ? 0 : assign(topic, err);
        got = got != 0 ? got : take_message(topic, err);
        if (got < 0) {
            return got;
        }
        if (got > 0) {
            ENSURE(topic->message != NULL);
            *line = (struct dlq_line){.text = {topic->message->payload, topic->message->len},
                                      .name = topic->place.topic,
                                      .partition = topic->message->partition,
                                      .at = (uint64_t)topic->message->offset};
            return 1;
        }
        topic->present++;
        topic->assigned = false;
    }
    return 0;
}
