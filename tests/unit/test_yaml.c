/* SPDX-License-Identifier: Apache-2.0
 *
 * test_yaml.c - YAML trees: places, unique keys, aliases and their bounds, types, bad bytes.
 */
#include "base/yaml.h"

#include "base/buffer.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct arena *arena;
    struct yaml_documents documents;
    struct err err;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.arena = arena_new(0)};
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    arena_free(fixture->arena);
    return 0;
}

static int parse(struct fixture *fixture, struct str text)
{
    return yaml_parse(fixture->arena, "f.yml", text, &fixture->documents, &fixture->err);
}

/* The only document of text. */
static struct yaml_node *root_of(struct fixture *fixture, const char *text)
{
    assert_int_equal(parse(fixture, str_of(text)), 0);
    assert_int_equal(fixture->documents.count, 1);
    return fixture->documents.roots[0];
}

static void assert_refused(struct fixture *fixture, struct str text, const char *message)
{
    assert_int_equal(parse(fixture, text), ERR_CONFIG);
    assert_int_equal(fixture->documents.count, 0);
    if (strstr(fixture->err.text, message) == NULL) {
        fail_msg("'%s' is not in '%s'", message, fixture->err.text);
    }
}

static void nodes_know_their_line_and_column(void **state)
{
    const struct yaml_node *root = root_of(*state, "a: 1\nb:\n  - x\n  -  'y'\nc: {d: e}\n");
    assert_int_equal(root->kind, YAML_MAPPING);
    assert_int_equal(root->count, 3);
    assert_int_equal(root->line, 1);
    assert_int_equal(root->column, 1);
    assert_string_equal(root->pairs[1].key->text.ptr, "b");
    assert_int_equal(root->pairs[1].key->line, 2);
    const struct yaml_node *list = yaml_get(root, "b");
    assert_int_equal(list->kind, YAML_SEQUENCE);
    assert_int_equal(list->count, 2);
    assert_int_equal(list->items[1]->line, 4);
    assert_int_equal(list->items[1]->column, 6);
    assert_true(list->items[1]->quoted);
    assert_false(list->items[0]->quoted);
    const struct yaml_node *inner = yaml_get(yaml_get(root, "c"), "d");
    assert_int_equal(inner->line, 5);
    assert_int_equal(inner->column, 8);
    assert_null(yaml_get(root, "nope"));
    assert_null(yaml_get(inner, "d"));
    assert_null(yaml_get(NULL, "d"));
}

static void places_count_from_the_file_not_the_document(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, STR("a: 1\n---\nb: 2\n---\nc: 3\n")), 0);
    assert_int_equal(fixture->documents.count, 3);
    assert_int_equal(fixture->documents.roots[0]->line, 1);
    assert_int_equal(fixture->documents.roots[1]->line, 3);
    assert_int_equal(fixture->documents.roots[2]->line, 5);
}

static void empty_documents_are_left_out(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, STR("")), 0);
    assert_int_equal(fixture->documents.count, 0);
    assert_int_equal(parse(fixture, STR("# only a comment\n")), 0);
    assert_int_equal(fixture->documents.count, 0);
    assert_int_equal(parse(fixture, STR("---\n---\na: 1\n---\n# nothing\n")), 0);
    assert_int_equal(fixture->documents.count, 1);
    assert_int_equal(fixture->documents.roots[0]->line, 3);
    /* Quotes make a text of it. */
    assert_int_equal(parse(fixture, STR("--- ''\n")), 0);
    assert_int_equal(fixture->documents.count, 1);
}

static void a_second_key_is_refused_with_its_place(void **state)
{
    assert_refused(*state, STR("a: 1\nb: 2\n  \na: 3\n"), "f.yml:4:1: this key stands twice");
    assert_refused(*state, STR("a: {x: 1, x: 2}\n"), "f.yml:1:11: this key stands twice");
    assert_refused(*state, STR("a: 1\n'a': 2\n"), "f.yml:2:1: this key stands twice");
    /* The same key in two maps is none twice. */
    assert_int_equal(parse(*state, STR("a: {x: 1}\nb: {x: 1}\n")), 0);
}

