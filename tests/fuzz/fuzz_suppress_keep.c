/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_suppress_keep.c - suppression from cells that nobody told: they are refused, or alerts come
 * with them. A cell is the length of its key (1 byte), that of its value (1), and both.
 */
#include "analyze/alert/suppress.h"
#include "base/ensure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct rule_extension extension = {.suppress = {.period_ns = 1000, .alerts_max = 2}};
static const struct rule rule = {.id = {"a", 1}, .extension = &extension};

static void count_cell(void *context, struct str key, struct str value, bool deleted)
{
    ENSURE(key.len > 1 && (deleted || value.len > 0));
    ++*(size_t *)context;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suppressor *suppressor = suppressor_new(3);
    struct err err = {0};
    suppressor_keep(suppressor);
    for (size_t at = 0; at + 2 <= size;) {
        size_t key_len = data[at];
        size_t value_len = data[at + 1];
        at += 2;
        key_len = key_len < size - at ? key_len : size - at;
        struct str key = {(const char *)data + at, key_len};
        at += key_len;
        value_len = value_len < size - at ? value_len : size - at;
        struct str value = {(const char *)data + at, value_len};
        at += value_len;
        int failed = suppressor_restore(suppressor, key, value, &err);
        ENSURE(failed == 0 || failed == ERR_DATA);
    }
    for (int i = 0; i < 12; i++) {
        char letter = (char)('k' + i % 5);
        uint64_t suppressed = 0;
        suppressor_tells(suppressor, &rule, (struct str){&letter, 1}, 100 * i, &suppressed);
    }
    size_t cells = 0;
    size_t changes = suppressor_changes(suppressor);
    suppressor_tell_changes(suppressor, count_cell, &cells);
    ENSURE(cells == changes && cells >= 3);
    suppressor_changes_done(suppressor);
    suppressor_free(suppressor);
    return 0;
}
