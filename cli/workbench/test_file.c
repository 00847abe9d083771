/* SPDX-License-Identifier: Apache-2.0
 *
 * test_file.c - see test_file.h.
 */
#include "cli/workbench/test_file.h"

#include "base/ensure.h"
#include "base/limits.h"
#include "base/timestamp.h"
#include "cli/workbench/test_file_internal.h"
#include "ingest/decode/decoder.h"

static const char *const file_keys[] = {"rule",     "rules", "decoder", "at",
                                        "defaults", "tests", NULL};
static const char *const case_keys[] = {"title", "description", "event", "events",  "file",
                                        "match", "alerts",      "at",    "decoder", NULL};
static const char *const pair_keys[] = {"title",         "id", "decoder", "true_positive",
                                        "true_negative", NULL};

/* What all of a file's cases start from. */
struct base {
    const char *decoder;
    int64_t at_ns;
    const struct yaml_node *defaults;
};

static int read_decoder(const struct test_reader *reader, const struct yaml_node *node,
                        const char **decoder, struct err *err)
{
    if (node == NULL) {
        return 0;
    }
    if (node->kind != YAML_SCALAR || decoder_index(node->text.ptr) < 0) {
        return test_wrong(reader, node, err,
                          "there is no such decoder; `tocsin version --decoders` lists them");
    }
    *decoder = node->text.ptr;
    return 0;
}

static int read_base(const struct test_reader *reader, const struct yaml_node *root,
                     struct base *base, struct err *err)
{
    base->at_ns = TIMESTAMP_DAY_NS * 20454; /* 2026-01-01 */
    base->defaults = yaml_get(root, "defaults");
    if (base->defaults != NULL && base->defaults->kind != YAML_MAPPING) {
        return test_wrong(reader, base->defaults, err, "`defaults` is a mapping of event fields");
    }
    int failed = test_read_time(reader, yaml_get(root, "at"), &base->at_ns, err);
    return failed != 0 ? failed
                       : read_decoder(reader, yaml_get(root, "decoder"), &base->decoder, err);
}

static int read_match(const struct test_reader *reader, const struct yaml_node *node,
                      struct test_case *made, struct err *err)
{
    if (node == NULL) {
        return 0;
    }
    if (node->kind == YAML_SCALAR && yaml_scalar_type(node) == YAML_BOOL) {
        made->match =
            byte_lower((unsigned char)node->text.ptr[0]) == 't' ? TEST_FIRES : TEST_SILENT;
        return 0;
    }
    made->match = TEST_LISTED;
    if (node->kind == YAML_MAPPING) {
        return test_wrong(reader, node, err,
                          "`match` is true, false, or a list of ids, names or titles");
    }
    return test_read_names(reader, node, &made->listed, err);
}

static int read_case(const struct test_reader *reader, const struct base *base,
                     const struct yaml_node *node, struct test_case *made, struct err *err)
{
    struct test_clock clock = {.next_ns = base->at_ns, .defaults = base->defaults};
    *made = (struct test_case){.line = node->line, .decoder = base->decoder};
    if (node->kind != YAML_MAPPING) {
        return test_wrong(reader, node, err, "a test is a mapping with `title`, `event`, `match`");
    }
    int failed = test_check_keys(reader, node, case_keys, err);
    const struct yaml_node *title = yaml_get(node, "title");
    if (failed == 0 && (title == NULL || title->kind != YAML_SCALAR || title->text.len == 0)) {
        failed = test_wrong(reader, node, err, "a test needs a `title`: a sentence that it proves");
    }
    if (failed == 0) {
        ENSURE(title != NULL);
        made->title = title->text;
        failed = test_read_time(reader, yaml_get(node, "at"), &clock.next_ns, err);
    }
    failed =
        failed != 0 ? failed : read_decoder(reader, yaml_get(node, "decoder"), &made->decoder, err);
    failed = failed != 0 ? failed : test_read_steps(reader, node, &clock, made, err);
    failed = failed != 0 ? failed : read_match(reader, yaml_get(node, "match"), made, err);
    failed = failed != 0 ? failed : test_read_alerts(reader, yaml_get(node, "alerts"), made, err);
    if (failed == 0 && made->match == TEST_UNSAID && !made->has_alerts) {
        failed = test_wrong(reader, node, err,
                            "the test expects nothing: add `match: true`, `match: false` or "
                            "`alerts:`");
    }
    return failed;
}

/* The paths of `rules:`, as seen from the test file's folder. */
static int read_rules(const struct test_reader *reader, const struct yaml_node *node,
                      struct test_file *file, struct err *err)
{
    struct str_list names = {0};
    int failed = node == NULL ? 0 : test_read_names(reader, node, &names, err);
    struct str *paths = arena_take_zeroed(reader->arena, names.count + 1, sizeof *paths);
    for (uint32_t i = 0; i < names.count; i++) {
        paths[i] = test_path_from(reader, names.items[i]);
    }
    file->rules = (struct str_list){paths, names.count};
    return failed;
}

