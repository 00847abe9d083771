/* SPDX-License-Identifier: Apache-2.0
 *
 * sink.c - see sink.h.
 */
#include "respond/sink/sink.h"

#include <string.h>

int sink_open(struct sink *sink, const struct sink_options *options, struct err *err)
{
    *sink = (struct sink){.options = *options};
    for (size_t i = 0; sink_table[i] != NULL; i++) {
        if (strcmp(sink_table[i]->name, options->kind) == 0) {
            sink->ops = sink_table[i];
            return sink->ops->open(sink, options, err);
        }
    }
    return err_set(err, ERR_CONFIG, "there is no sink of the kind \"%s\"", options->kind);
}

int sink_write(struct sink *sink, const struct sink_item *item, struct err *err)
{
    enum rule_level level_min = sink->options.level_min;
    if (level_min != RULE_INFORMATIONAL && sink_item_is_alert(item) &&
        (item->alert != NULL ? item->alert->rule->level : item->level) < level_min) {
        return 0;
    }
    sink->items++;
    sink->bytes += item->json.len;
    return sink->ops->write(sink, item, err);
}

int sink_flush(struct sink *sink, struct err *err)
{
    return sink->ops->flush(sink, err);
}

void sink_close(struct sink *sink)
{
    sink->ops->close(sink);
}
