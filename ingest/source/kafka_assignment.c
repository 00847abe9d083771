/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_assignment.c - see source_kafka_internal.h: which partitions are read, and from where.
 */
#include "base/clock.h"
#include "base/ensure.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "ingest/source/source_kafka_internal.h"

#define LIST_EVERY_NS (30 * TIMESTAMP_SECOND_NS)
#define LIST_RETRY_NS TIMESTAMP_SECOND_NS
#define LIST_WAIT_MS  1000

/* --- partitions ------------------------------------------------------------------------------ */

struct partition *kafka_partition_find(struct state *state, const char *topic, int32_t number)
{
    for (uint32_t n = 0; n < state->partitions_count; n++) {
        uint32_t index = (state->last + n) % state->partitions_count;
        struct partition *partition = &state->partitions[index];
        if (partition->stream->partition == number && strcmp(partition->stream->name, topic) == 0) {
            state->last = index;
            return partition;
        }
    }
    return NULL;
}

static struct partition *know_partition(struct state *state, const char *topic, int32_t number)
{
    struct partition *partition = kafka_partition_find(state, topic, number);
    if (partition != NULL) {
        return partition;
    }
    struct source_options options = state->options;
    options.decoder = source_decoder(&state->options, topic);
    options.logsource = source_logsource(&state->options, topic);
    MEMORY_GROW(state->partitions, state->partitions_count, state->partitions_capacity);
    partition = &state->partitions[state->partitions_count++];
    *partition = (struct partition){.next = -1, .committed = -1, .done = -1, .stored = -1};
    partition->stream = source_add_stream(state->source, &options, topic, number);
    partition->stream->numbered = true;
    return partition;
}

/* --- assigning ------------------------------------------------------------------------------- */

static rd_kafka_topic_partition_list_t *list_assigned(const struct state *state)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)state->partitions_count + 1);
    for (uint32_t i = 0; i < state->partitions_count; i++) {
        const struct partition *partition = &state->partitions[i];
        if (partition->assigned) {
            rd_kafka_topic_partition_list_add(list, partition->stream->name,
                                              partition->stream->partition)
                ->offset = partition->next;
        }
    }
    return list;
}

int kafka_assignment_renew(struct state *state, struct err *err)
{
    rd_kafka_topic_partition_list_t *list = list_assigned(state);
    for (int i = 0; i < list->cnt; i++) {
        rd_kafka_topic_partition_t *item = &list->elems[i];
        bool known = item->offset >= 0 || item->offset == RD_KAFKA_OFFSET_BEGINNING;
        item->offset =
            known ? item->offset : RD_KAFKA_OFFSET_STORED; /* librdkafka asks the group */
    }
    rd_kafka_resp_err_t failed = rd_kafka_assign(state->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (failed == RD_KAFKA_RESP_ERR_NO_ERROR && state->paused) {
        kafka_assignment_pause(state, true);
    }
    return failed == RD_KAFKA_RESP_ERR_NO_ERROR
               ? 0
               : err_set(err, ERR_KAFKA, "partitions can't be assigned: %s",
                         rd_kafka_err2str(failed));
}

bool kafka_assignment_lacks_offset(const struct state *state)
{
    bool lacks = false;
    for (uint32_t i = 0; i < state->partitions_count; i++) {
        const struct partition *partition = &state->partitions[i];
        lacks = lacks || (partition->assigned && partition->next == -1);
    }
    return lacks;
}

void kafka_assignment_pause(struct state *state, bool paused)
{
    rd_kafka_topic_partition_list_t *list = list_assigned(state);
    state->paused = paused;
    rd_kafka_resp_err_t failed = paused ? rd_kafka_pause_partitions(state->consumer, list)
                                        : rd_kafka_resume_partitions(state->consumer, list);
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) {
        log_write(LOG_WARNING, WHERE, "partitions can't be %s: %s", paused ? "paused" : "resumed",
                  rd_kafka_err2str(failed));
    }
    rd_kafka_topic_partition_list_destroy(list);
}

/* The place that the caller gave for the partition, which is used once; -1: none. */
static int64_t take_place(struct state *state, const char *topic, int32_t number)
{
    const rd_kafka_topic_partition_t *place =
        rd_kafka_topic_partition_list_find(state->places, topic, number);
    int64_t offset = place == NULL ? -1 : place->offset;
    if (place != NULL) {
        rd_kafka_topic_partition_list_del(state->places, topic, number);
    }
    return offset;
}

