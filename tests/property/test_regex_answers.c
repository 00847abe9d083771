/* SPDX-License-Identifier: Apache-2.0
 *
 * test_regex_answers.c - random patterns on random values, against PCRE2's interpreter with a much
 * larger limit: what the matcher decides, plain or with its steps counted, is right, and what it
 * does not decide is counted and does not match.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "tests/matching.h"

#include <stdio.h>

static uint64_t random_state = 7;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % below;
}

#define PICK(list) (list)[draw(sizeof(list) / sizeof((list)[0]))]

/* No backslash and no quote, so that a pattern is the same in YAML's single quotes. */
static const char *const atoms[] = {"a",    "b",     "c",      "ab",     ".",      "[ab]",
                                    "[^a]", "[a-c]", "(a|b)",  "(a|ab)", "(?:bc)", "(?=b)",
                                    "^",    "$",     "(?<=a)", "(?!c)",  "(b*)",   "(?i:A)"};
static const char *const repeats[] = {"",    "",      "",   "*",  "+",   "?",
                                      "{2}", "{1,3}", "+?", "*+", "{2,}"};

static void make_pattern(struct buffer *out)
{
    buffer_clear(out);
    for (uint32_t n = 1 + draw(5); n > 0; n--) {
        const char *atom = PICK(atoms);
        bool plain = strchr("^$", atom[0]) != NULL || strncmp(atom, "(?=", 3) == 0 ||
                     strncmp(atom, "(?!", 3) == 0 || strncmp(atom, "(?<", 3) == 0;
        buffer_add_text(out, atom);
        buffer_add_text(out, plain ? "" : PICK(repeats));
        buffer_add_text(out, draw(12) == 0 && n > 1 ? "|" : "");
    }
}

/* Few letters and long runs, so that repeats have much to try. */
static void make_value(struct buffer *out)
{
    static const char letters[] = "aaabbc!A";
    uint32_t len = draw(3) == 0 ? LIMIT_REGEX_PLAIN_BYTES + draw(2000) : draw(300);
    buffer_clear(out);
    while (out->len < len) {
        char letter = letters[draw(sizeof letters - 1)];
        for (uint32_t run = draw(6) == 0 ? draw(40) : 1; run > 0; run--) {
            buffer_add_byte(out, letter);
        }
    }
}

struct oracle {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
};

/* 1, 0, or -1 when even a large limit is not enough to know. */
static int oracle_ask(const struct oracle *oracle, struct str value)
{
    int found = pcre2_match(oracle->code, (PCRE2_SPTR)value.ptr, value.len, 0, 0, oracle->data,
                            oracle->context);
    return found >= 0 ? 1 : (found == PCRE2_ERROR_NOMATCH ? 0 : -1);
}

struct score {
    uint32_t decided;
    uint32_t undecided;
    uint32_t counted;
};

static void check_pattern(struct str pattern, struct score *score)
{
    struct buffer yaml = {0};
    struct buffer value = {0};
    struct buffer json = {0};
    struct matching matching;
    int number = 0;
    PCRE2_SIZE offset = 0;
    struct oracle oracle = {
        .code = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len,
                              PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &number, &offset, NULL),
        .data = pcre2_match_data_create(1, NULL),
        .context = pcre2_match_context_create(NULL),
    };
    pcre2_set_match_limit(oracle.context, 200000);
    buffer_printf(&yaml,
                  "title: t\nlogsource: {}\ndetection:\n  s:\n    f|re: '%.*s'\n"
                  "  condition: s\n",
                  STR_ARG(pattern));
    matching_open(&matching, buffer_str(&yaml));
    const struct match_counters *counters = &matcher_profile(matching.matcher)->counters;
    for (int i = 0; i < 20; i++) {
        uint64_t faults = counters->regex_faults;
        uint64_t units = counters->regex_units;
        make_value(&value);
        buffer_clear(&json);
        buffer_printf(&json, "{\"f\":\"%.*s\"}", STR_ARG(buffer_str(&value)));
        uint32_t matched = matching_ask(&matching, buffer_str(&json));
        int truth = oracle_ask(&oracle, buffer_str(&value));
        bool decided = counters->regex_faults == faults;
        score->decided += decided ? 1 : 0;
        score->undecided += decided ? 0 : 1;
        score->counted += counters->regex_units > units ? 1 : 0;
        if ((decided && truth >= 0 && matched != (uint32_t)truth) || (!decided && matched != 0)) {
            fail_msg("%.*s on %.*s: %u, not %d", STR_ARG(pattern), STR_ARG(buffer_str(&value)),
                     matched, truth);
        }
    }
    matching_close(&matching);
    pcre2_code_free(oracle.code);
    pcre2_match_data_free(oracle.data);
    pcre2_match_context_free(oracle.context);
    buffer_release(&yaml);
    buffer_release(&value);
    buffer_release(&json);
}

static void what_is_decided_is_right(void **state)
{
    (void)state;
    struct buffer pattern = {0};
    struct score score = {0};
    for (int i = 0; i < 600; i++) {
        make_pattern(&pattern);
        check_pattern(buffer_str(&pattern), &score);
    }
    printf("%u decided, %u undecided, %u with steps counted\n", score.decided, score.undecided,
           score.counted);
    assert_true(score.decided > 11000);
    assert_true(score.counted > 1000);
    buffer_release(&pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_decided_is_right),
    };
    return cmocka_run_group_tests_name("regex_answers", tests, NULL, NULL);
}
