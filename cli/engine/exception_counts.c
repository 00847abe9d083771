/* SPDX-License-Identifier: Apache-2.0
 *
 * exception_counts.c - see exception_counts_internal.h.
 */
#include "cli/engine/exception_counts_internal.h"

#include "analyze/rule/rule_extension.h"
#include "base/memory.h"

uint64_t *exception_counts_new(const struct rule_set *rules)
{
    return memory_new((size_t)rules->exceptions_count + 1, sizeof(uint64_t));
}

/* The exception of the extension that has the same reason, or NULL. */
static const struct rule_exception *find_same(const struct rule_extension *extension,
                                              const struct rule_exception *exception)
{
    for (uint32_t i = 0; extension != NULL && i < extension->exceptions_count; i++) {
        if (str_equal(extension->exceptions[i].reason, exception->reason)) {
            return &extension->exceptions[i];
        }
    }
    return NULL;
}

void exception_counts_carry(uint64_t **counts, const struct rule_set *before,
                            const struct rule_set *next)
{
    uint64_t *carried = exception_counts_new(next);
    for (uint32_t i = 0; i < before->rules_count; i++) {
        const struct rule_extension *extension = before->rules[i].extension;
        uint32_t index = extension != NULL && extension->exceptions_count > 0
                             ? rule_set_find(next, before->rules[i].id)
                             : UINT32_MAX;
        for (uint32_t n = 0; index != UINT32_MAX && n < extension->exceptions_count; n++) {
            const struct rule_exception *exception = &extension->exceptions[n];
            const struct rule_exception *same = find_same(next->rules[index].extension, exception);
            if (same != NULL) {
                carried[same->number] += (*counts)[exception->number];
            }
        }
    }
    memory_free(*counts);
    *counts = carried;
}
