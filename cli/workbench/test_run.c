/* SPDX-License-Identifier: Apache-2.0
 *
 * test_run.c - see test_run.h.
 */
#include "cli/workbench/test_run.h"

#include "base/clock.h"

#include <limits.h>
#include <stdlib.h>

bool test_run_is_called(const struct rule *rule, struct str name)
{
    return str_equal(rule->id, name) || str_equal(rule->title, name) ||
           (rule->name.len > 0 && str_equal(rule->name, name));
}

/* Are both the same file? */
static bool is_same_file(const char *path, const char *other)
{
    char real[PATH_MAX];
    char other_real[PATH_MAX];
    return strcmp(path, other) == 0 ||
           (realpath(path, real) != NULL && realpath(other, other_real) != NULL &&
            strcmp(real, other_real) == 0);
}

/* Has path the name that name.test.yml stands for: name.yml or name.yaml beside it? */
static bool is_beside(struct str test_path, struct str rule_path)
{
    size_t cut = str_ends_with(test_path, STR(".test.yaml")) ? sizeof ".test.yaml" - 1
                                                             : sizeof ".test.yml" - 1;
    struct str stem = str_slice(test_path, 0, test_path.len - cut);
    struct str rest = str_slice(rule_path, stem.len, rule_path.len);
    return test_path.len > cut && str_starts_with(rule_path, stem) &&
           (str_equal(rest, STR(".yml")) || str_equal(rest, STR(".yaml")));
}

static bool is_file_of(const struct test_file *file, struct str rule_path)
{
    if (file->rules.count == 0) {
        return is_beside(file->path, rule_path);
    }
    for (uint32_t i = 0; i < file->rules.count; i++) {
        if (is_same_file(file->rules.items[i].ptr, rule_path.ptr)) {
            return true;
        }
    }
    return false;
}

static int explain_absence(const struct rule_set *rules, const struct test_file *file,
                           struct err *err)
{
    for (uint32_t i = 0; i < rules->problems_count; i++) {
        const struct rule_problem *problem = &rules->problems[i];
        if (problem->kind != RULE_WARNING && is_file_of(file, problem->path)) {
            return err_set(err, ERR_CONFIG,
                           "%.*s: the rule under test does not load: %.*s:%u:%u: %.*s",
                           STR_ARG(file->path), STR_ARG(problem->path), problem->line,
                           problem->column, STR_ARG(problem->reason));
        }
    }
    if (file->subject.len > 0) {
        return err_set(err, ERR_CONFIG, "%.*s: no rule is called '%.*s'", STR_ARG(file->path),
                       STR_ARG(file->subject));
    }
    return err_set(err, ERR_CONFIG,
                   "%.*s: there is no rule to test: put name.test.yml beside name.yml, or name "
                   "rule files by `rules:`",
                   STR_ARG(file->path));
}

/* With a `rule:`, one of the files beside is meant first; else it may be anywhere. */
static uint32_t pick(const struct rule_set *rules, const struct test_file *file, bool anywhere,
                     uint32_t *picked)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < rules->rules_count; i++) {
        const struct rule *rule = &rules->rules[i];
        bool called = file->subject.len == 0 || test_run_is_called(rule, file->subject);
        if (called && (anywhere || is_file_of(file, rule->path))) {
            picked[count++] = i;
        }
    }
    return count;
}

int test_run_subject(struct arena *arena, const struct rule_set *rules,
                     const struct test_file *file, struct test_subject *subject, struct err *err)
{
    uint32_t *picked = arena_take_zeroed(arena, (size_t)rules->rules_count + 1, sizeof *picked);
    subject->rules = picked;
    subject->count = pick(rules, file, false, picked);
    if (subject->count == 0 && file->subject.len > 0) {
        subject->count = pick(rules, file, true, picked);
    }
    return subject->count > 0 ? 0 : explain_absence(rules, file, err);
}

struct trial_input test_run_input(const struct test_result *result, uint32_t index)
{
    const struct test_step *step = &result->tested->steps[index];
    return (struct trial_input){.bytes = step->bytes,
                                .source = result->file->path.ptr,
                                .decoder = result->tested->decoder,
                                .reference_ns = step->time_ns};
}

static void expect_events(const struct trial *trial, struct buffer *out)
{
    enum record_fault fault = trial_fault(trial);
    if (fault != RECORD_FAULT_NONE) {
        buffer_printf(out, "a record could not be decoded: %s: %s\n", record_fault_name(fault),
                      record_fault_sentence(fault));
    } else if (trial_events(trial) == 0) {
        buffer_add_text(out, "no record is an event\n");
    }
}

void test_run_case(struct arena *arena, struct trial *trial, const struct test_subject *subject,
                   const struct test_file *file, struct test_result *result)
{
    int64_t start_ns = clock_monotonic_ns();
    struct buffer why = {0};
    result->file = file;
    trial_begin(trial);
    for (uint32_t i = 0; i < result->tested->steps_count; i++) {
        struct trial_input input = test_run_input(result, i);
        trial_feed(trial, &input);
    }
    trial_end(trial);
    expect_events(trial, &why);
    if (result->tested->has_alerts) {
        test_expect_alerts(trial, subject, result->tested, &why);
    }
    if (result->tested->match != TEST_UNSAID) {
        test_expect_match(trial, subject, result, &why);
    }
    result->why = arena_copy(arena, buffer_str(&why));
    result->elapsed_ns = clock_monotonic_ns() - start_ns;
    buffer_release(&why);
}
