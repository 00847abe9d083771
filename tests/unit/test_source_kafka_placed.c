/* SPDX-License-Identifier: Apache-2.0
 *
 * test_source_kafka_placed.c - the Kafka source when somebody else keeps where its partitions go
 * on, against librdkafka's mock cluster: starts, seeks, pauses, topics that come later, two
 * members.
 */
#include "base/buffer.h"
#include "ingest/source/source_kafka_internal.h"

#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* rd_kafka_producev's arguments are statement expressions. */
#pragma GCC diagnostic ignored "-Wpedantic"

#define MESSAGES   300 /* of the topic logs, as many in each partition */
#define PARTITIONS 3
#define EACH       (MESSAGES / PARTITIONS)
#define MORE       60 /* may be produced after these */
#define OFFSETS    (EACH + MORE)

static rd_kafka_t *producer;
static rd_kafka_mock_cluster_t *cluster;
static unsigned groups;
static char group[32];

/* How often a message of each offset was taken. */
static uint32_t taken[PARTITIONS][OFFSETS];
/* What the caller keeps: where each partition goes on; -1: it has no place. */
static int64_t kept[PARTITIONS];

static void produce(const char *topic, int partition, int count)
{
    for (int i = 0; i < count; i++) {
        assert_int_equal(
            rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                              RD_KAFKA_V_VALUE((void *)(uintptr_t) "{}", 2),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
            RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    assert_int_equal(rd_kafka_flush(producer, 10000), 0);
}

/* Each test has a cluster of its own, since some add messages. */
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
    for (int i = 0; i < PARTITIONS; i++) {
        produce("logs", i, EACH);
    }
    snprintf(group, sizeof group, "placed-%u", groups++);
    memset(taken, 0, sizeof taken);
    memset(kept, 0xFF, sizeof kept);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rd_kafka_destroy(producer);
    return 0;
}

static const char *const logs[] = {"logs"};
static const struct source_property quick[] = {{"session.timeout.ms", "3000"},
                                               {"heartbeat.interval.ms", "300"}};

static struct source_options options_of_cluster(void)
{
    return (struct source_options){
        .kind = "kafka",
        .framing = {.record_bytes_max = 1024, .document_record_bytes_max = 1024},
        .brokers = rd_kafka_mock_cluster_bootstraps(cluster),
        .group = group,
        .topics = logs,
        .topics_count = 1,
        .batch_records = 10,
        .placed = true,
        .properties = quick,
        .properties_count = 2,
    };
}

static void open_source(struct source *source, const struct source_options *options)
{
    struct err err = {0};
    if (source_open(source, options, &err) != 0) {
        fail_msg("%s", err.text);
    }
}

static void resume(struct source *source, int32_t partition, int64_t offset)
{
    struct buffer text = {0};
    struct err err = {0};
    buffer_add_i64(&text, offset);
    assert_int_equal(source->ops->resume(source, STR("logs"), partition, buffer_str(&text), &err),
                     0);
    buffer_release(&text);
}

static void keep(struct source *source, const struct stream *stream)
{
    struct buffer text = {0};
    source->ops->place(source, stream, &text);
    if (text.len > 0) {
        assert_true(str_to_i64(buffer_str(&text), &kept[stream->partition]));
    }
    buffer_release(&text);
}

/* Counts the messages that are not void, as an engine does that discards those. */
static void take_batch(struct source *source, const struct batch *batch)
{
    for (uint32_t i = 0; i < batch->chunks_count; i++) {
        const struct chunk *chunk = &batch->chunks[i];
        assert_string_equal(chunk->stream->name, "logs");
        assert_true(chunk->offset < OFFSETS);
        assert_int_equal(chunk->epoch, chunk->stream->epoch);
        assert_false(chunk->duplicate);
        taken[chunk->stream->partition][chunk->offset]++;
    }
    source->ops->delivered(source, batch);
    for (uint32_t i = 0; i < batch->chunks_count; i++) {
        keep(source, batch->chunks[i].stream);
    }
}

/* Answers with what is kept. */
static void answer(struct source *source)
{
    struct err err = {0};
    assert_true(source->change.count > 0);
    for (uint32_t i = 0; i < source->change.count && !source->change.taken; i++) {
        int32_t partition = source->change.streams[i]->partition;
        if (kept[partition] >= 0) {
            resume(source, partition, kept[partition]);
        }
    }
    if (source->ops->answer(source, &err) != 0) {
        fail_msg("%s", err.text);
    }
}

/* One poll; what it brings is taken, and a change answered. How many messages came. */
static uint32_t poll_once(struct source *source, int timeout_ms)
{
    struct batch *batch = batch_new();
    struct err err = {0};
    enum source_poll polled = source->ops->poll(source, batch, timeout_ms, &err);
    uint32_t count = batch->chunks_count;
    if (polled == SOURCE_FAILED) {
        fail_msg("%s", err.text);
    }
    assert_true(polled == SOURCE_BATCH ? count > 0 : count == 0);
    if (polled == SOURCE_BATCH) {
        take_batch(source, batch);
        assert_int_equal(source->ops->committed(source, &err), 0);
    } else if (polled == SOURCE_CHANGE) {
        answer(source);
    }
    source->ops->release(source, batch);
    batch_free(batch);
    return count;
}

/* Polls until so many messages came, and then whether more do. */
static void poll_until(struct source *source, uint32_t count)
{
    uint32_t got = 0;
    for (int polls = 0; polls < 400 && got < count; polls++) {
        got += poll_once(source, 50);
    }
    assert_int_equal(got, count);
    for (int polls = 0; polls < 4; polls++) {
        assert_int_equal(poll_once(source, 50), 0);
    }
}

/* Messages of the partition at offsets from..to-1 were taken so often. */
static void assert_taken(int partition, uint32_t from, uint32_t to, uint32_t times)
{
    for (uint32_t offset = from; offset < to; offset++) {
        if (taken[partition][offset] != times) {
            fail_msg("partition %d offset %u was taken %u times, not %u", partition, offset,
                     taken[partition][offset], times);
        }
    }
}

static void
a_partition_begins_at_its_place_and_one_without_at_the_groups_or_the_beginning(void **state)
{
    (void)state;
    struct source source;
    struct source_options options = options_of_cluster();
    options.all_partitions = true;
    options.batch_records = 1;
    open_source(&source, &options);
    resume(&source, 0, 40);
    resume(&source, 1, EACH);
    poll_until(&source, 60 + EACH); /* and offsets are committed at the end */
    assert_taken(0, 0, 40, 0);
    assert_taken(0, 40, EACH, 1);
    assert_taken(1, 0, EACH, 0);
    assert_taken(2, 0, EACH, 1);
    assert_int_equal(kept[0], EACH);
    assert_int_equal(kept[1], -1); /* nothing of it was delivered */
    assert_int_equal(kept[2], EACH);
    source_close(&source);
    produce("logs", 0, 5);
    produce("logs", 2, 5);
    open_source(&source, &options);
    resume(&source, 2, EACH + 2);
    poll_until(&source, 5 + EACH + 3);
    assert_taken(0, 40, EACH + 5, 1); /* where the group had been */
    assert_taken(1, 0, EACH, 1);
    assert_taken(2, EACH, EACH + 2, 0);
    assert_taken(2, EACH + 2, EACH + 5, 1);
    assert_int_equal(source.errors, 0);
    source_close(&source);
}

static const struct stream *stream_of(const struct source *source, int32_t partition)
{
    uint32_t i = 0;
    while (source->streams[i]->partition != partition) {
        assert_true(++i < source->streams_count);
    }
    return source->streams[i];
}

static void a_partition_that_is_sought_in_goes_on_there_and_the_others_as_they_were(void **state)
{
    (void)state;
    struct source source;
    struct err err = {0};
    struct buffer text = {0};
    struct batch *batch = batch_new();
    struct source_options options = options_of_cluster();
    options.all_partitions = true;
    open_source(&source, &options);
    resume(&source, 0, 30);
    uint32_t got = 0;
    while (got < 150) {
        got += poll_once(&source, 50);
    }
    while (source.ops->poll(&source, batch, 50, &err) != SOURCE_BATCH) {
    }
    const struct stream *stream = batch->chunks[0].stream;
    int number = stream->partition;
    uint32_t epoch = stream->epoch;
    uint32_t first = number == 0 ? 30 : 0;
    uint32_t before = first; /* up to where it was taken */
    while (before < EACH && taken[number][before] == 1) {
        before++;
    }
    uint32_t sought = (first + before) / 2;
    buffer_add_u64(&text, sought);
    assert_int_equal(source.ops->seek(&source, stream, buffer_str(&text), &err), 0);
    buffer_release(&text);
    assert_int_equal(stream->epoch, epoch + 1);
    /* What was polled before of the partition is void, and noted nowhere. */
    source.ops->delivered(&source, batch);
    kept[number] = -1;
    keep(&source, stream);
    assert_int_equal(kept[number], -1);
    for (uint32_t i = 0; i < batch->chunks_count; i++) {
        const struct chunk *chunk = &batch->chunks[i];
        bool is_void = chunk->epoch != chunk->stream->epoch;
        assert_int_equal(is_void, chunk->stream == stream);
        taken[chunk->stream->partition][chunk->offset] += is_void ? 0 : 1;
        got += is_void ? 0 : 1;
    }
    source.ops->release(&source, batch);
    batch_free(batch);
    poll_until(&source, MESSAGES - 30 - got + before - sought);
    for (int i = 0; i < PARTITIONS; i++) {
        bool is_it = i == number;
        assert_taken(i, 0, i == 0 ? 30 : 0, 0);
        assert_taken(i, i == 0 ? 30 : 0, is_it ? sought : EACH, 1);
        assert_taken(i, is_it ? sought : EACH, is_it ? before : EACH, 2);
        assert_taken(i, is_it ? before : EACH, EACH, 1);
    }
    memset(taken, 0, sizeof taken);
    assert_int_equal(source.ops->seek(&source, stream_of(&source, 0), STR(""), &err), 0);
    poll_until(&source, EACH); /* the group had no offset */
    assert_taken(0, 0, EACH, 1);
    assert_int_equal(source.ops->seek(&source, stream, STR("x7"), &err), ERR_DATA);
    assert_int_equal(source.ops->resume(&source, STR("logs"), 1, STR("-1"), &err), ERR_DATA);
    source_close(&source);
}

static void a_paused_source_gives_nothing_and_loses_nothing(void **state)
{
    (void)state;
    struct source source;
    struct err err = {0};
    struct source_options options = options_of_cluster();
    options.all_partitions = true;
    open_source(&source, &options);
    uint32_t got = 0;
    while (got < 50) {
        got += poll_once(&source, 50);
    }
    source.ops->pause(&source, true);
    for (int polls = 0; polls < 10; polls++) {
        assert_int_equal(poll_once(&source, 50), 0);
    }
    assert_int_equal(source.ops->seek(&source, stream_of(&source, 2), STR("90"), &err), 0);
    memset(taken[2], 0, sizeof taken[2]);
    for (int polls = 0; polls < 10; polls++) {
        assert_int_equal(poll_once(&source, 50), 0);
    }
    produce("logs", 2, 10);
    uint32_t left = 2 * EACH + 20;
    for (uint32_t offset = 0; offset < EACH; offset++) {
        left -= taken[0][offset] + taken[1][offset];
    }
    source.ops->pause(&source, false);
    poll_until(&source, left);
    assert_taken(0, 0, EACH, 1);
    assert_taken(1, 0, EACH, 1);
    assert_taken(2, 0, 90, 0);
    assert_taken(2, 90, EACH + 10, 1);
    source_close(&source);
}

static void a_place_that_the_broker_does_not_have_is_told_and_read_from_what_is_left(void **state)
{
    (void)state;
    struct source source;
    struct source_options options = options_of_cluster();
    options.all_partitions = true;
    open_source(&source, &options);
    resume(&source, 0, 5000);
    resume(&source, 1, 90);
    poll_until(&source, EACH + 10 + EACH);
    assert_int_equal(source.errors, 1);
    assert_taken(0, 0, EACH, 1);
    assert_taken(1, 0, 90, 0);
    assert_taken(1, 90, EACH, 1);
    assert_taken(2, 0, EACH, 1);
    source_close(&source);
}

static void topics_that_come_later_are_read_from_their_beginning(void **state)
{
    (void)state;
    static const char *const names[] = {"^lo(gs|st)$", "late"};
    struct source source;
    struct err err = {0};
    struct source_options options = options_of_cluster();
    options.all_partitions = true;
    options.topics = names;
    options.topics_count = 2;
    open_source(&source, &options);
    poll_until(&source, MESSAGES);
    assert_int_equal(source.streams_count, PARTITIONS);
    assert_int_equal(rd_kafka_mock_topic_create(cluster, "lost", 1, 1), 0);
    assert_int_equal(rd_kafka_mock_topic_create(cluster, "loss", 1, 1), 0);
    assert_int_equal(rd_kafka_mock_topic_create(cluster, "late", 2, 1), 0);
    produce("lost", 0, 3);
    produce("loss", 0, 3);
    produce("late", 1, 2);
    ((struct state *)source.state)->listed_ns = 1; /* asked for long ago */
    struct batch *batch = batch_new();
    uint32_t lost = 0;
    uint32_t late = 0;
    for (int polls = 0; polls < 100 && lost + late < 5; polls++) {
        enum source_poll polled = source.ops->poll(&source, batch, 50, &err);
        for (uint32_t i = 0; polled == SOURCE_BATCH && i < batch->chunks_count; i++) {
            lost += strcmp(batch->chunks[i].stream->name, "lost") == 0 ? 1 : 0;
            late += strcmp(batch->chunks[i].stream->name, "late") == 0 ? 1 : 0;
        }
        source.ops->release(&source, batch);
        batch_clear(batch);
    }
    assert_int_equal(lost, 3);
    assert_int_equal(late, 2);
    assert_int_equal(source.streams_count, PARTITIONS + 3);
    batch_free(batch);
    source_close(&source);
}

static void a_topic_that_is_no_expression_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"^lo(gs"};
    struct source source;
    struct err err = {0};
    struct source_options options = options_of_cluster();
    options.all_partitions = true;
    options.topics = names;
    assert_int_equal(source_open(&source, &options, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "source.topics: ^lo(gs: "));
}

