/* SPDX-License-Identifier: Apache-2.0
 *
 * test_engine_evasion.c - an event in a form that whoever writes it may choose raises the same
 * alerts as its plain form, or is a dead letter with a reason: through the whole engine.
 */
#include "tests/engine_probe.h"

#include <zlib.h>

#define RULE(title, id, detection)                                                                 \
    "---\ntitle: " title "\nid: " id id "-1111-4111-8111-111111111111\nstatus: test\n"             \
    "logsource:\n    product: aws\n    service: cloudtrail\ndetection:\n" detection                \
    "    condition: selection\nlevel: high\n"

/* One rule for each way in which the plan finds candidates. */
static const char rules[] = //
    RULE("equal", "1111", "    selection:\n        eventName: CreateUser\n") RULE(
        "nested", "2222", "    selection:\n        requestParameters.userName|contains: evil\n")
        RULE("regex", "3333",
             "    selection:\n        requestParameters.userName|re: ^e[u-w]il.1$\n")
            RULE("keyword", "4444", "    selection:\n        - 'evil-1'\n")
                RULE("cidr", "5555", "    selection:\n        sourceIPAddress|cidr: 192.0.2.0/24\n")
                    RULE("number", "6666",
                         "    selection:\n        additionalEventData.bytes|gte: 1000\n");

#define ALL "equal;nested;regex;keyword;cidr;number;"

#define HEAD                                                                                       \
    "{\"eventVersion\":\"1.08\",\"eventTime\":\"2026-01-02T01:00:00Z\","                           \
    "\"eventSource\":\"iam.amazonaws.com\","
#define NAME       "\"eventName\":\"CreateUser\","
#define PARAMETERS "\"requestParameters\":{\"userName\":\"evil-1\"},"
#define ADDRESS    "\"sourceIPAddress\":\"192.0.2.1\","
#define NUMBER     "\"additionalEventData\":{\"bytes\":1000}}"
#define PLAIN      HEAD NAME PARAMETERS ADDRESS NUMBER

static const char *run_text(struct str text, bool message)
{
    struct probe_input input = {.bytes = text, .message = message};
    return probe_run(&input);
}

/* The same as a line of a stream and as a Kafka value. */
static void assert_outcome(struct str text, const char *want)
{
    assert_string_equal(run_text(text, false), want);
    assert_string_equal(run_text(text, true), want);
}

#define assert_text_outcome(text, want) assert_outcome(STR(text), want)

static void the_plain_form_raises_every_alert(void **state)
{
    (void)state;
    assert_text_outcome(PLAIN, ALL);
    assert_text_outcome(PLAIN "\n", ALL);
}

/* --- escapes
 * ------------------------------------------------------------------------------------------ */

/* Every letter of every key and value as \u00xx. */
static void add_escaped(struct buffer *out, struct str text, bool upper)
{
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"') {
            in_string = !in_string;
        }
        if (!in_string || c == '"') {
            buffer_add_byte(out, (char)c);
        } else {
            buffer_printf(out, upper ? "\\u00%02X" : "\\u00%02x", c);
        }
    }
}

static void an_event_that_is_all_escapes_alerts_like_the_plain_one(void **state)
{
    (void)state;
    struct buffer text = {0};
    for (int upper = 0; upper < 2; upper++) {
        buffer_clear(&text);
        add_escaped(&text, STR(PLAIN), upper == 1);
        assert_outcome(buffer_str(&text), ALL);
    }
    buffer_release(&text);
}

/* One byte inside a string is an escape, at a time. */
static void an_escape_in_any_place_changes_nothing(void **state)
{
    (void)state;
    struct str plain = STR(PLAIN);
    struct buffer text = {0};
    bool in_string = false;
    for (size_t at = 0; at < plain.len; at++) {
        if (plain.ptr[at] == '"') {
            in_string = !in_string;
        } else if (in_string) {
            buffer_clear(&text);
            buffer_add(&text, str_slice(plain, 0, at));
            buffer_printf(&text, "\\u00%02x", plain.ptr[at]);
            buffer_add(&text, str_slice(plain, at + 1, plain.len));
            assert_string_equal(run_text(buffer_str(&text), false), ALL);
        }
    }
    buffer_release(&text);
}

