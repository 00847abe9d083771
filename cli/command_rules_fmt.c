/* SPDX-License-Identifier: Apache-2.0
 *
 * command_rules_fmt.c - `tocsin rules fmt`: rule files in canonical order and indentation.
 */
#include "base/memory.h"
#include "cli/command.h"
#include "cli/convert/text_files.h"
#include "cli/fmt/layout.h"
#include "cli/options.h"

#include <stdio.h>

struct fmt_counts {
    uint32_t changed;
    uint32_t refused;
};

static int format_file(const struct text_file *file, bool only_check, struct fmt_counts *counts,
                       struct err *err)
{
    struct buffer out = {0};
    struct err reason = {0};
    int failed = 0;
    if (layout_format(file->path.ptr, file->text, &out, &reason) != 0) {
        struct buffer line = {0};
        buffer_add_printable(&line, str_of(reason.text));
        fprintf(stderr, "%.*s: left as it is\n", STR_ARG(buffer_str(&line)));
        buffer_release(&line);
        counts->refused++;
    } else if (!str_equal(buffer_str(&out), file->text)) {
        struct buffer line = {0};
        buffer_add_printable(&line, file->path);
        printf("%.*s\n", STR_ARG(buffer_str(&line)));
        buffer_release(&line);
        counts->changed++;
        if (!only_check) {
            failed = text_file_write(file->path.ptr, buffer_str(&out), true, err);
        }
    }
    buffer_release(&out);
    return failed;
}

static int format_paths(char *const *paths, bool only_check)
{
    static const char *const suffixes[] = {".yml", ".yaml", NULL};
    struct err err = {0};
    struct fmt_counts counts = {0};
    struct arena *arena = arena_new(0);
    struct text_files files = {arena, suffixes, true, NULL, 0, 0};
    int failed = 0;
    for (; *paths != NULL && failed == 0; paths++) {
        failed = text_files_add(&files, *paths, &err);
    }
    for (uint32_t i = 0; i < files.count && failed == 0; i++) {
        failed = format_file(&files.items[i], only_check, &counts, &err);
    }
    if (failed == 0) {
        fprintf(stderr, "%u files: %u %s, %u left as they are\n", files.count, counts.changed,
                only_check ? "to be formatted" : "formatted", counts.refused);
    }
    memory_free(files.items);
    arena_free(arena);
    bool found = counts.refused > 0 || (only_check && counts.changed > 0);
    return failed != 0 ? command_fail(&err) : found ? EXIT_FOUND : EXIT_DONE;
}

static int run_fmt(int argc, char **argv)
{
    struct options options;
    bool only_check = false;
    options_begin(&options, &command_rules_fmt, argc, argv);
    while (options_next(&options)) {
        only_check = only_check || options_is(&options, "check");
    }
    if (options.stopped) {
        return options.exit_code;
    }
    if (options.first == argc) {
        return options_wrong(&command_rules_fmt, "name at least one file or directory");
    }
    return format_paths(argv + options.first, only_check);
}

static const struct option_row fmt_options[] = {
    {"check", NULL, NULL, "change nothing; list the files that would be changed"},
    {NULL, NULL, NULL, NULL},
};

const struct command command_rules_fmt = {
    "rules fmt",
    "bring rule files into the usual order and indentation",
    "PATH...",
    fmt_options,
    "Keys of a rule come in the order of the Sigma specification, nested ones are indented by\n"
    "four. Texts, quotes and comments stay. A file is written only if it means the same as\n"
    "before and has all its comments; else it is left as it is, with the reason on standard\n"
    "error. The names of changed files are printed.\n\n"
    "exit codes:\n"
    "  0  done\n"
    "  1  a file can't be formatted; with --check also: a file is not formatted\n"
    "  2  wrong usage\n"
    "  3  a file could not be read or written\n\n"
    "examples:\n"
    "  tocsin rules fmt my-rules/\n"
    "  tocsin rules fmt --check my-rules/ || echo 'run tocsin rules fmt my-rules/'\n",
    run_fmt,
};
