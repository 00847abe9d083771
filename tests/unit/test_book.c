/* SPDX-License-Identifier: Apache-2.0
 *
 * test_book.c - lines of accounts, added up by hand: what is summed, and what does not add up.
 */
#include "cli/accounts/book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct book *book;
    uint64_t number;
    struct buffer out;
};

static int begin(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.book = book_new()};
    *state = &fixture;
    return 0;
}

static int end(void **state)
{
    struct fixture *fixture = *state;
    book_free(fixture->book);
    buffer_release(&fixture->out);
    return 0;
}

/* A line; what a test does not care for is as in a sound one. */
struct line {
    const char *account;
    const char *source; /* NULL: trail, partition 3 of Kafka */
    const char *hour;   /* "24T18" of November 2026 */
    int sequence;
    bool partial;
    int records;
    int evaluated;
    int first;
    int read;
    int missing;
    int residue;
    int unbalanced;
    int lost;
};

#define TOPIC(id, at, number, open, all, good, from, got, gone)                                    \
    .account = (id), .hour = (at), .sequence = (number), .partial = (open), .records = (all),      \
    .evaluated = (good), .first = (from), .read = (got), .missing = (gone)
#define PATH(path, id, at, number, open, all, good)                                                \
    .source = (path), .account = (id), .hour = (at), .sequence = (number), .partial = (open),      \
    .records = (all), .evaluated = (good)

static void add(struct fixture *fixture, const struct line *line)
{
    char text[1024];
    char offsets[256] = "";
    if (line->source == NULL) {
        snprintf(offsets, sizeof offsets,
                 "\"offsets\":{\"first\":%d,\"last\":%d,\"read\":%d,\"missing\":%d,\"lost\":%d},",
                 line->first, line->first + line->read + line->missing - 1, line->read,
                 line->missing, line->lost);
    }
    snprintf(text, sizeof text,
             "{\"account\":\"%s\",\"sequence\":%d,\"partial\":%s,\"kind\":\"%s\",\"source\":\"%s\","
             "%s\"hour\":\"2026-11-%s:00:00Z\",\"records\":%d,\"evaluated\":%d,\"filtered\":2,"
             "\"dead_lettered\":3,\"duplicates\":1,\"alerts\":4,\"residue\":%d,\"unbalanced\":%d,"
             "%s\"more\":[1]}",
             line->account, line->sequence, line->partial ? "true" : "false",
             line->source == NULL ? "kafka" : "file", line->source == NULL ? "trail" : line->source,
             line->source == NULL ? "\"partition\":3," : "", line->hour, line->records,
             line->evaluated, line->residue, line->unbalanced, offsets);
    book_add(fixture->book, "accounts.jsonl", ++fixture->number, str_of(text));
}

static bool says(struct fixture *fixture, const char *text)
{
    return str_find(buffer_str(&fixture->out), str_of(text)) != STR_NOT_FOUND;
}

static uint64_t finish(struct fixture *fixture)
{
    book_close(fixture->book);
    book_render_text(fixture->book, &fixture->out);
    return book_problems(fixture->book);
}

static void the_last_line_of_each_account_counts_and_accounts_are_summed(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, &(struct line){TOPIC("a", "24T18", 1, true, 16, 10, 100, 7, 0)});
    add(fixture, &(struct line){TOPIC("b", "24T18", 0, false, 26, 20, 107, 5, 1)});
    add(fixture, &(struct line){TOPIC("a", "24T18", 0, true, 8, 2, 100, 2, 0)});
    add(fixture, &(struct line){TOPIC("c", "24T21", 0, false, 106, 100, 113, 50, 0)});
    add(fixture, &(struct line){TOPIC("d", "25T00", 0, true, 6, 0, 163, 1, 0)});
    add(fixture, &(struct line){PATH("/var/\\u001b[1m", "e", "24T18", 0, false, 7, 1)});
    assert_int_equal(finish(fixture), 0);
    assert_true(says(fixture, "/var/\\x1b[1m\n"));
    assert_true(says(fixture, "\ntrail[3]\n"));
    assert_true(says(fixture, "  2026-11-24      2           148           130             6 "
                              "            9             3            12        0"
                              "  (1 of 3 accounts partial)\n"));
    assert_true(says(fixture, "  2026-11-25      1             6 "));
    assert_true(says(fixture, "  offsets 100 to 163: 63 read, 1 without a message\n"));
    assert_true(says(fixture, "  hours without an account in between: 4\n"));
    assert_true(says(fixture, "6 lines, 5 accounts, 2 sources: everything adds up\n"));
    buffer_clear(&fixture->out);
    book_render_json(fixture->book, &fixture->out);
    assert_true(says(fixture, "\"problems_count\":\t0"));
    assert_true(says(fixture, "\"records\":\t148"));
}

static void of_two_lines_with_one_sequence_the_one_with_more_records_counts(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, &(struct line){PATH("f", "a", "24T18", 0, false, 9, 3)});
    add(fixture, &(struct line){PATH("f", "a", "24T18", 0, false, 7, 1)});
    assert_int_equal(finish(fixture), 0);
    assert_true(says(fixture, "  2026-11-24      1             9 "));
}

static void a_residue_is_counted_again_whatever_the_line_says(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, &(struct line){PATH("f", "a", "24T18", 0, false, 9, 1)});
    assert_int_equal(finish(fixture), 2);
    assert_true(says(fixture, "f 2026-11-24T18:00:00Z: 2 records are not accounted for\n"));
    assert_true(says(fixture, "the line tells a residue of 0, its counts of 2\n"));
}

