/* SPDX-License-Identifier: Apache-2.0
 *
 * command_rules_test.c - `tocsin rules test`: do the rules find what their tests say?
 */
#include "base/memory.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/rule_paths.h"
#include "cli/workbench/test_find.h"
#include "cli/workbench/test_report.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

struct test_request {
    struct test_paths pipelines; /* --pipeline; empty: those of the program */
    struct test_paths rules;     /* --rules; empty: those beside the tests */
    struct test_paths paths;
    const char *junit;
    bool json;
    bool coverage;
};

/* Everything of one run. */
struct testing {
    const struct test_request *request;
    struct arena *arena;
    struct test_paths tests;
    struct test_file *files; /* that can be used: tests without the broken ones */
    uint32_t files_count;
    struct trial *trial;
    struct test_report report;
    bool *covered;
};

static void add_broken(struct testing *testing, const char *path, const struct err *err)
{
    struct test_report *report = &testing->report;
    MEMORY_GROW(report->broken, report->broken_count, report->broken_capacity);
    report->broken[report->broken_count++] = (struct test_broken){
        arena_copy(testing->arena, str_of(path)), arena_copy(testing->arena, str_of(err->text))};
}

static int read_files(struct testing *testing, struct err *err)
{
    int failed = 0;
    for (uint32_t i = 0; i < testing->request->paths.count && failed == 0; i++) {
        failed = test_find(testing->request->paths.items[i], &testing->tests, err);
    }
    test_paths_sort(&testing->tests);
    testing->report.files_count = testing->tests.count;
    testing->files = memory_new((size_t)testing->tests.count + 1, sizeof *testing->files);
    for (uint32_t i = 0; i < testing->tests.count && failed == 0; i++) {
        struct err trouble = {0};
        struct test_file *file = &testing->files[testing->files_count];
        int broken = test_file_read(testing->arena, testing->tests.items[i], file, &trouble);
        testing->files_count += broken == 0 ? 1 : 0;
        if (broken == ERR_IO) {
            *err = trouble;
            failed = broken;
        } else if (broken != 0) {
            add_broken(testing, testing->tests.items[i], &trouble);
        }
    }
    return failed;
}

/* The folder of the file path; path itself when it is one. */
static void add_folder_of(struct test_paths *rules, const char *path)
{
    char folder[PATH_MAX];
    struct str name = str_of(path);
    if (!str_ends_with(name, STR(".yml")) && !str_ends_with(name, STR(".yaml"))) {
        test_paths_add_apart(rules, path);
        return;
    }
    const char *slash = strrchr(path, '/');
    size_t len = slash != NULL ? (size_t)(slash - path) : 0;
    snprintf(folder, sizeof folder, "%.*s", (int)(len > 0 ? len : 1),
             len > 0         ? path
             : slash != NULL ? "/"
                             : ".");
    test_paths_add_apart(rules, folder);
}

static int load_rules(struct testing *testing, struct test_paths *rules, struct err *err)
{
    const struct test_request *request = testing->request;
    for (uint32_t i = 0; i < request->rules.count; i++) {
        test_paths_add_apart(rules, request->rules.items[i]);
    }
    for (uint32_t i = 0; i < request->paths.count && request->rules.count == 0; i++) {
        add_folder_of(rules, request->paths.items[i]);
    }
    for (uint32_t i = 0; i < testing->files_count; i++) {
        for (uint32_t k = 0; k < testing->files[i].rules.count; k++) {
            test_paths_add_apart(rules, testing->files[i].rules.items[k].ptr);
        }
    }
    test_paths_add_pipelines(rules, &request->pipelines);
    return trial_new((const char *const *)rules->items, rules->count, &testing->trial, err);
}

static void run_file(struct testing *testing, const struct test_file *file)
{
    struct test_report *report = &testing->report;
    struct test_subject subject;
    struct err err = {0};
    if (test_run_subject(testing->arena, report->rules, file, &subject, &err) != 0) {
        add_broken(testing, file->path.ptr, &err);
        return;
    }
    for (uint32_t i = 0; i < subject.count; i++) {
        testing->covered[subject.rules[i]] = true;
    }
    for (uint32_t i = 0; i < file->cases_count; i++) {
        MEMORY_GROW(report->results, report->results_count, report->results_capacity);
        struct test_result *result = &report->results[report->results_count++];
        *result = (struct test_result){.tested = &file->cases[i]};
        test_run_case(testing->arena, testing->trial, &subject, file, result);
    }
}

