/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_stdout.c - the sink of kind "stdout": alerts on standard output, as JSON, CSV or for people.
 *
 * In:  items.   Out: text on descriptor 1.
 * Thread: the deliverer only.   Owns: text that waits for a flush; not the descriptor.
 * Bounds: SINK_LINES_WAITING_BYTES and one item wait.
 */
#include "respond/sink/sink_lines_internal.h"
#include "respond/sink/sink_table.h"

#include "base/memory.h"

#include <unistd.h>

#define NAME "standard output"

static int open_stdout(struct sink *sink, const struct sink_options *options, struct err *err)
{
    (void)err;
    struct buffer *text = memory_new(1, sizeof *text);
    sink->state = text;
    if (options->format == SINK_CSV) {
        sink_render_csv_header(text);
    }
    return 0;
}

static int write_stdout(struct sink *sink, const struct sink_item *item, struct err *err)
{
    struct buffer *text = sink->state;
    sink_lines_add(text, item, &sink->options);
    return text->len < SINK_LINES_WAITING_BYTES ? 0
                                                : sink_lines_write(STDOUT_FILENO, text, NAME, err);
}

static int flush_stdout(struct sink *sink, struct err *err)
{
    return sink_lines_write(STDOUT_FILENO, sink->state, NAME, err);
}

static void close_stdout(struct sink *sink)
{
    struct err ignored;
    struct buffer *text = sink->state;
    (void)sink_lines_write(STDOUT_FILENO, text, NAME, &ignored);
    buffer_release(text);
    memory_free(text);
}

const struct sink_ops sink_stdout = {
    .name = "stdout",
    .doc = "standard output, as JSON lines, CSV or for people",
    .open = open_stdout,
    .write = write_stdout,
    .flush = flush_stdout,
    .close = close_stdout,
};
