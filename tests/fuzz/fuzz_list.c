/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_list.c - any bytes as a list, as lines and as CSV. A list that is read has its entries.
 */
#include "analyze/list/list.h"
#include "analyze/rule/rule.h"
#include "base/arena.h"
#include "base/ensure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_list(struct str text, bool csv, struct str column)
{
    struct list_source source = {"fuzz", csv, column};
    struct list *list = NULL;
    struct err err = {0};
    if (list_parse(&source, text, &list, &err) != 0) {
        ENSURE(list == NULL && err.text[0] != '\0');
        return;
    }
    struct arena *arena = arena_new(0);
    const struct str *entries = NULL;
    uint32_t count = list_entries(list, &entries);
    for (uint32_t i = 0; i < count; i++) {
        ENSURE(list_has_text(list, rule_fold(arena, entries[i])));
    }
    ENSURE(list_kind_of(list) == LIST_CIDR || count >= list_count(list) || count == 0);
    arena_free(arena);
    static const uint8_t address[4] = {10, 0, 0, 1};
    bool has = list_has_address(list, address, sizeof address);
    ENSURE(!has || list_kind_of(list) == LIST_CIDR);
    list_free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    read_list(text, false, STR(""));
    read_list(text, true, STR(""));
    read_list(text, true, STR("a"));
    return 0;
}
