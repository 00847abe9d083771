/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rule_meaning.c - random rules on random events: the indexed matcher, the naive one and
 * tests/rule_oracle.h, which shares no code with them, say the same.
 *
 * TOCSIN_MEANING_SEEDS=FIRST:COUNT tries other seeds than the few of every day; each has 32 rules
 * and 250 events. A failure prints the seed, the rule and the event.
 */
#include "base/buffer.h"
#include "tests/matching.h"
#include "tests/rule_oracle.h"

#include <stdio.h>

#define RULES          32
#define EVENTS         250
#define VALUES_MAX     256
#define SEEDS_EACH_DAY 60

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % below;
}

#define PICK(list) (list)[draw(sizeof(list) / sizeof((list)[0]))]

static const char *const fields[] = {"a", "b", "c.d", "m", "a.k", "b.k", "c.d.k", "t", "never"};

/* Parts of texts; none needs an escape in a rule or a single-quoted YAML text. */
static const char *const words[] = {"alpha",
                                    "Alpha",
                                    "beta",
                                    "x",
                                    "X",
                                    " ",
                                    "-a",
                                    "/A",
                                    "-b",
                                    "12",
                                    "443",
                                    "true",
                                    "\xc3\x89t\xc3\xa9",
                                    "\xc3\xa9T\xc3\x89",
                                    "\xd0\xa0\xd0\xbe\xd1\x81",
                                    "\xd1\x80\xd0\x9e\xd0\xa1",
                                    "\xc2\xb5\xce\xbc",
                                    "\xe1\x82\xa0\xe2\xb4\x80",
                                    "\xf0\x9e\xa4\x80",
                                    "\xe2\x82\xac",
                                    "\xe2\x80\x93\x61", /* a dash before a word */
                                    "powershell.exe",
                                    "PowerShell.EXE -enc",
                                    "GetCallerIdentity",
                                    "10.1.2.3",
                                    "{",
                                    ":",
                                    "."};

/* Parts of events only: what JSON escapes, and bytes that are no UTF-8. */
static const char *const odd_words[] = {"\"", "\\", "\n", "\t", "\xff", "\xc3", "*", "?", "\x01"};

/* A rule's wildcards and escapes, alive. */
static const char *const wild_words[] = {"*", "?", "\\*", "\\?", "\\\\", "\\", "**", "?*", "\\\\*"};

/* A value of nothing else. */
static const char *const only_wild[] = {"*", "?", "?\?", "*?\?", "?*?", "?*?*?", "*\xe2\x82\xac?"};

static const char *const regexes[] = {
    "^al",     "ph.",  "[0-9]+", "(?i)ALPHA$", "x|beta", "a{2}",     "^$",    "\\s", "[^a-z]",
    "e\\.exe", "\\\\", "a.*b",   "(?:ab|x)+$", "^.?$",   "\xc3\xa9", "k\":1", "^\\{"};

static const char *const networks[] = {"10.0.0.0/8", "10.1.2.3/32",   "0.0.0.0/0", "::/0",
                                       "::1/128",    "2001:db8::/32", "fe80::/10"};
static const char *const addresses[] = {"10.1.2.3",  "::1",        "10.1.2",   "::ffff:10.1.2.3",
                                        "fe80::1%0", "2001:DB8::", "10.1.2.03"};

/* A number as it is written, and as it is compared. */
static const struct {
    const char *raw;
    const char *text;
} numbers[] = {{"0", "0"},
               {"12", "12"},
               {"443", "443"},
               {"443.0", "443"},
               {"4.43e2", "443"},
               {"-7", "-7"},
               {"-7.50", "-7.5"},
               {"442.99", "442.99"},
               {"1E3", "1000"},
               {"9007199254740993", "9007199254740993"},
               {"9007199254740992", "9007199254740992"},
               {"9223372036854775807", "9223372036854775807"},
               {"-9223372036854775808", "-9223372036854775808"},
               {"1.5e-3", "0.0015"}};

/* --- rules
 * ------------------------------------------------------------------------------------------ */

