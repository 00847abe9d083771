/* SPDX-License-Identifier: Apache-2.0
 *
 * test_report.c - see test_report.h.
 */
#include "cli/workbench/test_report.h"

#include "base/timestamp.h"
#include "cli/json_out.h"

#include <inttypes.h>

uint32_t test_report_failed(const struct test_report *report)
{
    uint32_t failed = 0;
    for (uint32_t i = 0; i < report->results_count; i++) {
        failed += report->results[i].why.len > 0 ? 1 : 0;
    }
    return failed;
}

static bool is_uncovered(const struct test_report *report, uint32_t rule)
{
    return report->covered != NULL && !report->covered[rule];
}

/* Each line of why, indented; a report must not be changed by what a log says. */
static void add_lines(struct str why, struct buffer *out)
{
    while (why.len > 0) {
        size_t end = str_find_byte(why, '\n');
        struct str line = str_slice(why, 0, end);
        buffer_add_text(out, "    ");
        buffer_add(out, line);
        buffer_add_byte(out, '\n');
        why = str_slice(why, line.len + 1, why.len);
    }
}

void test_report_text(const struct test_report *report, struct buffer *out)
{
    for (uint32_t i = 0; i < report->broken_count; i++) {
        buffer_add_text(out, "BROKEN ");
        buffer_add_printable(out, report->broken[i].why);
        buffer_add_byte(out, '\n');
    }
    for (uint32_t i = 0; i < report->results_count; i++) {
        const struct test_result *result = &report->results[i];
        if (result->why.len > 0) {
            buffer_add_text(out, "FAILED ");
            buffer_add_printable(out, result->file->path);
            buffer_printf(out, ":%" PRIu32 ": ", result->tested->line);
            buffer_add_printable(out, result->tested->title);
            buffer_add_byte(out, '\n');
            add_lines(result->why, out);
        }
    }
    uint32_t uncovered = 0;
    for (uint32_t i = 0; i < report->rules->rules_count; i++) {
        if (is_uncovered(report, i)) {
            const struct rule *rule = &report->rules->rules[i];
            uncovered++;
            buffer_add_text(out, "UNTESTED ");
            buffer_add_printable(out, rule->path);
            buffer_printf(out, ":%" PRIu32 ": ", rule->line);
            buffer_add_printable(out, rule->title);
            buffer_add_byte(out, '\n');
        }
    }
    uint32_t failed = test_report_failed(report);
    buffer_printf(out,
                  "%" PRIu32 " files, %" PRIu32 " tests: %" PRIu32 " passed, %" PRIu32
                  " failed; %" PRIu32 " broken files",
                  report->files_count, report->results_count, report->results_count - failed,
                  failed, report->broken_count);
    if (report->covered != NULL) {
        buffer_printf(out, "; %" PRIu32 " of %" PRIu32 " rules have no test", uncovered,
                      report->rules->rules_count);
    }
    buffer_add_byte(out, '\n');
}

static cJSON *result_json(const struct test_result *result)
{
    cJSON *json = cJSON_CreateObject();
    json_out_text(json, "path", result->file->path);
    json_out_count(json, "line", result->tested->line);
    json_out_text(json, "title", result->tested->title);
    cJSON_AddBoolToObject(json, "passed", result->why.len == 0);
    json_out_text(json, "reason", str_trim(result->why));
    json_out_count(json, "elapsed_ns", (uint64_t)result->elapsed_ns);
    return json;
}

void test_report_json(const struct test_report *report, struct buffer *out)
{
    cJSON *root = cJSON_CreateObject();
    json_out_count(root, "files", report->files_count);
    json_out_count(root, "tests", report->results_count);
    json_out_count(root, "failed", test_report_failed(report));
    cJSON *broken = cJSON_AddArrayToObject(root, "broken");
    for (uint32_t i = 0; i < report->broken_count; i++) {
        cJSON *json = cJSON_CreateObject();
        json_out_text(json, "path", report->broken[i].path);
        json_out_text(json, "reason", report->broken[i].why);
        cJSON_AddItemToArray(broken, json);
    }
    cJSON *results = cJSON_AddArrayToObject(root, "results");
    for (uint32_t i = 0; i < report->results_count; i++) {
        cJSON_AddItemToArray(results, result_json(&report->results[i]));
    }
    cJSON *untested = report->covered == NULL ? NULL : cJSON_AddArrayToObject(root, "untested");
    for (uint32_t i = 0; i < report->rules->rules_count; i++) {
        if (is_uncovered(report, i)) {
            const struct rule *rule = &report->rules->rules[i];
            cJSON *json = cJSON_CreateObject();
            json_out_text(json, "id", rule->id);
            json_out_text(json, "title", rule->title);
            json_out_text(json, "path", rule->path);
            json_out_count(json, "line", rule->line);
            cJSON_AddItemToArray(untested, json);
        }
    }
    json_out_finish(root, out);
}

