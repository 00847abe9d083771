/* SPDX-License-Identifier: Apache-2.0
 *
 * command_rules_convert.c - `tocsin rules convert`: rules of other formats as Sigma rules.
 */
#include "base/memory.h"
#include "cli/command.h"
#include "cli/convert/convert.h"
#include "cli/convert/text_files.h"
#include "cli/options.h"

#include <stdio.h>

struct convert_request {
    const struct convert_format *format;
    const char *folder;
    const char *timespan;
    bool force;
    bool by_name; /* files are of the format that their names say */
};

struct convert_counts {
    uint32_t files;
    uint32_t converted;
    uint32_t refused;
    uint32_t notes;
    uint32_t losses;
};

/* a/b.rules -> DIR/a/b.yml */
static void add_target(struct buffer *out, const char *folder, struct str relative)
{
    size_t stem = relative.len;
    for (size_t i = relative.len; i > 0 && relative.ptr[i - 1] != '/'; i--) {
        if (relative.ptr[i - 1] == '.') {
            stem = i - 1;
            break;
        }
    }
    buffer_printf(out, "%s/%.*s.yml", folder, (int)stem, relative.ptr);
    buffer_add_byte(out, '\0');
}

static int write_out(const struct convert_request *request, const struct convert *convert,
                     const struct text_files *files, struct err *err)
{
    bool first = true;
    for (uint32_t i = 0; i < convert->files_count; i++) {
        struct str text = buffer_str(&convert->files[i].out);
        struct buffer path = {0};
        int failed = 0;
        if (text.len > 0 && request->folder != NULL) {
            add_target(&path, request->folder, files->items[i].relative);
            failed = text_file_write(path.ptr, text, request->force, err);
        } else if (text.len > 0) {
            fputs(first ? "" : "---\n", stdout);
            fwrite(text.ptr, 1, text.len, stdout);
            first = false;
        }
        buffer_release(&path);
        if (failed != 0) {
            return failed;
        }
    }
    return 0;
}

/* Converts files, which are of request->format, and adds to counts. */
static int convert_files(const struct convert_request *request, const struct text_files *files,
                         struct convert_counts *counts, struct err *err)
{
    struct convert convert = {.arena = files->arena, .files_count = files->count};
    convert.timespan = str_of(request->timespan);
    convert.files = memory_new((size_t)files->count + 1, sizeof *convert.files);
    for (uint32_t i = 0; i < files->count; i++) {
        convert.files[i].path = files->items[i].path;
        convert.files[i].text = files->items[i].text;
    }
    request->format->run(&convert);
    int failed = write_out(request, &convert, files, err);
    for (uint32_t i = 0; i < files->count; i++) {
        counts->converted += convert.files[i].converted;
        counts->refused += convert.files[i].refused;
        buffer_release(&convert.files[i].out);
    }
    counts->files += files->count;
    counts->notes += convert.notes_count;
    counts->losses += convert.losses_count;
    memory_free(convert.files);
    fflush(stdout);
    if (convert.notes.len > 0) {
        fwrite(convert.notes.ptr, 1, convert.notes.len, stderr);
    }
    buffer_release(&convert.notes);
    return failed;
}

/* The files of paths that are of format. */
static int convert_format(struct convert_request *request, char *const *paths,
                          struct convert_counts *counts, struct err *err)
{
    const struct convert_format *format = request->format;
    const char *const suffixes[] = {format->suffix, format->suffix_more, NULL};
    struct arena *arena = arena_new(0);
    struct text_files files = {arena, suffixes, !request->by_name, NULL, 0, 0};
    int failed = 0;
    for (; *paths != NULL && failed == 0; paths++) {
        failed = text_files_add(&files, *paths, err);
    }
    if (failed == 0 && files.count > 0) {
        failed = convert_files(request, &files, counts, err);
    }
    memory_free(files.items);
    arena_free(arena);
    return failed;
}

static int convert_paths(struct convert_request *request, char *const *paths)
{
    struct err err = {0};
    struct convert_counts counts = {0};
    int failed = 0;
    request->by_name = request->format == NULL;
    if (!request->by_name) {
        failed = convert_format(request, paths, &counts, &err);
    }
    for (size_t i = 0; request->by_name && failed == 0 && convert_format_table[i].name != NULL;
         i++) {
        request->format = &convert_format_table[i];
        failed = convert_format(request, paths, &counts, &err);
        request->format = NULL;
    }
    if (failed == 0 && counts.files == 0) {
        failed = err_set(&err, ERR_USAGE, "no file there has a name that says what it is: --from");
    }
    if (failed != 0) {
        return command_fail(&err);
    }
    fprintf(stderr, "%u files: %u rules converted, %u not converted, %u notes\n", counts.files,
            counts.converted, counts.refused, counts.notes);
    return counts.losses > 0 ? EXIT_FOUND : EXIT_DONE;
}

static int run_convert(int argc, char **argv)
{
    struct convert_request request = {0};
    struct options options;
    options_begin(&options, &command_rules_convert, argc, argv);
    while (options_next(&options)) {
        if (options_is(&options, "from")) {
            request.format = convert_format_find(str_of(options.value));
        } else if (options_is(&options, "output")) {
            request.folder = options.value;
        } else if (options_is(&options, "timespan")) {
            request.timespan = options.value;
        } else if (options_is(&options, "force")) {
            request.force = true;
        }
    }
    if (options.stopped) {
        return options.exit_code;
    }
    if (options.first == argc) {
        return options_wrong(&command_rules_convert, "name at least one file or directory");
    }
    return convert_paths(&request, argv + options.first);
}

static const struct option_row convert_options[] = {
    {"from", "NAME", "sigma sagan wazuh", "format of the files; default by their names"},
    {"output", "DIR", NULL, "write files below DIR, named as they are below PATH; default stdout"},
    {"force", NULL, NULL, "replace files that are there"},
    {"timespan", "SPAN", NULL, "of aggregations without a timeframe, as 10m; default: refuse them"},
    {NULL, NULL, NULL, NULL},
};

const struct command command_rules_convert = {
    "rules convert",
    "make Sigma rules of other rules",
    "PATH...",
    convert_options,
    "sigma: conditions with `| count() by x > n`, sum, avg, min, max and near become a rule and a\n"
    "correlation; other Sigma rules are left alone. sagan: contents, patterns, programs and\n"
    "counts of Sagan's and Snort's rules; a classification.config beside them says the levels.\n"
    "wazuh: each rule with the conditions of those that it depends on, so give all their files.\n"
    "What can't be converted is a line on standard error: file:line: what: reason.\n"
    "docs/CONVERT.md says what becomes of what.\n\n"
    "exit codes:\n"
    "  0  all of it is converted\n"
    "  1  something is not, or only in part: see standard error\n"
    "  2  wrong usage\n"
    "  3  a file could not be read or written\n\n"
    "examples:\n"
    "  tocsin rules convert old-rule.yml >new-rule.yml\n"
    "  tocsin rules convert --output converted/ old-rules/ && tocsin rules check converted/\n",
    run_convert,
};
