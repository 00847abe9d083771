/* SPDX-License-Identifier: Apache-2.0
 *
 * test_json_corpus.c - the texts of json_corpus.h, in every place and form, against what the table
 * says, what cJSON finds, and every implementation of the index against the plain one.
 */
#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"
#include "ingest/json/json.h"
#include "ingest/json/json_index_internal.h"
#include "tests/json_oracle.h"
#include "tests/page_end.h"
#include "tests/property/json_corpus.h"

static const char *const wanted[] = {"a", "a.b", "a.b.c", "a.x.y", "b", "eventName"};
#define WANTED (sizeof wanted / sizeof wanted[0])

/* Where a value may stand. wanted: a path leads to it and into it, so each of its tokens is looked
 * at. */
static const struct {
    const char *before;
    const char *after;
    bool wanted;
} places[] = {
    {"{\"a\":", "}", true},
    {"{\"z\":0,\"a\":[", "]}", true},
    {"{\"a\":[0,", ",{\"b\":1}],\"b\":2}", true},
    {"{\"a\":{\"b\":", "},\"eventName\":\"x\"}", true},
    {"{\"\\u0061\" : {\"b\":[{\"c\":", "}]}}", false},
    {"{\"z\":{\"y\":[", "]},\"eventName\":\"x\"}", false},
    {"{\"eventName\":\"x\",\"z\":[[{\"y\":", "}]]}", false},
};
#define PLACES (sizeof places / sizeof places[0])

struct fixture {
    struct field_table *fields;
    struct json_paths *paths;
    struct json_scanner *scanner;
    struct arena *arena;
    struct event event;
    struct page_end page_end;
    struct buffer text;
    struct buffer want;
    struct buffer got;
};

static int open_fixture(void **state)
{
    struct fixture *fixture = memory_new(1, sizeof *fixture);
    fixture->fields = field_table_new();
    for (size_t i = 0; i < WANTED; i++) {
        field_intern(fixture->fields, str_of(wanted[i]));
    }
    fixture->paths = json_paths_new(fixture->fields, NULL);
    fixture->scanner = json_scanner_new();
    fixture->arena = arena_new(0);
    event_init(&fixture->event, field_count(fixture->fields));
    page_end_init(&fixture->page_end, 1 << 20);
    *state = fixture;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *fixture = *state;
    event_release(&fixture->event);
    arena_free(fixture->arena);
    json_scanner_free(fixture->scanner);
    json_paths_free(fixture->paths);
    field_table_free(fixture->fields);
    page_end_release(&fixture->page_end);
    buffer_release(&fixture->text);
    buffer_release(&fixture->want);
    buffer_release(&fixture->got);
    memory_free(fixture);
    return 0;
}

static struct str corpus_str(const struct corpus_text *row)
{
    return (struct str){row->ptr, row->len};
}

/* The row in the place, in fixture->text. */
static struct str put(struct fixture *fixture, struct str value, size_t place)
{
    buffer_clear(&fixture->text);
    buffer_add_text(&fixture->text, places[place].before);
    buffer_add(&fixture->text, value);
    buffer_add_text(&fixture->text, places[place].after);
    return buffer_str(&fixture->text);
}

/* The verdict on a copy behind which nothing can be read. Values point into that copy. */
static enum json_verdict project(struct fixture *fixture, struct str text)
{
    event_clear(&fixture->event);
    return json_project(fixture->scanner, fixture->paths, page_end_copy(&fixture->page_end, text),
                        &fixture->event);
}

/* All of text, as far as cJSON is concerned, or NULL. The caller deletes it. */
static cJSON *parse_with_cjson(struct str text)
{
    const char *end = NULL;
    cJSON *tree = cJSON_ParseWithLengthOpts(text.ptr, text.len, &end, false);
    while (tree != NULL && end < text.ptr + text.len && (unsigned char)*end <= ' ') {
        end++;
    }
    if (tree != NULL && end < text.ptr + text.len) {
        cJSON_Delete(tree);
        return NULL;
    }
    return tree;
}

static void show(struct str text)
{
    print_error("in: ");
    for (size_t i = 0; i < text.len && i < 400; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        print_error(c < ' ' || c > '~' ? "<%02x>" : "%c", c);
    }
    print_error("\n");
}

#define assert_in(text, condition)                                                                 \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            show(text);                                                                            \
            fail_msg("not so: %s", #condition);                                                    \
        }                                                                                          \
    } while (0)

