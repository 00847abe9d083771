/* SPDX-License-Identifier: Apache-2.0
 *
 * test_sink_kafka.c - the Kafka sink against librdkafka's mock cluster: acknowledged or failed.
 */
#include "base/timestamp.h"
#include "respond/sink/sink.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

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
    assert_int_equal(rd_kafka_mock_topic_create(cluster, "alerts", 1, 1), 0);
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
                                 .topic = "alerts",
                                 .timeout_ms = 3000};
}

static rd_kafka_t *open_consumer(void)
{
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    assert_int_equal(rd_kafka_conf_set(conf, "bootstrap.servers",
                                       rd_kafka_mock_cluster_bootstraps(cluster), reason,
                                       sizeof reason),
                     RD_KAFKA_CONF_OK);
    assert_int_equal(rd_kafka_conf_set(conf, "group.id", "test", reason, sizeof reason),
                     RD_KAFKA_CONF_OK);
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    assert_non_null(consumer);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "alerts", 0)->offset = 0;
    assert_int_equal(rd_kafka_assign(consumer, list), 0);
    rd_kafka_topic_partition_list_destroy(list);
    return consumer;
}

static void what_is_flushed_is_in_the_topic_with_its_key_and_without_its_line_end(void **state)
{
    (void)state;
    struct sink sink;
    struct err err = {0};
    struct sink_options options = options_of_cluster();
    struct sink_item item = {.key = STR("0123abcd"), .json = STR("{\"a\":1}\n")};
    assert_int_equal(sink_open(&sink, &options, &err), 0);
    assert_int_equal(sink_write(&sink, &item, &err), 0);
    item.json = STR("{\"a\":2}\n");
    assert_int_equal(sink_write(&sink, &item, &err), 0);
    assert_int_equal(sink_flush(&sink, &err), 0);
    rd_kafka_t *consumer = open_consumer();
    for (int i = 1; i <= 2; i++) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 10000);
        assert_non_null(message);
        assert_int_equal(message->err, 0);
        char want[16];
        snprintf(want, sizeof want, "{\"a\":%d}", i);
        assert_int_equal(message->len, 7);
        assert_memory_equal(message->payload, want, 7);
        assert_int_equal(message->key_len, 8);
        assert_memory_equal(message->key, "0123abcd", 8);
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    sink_close(&sink);
}

static void check_header(const rd_kafka_headers_t *headers, const char *name, const char *want)
{
    const void *value = NULL;
    size_t len = 0;
    rd_kafka_resp_err_t missing = rd_kafka_header_get_last(headers, name, &value, &len);
    if (want == NULL) {
        assert_int_equal(missing, RD_KAFKA_RESP_ERR__NOENT);
        return;
    }
    assert_int_equal(missing, 0);
    assert_int_equal(len, strlen(want));
    assert_memory_equal(value, want, len);
}

/* Writes the dead letter of a record of stream and reads its message back. */
static void check_headers_of(struct stream *stream, const char *want_partition)
{
    struct sink sink;
    struct err err = {0};
    struct sink_options options = options_of_cluster();
    struct chunk chunk = {.stream = stream};
    struct record record = {.offset = 4711, .sub = 3, .fault = RECORD_FAULT_JSON_DEPTH};
    struct sink_item item = {
        .dead = &record, .chunk = &chunk, .key = str_of(stream->name), .json = STR("{}\n")};
    assert_int_equal(sink_open(&sink, &options, &err), 0);
    assert_int_equal(sink_write(&sink, &item, &err), 0);
    assert_int_equal(sink_flush(&sink, &err), 0);
    rd_kafka_t *consumer = open_consumer();
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 10000);
    assert_non_null(message);
    assert_int_equal(message->err, 0);
    assert_memory_equal(message->key, stream->name, message->key_len);
    rd_kafka_headers_t *headers = NULL;
    assert_int_equal(rd_kafka_message_headers(message, &headers), 0);
    check_header(headers, "tocsin.reason", "json_depth");
    check_header(headers, "tocsin.source_kind", stream->source);
    check_header(headers, "tocsin.source", stream->name);
    check_header(headers, "tocsin.partition", want_partition);
    check_header(headers, "tocsin.offset", "4711");
    check_header(headers, "tocsin.sub", "3");
    check_header(headers, "tocsin.version", TOCSIN_VERSION);
    const void *seen = NULL;
    size_t used = 0;
    size_t len = 0;
    assert_int_equal(rd_kafka_header_get_last(headers, "tocsin.first_seen", &seen, &len), 0);
    assert_true(timestamp_parse_rfc3339((struct str){seen, len}, 0, &used) > TIMESTAMP_DAY_NS);
    assert_int_equal(used, len);
    rd_kafka_message_destroy(message);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    sink_close(&sink);
}

