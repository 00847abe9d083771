/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_topics.h - which partitions the topics of a configuration have, for a reader without a
 * group's help.
 *
 * In:  names; one that begins with ^ is a POSIX extended regular expression.
 * Out: all their partitions, by topic and number.
 * Thread: one at a time.   Owns: compiled expressions.
 * Invariants: (1) the order does not depend on the broker's answer.
 * Bounds: a request to the cluster a call, or one a name.   Tested: tests/unit/
 *         test_source_kafka_placed.c (librdkafka's mock cluster).
 */
#ifndef TOCSIN_INGEST_SOURCE_KAFKA_TOPICS_H
#define TOCSIN_INGEST_SOURCE_KAFKA_TOPICS_H

#include "base/error.h"

#include <librdkafka/rdkafka.h>
#include <stdint.h>

struct kafka_topics;

/* Names are borrowed. ERR_CONFIG: one is no expression. */
int kafka_topics_new(const char *const *names, uint32_t count, struct kafka_topics **topics,
                     struct err *err);
void kafka_topics_free(struct kafka_topics *topics);

/* All partitions that there are now, or NULL (ERR_KAFKA) when the cluster does not answer within
 * timeout_ms. *missing gets the first name, not an expression, that is no topic, or NULL. */
rd_kafka_topic_partition_list_t *kafka_topics_list(const struct kafka_topics *topics,
                                                   rd_kafka_t *client, int timeout_ms,
                                                   const char **missing, struct err *err);

#endif