/* The event's values of all wanted fields are those of cJSON's tree of text. */
static void assert_values_of(struct fixture *fixture, struct str text)
{
    cJSON *tree = parse_with_cjson(text);
    assert_in(text, tree != NULL);
    arena_reset(fixture->arena);
    for (field_id id = 1; id <= WANTED; id++) {
        buffer_clear(&fixture->want);
        buffer_clear(&fixture->got);
        expect_values(tree, wanted[id - 1], &fixture->want);
        describe_values(&fixture->event, id, fixture->arena, &fixture->got);
        assert_in(text, str_equal(buffer_str(&fixture->got), buffer_str(&fixture->want)));
    }
    cJSON_Delete(tree);
}

static void the_strict_check_takes_what_rfc_8259_allows_and_nothing_else(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < CORPUS_TEXTS; i++) {
        struct str value = corpus_str(&corpus[i]);
        size_t at = 0;
        assert_in(value,
                  json_check(page_end_copy(&fixture->page_end, value), &at) == corpus[i].valid);
        assert_in(value, at <= value.len);
        for (size_t place = 0; place < PLACES; place++) {
            struct str text = put(fixture, value, place);
            assert_in(text,
                      json_check(page_end_copy(&fixture->page_end, text), &at) == corpus[i].valid);
            assert_in(text, at <= text.len);
        }
    }
}

static void cjson_differs_where_it_is_said_to(void **state)
{
    (void)state;
    for (size_t i = 0; i < CORPUS_TEXTS; i++) {
        struct str value = corpus_str(&corpus[i]);
        cJSON *tree = parse_with_cjson(value);
        assert_in(value, (tree != NULL) == corpus[i].cjson);
        cJSON_Delete(tree);
    }
}

static void valid_values_are_found_in_every_place(void **state)
{
    struct fixture *fixture = *state;
    uint32_t compared = 0;
    for (size_t i = 0; i < CORPUS_TEXTS; i++) {
        for (size_t place = 0; corpus[i].valid && place < PLACES; place++) {
            struct str text = put(fixture, corpus_str(&corpus[i]), place);
            assert_in(text, project(fixture, text) == JSON_OK);
            if (corpus[i].cjson) {
                assert_values_of(fixture, text);
                compared++;
            }
        }
    }
    assert_true(compared > 300);
}

static void what_the_scanner_looks_at_must_be_tokens(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < CORPUS_TEXTS; i++) {
        for (size_t place = 0; place < PLACES; place++) {
            struct str text = put(fixture, corpus_str(&corpus[i]), place);
            enum json_verdict verdict = project(fixture, text);
            if (places[place].wanted) {
                assert_in(text, verdict == (corpus[i].scanned ? JSON_OK : JSON_INVALID));
            }
            assert_in(text, json_error_at(fixture->scanner) <= text.len || verdict == JSON_OK);
        }
    }
}

/* A member that nobody wants, beside one that somebody does. */
static void a_number_or_word_that_nobody_wants_must_be_one(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < CORPUS_TEXTS; i++) {
        const struct corpus_text *row = &corpus[i];
        bool scalar = row->len == 0 || memchr("{[\"", row->ptr[0], 3) == NULL;
        buffer_clear(&fixture->text);
        buffer_add_text(&fixture->text, "{\"eventName\":\"x\",\"z\":");
        buffer_add(&fixture->text, corpus_str(row));
        buffer_add_text(&fixture->text, ",\"y\":1}");
        struct str text = buffer_str(&fixture->text);
        if (scalar) {
            assert_in(text, project(fixture, text) == (row->scanned ? JSON_OK : JSON_INVALID));
        }
    }
}

/* What is skipped is not read, but it can't swallow what stands behind it: either the record is
 * refused or the name is found. */
static void nothing_that_is_skipped_hides_what_follows(void **state)
{
    struct fixture *fixture = *state;
    field_id name = field_find(fixture->fields, STR("eventName"));
    for (size_t i = 0; i < CORPUS_TEXTS; i++) {
        struct str text = put(fixture, corpus_str(&corpus[i]), 5);
        if (project(fixture, text) == JSON_OK) {
            const struct value *value = event_first(&fixture->event, name);
            assert_in(text, value != NULL && value->len == 1 && value->ptr[0] == 'x');
        }
    }
}

/* --- texts that are made
 * ---------------------------------------------------------------------- */

static void a_text_cut_at_any_byte_is_refused(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < CORPUS_TEXTS; i++) {
        for (size_t place = 0; corpus[i].valid && place < PLACES; place++) {
            struct str text = put(fixture, corpus_str(&corpus[i]), place);
            for (size_t len = 0; len < text.len; len++) {
                struct str cut = str_slice(text, 0, len);
                size_t at = 0;
                assert_in(cut, project(fixture, cut) == JSON_INVALID);
                assert_in(cut, json_error_at(fixture->scanner) <= len);
                assert_in(cut, !json_check(cut, &at));
            }
        }
    }
}

