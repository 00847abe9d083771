/* SPDX-License-Identifier: Apache-2.0
 *
 * source_table.h - the sources that source_table.c has rows for.
 *
 * Thread: immutable.
 */
#ifndef TOCSIN_INGEST_SOURCE_SOURCE_TABLE_H
#define TOCSIN_INGEST_SOURCE_SOURCE_TABLE_H

#include "ingest/source/source.h"

extern const struct source_ops source_file;
extern const struct source_ops source_kafka;
extern const struct source_ops source_syslog;

#endif
