/* SPDX-License-Identifier: Apache-2.0
 *
 * test_match.c - the indexed matcher against the naive one, on random rules and random events.
 *
 * Rules are made as YAML, so that what is tested is what analysts write; values come from a small
 * vocabulary, so that much matches. One matcher sees all events: stamps that leak from one event to
 * the next would show.
 */
#include "analyze/match/match.h"
#include "analyze/plan/plan.h"
#include "analyze/rule/rule.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "ingest/decode/decoder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % below;
}

#define PICK(list) (list)[draw(sizeof(list) / sizeof((list)[0]))]

static const char *const fields[] = {"a", "b", "c.d", "m", "never"};
static const char *const words[] = {"alpha",
                                    "Alpha",
                                    "beta",
                                    "gamma delta",
                                    "alphabet",
                                    "lph",
                                    "12",
                                    "443",
                                    "x",
                                    "\xc3\x89t\xc3\xa9",
                                    "\xc3\xa9T\xc3\x89",
                                    "10.1.2.3",
                                    "10.9.9.9",
                                    "back\\\\slash",
                                    "end",
                                    "true"};
/* So long that a text is searched in strides. */
static const char *const long_words[] = {"powershell.exe",
                                         "PowerShell.EXE -enc",
                                         "\xc3\x89teindre-la-Machine",
                                         "\xc3\xa9TEINDRE-LA-machine",
                                         "AdministratorAccess",
                                         "administratoraccess/role",
                                         "\xd0\xa0\xd0\xbe\xd1\x81\xd1\x81\xd0\xb8\xd1\x8f",
                                         "\xd1\x80\xd0\x9e\xd0\xa1\xd1\x81\xd0\x98\xd0\xaf",
                                         "GetCallerIdentity"};
/* IPv4, IPv6, and what is nearly one; networks that lie in one another, and every address. */
static const char *const addresses[] = {"10.1.2.3",
                                        "10.1.255.255",
                                        "10.2.0.0",
                                        "9.255.255.255",
                                        "192.168.0.1",
                                        "10.1.2.03",
                                        "10.1.2",
                                        "10.1.2.256",
                                        "0.0.0.0",
                                        "255.255.255.255",
                                        "10.1.2.3.",
                                        "::ffff:10.1.2.3",
                                        "::FFFF:10.2.0.0",
                                        "2001:db8::1",
                                        "2001:DB8:0:0:1::9",
                                        "fe80::1%0",
                                        "2001:db8:ffff::",
                                        "::",
                                        "10.1.2.3%eth0",
                                        " 10.1.2.3",
                                        "1.2.3.4.5",
                                        "ffff:ffff::ffff",
                                        "10.1.2.-3",
                                        "::ffff:0:0",
                                        ""};
static const char *const networks[] = {
    "10.0.0.0/8",         "10.1.0.0/16", "10.1.2.0/24",   "10.1.2.3/32",    "10.1.2.2/31",
    "0.0.0.0/0",          "::/0",        "2001:db8::/32", "2001:db8::/64",  "2001:db8::1/128",
    "255.0.0.0/8",        "ffff::/16",   "10.2.0.0/15",   "192.168.0.0/16", "::/96",
    "255.255.255.255/32", "0.0.0.0/32",  "128.0.0.0/1"};
static const char *const numbers[] = {"0",
                                      "12",
                                      "443",
                                      "443.0",
                                      "442.99",
                                      "-7",
                                      "-7.5",
                                      "1e3",
                                      "9007199254740993",
                                      "9007199254740992",
                                      "9007199254740992.0",
                                      "9223372036854775807",
                                      "-9223372036854775808",
                                      "1e400",
                                      "18446744073709551615"};
static bool draws_long_words;
static bool draws_numbers;
static const char *const patterns[] = {"alph*", "*lpha", "*ph*",        "al?ha", "*a*e*",     "?",
                                       "*",     "",      "gamma*delta", "\\*",   "*t\xc3\xa9"};
static const char *const regexes[] = {"^al", "ph.b", "[0-9]+", "(?i)ALPHA$", "x|beta", "a{2}"};

static const char *word(void)
{
    return draws_long_words && draw(8) > 0 ? PICK(long_words) : PICK(words);
}

/* Like word, but never short where long ones are wanted. */
static const char *rule_word(void)
{
    return draws_long_words ? PICK(long_words) : PICK(words);
}

/* A value of the plain modifiers as a single-quoted YAML scalar. */
static void add_text_value(struct buffer *out)
{
    buffer_printf(out, "'%s'", !draws_long_words && draw(3) == 0 ? PICK(patterns) : rule_word());
}