/* A single-quoted YAML text of some words, wildcards among them at times. */
static void add_value(struct buffer *out, bool wild)
{
    buffer_add_byte(out, '\'');
    buffer_add_text(out, wild && draw(8) == 0 ? PICK(only_wild) : "");
    for (uint32_t n = out->ptr[out->len - 1] == '\'' ? 1 + draw(2) : 0; n > 0; n--) {
        if (wild && draw(4) == 0) {
            buffer_add_text(out, PICK(wild_words));
        }
        buffer_add_text(out, PICK(words));
        if (wild && draw(4) == 0) {
            buffer_add_text(out, PICK(wild_words));
        }
    }
    buffer_add_byte(out, '\'');
}

static void add_list(struct buffer *out, bool wild)
{
    buffer_add_byte(out, '[');
    add_value(out, wild);
    for (uint32_t n = draw(3); n > 0; n--) {
        buffer_add_text(out, ", ");
        add_value(out, wild);
    }
    buffer_add_text(out, "]\n");
}

static void add_text_item(struct buffer *out, const char *field)
{
    static const char *const modifiers[] = {"",
                                            "|contains",
                                            "|startswith",
                                            "|endswith",
                                            "|contains|all",
                                            "|cased",
                                            "|exact",
                                            "|contains|cased",
                                            "|endswith|cased",
                                            "|neq",
                                            "|contains|neq",
                                            "|windash",
                                            "|windash|contains"};
    buffer_printf(out, "%s%s: ", field, PICK(modifiers));
    add_list(out, true);
}

static void add_special_item(struct buffer *out, const char *field)
{
    static const char *const flags[] = {"", "|i", "|s", "|m", "|i|s", "|neq", "|all"};
    static const char *const comparisons[] = {"gt", "gte", "lt", "lte", "lt|neq"};
    static const char *const places[] = {"",          "|startswith", "|endswith",
                                         "|contains", "|cased",      "|neq"};
    static const char *const parts[] = {"minute", "hour", "day", "week", "month", "year"};
    static const char *const part_comparisons[] = {"", "|gte", "|lt", "|neq"};
    static const char *const encodings[] = {"base64|contains", "base64offset|contains",
                                            "wide|base64offset|contains", "base64|cased|contains"};
    static const int part_values[] = {1, 2, 5, 22, 24, 34, 11, 48, 53, 2026, 2027};
    switch (draw(9)) {
    case 0:
        buffer_printf(out, "%s|exists: %s\n", field, draw(2) ? "true" : "false");
        break;
    case 1:
        buffer_printf(out, "%s%s: null\n", field, draw(3) ? "" : "|neq");
        break;
    case 2:
        buffer_printf(out, "%s|%s: %s\n", field, PICK(comparisons), PICK(numbers).raw);
        break;
    case 3:
        buffer_printf(out, "%s|re%s: ['%s', '%s']\n", field, PICK(flags), PICK(regexes),
                      PICK(regexes));
        break;
    case 4:
        buffer_printf(out, "%s|cidr%s: ['%s', '%s']\n", field, draw(4) ? "" : "|neq",
                      PICK(networks), PICK(networks));
        break;
    case 5:
        buffer_printf(out, "%s|fieldref%s: %s\n", field, PICK(places), PICK(fields));
        break;
    case 6:
        buffer_printf(out, "t|%s%s: %d\n", PICK(parts), PICK(part_comparisons), PICK(part_values));
        break;
    case 7:
        buffer_printf(out, "%s|%s: 'al%s'\n", field, PICK(encodings), PICK(words));
        break;
    default:
        buffer_printf(out, "%s: [%s, %s]\n", field, PICK(numbers).raw, draw(2) ? "true" : "''");
        break;
    }
}

static void add_item(struct buffer *out, const char *field)
{
    if (draw(2) == 0) {
        add_text_item(out, field);
    } else {
        add_special_item(out, field);
    }
}

/* One or two lines about different fields; the first follows what stands in its row already. */
static void add_map(struct buffer *out, const char *indent)
{
    uint32_t field = draw(3);
    add_item(out, fields[field]);
    if (draw(2) == 0) {
        buffer_add_text(out, indent);
        add_item(out, fields[field + 1 + draw(3)]);
    }
}

