/* SPDX-License-Identifier: Apache-2.0
 *
 * source_kafka.c - topics of a Kafka cluster, read as a member of a consumer group or all of them
 * (librdkafka).
 *
 * In:  messages.   Out: one chunk a message; a stream is a partition.
 * Thread: the reader; librdkafka's callbacks run inside our own calls.
 * Owns:   the consumer; messages until their batch is released.
 * Invariants: (1) an offset is stored when its batch was delivered, and only stored offsets are
 *                 committed: a crash repeats messages, it never skips one.
 *             (2) messages of a partition that was taken away are dropped unread: its next owner
 *                 reads them.
 *             (3) offsets below what this assignment has read already are marked duplicates.
 *             (4) `placed`: a partition is read from where the caller says. An offset that is not
 *                 there is an error that is told. Group offsets only show the lag.
 *
 * Bounds: librdkafka's queue, LIMIT_KAFKA_QUEUE_KBYTES; a batch of about POLL_BYTES, or of one
 * message if that is larger.
 *
 * Follows: docs/sources/kafka.md.   Tested: tests/unit/test_source_kafka.c and
 * test_source_kafka_placed.c (librdkafka's mock cluster), tests/e2e (a real broker).
 */
#include "base/address.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "ingest/source/kafka_properties.h"
#include "ingest/source/source_kafka_internal.h"
#include "ingest/source/source_table.h"

#define POLL_MESSAGES    500
#define POLL_FIRST       16 /* how many are asked for before their size is known */
#define POLL_BYTES       (2 * (size_t)LIMIT_BATCH_BYTES)
#define COMMIT_NS        TIMESTAMP_SECOND_NS
#define OFFSETS_PAUSE_MS 100

/* --- callbacks ------------------------------------------------------------------------------- */

/* A caller that keeps the places is asked first (poll, answer). */
static void on_rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t reason,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    (void)consumer;
    struct state *state = opaque;
    struct err err = {0};
    kafka_assignment_note(state, list, reason != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS);
    if ((!state->options.placed || state->closing) && kafka_assignment_answer(state, &err) != 0) {
        log_write(LOG_ERROR, WHERE, "%s", err.text);
    }
}

static void on_error(rd_kafka_t *consumer, int reason, const char *text, void *opaque)
{
    (void)consumer;
    struct state *state = opaque;
    if (reason == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !state->brokers_down) {
        state->brokers_down = true;
        log_write(LOG_ERROR, WHERE, "no broker of %s can be reached; trying on",
                  state->options.brokers);
    } else if (reason != RD_KAFKA_RESP_ERR__TRANSPORT &&
               reason != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        log_write(LOG_WARNING, WHERE, "Kafka: %s", text);
    }
}

static void on_log(const rd_kafka_t *consumer, int level, const char *facility, const char *text)
{
    (void)consumer;
    log_write(level <= 3 ? LOG_WARNING : LOG_DEBUG, WHERE, "librdkafka %s: %s", facility, text);
}

static void on_commit(rd_kafka_t *consumer, rd_kafka_resp_err_t failed,
                      rd_kafka_topic_partition_list_t *list, void *opaque)
{
    (void)consumer;
    (void)list;
    (void)opaque;
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR && failed != RD_KAFKA_RESP_ERR__NO_OFFSET) {
        log_write(LOG_WARNING, WHERE, "offsets could not be committed: %s",
                  rd_kafka_err2str(failed));
    }
}

/* --- open and close -------------------------------------------------------------------------- */

static int configure(rd_kafka_conf_t *conf, struct state *state, struct err *err)
{
    const struct source_options *options = &state->options;
    const struct source_property own[] = {
        {"bootstrap.servers", options->brokers},
        {"group.id", options->group},
        {"client.id", "tocsin"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"enable.partition.eof", "true"},
        {"auto.offset.reset", options->placed ? "error" : "earliest"},
        {"partition.assignment.strategy", "range"},
        {"allow.auto.create.topics", "false"},
        {"check.crcs", "true"},
    };
    struct buffer kbytes = {0};
    buffer_add_u64(&kbytes, LIMIT_KAFKA_QUEUE_KBYTES);
    buffer_add_byte(&kbytes, '\0');
    int failed =
        kafka_properties_check(options->properties, options->properties_count, KAFKA_CONSUMER, err);
    for (size_t i = 0; i < sizeof own / sizeof own[0] && failed == 0; i++) {
        failed = kafka_property_set(conf, own[i].name, own[i].value, err);
    }
    if (failed == 0) {
        failed = kafka_property_set(conf, "queued.max.messages.kbytes", kbytes.ptr, err);
    }
    buffer_release(&kbytes);
    for (uint32_t i = 0; i < options->properties_count && failed == 0; i++) {
        failed = kafka_property_set(conf, options->properties[i].name, options->properties[i].value,
                                    err);
    }
    rd_kafka_conf_set_opaque(conf, state);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
    return failed;
}

