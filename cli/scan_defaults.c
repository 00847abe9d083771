/* SPDX-License-Identifier: Apache-2.0
 *
 * scan_defaults.c - see scan_defaults.h.
 */
#include "cli/scan_defaults.h"

#include "base/limits.h"
#include "base/timestamp.h"

#include <unistd.h>

enum { SCAN_THREADS = 8 };

static uint32_t default_threads(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : (uint32_t)(processors < SCAN_THREADS ? processors : SCAN_THREADS);
}

void scan_defaults(struct engine_options *engine)
{
    engine->source.kind = "file";
    engine->source.framing.record_bytes_max = LIMIT_RECORD_BYTES;
    engine->source.framing.document_record_bytes_max = LIMIT_DOCUMENT_RECORD_BYTES;
    engine->source.block_bytes = LIMIT_BATCH_BYTES;
    engine->source.batch_records = LIMIT_BATCH_RECORDS;
    engine->window.lateness_ns = 60 * TIMESTAMP_SECOND_NS;
    engine->window.ordered_at_end = true;
    engine->idle_ns = 30 * TIMESTAMP_SECOND_NS;
    engine->threads = default_threads();
}
