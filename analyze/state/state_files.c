/* SPDX-License-Identifier: Apache-2.0
 *
 * state_files.c - see state_files_internal.h: the operating system's row.
 */
#include "analyze/state/state_files_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_file(void *context, const char *path, enum state_open how)
{
    (void)context;
    int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
    return open(path, how == STATE_OPEN_EMPTY ? flags | O_CREAT | O_TRUNC : flags, 0600);
}

static ssize_t read_file(void *context, int file, char *at, size_t len)
{
    (void)context;
    return read(file, at, len);
}

static ssize_t write_file(void *context, int file, const char *bytes, size_t len)
{
    (void)context;
    return write(file, bytes, len);
}

static int sync_file(void *context, int file)
{
    (void)context;
    return fdatasync(file);
}

static int truncate_file(void *context, int file, uint64_t size)
{
    (void)context;
    return ftruncate(file, (off_t)size);
}

static int close_file(void *context, int file)
{
    (void)context;
    return close(file);
}

static int rename_file(void *context, const char *from, const char *to)
{
    (void)context;
    return rename(from, to);
}

static int make_folder(void *context, const char *path)
{
    (void)context;
    return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -1;
}

static int sync_folder(void *context, const char *path)
{
    (void)context;
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = folder < 0 || fsync(folder) != 0 ? -1 : 0;
    int reason = errno;
    if (folder >= 0) {
        close(folder);
    }
    errno = reason;
    return failed;
}

static int lock_file(void *context, const char *path)
{
    (void)context;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) != 0) {
        int reason = errno;
        close(file);
        errno = reason;
        return -1;
    }
    return file;
}

const struct state_files state_files_system = {
    .open = open_file,
    .read = read_file,
    .write = write_file,
    .sync = sync_file,
    .truncate = truncate_file,
    .close = close_file,
    .rename = rename_file,
    .folder_make = make_folder,
    .folder_sync = sync_folder,
    .lock = lock_file,
};
