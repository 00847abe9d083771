/* SPDX-License-Identifier: Apache-2.0
 *
 * command_rules_new.c - `tocsin rules new`: a rule to begin with, and its test.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/timestamp.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/workbench/rule_template.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

/* A random UUID (RFC 9562, version 4). */
static int make_id(char id[RULE_ID_TEXT + 1], struct err *err)
{
    unsigned char bytes[16];
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        return err_set(err, ERR_IO, "the system gives no random bytes: %s", strerror(errno));
    }
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            id[at++] = '-';
        }
        id[at++] = digits[bytes[i] >> 4];
        id[at++] = digits[bytes[i] & 15];
    }
    id[at] = '\0';
    return 0;
}

/* my_rule.yml -> My rule. */
static void add_title(struct str stem, struct buffer *out)
{
    size_t at = stem.len;
    while (at > 0 && stem.ptr[at - 1] != '/') {
        at--;
    }
    for (size_t i = at; i < stem.len; i++) {
        char c = stem.ptr[i];
        bool lower = i == at && c >= 'a' && c <= 'z';
        char shown = lower ? (char)(c - 'a' + 'A') : c;
        buffer_add_byte(out, c == '_' || c == '-' ? ' ' : shown);
    }
}

/* Writes a file that is not there yet. */
static int write_new(const char *path, const struct buffer *text, struct err *err)
{
    FILE *file = fopen(path, "wxb");
    if (file == NULL && errno == EEXIST) {
        return err_set(err, ERR_USAGE, "%s is there: name a new file", path);
    }
    if (file == NULL) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    bool whole = fwrite(text->ptr, 1, text->len, file) == text->len;
    whole = fclose(file) == 0 && whole;
    return whole ? 0 : err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
}

static int write_both(const char *path, const char *test_path, const struct rule_template *row,
                      const struct rule_template_names *names, struct err *err)
{
    struct buffer rule = {0};
    struct buffer test = {0};
    rule_template_rule(row, names, &rule);
    rule_template_test(row, names, &test);
    int failed = 0;
    if (access(test_path, F_OK) == 0) {
        failed = err_set(err, ERR_USAGE, "%s is there: name a new file", test_path);
    }
    failed = failed != 0 ? failed : write_new(path, &rule, err);
    failed = failed != 0 ? failed : write_new(test_path, &test, err);
    buffer_release(&rule);
    buffer_release(&test);
    return failed;
}

static int make(const char *path, struct str stem, const struct rule_template *row, bool correlates)
{
    struct err err = {0};
    struct buffer title = {0};
    struct buffer date = {0};
    struct buffer test_path = {0};
    struct rule_template_names names = {.correlates = correlates};
    struct timestamp_fields today = timestamp_to_fields(clock_now_ns());
    add_title(stem, &title);
    buffer_printf(&date, "%04" PRId32 "-%02" PRIu32 "-%02" PRIu32, today.year, today.month,
                  today.day);
    buffer_add(&test_path, stem);
    buffer_add_text(&test_path, ".test.yml");
    buffer_add_byte(&test_path, '\0');
    names.title = buffer_str(&title);
    names.date = buffer_str(&date);
    int failed = make_id(names.id, &err);
    failed = failed != 0 ? failed : make_id(names.correlation_id, &err);
    failed = failed != 0 ? failed : write_both(path, test_path.ptr, row, &names, &err);
    if (failed == 0) {
        printf("%s\n%s\n", path, test_path.ptr);
    }
    buffer_release(&title);
    buffer_release(&date);
    buffer_release(&test_path);
    return failed != 0 ? command_fail(&err) : EXIT_DONE;
}

static int run_new(int argc, char **argv)
{
    const struct rule_template *row = rule_template_find("aws/cloudtrail");
    bool correlates = false;
    struct options options;
    options_begin(&options, &command_rules_new, argc, argv);
    while (options_next(&options)) {
        if (options_is(&options, "source")) {
            row = rule_template_find(options.value);
        } else if (options_is(&options, "correlation")) {
            correlates = true;
        }
    }
    if (options.stopped) {
        return options.exit_code;
    }
    if (argc - options.first != 1) {
        return options_wrong(&command_rules_new, "name one file that is to be made");
    }
    const char *path = argv[options.first];
    struct str name = str_of(path);
    size_t ending = str_ends_with(name, STR(".yaml")) ? 5 : 4;
    bool fits = (ending == 5 || str_ends_with(name, STR(".yml"))) && name.len > ending &&
                name.ptr[name.len - ending - 1] != '/';
    if (!fits) {
        return options_wrong(&command_rules_new, "the file's name ends in .yml or .yaml");
    }
    return make(path, str_slice(name, 0, name.len - ending), row, correlates);
}

static const struct option_row new_options[] = {
    {"source", "NAME", "aws/cloudtrail aws/s3access linux/sshd linux/sudo linux/syslog",
     "logs that the rule is for; default aws/cloudtrail"},
    {"correlation", NULL, NULL, "with a second rule that counts the first one's matches"},
    {NULL, NULL, NULL, NULL},
};

const struct command command_rules_new = {
    "rules new",
    "write a rule to begin with, and its test",
    "FILE",
    new_options,
    "Writes FILE, a rule with a new id and today's date, and beside it name.test.yml with an "
    "event\n"
    "that it finds and one that it does not. Both are whole: `rules check` and `rules test` "
    "accept\n"
    "them, so that every change can be tried. The title is made of the file's name. A file that "
    "is\n"
    "there stays as it is.\n\n"
    "exit codes: 0 done; 2 wrong usage, or the file is there; 3 it could not be written\n\n"
    "examples:\n"
    "  tocsin rules new my-rules/user_created.yml\n"
    "  tocsin rules new --source linux/sshd --correlation my-rules/guessing.yml\n",
    run_new,
};
