/* SPDX-License-Identifier: Apache-2.0
 *
 * text_files.c - see text_files.h.
 */
#include "cli/convert/text_files.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int compare_names(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool is_wanted(struct str name, const char *const *suffixes)
{
    if (str_ends_with(name, STR(".test.yml")) || str_ends_with(name, STR(".test.yaml"))) {
        return false;
    }
    for (; *suffixes != NULL; suffixes++) {
        if (str_ends_with(name, str_of(*suffixes))) {
            return true;
        }
    }
    return false;
}

static int read_text(int file, struct arena *arena, const char *path, struct str *text,
                     struct err *err)
{
    struct stat status;
    if (fstat(file, &status) != 0) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    if (status.st_size > LIMIT_RULE_FILE_BYTES) {
        return err_set(err, ERR_IO, "%s: has more than %d bytes: split it", path,
                       LIMIT_RULE_FILE_BYTES);
    }
    size_t size = (size_t)status.st_size;
    char *bytes = arena_take(arena, size + 1);
    size_t len = 0;
    while (len < size) {
        ssize_t got = read(file, bytes + len, size - len);
        if (got < 0) {
            return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        }
        if (got == 0) {
            break;
        }
        len += (size_t)got;
    }
    bytes[len] = '\0';
    *text = (struct str){bytes, len};
    return 0;
}

static int add_file(struct text_files *files, const FTSENT *entry, size_t root_len, struct err *err)
{
    struct arena *arena = files->arena;
    struct str path = arena_copy(arena, str_of(entry->fts_path));
    struct str relative = str_skip(str_slice(path, root_len, path.len), '/');
    struct text_file added = {.path = path, .relative = relative};
    if (entry->fts_level == FTS_ROOTLEVEL) {
        added.relative = arena_copy(arena, str_of(entry->fts_name));
    }
    int file = open(path.ptr, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return err_set(err, ERR_IO, "%s: %s", path.ptr, strerror(errno));
    }
    int failed = read_text(file, arena, path.ptr, &added.text, err);
    close(file);
    if (failed == 0) {
        MEMORY_GROW(files->items, files->count, files->capacity);
        files->items[files->count++] = added;
    }
    return failed;
}

static int visit(struct text_files *files, FTS *tree, struct err *err)
{
    size_t root_len = 0;
    for (FTSENT *entry = fts_read(tree); entry != NULL; entry = fts_read(tree)) {
        bool is_root = entry->fts_level == FTS_ROOTLEVEL;
        if (is_root) {
            root_len = entry->fts_pathlen;
        }
        if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS) {
            return err_set(err, ERR_IO, "%s: %s", entry->fts_path, strerror(entry->fts_errno));
        }
        if (!is_root && entry->fts_name[0] == '.') {
            fts_set(tree, entry, FTS_SKIP);
            continue;
        }
        bool wanted =
            (is_root && files->any_root) || is_wanted(str_of(entry->fts_name), files->suffixes);
        if (entry->fts_info == FTS_F && wanted && add_file(files, entry, root_len, err) != 0) {
            return err->code;
        }
    }
    return 0;
}

int text_files_add(struct text_files *files, const char *path, struct err *err)
{
    char *root = memory_copy_str(str_of(path));
    char *const roots[] = {root, NULL};
    FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, compare_names);
    int failed = tree == NULL ? err_set(err, ERR_IO, "%s: %s", path, strerror(errno))
                              : visit(files, tree, err);
    if (tree != NULL) {
        fts_close(tree);
    }
    memory_free(root);
    return failed;
}

/* Makes the folders of path, from the outermost on. Those that are there are no error. */
static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
}

static int write_new(const char *path, mode_t mode, struct str text, struct err *err)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0) {
        return err_set(err, ERR_IO, "%s: %s%s", path, strerror(errno),
                       errno == EEXIST ? "; --force replaces it" : "");
    }
    size_t done = 0;
    while (done < text.len) {
        ssize_t wrote = write(file, text.ptr + done, text.len - done);
        if (wrote < 0) {
            err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
            close(file);
            return ERR_IO;
        }
        done += (size_t)wrote;
    }
    return close(file) == 0 ? 0 : err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
}

/* Beside it first: who reads the file meanwhile sees the old text or the new one, never half. */
static int replace_file(const char *path, mode_t mode, struct str text, struct err *err)
{
    struct buffer beside = {0};
    const char *slash = strrchr(path, '/');
    int folder_len = slash != NULL ? (int)(slash - path) + 1 : 0;
    buffer_printf(&beside, "%.*s.%s.new", folder_len, path, path + folder_len);
    buffer_add_byte(&beside, '\0');
    unlink(beside.ptr);
    int failed = write_new(beside.ptr, mode, text, err);
    if (failed == 0 && rename(beside.ptr, path) != 0) {
        failed = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    if (failed != 0) {
        unlink(beside.ptr);
    }
    buffer_release(&beside);
    return failed;
}

int text_file_write(const char *path, struct str text, bool overwrite, struct err *err)
{
    struct stat status;
    char *copy = memory_copy_str(str_of(path));
    make_folders(copy);
    memory_free(copy);
    if (overwrite && stat(path, &status) == 0) {
        return replace_file(path, status.st_mode & 0777, text, err);
    }
    return write_new(path, 0666, text, err);
}