static void add_item(struct buffer *out, const char *indent)
{
    static const char *const modifiers[] = {
        "", "|contains", "|startswith", "|endswith", "|contains|all", "|cased", "|contains|cased"};
    const char *field = PICK(fields);
    uint32_t kind = draws_numbers && draw(4) > 0 ? 2 + 2 * draw(2) : draw(12);
    if (kind == 0) {
        buffer_printf(out, "%s%s|exists: %s\n", indent, field, draw(2) ? "true" : "false");
    } else if (kind == 1) {
        buffer_printf(out, "%s%s: null\n", indent, field);
    } else if (kind == 2) {
        static const char *const comparisons[] = {"gt", "gte", "lt", "lte"};
        buffer_printf(out, "%s%s|%s: %s\n", indent, field, PICK(comparisons), PICK(numbers));
    } else if (kind == 3) {
        buffer_printf(out, "%s%s|re: '%s'\n", indent, field, PICK(regexes));
    } else if (kind == 4) {
        buffer_printf(out, "%s%s|cidr: ['%s', '%s']\n", indent, field, PICK(networks),
                      PICK(networks));
    } else if (kind == 5) {
        buffer_printf(out, "%s%s: %u\n", indent, field, draw(2) ? 443 : 12);
    } else {
        buffer_printf(out, "%s%s%s:\n", indent, field, PICK(modifiers));
        for (uint32_t n = 2 + draw(2); n > 0; n--) {
            buffer_printf(out, "%s  - ", indent);
            add_text_value(out);
            buffer_add_byte(out, '\n');
        }
    }
}

static void add_selection(struct buffer *out, uint32_t number)
{
    buffer_printf(out, "  s%u:\n", number);
    if (draw(6) == 0) {
        for (uint32_t n = 1 + draw(3); n > 0; n--) {
            buffer_printf(out, "    - '%s'\n", rule_word());
        }
    } else if (draw(4) == 0) {
        for (uint32_t n = 1 + draw(3); n > 0; n--) {
            buffer_add_text(out, "    -\n");
            add_item(out, "      ");
        }
    } else {
        add_item(out, "    ");
    }
}

static void add_rule(struct buffer *out, uint32_t number)
{
    static const char *const conditions[] = {
        "s0",
        "s0 and s1",
        "s0 or s1",
        "s0 and not s1",
        "not s0",
        "not (s0 or s1) and s2",
        "1 of s*",
        "all of s*",
        "s0 and (s1 or not s2)",
        "not s0 and not s1 or s2 and s0",
    };
    buffer_printf(out, "%stitle: rule %u\nlogsource:\n  category: any\ndetection:\n",
                  number > 0 ? "---\n" : "", number);
    for (uint32_t n = 0; n < 3; n++) {
        add_selection(out, n);
    }
    buffer_printf(out, "  condition: %s\n", PICK(conditions));
}

/* One JSON string of the vocabulary, at times written with escapes. */
static void add_json_text(struct buffer *out)
{
    struct buffer text = {0};
    buffer_add_text(&text, word());
    while (draw(4) == 0) {
        buffer_add_text(&text, word());
    }
    /* Nearly a literal, again and again: the search changes its way. */
    const char *near = word();
    for (uint32_t n = draw(12) == 0 ? 40 + draw(20) : 0; n > 0; n--) {
        buffer_add_text(&text, draw(50) == 0 ? near : word());
        buffer_add(&text, (struct str){near, strlen(near) - (near[0] != '\0')});
    }
    size_t start = out->len;
    buffer_add_json_string(out, buffer_str(&text));
    if (draw(5) == 0 && out->ptr[start + 1] == 'a') {
        out->len = start + 1;
        buffer_add_text(out, "\\u0061");
        buffer_add_text(out, "lpha\"");
    }
    buffer_release(&text);
}

static void add_json_value(struct buffer *out, uint32_t depth)
{
    static const char *const scalars[] = {"null", "true", "12", "443", "443.0", "-7", "[]", "{}"};
    uint32_t kind = draw(depth > 1 ? 6 : 8);
    if (kind == 4) {
        buffer_printf(out, "\"%s\"", PICK(addresses));
    } else if (kind == 5) {
        const char *quote = draw(2) ? "\"" : "";
        buffer_printf(out, "%s%s%s", quote, PICK(numbers), quote);
    } else if (kind < 3) {
        add_json_text(out);
    } else if (kind == 3) {
        buffer_add_text(out, PICK(scalars));
    } else if (kind == 6) {
        buffer_add_byte(out, '[');
        add_json_value(out, depth + 1);
        buffer_add_text(out, ", ");
        add_json_value(out, depth + 1);
        buffer_add_byte(out, ']');
    } else {
        buffer_add_text(out, "{ \"k\" : ");
        add_json_value(out, depth + 1);
        buffer_add_byte(out, '}');
    }
}

