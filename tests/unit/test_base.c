/* SPDX-License-Identifier: Apache-2.0
 *
 * test_base.c - the small things everything stands on.
 */
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/timestamp.h"
#include "base/utf8.h"
#include "tests/guarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void assert_text(struct str got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.ptr, want, got.len);
}

static void numbers_must_fill_the_text_and_fit(void **state)
{
    (void)state;
    uint64_t u = 0;
    int64_t i = 0;
    assert_true(str_to_u64(STR("18446744073709551615"), &u));
    assert_true(u == UINT64_MAX);
    assert_false(str_to_u64(STR("18446744073709551616"), &u));
    assert_false(str_to_u64(STR(""), &u));
    assert_false(str_to_u64(STR("1x"), &u));
    assert_true(str_to_i64(STR("-9223372036854775808"), &i));
    assert_true(i == INT64_MIN);
    assert_false(str_to_i64(STR("-9223372036854775809"), &i));
    assert_false(str_to_i64(STR("9223372036854775808"), &i));
}

static void a_needle_is_found_where_a_plain_search_finds_it(void **state)
{
    (void)state;
    uint32_t random = 1;
    char bytes[1100];
    uint32_t found = 0;
    for (uint32_t turn = 0; turn < 60000; turn++) {
        random = random * 1664525 + 1013904223;
        size_t len = (random >> 8) % (turn % 16 == 0 ? sizeof bytes : 80);
        size_t needle_len = 1 + (random >> 20) % 7;
        for (size_t i = 0; i < len; i++) {
            random = random * 1664525 + 1013904223;
            bytes[i] = "aab"[(random >> 10) % 3];
        }
        char needle[8] = "aaaaaaa";
        needle[(random >> 24) % 7] = 'b';
        struct str text = guarded_copy((struct str){bytes, len});
        size_t want = 0;
        while (want + needle_len <= len && memcmp(bytes + want, needle, needle_len) != 0) {
            want++;
        }
        want = want + needle_len <= len ? want : STR_NOT_FOUND;
        assert_true(str_find(text, (struct str){needle, needle_len}) == want);
        found += want != STR_NOT_FOUND ? 1 : 0;
    }
    assert_in_range(found, 20000, 59000);
    assert_true(str_find(STR("abc"), STR("")) == 0);
    assert_true(str_find(STR(""), STR("a")) == STR_NOT_FOUND);
}

static void times_are_read_and_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *utc; /* NULL: refused */
        size_t used;
    } cases[] = {
        {"2023-07-10T11:42:36Z", "2023-07-10T11:42:36Z", 20},
        {"2023-07-10T11:42:36.5+02:00 x", "2023-07-10T09:42:36.500Z", 27},
        {"2022-02-08 09:23:37+11", "2022-02-07T22:23:37Z", 22},
        {"2022-02-08 09:23:37-0130", "2022-02-08T10:53:37Z", 24},
        {"2024-02-29T00:00:00.123456789Z", "2024-02-29T00:00:00.123456789Z", 30},
        {"1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z", 24},
        {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", 20},
        {"2023-02-29T00:00:00Z", NULL, 0},
        {"2023-13-01T00:00:00Z", NULL, 0},
        {"2023-01-01T24:00:00Z", NULL, 0},
        {"2023-01-01T00:00:00.Z", NULL, 0},
        {"2023-01-01", NULL, 0},
        {"", NULL, 0},
    };
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        size_t used = 99;
        int64_t time_ns = timestamp_parse_rfc3339(str_of(cases[n].text), 0, &used);
        assert_int_equal(used, cases[n].used);
        if (cases[n].utc == NULL) {
            assert_true(time_ns == TIMESTAMP_NONE);
            continue;
        }
        char text[TIMESTAMP_TEXT_MAX];
        timestamp_format(time_ns, text);
        assert_string_equal(text, cases[n].utc);
    }
}

/* A byte behind the text keeps the fast way for the usual form from being taken. */
static void the_usual_form_of_a_time_is_read_like_every_other(void **state)
{
    (void)state;
    static const char *const times[] = {"2023-07-10T11:42:36Z", "2024-02-29T23:59:60Z",
                                        "1678-01-01T00:00:00Z", "2261-12-31T19:09:59Z"};
    for (size_t n = 0; n < sizeof times / sizeof times[0] * 20 * 256; n++) {
        char text[22] = {0};
        memcpy(text, times[n / (size_t)(20 * 256)], 20);
        text[n / 256 % 20] = (char)(n % 256);
        text[20] = 'x';
        size_t used = 99;
        size_t used_slowly = 99;
        int64_t time_ns = timestamp_parse_rfc3339((struct str){text, 20}, 3600, &used);
        int64_t slowly_ns = timestamp_parse_rfc3339((struct str){text, 21}, 3600, &used_slowly);
        assert_true(time_ns == slowly_ns);
        assert_int_equal(used, used_slowly);
    }
}

static void json_strings_always_parse(void **state)
{
    (void)state;
    struct buffer out = {0};
    buffer_add_json_string(&out, STR("a\"\\\n\x01\x7f\xff\xe2\x80\xa8\xc3\xa9"));
    assert_text(buffer_str(&out), "\"a\\\"\\\\\\n\\u0001\\u007f\xEF\xBF\xBD\\u2028\xc3\xa9\"");
    buffer_release(&out);
}