static void an_escaped_slash_is_a_slash(void **state)
{
    (void)state;
    probe_open(RULE("path", "1111", "    selection:\n        requestParameters.path: /etc/shadow\n")
                   RULE("word", "2222", "    selection:\n        - '/etc/shadow'\n"));
    assert_text_outcome(HEAD NAME "\"requestParameters\":{\"path\":\"\\/etc\\/shadow\"}}",
                        "path;word;");
}

/* --- duplicate keys
 * ------------------------------------------------------------------------------------------ */

static void of_equal_keys_any_value_may_match(void **state)
{
    (void)state;
    static const char *const decoys[] = {
        "\"x\"", "\"\"", "null", "0", "true", "[]", "{}", "[\"x\",{}]", "{\"userName\":\"x\"}"};
    struct buffer text = {0};
    for (size_t i = 0; i < sizeof decoys / sizeof decoys[0]; i++) {
        const char *keys[] = {"eventName",           "requestParameters", "sourceIPAddress",
                              "additionalEventData", "eventSource",       "event\\u004eame"};
        for (size_t n = 0; n < sizeof keys / sizeof keys[0]; n++) {
            buffer_clear(&text);
            buffer_printf(&text, "{\"%s\":%s,", keys[n], decoys[i]);
            buffer_add(&text, STR(PLAIN));
            memmove(text.ptr + text.len - STR(PLAIN).len, STR(PLAIN).ptr + 1, STR(PLAIN).len - 1);
            text.len--;
            assert_string_equal(run_text(buffer_str(&text), false), ALL);
            buffer_clear(&text);
            buffer_add(&text, STR(PLAIN));
            text.len--;
            buffer_printf(&text, ",\"%s\":%s}", keys[n], decoys[i]);
            assert_string_equal(run_text(buffer_str(&text), false), ALL);
        }
    }
    buffer_release(&text);
}

/* For better or worse: what one value of a filter lets pass, no other value brings back. */
static void of_equal_keys_any_value_may_match_a_filter(void **state)
{
    (void)state;
    probe_open("---\ntitle: outside\nid: 77777777-1111-4111-8111-111111111111\nstatus: test\n"
               "logsource:\n    product: aws\n    service: cloudtrail\ndetection:\n"
               "    selection:\n        eventName: CreateUser\n"
               "    filter:\n        sourceIPAddress|startswith: '10.'\n"
               "    condition: selection and not filter\nlevel: high\n");
    assert_text_outcome(PLAIN, "outside;");
    assert_text_outcome(HEAD NAME ADDRESS "\"sourceIPAddress\":\"10.0.0.1\"," NUMBER, "");
    assert_text_outcome(HEAD NAME "\"sourceIPAddress\":\"10.0.0.1\"," ADDRESS NUMBER, "");
}

/* An eventSource that begins with "aws:" makes JSON of another kind, unless another one follows. */
static void a_second_event_source_does_not_make_another_log_of_it(void **state)
{
    (void)state;
    assert_text_outcome(
        "{\"eventSource\":\"aws:s3\",\"eventVersion\":\"1.08\"," NAME PARAMETERS ADDRESS
        "\"eventSource\":\"iam.amazonaws.com\"," NUMBER,
        ALL);
    assert_text_outcome("{\"eventSource\":\"iam.amazonaws.com\",\"eventSource\":\"aws:s3\","
                        "\"eventVersion\":\"1.08\"," NAME PARAMETERS ADDRESS NUMBER,
                        ALL);
}

/* --- depth
 * ------------------------------------------------------------------------------------------ */

static void add_nested(struct buffer *out, const char *open, const char *close, uint32_t levels)
{
    for (uint32_t i = 0; i < levels; i++) {
        buffer_add_text(out, open);
    }
    buffer_add_byte(out, '0');
    for (uint32_t i = 0; i < levels; i++) {
        buffer_add_text(out, close);
    }
}

