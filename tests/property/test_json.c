/* SPDX-License-Identifier: Apache-2.0
 *
 * test_json.c - the scanner against cJSON, its index implementations against each other.
 */
#include "base/buffer.h"
#include "base/memory.h"
#include "ingest/json/json.h"
#include "ingest/json/json_index_internal.h"
#include "tests/json_oracle.h"

#include <stdio.h>

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % below;
}

static const char *const names[] = {
    "a", "b", "userIdentity", "userIdentityX", "a.b", "c", "eventNam", "eventName", ""};
#define NAMES (sizeof names / sizeof names[0])

static void add_space(struct buffer *out)
{
    if (draw(6) == 0) {
        buffer_add_text(out, draw(2) == 0 ? " " : "\n\t ");
    }
}

static void add_random_string(struct buffer *out)
{
    static const char *const parts[] = {"x",
                                        "\\\"",
                                        "\\\\",
                                        "{",
                                        "}",
                                        "[",
                                        "]",
                                        ",",
                                        ":",
                                        "\\n",
                                        "\\u00e9",
                                        "\\ud83d\\ude00",
                                        "long text without anything in it",
                                        "\xc3\xa9",
                                        "\\/",
                                        "'"};
    buffer_add_byte(out, '"');
    for (uint32_t n = draw(9); n > 0; n--) {
        buffer_add_text(out, parts[draw(sizeof parts / sizeof parts[0])]);
    }
    buffer_add_byte(out, '"');
}

static void add_random_value(struct buffer *out, uint32_t depth);

static void add_random_key(struct buffer *out)
{
    if (draw(8) == 0) {
        buffer_add_text(out, "\"\\u0061\""); /* "a", hidden */
    } else {
        buffer_printf(out, "\"%s\"", names[draw(NAMES)]);
    }
}

static void add_random_object(struct buffer *out, uint32_t depth)
{
    buffer_add_byte(out, '{');
    add_space(out);
    for (uint32_t n = draw(5), i = 0; i < n; i++) {
        if (i > 0) {
            buffer_add_byte(out, ',');
            add_space(out);
        }
        add_random_key(out);
        add_space(out);
        buffer_add_byte(out, ':');
        add_space(out);
        add_random_value(out, depth + 1);
        add_space(out);
    }
    buffer_add_byte(out, '}');
}

static void add_random_value(struct buffer *out, uint32_t depth)
{
    static const char *const scalars[] = {"0", "-1", "12.5e3", "true", "false", "null", "7045"};
    uint32_t kind = draw(depth > 5 ? 2 : 4);
    if (kind == 0) {
        add_random_string(out);
    } else if (kind == 1) {
        buffer_add_text(out, scalars[draw(sizeof scalars / sizeof scalars[0])]);
    } else if (kind == 2) {
        add_random_object(out, depth);
    } else {
        buffer_add_byte(out, '[');
        for (uint32_t n = draw(4), i = 0; i < n; i++) {
            buffer_add_text(out, i > 0 ? " ," : "");
            add_random_value(out, depth + 1);
        }
        buffer_add_byte(out, ']');
    }
}

static const char *const wanted[] = {"a",         "b.c",   "userIdentity.a", "a.b",
                                     "eventName", "c.c.c", "userIdentity"};
#define WANTED (sizeof wanted / sizeof wanted[0])

struct fixture {
    struct field_table *fields;
    struct json_paths *paths;
    struct json_scanner *scanner;
    struct arena *arena;
    struct event event;
};

static void fixture_open(struct fixture *fixture)
{
    fixture->fields = field_table_new();
    for (size_t i = 0; i < WANTED; i++) {
        field_intern(fixture->fields, str_of(wanted[i]));
    }
    fixture->paths = json_paths_new(fixture->fields, NULL);
    fixture->scanner = json_scanner_new();
    fixture->arena = arena_new(0);
    event_init(&fixture->event, field_count(fixture->fields));
}

static void fixture_close(struct fixture *fixture)
{
    event_release(&fixture->event);
    arena_free(fixture->arena);
    json_scanner_free(fixture->scanner);
    json_paths_free(fixture->paths);
    field_table_free(fixture->fields);
}

