/* SPDX-License-Identifier: Apache-2.0
 *
 * audit.c - see audit_internal.h. Read audit_batch first.
 */
#include "cli/engine/audit_internal.h"

#include "analyze/account/account_alert.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/timestamp.h"

#define WHERE       "cli/engine"
#define ALERT_PAUSE (INT64_C(3600) * TIMESTAMP_SECOND_NS)

void audit_forget(struct audit *audit, uint32_t stream_id)
{
    if (stream_id < audit->streams_count) {
        audit->streams[stream_id].known = false;
    }
}

void audit_release(struct audit *audit)
{
    if (audit->arena != NULL) {
        arena_free(audit->arena);
    }
    memory_free(audit->streams);
    memory_free(audit->losses);
    *audit = (struct audit){0};
}

static struct audit_stream *stream_of(struct audit *audit, const struct stream *stream)
{
    if (stream->id >= audit->streams_count) {
        uint32_t count = audit->streams_count == 0 ? 16 : audit->streams_count;
        while (count <= stream->id) {
            count *= 2;
        }
        audit->streams = memory_resize(audit->streams, count, sizeof *audit->streams);
        memset(audit->streams + audit->streams_count, 0,
               (count - audit->streams_count) * sizeof *audit->streams);
        audit->streams_count = count;
    }
    return &audit->streams[stream->id];
}

/* Where faults are told. */
struct audit_report {
    struct audit *audit;
    const struct batch *batch;
    audit_tell_fn *tell;
    void *context;
};

static int report_fault(const struct audit_report *report, struct account_fault *fault,
                        struct err *err)
{
    struct audit *audit = report->audit;
    struct audit_stream *known = stream_of(audit, fault->stream);
    int64_t now_ns = clock_monotonic_ns();
    if (known->alerted && now_ns - known->alerted_ns < ALERT_PAUSE) {
        return 0;
    }
    known->alerted = true;
    known->alerted_ns = now_ns;
    if (audit->arena == NULL) {
        audit->arena = arena_new(0);
    }
    arena_reset(audit->arena);
    fault->batch = report->batch->sequence;
    fault->time_ns = fault->time_ns != TIMESTAMP_NONE ? fault->time_ns : clock_now_ns();
    const struct alert *alert = account_alert_make(audit->arena, fault);
    log_write(LOG_ERROR, WHERE, "%s partition %d offset %llu: %.*s; a bug, please report it",
              fault->stream->name, (int)fault->stream->partition, (unsigned long long)fault->offset,
              STR_ARG(alert->fields[0].value));
    return report->tell(report->context, fault->stream, alert, err);
}

static struct account_fault fault_of(const struct chunk *chunk)
{
    return (struct account_fault){
        .stream = chunk->stream,
        .offset = chunk->offset,
        .time_ns = chunk->message ? chunk->reference_ns : TIMESTAMP_NONE,
        .tally = chunk->tally,
    };
}

/* How many offsets between the message before and this one are neither. */
static uint64_t pass_offset(struct audit *audit, const struct chunk *chunk)
{
    struct audit_stream *known = stream_of(audit, chunk->stream);
    uint64_t lost = 0;
    if (known->known && !chunk->begins && chunk->offset > known->next + chunk->missing) {
        lost = chunk->offset - known->next - chunk->missing;
    }
    known->known = true;
    known->next = chunk->offset + 1;
    audit->missing_offsets += chunk->missing;
    audit->lost_offsets += lost;
    return lost;
}

static void note_loss(struct audit *audit, uint32_t chunk, uint64_t offsets)
{
    if (offsets > 0) {
        MEMORY_GROW(audit->losses, audit->losses_count, audit->losses_capacity);
        audit->losses[audit->losses_count++] = (struct audit_loss){chunk, offsets};
    }
}

uint64_t audit_lost(const struct audit *audit, uint32_t chunk)
{
    uint64_t offsets = 0;
    for (uint32_t i = 0; i < audit->losses_count; i++) {
        offsets += audit->losses[i].chunk == chunk ? audit->losses[i].offsets : 0;
    }
    return offsets;
}

static int audit_chunk(const struct audit_report *report, uint32_t index, struct err *err)
{
    const struct chunk *chunk = &report->batch->chunks[index];
    struct account_fault fault = fault_of(chunk);
    int failed = 0;
    if (tally_residue(&chunk->tally) != 0) {
        report->audit->unbalanced++;
        failed = report_fault(report, &fault, err);
    }
    if (failed == 0 && chunk->stream->numbered && !chunk->duplicate) {
        fault.lost_offsets = pass_offset(report->audit, chunk);
        note_loss(report->audit, index, fault.lost_offsets);
        failed = fault.lost_offsets > 0 ? report_fault(report, &fault, err) : 0;
    }
    return failed;
}

int audit_batch(struct audit *audit, const struct batch *batch, audit_tell_fn *tell, void *context,
                struct err *err)
{
    const struct audit_report report = {audit, batch, tell, context};
    struct tally sum = {0};
    int failed = 0;
    audit->losses_count = 0;
    for (uint32_t i = 0; i < batch->chunks_count && failed == 0; i++) {
        sum.records += batch->chunks[i].tally.records;
        failed = audit_chunk(&report, i, err);
    }
    if (failed == 0 && sum.records != batch->records_count && batch->chunks_count > 0) {
        struct account_fault fault = fault_of(&batch->chunks[0]);
        fault.tally = sum;
        fault.framed = batch->records_count;
        fault.whole = true;
        audit->unbalanced++;
        failed = report_fault(&report, &fault, err);
    }
    return failed;
}
