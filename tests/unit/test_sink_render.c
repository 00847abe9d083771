/* SPDX-License-Identifier: Apache-2.0
 *
 * test_sink_render.c - alerts for people and spreadsheets, with hostile log data.
 */
#include "base/timestamp.h"
#include "respond/sink/sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const struct rule rule = {
    .id = {"5f3c", 4}, .title = {"Root login", 10}, .level = RULE_HIGH};

static struct alert make_alert(struct alert_event *event, struct alert_field *fields,
                               uint32_t fields_count)
{
    *event = (struct alert_event){.source = STR("logs/a.json"), .partition = -1, .offset = 42};
    return (struct alert){
        .id = "00112233445566778899aabbccddeeff",
        .rule = &rule,
        .time_ns = INT64_C(1767323045) * TIMESTAMP_SECOND_NS,
        .logsource = STR("aws/cloudtrail"),
        .events = event,
        .events_count = 1,
        .events_total = 1,
        .fields = fields,
        .fields_count = fields_count,
        .original = STR("{}"),
        .original_len = 2,
    };
}

static void assert_rendered(struct buffer *out, const char *want)
{
    buffer_add_byte(out, '\0');
    assert_string_equal(out->ptr, want);
    buffer_release(out);
}

static void people_see_time_level_title_fields_and_place(void **state)
{
    (void)state;
    struct alert_event event;
    struct alert_field fields[] = {{STR("event.action"), STR("ConsoleLogin")},
                                   {STR("source.ip"), STR("192.0.2.1")}};
    struct alert alert = make_alert(&event, fields, 2);
    struct buffer out = {0};
    sink_render_pretty(&alert, false, &out);
    assert_rendered(&out, "2026-01-02T03:04:05Z  high  Root login\n"
                          "    event.action             ConsoleLogin\n"
                          "    source.ip                192.0.2.1\n"
                          "    record                   logs/a.json offset 42\n"
                          "    {}\n\n");
}

static void a_correlation_shows_its_count_window_and_group(void **state)
{
    (void)state;
    struct rule counting = rule;
    struct alert_event event;
    struct alert_field group[] = {{STR("sourceIPAddress"), STR("192.0.2.9")}};
    struct alert alert = make_alert(&event, NULL, 0);
    counting.correlation.kind = CORRELATION_EVENT_COUNT;
    alert.rule = &counting;
    alert.value = 5;
    alert.window_start_ns = alert.time_ns - 60 * TIMESTAMP_SECOND_NS;
    alert.window_end_ns = alert.time_ns;
    alert.group = group;
    alert.group_count = 1;
    alert.original = (struct str){0};
    event.partition = 3;
    event.sub = 2;
    struct buffer out = {0};
    sink_render_pretty(&alert, false, &out);
    assert_rendered(
        &out, "2026-01-02T03:04:05Z  high  Root login\n"
              "    count                    5 from 2026-01-02T03:03:05Z to 2026-01-02T03:04:05Z\n"
              "    sourceIPAddress          192.0.2.9\n"
              "    record                   logs/a.json partition 3 offset 42 record 2\n\n");
}

static void log_data_can_not_move_the_cursor_or_forge_a_line(void **state)
{
    (void)state;
    struct alert_event event;
    struct alert_field fields[] = {{STR("user.name"), STR("a\x1b[2Jb\r\nc\xc2\x9b"
                                                          "d\xe2\x80\xae")}};
    struct alert alert = make_alert(&event, fields, 1);
    alert.original = STR("x\x1b]0;title\x07\n2026-01-01  critical  forged");
    alert.original_len = alert.original.len;
    event.source = STR("dir\n/\x1b[31m");
    struct buffer out = {0};
    sink_render_pretty(&alert, false, &out);
    uint32_t lines = 0;
    for (size_t i = 0; i < out.len; i++) {
        unsigned char c = (unsigned char)out.ptr[i];
        assert_true(c == '\n' || (c >= 0x20 && c < 0x7f));
        lines += c == '\n' ? 1 : 0;
    }
    assert_int_equal(lines, 5);
    buffer_release(&out);
}

static void colours_are_only_there_when_asked_for(void **state)
{
    (void)state;
    struct alert_event event;
    struct alert alert = make_alert(&event, NULL, 0);
    struct buffer out = {0};
    sink_render_pretty(&alert, true, &out);
    assert_true(str_find(buffer_str(&out), STR("\x1b[31mhigh\x1b[0m")) != STR_NOT_FOUND);
    buffer_clear(&out);
    sink_render_pretty(&alert, false, &out);
    assert_true(str_find_byte(buffer_str(&out), '\x1b') == STR_NOT_FOUND);
    buffer_release(&out);
}

static void csv_is_one_line_and_no_cell_is_a_formula(void **state)
{
    (void)state;
    struct alert_event event;
    struct alert_field fields[] = {{STR("event.action"), STR("=cmd|' /C calc'!A0")},
                                   {STR("user.name"), STR("a \"b\", c")}};
    struct alert alert = make_alert(&event, fields, 2);
    struct buffer out = {0};
    sink_render_csv(&alert, &out);
    assert_rendered(&out, "2026-01-02T03:04:05Z,high,Root login,5f3c,"
                          "00112233445566778899aabbccddeeff,aws/cloudtrail,"
                          "\"'=cmd|' /C calc'!A0\",,"
                          "\"a \"\"b\"\", c\",,,,,1,logs/a.json,,42\r\n");
}

static void the_header_has_as_many_cells_as_a_line(void **state)
{
    (void)state;
    struct alert_event event;
    struct alert alert = make_alert(&event, NULL, 0);
    struct buffer header = {0};
    struct buffer line = {0};
    sink_render_csv_header(&header);
    sink_render_csv(&alert, &line);
    int difference = 0;
    for (size_t i = 0; i < header.len; i++) {
        difference += header.ptr[i] == ',' ? 1 : 0;
    }
    for (size_t i = 0; i < line.len; i++) {
        difference -= line.ptr[i] == ',' ? 1 : 0;
    }
    assert_int_equal(difference, 0);
    buffer_release(&header);
    buffer_release(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_see_time_level_title_fields_and_place),
        cmocka_unit_test(a_correlation_shows_its_count_window_and_group),
        cmocka_unit_test(log_data_can_not_move_the_cursor_or_forge_a_line),
        cmocka_unit_test(colours_are_only_there_when_asked_for),
        cmocka_unit_test(csv_is_one_line_and_no_cell_is_a_formula),
        cmocka_unit_test(the_header_has_as_many_cells_as_a_line),
    };
    return cmocka_run_group_tests_name("sink_render", tests, NULL, NULL);
}
