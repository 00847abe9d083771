/* SPDX-License-Identifier: Apache-2.0
 *
 * text_files.h - the files below paths whose names end in one of some ways, read into memory.
 *
 * In:  paths of a command line.   Out: names and texts, in the byte order of their paths.
 * Thread: one.   Owns: nothing; names and texts are in the caller's arena.
 * Bounds: LIMIT_RULE_FILE_BYTES a file.
 */
#ifndef TOCSIN_CLI_CONVERT_TEXT_FILES_H
#define TOCSIN_CLI_CONVERT_TEXT_FILES_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

#include <stdint.h>

struct text_file {
    struct str path;     /* as it can be opened; NUL behind it */
    struct str relative; /* behind the argument that led to it; of a file: its name */
    struct str text;
};

struct text_files {
    struct arena *arena;         /* of names and texts */
    const char *const *suffixes; /* of the wanted files' names; NULL ends them */
    bool any_root;               /* a path that is a file may have any name */
    struct text_file *items;     /* memory_free */
    uint32_t count;
    uint32_t capacity;
};

/* Adds path if it is a file, else the files below it; *.test.yml, and names below it that begin
 * with a dot, are left out. ERR_IO. */
int text_files_add(struct text_files *files, const char *path, struct err *err);

/* Writes text as the file path, which must not be there unless overwrite is true; makes its
 * folders. ERR_IO. */
int text_file_write(const char *path, struct str text, bool overwrite, struct err *err);

#endif