/* The plain event with a member more, in front or at the end. */
static void add_with_member(struct buffer *out, const char *key, const char *open,
                            const char *close, uint32_t levels, bool front)
{
    buffer_clear(out);
    buffer_add_byte(out, '{');
    if (front) {
        buffer_printf(out, "\"%s\":", key);
        add_nested(out, open, close, levels);
        buffer_add_byte(out, ',');
    }
    buffer_add(out, str_slice(STR(PLAIN), 1, STR(PLAIN).len - 2));
    if (!front) {
        buffer_printf(out, ",\"%s\":", key);
        add_nested(out, open, close, levels);
    }
    buffer_add_byte(out, '}');
}

static void what_is_nested_too_deep_is_a_dead_letter_wherever_it_stands(void **state)
{
    (void)state;
    static const char *const keys[] = {"unknown", "eventName", "requestParameters"};
    struct buffer text = {0};
    for (size_t n = 0; n < 12; n++) {
        const char *open = n % 4 < 2 ? "[" : "{\"userName\":";
        const char *close = n % 4 < 2 ? "]" : "}";
        add_with_member(&text, keys[n / 4], open, close, LIMIT_JSON_DEPTH - 1, n % 2 == 0);
        assert_outcome(buffer_str(&text), ALL);
        add_with_member(&text, keys[n / 4], open, close, LIMIT_JSON_DEPTH, n % 2 == 0);
        assert_outcome(buffer_str(&text), "dead json_depth;");
        add_with_member(&text, keys[n / 4], open, close, 10000, n % 2 == 0);
        assert_outcome(buffer_str(&text), "dead json_depth;");
    }
    buffer_release(&text);
}

static void a_deep_neighbour_does_not_take_the_event_with_it(void **state)
{
    (void)state;
    struct buffer text = {0};
    buffer_add_text(&text, "{\"Records\":[{\"x\":");
    add_nested(&text, "[", "]", 10000);
    buffer_add_text(&text, "}," PLAIN ",{\"x\":");
    add_nested(&text, "{\"x\":", "}", 10000);
    buffer_add_text(&text, "}]}");
    assert_outcome(buffer_str(&text), "dead json_depth;" ALL "dead json_depth;");
    buffer_release(&text);
}

/* --- white space
 * ------------------------------------------------------------------------------------------ */

static void add_spaced(struct buffer *out, struct str text, const char *space)
{
    bool in_string = false;
    for (size_t at = 0; at < text.len; at++) {
        char c = text.ptr[at];
        bool token = !in_string && memchr("{}[]:,", c, 6) != NULL;
        buffer_add_text(out, token && at > 0 ? space : "");
        buffer_add_byte(out, c);
        buffer_add_text(out, token ? space : "");
        in_string ^= c == '"';
    }
}

static const char *const spaces[] = {" ", "\t", "\n", "\r\n", "\r", "\n  ", "\n\n\t", " \r\n \r\n"};
#define SPACES (sizeof spaces / sizeof spaces[0])

static void pretty_printed_events_alert_one_by_one(void **state)
{
    (void)state;
    struct buffer text = {0};
    for (size_t i = 0; i < SPACES; i++) {
        buffer_clear(&text);
        add_spaced(&text, STR(PLAIN), spaces[i]);
        assert_outcome(buffer_str(&text), ALL);
        buffer_add_byte(&text, '\n');
        add_spaced(&text, STR(PLAIN), spaces[i]);
        assert_outcome(buffer_str(&text), ALL ALL);
    }
    buffer_release(&text);
}

static void a_pretty_printed_document_is_its_records(void **state)
{
    (void)state;
    struct buffer text = {0};
    for (size_t i = 0; i < SPACES; i++) {
        buffer_clear(&text);
        add_spaced(&text, STR("{\"Records\":[" PLAIN "," PLAIN "]}"), spaces[i]);
        assert_outcome(buffer_str(&text), ALL ALL);
        buffer_clear(&text);
        add_spaced(&text, STR("[" PLAIN "," PLAIN "]"), spaces[i]);
        assert_outcome(buffer_str(&text), ALL ALL);
    }
    buffer_release(&text);
}