/* Every text shifted over the edges of blocks, exactly at the end of readable memory. */
static void every_index_gives_the_bits_of_the_plain_one(void **state)
{
    struct fixture *fixture = *state;
    struct json_index plain = {0};
    struct json_index other = {0};
    for (size_t i = 0; i < CORPUS_TEXTS; i++) {
        for (size_t shift = 0; shift < 2 * JSON_BLOCK; shift += 1 + shift / JSON_BLOCK * 7) {
            buffer_clear(&fixture->text);
            for (size_t n = 0; n < shift; n++) {
                buffer_add_byte(&fixture->text, "{\"\\"[n % 7 % 3]);
            }
            buffer_add(&fixture->text, corpus_str(&corpus[i]));
            struct str text = page_end_copy(&fixture->page_end, buffer_str(&fixture->text));
            json_index_plain(&plain, text);
            size_t end = json_end_plain(text);
            for (const struct json_index_row *row = json_index_table; row->name != NULL; row++) {
                if (row->usable()) {
                    row->build(&other, text);
                    assert_in(text, other.count == plain.count);
                    assert_in(text, other.in_string == plain.in_string);
                    assert_in(text, other.has_backslash == plain.has_backslash);
                    assert_memory_equal(other.blocks, plain.blocks,
                                        plain.count * sizeof *plain.blocks);
                    assert_in(text, row->container_end(text) == end);
                }
            }
        }
    }
    json_index_release(&plain);
    json_index_release(&other);
}

/* The text with space around every token. */
static void add_spaced(struct buffer *out, struct str text, const char *space)
{
    bool in_string = false;
    buffer_add_text(out, space);
    for (size_t at = 0; at < text.len; at++) {
        char c = text.ptr[at];
        bool token = !in_string && memchr("{}[]:,", c, 6) != NULL;
        buffer_add_text(out, token ? space : "");
        buffer_add_byte(out, c);
        buffer_add_text(out, token ? space : "");
        if (in_string && c == '\\') {
            buffer_add_byte(out, text.ptr[++at]);
        } else if (c == '"') {
            in_string = !in_string;
        }
    }
    buffer_add_text(out, space);
}

/* More than a block of the index. */
static const char many_spaces[] =
    "                                                                     ";

static void white_space_between_tokens_changes_nothing(void **state)
{
    static const char *const spaces[] = {" ",  "\n",  "\r\n",   "\t",
                                         "  ", "\t ", "\n    ", many_spaces};
    struct fixture *fixture = *state;
    struct buffer spaced = {0};
    for (size_t i = 0; i < CORPUS_TEXTS; i++) {
        for (size_t n = 0; corpus[i].cjson && corpus[i].valid && n < PLACES * 8; n++) {
            struct str text = put(fixture, corpus_str(&corpus[i]), n / 8);
            size_t at = 0;
            buffer_clear(&spaced);
            add_spaced(&spaced, text, spaces[n % 8]);
            assert_in(text, json_check(buffer_str(&spaced), &at));
            assert_in(text, project(fixture, buffer_str(&spaced)) == JSON_OK);
            assert_values_of(fixture, text);
            assert_in(text, str_equal(json_compact(fixture->arena, buffer_str(&spaced)),
                                      json_compact(fixture->arena, text)));
        }
    }
    buffer_release(&spaced);
}

static void pretty_printing_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < CORPUS_TEXTS; i++) {
        for (size_t place = 0; corpus[i].cjson && corpus[i].valid && place < PLACES; place++) {
            struct str text = put(fixture, corpus_str(&corpus[i]), place);
            cJSON *tree = parse_with_cjson(text);
            char *pretty = cJSON_Print(tree);
            assert_in(text, project(fixture, str_of(pretty)) == JSON_OK);
            buffer_clear(&fixture->text);
            buffer_add_text(&fixture->text, pretty);
            assert_values_of(fixture, buffer_str(&fixture->text));
            free(pretty);
            cJSON_Delete(tree);
        }
    }
}

/* levels brackets around 0, in key of an object. */
static struct str put_nested(struct fixture *fixture, const char *key, const char *open,
                             const char *close, uint32_t levels)
{
    struct buffer *text = &fixture->text;
    buffer_clear(text);
    buffer_printf(text, "{\"%s\":", key);
    for (uint32_t i = 0; i < levels; i++) {
        buffer_add_text(text, open);
    }
    buffer_add_byte(text, '0');
    for (uint32_t i = 0; i < levels; i++) {
        buffer_add_text(text, close);
    }
    buffer_add_text(text, "}");
    return buffer_str(text);
}