static void add_event(struct buffer *out)
{
    static const char *const keys[] = {"a", "b", "m", "other", "c.d"};
    buffer_add_text(out, "{\"z\":0");
    for (uint32_t n = draw(5); n > 0; n--) {
        buffer_printf(out, ",\"%s\":", PICK(keys));
        add_json_value(out, 0);
    }
    if (draw(2) == 0) {
        buffer_add_text(out, ",\"c\":{\"d\":");
        add_json_value(out, 0);
        buffer_add_byte(out, '}');
    }
    buffer_add_byte(out, '}');
}

struct fixture {
    struct rule_set *rules;
    struct field_table *fields;
    struct json_paths *paths;
    struct json_scanner *scanner;
    struct plan *plan;
    struct matcher *fast;
    struct matcher *naive;
    struct arena *arena;
    struct event event;
};

static void fixture_open(struct fixture *fixture, uint32_t rules_count)
{
    struct err err = {0};
    struct buffer text = {0};
    for (uint32_t n = 0; n < rules_count; n++) {
        add_rule(&text, n);
    }
    assert_int_equal(rule_set_load_text("random.yml", buffer_str(&text), &fixture->rules, &err), 0);
    for (uint32_t i = 0; i < fixture->rules->rules_count; i++) {
        /* Random rules are about every event. */
        fixture->rules->rules[i].logsource = (struct rule_logsource){0};
    }
    fixture->fields = field_table_new();
    assert_int_equal(plan_intern_fields(fixture->rules, fixture->fields, &err), 0);
    fixture->paths = json_paths_new(fixture->fields, NULL);
    fixture->scanner = json_scanner_new();
    assert_int_equal(plan_new(fixture->rules, fixture->fields, &fixture->plan, &err), 0);
    fixture->fast = matcher_new(fixture->plan);
    fixture->naive = matcher_new(fixture->plan);
    fixture->arena = arena_new(0);
    event_init(&fixture->event, field_count(fixture->fields));
    buffer_release(&text);
}

static void fixture_close(struct fixture *fixture)
{
    event_release(&fixture->event);
    arena_free(fixture->arena);
    matcher_free(fixture->fast);
    matcher_free(fixture->naive);
    plan_free(fixture->plan);
    json_scanner_free(fixture->scanner);
    json_paths_free(fixture->paths);
    field_table_free(fixture->fields);
    rule_set_free(fixture->rules);
}

static void load_event(struct fixture *fixture, struct str text)
{
    event_clear(&fixture->event);
    assert_int_equal(json_project(fixture->scanner, fixture->paths, text, &fixture->event),
                     JSON_OK);
    fixture->event.raw = text;
    fixture->event.logsource = logsource_index("json");
}

static void the_index_never_changes_the_answer(void **state)
{
    (void)state;
    uint64_t matches = 0;
    uint64_t candidates = 0;
    uint64_t evaluations = 0;
    uint64_t searched_again = 0;
    struct buffer text = {0};
    for (uint32_t seed = 0; seed < 60; seed++) {
        struct fixture fixture = {0};
        random_state = seed;
        draws_long_words = seed % 3 == 0;
        draws_numbers = seed % 3 == 1;
        fixture_open(&fixture, 40);
        assert_true(fixture.rules->rules_count > 20);
        for (uint32_t n = 0; n < 300; n++) {
            const uint32_t *want = NULL;
            const uint32_t *got = NULL;
            buffer_clear(&text);
            add_event(&text);
            arena_reset(fixture.arena);
            load_event(&fixture, buffer_str(&text));
            uint32_t want_count = match_naive(fixture.naive, &fixture.event, fixture.arena, &want);
            load_event(&fixture, buffer_str(&text));
            uint32_t got_count = match_run(fixture.fast, &fixture.event, fixture.arena, &got);
            if (want_count != got_count || memcmp(want, got, want_count * sizeof *want) != 0) {
                print_error("seed %u, event %.*s\n", seed, STR_ARG(buffer_str(&text)));
            }
            assert_int_equal(got_count, want_count);
            assert_memory_equal(got, want, want_count * sizeof *want);
            matches += got_count;
        }
        searched_again += matcher_profile(fixture.fast)->counters.searched_again;
        candidates += matcher_profile(fixture.fast)->counters.candidates;
        evaluations += (uint64_t)300 * fixture.rules->rules_count;
        fixture_close(&fixture);
    }
    buffer_release(&text);
    assert_true(matches > 10000);
    assert_true(searched_again > 100);
    assert_true(candidates < evaluations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_index_never_changes_the_answer),
    };
    return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