static void events_without_a_line_end_between_them_are_two(void **state)
{
    (void)state;
    assert_text_outcome(PLAIN PLAIN, ALL ALL);
    assert_text_outcome(PLAIN "\r\n" PLAIN "\r\n", ALL ALL);
}

/* What is between the events is no JSON: it is said, and the event is not lost unsaid. */
static void what_separates_events_in_other_ways_is_a_dead_letter(void **state)
{
    (void)state;
    assert_text_outcome(PLAIN "," PLAIN, "dead json;");
    assert_text_outcome(PLAIN " " PLAIN, "dead json;");
    assert_text_outcome(PLAIN "\nx\n" PLAIN, ALL "dead unrecognized;" ALL);
    assert_text_outcome("\x1e" PLAIN "\n", "dead unrecognized;");
    assert_text_outcome("\v" PLAIN "\n", "dead unrecognized;");
    assert_text_outcome(PLAIN "\n\x1e" PLAIN "\n", ALL "dead unrecognized;");
}

/* --- cuts
 * ------------------------------------------------------------------------------------------ */

static void assert_cuts_change_nothing(struct str text, const char *want)
{
    struct probe_input input = {.bytes = text};
    for (input.cut = 1; input.cut < text.len; input.cut++) {
        assert_string_equal(probe_run(&input), want);
    }
    input.cut = 0;
    for (input.piece = 1; input.piece < 2 * 64 + 2; input.piece += 1 + input.piece / 8) {
        assert_string_equal(probe_run(&input), want);
    }
}

static void a_block_edge_at_any_byte_changes_nothing(void **state)
{
    (void)state;
    struct buffer text = {0};
    assert_cuts_change_nothing(STR(PLAIN "\n"), ALL);
    assert_cuts_change_nothing(STR("{\"Records\":[" PLAIN "]}"), ALL);
    add_spaced(&text, STR(PLAIN), "\n");
    assert_cuts_change_nothing(buffer_str(&text), ALL);
    buffer_clear(&text);
    buffer_add_text(&text, "{\"zero\":0}\n");
    add_escaped(&text, STR(PLAIN), false);
    assert_cuts_change_nothing(buffer_str(&text), ALL);
    buffer_release(&text);
}

/* Values at every distance from the end of what can be read, and from the edges of vectors. */
static void no_padding_behind_the_text_is_needed(void **state)
{
    (void)state;
    struct buffer text = {0};
    for (uint32_t filler = 0; filler < 130; filler++) {
        buffer_clear(&text);
        buffer_add_text(&text, "{\"filler\":\"");
        for (uint32_t i = 0; i < filler; i++) {
            buffer_add_byte(&text, "x[{\xc3"[i % 3]);
        }
        buffer_add_text(&text, "\",");
        buffer_add(&text, str_slice(STR(PLAIN), 1, STR(PLAIN).len));
        assert_outcome(buffer_str(&text), ALL);
    }
    buffer_release(&text);
}

static void a_text_that_ends_too_early_is_a_dead_letter(void **state)
{
    (void)state;
    for (size_t len = 1; len < STR(PLAIN).len; len++) {
        const char *outcome = run_text(str_slice(STR(PLAIN), 0, len), false);
        assert_true(strcmp(outcome, "dead truncated;") == 0 || strcmp(outcome, "dead json;") == 0);
    }
}

/* A string that is never closed in one line does not swallow the next lines. */
static void a_broken_line_does_not_hide_the_next_one(void **state)
{
    (void)state;
    assert_text_outcome("{\"x\":\"\n" PLAIN "\n", "dead json;" ALL);
    assert_text_outcome("{\"x\":[{\n" PLAIN "\n", "dead json;" ALL);
    assert_text_outcome("{\"x\":\"\\\n" PLAIN "\n", "dead json;" ALL);
    assert_text_outcome("{\"x\":1}}\n" PLAIN "\n", "dead json;" ALL);
}

/* --- compression
 * ------------------------------------------------------------------------------------------ */

static size_t compress_text(char *out, size_t capacity, struct str text)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)text.ptr;
    stream.avail_in = (uInt)text.len;
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)capacity;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return capacity - stream.avail_out;
}

