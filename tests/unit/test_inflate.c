/* SPDX-License-Identifier: Apache-2.0
 *
 * test_inflate.c - gzip values: members, cuts, garbage, bombs.
 */
#include "base/limits.h"
#include "base/memory.h"
#include "ingest/framing/checksum.h"
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

/* Bytes that were taken but not used yet come before the cut is said. */
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

static uint32_t draw(uint64_t *state, uint32_t bound)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33) % bound;
}

/* Text with repetitions near and far, runs, and bytes that repeat nothing. */
static void fill(char *text, size_t len, uint64_t *state)
{
    static const uint32_t distances[] = {1, 2, 3, 7, 8, 15, 16, 31, 300, 5000, 32768};
    size_t at = 0;
    while (at < len) {
        size_t count = 1 + draw(state, draw(state, 4) == 0 ? 400 : 20);
        count = count < len - at ? count : len - at;
        size_t distance = distances[draw(state, 11)];
        for (; count > 0; count--, at++) {
            bool repeats = distance <= at && distance % 3 != 0;
            text[at] = repeats ? text[at - distance] : (char)draw(state, distance < 9 ? 256 : 20);
        }
    }
}

/* Inflates bytes in pieces of at most in_max, into rooms of at most out_max. */
static size_t inflate_in_pieces(struct str bytes, uint32_t in_max, uint32_t out_max, char *out)
{
    struct inflater *inflater = inflater_new();
    enum record_fault fault = RECORD_FAULT_NONE;
    uint64_t state = in_max + out_max;
    size_t len = 0;
    size_t wrote = 1;
    struct str piece = {0};
    while (bytes.len > 0 || piece.len > 0 || wrote > 0) {
        if (piece.len == 0) {
            piece = str_slice(bytes, 0, 1 + draw(&state, in_max));
            bytes = str_slice(bytes, piece.len, bytes.len);
        }
        wrote = inflater_run(inflater, &piece, bytes.len == 0, out + len, 1 + draw(&state, out_max),
                             &fault);
        assert_int_equal(fault, RECORD_FAULT_NONE);
        len += wrote;
    }
    assert_false(inflater_in_member(inflater));
    inflater_free(inflater);
    return len;
}

static void what_zlib_deflates_comes_back_however_it_is_cut(void **state)
{
    (void)state;
    enum { TEXT_BYTES = 150000 };
    static const uint32_t cuts[][2] = {{1, 1}, {3, 70000}, {70000, 3}, {9000, 9000}, {400000, 1}};
    char *text = memory_new(TEXT_BYTES, 1);
    char *bytes = memory_new(TEXT_BYTES * 2, 1);
    char *out = memory_new(TEXT_BYTES + 70000, 1);
    uint64_t random = 1;
    for (int i = 0; i < 40; i++) {
        size_t len = i < 5 ? (size_t)i : draw(&random, i % 4 == 0 ? TEXT_BYTES : 3000);
        fill(text, len, &random);
        z_stream stream = {0};
        int strategy = i % 5; /* Z_DEFAULT_STRATEGY to Z_FIXED */
        assert_int_equal(deflateInit2(&stream, i % 10, Z_DEFLATED, 15 + 16, 1 + i % 9, strategy),
                         Z_OK);
        stream.next_in = (Bytef *)text;
        stream.avail_in = (uInt)len;
        stream.next_out = (Bytef *)bytes;
        stream.avail_out = TEXT_BYTES * 2;
        assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
        struct str packed = {bytes, TEXT_BYTES * 2 - stream.avail_out};
        deflateEnd(&stream);
        for (size_t cut = 0; cut < 5; cut++) {
            memset(out, 0, len);
            assert_int_equal(inflate_in_pieces(packed, cuts[cut][0], cuts[cut][1], out), len);
            assert_memory_equal(out, text, len);
        }
    }
    memory_free(out);
    memory_free(bytes);
    memory_free(text);
}

