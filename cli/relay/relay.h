/* SPDX-License-Identifier: Apache-2.0
 *
 * relay.h - what a source brings, record by record into a Kafka topic, before anybody analyses it.
 *
 * In:  a source of kind syslog.   Out: messages of one raw record each.
 * Thread: one, which reads and sends.   Owns: the source, the producer, one batch.
 * Invariants: (1) nothing is read from the source while records of the last reading wait for room:
 *                 a sender by TCP waits, datagrams are dropped by the kernel and counted.
 *             (2) records = acknowledged + refused + blank + waiting, at every moment.
 *             (3) a stop reads what was sent already, and ends when all of it is acknowledged.
 * Bounds: one reading of the source and the producer's queue.
 * Tested: tests/unit/test_relay.c, tests/e2e/test_kafka_relay.sh.
 */
#ifndef TOCSIN_CLI_RELAY_RELAY_H
#define TOCSIN_CLI_RELAY_RELAY_H

#include "cli/relay/relay_producer.h"

struct relay_options {
    struct source_options source;
    const char *brokers;
    const char *topic;
    const struct source_property *properties;
    uint32_t properties_count;
    int64_t timeout_ns; /* how long a stop waits for the brokers */
};

struct relay_counts {
    uint64_t records;
    uint64_t bytes;        /* read from the sockets */
    uint64_t blank;        /* empty lines: not sent */
    uint64_t acknowledged; /* in the topic */
    uint64_t refused;      /* too large for the topic */
    uint64_t waiting;      /* taken, and not acknowledged yet */
    uint64_t dropped;      /* datagrams that were never read, or above their sender's rate */
    uint64_t errors;
};

struct relay;
/* Is called a few times a second; false: the relay is to stop. */
typedef bool relay_tick_fn(void *context, const struct relay *relay);

/* Listens from now on. ERR_CONFIG, ERR_IO or ERR_KAFKA. *relay is NULL on an error. */
int relay_new(const struct relay_options *options, struct relay **relay, struct err *err);
void relay_free(struct relay *relay);
/* Until tick says false and all is acknowledged. ERR_KAFKA: some records are not in the topic. */
int relay_run(struct relay *relay, relay_tick_fn *tick, void *context, struct err *err);
struct relay_counts relay_counts(const struct relay *relay);

#endif
