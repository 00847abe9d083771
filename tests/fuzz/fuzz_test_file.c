/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_test_file.c - any bytes as a test file: cases that are whole, or a message with a place.
 */
#include "base/ensure.h"
#include "cli/workbench/test_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct test_file file;
    struct arena *arena = arena_new(0);
    struct str text = {(const char *)data, size};
    if (test_file_parse(arena, "/nowhere/fuzz.test.yml", text, &file, &err) != 0) {
        ENSURE(strncmp(err.text, "/nowhere/fuzz.test.yml:", 23) == 0);
    } else {
        for (uint32_t i = 0; i < file.cases_count; i++) {
            const struct test_case *tested = &file.cases[i];
            ENSURE(tested->title.len > 0 && tested->steps_count <= TEST_STEPS_MAX);
            ENSURE(tested->match != TEST_UNSAID || tested->has_alerts);
        }
    }
    arena_free(arena);
    return 0;
}
