/* SPDX-License-Identifier: Apache-2.0
 *
 * test_inflate.c - gzip values: members, cuts, garbage, bombs.
 */
#include "base/limits.h"
#include "base/memory.h"
#include "ingest/framing/inflate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <zlib.h>

#include <cmocka.h>

/* text as one gzip member, appended to out. */
static size_t add_member(char *out, size_t capacity, struct str text)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)text.ptr;
    stream.avail_in = (uInt)text.len;
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)capacity;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t len = capacity - stream.avail_out;
    deflateEnd(&stream);
    return len;
}

static void members_follow_each_other(void **state)
{
    (void)state;
    struct arena *arena = arena_new(0);
    char bytes[512];
    struct str out;
    size_t len = add_member(bytes, sizeof bytes, STR("first\n"));
    len += add_member(bytes + len, sizeof bytes - len, STR("second\n"));
    assert_true(inflate_is_gzip((struct str){bytes, len}));
    assert_int_equal(inflate_value(arena, (struct str){bytes, len}, &out), RECORD_FAULT_NONE);
    assert_int_equal(out.len, 13);
    assert_memory_equal(out.ptr, "first\nsecond\n", 13);
    bytes[len] = 'x'; /* what is behind the last member is damage */
    assert_int_equal(inflate_value(arena, (struct str){bytes, len + 1}, &out), RECORD_FAULT_GZIP);
    assert_int_equal(out.len, 13);
    arena_free(arena);
}

static void a_cut_value_gives_what_came_before_and_a_fault(void **state)
{
    (void)state;
    struct arena *arena = arena_new(0);
    char bytes[512];
    struct str out;
    size_t len = add_member(bytes, sizeof bytes, STR("some text that is long enough to be cut\n"));
    for (size_t cut = 1; cut < len; cut++) {
        assert_int_equal(inflate_value(arena, (struct str){bytes, cut}, &out), RECORD_FAULT_GZIP);
        assert_true(out.len <= 40);
    }
    arena_free(arena);
}

static void a_bomb_stops_at_the_limit(void **state)
{
    (void)state;
    struct arena *arena = arena_new(0);
    size_t size = (size_t)LIMIT_RECORD_BYTES * 8;
    char *zeros = memory_new(size, 1);
    char *bytes = memory_new(size / 100, 1);
    struct str out;
    size_t len = add_member(bytes, size / 100, (struct str){zeros, size});
    assert_true(len * LIMIT_INFLATE_RATIO < size);
    assert_int_equal(inflate_value(arena, (struct str){bytes, len}, &out),
                     RECORD_FAULT_INFLATE_LIMIT);
    assert_true(out.len <= len * LIMIT_INFLATE_RATIO + 1);
    /* Up to a record's size a value may have any ratio: one that ends there is whole. */
    len = add_member(bytes, size / 100, (struct str){zeros, LIMIT_RECORD_BYTES});
    assert_int_equal(inflate_value(arena, (struct str){bytes, len}, &out), RECORD_FAULT_NONE);
    assert_int_equal(out.len, LIMIT_RECORD_BYTES);
    memory_free(zeros);
    memory_free(bytes);
    arena_free(arena);
}

/* zlib may hold bytes back when it has taken all input: they come before the cut is said. */
static void a_cut_member_gives_the_same_bytes_in_any_pieces(void **state)
{
    (void)state;
    struct arena *arena = arena_new(0);
    char text[600];
    char bytes[1024];
    struct str whole;
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = "a long match "[i % 13];
    }
    size_t len = add_member(bytes, sizeof bytes, (struct str){text, sizeof text});
    for (size_t cut = 11; cut < len; cut++) {
        struct inflater *inflater = inflater_new();
        enum record_fault fault = RECORD_FAULT_NONE;
        char out[sizeof text + 8];
        size_t out_len = 0;
        struct str rest = {bytes, cut};
        assert_int_equal(inflate_value(arena, rest, &whole), RECORD_FAULT_GZIP);
        while (fault == RECORD_FAULT_NONE) {
            struct str piece = str_slice(rest, 0, 3);
            bool ended = piece.len == rest.len;
            size_t offered = piece.len;
            out_len += inflater_run(inflater, &piece, ended, out + out_len, 7, &fault);
            rest = str_slice(rest, offered - piece.len, rest.len);
        }
        assert_int_equal(fault, RECORD_FAULT_GZIP);
        assert_int_equal(out_len, whole.len);
        assert_memory_equal(out, whole.ptr, out_len);
        inflater_free(inflater);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_follow_each_other),
        cmocka_unit_test(a_cut_value_gives_what_came_before_and_a_fault),
        cmocka_unit_test(a_cut_member_gives_the_same_bytes_in_any_pieces),
        cmocka_unit_test(a_bomb_stops_at_the_limit),
    };
    return cmocka_run_group_tests_name("inflate", tests, NULL, NULL);
}