void kafka_assignment_place(struct state *state, const char *topic, int32_t number, int64_t offset)
{
    (void)take_place(state, topic, number);
    rd_kafka_topic_partition_list_add(state->places, topic, number)->offset = offset;
}

int kafka_assignment_seek(struct state *state, uint32_t index, int64_t offset, struct err *err)
{
    struct partition *partition = &state->partitions[index];
    if (!partition->assigned) {
        return 0; /* taken away meanwhile: its next owner loads its place */
    }
    partition->stream->epoch++;
    partition->begins = true;
    partition->at_end = false;
    partition->out_of_range = false;
    partition->next = offset >= 0 ? offset : partition->bare;
    partition->done = -1;
    partition->stored = -1;
    return kafka_assignment_renew(state, err);
}

/* The partition is ours; committed: the group's offset, RD_KAFKA_OFFSET_BEGINNING: it has none,
 * -1: who knows. */
static void take_partition(struct state *state, const char *topic, int32_t number,
                           int64_t committed)
{
    struct partition *partition = know_partition(state, topic, number);
    int64_t place = take_place(state, topic, number);
    partition->stream->epoch++;
    partition->assigned = true;
    partition->begins = true;
    partition->at_end = false;
    partition->out_of_range = false;
    partition->committed = committed >= 0 ? committed : -1;
    partition->bare = committed;
    partition->done = -1;
    partition->stored = -1;
    partition->next = -1;
    if (state->options.placed) {
        partition->next = place >= 0 ? place : committed;
    }
    log_write(LOG_INFO, WHERE, "topic %s partition %d is ours from offset %lld", topic, (int)number,
              (long long)(place >= 0 ? place : partition->committed));
}

/* What the group had read is where partitions without a place begin, and tells a loss by retention
 * from a new group. */
static void take_partitions(struct state *state, const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_list_t *known = rd_kafka_topic_partition_list_copy(list);
    rd_kafka_resp_err_t failed = rd_kafka_committed(state->consumer, known, LOOKUP_WAIT_MS);
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *item = &list->elems[i];
        int64_t committed = known->elems[i].offset;
        committed = committed >= 0 ? committed : RD_KAFKA_OFFSET_BEGINNING;
        bool told = failed == RD_KAFKA_RESP_ERR_NO_ERROR &&
                    known->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR;
        take_partition(state, item->topic, item->partition, told ? committed : -1);
    }
    rd_kafka_topic_partition_list_destroy(known);
    state->was_assigned = true;
}

/* --- the group ------------------------------------------------------------------------------- */

void kafka_assignment_commit(struct state *state)
{
    rd_kafka_resp_err_t failed = rd_kafka_commit(state->consumer, NULL, 0);
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR && failed != RD_KAFKA_RESP_ERR__NO_OFFSET) {
        log_write(LOG_WARNING, WHERE, "offsets could not be committed: %s",
                  rd_kafka_err2str(failed));
    }
}

static void leave_partitions(struct state *state, const struct assignment_change *change)
{
    if (!change->lost) {
        kafka_assignment_commit(state);
    }
    for (int i = 0; i < change->list->cnt; i++) {
        struct partition *partition = kafka_partition_find(state, change->list->elems[i].topic,
                                                           change->list->elems[i].partition);
        if (partition != NULL) {
            partition->stream->epoch++;
            partition->assigned = false;
            partition->done = -1;
            partition->stored = -1;
        }
    }
    log_write(LOG_INFO, WHERE, "%d partitions were %s", change->list->cnt,
              change->lost ? "lost: the group did not hear from this member" : "taken away");
}

void kafka_assignment_note(struct state *state, const rd_kafka_topic_partition_list_t *list,
                           bool taken)
{
    struct assignment_change *change = &state->change;
    if (change->list != NULL) {
        rd_kafka_topic_partition_list_destroy(change->list);
    }
    change->list = rd_kafka_topic_partition_list_copy(list);
    change->taken = taken;
    change->lost = taken && rd_kafka_assignment_lost(state->consumer) != 0;
}