static void a_compressed_message_alerts_like_the_plain_one(void **state)
{
    (void)state;
    char bytes[4096];
    size_t half = STR(PLAIN).len / 2;
    size_t len = compress_text(bytes, sizeof bytes, STR(PLAIN));
    assert_string_equal(run_text((struct str){bytes, len}, true), ALL);
    len = compress_text(bytes, sizeof bytes, str_slice(STR(PLAIN), 0, half));
    len +=
        compress_text(bytes + len, sizeof bytes - len, str_slice(STR(PLAIN), half, STR(PLAIN).len));
    assert_string_equal(run_text((struct str){bytes, len}, true), ALL);
}

static void a_damaged_compressed_message_is_a_dead_letter(void **state)
{
    (void)state;
    char bytes[4096];
    char twice[4096];
    size_t len = compress_text(bytes, sizeof bytes, STR(PLAIN));
    for (size_t cut = 20; cut < len; cut++) {
        const char *outcome = run_text((struct str){bytes, cut}, true);
        assert_true(str_ends_with(str_of(outcome), STR("dead gzip;")));
    }
    size_t twice_len = compress_text(twice, sizeof twice, (struct str){bytes, len});
    assert_string_equal(run_text((struct str){twice, twice_len}, true), "dead unrecognized;");
}

/* --- bytes
 * ------------------------------------------------------------------------------------------ */

#define WITH_NAME(name) HEAD "\"eventName\":\"" name "\"," PARAMETERS ADDRESS NUMBER
#define BUT_NAME        "nested;regex;keyword;cidr;number;"

static void upper_and_lower_case_are_the_same(void **state)
{
    (void)state;
    assert_text_outcome(WITH_NAME("CREATEUSER"), ALL);
    assert_text_outcome(WITH_NAME("createuser"), ALL);
    assert_text_outcome(WITH_NAME("\\u0063REATE\\u0055SER"), ALL);
}

/* Fullwidth, Cyrillic, long s, a zero-width space: other texts to those who act on the name, too.
 */
static void letters_that_only_look_alike_are_others(void **state)
{
    (void)state;
    assert_text_outcome(WITH_NAME("\xef\xbc\xa3reateUser"), BUT_NAME);
    assert_text_outcome(WITH_NAME("\xd0\xa1reateUser"), BUT_NAME);
    assert_text_outcome(WITH_NAME("CreateU\xc5\xbf"
                                  "er"),
                        BUT_NAME);
    assert_text_outcome(WITH_NAME("Create\xe2\x80\x8bUser"), BUT_NAME);
    assert_text_outcome(WITH_NAME("CreateUser\\u0000"), BUT_NAME);
    assert_text_outcome(WITH_NAME("CreateUser "), BUT_NAME);
    probe_open(RULE("kelvin", "1111", "    selection:\n        eventName: Kill\n"));
    assert_text_outcome(WITH_NAME("kill"), "kelvin;");
    assert_text_outcome(WITH_NAME("\xe2\x84\xaaill"), "");
}

/* An overlong form is no letter (RFC 3629); whoever reads it as one is broken. */
static void overlong_utf_8_is_no_letter(void **state)
{
    (void)state;
    assert_text_outcome(WITH_NAME("\xc1\x83reateUser"), BUT_NAME);
    assert_text_outcome(WITH_NAME("\xe0\x81\x83reateUser"), BUT_NAME);
    assert_text_outcome(WITH_NAME("\xf0\x80\x81\x83reateUser"), BUT_NAME);
}

#define WITH_USER(user)                                                                            \
    HEAD NAME "\"requestParameters\":{\"userName\":\"" user "\"}," ADDRESS NUMBER
#define BUT_REGEX "equal;nested;keyword;cidr;number;"