/* An exact-size copy, so that a sanitizer sees every byte read beyond the text. */
static enum json_verdict project(struct fixture *fixture, struct str text)
{
    char *exact = memory_new(text.len, 1);
    if (text.len > 0) {
        memcpy(exact, text.ptr, text.len);
    }
    event_clear(&fixture->event);
    enum json_verdict verdict = json_project(fixture->scanner, fixture->paths,
                                             (struct str){exact, text.len}, &fixture->event);
    memory_free(exact);
    return verdict;
}

static void compare_all_values(struct fixture *fixture, const cJSON *tree, struct buffer *want,
                               struct buffer *got)
{
    for (field_id id = 1; id <= WANTED; id++) {
        buffer_clear(want);
        buffer_clear(got);
        expect_values(tree, wanted[id - 1], want);
        describe_values(&fixture->event, id, fixture->arena, got);
        buffer_add_byte(want, '\0');
        buffer_add_byte(got, '\0');
        assert_string_equal(got->ptr, want->ptr);
    }
}

static void values_equal_what_cjson_finds(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer text = {0};
    struct buffer want = {0};
    struct buffer got = {0};
    for (uint32_t seed = 0; seed < 20000; seed++) {
        random_state = seed;
        buffer_clear(&text);
        add_space(&text);
        add_random_object(&text, 0);
        add_space(&text);
        arena_reset(fixture.arena);
        event_clear(&fixture.event);
        cJSON *tree = cJSON_ParseWithLength(text.ptr, text.len);
        assert_non_null(tree);
        assert_int_equal(
            json_project(fixture.scanner, fixture.paths, buffer_str(&text), &fixture.event),
            JSON_OK);
        compare_all_values(&fixture, tree, &want, &got);
        cJSON_Delete(tree);
    }
    buffer_release(&text);
    buffer_release(&want);
    buffer_release(&got);
    fixture_close(&fixture);
}

/* Members of one object, from keys that begin alike and are of one length, in an order that changes
 * now and then. */
static void add_similar_object(struct buffer *out, uint32_t depth)
{
    static const char *const keys[] = {"eventName",
                                       "eventNamf",
                                       "eventNam",
                                       "eventNames",
                                       "even\\u0074Name",
                                       "eventName ",
                                       "userIdentity",
                                       "userIdentitY",
                                       "a",
                                       "b",
                                       "c",
                                       "a key that is longer than what is remembered of a key"};
    uint32_t first = draw(3);
    uint32_t count = 2 + draw(10);
    buffer_add_byte(out, '{');
    for (uint32_t i = 0; i < count; i++) {
        uint32_t key = draw(9) == 0 ? draw(12) : (first + i) % 12;
        buffer_printf(out, "%s%s\"%s\"%s:%s", i > 0 ? "," : "", draw(20) == 0 ? " " : "", keys[key],
                      draw(20) == 0 ? "\n" : "", draw(20) == 0 ? "\t" : "");
        if (depth < 3 && draw(4) == 0) {
            add_similar_object(out, depth + 1);
        } else {
            buffer_printf(out, "%u", draw(1000));
        }
    }
    buffer_add_byte(out, '}');
}

/* The scanner guesses keys from the records before: of its own paths, and of others'. */
static void what_was_scanned_before_changes_nothing(void **state)
{
    (void)state;
    static const char *const others[] = {"eventNamf", "userIdentitY.eventName", "b.a", "c"};
    struct fixture used;
    struct fixture other;
    fixture_open(&used);
    fixture_open(&other);
    struct field_table *fields = field_table_new();
    for (size_t i = 0; i < 4; i++) {
        field_intern(fields, str_of(others[i]));
    }
    struct json_paths *other_paths = json_paths_new(fields, NULL);
    struct buffer text = {0};
    struct buffer want = {0};
    struct buffer got = {0};
    for (uint32_t seed = 0; seed < 6000; seed++) {
        const struct json_paths *paths = seed % 3 == 2 ? other_paths : used.paths;
        random_state = seed;
        buffer_clear(&text);
        buffer_clear(&want);
        buffer_clear(&got);
        add_similar_object(&text, 0);
        event_clear(&used.event);
        event_clear(&other.event);
        arena_reset(used.arena);
        struct json_scanner *fresh = json_scanner_new();
        assert_int_equal(json_project(used.scanner, paths, buffer_str(&text), &used.event),
                         JSON_OK);
        assert_int_equal(json_project(fresh, paths, buffer_str(&text), &other.event), JSON_OK);
        for (field_id id = 1; id <= (paths == other_paths ? 4 : WANTED); id++) {
            describe_values(&used.event, id, used.arena, &got);
            describe_values(&other.event, id, used.arena, &want);
        }
        assert_true(str_equal(buffer_str(&got), buffer_str(&want)));
        json_scanner_free(fresh);
    }
    buffer_release(&text);
    buffer_release(&want);
    buffer_release(&got);
    json_paths_free(other_paths);
    field_table_free(fields);
    fixture_close(&other);
    fixture_close(&used);
}

