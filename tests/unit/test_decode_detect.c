/* SPDX-License-Identifier: Apache-2.0
 *
 * test_decode_detect.c - which decoder takes a record: by content, by configuration; what nobody
 * takes; the tables of decoders and log sources.
 */
#include "tests/decoding.h"

#include "base/buffer.h"
#include "base/limits.h"

#include <stdio.h>
#include <string.h>

#define OWNER "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define S3_LINE                                                                                    \
    OWNER " b [06/Feb/2026:00:00:38 +0000] - - R REST.GET.OBJECT k \"-\" - - - - - - \"-\" \"-\" " \
          "-"
#define TRAIL_LINE "{\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":\"RunInstances\"}"
#define JSON_LINE  "{\"level\":\"info\"}"
#define SSHD_LINE                                                                                  \
    "<38>Mar  2 10:15:30 web1 sshd[7]: Accepted password for ana from 192.0.2.3 port 5 ssh2"

static const struct {
    const char *text;
    const char *decoder; /* NULL: filtered */
    const char *logsource;
} lines[] = {
    {TRAIL_LINE, "cloudtrail", "aws/cloudtrail"},
    {"  " TRAIL_LINE " ", "cloudtrail", "aws/cloudtrail"},
    {JSON_LINE, "json", "json"},
    {S3_LINE, "s3access", "aws/s3access"},
    {SSHD_LINE, "syslog", "linux/sshd"},
    {"Mar  2 10:15:30 web1 sudo: ana : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/id", "syslog",
     "linux/sudo"},
    {"<13>1 2026-03-02T10:15:30Z h app - - - hello", "syslog", "linux/syslog"},
    {"", NULL, NULL},
    {" \t\r", NULL, NULL},
};
#define LINES (sizeof lines / sizeof lines[0])

static void check_line(struct decoding *decoding, size_t i)
{
    struct str text = str_of(lines[i].text);
    enum decode_verdict verdict = decode_text(decoding, text);
    if (lines[i].decoder == NULL) {
        assert_int_equal(verdict, DECODE_FILTERED);
        return;
    }
    if (verdict != DECODE_EVENT) {
        fail_msg("verdict %d: %s", verdict, lines[i].text);
    }
    assert_string_equal(decoder_table[decoding->event.decoder]->name, lines[i].decoder);
    assert_logsource(decoding, lines[i].logsource);
    assert_ptr_equal(decoding->event.record, &decoding->record);
    assert_int_equal(decoding->record.fault, RECORD_FAULT_NONE);
}

static void records_are_told_by_their_content(void **state)
{
    (void)state;
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    for (size_t i = 0; i < LINES; i++) {
        check_line(&decoding, i);
    }
    decoding_stop(&decoding);
}

/* Every record behind every other, and behind faults: no memory of who came before. */
static void neighbours_change_nothing(void **state)
{
    (void)state;
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    for (size_t before = 0; before <= LINES; before++) {
        for (size_t i = 0; i < LINES; i++) {
            if (before < LINES) {
                check_line(&decoding, before);
            } else {
                assert_int_equal(decode_text(&decoding, STR("{\"eventName\":")), DECODE_FAULT);
            }
            check_line(&decoding, i);
        }
    }
    decoding_stop(&decoding);
}

static void what_nobody_claims_is_unrecognized(void **state)
{
    (void)state;
    static const char *const unknown[] = {"hello world",  "[1]", "\"text\"", "0123456789abcdef b [",
                                          "\x1f\x8b\x08", "<>",  "CEF:0|a|b"};
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        if (decode_text(&decoding, str_of(unknown[i])) != DECODE_FAULT ||
            decoding.record.fault != RECORD_FAULT_UNRECOGNIZED) {
            fail_msg("not unrecognized: %s", unknown[i]);
        }
    }
    assert_int_equal(decode_text(&decoding, (struct str){"\0", 1}), DECODE_FAULT);
    assert_int_equal(decoding.record.fault, RECORD_FAULT_UNRECOGNIZED);
    decoding_stop(&decoding);
}