static void a_key_that_is_no_text_is_refused(void **state)
{
    assert_refused(*state, STR("a: 1\n? [x, y]\n: 2\n"), "f.yml:2:3: a key must be a plain text");
}

static void aliases_are_copies_of_what_they_name(void **state)
{
    const struct yaml_node *root = root_of(*state, "a: &x [1, two]\nb: *x\nc: &t text\nd: *t\n");
    const struct yaml_node *copy = yaml_get(root, "b");
    assert_int_equal(copy->count, 2);
    assert_string_equal(copy->items[1]->text.ptr, "two");
    assert_ptr_not_equal(copy, yaml_get(root, "a"));
    assert_string_equal(yaml_get(root, "d")->text.ptr, "text");
    assert_refused(*state, STR("a: *nowhere\n"), "f.yml:1:4: found undefined alias");
}

static void an_anchor_that_contains_itself_ends_in_an_error(void **state)
{
    assert_refused(*state, STR("a: &x\n  - *x\n"), "or an anchor that contains itself");
    assert_refused(*state, STR("&x a: {*x : 1}\nb: &y {c: *y}\n"), "anchor that contains itself");
}

/* Ten levels of ten aliases: 10^10 nodes, if anybody made them. */
static void a_billion_laughs_are_refused(void **state)
{
    struct buffer text = {0};
    buffer_printf(&text, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 10; i++) {
        buffer_printf(&text, "a%d: &a%d [", i, i);
        for (int n = 0; n < 10; n++) {
            buffer_printf(&text, "%s*a%d", n > 0 ? "," : "", i - 1);
        }
        buffer_printf(&text, "]\n");
    }
    assert_refused(*state, buffer_str(&text), "aliases blow the file up");
    buffer_release(&text);
}

/* Few nodes, but each a copy of one long text. */
static void a_long_text_can_not_be_multiplied_either(void **state)
{
    struct buffer text = {0};
    buffer_printf(&text, "a: &a '");
    for (int i = 0; i < 100000; i++) {
        buffer_add_byte(&text, 'x');
    }
    buffer_printf(&text, "'\nb:\n");
    for (int i = 0; i < 1000; i++) {
        buffer_printf(&text, "  - *a\n");
    }
    assert_refused(*state, buffer_str(&text), "aliases blow the file up");
    assert_true(arena_bytes_held(((struct fixture *)*state)->arena) <
                4 * (size_t)LIMIT_RULE_FILE_BYTES);
    buffer_release(&text);
}

static void nest(struct buffer *text, int depth)
{
    buffer_clear(text);
    for (int i = 0; i < depth; i++) {
        buffer_add_byte(text, '[');
    }
    for (int i = 0; i < depth; i++) {
        buffer_add_byte(text, ']');
    }
}

static void nesting_is_limited(void **state)
{
    struct buffer text = {0};
    nest(&text, LIMIT_RULE_DEPTH);
    assert_int_equal(parse(*state, buffer_str(&text)), 0);
    nest(&text, LIMIT_RULE_DEPTH + 1);
    assert_refused(*state, buffer_str(&text), "f.yml:1:65: nested too deep");
    buffer_release(&text);
}

