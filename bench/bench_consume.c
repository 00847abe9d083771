/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_consume.c - the yardstick for Kafka input: a librdkafka consumer that only counts.
 *
 * bench_consume BROKERS TOPIC: reads all partitions of the topic to their ends, a batch at a time,
 * and prints messages and bytes; exit code 1 when there were none. Like tocsin it subscribes as a
 * group, and lets librdkafka check what it always checks.
 */
#include "base/memory.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define BATCH 1000

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[256];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK) {
        fprintf(stderr, "%s: %s\n", name, text);
    }
}

static rd_kafka_t *open_consumer(const char *brokers, const char *topic)
{
    char text[256];
    snprintf(text, sizeof text, "bench-consume-%lld", (long long)time(NULL));
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "group.id", text);
    set(conf, "auto.offset.reset", "earliest");
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.partition.eof", "true");
    rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (kafka == NULL) {
        fprintf(stderr, "%s\n", text);
        return NULL;
    }
    rd_kafka_poll_set_consumer(kafka);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_subscribe(kafka, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    return kafka;
}

static int partitions_of(rd_kafka_t *kafka, const char *topic)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka, topic, NULL);
    int count = 0;
    if (rd_kafka_metadata(kafka, 0, handle, &metadata, 10000) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        count = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
        rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_topic_destroy(handle);
    return count;
}

int main(int argc, char **argv)
{
    rd_kafka_t *kafka = argc == 3 ? open_consumer(argv[1], argv[2]) : NULL;
    if (kafka == NULL) {
        fprintf(stderr, "usage: bench_consume BROKERS TOPIC\n");
        return 2;
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(kafka);
    rd_kafka_message_t **messages = memory_new(BATCH, sizeof *messages);
    int open = partitions_of(kafka, argv[2]);
    unsigned long long count = 0;
    unsigned long long bytes = 0;
    while (open > 0) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, 100, messages, BATCH);
        for (ssize_t i = 0; i < got; i++) {
            if (messages[i]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
                open--;
            } else if (messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
                count++;
                bytes += messages[i]->len;
            }
            rd_kafka_message_destroy(messages[i]);
        }
    }
    printf("%llu messages, %llu bytes\n", count, bytes);
    memory_free(messages);
    rd_kafka_queue_destroy(queue);
    rd_kafka_consumer_close(kafka);
    rd_kafka_destroy(kafka);
    return count == 0;
}
