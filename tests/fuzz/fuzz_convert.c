/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_convert.c - rules of other formats, of any bytes: what comes out is always YAML.
 *
 * The first byte says of which format the rest is.
 */
#include "base/ensure.h"
#include "base/yaml.h"
#include "cli/convert/convert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct convert_format *format_of(uint8_t number)
{
    size_t count = 0;
    while (convert_format_table[count].name != NULL) {
        count++;
    }
    return &convert_format_table[number % count];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct err err = {0};
    struct yaml_documents documents = {0};
    struct arena *arena = arena_new(0);
    struct convert_file file = {.path = STR("fuzz"), .text = {(const char *)data + 1, size - 1}};
    struct convert convert = {.arena = arena, .files = &file, .files_count = 1};
    convert.timespan = STR("1m");
    format_of((uint8_t)(data[0] - '0'))->run(&convert);
    struct str out = buffer_str(&file.out);
    ENSURE(out.len == 0 || yaml_parse(arena, "out", out, &documents, &err) == 0);
    buffer_release(&file.out);
    buffer_release(&convert.notes);
    arena_free(arena);
    return 0;
}
