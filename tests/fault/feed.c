/* SPDX-License-Identifier: Apache-2.0
 *
 * feed.c - writes CloudTrail records to a topic until it is told to stop: the log of the fault
 * tests.
 *
 * Usage: feed BROKERS TOPIC SEED RATE [FILE]
 * In: a seed, or a file of records, one a line. Out: so many messages a second, keyed by the user;
 * of a file by the line. Made-up records are a function of the seed: their times run RECORD_MS a
 * record, and some are up to EARLIER_MS_MAX too early. One in a hundred messages is broken, and
 * some are documents of several records.
 *
 * SIGTERM (or the end of FILE): a last record of the present time goes to every partition, so that
 * all windows before it are over; then everything is flushed and the sum of messages is printed.
 *
 * Invariants: messages of a partition stay in order, whatever happens to brokers, but for a batch
 * of at most 25 that is written again when a broker dies before its answer: about 5 s of the log's
 * time. (An idempotent producer would not repeat it, but gives up for good where librdkafka 2.0
 * believes that a broker has forgotten it.) Exit code 1: not all could be written.
 */
#include <errno.h>
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    TICKS_A_SECOND = 20,
    RECORD_MS = 50,
    EARLIER_MS_MAX = 20000,
    USERS = 60,
    ADDRESSES = 250,
    RECORD_BYTES = 2048,
    LINE_BYTES = 1 << 20,
    PARTITIONS_MAX = 64,
    FLUSH_MS = 240000,
};

/* 2024-03-02T10:00:00Z: long before any day on which this runs. */
static const int64_t begin_ms = INT64_C(1709373600000);

/* What users do, how often of 1,000 calls, and what stands in the record beside it. */
static const struct {
    const char *source, *name;
    unsigned weight;
    const char *more;
} calls[] = {
    {"s3.amazonaws.com", "GetObject", 560, NULL},
    {"ec2.amazonaws.com", "DescribeInstances", 180, NULL},
    {"signin.amazonaws.com", "ConsoleLogin", 90, "\"errorMessage\":\"Failed authentication\""},
    {"signin.amazonaws.com", "ConsoleLogin", 40, NULL},
    {"signin.amazonaws.com", "CheckMfa", 30, NULL},
    {"iam.amazonaws.com", "CreateUser", 25, NULL},
    {"iam.amazonaws.com", "AttachUserPolicy", 25, NULL},
    {"iam.amazonaws.com", "CreateAccessKey", 25, NULL},
    {"cloudtrail.amazonaws.com", "StopLogging", 20, NULL},
    {"kms.amazonaws.com", "Decrypt", 5, "\"errorCode\":\"AccessDenied\""},
};

static const char *const regions[] = {"eu-central-1", "eu-west-1", "us-east-1",   "us-west-2",
                                      "ap-south-1",   "sa-east-1", "ca-central-1"};

struct feed {
    rd_kafka_t *producer;
    const char *topic;
    uint64_t random;
    uint64_t records;  /* made up so far */
    uint64_t messages; /* given to the producer */
    uint64_t failed;
};

static volatile sig_atomic_t stopped;

static void stop(int number)
{
    (void)number;
    stopped = 1;
}

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "feed: %s: %s\n", what, why);
    exit(1);
}

/* The next number of SplitMix64, below the bound. */
static uint64_t draw(struct feed *feed, uint64_t bound)
{
    uint64_t z = feed->random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (z ^ (z >> 31)) % bound;
}

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
    struct feed *feed = opaque;
    (void)producer;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        feed->failed++;
        fprintf(stderr, "feed: a message was not written: %s\n", rd_kafka_err2str(message->err));
    }
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char error[256];
    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) {
        fail(name, error);
    }
}

static void begin(struct feed *feed, const char *brokers)
{
    char error[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "acks", "all");
    set(conf, "max.in.flight", "1");
    set(conf, "batch.num.messages", "25");
    set(conf, "compression.codec", "lz4");
    set(conf, "linger.ms", "20");
    set(conf, "message.timeout.ms", "300000");
    set(conf, "reconnect.backoff.max.ms", "1000");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, feed);
    feed->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    if (feed->producer == NULL) {
        fail("producer", error);
    }
}

/* Gives a message to the producer; waits while its queue is full. */
static void give(struct feed *feed, int32_t partition, const char *key, const char *value)
{
    rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = feed->topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)key, strlen(key)}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)value, strlen(value)}},
    };
    rd_kafka_resp_err_t failure;
    do {
        rd_kafka_error_t *error =
            rd_kafka_produceva(feed->producer, parts, sizeof parts / sizeof parts[0]);
        failure = error != NULL ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR_NO_ERROR;
        rd_kafka_error_destroy(error);
        rd_kafka_poll(feed->producer, failure == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 100 : 0);
    } while (failure == RD_KAFKA_RESP_ERR__QUEUE_FULL);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail("produce", rd_kafka_err2str(failure));
    }
    feed->messages++;
}

static void write_time(int64_t time_ms, char text[32])
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

