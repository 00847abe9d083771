/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_file.c - the sink of kind "file": lines appended to a file that is rotated by size.
 *
 * In:  items.   Out: PATH, and older ones as PATH.1 (the youngest) to PATH.N.
 * Thread: the deliverer only.   Owns: its descriptor, text that waits for a flush.
 * Invariants: (1) a file begins and ends at a line's edge: the next opening removes the beginning
 *                 of a line that a crash cut. What can't be told from another's text (CSV, or no
 *                 JSON object) is closed with a LF instead, so that it spoils no line but itself.
 *             (2) a file is rotated before the item that would make it larger than the limit; one
 *                 item may be larger than a file.
 *             (3) options.sync: a flush returns when the lines are on the disk, those of a file
 *                 that was rotated since the last flush and its new name included.
 *             (4) one sink of one process writes a file: two would rotate it under each other.
 * Bounds: files_max rotated files of file_bytes_max bytes; SINK_LINES_WAITING_BYTES wait.
 * Tested: tests/unit/test_sink_file.c.
 */
#include "respond/sink/sink_lines_internal.h"
#include "respond/sink/sink_table.h"

#include "base/folder.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct file_state {
    int descriptor;
    uint64_t bytes; /* in the file and waiting for it */
    uint64_t bytes_max;
    uint32_t files_max;
    bool sync;          /* options.sync, and the file can be synced */
    bool unsynced;      /* something was written since the last sync */
    bool renamed;       /* the folder has names that are not on the disk */
    struct buffer text; /* waiting */
    struct buffer item; /* the item that is being added */
};

/* Writes what waits and, if asked for, puts it on the disk. */
static int write_through(struct file_state *file, const char *path, struct err *err)
{
    file->unsynced = file->unsynced || file->text.len > 0;
    int failed = sink_lines_write(file->descriptor, &file->text, path, err);
    if (failed != 0 || !file->sync) {
        return failed;
    }
    if (file->unsynced && fdatasync(file->descriptor) != 0) {
        return err_set(err, ERR_IO, "%s can not be put on the disk: %s", path, strerror(errno));
    }
    file->unsynced = false;
    failed = file->renamed ? folder_sync(path, err) : 0;
    file->renamed = file->renamed && failed != 0;
    return failed;
}

/* Where the last line begins whose end is missing; size if the file ends with a LF, -1 if it can't
 * be read. */
static off_t cut_line_start(int reader, off_t size)
{
    char block[4096];
    off_t start = size;
    while (start > 0) {
        size_t len = start < (off_t)sizeof block ? (size_t)start : sizeof block;
        if (pread(reader, block, len, start - (off_t)len) != (ssize_t)len) {
            return -1;
        }
        for (size_t i = len; i > 0; i--) {
            if (block[i - 1] == '\n') {
                return start - (off_t)(len - i);
            }
        }
        start -= (off_t)len;
    }
    return 0;
}

/* Takes the beginning of a line that a crash cut out of the file: what it was the beginning of was
 * not committed, so it is written again, whole. What is not a line of ours is closed with a LF. */
static int remove_cut_line(struct sink *sink, struct err *err)
{
    struct file_state *file = sink->state;
    const char *path = sink->options.path;
    off_t size = (off_t)file->bytes;
    char first = '\0';
    int reader = open(path, O_RDONLY | O_CLOEXEC);
    off_t start = reader < 0 ? -1 : cut_line_start(reader, size);
    bool failed = start < 0 || (start < size && pread(reader, &first, 1, start) != 1);
    bool ours = first == '{' && sink->options.format != SINK_CSV;
    failed = failed || (ours && ftruncate(file->descriptor, start) != 0);
    int reason = errno;
    if (reader >= 0) {
        close(reader);
    }
    if (failed) {
        return err_set(err, ERR_IO, "%s: the end of its last line can not be looked at: %s", path,
                       strerror(reason));
    }
    if (ours) {
        log_write(LOG_WARNING, "respond/sink",
                  "%s: the last %lld bytes, a line that a crash cut, are removed", path,
                  (long long)(size - start));
        file->bytes = (uint64_t)start;
    } else if (start < size) {
        buffer_add_byte(&file->text, '\n');
        file->bytes++;
    }
    return 0;
}

