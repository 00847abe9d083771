/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_table.h - the rows of sink_table, one a file sink_<name>.c. Private to the folder.
 *
 * Thread: constants.   Owns: nothing.
 */
#ifndef TOCSIN_RESPOND_SINK_SINK_TABLE_H
#define TOCSIN_RESPOND_SINK_SINK_TABLE_H

#include "respond/sink/sink.h"

extern const struct sink_ops sink_stdout;
extern const struct sink_ops sink_file;
extern const struct sink_ops sink_kafka;
extern const struct sink_ops sink_redis;

#endif
