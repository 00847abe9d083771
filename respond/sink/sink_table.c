/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_table.c - every kind of sink, by name. A new one is a file and a row here.
 */
#include "respond/sink/sink_table.h"

const struct sink_ops *const sink_table[] = {
    &sink_stdout, &sink_file, &sink_kafka, &sink_redis, NULL,
};
