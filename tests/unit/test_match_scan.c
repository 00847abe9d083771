/* SPDX-License-Identifier: Apache-2.0
 *
 * test_match_scan.c - every implementation of the filter's first step finds the plain one's places,
 * in texts of every length, each in memory of exactly its size.
 */
#include "analyze/match/match_scan.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define BITMAP_BITS 8U

static uint64_t random_state = 7;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % below;
}

static struct literal_pass pass_of(uint32_t stride, const uint32_t *bitmap)
{
    struct literal_pass pass = {.bitmap = bitmap,
                                .bitmap_shift = 32 - BITMAP_BITS,
                                .stride = stride,
                                .gram_mask = UINT32_MAX,
                                .reach = GRAM};
    if (stride == 0 || stride == 3) {
        pass.stride = 1;
        pass.gram_mask = stride == 0 ? 0xFFFF : 0xFF;
        pass.reach = stride == 0 ? 2 : 1;
    }
    return pass;
}

/* All places of text; returns how many. */
static uint32_t scan_all(match_scan_fn *scan, const struct literal_pass *pass, struct str text,
                         uint32_t *all)
{
    uint32_t count = 0;
    size_t from = 0;
    while (from != STR_NOT_FOUND) {
        uint32_t places[MATCH_SCAN_PLACES];
        uint32_t more = scan(pass, text, &from, places);
        assert_in_range(more, 0, MATCH_SCAN_PLACES);
        memcpy(all + count, places, more * sizeof *all);
        count += more;
    }
    return count;
}

static uint64_t compare(const struct literal_pass *pass, struct str text)
{
    uint32_t want[256];
    uint32_t got[256];
    uint32_t count = scan_all(match_scan_plain, pass, text, want);
    for (const struct match_scan_row *row = match_scan_table; row->name != NULL; row++) {
        if (row->usable() && (scan_all(row->scan, pass, text, got) != count ||
                              memcmp(got, want, count * sizeof *got) != 0)) {
            fail_msg("%s: stride %u, length %zu", row->name, pass->stride, text.len);
        }
    }
    return count;
}

static void all_implementations_find_the_same_places(void **state)
{
    (void)state;
    static const uint32_t strides[] = {0, 3, 1, 2, 4};
    uint32_t bitmap[(1U << BITMAP_BITS) / 32];
    uint64_t places = 0;
    for (uint32_t round = 0; round < 40; round++) {
        for (size_t i = 0; i < sizeof bitmap / sizeof bitmap[0]; i++) {
            /* From a few bits to half of them. */
            bitmap[i] = draw(UINT32_MAX) & (round % 2 ? draw(UINT32_MAX) & draw(UINT32_MAX) : ~0U);
        }
        for (size_t len = 0; len <= 160; len++) {
            char *bytes = memory_resize(NULL, len + (len == 0), 1);
            for (size_t i = 0; i < len; i++) {
                bytes[i] = (char)draw(256);
            }
            for (size_t i = 0; i < sizeof strides / sizeof strides[0]; i++) {
                struct literal_pass pass = pass_of(strides[i], bitmap);
                places += compare(&pass, (struct str){bytes, len});
            }
            memory_free(bytes);
        }
    }
    assert_true(places > 100000);
}

static void a_gram_is_found_at_a_texts_very_end(void **state)
{
    (void)state;
    uint32_t bitmap[(1U << BITMAP_BITS) / 32] = {0};
    uint32_t gram = 0;
    memcpy(&gram, "evil", GRAM);
    uint32_t bit = gram_hash(gram | GRAM_CASE) >> (32 - BITMAP_BITS);
    bitmap[bit / 32] |= 1U << (bit % 32);
    for (const struct match_scan_row *row = match_scan_table; row->name != NULL; row++) {
        for (size_t len = GRAM; row->usable() && len < 100; len += 4) {
            char *bytes = memory_resize(NULL, len, 1);
            memset(bytes, 0, len);
            memcpy(bytes + len - GRAM, "EvIl", GRAM);
            for (uint32_t stride = 1; stride <= 4; stride *= 2) {
                struct literal_pass pass = pass_of(stride, bitmap);
                struct str text = {bytes, len};
                uint32_t places[64];
                assert_int_equal(scan_all(row->scan, &pass, text, places), 1);
                assert_int_equal(places[0], len - GRAM);
            }
            memory_free(bytes);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_implementations_find_the_same_places),
        cmocka_unit_test(a_gram_is_found_at_a_texts_very_end),
    };
    return cmocka_run_group_tests_name("match_scan", tests, NULL, NULL);
}
