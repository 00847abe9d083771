/* SPDX-License-Identifier: Apache-2.0
 *
 * match_scan.c - the table of implementations, and the one in plain C that the others equal.
 */
#include "analyze/match/match_scan.h"

static bool always(void)
{
    return true;
}

#if defined(__x86_64__)
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}
#endif

const struct match_scan_row match_scan_table[] = {
#if defined(__x86_64__)
    {"avx2", match_scan_avx2, has_avx2},
#endif
    {"plain", match_scan_plain, always},
    {NULL, NULL, NULL},
};

match_scan_fn *match_scan_choose(void)
{
    const struct match_scan_row *row = match_scan_table;
    while (!row->usable()) {
        row++;
    }
    return row->scan;
}

static inline bool in_bitmap(const struct literal_pass *pass, uint32_t gram)
{
    uint32_t bit = gram_hash((gram | GRAM_CASE) & pass->gram_mask) >> pass->bitmap_shift;
    return pass->bitmap[bit / 32] >> (bit % 32) & 1;
}

uint32_t match_scan_plain(const struct literal_pass *pass, struct str text, size_t *from,
                          uint32_t places[MATCH_SCAN_PLACES])
{
    uint32_t count = 0;
    size_t at = *from;
    for (; at + pass->reach <= text.len && count < MATCH_SCAN_PLACES; at += pass->stride) {
        uint32_t gram = 0;
        memcpy(&gram, text.ptr + at, text.len - at < GRAM ? text.len - at : GRAM);
        places[count] = (uint32_t)at;
        count += in_bitmap(pass, gram);
    }
    *from = at + pass->reach <= text.len ? at : STR_NOT_FOUND;
    return count;
}
