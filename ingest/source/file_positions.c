/* SPDX-License-Identifier: Apache-2.0
 *
 * file_positions.c - see file_positions.h. A text file: one line `device inode offset length hash`
 * each, below a line that names the format.
 */
#include "ingest/source/file_positions.h"

#include "base/buffer.h"
#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define HEADER "tocsin positions 1\n"

static bool parse_line(struct str line, struct file_place *position)
{
    uint64_t *const numbers[] = {&position->device, &position->inode, &position->offset,
                                 &position->head_len, &position->head_hash};
    *position = (struct file_place){0};
    for (size_t i = 0; i < 5; i++) {
        size_t space = str_find_byte(line, ' ');
        if (!str_to_u64(str_slice(line, 0, space), numbers[i]) ||
            (i < 4) != (space != STR_NOT_FOUND)) {
            return false;
        }
        line = i < 4 ? str_slice(line, space + 1, line.len) : line;
    }
    return position->head_len <= FILE_PLACE_HEAD_BYTES;
}

static int parse(const char *path, struct file_places *places, struct str text, struct err *err)
{
    if (!str_starts_with(text, STR(HEADER))) {
        return err_set(err, ERR_DATA,
                       "%s: not a positions file of this version; remove it to read all files from "
                       "their beginning",
                       path);
    }
    text = str_slice(text, sizeof HEADER - 1, text.len);
    for (unsigned line = 2; text.len > 0; line++) {
        size_t end = str_find_byte(text, '\n');
        struct file_place place;
        if (end == STR_NOT_FOUND || !parse_line(str_slice(text, 0, end), &place)) {
            return err_set(err, ERR_DATA,
                           "%s:%u: damaged; remove the file to read all files from their beginning",
                           path, line);
        }
        file_places_note(places, STR(""), &place);
        text = str_slice(text, end + 1, text.len);
    }
    return 0;
}

int file_positions_read(const char *path, struct file_places *places, struct err *err)
{
    struct buffer text = {0};
    int failed = 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = 0;
    if (descriptor < 0 && errno != ENOENT) {
        failed = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    while (descriptor >= 0 && (got = read(descriptor, buffer_reserve(&text, 65536), 65536)) > 0) {
        text.len += (size_t)got;
    }
    if (got < 0) {
        failed = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    if (failed == 0 && descriptor >= 0) {
        failed = parse(path, places, buffer_str(&text), err);
    }
    buffer_release(&text);
    return failed;
}

static bool write_all(int descriptor, struct str text)
{
    while (text.len > 0) {
        ssize_t wrote = write(descriptor, text.ptr, text.len);
        if (wrote < 0 && errno != EINTR) {
            return false;
        }
        text = str_slice(text, wrote > 0 ? (size_t)wrote : 0, text.len);
    }
    return fsync(descriptor) == 0;
}

int file_positions_write(const char *path, const struct file_places *places, struct err *err)
{
    struct buffer text = {0};
    struct buffer aside = {0};
    const struct file_place *p = NULL;
    buffer_add_text(&text, HEADER);
    for (uint32_t i = 0; (p = file_places_at(places, &i, NULL)) != NULL;) {
        buffer_printf(&text, "%llu %llu %llu %llu %llu\n", (unsigned long long)p->device,
                      (unsigned long long)p->inode, (unsigned long long)p->offset,
                      (unsigned long long)p->head_len, (unsigned long long)p->head_hash);
    }
    buffer_printf(&aside, "%s.new", path);
    buffer_add_byte(&aside, '\0');
    int descriptor = open(aside.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool done = descriptor >= 0 && write_all(descriptor, buffer_str(&text));
    if (descriptor >= 0) {
        done = close(descriptor) == 0 && done;
    }
    done = done && rename(aside.ptr, path) == 0;
    int failed =
        done ? folder_sync(path, err)
             : err_set(err, ERR_IO, "%s: the positions can't be saved: %s", path, strerror(errno));
    buffer_release(&text);
    buffer_release(&aside);
    return failed;
}