static int subscribe(struct state *state, struct err *err)
{
    rd_kafka_topic_partition_list_t *topics =
        rd_kafka_topic_partition_list_new((int)state->options.topics_count);
    for (uint32_t i = 0; i < state->options.topics_count; i++) {
        rd_kafka_topic_partition_list_add(topics, state->options.topics[i], RD_KAFKA_PARTITION_UA);
    }
    rd_kafka_resp_err_t failed = rd_kafka_subscribe(state->consumer, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    return failed == RD_KAFKA_RESP_ERR_NO_ERROR
               ? 0
               : err_set(err, ERR_KAFKA, "the topics can't be subscribed to: %s",
                         rd_kafka_err2str(failed));
}

static int open_source(struct source *source, const struct source_options *options, struct err *err)
{
    char reason[256];
    struct state *state = memory_new(1, sizeof *state);
    source->state = state;
    state->source = source;
    state->options = *options;
    state->committed_ns = clock_monotonic_ns();
    state->message_bytes = POLL_BYTES / POLL_FIRST;
    state->places = rd_kafka_topic_partition_list_new(16);
    if (options->brokers == NULL || options->group == NULL || options->topics_count == 0) {
        return err_set(err, ERR_CONFIG, "a kafka source needs brokers, group and topics");
    }
    if (options->all_partitions &&
        kafka_topics_new(options->topics, options->topics_count, &state->topics, err) != 0) {
        return err->code;
    }
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (configure(conf, state, err) != 0) {
        rd_kafka_conf_destroy(conf);
        return err->code;
    }
    state->consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (state->consumer == NULL) {
        rd_kafka_conf_destroy(conf);
        return err_set(err, ERR_KAFKA, "%s: %s", options->brokers, reason);
    }
    rd_kafka_poll_set_consumer(state->consumer);
    state->queue = rd_kafka_queue_get_consumer(state->consumer);
    state->messages = memory_new(POLL_MESSAGES, sizeof(rd_kafka_message_t *));
    return options->all_partitions ? 0 : subscribe(state, err);
}

static void close_source(struct source *source)
{
    struct state *state = source->state;
    struct err err = {0};
    state->closing = true;
    if (state->change.list != NULL) {
        state->change.taken = true; /* what was given is not taken any more */
        (void)kafka_assignment_answer(state, &err);
    }
    if (state->consumer != NULL) {
        if (state->options.all_partitions && state->was_assigned) {
            kafka_assignment_commit(state);
        }
        /* The revocation that closing brings commits what is stored. */
        rd_kafka_consumer_close(state->consumer);
        if (state->queue != NULL) {
            rd_kafka_queue_destroy(state->queue);
        }
        rd_kafka_destroy(state->consumer);
    }
    memory_free(state->messages);
    memory_free(state->partitions);
    memory_free(source->change.streams);
    rd_kafka_topic_partition_list_destroy(state->places);
    kafka_topics_free(state->topics);
    memory_free(state);
    source->state = NULL;
}

/* --- committing ------------------------------------------------------------------------------ */

static void note_lag(const struct state *state)
{
    for (uint32_t i = 0; i < state->partitions_count; i++) {
        const struct partition *partition = &state->partitions[i];
        int64_t low = 0;
        int64_t high = 0;
        if (partition->assigned && partition->next >= 0 &&
            rd_kafka_get_watermark_offsets(state->consumer, partition->stream->name,
                                           partition->stream->partition, &low,
                                           &high) == RD_KAFKA_RESP_ERR_NO_ERROR &&
            high >= partition->next) {
            partition->stream->lag = high - partition->next;
        }
    }
}

/* At most once a second; also when nothing comes, or what came last would be read again after a
 * crash however long ago that was. */
static void commit_if_due(struct state *state)
{
    int64_t now_ns = clock_monotonic_ns();
    if (state->uncommitted && now_ns - state->committed_ns >= COMMIT_NS) {
        state->uncommitted = false;
        state->committed_ns = now_ns;
        rd_kafka_commit(state->consumer, NULL, 1);
        note_lag(state);
    }
}

/* --- reading --------------------------------------------------------------------------------- */

/* How many offsets before the message have none. Messages that retention deleted before the group
 * came to them are lost: that is said aloud. A placed partition's missing offsets are those of
 * transactions and of compaction: the others are out of range (note_event). */
static uint64_t count_missing(const struct state *state, const struct partition *partition,
                              int64_t offset)
{
    int64_t from = partition->next >= 0 ? partition->next : partition->committed;
    if (!state->options.placed && partition->begins && from >= 0 && offset > from) {
        log_write(LOG_ERROR, WHERE,
                  "topic %s partition %d: offsets %lld to %lld are gone (deleted by retention, or "
                  "never visible); reading goes on at %lld",
                  partition->stream->name, (int)partition->stream->partition, (long long)from,
                  (long long)offset - 1, (long long)offset);
    }
    return from >= 0 && offset > from ? (uint64_t)(offset - from) : 0;
}

/* Who sent the record to `tocsin relay`; NULL: the message does not tell. Its bytes are the
 * message's. */
static const struct sender *sender_of(const rd_kafka_message_t *message, struct arena *arena)
{
    rd_kafka_headers_t *headers = NULL;
    const void *address = NULL;
    const void *name = NULL;
    size_t address_len = 0;
    size_t name_len = 0;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, "tocsin.sender", &address, &address_len) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        address_len == 0 || address_len >= ADDRESS_TEXT_BYTES) {
        return NULL;
    }
    (void)rd_kafka_header_get_last(headers, "tocsin.certificate", &name, &name_len);
    struct sender *sender = arena_take(arena, sizeof *sender);
    *sender = (struct sender){{address, address_len}, {name, name_len}};
    return sender;
}