static void add_selection(struct buffer *out, const char *name)
{
    static const char *const keywords[] = {"|all", "|cased", "|all|cased"};
    buffer_printf(out, "  %s:\n", name);
    switch (draw(8)) {
    case 0:
        buffer_printf(out, "    '%s': ", PICK(keywords));
        add_list(out, true);
        break;
    case 1:
        buffer_printf(out, "    '|re': ['%s']\n", PICK(regexes));
        break;
    case 2:
    case 3:
        for (uint32_t n = 1 + draw(3); n > 0; n--) {
            buffer_add_text(out, "    - ");
            if (draw(5) == 0) {
                add_value(out, true);
                buffer_add_byte(out, '\n');
            } else {
                add_map(out, "      ");
            }
        }
        break;
    default:
        buffer_add_text(out, "    ");
        add_map(out, "    ");
        break;
    }
}

static void add_condition(struct buffer *out, uint32_t depth)
{
    static const char *const names[] = {"sel_0", "sel_1", "other", "_h"};
    static const char *const counts[] = {"1 of them", "all of them",  "any of sel_*",
                                         "1 of *_0",  "all of sel_*", "1 of _*"};
    static const char *const joints[] = {" and ", " or ", " and not "};
    switch (depth > 2 ? draw(2) : draw(6)) {
    case 0:
        buffer_add_text(out, PICK(counts));
        break;
    case 1:
        buffer_add_text(out, PICK(names));
        break;
    case 2:
        buffer_add_text(out, "not ");
        add_condition(out, depth + 1);
        break;
    case 3:
        buffer_add_byte(out, '(');
        add_condition(out, depth + 1);
        buffer_add_byte(out, ')');
        break;
    default:
        add_condition(out, depth + 1);
        buffer_add_text(out, PICK(joints));
        add_condition(out, depth + 1);
        break;
    }
}

static void add_rules(struct buffer *out)
{
    for (uint32_t n = 0; n < RULES; n++) {
        buffer_printf(out, "%stitle: r%u\nlogsource: {}\ndetection:\n", n > 0 ? "---\n" : "", n);
        add_selection(out, "sel_0");
        add_selection(out, "sel_1");
        add_selection(out, "other");
        add_selection(out, "_h");
        buffer_add_text(out, "  condition: ");
        add_condition(out, 0);
        buffer_add_byte(out, '\n');
    }
}

/* --- events
 * ------------------------------------------------------------------------------------------ */

/* A line as it is written, and the same without JSON's escapes, each with and without spaces. */
enum form { RAW, PLAIN, COMPACT, COMPACT_PLAIN, FORMS };

struct maker {
    struct buffer forms[FORMS];
    struct oracle_value values[VALUES_MAX];
    size_t count;
    struct arena *arena;
};

static void emit(struct maker *maker, const char *text)
{
    for (int form = 0; form < FORMS; form++) {
        buffer_add_text(&maker->forms[form], text);
    }
}

static void emit_space(struct maker *maker)
{
    const char *space = draw(3) == 0 ? " " : "";
    buffer_add_text(&maker->forms[RAW], space);
    buffer_add_text(&maker->forms[PLAIN], space);
}

static void emit_byte(struct maker *maker, unsigned char byte)
{
    char escaped[8];
    bool must = byte < 0x20 || byte == '"' || byte == '\\';
    snprintf(escaped, sizeof escaped, byte == '"' || byte == '\\' ? "\\%c" : "\\u%04x", byte);
    for (int form = 0; form < FORMS; form += 2) {
        if (must) {
            buffer_add_text(&maker->forms[form], escaped);
        } else {
            buffer_add_byte(&maker->forms[form], (char)byte);
        }
        buffer_add_byte(&maker->forms[form + 1], (char)byte);
    }
}

static void emit_string(struct maker *maker, struct str text)
{
    emit(maker, "\"");
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == 'a' && draw(40) == 0) {
            buffer_add_text(&maker->forms[RAW], "\\u0061");
            buffer_add_text(&maker->forms[COMPACT], "\\u0061");
            buffer_add_byte(&maker->forms[PLAIN], 'a');
            buffer_add_byte(&maker->forms[COMPACT_PLAIN], 'a');
        } else {
            emit_byte(maker, (unsigned char)text.ptr[i]);
        }
    }
    emit(maker, "\"");
}