/* Writes the next record of a user; its length. */
static size_t make_record(struct feed *feed, unsigned user, char *out, size_t size)
{
    uint64_t pick = draw(feed, 1000);
    size_t call = 0;
    while (call + 1 < sizeof calls / sizeof calls[0] && pick >= calls[call].weight) {
        pick -= calls[call++].weight;
    }
    int64_t time_ms = begin_ms + (int64_t)feed->records++ * RECORD_MS;
    if (draw(feed, 10) < 3) {
        time_ms -= (int64_t)draw(feed, EARLIER_MS_MAX);
    }
    char time[32];
    write_time(time_ms, time);
    uint64_t address = draw(feed, ADDRESSES);
    int length = snprintf(
        out, size,
        "{\"eventVersion\":\"1.11\",\"eventTime\":\"%s\",\"eventSource\":\"%s\",\"eventName\":\"%"
        "s\","
        "\"awsRegion\":\"%s\",\"sourceIPAddress\":\"192.0.2.%u\",\"eventID\":\"%" PRIu64 "\","
        "\"userIdentity\":{\"type\":\"IAMUser\",\"userName\":\"user-%u\"},"
        "\"additionalEventData\":{\"bytesTransferredOut\":%u}%s%s}",
        time, calls[call].source, calls[call].name,
        regions[draw(feed, sizeof regions / sizeof regions[0])], (unsigned)address, feed->records,
        user, (unsigned)draw(feed, 100000), calls[call].more == NULL ? "" : ",",
        calls[call].more == NULL ? "" : calls[call].more);
    return (size_t)length;
}

static void send_made(struct feed *feed)
{
    static char value[4 * RECORD_BYTES];
    unsigned user = (unsigned)draw(feed, USERS);
    uint64_t kind = draw(feed, 100);
    size_t length = 0;
    if (kind == 0) {
        length = make_record(feed, user, value, RECORD_BYTES);
        value[length - 1 - draw(feed, length / 2)] = '\0';
    } else if (kind < 5) {
        length = (size_t)snprintf(value, sizeof value, "{\"Records\":[");
        for (int i = 0; i < 3; i++) {
            length += make_record(feed, user, value + length, RECORD_BYTES);
            value[length++] = i == 2 ? ']' : ',';
        }
        memcpy(value + length, "}", 2);
    } else {
        make_record(feed, user, value, RECORD_BYTES);
    }
    char key[32];
    snprintf(key, sizeof key, "user-%u", user);
    give(feed, RD_KAFKA_PARTITION_UA, key, value);
}

/* Sends a file's next line; false at its end. */
static bool send_line(struct feed *feed, FILE *file)
{
    static char line[LINE_BYTES];
    if (fgets(line, sizeof line, file) == NULL) {
        return false;
    }
    line[strcspn(line, "\n")] = '\0';
    char key[32];
    snprintf(key, sizeof key, "%" PRIu64, draw(feed, UINT64_MAX));
    give(feed, RD_KAFKA_PARTITION_UA, key, line);
    return true;
}

/* How many partitions the topic has. */
static int32_t partitions_of(struct feed *feed)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(feed->producer, feed->topic, NULL);
    rd_kafka_resp_err_t failure = rd_kafka_metadata(feed->producer, 0, topic, &metadata, 60000);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR || metadata->topic_cnt != 1) {
        fail("metadata", rd_kafka_err2str(failure));
    }
    int32_t count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(topic);
    if (count < 1 || count > PARTITIONS_MAX) {
        fail(feed->topic, "it does not exist, or has too many partitions");
    }
    return count;
}

static void send_last(struct feed *feed, int32_t partitions)
{
    char time_text[32];
    write_time((int64_t)time(NULL) * 1000, time_text);
    for (int32_t partition = 0; partition < partitions; partition++) {
        char value[256];
        snprintf(value, sizeof value,
                 "{\"eventVersion\":\"1.11\",\"eventTime\":\"%s\",\"eventSource\":\"end\","
                 "\"eventName\":\"End\",\"eventID\":\"end-%d\"}",
                 time_text, partition);
        give(feed, partition, "end", value);
    }
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: feed BROKERS TOPIC SEED RATE [FILE]\n");
        return 2;
    }
    static struct feed feed;
    feed.topic = argv[2];
    feed.random = strtoull(argv[3], NULL, 10);
    uint64_t each = strtoull(argv[4], NULL, 10) / TICKS_A_SECOND + 1;
    FILE *file = argc > 5 ? fopen(argv[5], "r") : NULL;
    if (argc > 5 && file == NULL) {
        fail(argv[5], strerror(errno));
    }
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    begin(&feed, argv[1]);
    int32_t partitions = partitions_of(&feed);
    bool more = true;
    while (!stopped && more) {
        for (uint64_t i = 0; i < each && more; i++) {
            if (file == NULL) {
                send_made(&feed);
            } else {
                more = send_line(&feed, file);
            }
        }
        rd_kafka_poll(feed.producer, 0);
        struct timespec pause = {.tv_nsec = 1000000000 / TICKS_A_SECOND};
        nanosleep(&pause, NULL);
    }
    send_last(&feed, partitions);
    rd_kafka_resp_err_t failure = rd_kafka_flush(feed.producer, FLUSH_MS);
    printf("%" PRIu64 " messages, %" PRIu64 " not written\n", feed.messages, feed.failed);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR || feed.failed > 0) {
        fail("flush", rd_kafka_err2str(failure));
    }
    rd_kafka_destroy(feed.producer);
    return 0;
}