/* Both members are polled in turn, until so many messages came or it took too long. */
static uint32_t poll_both(struct source *a, struct source *b, uint32_t count)
{
    uint32_t got = 0;
    for (int polls = 0; polls < 1000 && got < count; polls++) {
        got += a != NULL ? poll_once(a, 10) : 0;
        got += poll_once(b, 10);
    }
    return got;
}

static uint32_t assigned_to(const struct source *source)
{
    const struct state *state = source->state;
    uint32_t count = 0;
    for (uint32_t i = 0; i < state->partitions_count; i++) {
        count += state->partitions[i].assigned ? 1 : 0;
    }
    return count;
}

static void members_hand_partitions_over_and_each_message_is_taken_once(void **state)
{
    (void)state;
    struct source first;
    struct source second;
    struct source_options options = options_of_cluster();
    open_source(&first, &options);
    uint32_t got = poll_both(NULL, &first, 80);
    assert_int_equal(assigned_to(&first), PARTITIONS);
    open_source(&second, &options);
    for (int polls = 0; polls < 1000 && assigned_to(&second) == 0; polls++) {
        got += poll_both(&first, &second, 1);
    }
    assert_true(assigned_to(&second) > 0);
    got += poll_both(&first, &second, MESSAGES - got);
    assert_int_equal(got, MESSAGES);
    assert_int_equal(assigned_to(&first) + assigned_to(&second), PARTITIONS);
    source_close(&first);
    for (int i = 0; i < PARTITIONS; i++) {
        produce("logs", i, MORE);
    }
    got = poll_both(NULL, &second, PARTITIONS * MORE);
    for (int polls = 0; polls < 20; polls++) {
        got += poll_once(&second, 50); /* none comes twice */
    }
    assert_int_equal(got, PARTITIONS * MORE);
    assert_int_equal(assigned_to(&second), PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++) {
        assert_taken(i, 0, OFFSETS, 1);
    }
    assert_int_equal(first.errors + second.errors, 0);
    source_close(&second);
}

