/* SPDX-License-Identifier: Apache-2.0
 *
 * test_dlq_topic.c - dead letters in a topic (librdkafka's mock cluster): all that is there is
 * read, and what is replayed goes back with where it was. Which records were seen before.
 */
#include "base/timestamp.h"
#include "cli/dlq/dlq_input.h"
#include "cli/dlq/dlq_seen.h"
#include "cli/dlq/dlq_target.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define PARTITIONS 3

static rd_kafka_t *handle;
static rd_kafka_mock_cluster_t *cluster;

static int set_up(void **state)
{
    (void)state;
    char reason[256];
    handle = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof reason);
    assert_non_null(handle);
    cluster = rd_kafka_mock_cluster_new(handle, 1);
    assert_non_null(cluster);
    assert_int_equal(rd_kafka_mock_topic_create(cluster, "dead", PARTITIONS, 1), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(handle);
    return 0;
}

static struct sink_options options_of_cluster(void)
{
    return (struct sink_options){.kind = "kafka",
                                 .brokers = rd_kafka_mock_cluster_bootstraps(cluster),
                                 .topic = "dead",
                                 .timeout_ms = 5000};
}

/* Writes records to the partitions that are given, in turn. */
static void write_letters(const int32_t *partitions, uint32_t count)
{
    struct dlq_target target;
    struct err err = {0};
    struct sink_options options = options_of_cluster();
    assert_int_equal(dlq_target_open(&target, NULL, &options, &err), 0);
    for (uint32_t i = 0; i < count; i++) {
        char text[16];
        snprintf(text, sizeof text, "letter\n%u", i);
        struct dead_letter letter = {.source = STR("dead"),
                                     .partition = partitions[i],
                                     .offset = 1000 + i,
                                     .sub = 2,
                                     .reference_ns = 1772445600 * TIMESTAMP_SECOND_NS,
                                     .record = str_of(text)};
        assert_true(dlq_target_takes(&target, &letter));
        assert_int_equal(dlq_target_write(&target, &letter, &err), 0);
    }
    assert_int_equal(dlq_target_finish(&target, &err), 0);
    dlq_target_close(&target);
}

static void a_topic_is_read_partition_by_partition_to_its_end(void **state)
{
    (void)state;
    static const int32_t partitions[] = {2, 0, 2, 0, 0};
    static const char *const want[] = {"letter\n1", "letter\n3", "letter\n4", "letter\n0",
                                       "letter\n2"};
    static const int32_t want_partitions[] = {0, 0, 0, 2, 2};
    static const uint64_t want_offsets[] = {0, 1, 2, 0, 1};
    struct dlq_input *input = NULL;
    struct dlq_line line;
    struct err err = {0};
    write_letters(partitions, 5);
    struct dlq_place place = {.brokers = rd_kafka_mock_cluster_bootstraps(cluster),
                              .topic = "dead"};
    assert_int_equal(dlq_input_open(&place, &input, &err), 0);
    write_letters(partitions, 1); /* too late to be read */
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(dlq_input_next(input, &line, &err), 1);
        assert_true(str_equal(line.text, str_of(want[i])));
        assert_int_equal(line.partition, want_partitions[i]);
        assert_int_equal(line.at, want_offsets[i]);
    }
    assert_int_equal(dlq_input_next(input, &line, &err), 0);
    dlq_input_close(input);
}

static void a_property_that_loses_data_is_refused_and_an_empty_topic_is_read(void **state)
{
    (void)state;
    struct dlq_input *input = NULL;
    struct err err = {0};
    static const struct source_property wrong = {"acks", "0"};
    struct dlq_place place = {.brokers = rd_kafka_mock_cluster_bootstraps(cluster),
                              .topic = "dead",
                              .properties = &wrong,
                              .properties_count = 1};
    assert_int_equal(dlq_input_open(&place, &input, &err), ERR_CONFIG);
    assert_null(input);
    assert_non_null(strstr(err.text, "acks"));
    place.properties_count = 0;
    assert_int_equal(dlq_input_open(&place, &input, &err), 0);
    struct dlq_line line;
    assert_int_equal(dlq_input_next(input, &line, &err), 0);
    dlq_input_close(input);
}

static void a_replayed_record_has_its_old_place_time_and_partition(void **state)
{
    (void)state;
    static const int32_t partition = 1;
    char reason[256];
    write_letters(&partition, 1);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster), reason,
                      sizeof reason);
    rd_kafka_conf_set(conf, "group.id", "test", reason, sizeof reason);
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    assert_non_null(consumer);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "dead", partition)->offset = 0;
    assert_int_equal(rd_kafka_assign(consumer, list), 0);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 10000);
    assert_non_null(message);
    assert_int_equal(message->err, 0);
    assert_int_equal(message->len, 8);
    assert_memory_equal(message->payload, "letter\n0", 8);
    assert_int_equal(message->key_len, 0);
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    assert_true(rd_kafka_message_timestamp(message, &type) == INT64_C(1772445600000));
    rd_kafka_headers_t *headers = NULL;
    const void *value = NULL;
    size_t len = 0;
    assert_int_equal(rd_kafka_message_headers(message, &headers), 0);
    assert_int_equal(rd_kafka_header_get_last(headers, "tocsin.replay_of", &value, &len), 0);
    assert_int_equal(len, strlen("dead/1:1000.2"));
    assert_memory_equal(value, "dead/1:1000.2", len);
    rd_kafka_message_destroy(message);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
}

static void a_letter_is_seen_when_place_and_bytes_are_the_same(void **state)
{
    (void)state;
    struct dlq_seen *seen = dlq_seen_new();
    struct dead_letter letter = {.source = STR("a"), .partition = -1, .record = STR("x")};
    for (uint64_t round = 0; round < 2; round++) {
        for (uint64_t i = 0; i < 5000; i++) {
            letter.offset = i;
            assert_int_equal(dlq_seen_add(seen, &letter), round == 0 ? DLQ_NEW : DLQ_SEEN);
        }
    }
    letter.record = STR("y");
    assert_int_equal(dlq_seen_add(seen, &letter), DLQ_NEW);
    letter.sub = 1;
    assert_int_equal(dlq_seen_add(seen, &letter), DLQ_NEW);
    letter.partition = 0;
    assert_int_equal(dlq_seen_add(seen, &letter), DLQ_NEW);
    letter.source = STR("b");
    assert_int_equal(dlq_seen_add(seen, &letter), DLQ_NEW);
    assert_int_equal(dlq_seen_add(seen, &letter), DLQ_SEEN);
    dlq_seen_free(seen);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_topic_is_read_partition_by_partition_to_its_end),
        TEST(a_property_that_loses_data_is_refused_and_an_empty_topic_is_read),
        TEST(a_replayed_record_has_its_old_place_time_and_partition),
        cmocka_unit_test(a_letter_is_seen_when_place_and_bytes_are_the_same),
    };
    return cmocka_run_group_tests_name("dlq_topic", tests, NULL, NULL);
}
