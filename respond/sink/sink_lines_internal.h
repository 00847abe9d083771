/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_lines_internal.h - what stdout and file share: items as text, written whole to a descriptor.
 *
 * Thread: the deliverer only.   Owns: the text that is not yet written.
 * Invariants: (1) text leaves in the order in which it was added.
 *             (2) after a failed write nothing is forgotten: the same text is tried again.
 */
#ifndef TOCSIN_RESPOND_SINK_SINK_LINES_INTERNAL_H
#define TOCSIN_RESPOND_SINK_SINK_LINES_INTERNAL_H

#include "base/buffer.h"
#include "base/error.h"
#include "respond/sink/sink.h"

/* So much text may wait for a flush. */
#define SINK_LINES_WAITING_BYTES 65536

/* Adds item in the format; dead letters are JSON in every format. */
void sink_lines_add(struct buffer *text, const struct sink_item *item,
                    const struct sink_options *options);

/* Writes all of text and clears it. name is for the message: a path, or "standard output". On an
 * error text keeps what is not written. */
int sink_lines_write(int descriptor, struct buffer *text, const char *name, struct err *err);

#endif