static void a_change_that_is_not_answered_yet_holds_all_reading_up(void **state)
{
    (void)state;
    struct source source;
    struct err err = {0};
    struct batch *batch = batch_new();
    struct source_options options = options_of_cluster();
    enum source_poll polled = SOURCE_NOTHING_YET;
    open_source(&source, &options);
    for (int polls = 0; polls < 400 && polled == SOURCE_NOTHING_YET; polls++) {
        polled = source.ops->poll(&source, batch, 50, &err);
    }
    assert_int_equal(polled, SOURCE_CHANGE);
    assert_false(source.change.taken);
    assert_int_equal(source.change.count, PARTITIONS);
    for (int polls = 0; polls < 5; polls++) {
        assert_int_equal(source.ops->poll(&source, batch, 50, &err), SOURCE_CHANGE);
    }
    batch_free(batch);
    source_close(&source); /* without an answer */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_partition_begins_at_its_place_and_one_without_at_the_groups_or_the_beginning, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            a_partition_that_is_sought_in_goes_on_there_and_the_others_as_they_were, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(a_paused_source_gives_nothing_and_loses_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            a_place_that_the_broker_does_not_have_is_told_and_read_from_what_is_left, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(topics_that_come_later_are_read_from_their_beginning,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_topic_that_is_no_expression_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(members_hand_partitions_over_and_each_message_is_taken_once,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_change_that_is_not_answered_yet_holds_all_reading_up,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests_name("source_kafka_placed", tests, NULL, NULL);
}
