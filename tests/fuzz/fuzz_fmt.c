/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_fmt.c - any bytes as a rule file: what is laid out anew is laid out for good.
 *
 * That meaning and comments stay is checked by layout_format itself.
 */
#include "base/ensure.h"
#include "cli/fmt/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct buffer once = {0};
    struct buffer twice = {0};
    if (layout_format("fuzz", (struct str){(const char *)data, size}, &once, &err) == 0) {
        ENSURE(layout_format("fuzz", buffer_str(&once), &twice, &err) == 0);
        ENSURE(str_equal(buffer_str(&once), buffer_str(&twice)));
    }
    buffer_release(&once);
    buffer_release(&twice);
    return 0;
}