static int read_tests(const struct test_reader *reader, const struct yaml_node *root,
                      struct test_file *file, struct err *err)
{
    struct base base = {0};
    int failed = test_check_keys(reader, root, file_keys, err);
    failed = failed != 0 ? failed : read_base(reader, root, &base, err);
    failed = failed != 0 ? failed : read_rules(reader, yaml_get(root, "rules"), file, err);
    const struct yaml_node *subject = yaml_get(root, "rule");
    if (failed == 0 && subject != NULL && subject->kind != YAML_SCALAR) {
        failed = test_wrong(reader, subject, err, "`rule` is one id, name or title");
    }
    const struct yaml_node *tests = yaml_get(root, "tests");
    if (failed == 0 && (tests == NULL || tests->kind != YAML_SEQUENCE || tests->count == 0)) {
        failed = test_wrong(reader, tests != NULL ? tests : root, err,
                            "a test file needs `tests:`, a list of at least one");
    }
    if (failed != 0) {
        return failed;
    }
    ENSURE(tests != NULL);
    file->subject = subject != NULL ? subject->text : (struct str){0};
    struct test_case *cases = arena_take_zeroed(reader->arena, tests->count, sizeof *cases);
    for (size_t i = 0; i < tests->count && failed == 0; i++) {
        failed = read_case(reader, &base, tests->items[i], &cases[i], err);
    }
    file->cases = cases;
    file->cases_count = (uint32_t)tests->count;
    return failed;
}

/* One list of events of the other form, each of them a case. */
static int add_pairs(const struct test_reader *reader, const struct yaml_node *list,
                     const struct base *base, struct test_file *file, struct err *err)
{
    struct test_case *cases = file->cases;
    if (list == NULL) {
        return 0;
    }
    if (list->kind != YAML_SEQUENCE) {
        return test_wrong(reader, list, err, "this is a list of events");
    }
    bool positive = list == reader->positives;
    for (size_t i = 0; i < list->count; i++) {
        struct test_case *made = &cases[file->cases_count++];
        struct test_clock clock = {.next_ns = base->at_ns};
        *made = (struct test_case){.line = list->items[i]->line, .decoder = base->decoder};
        made->title = arena_printf(reader->arena, "%s %zu",
                                   positive ? "true positive" : "true negative", i + 1);
        made->match = positive ? TEST_FIRES : TEST_SILENT;
        int failed = test_add_event(reader, list->items[i], &clock, made, err);
        if (failed != 0) {
            return failed;
        }
    }
    return 0;
}

static int read_pairs(struct test_reader *reader, const struct yaml_node *root,
                      struct test_file *file, struct err *err)
{
    struct base base = {.at_ns = TIMESTAMP_DAY_NS * 20454};
    const struct yaml_node *negatives = yaml_get(root, "true_negative");
    const struct yaml_node *subject = yaml_get(root, "id");
    reader->positives = yaml_get(root, "true_positive");
    int failed = test_check_keys(reader, root, pair_keys, err);
    failed =
        failed != 0 ? failed : read_decoder(reader, yaml_get(root, "decoder"), &base.decoder, err);
    subject = subject != NULL ? subject : yaml_get(root, "title");
    if (failed == 0 && (subject == NULL || subject->kind != YAML_SCALAR)) {
        failed = test_wrong(reader, root, err, "name the rule under test by `id`");
    }
    if (failed != 0) {
        return failed;
    }
    ENSURE(subject != NULL);
    file->subject = subject->text;
    size_t count = (reader->positives != NULL ? reader->positives->count : 0) +
                   (negatives != NULL ? negatives->count : 0);
    file->cases = arena_take_zeroed(reader->arena, count + 1, sizeof *file->cases);
    failed = add_pairs(reader, reader->positives, &base, file, err);
    return failed != 0 ? failed : add_pairs(reader, negatives, &base, file, err);
}

int test_file_from(struct arena *arena, const char *path, const struct yaml_node *root,
                   struct test_file *file, struct err *err)
{
    struct test_reader reader = {.arena = arena, .path = path};
    *file = (struct test_file){.path = arena_copy(arena, str_of(path))};
    if (root->kind != YAML_MAPPING) {
        return test_wrong(&reader, root, err, "a test file is a mapping with `tests:`");
    }
    bool pairs = yaml_get(root, "true_positive") != NULL || yaml_get(root, "true_negative") != NULL;
    return pairs ? read_pairs(&reader, root, file, err) : read_tests(&reader, root, file, err);
}

static int from_documents(struct arena *arena, const char *path,
                          const struct yaml_documents *documents, struct test_file *file,
                          struct err *err)
{
    if (documents->count != 1) {
        return err_set(err, ERR_CONFIG, "%s:%u:1: a test file has one document, this has %zu", path,
                       documents->count > 1 ? documents->roots[1]->line : 1, documents->count);
    }
    return test_file_from(arena, path, documents->roots[0], file, err);
}

int test_file_parse(struct arena *arena, const char *path, struct str text, struct test_file *file,
                    struct err *err)
{
    struct yaml_documents documents;
    int failed = yaml_parse(arena, path, text, &documents, err);
    return failed != 0 ? failed : from_documents(arena, path, &documents, file, err);
}

int test_file_read(struct arena *arena, const char *path, struct test_file *file, struct err *err)
{
    struct yaml_documents documents;
    int failed = yaml_parse_file(arena, path, LIMIT_RULE_FILE_BYTES, &documents, err);
    return failed != 0 ? failed : from_documents(arena, path, &documents, file, err);
}