static size_t add_message(struct state *state, struct batch *batch, rd_kafka_message_t *message)
{
    const char *topic = rd_kafka_topic_name(message->rkt);
    struct partition *partition = kafka_partition_find(state, topic, message->partition);
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    if (partition == NULL || !partition->assigned) {
        rd_kafka_message_destroy(message);
        return 0;
    }
    struct str bytes = {message->payload, message->len};
    struct chunk *chunk = batch_add_chunk(batch, partition->stream, bytes);
    int64_t timestamp_ms = rd_kafka_message_timestamp(message, &type);
    chunk->begins = partition->begins;
    chunk->epoch = partition->stream->epoch;
    chunk->missing = count_missing(state, partition, message->offset);
    chunk->message = true;
    chunk->sender = state->options.relayed ? sender_of(message, batch->arena) : NULL;
    chunk->offset = (uint64_t)message->offset;
    chunk->duplicate = message->offset < partition->next;
    chunk->reference_ns = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || timestamp_ms < 0
                              ? TIMESTAMP_NONE
                              : timestamp_ms * 1000000;
    if (!chunk->duplicate) {
        partition->next = message->offset + 1;
    }
    partition->begins = false;
    partition->at_end = false;
    batch_add_payload(batch, message);
    return message->len;
}

/* An error that stands where a message would: the end of a partition, a topic that isn't there. */
static int note_event(struct state *state, const rd_kafka_message_t *message, struct err *err)
{
    const char *topic = message->rkt == NULL ? "?" : rd_kafka_topic_name(message->rkt);
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        struct partition *partition = kafka_partition_find(state, topic, message->partition);
        if (partition != NULL) {
            partition->at_end = true;
            partition->stream->lag = 0;
        }
        return 0;
    }
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
        struct partition *partition = kafka_partition_find(state, topic, message->partition);
        if (partition != NULL) {
            partition->out_of_range = partition->assigned;
            state->out_of_range = true;
        }
        return 0;
    }
    bool missing = message->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (missing && state->options.stop_at_end) {
        return err_set(err, ERR_KAFKA, "topic %s does not exist on %s", topic,
                       state->options.brokers);
    }
    log_write(LOG_WARNING, WHERE, "topic %s: %s", topic, rd_kafka_message_errstr(message));
    state->offsets_failed = state->offsets_failed || message->rkt == NULL;
    return 0;
}