static void a_cut_text_is_never_accepted(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer text = {0};
    for (uint32_t seed = 0; seed < 300; seed++) {
        random_state = seed;
        buffer_clear(&text);
        add_random_object(&text, 0);
        for (size_t len = 0; len < text.len; len++) {
            assert_int_equal(project(&fixture, (struct str){text.ptr, len}), JSON_INVALID);
            assert_true(json_error_at(fixture.scanner) <= len);
        }
        assert_int_equal(project(&fixture, buffer_str(&text)), JSON_OK);
    }
    buffer_release(&text);
    fixture_close(&fixture);
}

static void what_is_valid_is_accepted_however_it_was_made(void **state)
{
    (void)state;
    static const char bytes[] = "{}[]\",:\\ \n0a-.\x01\x80";
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer text = {0};
    uint32_t valid = 0;
    for (uint32_t seed = 0; seed < 20000; seed++) {
        random_state = seed;
        buffer_clear(&text);
        add_random_object(&text, 0);
        for (uint32_t n = 1 + draw(2); n > 0; n--) {
            text.ptr[draw((uint32_t)text.len)] = bytes[draw(sizeof bytes)];
        }
        size_t error_at = 0;
        enum json_verdict verdict = project(&fixture, buffer_str(&text));
        if (json_check(buffer_str(&text), &error_at)) {
            assert_true(verdict == JSON_OK || verdict == JSON_NO_OBJECT);
            valid++;
        }
    }
    assert_true(valid > 1000);
    buffer_release(&text);
    fixture_close(&fixture);
}

static void every_index_gives_the_same_bits(void **state)
{
    (void)state;
    static const char bytes[] = "\"\"\\\\{}[],: abcdefgh\xff\x80\x7b\x5b\x1b\x3b";
    struct json_index plain = {0};
    struct json_index other = {0};
    char text[400];
    for (uint32_t seed = 0; seed < 20000; seed++) {
        random_state = seed;
        size_t len = draw(sizeof text);
        for (size_t i = 0; i < len; i++) {
            text[i] = bytes[draw(sizeof bytes)];
        }
        json_index_plain(&plain, (struct str){text, len});
        for (const struct json_index_row *row = json_index_table; row->name != NULL; row++) {
            if (!row->usable()) {
                continue;
            }
            row->build(&other, (struct str){text, len});
            assert_int_equal(other.count, plain.count);
            assert_int_equal(other.in_string, plain.in_string);
            assert_int_equal(other.has_backslash, plain.has_backslash);
            assert_int_equal(row->container_end((struct str){text, len}),
                             json_end_plain((struct str){text, len}));
            assert_memory_equal(other.blocks, plain.blocks, plain.count * sizeof *plain.blocks);
        }
    }
    json_index_release(&plain);
    json_index_release(&other);
}

static void the_grammar_is_judged_as_rfc_8259_does(void **state)
{
    (void)state;
    static const char *const valid[] = {"{}",          "[]",
                                        "0",           "-0.5e+10",
                                        "\"\"",        " true ",
                                        "[1,2,[3]]",   "{\"a\":{\"b\":[null]}}",
                                        "\"\\ud800\"", "{\"a\":1,\"a\":2}"};
    static const char *const invalid[] = {
        "",          "{",           "[1,]",     "{\"a\":1,}", "{a:1}",    "01",
        "1.",        ".5",          "+1",       "1e",         "nul",      "\"\x01\"",
        "\"\\x\"",   "\"\\u12g4\"", "\"\xff\"", "[1}",        "{]",       "\"a",
        "1 2",       "{\"a\" 1}",   "[1 2]",    "'a'",        "tru\"e\"", "\xef\xbb\xbf{}",
        "{\"a\":1}}"};
    size_t at = 0;
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++) {
        assert_true(json_check(str_of(valid[i]), &at));
    }
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++) {
        assert_false(json_check(str_of(invalid[i]), &at));
    }
    assert_false(json_check((struct str){"1\0", 2}, &at));
}