static void plain_scalars_have_the_types_of_the_core_schema(void **state)
{
    static const struct {
        const char *text;
        enum yaml_type type;
    } cases[] = {
        {"null", YAML_NULL},     {"Null", YAML_NULL},
        {"NULL", YAML_NULL},     {"~", YAML_NULL},
        {"nULL", YAML_STRING},   {"true", YAML_BOOL},
        {"False", YAML_BOOL},    {"TRUE", YAML_BOOL},
        {"tRue", YAML_STRING},   {"yes", YAML_STRING},
        {"on", YAML_STRING},     {"n", YAML_STRING},
        {"0", YAML_INTEGER},     {"-12", YAML_INTEGER},
        {"+12", YAML_INTEGER},   {"007", YAML_INTEGER},
        {"0o17", YAML_INTEGER},  {"0o18", YAML_STRING},
        {"0xFf", YAML_INTEGER},  {"0xG", YAML_STRING},
        {"0x", YAML_STRING},     {"-0x1", YAML_STRING},
        {"1_000", YAML_STRING},  {"+", YAML_STRING},
        {"1.5", YAML_FLOAT},     {".5", YAML_FLOAT},
        {"5.", YAML_FLOAT},      {"1e3", YAML_FLOAT},
        {"-1.5E-3", YAML_FLOAT}, {"1e", YAML_STRING},
        {".", YAML_STRING},      {"1.2.3", YAML_STRING},
        {".inf", YAML_FLOAT},    {"-.INF", YAML_FLOAT},
        {".NaN", YAML_FLOAT},    {"inf", YAML_STRING},
        {"'1'", YAML_STRING},    {"\"true\"", YAML_STRING},
        {"''", YAML_STRING},     {"2026-01-02", YAML_STRING},
        {"12:30", YAML_STRING},  {"10.0.0.0/8", YAML_STRING},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "a: %s\n", cases[i].text);
        enum yaml_type type = yaml_scalar_type(yaml_get(root_of(*state, text), "a"));
        if (type != cases[i].type) {
            fail_msg("%s has type %d, not %d", cases[i].text, (int)type, (int)cases[i].type);
        }
    }
    assert_int_equal(yaml_scalar_type(yaml_get(root_of(*state, "a:\n"), "a")), YAML_NULL);
    assert_int_equal(yaml_scalar_type(yaml_get(root_of(*state, "a: |\n  1\n"), "a")), YAML_STRING);
}

static void bytes_that_are_not_utf8_are_refused_with_their_place(void **state)
{
    assert_refused(*state, STR("a: \xff\xfe\n"), "f.yml: byte 3: ");
    assert_refused(*state, STR("a: \xc3\n"), "the file must be UTF-8");
    assert_int_equal(parse(*state, STR("a: \xc3\xa4\n")), 0);
}

static void wrong_syntax_is_refused_with_its_place(void **state)
{
    assert_refused(*state, STR("a: 1\n\tb: 2\n"), "f.yml:2:1: ");
    assert_refused(*state, STR("a: [1, 2\n"), "f.yml:2:1: ");
    assert_refused(*state, STR("a: 1\n---\nb: 'x\n"), "f.yml:4:1: ");
}

static void files_are_read_up_to_the_limit(void **state)
{
    struct fixture *fixture = *state;
    char path[] = "/tmp/test_yaml_XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, "a: 1\n", 5), 5);
    close(file);
    assert_int_equal(yaml_parse_file(fixture->arena, path, 5, &fixture->documents, &fixture->err),
                     0);
    assert_int_equal(fixture->documents.count, 1);
    assert_int_equal(yaml_parse_file(fixture->arena, path, 4, &fixture->documents, &fixture->err),
                     ERR_CONFIG);
    assert_non_null(strstr(fixture->err.text, "5 bytes, more than the limit of 4"));
    unlink(path);
    assert_int_equal(yaml_parse_file(fixture->arena, path, 5, &fixture->documents, &fixture->err),
                     ERR_IO);
    assert_non_null(strstr(fixture->err.text, path));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nodes_know_their_line_and_column),
        TEST(places_count_from_the_file_not_the_document),
        TEST(empty_documents_are_left_out),
        TEST(a_second_key_is_refused_with_its_place),
        TEST(a_key_that_is_no_text_is_refused),
        TEST(aliases_are_copies_of_what_they_name),
        TEST(an_anchor_that_contains_itself_ends_in_an_error),
        TEST(a_billion_laughs_are_refused),
        TEST(a_long_text_can_not_be_multiplied_either),
        TEST(nesting_is_limited),
        TEST(plain_scalars_have_the_types_of_the_core_schema),
        TEST(bytes_that_are_not_utf8_are_refused_with_their_place),
        TEST(wrong_syntax_is_refused_with_its_place),
        TEST(files_are_read_up_to_the_limit),
    };
    return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
