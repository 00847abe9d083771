/* SPDX-License-Identifier: Apache-2.0
 *
 * test_relay.c - what is heard on a socket stands in the topic of librdkafka's mock cluster.
 */
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/metrics.h"
#include "cli/relay/relay.h"

#include <arpa/inet.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define PRODUCE_REQUEST 0

static rd_kafka_t *handle;
static rd_kafka_mock_cluster_t *cluster;
static uint16_t port;
static char listen_at[64];

static struct sockaddr_in here(uint16_t number)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(number), .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

/* One that nobody listens at now. */
static uint16_t free_port(void)
{
    struct sockaddr_in address = here(0);
    socklen_t len = sizeof address;
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(descriptor, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(descriptor, (struct sockaddr *)&address, &len), 0);
    close(descriptor);
    return ntohs(address.sin_port);
}

static int set_up(void **state)
{
    (void)state;
    char reason[256];
    handle = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof reason);
    assert_non_null(handle);
    cluster = rd_kafka_mock_cluster_new(handle, 1);
    assert_non_null(cluster);
    assert_int_equal(rd_kafka_mock_topic_create(cluster, "syslog", 1, 1), 0);
    port = free_port();
    snprintf(listen_at, sizeof listen_at, "tcp://127.0.0.1:%u", (unsigned)port);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(handle);
    return 0;
}

static struct relay *open_relay(int64_t timeout_ns)
{
    static const char *listen;
    struct err err = {0};
    struct relay *relay = NULL;
    listen = listen_at;
    struct relay_options options = {
        .source = {.kind = "syslog",
                   .listen = &listen,
                   .listen_count = 1,
                   .framing = {.record_bytes_max = 100}},
        .brokers = rd_kafka_mock_cluster_bootstraps(cluster),
        .topic = "syslog",
        .timeout_ns = timeout_ns,
    };
    assert_int_equal(relay_new(&options, &relay, &err), 0);
    return relay;
}

static void say(const char *text)
{
    struct sockaddr_in address = here(port);
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(descriptor, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    close(descriptor);
}

/* relay_tick_fn: says the text, and wants a stop at once. */
static bool say_once(void *context, const struct relay *relay)
{
    const char **text = context;
    (void)relay;
    if (*text != NULL) {
        say(*text);
        *text = NULL;
    }
    return false;
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
    rd_kafka_topic_partition_list_add(list, "syslog", 0)->offset = 0;
    assert_int_equal(rd_kafka_assign(consumer, list), 0);
    rd_kafka_topic_partition_list_destroy(list);
    return consumer;
}

static void expect_message(rd_kafka_t *consumer, const char *value)
{
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 10000);
    assert_non_null(message);
    assert_int_equal(message->err, 0);
    assert_int_equal(message->len, strlen(value));
    assert_memory_equal(message->payload, value, message->len);
    assert_int_equal(message->key_len, 9);
    assert_memory_equal(message->key, "127.0.0.1", 9);
    rd_kafka_headers_t *headers = NULL;
    const void *bytes = NULL;
    size_t len = 0;
    assert_int_equal(rd_kafka_message_headers(message, &headers), 0);
    assert_int_equal(rd_kafka_header_cnt(headers), 4);
    assert_int_equal(rd_kafka_header_get_last(headers, "tocsin.listener", &bytes, &len), 0);
    assert_int_equal(len, strlen(listen_at));
    assert_memory_equal(bytes, listen_at, len);
    rd_kafka_message_destroy(message);
}

static void each_record_is_a_message_under_its_sender_s_address(void **state)
{
    (void)state;
    struct err err = {0};
    struct relay *relay = open_relay(TIMESTAMP_SECOND_NS * 10);
    const char *text = "<1>first\r\n\n<2>second\n<3>without its end";
    assert_int_equal(relay_run(relay, say_once, &text, &err), 0);
    struct relay_counts counts = relay_counts(relay);
    assert_int_equal(counts.records, 4);
    assert_int_equal(counts.blank, 1);
    assert_int_equal(counts.acknowledged, 3);
    assert_int_equal(counts.waiting, 0);
    relay_free(relay);
    rd_kafka_t *consumer = open_consumer();
    expect_message(consumer, "<1>first");
    expect_message(consumer, "<2>second");
    expect_message(consumer, "<3>without its end");
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
}

static void a_record_that_is_too_large_for_the_topic_is_counted_and_stops_nothing(void **state)
{
    (void)state;
    struct err err = {0};
    struct relay *relay = open_relay(TIMESTAMP_SECOND_NS * 10);
    rd_kafka_mock_push_request_errors(cluster, PRODUCE_REQUEST, 1,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    const char *text = "<1>refused\n";
    assert_int_equal(relay_run(relay, say_once, &text, &err), 0);
    struct relay_counts counts = relay_counts(relay);
    assert_int_equal(counts.records, 1);
    assert_int_equal(counts.refused, 1);
    assert_int_equal(counts.acknowledged, 0);
    assert_int_equal(counts.waiting, 0);
    relay_free(relay);
}

static void what_is_refused_for_another_reason_ends_the_relay(void **state)
{
    (void)state;
    struct err err = {0};
    struct relay *relay = open_relay(TIMESTAMP_SECOND_NS * 10);
    rd_kafka_mock_push_request_errors(cluster, PRODUCE_REQUEST, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    const char *text = "<1>one\n";
    assert_int_equal(relay_run(relay, say_once, &text, &err), ERR_KAFKA);
    assert_non_null(strstr(err.text, "1 records are lost"));
    relay_free(relay);
}

static void a_stop_waits_for_the_brokers_no_longer_than_it_may(void **state)
{
    (void)state;
    struct err err = {0};
    struct relay *relay = open_relay(TIMESTAMP_SECOND_NS);
    assert_int_equal(rd_kafka_mock_broker_set_down(cluster, 1), 0);
    const char *text = "<1>one\n<2>two\n";
    assert_int_equal(relay_run(relay, say_once, &text, &err), ERR_KAFKA);
    assert_non_null(strstr(err.text, "2 records that were taken"));
    assert_int_equal(relay_counts(relay).waiting, 2);
    relay_free(relay);
}

static void metrics_tell_what_became_of_the_records(void **state)
{
    (void)state;
    struct err err = {0};
    struct buffer text = {0};
    struct relay *relay = open_relay(TIMESTAMP_SECOND_NS * 10);
    const char *said = "<1>one\n\n";
    assert_int_equal(relay_run(relay, say_once, &said, &err), 0);
    metrics_render_relay(relay, &text);
    buffer_add_byte(&text, '\0');
    assert_non_null(strstr(text.ptr, "\ntocsin_relay_records_total 2\n"));
    assert_non_null(strstr(text.ptr, "\ntocsin_relay_acknowledged_total 1\n"));
    assert_non_null(strstr(text.ptr, "\ntocsin_relay_blank_total 1\n"));
    assert_non_null(strstr(text.ptr, "\ntocsin_relay_waiting 0\n"));
    buffer_release(&text);
    relay_free(relay);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(each_record_is_a_message_under_its_sender_s_address),
        TEST(a_record_that_is_too_large_for_the_topic_is_counted_and_stops_nothing),
        TEST(what_is_refused_for_another_reason_ends_the_relay),
        TEST(a_stop_waits_for_the_brokers_no_longer_than_it_may),
        TEST(metrics_tell_what_became_of_the_records),
    };
    return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}
