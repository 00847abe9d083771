/* SPDX-License-Identifier: Apache-2.0
 *
 * list_read.c - the text of a list: lines or rows, comments, and the directive that names its kind.
 *
 * `# kind: exact|suffix|cidr` stands before the first entry; without it a list is exact. `# redis:
 * ADDRESS KEY` there names a set whose members are entries, too. A line that begins with # is a
 * comment. Blanks around an entry do not count.
 */
#include "analyze/list/list_internal.h"

#include "analyze/rule/rule.h"
#include "base/limits.h"
#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define COLUMN_NONE UINT32_MAX

struct reading {
    const struct list_source *source;
    struct str rest;
    uint32_t line; /* of what rest begins with */
    uint32_t column;
    struct arena *arena;
    struct list *list;
};

static int refuse(const struct reading *reading, uint32_t line, struct str entry,
                  const char *reason, struct err *err)
{
    char text[80];
    size_t len = entry.len < sizeof text ? entry.len : sizeof text;
    memcpy(text, len > 0 ? entry.ptr : "", len);
    return err_set(err, ERR_CONFIG, "%s:%u: '%.*s' %s", reading->source->name, line, (int)len, text,
                   reason);
}

/* The next line without its end; false behind the last one. */
static bool next_line(struct reading *reading, struct str *line)
{
    if (reading->rest.len == 0) {
        return false;
    }
    size_t end = str_find_byte(reading->rest, '\n');
    *line = str_slice(reading->rest, 0, end);
    reading->rest = end == STR_NOT_FOUND ? (struct str){0}
                                         : str_slice(reading->rest, end + 1, reading->rest.len);
    reading->line++;
    return true;
}

/* What the comments before the first entry say. */
struct head {
    enum list_kind kind;
    struct str redis; /* "ADDRESS KEY", or "" */
};

/* The text behind name: in a comment; false: it is another comment. */
static bool directive(struct str comment, const char *name, struct str *text)
{
    struct str rest = str_trim(str_slice(comment, 1, comment.len));
    *text = str_trim(str_slice(rest, strlen(name), rest.len));
    return str_starts_with(rest, str_of(name));
}

static int read_directive(const struct reading *reading, struct str comment, struct head *head,
                          struct err *err)
{
    struct str text;
    if (directive(comment, "redis:", &text)) {
        size_t blank = str_find_byte(text, ' ');
        bool two = blank != STR_NOT_FOUND && memchr(text.ptr, '\0', text.len) == NULL;
        head->redis = text;
        return two ? 0 : refuse(reading, reading->line, comment, "needs an address and a key", err);
    }
    if (!directive(comment, "kind:", &text)) {
        return 0;
    }
    for (int i = 0; i < LIST_KINDS; i++) {
        if (str_equal(text, str_of(list_kind_name((enum list_kind)i)))) {
            head->kind = (enum list_kind)i;
            return 0;
        }
    }
    return refuse(reading, reading->line, comment, "names no kind; use exact, suffix or cidr", err);
}

/* The comments and blank lines before the first entry. */
static int read_head(struct reading *reading, struct head *head, struct err *err)
{
    struct reading before = *reading;
    struct str line = {0};
    while (next_line(reading, &line)) {
        line = str_trim(line);
        if (line.len > 0 && line.ptr[0] != '#') {
            *reading = before;
            return 0;
        }
        if (line.len > 0 && read_directive(reading, line, head, err) != 0) {
            return err->code;
        }
        before = *reading;
    }
    return 0;
}

static int add(struct reading *reading, uint32_t line, struct str entry, struct err *err)
{
    entry = str_trim(entry);
    const char *reason = entry.len == 0 ? NULL : list_add(reading->list, entry);
    return reason == NULL ? 0 : refuse(reading, line, entry, reason, err);
}

static int read_lines(struct reading *reading, struct err *err)
{
    struct str line = {0};
    int failed = 0;
    while (failed == 0 && next_line(reading, &line)) {
        bool comment = str_starts_with(str_trim(line), STR("#"));
        failed = comment ? 0 : add(reading, reading->line, line, err);
    }
    return failed;
}

/* A cell in quotes, whose closing quote is not in the text: "" is a quote. */
static bool read_quoted(struct reading *reading, struct str *cell)
{
    char *out = arena_take(reading->arena, reading->rest.len);
    size_t len = 0;
    for (size_t at = 1; at < reading->rest.len; at++) {
        char byte = reading->rest.ptr[at];
        bool twice = byte == '"' && at + 1 < reading->rest.len && reading->rest.ptr[at + 1] == '"';
        if (byte == '"' && !twice) {
            *cell = (struct str){out, len};
            reading->rest = str_slice(reading->rest, at + 1, reading->rest.len);
            return true;
        }
        at += twice ? 1 : 0;
        reading->line += byte == '\n' ? 1 : 0;
        out[len++] = byte;
    }
    return false;
}