static void printable_text_can_not_drive_a_terminal(void **state)
{
    (void)state;
    struct buffer out = {0};
    buffer_add_printable(&out, STR("\x1b[31mred\r\n\xc2\x9b"
                                   "31m\xe2\x80\xae\xff"));
    assert_text(buffer_str(&out), "\\x1b[31mred\\x0d\\n\\u{009b}31m\\u{202e}\\xff");
    buffer_release(&out);
}

static void csv_fields_are_quoted_and_defused(void **state)
{
    (void)state;
    struct buffer out = {0};
    buffer_add_csv_field(&out, STR("plain"));
    buffer_add_byte(&out, ',');
    buffer_add_csv_field(&out, STR("a,\"b\""));
    buffer_add_byte(&out, ',');
    buffer_add_csv_field(&out, STR("=1+1"));
    assert_text(buffer_str(&out), "plain,\"a,\"\"b\"\"\",'=1+1");
    buffer_release(&out);
}

static void base64_pads(void **state)
{
    (void)state;
    struct buffer out = {0};
    buffer_add_base64(&out, STR("f"));
    buffer_add_base64(&out, STR("fo"));
    buffer_add_base64(&out, STR("foo"));
    assert_text(buffer_str(&out), "Zg==Zm8=Zm9v");
    buffer_release(&out);
}

static void maps_keep_order_and_replace(void **state)
{
    (void)state;
    struct map *map = map_new();
    for (uint32_t i = 0; i < 1000; i++) {
        char key[16];
        snprintf(key, sizeof key, "key%u", i);
        map_set(map, str_of(key), i);
    }
    map_set(map, STR("key7"), 70);
    assert_int_equal(map_count(map), 1000);
    assert_int_equal(map_get(map, STR("key7")), 70);
    assert_int_equal(map_get(map, STR("key999")), 999);
    assert_int_equal(map_get(map, STR("none")), MAP_NONE);
    assert_text(map_key_at(map, 3), "key3");
    map_free(map);
}

static void arenas_give_aligned_memory_and_forget(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1024);
    for (int round = 0; round < 3; round++) {
        for (size_t size = 1; size < 3000; size += 97) {
            char *memory = arena_take(arena, size);
            assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
            memset(memory, 0x55, size);
        }
        arena_reset(arena);
    }
    size_t held = arena_bytes_held(arena);
    arena_take(arena, 100000);
    arena_reset(arena);
    assert_int_equal(arena_bytes_held(arena), held);
    arena_free(arena);
}

static void utf8_refuses_what_rfc_3629_refuses(void **state)
{
    (void)state;
    assert_true(utf8_valid(STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")));
    static const char *const bad[] = {
        "\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xff"};
    for (size_t n = 0; n < sizeof bad / sizeof bad[0]; n++) {
        assert_false(utf8_valid(str_of(bad[n])));
    }
}

static void errors_are_prefixed_and_cut(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(err_set(&err, ERR_IO, "no such file"), ERR_IO);
    assert_int_equal(err_prefix(&err, "%s:%d", "a.yml", 3), ERR_IO);
    assert_string_equal(err.text, "a.yml:3: no such file");
    char longest[2 * ERR_TEXT_MAX];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    err_set(&err, ERR_IO, "%s", longest);
    err_prefix(&err, "%s", "y");
    assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
}

static void no_key_wipes_out_a_hash(void **state)
{
    (void)state;
    /* The constant of hash_bytes, once as a whole word and once as the tail. */
    static const char *const keys[2][2] = {
        {"prefix_1\x2f\x64\xbd\x78\x64\x1d\x76\xa0suffix",
         "prefix_2\x2f\x64\xbd\x78\x64\x1d\x76\xa0suffix"},
        {"prefix_1\xdb\x28\xb4\xa0\xd1\x7e\x03\xe7", "prefix_2\xdb\x28\xb4\xa0\xd1\x7e\x03\xe7"}};
    for (int i = 0; i < 2; i++) {
        assert_true(hash_bytes(str_of(keys[i][0]), 1) != hash_bytes(str_of(keys[i][1]), 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_must_fill_the_text_and_fit),
        cmocka_unit_test(a_needle_is_found_where_a_plain_search_finds_it),
        cmocka_unit_test(times_are_read_and_written),
        cmocka_unit_test(the_usual_form_of_a_time_is_read_like_every_other),
        cmocka_unit_test(json_strings_always_parse),
        cmocka_unit_test(printable_text_can_not_drive_a_terminal),
        cmocka_unit_test(csv_fields_are_quoted_and_defused),
        cmocka_unit_test(base64_pads),
        cmocka_unit_test(maps_keep_order_and_replace),
        cmocka_unit_test(arenas_give_aligned_memory_and_forget),
        cmocka_unit_test(utf8_refuses_what_rfc_3629_refuses),
        cmocka_unit_test(errors_are_prefixed_and_cut),
        cmocka_unit_test(no_key_wipes_out_a_hash),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