static void odd_bytes_in_a_value_do_not_hide_what_stands_beside_them(void **state)
{
    (void)state;
    assert_text_outcome(WITH_USER("\xff\xfe evil-1"), BUT_REGEX);
    assert_text_outcome(WITH_USER("evil-1\xc3"), BUT_REGEX);
    assert_text_outcome(WITH_USER("\0evil-1\0"), BUT_REGEX);
    assert_text_outcome(WITH_USER("\\u0000evil-1"), BUT_REGEX);
    assert_text_outcome(WITH_USER("\\ud800evil-1\\udc00"), BUT_REGEX);
    assert_text_outcome(WITH_USER("\\ud800\\u0065vil-1"), BUT_REGEX);
    assert_text_outcome(WITH_USER("\\x\\qevil-1"), BUT_REGEX);
    assert_text_outcome(WITH_USER("\x01\x1b[2Jevil-1\r\n"), BUT_REGEX);
    assert_text_outcome(WITH_USER("\xe2\x80\xae"
                                  "evil-1"),
                        BUT_REGEX);
}

static void nul_bytes_outside_strings_are_dead_letters(void **state)
{
    (void)state;
    assert_text_outcome("\0" PLAIN, "dead unrecognized;");
    assert_text_outcome(PLAIN "\0", ALL "dead unrecognized;");
    assert_text_outcome("{\0" NAME NUMBER, "dead json;");
    assert_text_outcome("\xff\xfe{\0\"\0a\0\"\0:\0"
                        "1\0}\0",
                        "dead unrecognized;");
}

static void a_byte_order_mark_is_skipped_or_said(void **state)
{
    (void)state;
    assert_text_outcome("\xef\xbb\xbf" PLAIN, ALL);
    assert_text_outcome("\xef\xbb\xbf\r\n" PLAIN, ALL);
    assert_text_outcome(PLAIN "\n\xef\xbb\xbf" PLAIN "\n", ALL "dead unrecognized;");
}

/* --- values
 * ------------------------------------------------------------------------------------------ */

static void a_number_is_the_same_in_each_way_to_write_it(void **state)
{
    (void)state;
    /* The first nine are 1000, also where only equality counts. */
    static const char *const forms[] = {"1000",     "1000.0",   "1e3",
                                        "1E+3",     "10.00e2",  "100000e-2",
                                        "\"1000\"", "[0,1000]", "1000.0000000000000001",
                                        "\"1e3\"",  "1e400",    "99999999999999999999999999"};
    struct buffer text = {0};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        buffer_clear(&text);
        buffer_printf(&text, HEAD NAME PARAMETERS ADDRESS "\"additionalEventData\":{\"bytes\":%s}}",
                      forms[i]);
        assert_outcome(buffer_str(&text), ALL);
    }
    probe_open(RULE("same", "1111", "    selection:\n        additionalEventData.bytes: 1000\n"));
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        buffer_clear(&text);
        buffer_printf(&text, HEAD NAME PARAMETERS ADDRESS "\"additionalEventData\":{\"bytes\":%s}}",
                      forms[i]);
        assert_outcome(buffer_str(&text), i < 9 ? "same;" : "");
    }
    buffer_release(&text);
}

static void a_value_in_a_list_is_looked_at(void **state)
{
    (void)state;
    assert_text_outcome(HEAD "\"eventName\":[\"x\",[[\"CreateUser\"]]],"
                             "\"requestParameters\":[{},[{\"userName\":[\"x\",\"evil-1\"]}]],"
                             "\"sourceIPAddress\":[\"x\",\"192.0.2.1\"]," NUMBER,
                        ALL);
}

/* A megabyte of decoys in front. */
static void more_values_than_are_kept_make_a_dead_letter(void **state)
{
    (void)state;
    struct buffer text = {0};
    buffer_add_text(&text, HEAD "\"eventName\":[0");
    for (uint32_t i = 0; i < LIMIT_EVENT_VALUES; i++) {
        buffer_add_text(&text, ",0");
    }
    buffer_add_text(&text, ",\"CreateUser\"]," PARAMETERS ADDRESS NUMBER);
    assert_outcome(buffer_str(&text), "dead values;");
    buffer_release(&text);
}