static struct oracle_value *value_new(struct maker *maker, const char *path, enum oracle_kind kind)
{
    assert_true(maker->count < VALUES_MAX);
    struct oracle_value *value = &maker->values[maker->count++];
    *value = (struct oracle_value){.path = path, .kind = kind};
    return value;
}

static void make_text(struct maker *maker, const char *path)
{
    struct buffer text = {0};
    for (uint32_t n = draw(4); n > 0; n--) {
        buffer_add_text(&text, draw(8) == 0 ? PICK(odd_words) : PICK(words));
    }
    if (draw(6) == 0) {
        struct buffer encoded = {0};
        buffer_add_text(&encoded, "al");
        buffer_add(&encoded, buffer_str(&text));
        buffer_clear(&text);
        buffer_add_base64(&text, buffer_str(&encoded));
        buffer_release(&encoded);
    }
    value_new(maker, path, ORACLE_TEXT)->text = arena_copy(maker->arena, buffer_str(&text));
    emit_string(maker, buffer_str(&text));
    buffer_release(&text);
}

static void make_scalar(struct maker *maker, const char *path)
{
    size_t number = draw(sizeof numbers / sizeof numbers[0]);
    const char *text = draw(2) ? PICK(addresses) : PICK(oracle_times).text;
    bool truth = draw(2) == 0;
    switch (draw(5)) {
    case 0:
        (void)value_new(maker, path, ORACLE_NULL);
        emit(maker, "null");
        break;
    case 1:
        value_new(maker, path, ORACLE_TEXT)->text = truth ? STR("true") : STR("false");
        emit(maker, truth ? "true" : "false");
        break;
    case 2:
        value_new(maker, path, ORACLE_TEXT)->text = str_of(numbers[number].text);
        emit(maker, numbers[number].raw);
        break;
    case 3:
        value_new(maker, path, ORACLE_TEXT)->text = str_of(numbers[number].raw);
        emit_string(maker, str_of(numbers[number].raw));
        break;
    default:
        value_new(maker, path, ORACLE_TEXT)->text = str_of(text);
        emit_string(maker, str_of(text));
        break;
    }
}

static void make_value(struct maker *maker, const char *path, uint32_t depth);

static void make_array(struct maker *maker, const char *path, uint32_t depth)
{
    uint32_t count = draw(4);
    if (count == 0) {
        (void)value_new(maker, path, ORACLE_EMPTY_ARRAY);
    }
    emit(maker, "[");
    for (uint32_t n = 0; n < count; n++) {
        emit(maker, n > 0 ? "," : "");
        emit_space(maker);
        make_value(maker, path, depth + 1);
    }
    emit(maker, "]");
}

static struct str copy_from(struct maker *maker, enum form form, size_t start)
{
    struct str all = buffer_str(&maker->forms[form]);
    return arena_copy(maker->arena, str_slice(all, start, all.len));
}

static void make_object(struct maker *maker, const char *path, uint32_t depth)
{
    size_t start = maker->forms[COMPACT].len;
    size_t start_plain = maker->forms[COMPACT_PLAIN].len;
    emit(maker, "{");
    emit_space(maker);
    if (draw(6) > 0) {
        emit(maker, "\"k\"");
        emit_space(maker);
        emit(maker, ":");
        emit_space(maker);
        make_value(maker, arena_printf(maker->arena, "%s.k", path).ptr, depth + 1);
    }
    emit(maker, "}");
    struct oracle_value *value = value_new(maker, path, ORACLE_OBJECT);
    value->text = copy_from(maker, COMPACT, start);
    value->plain = copy_from(maker, COMPACT_PLAIN, start_plain);
}

static void make_value(struct maker *maker, const char *path, uint32_t depth)
{
    uint32_t kind = draw(depth > 2 ? 7 : 10);
    if (kind < 4) {
        make_text(maker, path);
    } else if (kind < 7) {
        make_scalar(maker, path);
    } else if (kind < 9) {
        make_object(maker, path, depth);
    } else {
        make_array(maker, path, depth);
    }
}

