/* SPDX-License-Identifier: Apache-2.0
 *
 * check_text.c - problems for people: a line that editors can jump to, the source with a caret, a
 * hint.
 */
#include "cli/check/check_report.h"

enum { EXCERPT_BYTES = 160 };

static const char *colour_of(const struct check_style *style, enum rule_problem_kind kind)
{
    static const char *const colours[] = {"\033[1;31m", "\033[1;33m", "\033[1;35m"};
    return style->colour ? colours[kind] : "";
}

static const char *plain(const struct check_style *style)
{
    return style->colour ? "\033[0m" : "";
}

/* How many bytes of line the caret underlines from start on: a word, as YAML's marks divide it. */
static size_t word_length(struct str line, size_t start)
{
    size_t end = start;
    while (end < line.len && str_find_byte(STR(" \t,:|[]{}()#"), line.ptr[end]) == STR_NOT_FOUND) {
        end++;
    }
    return end > start ? end - start : 1;
}

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80; /* of UTF-8 */
}

/* Adds so many marks as text has characters when it is printed. */
static void add_marks(struct str text, char mark, struct buffer *out)
{
    struct buffer printed = {0};
    buffer_add_printable(&printed, text);
    for (size_t i = 0; i < printed.len; i++) {
        if (begins_character(printed.ptr[i])) {
            buffer_add_byte(out, mark);
        }
    }
    buffer_release(&printed);
}

/* Where the column, counted in characters from 1, begins; the line's end when it has none. */
static size_t offset_of(struct str line, uint32_t column)
{
    size_t at = column > 0 ? 0 : line.len;
    for (uint32_t before = 1; before < column && at < line.len; before++) {
        at++;
        while (at < line.len && !begins_character(line.ptr[at])) {
            at++;
        }
    }
    return at;
}

static void add_excerpt(const struct rule_set *rules, const struct rule_problem *problem,
                        const struct check_style *style, struct buffer *out)
{
    struct str line =
        str_slice(rule_set_line(rules, problem->path, problem->line), 0, EXCERPT_BYTES);
    if (line.len == 0) {
        return;
    }
    buffer_printf(out, "%6u | ", problem->line);
    buffer_add_printable(out, line);
    buffer_add_byte(out, '\n');
    size_t start = offset_of(line, problem->column);
    if (start < line.len) {
        buffer_add_text(out, "       | ");
        add_marks(str_slice(line, 0, start), ' ', out);
        buffer_printf(out, "%s^", colour_of(style, problem->kind));
        add_marks(str_slice(line, start + 1, word_length(line, start) - 1), '~', out);
        buffer_printf(out, "%s\n", plain(style));
    }
}

static void add_problem(const struct rule_set *rules, const struct rule_problem *problem,
                        const struct check_style *style, struct buffer *out)
{
    buffer_add_printable(out, problem->path);
    buffer_printf(out, ":%u:%u: %s%s:%s ", problem->line, problem->column,
                  colour_of(style, problem->kind), rule_problem_kind_name(problem->kind),
                  plain(style));
    if (problem->rule.len > 0) {
        buffer_add_printable(out, problem->rule);
        buffer_add_text(out, ": ");
    }
    buffer_add_printable(out, problem->reason);
    buffer_printf(out, " [%s]\n", rule_problem_row(problem->code)->name);
    add_excerpt(rules, problem, style, out);
    if (problem->hint.len > 0) {
        buffer_add_text(out, "       = ");
        buffer_add_printable(out, problem->hint);
        buffer_add_byte(out, '\n');
    }
}

void check_format_text(const struct check_report *report, const struct check_style *style,
                       struct buffer *out)
{
    const struct rule_set *rules = report->rules;
    for (uint32_t i = 0; i < report->problems_count; i++) {
        add_problem(rules, &report->problems[i], style, out);
    }
    if (report->by_state[CHECK_INACTIVE] + report->by_state[CHECK_REJECTED] > 0) {
        buffer_printf(out,
                      "%u rules: %u loaded, %u inactive (no decoder makes events of their log "
                      "source), %u rejected\n",
                      report->documents_count, report->by_state[CHECK_LOADED],
                      report->by_state[CHECK_INACTIVE], report->by_state[CHECK_REJECTED]);
    }
    buffer_printf(out, "%u files: %u rules loaded, %u errors, %u unsupported, %u warnings\n",
                  rules->files_count - rules->pipeline_files_count, rules->rules_count,
                  report->by_kind[RULE_ERROR], report->by_kind[RULE_UNSUPPORTED],
                  report->by_kind[RULE_WARNING]);
}
