/* SPDX-License-Identifier: Apache-2.0
 *
 * sim_log.c - see sim_internal.h: rules, and records that make them fire often.
 *
 * Thread: one.   Owns: nothing; records are in the world's arena.
 * Invariants: (1) where streams are tasks, a group is in one partition: that is what is asked of
 *                 producers.
 *             (2) a record is at most LATENESS_SECONDS - 1 behind the latest of its partition.
 */
#include "base/buffer.h"
#include "base/timestamp.h"
#include "tests/sim/sim_internal.h"

const char sim_rules[] = "title: Call\n"
                         "id: 00000000-0000-0000-0000-000000000001\n"
                         "name: call\n"
                         "logsource: {product: aws, service: cloudtrail}\n"
                         "detection:\n"
                         "  selection: {eventName: GetObject}\n"
                         "  condition: selection\n"
                         "level: low\n"
                         "---\n"
                         "title: Delete\n"
                         "id: 00000000-0000-0000-0000-000000000002\n"
                         "name: delete\n"
                         "logsource: {product: aws, service: cloudtrail}\n"
                         "detection:\n"
                         "  selection: {eventName: DeleteObject}\n"
                         "  condition: selection\n"
                         "level: high\n"
                         "---\n"
                         "title: Each delete\n"
                         "id: 00000000-0000-0000-0000-000000000003\n"
                         "logsource: {product: aws, service: cloudtrail}\n"
                         "detection:\n"
                         "  selection: {eventName: DeleteObject}\n"
                         "  condition: selection\n"
                         "level: high\n"
                         "---\n"
                         "title: Many calls\n"
                         "id: 00000000-0000-0000-0000-000000000004\n"
                         "name: many\n"
                         "correlation:\n"
                         "  type: event_count\n"
                         "  rules: [call]\n"
                         "  group-by: [sourceIPAddress]\n"
                         "  timespan: 1m\n"
                         "  generate: true\n"
                         "  condition: {gte: 3}\n"
                         "---\n"
                         "title: Many regions\n"
                         "id: 00000000-0000-0000-0000-000000000005\n"
                         "correlation:\n"
                         "  type: value_count\n"
                         "  rules: [call]\n"
                         "  group-by: [sourceIPAddress]\n"
                         "  timespan: 2m\n"
                         "  condition: {field: awsRegion, gte: 3}\n"
                         "---\n"
                         "title: Exactly two calls\n"
                         "id: 00000000-0000-0000-0000-000000000006\n"
                         "correlation:\n"
                         "  type: event_count\n"
                         "  rules: [call]\n"
                         "  group-by: [sourceIPAddress]\n"
                         "  timespan: 30s\n"
                         "  condition: {eq: 2}\n"
                         "---\n"
                         "title: Call then delete\n"
                         "id: 00000000-0000-0000-0000-000000000007\n"
                         "correlation:\n"
                         "  type: temporal_ordered\n"
                         "  rules: [call, delete]\n"
                         "  group-by: [sourceIPAddress]\n"
                         "  timespan: 40s\n"
                         "---\n"
                         "title: Many again and a delete\n"
                         "id: 00000000-0000-0000-0000-000000000008\n"
                         "correlation:\n"
                         "  type: temporal\n"
                         "  rules: [many, delete]\n"
                         "  group-by: [sourceIPAddress]\n"
                         "  timespan: 90s\n";

#define JITTER_SECONDS 15

static void make_partition(uint32_t number)
{
    struct sim_partition *partition = &sim.partitions[number];
    struct buffer text = {0};
    int64_t base_ns = 1772445600 * TIMESTAMP_SECOND_NS;
    int64_t second = 0;
    partition->count = 20 + sim_random(120);
    partition->records = arena_take(sim.arena, partition->count * sizeof(struct str));
    for (uint32_t i = 0; i < partition->count; i++) {
        second += sim_random(8);
        buffer_clear(&text);
        buffer_add_text(&text, "{\"eventVersion\":\"1.11\",\"eventTime\":\"");
        buffer_add_time(&text,
                        base_ns + (second + sim_random(JITTER_SECONDS)) * TIMESTAMP_SECOND_NS);
        buffer_printf(&text,
                      "\",\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"%s\",\"eventID\":"
                      "\"%u-%u\",\"sourceIPAddress\":\"192.0.2.%u\",\"awsRegion\":\"r%u\"}",
                      sim_one_in(5) ? "DeleteObject" : "GetObject", number, i,
                      sim.task_a_stream ? 10 * number + sim_random(5) : sim_random(5),
                      sim_random(6));
        partition->records[i] = arena_copy(sim.arena, buffer_str(&text));
    }
    buffer_release(&text);
}

void sim_log_make(void)
{
    arena_reset(sim.arena);
    sim.partitions_count = 1 + sim_random(SIM_PARTITIONS_MAX);
    for (uint32_t i = 0; i < sim.partitions_count; i++) {
        make_partition(i);
    }
}