static bool at_end(const struct state *state)
{
    bool end = state->was_assigned;
    for (uint32_t i = 0; i < state->partitions_count; i++) {
        end = end && (!state->partitions[i].assigned || state->partitions[i].at_end);
    }
    return end;
}

static int check_fatal(const struct state *state, struct err *err)
{
    char text[512];
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(state->consumer, text, sizeof text);
    return fatal == RD_KAFKA_RESP_ERR_NO_ERROR
               ? 0
               : err_set(err, ERR_KAFKA, "%s: %s: %s", state->options.brokers,
                         rd_kafka_err2name(fatal), text);
}

/* How many messages to ask for: as many as fill the batch if they are as large as the last ones
 * were. */
static size_t messages_wanted(const struct state *state, const struct batch *batch, size_t bytes)
{
    size_t limit = state->options.batch_records > 0 ? state->options.batch_records
                                                    : (size_t)LIMIT_BATCH_RECORDS;
    size_t want = limit - batch->chunks_count;
    size_t fit = (POLL_BYTES - bytes) / state->message_bytes + 1;
    want = want < fit ? want : fit;
    return want < POLL_MESSAGES ? want : POLL_MESSAGES;
}

/* Takes what is there. Only when nothing is, the first message that comes is waited for: with more
 * than one asked for librdkafka would wait for all of them. */
static ssize_t take_messages(struct state *state, size_t want, int timeout_ms)
{
    ssize_t got = rd_kafka_consume_batch_queue(state->queue, 0, state->messages, want);
    return got == 0 && timeout_ms > 0
               ? rd_kafka_consume_batch_queue(state->queue, timeout_ms, state->messages, 1)
               : got;
}

/* Reads until the batch has enough or nothing is there. */
static int fill_batch(struct state *state, struct batch *batch, int timeout_ms, struct err *err)
{
    size_t bytes = 0;
    size_t want = 0;
    while (bytes < POLL_BYTES && (want = messages_wanted(state, batch, bytes)) > 0) {
        size_t before = bytes;
        ssize_t got = take_messages(state, want, batch->chunks_count > 0 ? 0 : timeout_ms);
        if (got <= 0) {
            break;
        }
        int failed = 0;
        for (ssize_t i = 0; i < got; i++) {
            rd_kafka_message_t *message = state->messages[i];
            if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
                bytes += add_message(state, batch, message);
                continue;
            }
            failed = failed != 0 ? failed : note_event(state, message, err);
            rd_kafka_message_destroy(message);
        }
        if (failed != 0) {
            return failed;
        }
        state->message_bytes = 1 + (bytes - before) / (size_t)got;
    }
    if (bytes > 0) {
        state->brokers_down = false;
    }
    __atomic_fetch_add(&state->source->bytes_read, bytes, __ATOMIC_RELAXED);
    return 0;
}

/* What is due before more is read. */
static int tend_assignment(struct state *state, struct err *err)
{
    int failed = state->topics != NULL ? kafka_assignment_refresh(state, err) : 0;
    if (failed == 0 && state->out_of_range) {
        failed = kafka_assignment_reset(state, err);
    }
    /* librdkafka 2.0 never asks again for offsets that a coordinator refused to tell. */
    if (failed == 0 && state->offsets_failed && kafka_assignment_lacks_offset(state)) {
        clock_sleep_ms(OFFSETS_PAUSE_MS);
        failed = kafka_assignment_renew(state, err);
    }
    state->offsets_failed = false;
    return failed;
}

static enum source_poll poll_source(struct source *source, struct batch *batch, int timeout_ms,
                                    struct err *err)
{
    struct state *state = source->state;
    if (state->change.list == NULL &&
        (tend_assignment(state, err) != 0 || fill_batch(state, batch, timeout_ms, err) != 0 ||
         check_fatal(state, err) != 0)) {
        return SOURCE_FAILED;
    }
    if (batch->chunks_count > 0) {
        return SOURCE_BATCH;
    }
    if (state->change.list != NULL) {
        kafka_assignment_tell(state);
        return SOURCE_CHANGE;
    }
    commit_if_due(state);
    return state->options.stop_at_end && at_end(state) ? SOURCE_END : SOURCE_NOTHING_YET;
}

