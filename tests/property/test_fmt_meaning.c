/* SPDX-License-Identifier: Apache-2.0
 *
 * test_fmt_meaning.c - laying rule files out anew changes no rule: over the rules of the
 * repository, over random texts, and over the folder that TOCSIN_TEST_RULES names.
 */
#include "analyze/rule/rule.h"
#include "base/memory.h"
#include "cli/convert/text_files.h"
#include "cli/fmt/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_same_predicates(const struct rule_set *a, const struct rule_set *b)
{
    assert_int_equal(a->predicates_count, b->predicates_count);
    for (uint32_t i = 0; i < a->predicates_count; i++) {
        assert_int_equal(a->predicates[i].kind, b->predicates[i].kind);
        assert_true(str_equal(a->predicates[i].field, b->predicates[i].field));
        assert_true(str_equal(a->predicates[i].text, b->predicates[i].text));
        assert_int_equal(a->predicates[i].cased, b->predicates[i].cased);
    }
}

static void assert_same_rules(struct str before, struct str after)
{
    struct err err = {0};
    struct rule_set *a = NULL;
    struct rule_set *b = NULL;
    assert_int_equal(rule_set_load_text("rules", before, &a, &err), 0);
    assert_int_equal(rule_set_load_text("rules", after, &b, &err), 0);
    assert_int_equal(a->rules_count, b->rules_count);
    assert_int_equal(a->problems_count, b->problems_count);
    for (uint32_t i = 0; i < a->rules_count; i++) {
        assert_true(a->rules[i].digest == b->rules[i].digest);
        assert_true(a->rules[i].id_made || str_equal(a->rules[i].id, b->rules[i].id));
    }
    assert_same_predicates(a, b);
    rule_set_free(a);
    rule_set_free(b);
}

/* Formats text, compares the rules, and formats again. */
static void assert_keeps_meaning(const char *name, struct str text)
{
    struct err err = {0};
    struct buffer once = {0};
    struct buffer twice = {0};
    if (layout_format(name, text, &once, &err) != 0) {
        fail_msg("%s", err.text);
    }
    assert_same_rules(text, buffer_str(&once));
    assert_int_equal(layout_format(name, buffer_str(&once), &twice, &err), 0);
    assert_true(str_equal(buffer_str(&once), buffer_str(&twice)));
    buffer_release(&once);
    buffer_release(&twice);
}

static void assert_folder_keeps_meaning(const char *folder, uint32_t files_min)
{
    static const char *const suffixes[] = {".yml", NULL};
    struct err err = {0};
    struct arena *arena = arena_new(0);
    struct text_files files = {arena, suffixes, false, NULL, 0, 0};
    assert_int_equal(text_files_add(&files, folder, &err), 0);
    assert_true(files.count >= files_min);
    for (uint32_t i = 0; i < files.count; i++) {
        assert_keeps_meaning(files.items[i].path.ptr, files.items[i].text);
    }
    memory_free(files.items);
    arena_free(arena);
}

static void the_rules_of_the_repository_stay_the_same(void **state)
{
    (void)state;
    assert_folder_keeps_meaning(SOURCE_DIR "/rules", 40);
    assert_folder_keeps_meaning(SOURCE_DIR "/tests/golden/data/fmt", 1);
}

static void the_rules_of_a_named_folder_stay_the_same(void **state)
{
    (void)state;
    const char *folder = getenv("TOCSIN_TEST_RULES");
    if (folder == NULL) {
        skip();
    }
    assert_folder_keeps_meaning(folder, 1);
}

struct dice {
    uint64_t state;
};

static uint32_t roll(struct dice *dice, uint32_t sides)
{
    dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(dice->state >> 33) % sides;
}

static void add_noise(struct dice *dice, struct buffer *out)
{
    static const char *const noise[] = {"", "", "", "\n", "# margin\n", "      # inside\n", "\n\n"};
    buffer_add_text(out, noise[roll(dice, sizeof noise / sizeof noise[0])]);
}

static void add_scalar(struct dice *dice, uint32_t indent, struct buffer *out)
{
    static const char *const values[] = {"plain",       "'it''s # quoted'", "\"a\\tb\"", "~",
                                         "[a, 'b: c']", "{d: e, f: [g]}",   "12"};
    uint32_t which = roll(dice, 9);
    int deep = (int)indent + 1 + (int)roll(dice, 5);
    if (which == 7) {
        buffer_printf(out, "|%s\n%*sone # text\n%*s  two\n\n", roll(dice, 2) == 0 ? "-" : "", deep,
                      "", deep, "");
        return;
    }
    if (which == 8) {
        buffer_printf(out, "one\n%*stwo\n\n%*sthree", deep, "", deep, "");
    } else {
        buffer_add_text(out, values[which]);
    }
    buffer_add_text(out, roll(dice, 4) == 0 ? "   # behind\n" : "\n");
}

static void add_map(struct dice *dice, uint32_t indent, uint32_t depth, struct buffer *out)
{
    uint32_t deeper = indent + 1 + roll(dice, 6);
    uint32_t count = 1 + roll(dice, 4);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t kind = depth > 3 ? 0 : roll(dice, 4);
        add_noise(dice, out);
        buffer_printf(out, "%*skey%u:", (int)indent, "", i);
        if (kind < 2) {
            buffer_add_byte(out, ' ');
            add_scalar(dice, indent, out);
            continue;
        }
        buffer_add_text(out, roll(dice, 3) == 0 ? "  # behind the key\n" : "\n");
        if (kind == 2) {
            add_map(dice, deeper, depth + 1, out);
            continue;
        }
        uint32_t dash = roll(dice, 2) == 0 ? indent : deeper;
        for (uint32_t j = 0; j <= roll(dice, 3); j++) {
            add_noise(dice, out);
            buffer_printf(out, "%*s-   ", (int)dash, "");
            add_scalar(dice, dash, out);
        }
    }
}

static void random_texts_keep_tree_and_comments(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 3000; seed++) {
        struct dice dice = {seed};
        struct buffer text = {0};
        struct buffer once = {0};
        struct buffer twice = {0};
        struct err err = {0};
        add_map(&dice, 0, 0, &text);
        if (layout_format("random", buffer_str(&text), &once, &err) != 0) {
            fail_msg("seed %u: %s\n%.*s", seed, err.text, STR_ARG(buffer_str(&text)));
        }
        assert_int_equal(layout_format("random", buffer_str(&once), &twice, &err), 0);
        if (!str_equal(buffer_str(&once), buffer_str(&twice))) {
            fail_msg("seed %u differs the second time:\n%.*s\n%.*s", seed,
                     STR_ARG(buffer_str(&once)), STR_ARG(buffer_str(&twice)));
        }
        buffer_release(&text);
        buffer_release(&once);
        buffer_release(&twice);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rules_of_the_repository_stay_the_same),
        cmocka_unit_test(the_rules_of_a_named_folder_stay_the_same),
        cmocka_unit_test(random_texts_keep_tree_and_comments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