static void depth_is_bounded_and_brackets_must_fit(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer text = {0};
    buffer_add_text(&text, "{\"z\":");
    for (int i = 0; i < 20000; i++) {
        buffer_add_byte(&text, i < 10000 ? '[' : ']');
    }
    buffer_add_byte(&text, '}');
    assert_int_equal(project(&fixture, buffer_str(&text)), JSON_TOO_DEEP);
    buffer_clear(&text);
    for (int i = 0; i < 10000; i++) {
        buffer_add_text(&text, i % 2 == 0 ? "{\"c\":" : "[");
    }
    for (int i = 0; i < 10000; i++) {
        buffer_add_byte(&text, i % 2 == 0 ? ']' : '}');
    }
    assert_int_equal(project(&fixture, buffer_str(&text)), JSON_TOO_DEEP);
    assert_int_equal(project(&fixture, STR("{\"z\":[{]}}")), JSON_INVALID);
    assert_int_equal(json_error_at(fixture.scanner), 7);
    assert_int_equal(project(&fixture, STR("{\"z\":[}]")), JSON_INVALID);
    assert_int_equal(project(&fixture, STR("{} {}")), JSON_INVALID);
    assert_int_equal(project(&fixture, STR("{x \"a\":1}")), JSON_INVALID);
    assert_int_equal(project(&fixture, STR("{\"a\":1 x}")), JSON_INVALID);
    assert_int_equal(project(&fixture, STR("[1]")), JSON_NO_OBJECT);
    assert_int_equal(project(&fixture, STR("[1")), JSON_INVALID);
    buffer_release(&text);
    fixture_close(&fixture);
}

static void value_ends_are_found(void **state)
{
    (void)state;
    assert_int_equal(json_value_end(STR("{\"a\":\"}\\\"}\"} x")), 12);
    assert_int_equal(json_value_end(STR(" [1,[2]],")), 8);
    assert_int_equal(json_value_end(STR("\"a\\\\\",")), 5);
    assert_int_equal(json_value_end(STR("12,")), 2);
    assert_int_equal(json_value_end(STR("{\"a\":[")), STR_NOT_FOUND);
    assert_int_equal(json_value_end(STR("\"abc")), STR_NOT_FOUND);
    assert_int_equal(json_value_end(STR("")), STR_NOT_FOUND);
}

static void escapes_are_undone(void **state)
{
    (void)state;
    struct arena *arena = arena_new(0);
    static const char *const cases[][2] = {
        {"plain", "plain"},
        {"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
        {"\\u0041\\u00e9\\u20ac", "A\xc3\xa9\xe2\x82\xac"},
        {"\\ud83d\\ude00", "\xf0\x9f\x98\x80"},
        {"\\ud83dx", "\xef\xbf\xbdx"},
        {"\\ude00", "\xef\xbf\xbd"},
        {"\\ud83d\\u0041", "\xef\xbf\xbd\x41"},
        {"\\q\\u12", "\\q\\u12"},
        {"end\\", "end\\"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str text = json_unescape(arena, str_of(cases[i][0]));
        assert_int_equal(text.len, strlen(cases[i][1]));
        assert_memory_equal(text.ptr, cases[i][1], text.len);
    }
    assert_string_equal(json_compact(arena, STR("{ \"a b\" : [ 1 , \"\\\" \" ] }\n")).ptr,
                        "{\"a b\":[1,\"\\\" \"]}");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_equal_what_cjson_finds),
        cmocka_unit_test(what_was_scanned_before_changes_nothing),
        cmocka_unit_test(a_cut_text_is_never_accepted),
        cmocka_unit_test(what_is_valid_is_accepted_however_it_was_made),
        cmocka_unit_test(every_index_gives_the_same_bits),
        cmocka_unit_test(the_grammar_is_judged_as_rfc_8259_does),
        cmocka_unit_test(depth_is_bounded_and_brackets_must_fit),
        cmocka_unit_test(value_ends_are_found),
        cmocka_unit_test(escapes_are_undone),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
