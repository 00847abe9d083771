/* SPDX-License-Identifier: Apache-2.0
 *
 * json_index.c - the table of index implementations and the choice among them.
 */
#include "ingest/json/json_index_internal.h"

#include "base/ensure.h"
#include "base/memory.h"
#include "ingest/json/json.h"

#include <stdatomic.h>
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

static bool always(void)
{
    return true;
}

#if defined(__x86_64__)
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("pclmul");
}

static bool has_sse42(void)
{
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt") &&
           __builtin_cpu_supports("pclmul");
}
#endif

#if defined(__aarch64__)
static bool has_pmull(void)
{
    return (getauxval(AT_HWCAP) & HWCAP_PMULL) != 0;
}
#endif

const struct json_index_row json_index_table[] = {
#if defined(__x86_64__)
    {"avx2", json_index_avx2, json_end_avx2, has_avx2},
    {"sse42", json_index_sse42, json_end_sse42, has_sse42},
    {"sse2", json_index_sse2, json_end_sse2, always},
#endif
#if defined(__aarch64__)
    {"pmull", json_index_pmull, json_end_pmull, has_pmull},
    {"neon", json_index_neon, json_end_neon, always},
#endif
    {"plain", json_index_plain, json_end_plain, always},
    {NULL, NULL, NULL, NULL},
};

/* Every thread that finds it unset computes the same row, so a plain atomic is enough. */
static _Atomic(const struct json_index_row *) chosen;

static const struct json_index_row *choose(void)
{
    const struct json_index_row *row = atomic_load_explicit(&chosen, memory_order_acquire);
    if (row == NULL) {
        row = json_index_table;
        while (!row->usable()) {
            row++;
        }
        atomic_store_explicit(&chosen, row, memory_order_release);
    }
    return row;
}

const char *json_implementation(void)
{
    return choose()->name;
}

void json_index_build(struct json_index *index, struct str text)
{
    ENSURE(text.len < UINT32_MAX);
    choose()->build(index, text);
}

size_t json_container_end(struct str text)
{
    return choose()->container_end(text);
}

void json_index_reserve(struct json_index *index, size_t len)
{
    size_t need = len / JSON_BLOCK + 1;
    if (need > index->capacity) {
        index->capacity = need * 2;
        index->blocks = memory_resize(index->blocks, index->capacity, sizeof *index->blocks);
    }
}

void json_index_release(struct json_index *index)
{
    memory_free(index->blocks);
    *index = (struct json_index){0};
}