static void a_header_may_have_all_that_rfc_1952_knows(void **state)
{
    (void)state;
    struct arena *arena = arena_new(0);
    char bytes[512];
    char extra[] = "xtra";
    char name[] = "a name";
    char comment[] = "a comment";
    struct str out;
    gz_header header = {.extra = (Bytef *)extra,
                        .extra_len = 4,
                        .name = (Bytef *)name,
                        .comment = (Bytef *)comment,
                        .hcrc = 1};
    z_stream stream = {.next_in = (Bytef *)(uintptr_t) "text",
                       .avail_in = 4,
                       .next_out = (Bytef *)bytes,
                       .avail_out = sizeof bytes};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflateSetHeader(&stream, &header), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t len = sizeof bytes - stream.avail_out;
    deflateEnd(&stream);
    assert_int_equal(inflate_value(arena, (struct str){bytes, len}, &out), RECORD_FAULT_NONE);
    assert_true(str_equal(out, STR("text")));
    /* Each byte of the header matters, but for time, level and system. */
    size_t header_len = 10 + 2 + 4 + sizeof name + sizeof comment + 2;
    for (size_t at = 0; at < header_len; at++) {
        bytes[at] ^= 64;
        assert_int_equal(inflate_value(arena, (struct str){bytes, len}, &out), RECORD_FAULT_GZIP);
        assert_int_equal(out.len, 0);
        bytes[at] ^= 64;
    }
    arena_free(arena);
}

static void damage_is_told_and_nothing_comes_after_it(void **state)
{
    (void)state;
    struct arena *arena = arena_new(0);
    char bytes[512];
    struct str out;
    struct str text = STR("to be, or not to be: to be, or not");
    size_t len = add_member(bytes, sizeof bytes, text);
    uint32_t unused = 0;                          /* bits between the data's last and the trailer */
    for (size_t bit = 80; bit < len * 8; bit++) { /* behind the header */
        bytes[bit / 8] ^= (char)(1 << bit % 8);
        enum record_fault fault = inflate_value(arena, (struct str){bytes, len}, &out);
        bytes[bit / 8] ^= (char)(1 << bit % 8);
        unused += fault == RECORD_FAULT_NONE ? 1 : 0;
        assert_true(fault == RECORD_FAULT_GZIP || str_equal(out, text));
    }
    assert_true(unused < 8);
    /* A match that reaches back into the member before: first "a", then one byte from 1 before. */
    static const unsigned char far[] = {0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 2, 0};
    len = add_member(bytes, sizeof bytes, STR("aaaa"));
    memcpy(bytes + len, far, sizeof far);
    struct str both = {bytes, len + sizeof far};
    assert_int_equal(inflate_value(arena, both, &out), RECORD_FAULT_GZIP);
    assert_true(str_equal(out, STR("aaaa")));
    arena_free(arena);
}

static void the_checksum_is_zlibs(void **state)
{
    (void)state;
    char text[700];
    uint64_t random = 7;
    fill(text, sizeof text, &random);
    for (uint32_t len = 0; len <= 600; len++) {
        uint32_t before = draw(&random, UINT32_MAX);
        const char *from = text + len % 17;
        assert_int_equal(checksum_add(before, (struct str){from, len}),
                         crc32(before, (const Bytef *)from, len));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_follow_each_other),
        cmocka_unit_test(a_cut_value_gives_what_came_before_and_a_fault),
        cmocka_unit_test(a_cut_member_gives_the_same_bytes_in_any_pieces),
        cmocka_unit_test(a_bomb_stops_at_the_limit),
        cmocka_unit_test(what_zlib_deflates_comes_back_however_it_is_cut),
        cmocka_unit_test(a_header_may_have_all_that_rfc_1952_knows),
        cmocka_unit_test(damage_is_told_and_nothing_comes_after_it),
        cmocka_unit_test(the_checksum_is_zlibs),
    };
    return cmocka_run_group_tests_name("inflate", tests, NULL, NULL);
}
