/* SPDX-License-Identifier: Apache-2.0
 *
 * test_source_kafka.c - the Kafka source against librdkafka's mock cluster: order, offsets, the
 * end.
 */
#include "base/buffer.h"
#include "base/timestamp.h"
#include "ingest/source/source.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* rd_kafka_producev's arguments are statement expressions. */
#pragma GCC diagnostic ignored "-Wpedantic"

#define MESSAGES   300
#define PARTITIONS 3

static rd_kafka_t *producer;
static rd_kafka_mock_cluster_t *cluster;
static unsigned groups;
static char group[32];

static int set_up(void **state)
{
    (void)state;
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    assert_int_equal(rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", reason, sizeof reason),
                     RD_KAFKA_CONF_OK);
    producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    assert_non_null(producer);
    cluster = rd_kafka_handle_mock_cluster(producer);
    assert_non_null(cluster);
    assert_int_equal(rd_kafka_mock_topic_create(cluster, "logs", PARTITIONS, 1), 0);
    for (int i = 0; i < MESSAGES; i++) {
        char text[32];
        const char *sender = i % 2 == 0 ? "192.0.2.7" : "";
        int len = snprintf(text, sizeof text, "{\"n\":%d}", i);
        assert_int_equal(
            rd_kafka_producev(
                producer, RD_KAFKA_V_TOPIC("logs"), RD_KAFKA_V_PARTITION(i % PARTITIONS),
                RD_KAFKA_V_VALUE(text, (size_t)len), RD_KAFKA_V_TIMESTAMP(1700000000000 + i),
                RD_KAFKA_V_HEADER("tocsin.sender", sender, -1),
                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
            RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    assert_int_equal(rd_kafka_flush(producer, 10000), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rd_kafka_destroy(producer);
    return 0;
}

static int new_group(void **state)
{
    (void)state;
    snprintf(group, sizeof group, "group-%u", groups++);
    return 0;
}

static const char *const topics[] = {"logs"};
/* The mock cluster keeps a member that left until its session is over. */
static const struct source_property quick[] = {{"session.timeout.ms", "3000"},
                                               {"heartbeat.interval.ms", "500"}};

static struct source_options options_of_cluster(void)
{
    return (struct source_options){
        .kind = "kafka",
        .framing = {.record_bytes_max = 1024, .document_record_bytes_max = 1024},
        .brokers = rd_kafka_mock_cluster_bootstraps(cluster),
        .group = group,
        .topics = topics,
        .topics_count = 1,
        .batch_records = 50,
        .stop_at_end = true,
        .properties = quick,
        .properties_count = 2,
    };
}

struct seen {
    uint32_t messages;
    uint32_t delivered; /* of these */
    uint32_t duplicates;
    uint64_t next[PARTITIONS];
    uint32_t senders; /* messages that tell theirs */
    bool ordered;
};

static void see(const struct batch *batch, struct seen *seen)
{
    for (uint32_t i = 0; i < batch->chunks_count; i++) {
        const struct chunk *chunk = &batch->chunks[i];
        int32_t partition = chunk->stream->partition;
        char want[32];
        int len = snprintf(want, sizeof want, "{\"n\":%d}",
                           (int)chunk->offset * PARTITIONS + (int)partition);
        assert_true(chunk->message);
        assert_string_equal(chunk->stream->name, "logs");
        assert_int_equal(chunk->bytes.len, len);
        assert_memory_equal(chunk->bytes.ptr, want, (size_t)len);
        assert_true(chunk->reference_ns ==
                    (1700000000000 + (int64_t)chunk->offset * PARTITIONS + partition) * 1000000);
        seen->ordered = seen->ordered && chunk->offset >= seen->next[partition];
        seen->next[partition] = chunk->offset + 1;
        seen->messages++;
        seen->duplicates += chunk->duplicate;
        if (chunk->sender != NULL) {
            assert_int_equal(chunk->sender->address.len, 9);
            assert_memory_equal(chunk->sender->address.ptr, "192.0.2.7", 9);
            seen->senders++;
        }
    }
}

/* Reads to the end, or max batches; the first `commit` of them are delivered. */
static void read_all(struct source *source, uint32_t max, uint32_t commit, struct seen *seen)
{
    struct batch *batch = batch_new();
    struct err err = {0};
    *seen = (struct seen){.ordered = true};
    uint32_t batches = 0;
    for (uint32_t polls = 0; polls < 600 && batches < max; polls++) {
        enum source_poll polled = source->ops->poll(source, batch, 100, &err);
        if (polled == SOURCE_END) {
            break;
        }
        assert_int_not_equal(polled, SOURCE_FAILED);
        if (polled == SOURCE_BATCH) {
            see(batch, seen);
            if (batches++ < commit) {
                source->ops->delivered(source, batch);
                assert_int_equal(source->ops->committed(source, &err), 0);
                seen->delivered += batch->chunks_count;
            }
        }
        source->ops->release(source, batch);
        batch_clear(batch);
    }
    batch_free(batch);
}

static void every_message_comes_once_in_its_partitions_order(void **state)
{
    (void)state;
    struct source source;
    struct source_options options = options_of_cluster();
    struct err err = {0};
    struct seen seen;
    assert_int_equal(source_open(&source, &options, &err), 0);
    read_all(&source, UINT32_MAX, UINT32_MAX, &seen);
    assert_int_equal(seen.messages, MESSAGES);
    assert_int_equal(seen.duplicates, 0);
    assert_true(seen.ordered);
    assert_int_equal(seen.senders, 0);
    assert_int_equal(source.streams_count, PARTITIONS);
    for (uint32_t i = 0; i < PARTITIONS; i++) {
        assert_int_equal(source.streams[i]->lag, 0);
    }
    source_close(&source);
}

static void what_was_delivered_is_not_read_again_and_what_was_not_is(void **state)
{
    (void)state;
    struct source source;
    struct source_options options = options_of_cluster();
    struct err err = {0};
    struct seen first;
    struct seen second;
    struct seen third;
    assert_int_equal(source_open(&source, &options, &err), 0);
    read_all(&source, 3, 2, &first); /* the third batch is read and lost */
    source_close(&source);
    assert_true(first.delivered > 0 && first.delivered < first.messages);
    assert_int_equal(source_open(&source, &options, &err), 0);
    read_all(&source, UINT32_MAX, UINT32_MAX, &second);
    source_close(&source);
    assert_int_equal(second.messages, MESSAGES - first.delivered);
    assert_int_equal(source_open(&source, &options, &err), 0);
    read_all(&source, UINT32_MAX, UINT32_MAX, &third);
    source_close(&source);
    assert_int_equal(third.messages, 0);
}

static void properties_that_undo_the_guarantee_are_refused(void **state)
{
    (void)state;
    struct source source;
    struct source_options options = options_of_cluster();
    struct source_property property = {"enable.auto.commit", "true"};
    struct err err = {0};
    options.properties = &property;
    options.properties_count = 1;
    assert_int_equal(source_open(&source, &options, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "enable.auto.commit"));
}

static void a_topic_that_is_not_there_is_an_error_when_the_end_is_awaited(void **state)
{
    (void)state;
    static const char *const missing[] = {"nowhere"};
    struct source source;
    struct source_options options = options_of_cluster();
    struct batch *batch = batch_new();
    struct err err = {0};
    enum source_poll polled = SOURCE_NOTHING_YET;
    options.topics = missing;
    assert_int_equal(source_open(&source, &options, &err), 0);
    for (int polls = 0; polls < 200 && polled == SOURCE_NOTHING_YET; polls++) {
        polled = source.ops->poll(&source, batch, 100, &err);
    }
    /* The mock cluster creates topics that are asked for; a broker does not. */
    assert_true(polled == SOURCE_END || polled == SOURCE_FAILED);
    batch_free(batch);
    source_close(&source);
}

static void the_sender_of_a_relayed_record_stands_in_its_header(void **state)
{
    (void)state;
    struct source source;
    struct source_options options = options_of_cluster();
    struct err err = {0};
    struct seen seen;
    options.relayed = true;
    assert_int_equal(source_open(&source, &options, &err), 0);
    read_all(&source, UINT32_MAX, UINT32_MAX, &seen);
    assert_int_equal(seen.messages, MESSAGES);
    assert_int_equal(seen.senders, MESSAGES / 2); /* the others' is empty */
    source_close(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_sender_of_a_relayed_record_stands_in_its_header, new_group),
        cmocka_unit_test_setup(every_message_comes_once_in_its_partitions_order, new_group),
        cmocka_unit_test_setup(what_was_delivered_is_not_read_again_and_what_was_not_is, new_group),
        cmocka_unit_test_setup(properties_that_undo_the_guarantee_are_refused, new_group),
        cmocka_unit_test_setup(a_topic_that_is_not_there_is_an_error_when_the_end_is_awaited,
                               new_group),
    };
    return cmocka_run_group_tests_name("source_kafka", tests, set_up, tear_down);
}