/* The next cell of a row, which ends with it when *last. */
static bool next_cell(struct reading *reading, struct str *cell, bool *last)
{
    if (str_starts_with(reading->rest, STR("\""))) {
        if (!read_quoted(reading, cell)) {
            return false;
        }
    } else {
        size_t end = 0;
        while (end < reading->rest.len && reading->rest.ptr[end] != ',' &&
               reading->rest.ptr[end] != '\n') {
            end++;
        }
        *cell = str_slice(reading->rest, 0, end);
        reading->rest = str_slice(reading->rest, end, reading->rest.len);
    }
    if (str_starts_with(reading->rest, STR("\r"))) {
        reading->rest = str_slice(reading->rest, 1, reading->rest.len);
    }
    *last = reading->rest.len == 0 || reading->rest.ptr[0] == '\n';
    if (!*last && reading->rest.ptr[0] != ',') {
        return false;
    }
    reading->line += *last ? 1 : 0;
    reading->rest = str_slice(reading->rest, 1, reading->rest.len);
    return true;
}

/* Reads a row. The first one says which column it is; of the others the entry is added. */
static int read_row(struct reading *reading, bool head, struct err *err)
{
    uint32_t line = reading->line + 1;
    bool last = false;
    for (uint32_t column = 0; !last; column++) {
        struct str cell = {0};
        if (!next_cell(reading, &cell, &last)) {
            return refuse(reading, line, (struct str){0}, "a cell in quotes does not end well",
                          err);
        }
        bool named = str_equal(str_trim(cell), reading->source->column);
        if (head && reading->column == COLUMN_NONE && (named || reading->source->column.len == 0)) {
            reading->column = column;
        } else if (!head && column == reading->column && add(reading, line, cell, err) != 0) {
            return err->code;
        }
    }
    return 0;
}

static int read_rows(struct reading *reading, struct err *err)
{
    reading->column = COLUMN_NONE;
    int failed = read_row(reading, true, err);
    if (failed == 0 && reading->column == COLUMN_NONE) {
        failed = refuse(reading, reading->line, reading->source->column,
                        "is no column of the list's first row", err);
    }
    while (failed == 0 && reading->rest.len > 0) {
        failed = read_row(reading, false, err);
    }
    return failed;
}

/* The entries that the text has; the tables are not built. */
static int read_text(const struct list_source *source, struct str text, struct list **list,
                     struct err *err)
{
    struct reading reading = {.source = source, .rest = text};
    struct head head = {.kind = LIST_EXACT};
    *list = NULL;
    if (str_starts_with(text, STR("\xEF\xBB\xBF"))) {
        reading.rest = str_slice(text, 3, text.len);
    }
    int failed = read_head(&reading, &head, err);
    if (failed != 0) {
        return failed;
    }
    reading.list = list_new(head.kind);
    reading.arena = arena_new(0);
    if (head.redis.len > 0) {
        size_t blank = str_find_byte(head.redis, ' ');
        struct str key = str_trim(str_slice(head.redis, blank, head.redis.len));
        struct str address = str_slice(head.redis, 0, blank);
        reading.list->redis_address = arena_copy(reading.list->arena, address).ptr;
        reading.list->redis_key = arena_copy(reading.list->arena, key).ptr;
    }
    /* A set needs no names of columns. */
    bool rows = source->csv && !(head.redis.len > 0 && reading.rest.len == 0);
    failed = rows ? read_rows(&reading, err) : read_lines(&reading, err);
    arena_free(reading.arena);
    if (failed != 0) {
        list_free(reading.list);
        return failed;
    }
    *list = reading.list;
    return 0;
}

int list_parse(const struct list_source *source, struct str text, struct list **list,
               struct err *err)
{
    int failed = read_text(source, text, list, err);
    if (failed == 0) {
        list_build(*list);
    }
    return failed;
}

/* The same with the members of the set that the text names. */
static int read_all(const struct list_source *source, struct str text, struct list **list,
                    struct err *err)
{
    int failed = read_text(source, text, list, err);
    if (failed == 0 && (*list)->redis_address != NULL) {
        failed = list_fetch_redis(*list, err);
    }
    if (failed == 0) {
        list_build(*list);
    } else {
        list_free(*list);
        *list = NULL;
    }
    return failed;
}

int list_load(const char *path, struct str column, struct list **list, struct err *err)
{
    struct list_source source = {path, str_ends_with(str_of(path), STR(".csv")), column};
    struct stat status;
    *list = NULL;
    FILE *file = fopen(path, "rbe");
    if (file == NULL || fstat(fileno(file), &status) != 0) {
        err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        if (file != NULL) {
            fclose(file);
        }
        return err->code;
    }
    size_t size = status.st_size > 0 ? (size_t)status.st_size : 0;
    if (!S_ISREG(status.st_mode) || size > LIMIT_LIST_FILE_BYTES) {
        fclose(file);
        return err_set(err, ERR_CONFIG, "%s: no file of at most %d bytes", path,
                       LIMIT_LIST_FILE_BYTES);
    }
    char *bytes = memory_new(size + 1, 1);
    size_t got = fread(bytes, 1, size, file);
    fclose(file);
    int failed = got < size ? err_set(err, ERR_IO, "%s: it could not be read to its end", path)
                            : read_all(&source, (struct str){bytes, got}, list, err);
    memory_free(bytes);
    return failed;
}