static void an_event_that_is_too_long_is_a_dead_letter(void **state)
{
    (void)state;
    struct buffer text = {0};
    buffer_add_text(&text, "{\"filler\":\"");
    for (uint32_t i = 0; i < LIMIT_RECORD_BYTES; i++) {
        buffer_add_byte(&text, 'x');
    }
    buffer_add_text(&text, "\",");
    buffer_add(&text, str_slice(STR(PLAIN), 1, STR(PLAIN).len));
    buffer_add_text(&text, "\n" PLAIN "\n");
    assert_outcome(buffer_str(&text), "dead oversize;" ALL);
    buffer_release(&text);
}

/* --- the strict check
 * ------------------------------------------------------------------------------------------ */

static void assert_strict(struct str text, const char *usual, const char *strict)
{
    struct probe_input input = {.bytes = text, .message = true};
    assert_string_equal(probe_run(&input), usual);
    input.strict = true;
    assert_string_equal(probe_run(&input), strict);
}

#define assert_text_strict(text, usual, strict) assert_strict(STR(text), usual, strict)

static void the_strict_check_takes_valid_events_in_every_form(void **state)
{
    (void)state;
    struct buffer text = {0};
    assert_text_strict(PLAIN, ALL, ALL);
    add_spaced(&text, STR(PLAIN), "\r\n");
    assert_strict(buffer_str(&text), ALL, ALL);
    buffer_clear(&text);
    add_escaped(&text, STR(PLAIN), true);
    assert_strict(buffer_str(&text), ALL, ALL);
    assert_text_strict("{\"Records\":[" PLAIN "," PLAIN "]}", ALL ALL, ALL ALL);
    assert_text_strict(WITH_USER("\\ud800 evil-1 \xc3\xa9"), BUT_REGEX, BUT_REGEX);
    buffer_release(&text);
}

static void the_strict_check_refuses_what_the_scanner_does_not_look_at(void **state)
{
    (void)state;
    assert_text_strict(WITH_USER("evil-1 \xff"), BUT_REGEX, "dead json_strict;");
    assert_text_strict(WITH_USER("evil-1 \xc1\xa1"), BUT_REGEX, "dead json_strict;");
    assert_text_strict(WITH_USER("evil-1 \xed\xa0\x80"), BUT_REGEX, "dead json_strict;");
    assert_text_strict(WITH_USER("evil-1 \\x"), BUT_REGEX, "dead json_strict;");
    assert_text_strict(WITH_USER("evil-1 \t"), BUT_REGEX, "dead json_strict;");
    assert_text_strict(WITH_USER("evil-1 \0"), BUT_REGEX, "dead json_strict;");
    assert_text_strict("{\"x\":{\"y\" 1}," NAME PARAMETERS ADDRESS
                       "\"eventSource\":\"iam.amazonaws.com\"," NUMBER,
                       ALL, "dead json_strict;");
    assert_text_strict("{\"x\":[1 2]," NAME PARAMETERS ADDRESS
                       "\"eventSource\":\"iam.amazonaws.com\"," NUMBER,
                       ALL, "dead json_strict;");
}

static void what_is_refused_anyway_has_the_same_reason_in_strict_mode(void **state)
{
    (void)state;
    assert_text_strict("{\"a\":}", "dead json;", "dead json;");
    assert_text_strict("{\"a\":1", "dead truncated;", "dead truncated;");
    assert_text_strict("\xff", "dead unrecognized;", "dead unrecognized;");
}

/* --- documents and envelopes
 * ------------------------------------------------------------------------------------------ */

static void the_key_of_a_list_may_be_escaped(void **state)
{
    (void)state;
    assert_text_outcome("{\"R\\u0065cords\":[" PLAIN "]}", ALL);
    assert_text_outcome("{\"x\":{\"Records\":[]},\"\\u0052ecords\" : [" PLAIN "]}", ALL);
}

static void an_envelope_may_be_written_with_escapes(void **state)
{
    (void)state;
    struct buffer text = {0};
    add_escaped(&text, STR("{\"version\":\"0\",\"detail-type\":\"t\",\"detail\":" PLAIN "}"),
                false);
    assert_outcome(buffer_str(&text), ALL);
    buffer_release(&text);
}