static struct oracle_event make_event(struct maker *maker)
{
    static const char *const keys[] = {"a", "b", "m", "t", "c.d", "other"};
    for (int form = 0; form < FORMS; form++) {
        buffer_clear(&maker->forms[form]);
    }
    maker->count = 0;
    arena_reset(maker->arena);
    emit(maker, "{\"z\":0");
    for (uint32_t n = draw(6); n > 0; n--) {
        const char *key = PICK(keys);
        emit(maker, ",\"");
        emit(maker, key);
        emit(maker, "\":");
        emit_space(maker);
        make_value(maker, key, 0);
    }
    if (draw(2) == 0) {
        emit(maker, ",\"c\":{\"d\":");
        make_value(maker, "c.d", 0);
        emit(maker, "}");
    }
    emit(maker, "}");
    return (struct oracle_event){maker->values, maker->count, buffer_str(&maker->forms[RAW]),
                                 buffer_str(&maker->forms[PLAIN])};
}

/* --- the test
 * ------------------------------------------------------------------------------------------ */

/* How many of the rules match. */
static uint64_t check_event(struct matching *matching, struct oracle *oracle,
                            const struct oracle_event *event, struct str yaml)
{
    uint64_t matches = 0;
    uint32_t fast = matching_ask(matching, event->record);
    uint32_t naive = matching_ask_by(matching, event->record, match_naive);
    for (uint32_t rule = 0; rule < matching->rules->rules_count; rule++) {
        const struct rule *asked = &matching->rules->rules[rule];
        bool want = oracle_condition(oracle, asked->condition, event);
        if ((fast >> rule & 1) != want || (naive >> rule & 1) != want) {
            char title[64];
            snprintf(title, sizeof title, "title: %.*s\n", STR_ARG(asked->title));
            yaml = str_slice(yaml, str_find(yaml, str_of(title)), yaml.len);
            print_error("%.*s\n", STR_ARG(str_slice(yaml, 0, str_find(yaml, STR("---")))));
            print_error("%.*s\n", STR_ARG(event->record));
            fail_msg("indexed %u, naive %u, not %d", fast >> rule & 1, naive >> rule & 1, want);
        }
        matches += want ? 1 : 0;
    }
    return matches;
}

struct outcome_count {
    uint64_t pairs;
    uint64_t matches;
};

/* Rules of that seed on its events. Rules that are refused are left out. */
static void check_seed(uint32_t seed, struct outcome_count *tally)
{
    struct buffer yaml = {0};
    struct matching matching;
    struct oracle oracle;
    struct maker maker = {.arena = arena_new(0)};
    random_state = seed;
    add_rules(&yaml);
    matching_open_some(&matching, buffer_str(&yaml));
    oracle_open(&oracle, matching.rules);
    print_message("seed %u\n", seed);
    for (uint32_t n = 0; n < EVENTS; n++) {
        struct oracle_event event = make_event(&maker);
        tally->matches += check_event(&matching, &oracle, &event, buffer_str(&yaml));
        tally->pairs += matching.rules->rules_count;
    }
    oracle_close(&oracle);
    matching_close(&matching);
    arena_free(maker.arena);
    for (int form = 0; form < FORMS; form++) {
        buffer_release(&maker.forms[form]);
    }
    buffer_release(&yaml);
}

static void section_7_line_40_three_evaluators_agree(void **state)
{
    (void)state;
    const char *given = getenv("TOCSIN_MEANING_SEEDS");
    char *rest = NULL;
    uint32_t first = given != NULL ? (uint32_t)strtoul(given, &rest, 10) : 1;
    uint32_t count = given != NULL ? (uint32_t)strtoul(rest + 1, NULL, 10) : SEEDS_EACH_DAY;
    struct outcome_count tally = {0};
    for (uint32_t seed = first; seed < first + count; seed++) {
        check_seed(seed, &tally);
    }
    print_message("%llu pairs of a rule and an event, %llu matches\n",
                  (unsigned long long)tally.pairs, (unsigned long long)tally.matches);
    assert_true(tally.pairs > (uint64_t)count * EVENTS * RULES * 3 / 4);
    assert_true(tally.matches > tally.pairs / 5 && tally.matches < tally.pairs * 4 / 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(section_7_line_40_three_evaluators_agree),
    };
    return cmocka_run_group_tests_name("rule meaning", tests, NULL, NULL);
}