static void what_tocsin_itself_found_is_repeated(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, &(struct line){TOPIC("a", "24T18", 0, false, 7, 1, 100, 5, 0), .unbalanced = 2});
    add(fixture, &(struct line){TOPIC("b", "24T19", 0, false, 7, 1, 105, 5, 0), .lost = 8});
    assert_int_equal(finish(fixture), 2);
    assert_true(says(fixture, "trail[3] 2026-11-24T18:00:00Z: 2 chunks did not add up\n"));
    assert_true(says(fixture, "trail[3] 2026-11-24T19:00:00Z: 8 offsets were passed over\n"));
}

static void offsets_that_are_in_no_account_or_in_two_are_told(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, &(struct line){TOPIC("a", "24T18", 0, false, 7, 1, 100, 5, 0)});
    add(fixture, &(struct line){TOPIC("b", "24T19", 0, false, 7, 1, 110, 5, 0)});
    assert_int_equal(finish(fixture), 1);
    assert_true(says(fixture, "trail[3]: of the offsets 100 to 114 5 are in no account\n"));
    book_free(fixture->book);
    fixture->book = book_new();
    add(fixture, &(struct line){TOPIC("a", "24T18", 0, false, 7, 1, 100, 5, 0)});
    add(fixture, &(struct line){TOPIC("b", "24T18", 0, false, 7, 1, 103, 5, 0)});
    assert_int_equal(finish(fixture), 1);
    assert_true(says(fixture, "trail[3]: of the offsets 100 to 107 2 are in two accounts"));
}

static void hours_that_overlap_in_their_offsets_add_up(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, &(struct line){TOPIC("a", "24T18", 0, false, 7, 1, 100, 5, 0)});
    add(fixture, &(struct line){TOPIC("b", "24T19", 0, false, 7, 1, 104, 1, 0)});
    char text[512];
    snprintf(text, sizeof text,
             "{\"account\":\"c\",\"sequence\":0,\"partial\":false,\"kind\":\"kafka\","
             "\"source\":\"trail\",\"partition\":4,\"hour\":\"2026-11-24T18:00:00Z\",\"records\":0,"
             "\"evaluated\":0,\"filtered\":0,\"dead_lettered\":0,\"duplicates\":0,\"alerts\":0,"
             "\"residue\":0,\"unbalanced\":0,\"offsets\":{\"first\":1,\"last\":9,\"read\":6,"
             "\"missing\":3,\"lost\":0}}");
    book_add(fixture->book, "x", 1, str_of(text));
    assert_int_equal(finish(fixture), 1); /* partition 3: offset 104 twice */
    assert_true(says(fixture, "  offsets 1 to 9: 6 read, 3 without a message\n"));
}

static void a_line_that_is_not_there_is_told(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, &(struct line){PATH("f", "a", "24T18", 3, false, 9, 3)});
    add(fixture, &(struct line){PATH("f", "a", "24T18", 0, true, 7, 1)});
    assert_int_equal(finish(fixture), 1);
    assert_true(says(fixture, "f 2026-11-24T18:00:00Z: account a lacks 2 lines from sequence 1"));
}

static void an_account_that_shrinks_or_moves_is_told(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, &(struct line){PATH("f", "a", "24T18", 0, true, 9, 3)});
    add(fixture, &(struct line){PATH("f", "a", "24T18", 1, false, 8, 2)});
    add(fixture, &(struct line){PATH("g", "a", "24T18", 2, false, 10, 4)});
    assert_int_equal(finish(fixture), 2);
    assert_true(says(fixture, "  accounts.jsonl:2: account a has fewer records with sequence 1 "
                              "than with 0\n"));
    assert_true(says(fixture, "  accounts.jsonl:3: account a is of another source or hour"));
}

static void what_is_no_line_of_an_account_is_told_with_its_place(void **state)
{
    struct fixture *fixture = *state;
    static const char *const wrong[] = {
        "",
        "[]",
        "{\"account\":\"a\"}",
        "{} {}",
        "nonsense",
        ("{\"account\":\"a\",\"sequence\":0,\"partial\":false,\"kind\":\"file\",\"source\":\"f\","
         "\"hour\":\"2026-11-24T18:30:00Z\"}"),
        "{\"account\":\"a\",\"sequence\":0.5}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        book_add(fixture->book, "accounts.jsonl", i + 1, str_of(wrong[i]));
    }
    struct buffer text = {0};
    for (size_t i = 0; i < BOOK_LINE_BYTES_MAX + 1; i++) {
        buffer_add_byte(&text, ' ');
    }
    book_add(fixture->book, "accounts.jsonl", 8, buffer_str(&text));
    buffer_release(&text);
    assert_int_equal(finish(fixture), 8);
    assert_true(says(fixture, "accounts.jsonl:5: this is no line of an account: it is no JSON"));
    assert_true(
        says(fixture, "accounts.jsonl:6: this is no line of an account: kind, source, hour"));
    assert_true(says(fixture, "accounts.jsonl:8: this is no line of an account: it is too long"));
    assert_true(says(fixture, "0 lines, 0 accounts, 0 sources: 8 things do not add up\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_last_line_of_each_account_counts_and_accounts_are_summed),
        TEST(of_two_lines_with_one_sequence_the_one_with_more_records_counts),
        TEST(a_residue_is_counted_again_whatever_the_line_says),
        TEST(what_tocsin_itself_found_is_repeated),
        TEST(offsets_that_are_in_no_account_or_in_two_are_told),
        TEST(hours_that_overlap_in_their_offsets_add_up),
        TEST(a_line_that_is_not_there_is_told),
        TEST(an_account_that_shrinks_or_moves_is_told),
        TEST(what_is_no_line_of_an_account_is_told_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
