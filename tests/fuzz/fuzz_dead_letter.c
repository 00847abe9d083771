/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_dead_letter.c - any bytes as a dead letter's line. What is read and written again is read as
 * the same letter.
 */
#include "base/ensure.h"
#include "base/timestamp.h"
#include "ingest/dead_letter/dead_letter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct dead_letter first;
    struct dead_letter second;
    struct str text = arena_copy(arena, (struct str){(const char *)data, size});
    if (dead_letter_read(arena, text, &first) == NULL && first.fault < RECORD_FAULTS) {
        struct stream stream = {.name = arena_copy(arena, first.source).ptr,
                                .partition = first.partition};
        struct chunk chunk = {.stream = &stream, .reference_ns = first.reference_ns};
        struct record record = {.bytes = first.record,
                                .offset = first.offset,
                                .sub = first.sub,
                                .fault = (uint8_t)first.fault,
                                .fault_at = first.fault_at};
        struct buffer line = {0};
        dead_letter_render(&record, &chunk, &line);
        ENSURE(dead_letter_read(arena, buffer_str(&line), &second) == NULL);
        ENSURE(str_equal(first.record, second.record) && first.offset == second.offset);
        ENSURE(first.sub == second.sub && first.partition == second.partition);
        ENSURE(first.fault == second.fault && first.fault_at == second.fault_at);
        ENSURE(first.reference_ns == second.reference_ns && first.cut == second.cut);
        buffer_release(&line);
    }
    arena_free(arena);
    return 0;
}
