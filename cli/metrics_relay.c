/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_relay.c - see metrics.h: the counters of a relay.
 */
#include "cli/metrics.h"
#include "cli/metrics_internal.h"

#include <inttypes.h>

void metrics_render_relay(const struct relay *relay, struct buffer *out)
{
    const struct relay_counts counts = relay_counts(relay);
    const struct {
        const char *name;
        const char *type;
        const char *help;
        uint64_t value;
    } rows[] = {
        {"relay_records_total", "counter", "Records taken from their senders.", counts.records},
        {"relay_acknowledged_total", "counter", "Records that are in the topic.",
         counts.acknowledged},
        {"relay_blank_total", "counter", "Empty lines, which are not sent.", counts.blank},
        {"relay_refused_total", "counter", "Records that are too large for the topic.",
         counts.refused},
        {"relay_waiting", "gauge", "Records that are not acknowledged yet.", counts.waiting},
        {"input_dropped_total", "counter",
         "Datagrams that were dropped before they became records.", counts.dropped},
        {"input_errors_total", "counter", "Inputs that could not be read.", counts.errors},
        {"input_bytes_total", "counter", "Bytes read, inflated.", counts.bytes},
    };
    metrics_add_build(out);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        metrics_add_head(out, rows[i].name, rows[i].type, rows[i].help);
        buffer_printf(out, "tocsin_%s %" PRIu64 "\n", rows[i].name, rows[i].value);
    }
}
