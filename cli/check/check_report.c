/* SPDX-License-Identifier: Apache-2.0
 *
 * check_report.c - see check_report.h: rules and problems to documents.
 */
#include "cli/check/check_report.h"

#include "analyze/plan/plan.h"
#include "base/memory.h"
#include "ingest/decode/decoder.h"

#include <stdlib.h>

const char *check_state_name(enum check_state state)
{
    static const char *const names[] = {"loaded", "inactive", "rejected"};
    return names[state];
}

static enum check_state state_of(const struct rule *rule)
{
    bool active = rule->correlation.kind != CORRELATION_NONE;
    for (uint32_t i = 0; i < logsource_count() && !active; i++) {
        active = plan_rule_fits(rule, i);
    }
    return active ? CHECK_LOADED : CHECK_INACTIVE;
}

static int compare_documents(const void *a, const void *b)
{
    const struct check_document *left = a;
    const struct check_document *right = b;
    int order = str_compare(left->path, right->path);
    return order != 0 ? order : (left->line > right->line) - (left->line < right->line);
}

static void add_loaded(const struct rule_set *rules, struct check_report *report)
{
    for (uint32_t i = 0; i < rules->rules_count; i++) {
        const struct rule *rule = &rules->rules[i];
        report->documents[report->documents_count++] = (struct check_document){
            .state = state_of(rule),
            .rule = rule,
            .path = rule->path,
            .line = rule->line,
            .name = rule->title,
        };
    }
}

/* Problems stand sorted by path and document: each run of them is of one. */
static uint32_t run_length(const struct check_report *report, uint32_t first)
{
    const struct rule_problem *head = &report->problems[first];
    uint32_t end = first;
    while (end < report->problems_count && report->problems[end].document == head->document &&
           str_equal(report->problems[end].path, head->path)) {
        end++;
    }
    return end - first;
}

/* The rule whose document the problem is in, or NULL. Documents are sorted. */
static struct check_document *find_document(const struct check_report *report, uint32_t count,
                                            const struct rule_problem *problem)
{
    struct check_document key = {.path = problem->path, .line = problem->document};
    return count == 0 ? NULL
                      : bsearch(&key, report->documents, count, sizeof key, compare_documents);
}

/* A run of problems without a rule is a rejected document, if it is not of warnings only. */
static void add_rejected(struct check_report *report, const struct rule_problem *problems,
                         uint32_t count)
{
    bool rejected = false;
    for (uint32_t i = 0; i < count; i++) {
        rejected = rejected || rule_problem_drops(&problems[i]);
    }
    if (rejected) {
        report->documents[report->documents_count++] = (struct check_document){
            .state = CHECK_REJECTED,
            .path = problems->path,
            .line = problems->document,
            .name = problems->rule,
            .problems = problems,
            .problems_count = count,
        };
    }
}

static void merge_problems(const struct rule_set *rules, struct check_report *report)
{
    const struct lint *lint = &report->lint;
    report->problems_count = rules->problems_count + lint->problems_count;
    report->problems = memory_new((size_t)report->problems_count + 1, sizeof *report->problems);
    if (rules->problems_count > 0) {
        memcpy(report->problems, rules->problems, rules->problems_count * sizeof *rules->problems);
    }
    if (lint->problems_count > 0) {
        memcpy(report->problems + rules->problems_count, lint->problems,
               lint->problems_count * sizeof *lint->problems);
    }
    if (report->problems_count > 1) {
        qsort(report->problems, report->problems_count, sizeof *report->problems,
              rule_problem_compare);
    }
}

void check_report_make(const struct rule_set *rules, struct check_report *report)
{
    *report = (struct check_report){.rules = rules};
    lint_rules(rules, &report->lint);
    merge_problems(rules, report);
    report->documents = memory_new((size_t)rules->rules_count + report->problems_count + 1,
                                   sizeof *report->documents);
    add_loaded(rules, report);
    uint32_t loaded = report->documents_count;
    if (loaded > 1) {
        qsort(report->documents, loaded, sizeof *report->documents, compare_documents);
    }
    for (uint32_t i = 0, count = 0; i < report->problems_count; i += count) {
        count = run_length(report, i);
        struct check_document *document = find_document(report, loaded, &report->problems[i]);
        if (document != NULL) {
            document->problems = &report->problems[i];
            document->problems_count = count;
        } else {
            add_rejected(report, &report->problems[i], count);
        }
    }
    if (report->documents_count > 1) {
        qsort(report->documents, report->documents_count, sizeof *report->documents,
              compare_documents);
    }
    for (uint32_t i = 0; i < report->problems_count; i++) {
        report->by_kind[report->problems[i].kind]++;
    }
    for (uint32_t i = 0; i < report->documents_count; i++) {
        report->by_state[report->documents[i].state]++;
    }
}

void check_report_release(struct check_report *report)
{
    memory_free(report->documents);
    memory_free(report->problems);
    lint_release(&report->lint);
    *report = (struct check_report){0};
}