static void the_depth_limit_is_the_same_everywhere(void **state)
{
    static const char *const keys[] = {"a", "b", "z"}; /* walked, an only value, skipped */
    static const char *const brackets[][2] = {
        {"[", "]"}, {"{\"b\":", "}"}, {"{\"y\":", "}"}, {"[{\"b\":", "}]"}};
    struct fixture *fixture = *state;
    for (size_t n = 0; n < 12; n++) {
        const char *const *pair = brackets[n % 4];
        uint32_t each = pair[0][0] == '[' && pair[0][1] == '{' ? 2 : 1;
        /* The record's own bracket is the first level. */
        uint32_t most = (LIMIT_JSON_DEPTH - 1) / each;
        size_t at = 0;
        struct str text = put_nested(fixture, keys[n / 4], pair[0], pair[1], most);
        assert_int_equal(project(fixture, text), JSON_OK);
        assert_true(json_check(text, &at));
        text = put_nested(fixture, keys[n / 4], pair[0], pair[1], most + 1);
        assert_int_equal(project(fixture, text), JSON_TOO_DEEP);
        assert_false(json_check(text, &at));
        text = put_nested(fixture, keys[n / 4], pair[0], pair[1], 10000);
        assert_int_equal(project(fixture, text), JSON_TOO_DEEP);
        assert_true(json_error_at(fixture->scanner) < text.len);
        assert_false(json_check(text, &at));
        assert_int_equal(json_value_end(text), text.len);
    }
}

static void a_deep_text_that_is_not_closed_is_refused(void **state)
{
    struct fixture *fixture = *state;
    size_t at = 0;
    for (size_t n = 0; n < 3; n++) {
        struct str text =
            put_nested(fixture, n == 0 ? "a" : "z", n < 2 ? "[" : "{\"y\":", "", 10000);
        assert_true(project(fixture, text) != JSON_OK);
        assert_false(json_check(text, &at));
        text = put_nested(fixture, "a", "", n < 2 ? "]" : "}", 10000);
        assert_int_equal(project(fixture, text), JSON_INVALID);
        assert_false(json_check(text, &at));
    }
}

static void long_numbers_and_strings_are_one_value(void **state)
{
    struct fixture *fixture = *state;
    field_id a = field_find(fixture->fields, STR("a"));
    for (size_t len = 1; len < 200000; len = len * 3 / 2 + 1) {
        for (size_t kind = 0; kind < 2; kind++) {
            buffer_clear(&fixture->text);
            buffer_add_text(&fixture->text, kind == 0 ? "{\"a\":" : "{\"a\":\"");
            for (size_t i = 0; i < len; i++) {
                buffer_add_byte(&fixture->text, (char)('1' + i % 9));
            }
            buffer_add_text(&fixture->text, kind == 0 ? "}" : "\"}");
            size_t at = 0;
            assert_int_equal(project(fixture, buffer_str(&fixture->text)), JSON_OK);
            assert_int_equal(event_first(&fixture->event, a)->len, len);
            assert_true(json_check(buffer_str(&fixture->text), &at));
        }
    }
}

/* Backslashes up to and over the edges of blocks: an even number ends before the quote, an odd one
 * takes it into the string. */
static void a_quote_closes_when_the_backslashes_before_it_are_even(void **state)
{
    struct fixture *fixture = *state;
    field_id a = field_find(fixture->fields, STR("a"));
    field_id b = field_find(fixture->fields, STR("b"));
    for (size_t pad = 0; pad < JSON_BLOCK; pad++) {
        for (size_t count = 0; count < 3 * JSON_BLOCK; count++) {
            buffer_clear(&fixture->text);
            buffer_add_text(&fixture->text, "{\"a\":\"");
            for (size_t i = 0; i < pad + count; i++) {
                buffer_add_byte(&fixture->text, i < pad ? '[' : '\\');
            }
            buffer_add_text(&fixture->text, count % 2 == 0 ? "\",\"b\":1}" : "\" ,:2}\"}");
            assert_int_equal(project(fixture, buffer_str(&fixture->text)), JSON_OK);
            size_t len = pad + count + (count % 2 == 0 ? 0 : strlen("\" ,:2}"));
            assert_int_equal(event_first(&fixture->event, a)->len, len);
            assert_true((event_first(&fixture->event, b) != NULL) == (count % 2 == 0));
        }
    }
}

