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
    RULE("equal", "1111", "    selection:\n        eventName: CreateUser\n")
    RULE("nested", "2222", "    selection:\n        requestParameters.userName|contains: evil\n")
    RULE("regex", "3333", "    selection:\n        requestParameters.userName|re: ^e[u-w]il.1$\n")
    RULE("keyword", "4444", "    selection:\n        - 'evil-1'\n")
    RULE("cidr", "5555", "    selection:\n        sourceIPAddress|cidr: 192.0.2.0/24\n")
    RULE("number", "6666", "    selection:\n        additionalEventData.bytes|gte: 1000\n");

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
    static const char *const decoys[] = {"\"x\"", "\"\"", "null", "0", "true", "[]", "{}",
                                         "[\"x\",{}]", "{\"userName\":\"x\"}"};
    struct buffer text = {0};
    for (size_t i = 0; i < sizeof decoys / sizeof decoys[0]; i++) {
        const char *keys[] = {"eventName", "requestParameters", "sourceIPAddress",
                              "additionalEventData", "eventSource", "event\\u004eame"};
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

/* An eventSource that begins with "aws:" makes JSON of another kind, unless another one follows. */
static void a_second_event_source_does_not_make_another_log_of_it(void **state)
{
    (void)state;
    assert_text_outcome("{\"eventSource\":\"aws:s3\",\"eventVersion\":\"1.08\"," NAME PARAMETERS
                            ADDRESS "\"eventSource\":\"iam.amazonaws.com\"," NUMBER,
                        ALL);
    assert_text_outcome("{\"eventSource\":\"iam.amazonaws.com\",\"eventSource\":\"aws:s3\","
                        "\"eventVersion\":\"1.08\"," NAME PARAMETERS ADDRESS NUMBER,
                        ALL);
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
        TEST(a_second_event_source_does_not_make_another_log_of_it),
    };
    return cmocka_run_group_tests_name("engine_evasion", tests, NULL, NULL);
}
