/* SPDX-License-Identifier: Apache-2.0
 *
 * dlq_input.c - see dlq_input.h.
 */
#include "cli/dlq/dlq_input.h"

#include "base/memory.h"
#include "cli/dlq/dlq_input_internal.h"

struct dlq_input {
    struct dlq_files *files; /* one of the two */
    struct dlq_topic *topic;
};

int dlq_input_open(const struct dlq_place *place, struct dlq_input **input, struct err *err)
{
    struct dlq_input *made = memory_new(1, sizeof *made);
    int failed = place->topic != NULL ? dlq_topic_open(place, &made->topic, err)
                                      : dlq_files_open(place, &made->files, err);
    if (failed != 0) {
        memory_free(made);
        made = NULL;
    }
    *input = made;
    return failed;
}

int dlq_input_next(struct dlq_input *input, struct dlq_line *line, struct err *err)
{
    return input->topic != NULL ? dlq_topic_next(input->topic, line, err)
                                : dlq_files_next(input->files, line, err);
}

void dlq_input_close(struct dlq_input *input)
{
    if (input == NULL) {
        return;
    }
    if (input->topic != NULL) {
        dlq_topic_close(input->topic);
    } else {
        dlq_files_close(input->files);
    }
    memory_free(input);
}