static int open_path(struct sink *sink, struct err *err)
{
    struct file_state *file = sink->state;
    const char *path = sink->options.path;
    struct stat status;
    file->descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (file->descriptor < 0) {
        return err_set(err, ERR_IO, "%s can not be opened for writing: %s", path, strerror(errno));
    }
    if (fstat(file->descriptor, &status) != 0) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    bool regular = S_ISREG(status.st_mode);
    file->bytes = regular ? (uint64_t)status.st_size : 0;
    if (!regular) {
        file->bytes_max = UINT64_MAX; /* a pipe or /dev/null is never rotated */
    }
    /* Other reasons than a holder: a file system without locks. */
    if (regular && flock(file->descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        return err_set(err, ERR_IO,
                       "%s is written by another output or another tocsin; give each its own file",
                       path);
    }
    file->sync = sink->options.sync && regular;
    file->renamed = file->bytes == 0;
    if (file->bytes > 0) {
        return remove_cut_line(sink, err);
    }
    if (sink->options.format == SINK_CSV) {
        sink_render_csv_header(&file->text);
        file->bytes = file->text.len;
    }
    return 0;
}

static void close_file(struct sink *sink)
{
    struct file_state *file = sink->state;
    struct err ignored;
    if (file->descriptor >= 0) {
        (void)write_through(file, sink->options.path, &ignored);
        close(file->descriptor);
    }
    buffer_release(&file->text);
    buffer_release(&file->item);
    memory_free(file);
}

static int open_file(struct sink *sink, const struct sink_options *options, struct err *err)
{
    struct file_state *file = memory_new(1, sizeof *file);
    sink->state = file;
    file->descriptor = -1;
    file->bytes_max =
        options->file_bytes_max > 0 ? options->file_bytes_max : LIMIT_ALERT_FILE_BYTES;
    file->files_max = options->files_max > 0 ? options->files_max : LIMIT_ALERT_FILES;
    int failed = open_path(sink, err);
    if (failed != 0) {
        close_file(sink);
        sink->state = NULL;
    }
    return failed;
}

/* PATH.N-1 becomes PATH.N, and so on, and PATH becomes PATH.1: the oldest is gone. */
static int shift_files(const struct sink *sink, uint32_t files_max, struct err *err)
{
    struct buffer from = {0};
    struct buffer to = {0};
    int failed = 0;
    for (uint32_t i = files_max; i > 0 && failed == 0; i--) {
        buffer_clear(&from);
        buffer_clear(&to);
        buffer_add_text(&from, sink->options.path);
        if (i > 1) {
            buffer_printf(&from, ".%u", i - 1);
        }
        buffer_printf(&to, "%s.%u", sink->options.path, i);
        buffer_add_byte(&from, '\0');
        buffer_add_byte(&to, '\0');
        if (rename(from.ptr, to.ptr) != 0 && errno != ENOENT) {
            failed = err_set(err, ERR_IO, "%s can not be renamed to %s: %s", from.ptr, to.ptr,
                             strerror(errno));
        }
    }
    buffer_release(&from);
    buffer_release(&to);
    return failed;
}

static int rotate(struct sink *sink, struct err *err)
{
    struct file_state *file = sink->state;
    int failed = write_through(file, sink->options.path, err);
    if (failed == 0) {
        failed = shift_files(sink, file->files_max, err);
    }
    if (failed == 0) {
        close(file->descriptor);
        failed = open_path(sink, err);
    }
    return failed;
}

static int write_file(struct sink *sink, const struct sink_item *item, struct err *err)
{
    struct file_state *file = sink->state;
    buffer_clear(&file->item);
    sink_lines_add(&file->item, item, &sink->options);
    if (file->bytes > 0 && file->bytes + file->item.len > file->bytes_max) {
        int failed = rotate(sink, err);
        if (failed != 0) {
            return failed;
        }
    }
    buffer_add(&file->text, buffer_str(&file->item));
    file->bytes += file->item.len;
    if (file->text.len < SINK_LINES_WAITING_BYTES) {
        return 0;
    }
    file->unsynced = true;
    return sink_lines_write(file->descriptor, &file->text, sink->options.path, err);
}

static int flush_file(struct sink *sink, struct err *err)
{
    return write_through(sink->state, sink->options.path, err);
}

const struct sink_ops sink_file = {
    .name = "file",
    .doc = "a file, rotated by size",
    .open = open_file,
    .write = write_file,
    .flush = flush_file,
    .close = close_file,
};
