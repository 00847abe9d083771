/* SPDX-License-Identifier: Apache-2.0
 *
 * account_alert.c - see account_alert.h.
 */
#include "analyze/account/account_alert.h"

#include "base/buffer.h"

#include <inttypes.h>
#include <string.h>

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

const struct rule account_rule = {
    .id = TEXT("3d0f6b0a-7f0c-4c52-9c1e-2f6f4b1e9a70"),
    .name = TEXT("tocsin_account"),
    .title = TEXT("Records that were read are not accounted for"),
    .description = TEXT("The accounts of tocsin itself do not add up: a record has no outcome or "
                        "two, or an offset was passed over. What was analysed may be incomplete."),
    .author = TEXT("tocsin"),
    .status = TEXT("stable"),
    .level = RULE_HIGH,
    .digest = 1,
};

/* The number of a fault's kind stands where a record's number at its offset does: three faults of
 * one chunk are three alerts. */
enum { FAULT_RESIDUE, FAULT_BATCH, FAULT_OFFSETS };

static uint32_t kind_of(const struct account_fault *fault)
{
    if (fault->lost_offsets > 0) {
        return FAULT_OFFSETS;
    }
    return fault->whole ? FAULT_BATCH : FAULT_RESIDUE;
}

static struct str say(struct arena *arena, const struct account_fault *fault)
{
    struct buffer text = {0};
    const struct tally *tally = &fault->tally;
    if (fault->lost_offsets > 0) {
        buffer_printf(&text, "%" PRIu64 " offsets before this one were passed over",
                      fault->lost_offsets);
    } else if (fault->whole) {
        buffer_printf(&text, "%" PRIu64 " records were framed, %" PRIu64 " were counted",
                      fault->framed, tally->records);
    } else {
        buffer_printf(&text,
                      "records %" PRIu64 " = evaluated %" PRIu64 " + filtered %" PRIu64
                      " + dead-lettered %" PRIu64 " + duplicates %" PRIu64 " + residue %" PRId64,
                      tally->records, tally->outcomes[RECORD_EVALUATED],
                      tally->outcomes[RECORD_FILTERED], tally->outcomes[RECORD_DEAD],
                      tally->outcomes[RECORD_DUPLICATE], tally_residue(tally));
    }
    buffer_printf(&text, "; batch %" PRIu64, fault->batch);
    struct str kept = arena_copy(arena, buffer_str(&text));
    buffer_release(&text);
    return kept;
}

struct alert *account_alert_make(struct arena *arena, const struct account_fault *fault)
{
    struct alert *alert = arena_take_zeroed(arena, 1, sizeof *alert);
    struct alert_event *event = arena_take_zeroed(arena, 1, sizeof *event);
    struct alert_field *field = arena_take_zeroed(arena, 1, sizeof *field);
    struct str source = arena_copy(arena, str_of(fault->stream->name));
    *event = (struct alert_event){
        .time_ns = fault->time_ns,
        .source = source,
        .partition = fault->stream->partition,
        .offset = fault->offset,
        .sub = kind_of(fault),
    };
    alert_event_id_at(source, event->partition, event->offset, event->sub, event->id);
    *field = (struct alert_field){STR("message"), say(arena, fault)};
    *alert = (struct alert){
        .rule = &account_rule,
        .time_ns = fault->time_ns,
        .logsource = STR("tocsin/account"),
        .events = event,
        .events_count = 1,
        .events_total = 1,
        .window_start_ns = TIMESTAMP_NONE,
        .window_end_ns = TIMESTAMP_NONE,
        .fields = field,
        .fields_count = 1,
    };
    alert_id_of_event(&account_rule, event->id, alert->id);
    return alert;
}