/* --- keys
 * ------------------------------------------------------------------------------------- */

static bool finds_name(struct fixture *fixture, struct str text)
{
    field_id name = field_find(fixture->fields, STR("eventName"));
    assert_in(text, project(fixture, text) == JSON_OK);
    const struct value *value = event_first(&fixture->event, name);
    assert_in(text, value == NULL || (value->len == 1 && value->ptr[0] == 'x'));
    return value != NULL;
}

/* Each letter plain, as \u00xx and as \u00XX: 3^9 ways to write one key. */
static void a_key_is_the_same_key_in_each_way_to_write_it(void **state)
{
    struct fixture *fixture = *state;
    for (uint32_t way = 0; way < 19683; way++) {
        buffer_clear(&fixture->text);
        buffer_add_text(&fixture->text, "{\"");
        uint32_t rest = way;
        for (const char *c = "eventName"; *c != '\0'; c++, rest /= 3) {
            if (rest % 3 == 0) {
                buffer_add_byte(&fixture->text, *c);
            } else {
                buffer_printf(&fixture->text, rest % 3 == 1 ? "\\u00%02x" : "\\u00%02X", *c);
            }
        }
        buffer_add_text(&fixture->text, "\":\"x\"}");
        assert_true(finds_name(fixture, buffer_str(&fixture->text)));
    }
}

static void what_only_looks_like_the_key_is_another_one(void **state)
{
    struct fixture *fixture = *state;
#define KEY(text) STR("{\"" text "\":\"x\",\"z\":1}")
    assert_true(finds_name(fixture, KEY("eventName")));
    assert_false(finds_name(fixture, KEY("eventNam")));
    assert_false(finds_name(fixture, KEY("eventNames")));
    assert_false(finds_name(fixture, KEY("EventName")));
    assert_false(finds_name(fixture, KEY("eventName ")));
    assert_false(finds_name(fixture, KEY("eventName\0")));
    assert_false(finds_name(fixture, KEY("event\0Name")));
    assert_false(finds_name(fixture, KEY("\0eventName")));
    assert_false(finds_name(fixture, KEY("eventName\\u0000")));
    assert_false(finds_name(fixture, KEY("eventN\\u00e5me")));
    assert_false(finds_name(fixture, KEY("eventN\\\\u0061me")));
    assert_false(finds_name(fixture, KEY("")));
#undef KEY
}

static void every_value_of_a_repeated_key_is_kept_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct str text = STR("{\"b\":1,\"\\u0062\":\"2\",\"b\":[3,{\"x\":0}],\"b\":null,\"b\":5}");
    static const char *const want[] = {"1", "2", "3", "{\"x\":0}", "null", "5"};
    assert_int_equal(project(fixture, text), JSON_OK);
    const struct value *value = event_first(&fixture->event, field_find(fixture->fields, STR("b")));
    for (size_t i = 0; i < 6; i++) {
        assert_non_null(value);
        assert_true(str_equal((struct str){value->ptr, value->len}, str_of(want[i])));
        value = event_next(&fixture->event, value);
    }
    assert_null(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_strict_check_takes_what_rfc_8259_allows_and_nothing_else),
        cmocka_unit_test(cjson_differs_where_it_is_said_to),
        cmocka_unit_test(valid_values_are_found_in_every_place),
        cmocka_unit_test(what_the_scanner_looks_at_must_be_tokens),
        cmocka_unit_test(a_number_or_word_that_nobody_wants_must_be_one),
        cmocka_unit_test(nothing_that_is_skipped_hides_what_follows),
        cmocka_unit_test(a_text_cut_at_any_byte_is_refused),
        cmocka_unit_test(every_index_gives_the_bits_of_the_plain_one),
        cmocka_unit_test(white_space_between_tokens_changes_nothing),
        cmocka_unit_test(pretty_printing_changes_nothing),
        cmocka_unit_test(the_depth_limit_is_the_same_everywhere),
        cmocka_unit_test(a_deep_text_that_is_not_closed_is_refused),
        cmocka_unit_test(long_numbers_and_strings_are_one_value),
        cmocka_unit_test(a_quote_closes_when_the_backslashes_before_it_are_even),
        cmocka_unit_test(a_key_is_the_same_key_in_each_way_to_write_it),
        cmocka_unit_test(what_only_looks_like_the_key_is_another_one),
        cmocka_unit_test(every_value_of_a_repeated_key_is_kept_in_order),
    };
    return cmocka_run_group_tests_name("json_corpus", tests, open_fixture, close_fixture);
}
