/* SPDX-License-Identifier: Apache-2.0
 *
 * relay_producer.h - records to a Kafka topic, each with who sent it and when it came.
 *
 * In:  records.   Out: messages, key: the sender's address; headers: where the record came from.
 * Thread: one; librdkafka's callbacks run inside our own calls.
 * Owns:   the producer. A message's bytes are copied by librdkafka.
 * Invariants: (1) what was taken is sent until all in-sync replicas have it, however long no broker
 *                 answers; in the order of each sender, without repeats (the producer is
 *                 idempotent).
 *             (2) what a broker refuses for good is counted, by its reason: what concerns one
 * record alone (its size) stops nothing, all else is a failure. Bounds: LIMIT_RELAY_QUEUE_KBYTES
 * and librdkafka's number of messages; beyond them nothing is taken. Tested:
 * tests/unit/test_relay.c (librdkafka's mock cluster), tests/e2e/test_kafka_relay.sh.
 */
#ifndef TOCSIN_CLI_RELAY_RELAY_PRODUCER_H
#define TOCSIN_CLI_RELAY_RELAY_PRODUCER_H

#include "base/error.h"
#include "ingest/source/source.h"

#include <stdbool.h>
#include <stdint.h>

struct relay_producer_options {
    const char *brokers;
    const char *topic;
    const struct source_property *properties;
    uint32_t properties_count;
    size_t record_bytes_max;
};

struct relay_producer_counts {
    uint64_t acknowledged;
    uint64_t refused; /* records that a broker does not take: too large for the topic */
};

struct relay_record {
    struct str bytes;
    const struct chunk *chunk; /* that it came in */
};

struct relay_producer;

/* Asks the brokers for the topic. ERR_CONFIG: a property may not be set; ERR_KAFKA: there is no
 * such topic. That no broker answers is no error: they are tried on. */
int relay_producer_new(const struct relay_producer_options *options,
                       struct relay_producer **producer, struct err *err);
/* Drops what is not acknowledged. */
void relay_producer_free(struct relay_producer *producer);
/* False: there is no room now; poll, and try again. */
bool relay_producer_take(struct relay_producer *producer, const struct relay_record *record);
/* Serves what has come from the brokers, and waits for it for so long. ERR_KAFKA: records were
 * lost, or no more can be sent. */
int relay_producer_poll(struct relay_producer *producer, int timeout_ms, struct err *err);
/* How many records are not acknowledged yet. */
uint32_t relay_producer_waiting(const struct relay_producer *producer);
struct relay_producer_counts relay_producer_counts(const struct relay_producer *producer);

#endif
