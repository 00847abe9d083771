/* SPDX-License-Identifier: Apache-2.0
 *
 * dlq_files.c - see dlq_input.h: lines of files, PATH.9 before PATH.1 before PATH.
 *
 * All files are opened first, the youngest of a path before its older ones: a rotation in between
 * shows as the same file under two names.
 */
#include "cli/dlq/dlq_input_internal.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_BYTES 262144

struct file {
    char *path;
    int descriptor;
    uint64_t left; /* bytes to read */
    bool endless;  /* a pipe */
    dev_t device;
    ino_t inode;
};

struct dlq_files {
    struct file *items;
    uint32_t count;
    uint32_t capacity;
    uint32_t present;
    struct buffer text; /* of the present file: lines that were read and not given out */
    size_t from;        /* where the next one begins */
    size_t searched;    /* up to here text has no end of a line */
    bool skips;         /* the line is too long: its rest is not kept */
    uint64_t lines;
};

/* --- opening ---------------------------------------------------------------------------------- */

static bool is_open(const struct dlq_files *files, const struct stat *status)
{
    for (uint32_t i = 0; i < files->count; i++) {
        if (files->items[i].inode == status->st_ino && files->items[i].device == status->st_dev) {
            return true;
        }
    }
    return false;
}

/* Takes the file, unless it is there already. ERR_IO; when it is optional only 1. */
static int add_file(struct dlq_files *files, const char *path, bool optional, struct err *err)
{
    struct stat status;
    bool input = strcmp(path, "-") == 0;
    int descriptor = input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 && optional && errno == ENOENT) {
        return 1;
    }
    if (descriptor < 0 || fstat(descriptor, &status) != 0) {
        int failed = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        if (descriptor >= 0) {
            close(descriptor);
        }
        return failed;
    }
    if (S_ISREG(status.st_mode) && is_open(files, &status)) {
        close(descriptor);
        return 0;
    }
    MEMORY_GROW(files->items, files->count, files->capacity);
    files->items[files->count++] = (struct file){
        .path = memory_copy_str(str_of(path)),
        .descriptor = descriptor,
        .left = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : UINT64_MAX,
        .endless = !S_ISREG(status.st_mode),
        .device = status.st_dev,
        .inode = status.st_ino,
    };
    return 0;
}

/* A path and the files that a sink has rotated it to, the oldest first. */
static int add_rotated(struct dlq_files *files, const char *path, struct err *err)
{
    struct buffer name = {0};
    uint32_t first = files->count;
    int added = add_file(files, path, false, err);
    for (uint32_t i = 1; added == 0 && strcmp(path, "-") != 0; i++) {
        buffer_clear(&name);
        buffer_printf(&name, "%s.%u", path, i);
        buffer_add_byte(&name, '\0');
        added = add_file(files, name.ptr, true, err);
    }
    buffer_release(&name);
    for (uint32_t last = files->count; first + 1 < last; first++, last--) {
        struct file younger = files->items[first];
        files->items[first] = files->items[last - 1];
        files->items[last - 1] = younger;
    }
    return added < 0 ? added : 0;
}

/* Does name end with a dot and digits? */
static bool is_rotated(const char *name)
{
    size_t len = strlen(name);
    size_t end = len;
    while (end > 0 && byte_is_digit(name[end - 1])) {
        end--;
    }
    return end < len && end > 1 && name[end - 1] == '.';
}

static int is_wanted(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && !is_rotated(entry->d_name);
}

/* The files of a folder by their names; folders in it are left alone. */
static int add_folder(struct dlq_files *files, const char *path, struct err *err)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_wanted, alphasort);
    if (count < 0) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    int failed = 0;
    for (int i = 0; i < count; i++) {
        struct buffer name = {0};
        struct stat status;
        buffer_printf(&name, "%s/%s", path, entries[i]->d_name);
        buffer_add_byte(&name, '\0');
        if (failed == 0 && stat(name.ptr, &status) == 0 && S_ISREG(status.st_mode)) {
            failed = add_rotated(files, name.ptr, err);
        }
        buffer_release(&name);
        memory_free(entries[i]); /* scandir has taken it as memory_new does */
    }
    memory_free(entries);
    return failed;
}

int dlq_files_open(const struct dlq_place *place, struct dlq_files **files, struct err *err)
{
    struct dlq_files *made = memory_new(1, sizeof *made);
    int failed = 0;
    buffer_reserve(&made->text, BLOCK_BYTES);
    for (uint32_t i = 0; i < place->paths_count && failed == 0; i++) {
        struct stat status;
        const char *path = place->paths[i];
        bool folder = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
        failed = folder ? add_folder(made, path, err) : add_rotated(made, path, err);
    }
    if (failed != 0) {
        dlq_files_close(made);
        made = NULL;
    }
    *files = made;
    return failed;
}

void dlq_files_close(struct dlq_files *files)
{
    for (uint32_t i = 0; i < files->count; i++) {
        close(files->items[i].descriptor);
        memory_free(files->items[i].path);
    }
    memory_free(files->items);
    buffer_release(&files->text);
    memory_free(files);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Reads a block behind the text. 1: something came; 0: the file has ended. */
static int read_block(struct dlq_files *files, struct file *file, struct err *err)
{
    struct buffer *text = &files->text;
    if (files->from > 0) {
        memmove(text->ptr, text->ptr + files->from, text->len - files->from);
        text->len -= files->from;
        files->searched -= files->from;
        files->from = 0;
    }
    size_t want = file->left < BLOCK_BYTES ? (size_t)file->left : BLOCK_BYTES;
    char *room = buffer_reserve(text, BLOCK_BYTES);
    ssize_t got = want == 0 ? 0 : read(file->descriptor, room, want);
    while (got < 0 && errno == EINTR) {
        got = read(file->descriptor, room, want);
    }
    if (got < 0) {
        return err_set(err, ERR_IO, "%s: %s", file->path, strerror(errno));
    }
    text->len += (size_t)got;
    file->left -= file->endless ? 0 : (uint64_t)got;
    return got > 0 ? 1 : 0;
}

/* Gives out len bytes as a line, and passes over them and its end. */
static void take_line(struct dlq_files *files, size_t len, size_t end, struct dlq_line *line)
{
    *line = (struct dlq_line){.text = {files->text.ptr + files->from, len},
                              .name = files->items[files->present].path,
                              .partition = -1,
                              .at = ++files->lines};
    if (files->skips) {
        line->text = (struct str){0};
        line->too_long = true;
        files->skips = false;
    }
    files->from += len + end;
    files->searched = files->from;
}

int dlq_files_next(struct dlq_files *files, struct dlq_line *line, struct err *err)
{
    struct buffer *text = &files->text;
    while (files->present < files->count) {
        struct str rest = {text->ptr + files->searched, text->len - files->searched};
        size_t found = str_find_byte(rest, '\n');
        if (found != STR_NOT_FOUND) {
            take_line(files, files->searched + found - files->from, 1, line);
            return 1;
        }
        files->searched = text->len;
        if (text->len - files->from > LIMIT_DEAD_LETTER_LINE_BYTES) {
            files->skips = true;
        }
        if (files->skips) {
            files->from = files->searched = text->len;
        }
        int got = read_block(files, &files->items[files->present], err);
        if (got < 0) {
            return got;
        }
        if (got == 0 && (text->len > files->from || files->skips)) {
            take_line(files, text->len - files->from, 0, line);
            return 1;
        }
        if (got == 0) {
            files->present++;
            files->lines = 0;
        }
    }
    return 0;
}
