/* SPDX-License-Identifier: Apache-2.0
 *
 * explain_input.c - see explain_input.h.
 */
#include "cli/workbench/explain_input.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "base/timestamp.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Line number line (from 1; 0: the whole file) of file. False: it is not there. */
static bool read_part(FILE *file, uint64_t line, struct buffer *text)
{
    char block[65536];
    uint64_t at = line == 0 ? 0 : 1;
    for (size_t got = fread(block, 1, sizeof block, file); got > 0;
         got = fread(block, 1, sizeof block, file)) {
        struct str rest = {block, got};
        while (rest.len > 0 && at <= line) {
            size_t end = line == 0 ? STR_NOT_FOUND : str_find_byte(rest, '\n');
            struct str part = str_slice(rest, 0, end);
            if (at == line && text->len + part.len <= LIMIT_DOCUMENT_RECORD_BYTES) {
                buffer_add(text, part);
            }
            at += end == STR_NOT_FOUND ? 0 : 1;
            rest = str_slice(rest, end == STR_NOT_FOUND ? rest.len : end + 1, rest.len);
        }
    }
    return text->len > 0;
}

/* Cuts ":17" off path when no file has the whole name. */
static uint64_t take_line(char *path)
{
    uint64_t line = 0;
    char *colon = strrchr(path, ':');
    if (access(path, F_OK) == 0 || colon == NULL || !str_to_u64(str_of(colon + 1), &line)) {
        return 0;
    }
    *colon = '\0';
    return line;
}

int explain_input_read(struct arena *arena, const char *text, struct trial_input *input,
                       struct err *err)
{
    char *path = (char *)(uintptr_t)arena_copy(arena, str_of(text)).ptr;
    bool is_stdin = strcmp(path, "-") == 0;
    uint64_t line = is_stdin ? 0 : take_line(path);
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    struct stat status;
    struct buffer part = {0};
    if (file == NULL) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    bool dated = !is_stdin && fstat(fileno(file), &status) == 0;
    bool found = read_part(file, line, &part);
    bool broken = ferror(file) != 0;
    if (!is_stdin) {
        fclose(file);
    }
    input->source = is_stdin ? "stdin" : path;
    input->reference_ns = dated ? status.st_mtime * TIMESTAMP_SECOND_NS : TIMESTAMP_NONE;
    input->bytes = arena_copy(arena, buffer_str(&part));
    buffer_release(&part);
    if (broken || !found) {
        return err_set(err, ERR_IO, "%s: %s", text,
                       broken ? "can't be read" : "there is no record");
    }
    return 0;
}
