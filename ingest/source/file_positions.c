/* SPDX-License-Identifier: Apache-2.0
 *
 * file_positions.c - see file_positions.h. A text file: one line `device inode offset length hash`
 * each, below a line that names the format.
 */
#include "ingest/source/file_positions.h"

#include "base/buffer.h"
#include "base/folder.h"
#include "base/hash.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define HEADER     "tocsin positions 1\n"
#define HEAD_BYTES 256

struct file_positions {
    char *path;
    struct file_position *items;
    size_t count;
    size_t capacity;
    bool changed;
};

static bool parse_line(struct str line, struct file_position *position)
{
    uint64_t *const numbers[] = {&position->device, &position->inode, &position->offset,
                                 &position->head_len, &position->head_hash};
    for (size_t i = 0; i < 5; i++) {
        size_t space = str_find_byte(line, ' ');
        if (!str_to_u64(str_slice(line, 0, space), numbers[i]) ||
            (i < 4) != (space != STR_NOT_FOUND)) {
            return false;
        }
        line = i < 4 ? str_slice(line, space + 1, line.len) : line;
    }
    return position->head_len <= HEAD_BYTES;
}

static int parse(struct file_positions *positions, struct str text, struct err *err)
{
    if (!str_starts_with(text, STR(HEADER))) {
        return err_set(err, ERR_DATA,
                       "%s: not a positions file of this version; remove it to read all files from "
                       "their beginning",
                       positions->path);
    }
    text = str_slice(text, sizeof HEADER - 1, text.len);
    for (unsigned line = 2; text.len > 0; line++) {
        size_t end = str_find_byte(text, '\n');
        MEMORY_GROW(positions->items, positions->count, positions->capacity);
        if (end == STR_NOT_FOUND ||
            !parse_line(str_slice(text, 0, end), &positions->items[positions->count])) {
            return err_set(err, ERR_DATA,
                           "%s:%u: damaged; remove the file to read all files from their beginning",
                           positions->path, line);
        }
        positions->count++;
        text = str_slice(text, end + 1, text.len);
    }
    return 0;
}

int file_positions_open(const char *path, struct file_positions **out, struct err *err)
{
    struct file_positions *positions = memory_new(1, sizeof *positions);
    struct buffer text = {0};
    int failed = 0;
    positions->path = memory_copy_str(str_of(path));
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
        failed = parse(positions, buffer_str(&text), err);
    }
    buffer_release(&text);
    if (failed != 0) {
        file_positions_free(positions);
        positions = NULL;
    }
    *out = positions;
    return failed;
}

void file_positions_free(struct file_positions *positions)
{
    if (positions != NULL) {
        memory_free(positions->path);
        memory_free(positions->items);
        memory_free(positions);
    }
}

static struct file_position *find(const struct file_positions *positions, uint64_t device,
                                  uint64_t inode)
{
    for (size_t i = 0; i < positions->count; i++) {
        if (positions->items[i].device == device && positions->items[i].inode == inode) {
            return &positions->items[i];
        }
    }
    return NULL;
}

/* Hash of the first len bytes; *len gets how many there are. */
static uint64_t hash_head(int descriptor, uint64_t *len)
{
    char head[HEAD_BYTES];
    ssize_t got = pread(descriptor, head, *len, 0);
    *len = got > 0 ? (uint64_t)got : 0;
    return hash_bytes((struct str){head, (size_t)*len}, 0);
}

uint64_t file_positions_find(const struct file_positions *positions, uint64_t device,
                             uint64_t inode, int descriptor)
{
    const struct file_position *position = find(positions, device, inode);
    if (position == NULL) {
        return 0;
    }
    uint64_t len = position->head_len;
    uint64_t hash = hash_head(descriptor, &len);
    off_t size = lseek(descriptor, 0, SEEK_END);
    lseek(descriptor, 0, SEEK_SET);
    bool same = len == position->head_len && hash == position->head_hash;
    return same && size >= 0 && (uint64_t)size >= position->offset ? position->offset : 0;
}

void file_positions_set(struct file_positions *positions, uint64_t device, uint64_t inode,
                        uint64_t offset, int descriptor)
{
    struct file_position *position = find(positions, device, inode);
    if (position == NULL) {
        MEMORY_GROW(positions->items, positions->count, positions->capacity);
        position = &positions->items[positions->count++];
        *position = (struct file_position){.device = device, .inode = inode};
    }
    if (position->head_len < HEAD_BYTES || offset < position->offset) {
        uint64_t len = offset < HEAD_BYTES ? offset : HEAD_BYTES;
        position->head_hash = hash_head(descriptor, &len);
        position->head_len = len;
    }
    positions->changed = positions->changed || position->offset != offset;
    position->offset = offset;
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

int file_positions_save(struct file_positions *positions, struct err *err)
{
    struct buffer text = {0};
    struct buffer aside = {0};
    if (!positions->changed) {
        return 0;
    }
    buffer_add_text(&text, HEADER);
    for (size_t i = 0; i < positions->count; i++) {
        const struct file_position *p = &positions->items[i];
        buffer_printf(&text, "%llu %llu %llu %llu %llu\n", (unsigned long long)p->device,
                      (unsigned long long)p->inode, (unsigned long long)p->offset,
                      (unsigned long long)p->head_len, (unsigned long long)p->head_hash);
    }
    buffer_printf(&aside, "%s.new", positions->path);
    buffer_add_byte(&aside, '\0');
    int descriptor = open(aside.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool done = descriptor >= 0 && write_all(descriptor, buffer_str(&text));
    if (descriptor >= 0) {
        done = close(descriptor) == 0 && done;
    }
    done = done && rename(aside.ptr, positions->path) == 0;
    int failed = done ? folder_sync(positions->path, err)
                      : err_set(err, ERR_IO, "%s: the positions can't be saved: %s",
                                positions->path, strerror(errno));
    positions->changed = failed != 0;
    buffer_release(&text);
    buffer_release(&aside);
    return failed;
}
