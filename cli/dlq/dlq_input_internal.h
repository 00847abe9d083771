/* SPDX-License-Identifier: Apache-2.0
 *
 * dlq_input_internal.h - the two kinds of inputs of dead letters.
 *
 * Thread: the main thread.   Owns: nothing.
 */
#ifndef TOCSIN_CLI_DLQ_DLQ_INPUT_INTERNAL_H
#define TOCSIN_CLI_DLQ_DLQ_INPUT_INTERNAL_H

#include "cli/dlq/dlq_input.h"

struct dlq_files;
int dlq_files_open(const struct dlq_place *place, struct dlq_files **files, struct err *err);
int dlq_files_next(struct dlq_files *files, struct dlq_line *line, struct err *err);
void dlq_files_close(struct dlq_files *files);

struct dlq_topic;
int dlq_topic_open(const struct dlq_place *place, struct dlq_topic **topic, struct err *err);
int dlq_topic_next(struct dlq_topic *topic, struct dlq_line *line, struct err *err);
void dlq_topic_close(struct dlq_topic *topic);

#endif