static void of_two_contents_of_an_envelope_both_are_looked_at(void **state)
{
    (void)state;
    assert_text_outcome("{\"version\":\"0\",\"detail-type\":\"t\",\"detail\":{\"x\":1},"
                        "\"detail\":" PLAIN "}",
                        ALL);
    assert_text_outcome("{\"version\":\"0\",\"detail-type\":\"t\",\"detail\":null,"
                        "\"detail\":" PLAIN "}",
                        ALL);
}

/* "Type" says that there is nothing in it; what is in it says otherwise. */
static void a_second_type_does_not_make_a_handshake_of_a_notification(void **state)
{
    (void)state;
#define MESSAGE                                                                                    \
    "\"Message\":\"{\\\"eventSource\\\":\\\"iam.amazonaws.com\\\","                                \
    "\\\"eventName\\\":\\\"CreateUser\\\"}\"}"
    assert_text_outcome("{\"Type\":\"Notification\"," MESSAGE, "equal;");
    assert_text_outcome("{\"Type\":\"SubscriptionConfirmation\",\"Type\":\"Notification\"," MESSAGE,
                        "equal;");
    assert_text_outcome("{\"Type\":\"Notification\",\"Type\":\"SubscriptionConfirmation\"," MESSAGE,
                        "equal;");
#undef MESSAGE
}

static int open_rules(void **state)
{
    (void)state;
    probe_open(rules);
    return 0;
}

static int close_rules(void **state)
{
    (void)state;
    probe_close();
    return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rules, close_rules)
    const struct CMUnitTest tests[] = {
        TEST(the_plain_form_raises_every_alert),
        TEST(an_event_that_is_all_escapes_alerts_like_the_plain_one),
        TEST(an_escape_in_any_place_changes_nothing),
        TEST(an_escaped_slash_is_a_slash),
        TEST(of_equal_keys_any_value_may_match),
        TEST(of_equal_keys_any_value_may_match_a_filter),
        TEST(a_second_event_source_does_not_make_another_log_of_it),
        TEST(what_is_nested_too_deep_is_a_dead_letter_wherever_it_stands),
        TEST(a_deep_neighbour_does_not_take_the_event_with_it),
        TEST(pretty_printed_events_alert_one_by_one),
        TEST(a_pretty_printed_document_is_its_records),
        TEST(events_without_a_line_end_between_them_are_two),
        TEST(what_separates_events_in_other_ways_is_a_dead_letter),
        TEST(a_block_edge_at_any_byte_changes_nothing),
        TEST(no_padding_behind_the_text_is_needed),
        TEST(a_text_that_ends_too_early_is_a_dead_letter),
        TEST(a_broken_line_does_not_hide_the_next_one),
        TEST(a_compressed_message_alerts_like_the_plain_one),
        TEST(a_damaged_compressed_message_is_a_dead_letter),
        TEST(upper_and_lower_case_are_the_same),
        TEST(letters_that_only_look_alike_are_others),
        TEST(overlong_utf_8_is_no_letter),
        TEST(odd_bytes_in_a_value_do_not_hide_what_stands_beside_them),
        TEST(nul_bytes_outside_strings_are_dead_letters),
        TEST(a_byte_order_mark_is_skipped_or_said),
        TEST(a_number_is_the_same_in_each_way_to_write_it),
        TEST(a_value_in_a_list_is_looked_at),
        TEST(more_values_than_are_kept_make_a_dead_letter),
        TEST(an_event_that_is_too_long_is_a_dead_letter),
        TEST(the_strict_check_takes_valid_events_in_every_form),
        TEST(the_strict_check_refuses_what_the_scanner_does_not_look_at),
        TEST(what_is_refused_anyway_has_the_same_reason_in_strict_mode),
        TEST(the_key_of_a_list_may_be_escaped),
        TEST(an_envelope_may_be_written_with_escapes),
        TEST(of_two_contents_of_an_envelope_both_are_looked_at),
        TEST(a_second_type_does_not_make_a_handshake_of_a_notification),
    };
    return cmocka_run_group_tests_name("engine_evasion", tests, NULL, NULL);
}
