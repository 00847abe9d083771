/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_properties.h - which of librdkafka's properties a configuration may set.
 *
 * In:  names and values from a configuration.   Out: yes, or an error that says why not.
 * Thread: any.   Owns: nothing.
 * Invariants: (1) what is not in the list is refused: a property can load code, run a command or
 *                 undo the delivery guarantee, and a newer librdkafka may bring more of them.
 *             (2) no message contains a value: it may be a password.
 * Tested: tests/unit/test_kafka_properties.c.
 */
#ifndef TOCSIN_INGEST_SOURCE_KAFKA_PROPERTIES_H
#define TOCSIN_INGEST_SOURCE_KAFKA_PROPERTIES_H

#include "base/error.h"
#include "ingest/source/source.h"

#include <librdkafka/rdkafka.h>
#include <stdint.h>

enum kafka_role { KAFKA_CONSUMER = 1, KAFKA_PRODUCER = 2 };

/* 0 when role may set every one of the count properties, else ERR_CONFIG with the first that it may
 * not. Values are left to librdkafka. */
int kafka_properties_check(const struct source_property *properties, uint32_t count,
                           enum kafka_role role, struct err *err);

/* Sets one property; ERR_CONFIG with its name and librdkafka's reason. */
int kafka_property_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct err *err);

#endif
