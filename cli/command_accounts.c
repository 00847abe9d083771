/* SPDX-License-Identifier: Apache-2.0
 *
 * command_accounts.c - `tocsin accounts`: reads lines of accounts back and adds them up.
 */
#include "base/error.h"
#include "base/memory.h"
#include "cli/accounts/book.h"
#include "cli/command.h"
#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct option_row accounts_options[] = {
    {"format", "NAME", "text json", "how it is printed; default text"},
    {NULL, NULL, NULL, NULL},
};

/* A file that is read line by line. Of a line that is too long only its beginning is kept. */
struct lines {
    struct book *book;
    const char *name;
    uint64_t number;
    struct buffer line;
};

static void take(struct lines *lines, struct str bytes)
{
    while (bytes.len > 0) {
        size_t end = str_find_byte(bytes, '\n');
        size_t len = end == STR_NOT_FOUND ? bytes.len : end;
        size_t room = BOOK_LINE_BYTES_MAX + 1 - lines->line.len;
        buffer_add(&lines->line, str_slice(bytes, 0, len < room ? len : room));
        if (end == STR_NOT_FOUND) {
            return;
        }
        book_add(lines->book, lines->name, ++lines->number, buffer_str(&lines->line));
        buffer_clear(&lines->line);
        bytes = str_slice(bytes, end + 1, bytes.len);
    }
}

static int read_file(struct book *book, const char *path, struct err *err)
{
    static char block[65536];
    bool standard = strcmp(path, "-") == 0;
    struct lines lines = {.book = book, .name = standard ? "standard input" : path};
    FILE *file = standard ? stdin : fopen(path, "rbe");
    if (file == NULL) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    size_t got = 0;
    while ((got = fread(block, 1, sizeof block, file)) > 0) {
        take(&lines, (struct str){block, got});
    }
    int failed = ferror(file) != 0 ? err_set(err, ERR_IO, "%s: %s", path, strerror(errno)) : 0;
    if (failed == 0 && lines.line.len > 0) {
        take(&lines, STR("\n")); /* the last line has no end: it is judged as it is */
    }
    buffer_release(&lines.line);
    if (!standard) {
        (void)fclose(file);
    }
    return failed;
}

static int run_accounts(int argc, char **argv)
{
    struct options options;
    struct buffer text = {0};
    struct err err = {0};
    bool json = false;
    int failed = 0;
    options_begin(&options, &command_accounts, argc, argv);
    while (options_next(&options)) {
        json = strcmp(options.value, "json") == 0;
    }
    if (options.stopped) {
        return options.exit_code;
    }
    if (options.first == argc) {
        return options_wrong(&command_accounts, "name at least one file (- is standard input)");
    }
    struct book *book = book_new();
    for (int i = options.first; i < argc && failed == 0; i++) {
        failed = read_file(book, argv[i], &err);
    }
    if (failed == 0) {
        book_close(book);
        (json ? book_render_json : book_render_text)(book, &text);
        fwrite(text.ptr, 1, text.len, stdout);
    }
    int code = book_problems(book) > 0 ? EXIT_FOUND : EXIT_DONE;
    book_free(book);
    buffer_release(&text);
    return failed != 0 ? command_fail(&err) : code;
}

const struct command command_accounts = {
    "accounts",
    "add up the hourly accounts of what became of the records",
    "FILE...",
    accounts_options,
    "Reads the lines that `tocsin run` writes to output.accounts, in any order, also of several\n"
    "files and programs, and counts them again: records = evaluated + filtered + dead-lettered +\n"
    "duplicates for each source and day, the offsets of each Kafka partition, the sequences of\n"
    "lines. - is standard input.\n\n"
    "exit codes:\n"
    "  0  everything adds up\n"
    "  1  something does not; what, is said at the end\n"
    "  2  wrong usage\n"
    "  3  a file can't be read\n\n"
    "examples:\n"
    "  tocsin accounts /var/lib/tocsin/accounts.jsonl*\n"
    "  kcat -b broker:9092 -t accounts -C -e -q | tocsin accounts --format json -\n",
    run_accounts,
};
