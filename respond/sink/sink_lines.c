/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_lines.c - see sink_lines_internal.h.
 */
#include "respond/sink/sink_lines_internal.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

void sink_lines_add(struct buffer *text, const struct sink_item *item,
                    const struct sink_options *options)
{
    enum sink_format format = item->alert == NULL ? SINK_JSON : options->format;
    switch (format) {
    case SINK_JSON:
        buffer_add(text, item->json);
        break;
    case SINK_PRETTY:
        sink_render_pretty(item->alert, options->colour, text);
        break;
    case SINK_CSV:
        sink_render_csv(item->alert, text);
        break;
    }
}

/* A pipe or terminal may be set not to block by whoever else has it open. */
static void wait_writable(int descriptor)
{
    struct pollfd wanted = {.fd = descriptor, .events = POLLOUT};
    (void)poll(&wanted, 1, 1000);
}

int sink_lines_write(int descriptor, struct buffer *text, const char *name, struct err *err)
{
    size_t written = 0;
    int failed = 0;
    while (written < text->len && failed == 0) {
        ssize_t count = write(descriptor, text->ptr + written, text->len - written);
        if (count >= 0) {
            written += (size_t)count;
        } else if (errno == EAGAIN) {
            wait_writable(descriptor);
        } else if (errno != EINTR) {
            failed = err_set(err, ERR_IO, "%s can not be written: %s", name, strerror(errno));
        }
    }
    if (written > 0) {
        memmove(text->ptr, text->ptr + written, text->len - written);
        text->len -= written;
    }
    return failed;
}