void kafka_assignment_tell(struct state *state)
{
    struct source_change *told = &state->source->change;
    const rd_kafka_topic_partition_list_t *list = state->change.list;
    memory_free(told->streams);
    *told = (struct source_change){.taken = state->change.taken, .count = (uint32_t)list->cnt};
    told->streams = memory_new(told->count + 1, sizeof *told->streams);
    for (uint32_t i = 0; i < told->count; i++) {
        const rd_kafka_topic_partition_t *item = &list->elems[i];
        told->streams[i] = know_partition(state, item->topic, item->partition)->stream;
    }
}

int kafka_assignment_answer(struct state *state, struct err *err)
{
    struct assignment_change change = state->change;
    ENSURE(change.list != NULL);
    state->change = (struct assignment_change){0};
    int failed = 0;
    if (change.taken) {
        leave_partitions(state, &change);
        rd_kafka_assign(state->consumer, NULL);
    } else {
        take_partitions(state, change.list);
        failed = kafka_assignment_renew(state, err);
    }
    rd_kafka_topic_partition_list_destroy(change.list);
    return failed;
}

/* --- without the group ------------------------------------------------------------------------ */

/* Of list, what is not ours yet. */
static rd_kafka_topic_partition_list_t *list_new(struct state *state,
                                                 const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_list_t *fresh = rd_kafka_topic_partition_list_new(list->cnt + 1);
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *item = &list->elems[i];
        const struct partition *partition =
            kafka_partition_find(state, item->topic, item->partition);
        if (partition == NULL || !partition->assigned) {
            rd_kafka_topic_partition_list_add(fresh, item->topic, item->partition);
        }
    }
    return fresh;
}

int kafka_assignment_refresh(struct state *state, struct err *err)
{
    int64_t now_ns = clock_monotonic_ns();
    int64_t wait_ns = state->was_assigned ? LIST_EVERY_NS : LIST_RETRY_NS;
    if (state->listed_ns != 0 && now_ns - state->listed_ns < wait_ns) {
        return 0;
    }
    struct err trouble = {0};
    const char *missing = NULL;
    rd_kafka_topic_partition_list_t *all =
        kafka_topics_list(state->topics, state->consumer, LIST_WAIT_MS, &missing, &trouble);
    bool first = state->listed_ns == 0;
    state->listed_ns = now_ns;
    if (all == NULL) {
        log_write(first ? LOG_WARNING : LOG_DEBUG, WHERE, "%s", trouble.text);
        return 0;
    }
    int failed = 0;
    if (missing != NULL && state->options.stop_at_end) {
        failed = err_set(err, ERR_KAFKA, "topic %s does not exist on %s", missing,
                         state->options.brokers);
    } else if (missing != NULL && first) {
        log_write(LOG_WARNING, WHERE, "topic %s does not exist; it is waited for", missing);
    }
    rd_kafka_topic_partition_list_t *fresh = list_new(state, all);
    if (failed == 0 && fresh->cnt > 0) {
        take_partitions(state, fresh);
        failed = kafka_assignment_renew(state, err);
    }
    rd_kafka_topic_partition_list_destroy(fresh);
    rd_kafka_topic_partition_list_destroy(all);
    return failed;
}

/* False: the broker did not answer. */
static bool reset_partition(struct state *state, struct partition *partition)
{
    const struct stream *stream = partition->stream;
    int64_t low = 0;
    int64_t high = 0;
    rd_kafka_resp_err_t failed = rd_kafka_query_watermark_offsets(
        state->consumer, stream->name, stream->partition, &low, &high, LIST_WAIT_MS);
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return false;
    }
    if (partition->next >= 0) {
        state->source->errors++;
        log_write(LOG_ERROR, WHERE,
                  "topic %s partition %d: reading should go on at offset %lld, which is not there: "
                  "the broker has %lld to %lld. Retention deleted what was not read yet, or the "
                  "topic was made anew. Reading goes on at %lld",
                  stream->name, (int)stream->partition, (long long)partition->next, (long long)low,
                  (long long)high - 1, (long long)low);
    }
    partition->begins = true;
    partition->out_of_range = false;
    partition->next = low;
    return true;
}

int kafka_assignment_reset(struct state *state, struct err *err)
{
    bool any = false;
    state->out_of_range = false;
    for (uint32_t i = 0; i < state->partitions_count; i++) {
        struct partition *partition = &state->partitions[i];
        if (partition->assigned && partition->out_of_range) {
            any = reset_partition(state, partition) || any;
            state->out_of_range = state->out_of_range || partition->out_of_range;
        }
    }
    return any ? kafka_assignment_renew(state, err) : 0;
}
