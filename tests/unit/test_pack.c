/* SPDX-License-Identifier: Apache-2.0
 *
 * test_pack.c - numbers and texts as bytes and back; input that ends too early.
 */
#include "base/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void what_is_packed_comes_back(void **state)
{
    (void)state;
    struct buffer out = {0};
    pack_u8(&out, 200);
    pack_u32(&out, 0xDEADBEEF);
    pack_u64(&out, UINT64_MAX - 1);
    pack_i64(&out, INT64_MIN);
    pack_str(&out, STR("a\0b"));
    pack_str(&out, (struct str){0});
    struct unpack in = unpack_of(buffer_str(&out));
    assert_int_equal(unpack_u8(&in), 200);
    assert_int_equal(unpack_u32(&in), 0xDEADBEEF);
    assert_true(unpack_u64(&in) == UINT64_MAX - 1);
    assert_true(unpack_i64(&in) == INT64_MIN);
    assert_true(str_equal(unpack_str(&in), STR("a\0b")));
    assert_int_equal(unpack_str(&in).len, 0);
    assert_false(in.failed);
    assert_int_equal(in.left, 0);
    buffer_release(&out);
}

static void the_little_end_comes_first(void **state)
{
    (void)state;
    struct buffer out = {0};
    pack_u32(&out, 0x01020304);
    assert_memory_equal(out.ptr, "\x04\x03\x02\x01", 4);
    buffer_release(&out);
}

static void input_that_ends_early_gives_nothing_more(void **state)
{
    (void)state;
    struct buffer out = {0};
    pack_str(&out, STR("word"));
    for (size_t len = 0; len < out.len; len++) {
        struct unpack in = unpack_of((struct str){out.ptr, len});
        assert_int_equal(unpack_str(&in).len, 0);
        assert_true(in.failed);
        assert_int_equal(unpack_u8(&in), 0);
    }
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_comes_back),
        cmocka_unit_test(the_little_end_comes_first),
        cmocka_unit_test(input_that_ends_early_gives_nothing_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