/* text as XML: control characters that XML has no way to write become U+FFFD. */
static void add_xml(struct buffer *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '<') {
            buffer_add_text(out, "&lt;");
        } else if (c == '>') {
            buffer_add_text(out, "&gt;");
        } else if (c == '&') {
            buffer_add_text(out, "&amp;");
        } else if (c == '"') {
            buffer_add_text(out, "&quot;");
        } else if ((unsigned char)c < 0x20 && c != '\n') {
            buffer_add_text(out, "\xef\xbf\xbd");
        } else {
            buffer_add_byte(out, c);
        }
    }
}

static void add_attribute(struct buffer *out, const char *name, struct str value)
{
    buffer_printf(out, " %s=\"", name);
    add_xml(out, value);
    buffer_add_byte(out, '"');
}

static void add_case_xml(const struct test_result *result, struct buffer *out)
{
    buffer_add_text(out, "    <testcase");
    add_attribute(out, "name", result->tested->title);
    add_attribute(out, "classname", result->file->path);
    add_attribute(out, "file", result->file->path);
    buffer_printf(out, " line=\"%" PRIu32 "\" time=\"%.6f\"", result->tested->line,
                  (double)result->elapsed_ns / (double)TIMESTAMP_SECOND_NS);
    if (result->why.len == 0) {
        buffer_add_text(out, "/>\n");
        return;
    }
    buffer_add_text(out, ">\n      <failure");
    add_attribute(out, "message", str_slice(result->why, 0, str_find_byte(result->why, '\n')));
    buffer_add_byte(out, '>');
    add_xml(out, result->why);
    buffer_add_text(out, "</failure>\n    </testcase>\n");
}

static void add_suite(const struct test_report *report, uint32_t first, uint32_t end,
                      struct buffer *out)
{
    uint32_t failed = 0;
    for (uint32_t i = first; i < end; i++) {
        failed += report->results[i].why.len > 0 ? 1 : 0;
    }
    buffer_add_text(out, "  <testsuite");
    add_attribute(out, "name", report->results[first].file->path);
    buffer_printf(out, " tests=\"%" PRIu32 "\" failures=\"%" PRIu32 "\" errors=\"0\">\n",
                  end - first, failed);
    for (uint32_t i = first; i < end; i++) {
        add_case_xml(&report->results[i], out);
    }
    buffer_add_text(out, "  </testsuite>\n");
}

static void add_broken_xml(const struct test_broken *broken, struct buffer *out)
{
    buffer_add_text(out, "  <testsuite");
    add_attribute(out, "name", broken->path);
    buffer_add_text(out, " tests=\"1\" failures=\"0\" errors=\"1\">\n    <testcase"
                         " name=\"the file can be used\"");
    add_attribute(out, "classname", broken->path);
    buffer_add_text(out, ">\n      <error");
    add_attribute(out, "message", broken->why);
    buffer_add_text(out, "/>\n    </testcase>\n  </testsuite>\n");
}

void test_report_junit(const struct test_report *report, struct buffer *out)
{
    buffer_printf(out,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"tocsin rules "
                  "test\" tests=\"%" PRIu32 "\" failures=\"%" PRIu32 "\" errors=\"%" PRIu32 "\">\n",
                  report->results_count + report->broken_count, test_report_failed(report),
                  report->broken_count);
    for (uint32_t i = 0; i < report->broken_count; i++) {
        add_broken_xml(&report->broken[i], out);
    }
    for (uint32_t first = 0; first < report->results_count;) {
        uint32_t end = first + 1;
        while (end < report->results_count &&
               report->results[end].file == report->results[first].file) {
            end++;
        }
        add_suite(report, first, end, out);
        first = end;
    }
    buffer_add_text(out, "</testsuites>\n");
}
