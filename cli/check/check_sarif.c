/* SPDX-License-Identifier: Apache-2.0
 *
 * check_sarif.c - problems as SARIF 2.1.0, the format of code scanners and of editors' problem
 * panes. Paths stay as they were given: relative ones are below the repository's folder, as code
 * scanners expect it.
 */
#include "cli/check/check_report.h"
#include "cli/json_out.h"

#define SARIF_SCHEMA                                                                               \
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

static const char *level_of(enum rule_problem_kind kind, const struct check_style *style)
{
    return kind == RULE_ERROR || style->strict ? "error" : "warning";
}

static cJSON *message(struct str text)
{
    cJSON *json = cJSON_CreateObject();
    json_out_text(json, "text", text);
    return json;
}

/* A row for every code, used or not, so that an index is a code. */
static cJSON *descriptors(const struct check_style *style)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < PROBLEM_CODES; i++) {
        const struct rule_problem_row *row = rule_problem_row((enum rule_problem_code)i);
        cJSON *json = cJSON_CreateObject();
        cJSON *defaults = cJSON_CreateObject();
        json_out_text(json, "id", str_of(row->name));
        cJSON_AddItemToObject(json, "shortDescription", message(str_of(row->meaning)));
        json_out_text(defaults, "level", str_of(level_of(row->kind, style)));
        cJSON_AddItemToObject(json, "defaultConfiguration", defaults);
        cJSON_AddItemToArray(list, json);
    }
    return list;
}

/* A path as a URI reference: bytes that mean something in URIs, or are not ASCII, as %XX. */
static void add_uri(struct str path, struct buffer *out)
{
    static const char safe[] = "-._~/!$&'()*+,;=@";
    buffer_add_text(out, str_starts_with(path, STR("/")) ? "file://" : "");
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.ptr[i];
        bool letter = (byte_lower(c) >= 'a' && byte_lower(c) <= 'z') || byte_is_digit((char)c);
        if (letter || str_find_byte(str_of(safe), (char)c) != STR_NOT_FOUND) {
            buffer_add_byte(out, (char)c);
        } else {
            buffer_printf(out, "%%%02X", c);
        }
    }
}

static cJSON *location(const struct rule_problem *problem)
{
    struct buffer uri = {0};
    cJSON *physical = cJSON_CreateObject();
    cJSON *artifact = cJSON_AddObjectToObject(physical, "artifactLocation");
    add_uri(problem->path, &uri);
    json_out_text(artifact, "uri", buffer_str(&uri));
    buffer_release(&uri);
    cJSON *region = cJSON_AddObjectToObject(physical, "region");
    json_out_count(region, "startLine", problem->line > 0 ? problem->line : 1);
    if (problem->column > 0) {
        json_out_count(region, "startColumn", problem->column);
    }
    cJSON *json = cJSON_CreateObject();
    cJSON_AddItemToObject(json, "physicalLocation", physical);
    return json;
}

static cJSON *result(const struct rule_problem *problem, const struct check_style *style)
{
    struct buffer text = {0};
    cJSON *json = cJSON_CreateObject();
    if (problem->rule.len > 0) {
        buffer_add(&text, problem->rule);
        buffer_add_text(&text, ": ");
    }
    buffer_add(&text, problem->reason);
    if (problem->hint.len > 0) {
        buffer_add_text(&text, "; ");
        buffer_add(&text, problem->hint);
    }
    json_out_text(json, "ruleId", str_of(rule_problem_row(problem->code)->name));
    json_out_count(json, "ruleIndex", problem->code);
    json_out_text(json, "level", str_of(level_of(problem->kind, style)));
    cJSON_AddItemToObject(json, "message", message(buffer_str(&text)));
    buffer_release(&text);
    cJSON *locations = cJSON_AddArrayToObject(json, "locations");
    cJSON_AddItemToArray(locations, location(problem));
    return json;
}

void check_format_sarif(const struct check_report *report, const struct check_style *style,
                        struct buffer *out)
{
    cJSON *root = cJSON_CreateObject();
    json_out_text(root, "$schema", STR(SARIF_SCHEMA));
    json_out_text(root, "version", STR("2.1.0"));
    cJSON *runs = cJSON_AddArrayToObject(root, "runs");
    cJSON *run = cJSON_CreateObject();
    cJSON_AddItemToArray(runs, run);
    cJSON *driver = cJSON_AddObjectToObject(cJSON_AddObjectToObject(run, "tool"), "driver");
    json_out_text(driver, "name", STR("tocsin"));
    json_out_text(driver, "version", STR(TOCSIN_VERSION));
    cJSON_AddItemToObject(driver, "rules", descriptors(style));
    json_out_text(run, "columnKind", STR("unicodeCodePoints"));
    cJSON *results = cJSON_AddArrayToObject(run, "results");
    for (uint32_t i = 0; i < report->problems_count; i++) {
        cJSON_AddItemToArray(results, result(&report->problems[i], style));
    }
    json_out_finish(root, out);
}