static void a_configured_decoder_takes_all_or_says_that_it_is_not_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *decoder;
        const char *text;
        enum record_fault fault; /* NONE: an event of logsource */
        const char *logsource;
    } cases[] = {
        {"json", TRAIL_LINE, RECORD_FAULT_NONE, "json"},
        {"cloudtrail", TRAIL_LINE, RECORD_FAULT_NONE, "aws/cloudtrail"},
        {"s3access", "short b [06/Feb/2026:00:00:38 +0000] - - R REST.GET.OBJECT k \"-\"",
         RECORD_FAULT_NONE, "aws/s3access"},
        {"syslog", "hello world", RECORD_FAULT_NONE, "linux/syslog"},
        {"syslog", JSON_LINE, RECORD_FAULT_NONE, "linux/syslog"},
        {"cloudtrail", JSON_LINE, RECORD_FAULT_CLOUDTRAIL, NULL},
        {"cloudtrail", SSHD_LINE, RECORD_FAULT_JSON, NULL},
        {"s3access", JSON_LINE, RECORD_FAULT_S3ACCESS, NULL},
        {"s3access", SSHD_LINE, RECORD_FAULT_S3ACCESS, NULL},
        {"json", S3_LINE, RECORD_FAULT_JSON, NULL},
        {"json", "[1]", RECORD_FAULT_JSON_TYPE, NULL},
    };
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        decoding.stream.decoder = cases[i].decoder;
        enum decode_verdict verdict = decode_text(&decoding, str_of(cases[i].text));
        if (decoding.record.fault != cases[i].fault) {
            fail_msg("%s: fault is %s: %s", cases[i].decoder,
                     record_fault_name((enum record_fault)decoding.record.fault), cases[i].text);
        }
        assert_int_equal(verdict, cases[i].logsource == NULL ? DECODE_FAULT : DECODE_EVENT);
        if (cases[i].logsource != NULL) {
            assert_logsource(&decoding, cases[i].logsource);
        }
    }
    assert_int_equal(decode_text(&decoding, STR("  ")), DECODE_FILTERED);
    decoding_stop(&decoding);
}

static void a_fault_of_framing_stays_what_it_is(void **state)
{
    (void)state;
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    decoding.chunk.stream = &decoding.stream;
    decoding.record =
        (struct record){.bytes = STR(TRAIL_LINE), .fault = RECORD_FAULT_OVERSIZE, .fault_at = 9};
    assert_int_equal(
        decoder_run(&decoding.context, &decoding.chunk, &decoding.record, &decoding.event),
        DECODE_FAULT);
    assert_int_equal(decoding.record.fault, RECORD_FAULT_OVERSIZE);
    assert_int_equal(decoding.record.fault_at, 9);
    decoding_stop(&decoding);
}

static void keywords_search_the_whole_record(void **state)
{
    (void)state;
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    decode_text(&decoding, STR(S3_LINE));
    assert_true(str_equal(decoding.event.raw, STR(S3_LINE)));
    decode_text(&decoding, STR(TRAIL_LINE));
    assert_true(str_equal(decoding.event.raw, STR(TRAIL_LINE)));
    decoding_stop(&decoding);
}

static void an_event_without_a_time_and_a_reference_is_of_1970(void **state)
{
    (void)state;
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    decode_text(&decoding, STR(JSON_LINE));
    assert_int_equal(decoding.event.flags, EVENT_TIMELESS);
    assert_true(decoding.event.time_ns == 0);
    decoding_stop(&decoding);
}

static void decoders_are_found_by_name(void **state)
{
    (void)state;
    for (int i = 0; decoder_table[i] != NULL; i++) {
        assert_int_equal(decoder_index(decoder_table[i]->name), i);
        assert_true(strlen(decoder_table[i]->doc) > 0);
        const struct decoder_field *field = decoder_table[i]->fields;
        for (; field != NULL && field->name != NULL; field++) {
            assert_true(strlen(field->doc) > 0);
        }
    }
    assert_int_equal(decoder_index("no such decoder"), -1);
}

static void log_sources_are_what_rules_call_them(void **state)
{
    (void)state;
    const struct logsource *sshd = &logsource_table[logsource_index("linux/sshd")];
    assert_string_equal(sshd->product, "linux");
    assert_null(sshd->category);
    assert_string_equal(sshd->services[0], "sshd");
    assert_string_equal(sshd->services[1], "auth");
    assert_string_equal(sshd->services[2], "syslog");
    assert_null(sshd->services[3]);
    const struct logsource *trail = &logsource_table[logsource_index("aws/cloudtrail")];
    assert_string_equal(trail->product, "aws");
    assert_string_equal(trail->services[0], "cloudtrail");
    assert_null(logsource_table[logsource_index("json")].product);
    assert_null(logsource_table[logsource_count()].name);
}

static struct buffer read_page(const char *path)
{
    struct buffer page = {0};
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("no page %s", path);
    }
    for (int c = fgetc(file); c != EOF; c = fgetc(file)) {
        buffer_add_byte(&page, (char)c);
    }
    fclose(file);
    return page;
}

