/* SPDX-License-Identifier: Apache-2.0
 *
 * source_table.c - the kinds of sources.
 */
#include "ingest/source/source_table.h"

const struct source_ops *const source_table[] = {&source_file, &source_kafka, &source_syslog, NULL};
