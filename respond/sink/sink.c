/* SPDX-License-Identifier: Apache-2.0
 *
 * sink.c - see sink.h.
 */
#include "respond/sink/sink.h"

int sink_write(struct sink *sink, const struct sink_item *item, struct err *err)
{
    sink->items++;
    sink->bytes += item->json.len;
    return sink->ops->write(sink, item, err);
}

int sink_flush(struct sink *sink, struct err *err)
{
    return sink->ops->flush(sink, err);
}