static void assert_page_has(const struct buffer *page, struct buffer *wanted)
{
    if (str_find(buffer_str(page), buffer_str(wanted)) == STR_NOT_FOUND) {
        fail_msg("not documented: %.*s", STR_ARG(buffer_str(wanted)));
    }
    buffer_clear(wanted);
}

static void the_pages_list_every_field_and_log_source(void **state)
{
    (void)state;
    struct buffer index = read_page(SOURCE_DIR "/docs/FORMATS.md");
    struct buffer wanted = {0};
    for (int i = 0; decoder_table[i] != NULL; i++) {
        char path[256];
        snprintf(path, sizeof path, SOURCE_DIR "/docs/formats/%s.md", decoder_table[i]->name);
        struct buffer page = read_page(path);
        const struct decoder_field *field = decoder_table[i]->fields;
        for (; field != NULL && field->name != NULL; field++) {
            buffer_printf(&wanted, "`%s`", field->name);
            assert_page_has(&page, &wanted);
        }
        buffer_release(&page);
        buffer_printf(&wanted, "| `%s` |", decoder_table[i]->name);
        assert_page_has(&index, &wanted);
    }
    for (uint32_t i = 0; i < logsource_count(); i++) {
        const struct logsource *row = &logsource_table[i];
        buffer_printf(&wanted, "| `%s` |%s%s |", row->name, row->product == NULL ? "" : " ",
                      row->product == NULL ? "" : row->product);
        for (int k = 0; k < LOGSOURCE_SERVICES_MAX && row->services[k] != NULL; k++) {
            buffer_printf(&wanted, "%s %s", k > 0 ? "," : "", row->services[k]);
        }
        buffer_add_text(&wanted, " |");
        assert_page_has(&index, &wanted);
    }
    buffer_release(&wanted);
    buffer_release(&index);
}

static void assert_no_logsource(const char *text)
{
    uint32_t index = 0;
    struct err err = {0};
    assert_int_equal(logsource_give(text, &index, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "write product=..,"));
}

/* The last test: rows that were given stay. */
static void section_7_line_25_an_operator_says_what_json_events_are(void **state)
{
    (void)state;
    struct err err = {0};
    uint32_t built_in = logsource_count();
    uint32_t audit = 0;
    uint32_t again = 0;
    uint32_t web = 0;
    assert_int_equal(logsource_give("product=linux,service=auditd", &audit, &err), 0);
    assert_int_equal(logsource_give(" service = auditd , product = Linux", &again, &err), 0);
    assert_int_equal(logsource_give("category=webserver", &web, &err), 0);
    assert_int_equal(audit, built_in);
    assert_int_equal(again, audit);
    assert_int_equal(web, built_in + 1);
    assert_int_equal(logsource_count(), built_in + 2);
    assert_string_equal(logsource_table[audit].name, "linux/auditd");
    assert_string_equal(logsource_table[audit].services[0], "auditd");
    assert_null(logsource_table[audit].category);
    assert_string_equal(logsource_table[web].name, "webserver");
    assert_null(logsource_table[web].product);
    assert_null(logsource_table[logsource_count()].name);
    static const char *const wrong[] = {
        "", "product", "product=", "produkt=a", "product=a,", "product=a,product=b", "=a"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_no_logsource(wrong[i]);
    }
    char text[64];
    for (int i = 2; i < LIMIT_LOGSOURCES; i++) {
        snprintf(text, sizeof text, "service=s%d", i);
        assert_int_equal(logsource_give(text, &web, &err), 0);
    }
    assert_int_equal(logsource_give("service=one_more", &web, &err), ERR_CONFIG);
    assert_string_equal(err.text, "more than 64 log sources are given");
    assert_int_equal(logsource_count(), built_in + LIMIT_LOGSOURCES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_told_by_their_content),
        cmocka_unit_test(neighbours_change_nothing),
        cmocka_unit_test(what_nobody_claims_is_unrecognized),
        cmocka_unit_test(a_configured_decoder_takes_all_or_says_that_it_is_not_its_own),
        cmocka_unit_test(a_fault_of_framing_stays_what_it_is),
        cmocka_unit_test(keywords_search_the_whole_record),
        cmocka_unit_test(an_event_without_a_time_and_a_reference_is_of_1970),
        cmocka_unit_test(decoders_are_found_by_name),
        cmocka_unit_test(log_sources_are_what_rules_call_them),
        cmocka_unit_test(the_pages_list_every_field_and_log_source),
        cmocka_unit_test(section_7_line_25_an_operator_says_what_json_events_are),
    };
    return cmocka_run_group_tests_name("decode detect", tests, NULL, NULL);
}
