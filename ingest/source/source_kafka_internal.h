/* SPDX-License-Identifier: Apache-2.0
 *
 * source_kafka_internal.h - what the parts of the Kafka source share: its partitions, and which of
 * them are read from where.
 *
 * Thread: the reader; librdkafka's callbacks run inside our own calls.
 * Owns:   the consumer and all that hangs on it.
 * Invariants: (1) a partition that was seen once keeps its index, which is that of its stream.
 *             (2) `next` is where the partition's next message will come from: whatever is assigned
 *                 again, is assigned at it.
 */
#ifndef TOCSIN_INGEST_SOURCE_SOURCE_KAFKA_INTERNAL_H
#define TOCSIN_INGEST_SOURCE_SOURCE_KAFKA_INTERNAL_H

#include "ingest/source/kafka_topics.h"
#include "ingest/source/source.h"

#include <librdkafka/rdkafka.h>

#define WHERE          "ingest/source"
#define LOOKUP_WAIT_MS 5000

/* One for each stream, at the stream's index. */
struct partition {
    struct stream *stream;
    bool assigned;
    bool begins; /* nothing was read since it was assigned or sought in */
    bool at_end;
    bool out_of_range; /* the broker does not have its `next` */
    int64_t next;      /* offset after the last one read; at first, where to begin; -1: unknown */
    int64_t committed; /* where the group had been when it was assigned; -1: nowhere */
    int64_t bare;      /* where it begins without a place */
    int64_t done;      /* offset after the last one delivered; -1: none */
    int64_t stored;    /* offset to be committed next; -1: none */
};

/* What the group gives or takes, until it is answered. */
struct assignment_change {
    rd_kafka_topic_partition_list_t *list; /* NULL: nothing */
    bool taken;
    bool lost; /* another member may read them already */
};

struct state {
    struct source *source;
    struct source_options options;
    rd_kafka_t *consumer;
    rd_kafka_queue_t *queue;
    rd_kafka_message_t **messages; /* of one call */
    size_t message_bytes;          /* how large those of the last call were; never 0 */
    struct partition *partitions;
    uint32_t partitions_count;
    uint32_t partitions_capacity;
    uint32_t last; /* the partition of the last message: most come in runs */
    rd_kafka_topic_partition_list_t *places; /* given by the caller, not used yet */
    struct assignment_change change;
    struct kafka_topics *topics; /* all_partitions: what is read */
    int64_t listed_ns;           /* when they were asked for; 0: never */
    bool was_assigned;
    bool out_of_range;   /* a partition is */
    bool offsets_failed; /* the group's coordinator has told no offsets */
    bool paused;
    bool closing;
    bool brokers_down; /* said already */
    bool noted;        /* batches were delivered since offsets were stored */
    bool uncommitted;  /* offsets were stored since the last commit */
    int64_t committed_ns;
};

struct partition *kafka_partition_find(struct state *state, const char *topic, int32_t number);

/* The group has changed its mind: kept until kafka_assignment_answer. */
void kafka_assignment_note(struct state *state, const rd_kafka_topic_partition_list_t *list,
                           bool taken);
/* Fills source->change with what was noted. */
void kafka_assignment_tell(struct state *state);
/* Does what was noted. ERR_KAFKA. */
int kafka_assignment_answer(struct state *state, struct err *err);

/* all_partitions: takes partitions that are new, at the first call all of them. ERR_KAFKA, only
 * with stop_at_end: a topic is missing. */
int kafka_assignment_refresh(struct state *state, struct err *err);
/* Assigns what is assigned once more, each partition at its `next`: drops all that is queued. */
int kafka_assignment_renew(struct state *state, struct err *err);
/* Is there one of which it is not known where it begins, so that librdkafka asks the group? */
bool kafka_assignment_lacks_offset(const struct state *state);
/* Where the broker does not have a partition's offset: goes on with the oldest message that is
 * left, and says so. */
int kafka_assignment_reset(struct state *state, struct err *err);
/* The caller's place for a partition that is not assigned yet. */
void kafka_assignment_place(struct state *state, const char *topic, int32_t number, int64_t offset);
/* The partition goes on at offset, or with -1 where it begins without a place; nothing of it that
 * is queued comes any more. ERR_KAFKA. */
int kafka_assignment_seek(struct state *state, uint32_t index, int64_t offset, struct err *err);
/* Commits what is stored, and waits for it. */
void kafka_assignment_commit(struct state *state);
void kafka_assignment_pause(struct state *state, bool paused);

#endif