static void release_batch(struct source *source, struct batch *batch)
{
    (void)source;
    for (uint32_t i = 0; i < batch->payloads_count; i++) {
        rd_kafka_message_destroy(batch->payloads[i]);
    }
    batch->payloads_count = 0;
}

/* --- delivered ------------------------------------------------------------------------------- */

static int store(struct state *state, struct err *err)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)state->partitions_count);
    for (uint32_t i = 0; i < state->partitions_count; i++) {
        struct partition *partition = &state->partitions[i];
        if (partition->assigned && partition->stored >= 0) {
            rd_kafka_topic_partition_list_add(list, partition->stream->name,
                                              partition->stream->partition)
                ->offset = partition->stored;
            partition->stored = -1;
        }
    }
    rd_kafka_resp_err_t failed =
        list->cnt > 0 ? rd_kafka_offsets_store(state->consumer, list) : RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_topic_partition_list_destroy(list);
    /* A partition that is being taken away is the next owner's to read again. */
    return failed == RD_KAFKA_RESP_ERR_NO_ERROR || failed == RD_KAFKA_RESP_ERR__STATE ||
                   failed == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION
               ? 0
               : err_set(err, ERR_KAFKA, "offsets can't be stored: %s", rd_kafka_err2str(failed));
}

static void delivered(struct source *source, const struct batch *batch)
{
    struct state *state = source->state;
    for (uint32_t i = 0; i < batch->chunks_count; i++) {
        const struct chunk *chunk = &batch->chunks[i];
        struct partition *partition = &state->partitions[chunk->stream->id];
        int64_t next = (int64_t)chunk->offset + 1;
        if (chunk->epoch == chunk->stream->epoch) {
            partition->stored = next > partition->stored ? next : partition->stored;
            partition->done = next;
        }
    }
    state->noted = state->noted || batch->chunks_count > 0;
}

static int committed(struct source *source, struct err *err)
{
    struct state *state = source->state;
    int failed = state->noted ? store(state, err) : 0;
    if (failed == 0) {
        state->uncommitted = state->uncommitted || state->noted;
        state->noted = false;
        commit_if_due(state);
    }
    return failed;
}

/* --- places that the caller keeps ------------------------------------------------------------ */

static void place(struct source *source, const struct stream *stream, struct buffer *out)
{
    const struct state *state = source->state;
    int64_t done = state->partitions[stream->id].done;
    if (done >= 0) {
        buffer_add_i64(out, done);
    }
}

static int parse_place(struct str name, int32_t partition, struct str place, int64_t *offset,
                       struct err *err)
{
    bool is_offset = str_to_i64(place, offset) && *offset >= 0;
    return is_offset ? 0
                     : err_set(err, ERR_DATA,
                               "topic %.*s partition %d: what is kept of where it goes on is "
                               "damaged",
                               STR_ARG(name), (int)partition);
}

static int resume(struct source *source, struct str name, int32_t partition, struct str place,
                  struct err *err)
{
    struct state *state = source->state;
    int64_t offset = 0;
    int failed = parse_place(name, partition, place, &offset, err);
    if (failed == 0) {
        char *topic = memory_copy_str(name);
        kafka_assignment_place(state, topic, partition, offset);
        memory_free(topic);
    }
    return failed;
}

static int answer(struct source *source, struct err *err)
{
    return kafka_assignment_answer(source->state, err);
}

static int seek(struct source *source, const struct stream *stream, struct str place,
                struct err *err)
{
    struct state *state = source->state;
    int64_t offset = -1;
    int failed = place.len == 0
                     ? 0
                     : parse_place(str_of(stream->name), stream->partition, place, &offset, err);
    return failed != 0 ? failed : kafka_assignment_seek(state, stream->id, offset, err);
}

static void pause_source(struct source *source, bool paused)
{
    kafka_assignment_pause(source->state, paused);
}

const struct source_ops source_kafka = {
    .name = "kafka",
    .doc = "topics of a Kafka cluster, as a member of a consumer group",
    .open = open_source,
    .poll = poll_source,
    .release = release_batch,
    .delivered = delivered,
    .committed = committed,
    .place = place,
    .resume = resume,
    .answer = answer,
    .seek = seek,
    .pause = pause_source,
    .close = close_source,
};