static void a_dead_letters_reason_and_place_are_headers(void **state)
{
    (void)state;
    check_headers_of(&(struct stream){.source = "kafka", .name = "web", .partition = 12}, "12");
}

static void a_dead_letter_of_a_file_has_no_partition(void **state)
{
    (void)state;
    check_headers_of(&(struct stream){.source = "file", .name = "/var/log/a", .partition = -1},
                     NULL);
}

static void an_alert_has_no_headers(void **state)
{
    (void)state;
    struct sink sink;
    struct err err = {0};
    struct sink_options options = options_of_cluster();
    struct sink_item item = {.key = STR("0123abcd"), .json = STR("{}\n")};
    assert_int_equal(sink_open(&sink, &options, &err), 0);
    assert_int_equal(sink_write(&sink, &item, &err), 0);
    assert_int_equal(sink_flush(&sink, &err), 0);
    rd_kafka_t *consumer = open_consumer();
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 10000);
    assert_non_null(message);
    rd_kafka_headers_t *headers = NULL;
    assert_int_equal(rd_kafka_message_headers(message, &headers), RD_KAFKA_RESP_ERR__NOENT);
    rd_kafka_message_destroy(message);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    sink_close(&sink);
}

static void a_refused_message_fails_this_flush_and_every_later_one(void **state)
{
    (void)state;
    struct sink sink;
    struct err err = {0};
    struct sink_options options = options_of_cluster();
    struct sink_item item = {.key = STR("k"), .json = STR("{}\n")};
    rd_kafka_mock_push_request_errors(cluster, 0 /* Produce */, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    assert_int_equal(sink_open(&sink, &options, &err), 0);
    assert_int_equal(sink_write(&sink, &item, &err), 0);
    assert_int_equal(sink_flush(&sink, &err), ERR_KAFKA);
    assert_non_null(strstr(err.text, "alerts"));
    (void)sink_write(&sink, &item, &err);
    assert_int_equal(sink_flush(&sink, &err), ERR_KAFKA);
    sink_close(&sink);
}

static void a_broker_that_is_gone_fails_the_flush_within_the_timeout(void **state)
{
    (void)state;
    struct sink sink;
    struct err err = {0};
    struct sink_options options = options_of_cluster();
    struct sink_item item = {.key = STR("k"), .json = STR("{}\n")};
    options.timeout_ms = 1500;
    assert_int_equal(sink_open(&sink, &options, &err), 0);
    assert_int_equal(rd_kafka_mock_broker_set_down(cluster, 1), 0);
    assert_int_equal(sink_write(&sink, &item, &err), 0);
    assert_int_equal(sink_flush(&sink, &err), ERR_KAFKA);
    sink_close(&sink);
}

static void a_wrong_property_is_named(void **state)
{
    (void)state;
    static const struct source_property wrong = {"no.such.property", "1"};
    struct sink sink;
    struct err err = {0};
    struct sink_options options = options_of_cluster();
    options.properties = &wrong;
    options.properties_count = 1;
    assert_int_equal(sink_open(&sink, &options, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "no.such.property"));
    options.topic = NULL;
    assert_int_equal(sink_open(&sink, &options, &err), ERR_CONFIG);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_flushed_is_in_the_topic_with_its_key_and_without_its_line_end),
        TEST(a_dead_letters_reason_and_place_are_headers),
        TEST(a_dead_letter_of_a_file_has_no_partition),
        TEST(an_alert_has_no_headers),
        TEST(a_refused_message_fails_this_flush_and_every_later_one),
        TEST(a_broker_that_is_gone_fails_the_flush_within_the_timeout),
        TEST(a_wrong_property_is_named),
    };
    return cmocka_run_group_tests_name("sink_kafka", tests, NULL, NULL);
}