static int write_junit(const struct testing *testing, struct err *err)
{
    const char *path = testing->request->junit;
    struct buffer text = {0};
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    test_report_junit(&testing->report, &text);
    bool whole = fwrite(text.ptr, 1, text.len, file) == text.len;
    buffer_release(&text);
    whole = fclose(file) == 0 && whole;
    return whole ? 0 : err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
}

static int run_tests(struct testing *testing, struct err *err)
{
    struct test_paths rules = {0};
    struct buffer text = {0};
    int failed = read_files(testing, err);
    failed = failed != 0 ? failed : load_rules(testing, &rules, err);
    if (failed == 0) {
        testing->report.rules = trial_rules(testing->trial);
        testing->covered =
            memory_new((size_t)testing->report.rules->rules_count + 1, sizeof *testing->covered);
        for (uint32_t i = 0; i < testing->files_count; i++) {
            run_file(testing, &testing->files[i]);
        }
        testing->report.covered = testing->request->coverage ? testing->covered : NULL;
        if (testing->request->json) {
            test_report_json(&testing->report, &text);
        } else {
            test_report_text(&testing->report, &text);
        }
        fwrite(text.ptr, 1, text.len, stdout);
        failed = testing->request->junit != NULL ? write_junit(testing, err) : 0;
    }
    test_paths_release(&rules);
    buffer_release(&text);
    return failed;
}

static int test(const struct test_request *request)
{
    struct err err = {0};
    struct testing testing = {.request = request, .arena = arena_new(0)};
    int failed = run_tests(&testing, &err);
    bool bad = test_report_failed(&testing.report) > 0 || testing.report.broken_count > 0;
    trial_free(testing.trial);
    test_paths_release(&testing.tests);
    memory_free(testing.files);
    memory_free(testing.covered);
    memory_free(testing.report.results);
    memory_free(testing.report.broken);
    arena_free(testing.arena);
    if (failed != 0) {
        return command_fail(&err);
    }
    return bad ? EXIT_FOUND : EXIT_DONE;
}

static int run_test(int argc, char **argv)
{
    struct test_request request = {0};
    struct options options;
    char standard[PATH_MAX + 64];
    options_begin(&options, &command_rules_test, argc, argv);
    while (options_next(&options)) {
        if (options_is(&options, "rules")) {
            test_paths_add(&request.rules, options.value);
        } else if (options_is(&options, "pipeline")) {
            test_paths_add(&request.pipelines, options.value);
        } else if (options_is(&options, "junit")) {
            request.junit = options.value;
        } else if (options_is(&options, "format")) {
            request.json = strcmp(options.value, "json") == 0;
        } else if (options_is(&options, "coverage")) {
            request.coverage = true;
        }
    }
    for (int i = options.first; !options.stopped && i < argc; i++) {
        test_paths_add(&request.paths, argv[i]);
    }
    if (request.paths.count == 0) {
        rule_paths_default(standard, sizeof standard);
        test_paths_add(&request.paths, standard);
    }
    int code = options.stopped ? options.exit_code : test(&request);
    test_paths_release(&request.pipelines);
    test_paths_release(&request.rules);
    test_paths_release(&request.paths);
    return code;
}

static const struct option_row test_options[] = {
    {"rules", "PATH", NULL, "rules to load, instead of those beside the tests; may be repeated"},
    {"pipeline", "PATH", NULL, RULE_PATHS_PIPELINE_DOC},
    {"junit", "FILE", NULL, "write the result as JUnit XML, too"},
    {"coverage", NULL, NULL, "list the rules that no test is about"},
    {"format", "NAME", "text json", "how the result is printed; default text"},
    {NULL, NULL, NULL, NULL},
};

const struct command command_rules_test = {
    "rules test",
    "run the tests that stand beside rules",
    "[PATH]...",
    test_options,
    "name.test.yml tests the rules of name.yml beside it: events go the engine's way (framing,\n"
    "decoding, matching, windows), and each test says what must come of them. PATH is a test\n"
    "file, a rule file that has one, or a folder that is searched; without it the rules that come\n"
    "with the program are tested.\n"
    "For a failure the first clause that did not hold is told. The form of test files is in\n"
    "docs/WORKBENCH.md.\n\n"
    "exit codes:\n"
    "  0  all tests passed\n"
    "  1  a test failed, or a test file could not be used\n"
    "  2  wrong usage\n"
    "  3  a file could not be read or written\n\n"
    "examples:\n"
    "  tocsin rules test my-rules/\n"
    "  tocsin rules test --coverage --junit results.xml my-rules/\n",
    run_test,
};
