/* SPDX-License-Identifier: Apache-2.0
 *
 * state_disk.h - a disk in memory beneath the local store: it counts operations, fails one of them,
 * loses its power at one of them, and then has of what was not synced a part only.
 *
 * What is modelled: unsynced bytes may be there up to any point, partly as zeros; unsynced names
 * may be there up to any one; a failed sync may drop what it should have written and call it clean.
 * Thread: one at a time.   Owns: its files.
 */
#ifndef TOCSIN_TESTS_STATE_DISK_H
#define TOCSIN_TESTS_STATE_DISK_H

#include "analyze/state/state_files_internal.h"
#include "base/buffer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define DISK_FILES 64
#define DISK_NAMES 16

struct disk_file {
    struct buffer now;   /* what a reader sees */
    struct buffer there; /* what is on the disk */
    size_t dirty;        /* bytes of now from here on are not on the disk yet */
};

struct disk_name {
    char path[64];
    int file;
};

struct disk {
    struct disk_file files[DISK_FILES];
    struct disk_name names[DISK_NAMES]; /* as seen */
    struct disk_name kept[DISK_NAMES];  /* as on the disk */
    struct disk_name steps[DISK_FILES][DISK_NAMES];
    int steps_count;                    /* pictures of names since the last folder_sync */
    struct disk_file *open[DISK_FILES]; /* by descriptor */
    size_t read_at[DISK_FILES];
    bool locked;
    uint64_t operations;
    uint64_t fail_at;  /* this operation fails; 0: none */
    uint64_t crash_at; /* from this operation on nothing works */
    uint64_t random;
};

static inline uint64_t disk_random(struct disk *disk, uint64_t below)
{
    disk->random = disk->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (disk->random >> 33) % below;
}

static inline bool disk_dead(const struct disk *disk)
{
    return disk->crash_at != 0 && disk->operations >= disk->crash_at;
}

/* Counts an operation; false when it fails. */
static inline bool disk_step(struct disk *disk)
{
    disk->operations++;
    bool fails = disk->operations == disk->fail_at || disk_dead(disk);
    errno = disk->random & 1 ? EIO : ENOSPC;
    return !fails;
}

static inline struct disk_name *disk_find(struct disk *disk, const char *path)
{
    for (int i = 0; i < DISK_NAMES; i++) {
        if (strcmp(disk->names[i].path, path) == 0) {
            return &disk->names[i];
        }
    }
    return NULL;
}

static inline bool disk_names_have(const struct disk_name *names, int file)
{
    bool have = false;
    for (int i = 0; i < DISK_NAMES; i++) {
        have = have || (names[i].path[0] != '\0' && names[i].file == file);
    }
    return have;
}

/* A file that nothing names any more, nor would after a crash. */
static inline int disk_new_file(struct disk *disk)
{
    for (int file = 0; file < DISK_FILES; file++) {
        bool used = disk_names_have(disk->names, file) || disk_names_have(disk->kept, file);
        for (int i = 0; i < disk->steps_count; i++) {
            used = used || disk_names_have(disk->steps[i], file);
        }
        for (int i = 0; i < DISK_FILES; i++) {
            used = used || disk->open[i] == &disk->files[file];
        }
        if (!used) {
            disk->files[file].now.len = 0;
            disk->files[file].there.len = 0;
            disk->files[file].dirty = 0;
            return file;
        }
    }
    abort();
}

static inline void disk_note_names(struct disk *disk)
{
    if (disk->steps_count == DISK_FILES) {
        abort();
    }
    memcpy(disk->steps[disk->steps_count++], disk->names, sizeof disk->names);
}

static inline int disk_open(void *context, const char *path, enum state_open how)
{
    struct disk *disk = context;
    struct disk_name *name = disk_find(disk, path);
    if (!disk_step(disk)) {
        return -1;
    }
    if (name == NULL && how == STATE_OPEN_THERE) {
        errno = ENOENT;
        return -1;
    }
    if (name == NULL) {
        name = disk_find(disk, "");
        if (name == NULL) {
            abort();
        }
        name->file = disk_new_file(disk);
        snprintf(name->path, sizeof name->path, "%s", path);
        disk_note_names(disk);
    }
    if (how == STATE_OPEN_EMPTY) {
        disk->files[name->file].now.len = 0;
        disk->files[name->file].dirty = 0;
    }
    int descriptor = 0;
    while (disk->open[descriptor] != NULL) {
        descriptor++;
    }
    disk->open[descriptor] = &disk->files[name->file];
    disk->read_at[descriptor] = 0;
    return descriptor;
}

static inline ssize_t disk_read(void *context, int file, char *at, size_t len)
{
    struct disk *disk = context;
    struct buffer *now = &disk->open[file]->now;
    if (!disk_step(disk)) {
        return -1;
    }
    struct str part =
        str_slice(buffer_str(now), disk->read_at[file], len > 1 ? 1 + disk_random(disk, len) : len);
    if (part.len > 0) {
        memcpy(at, part.ptr, part.len);
    }
    disk->read_at[file] += part.len;
    return (ssize_t)part.len;
}

static inline ssize_t disk_write(void *context, int file, const char *bytes, size_t len)
{
    struct disk *disk = context;
    bool dead = disk_dead(disk);
    bool works = disk_step(disk);
    int reason = errno;
    if (!dead) {
        /* One that fails may have written a part. */
        size_t part = works && disk_random(disk, 4) > 0 ? len : (size_t)disk_random(disk, len);
        buffer_add(&disk->open[file]->now, (struct str){bytes, part});
        len = part;
    }
    errno = reason;
    return works ? (ssize_t)len : -1;
}

static inline int disk_sync(void *context, int file)
{
    struct disk *disk = context;
    struct disk_file *inode = disk->open[file];
    bool dead = disk_dead(disk);
    bool works = disk_step(disk);
    if (!works && !dead && disk_random(disk, 2) == 0) {
        inode->dirty = inode->now.len; /* lost, and called clean */
    }
    if (!works) {
        return -1;
    }
    while (inode->there.len < inode->dirty) {
        buffer_add_byte(&inode->there, '\0');
    }
    inode->there.len = inode->dirty;
    buffer_add(&inode->there, str_slice(buffer_str(&inode->now), inode->dirty, SIZE_MAX));
    inode->dirty = inode->now.len;
    return 0;
}

static inline int disk_truncate(void *context, int file, uint64_t size)
{
    struct disk *disk = context;
    struct disk_file *inode = disk->open[file];
    if (!disk_step(disk)) {
        return -1;
    }
    inode->now.len = (size_t)size;
    inode->dirty = inode->dirty < size ? inode->dirty : (size_t)size;
    return 0;
}

static inline int disk_close(void *context, int file)
{
    struct disk *disk = context;
    if (file == DISK_FILES) {
        disk->locked = false;
    } else {
        disk->open[file] = NULL;
    }
    return 0;
}

static inline int disk_rename(void *context, const char *from, const char *to)
{
    struct disk *disk = context;
    if (!disk_step(disk)) {
        return -1;
    }
    struct disk_name *old = disk_find(disk, to);
    struct disk_name *name = disk_find(disk, from);
    if (old != NULL) {
        old->path[0] = '\0';
    }
    snprintf(name->path, sizeof name->path, "%s", to);
    disk_note_names(disk);
    return 0;
}

static inline int disk_folder_make(void *context, const char *path)
{
    (void)path;
    return disk_step(context) ? 0 : -1;
}

static inline int disk_folder_sync(void *context, const char *path)
{
    struct disk *disk = context;
    (void)path;
    if (!disk_step(disk)) {
        return -1;
    }
    memcpy(disk->kept, disk->names, sizeof disk->kept);
    disk->steps_count = 0;
    return 0;
}

static inline int disk_lock(void *context, const char *path)
{
    struct disk *disk = context;
    (void)path;
    if (!disk_step(disk)) {
        return -1;
    }
    if (disk->locked) {
        errno = EWOULDBLOCK;
        return -1;
    }
    disk->locked = true;
    return DISK_FILES;
}

/* What is there when the power is back. */
static inline void disk_restart(struct disk *disk)
{
    uint64_t steps = disk_random(disk, (uint64_t)disk->steps_count + 1);
    memcpy(disk->names, steps > 0 ? disk->steps[steps - 1] : disk->kept, sizeof disk->names);
    memcpy(disk->kept, disk->names, sizeof disk->kept);
    for (int i = 0; i < DISK_FILES; i++) {
        struct disk_file *file = &disk->files[i];
        struct buffer *there = &file->there;
        size_t dirty = file->now.len - file->dirty;
        size_t reached = (size_t)disk_random(disk, dirty + 1);
        size_t zeros = disk_random(disk, 3) == 0 ? (size_t)disk_random(disk, reached + 1) : 0;
        if (dirty > 0) {
            while (there->len < file->dirty) {
                buffer_add_byte(there, '\0');
            }
            there->len = file->dirty;
            for (size_t k = 0; k < reached; k++) {
                buffer_add_byte(there, k < zeros ? '\0' : file->now.ptr[file->dirty + k]);
            }
        }
        buffer_clear(&file->now);
        buffer_add(&file->now, buffer_str(there));
        file->dirty = file->now.len;
    }
    disk->steps_count = 0;
    disk->crash_at = 0;
    disk->fail_at = 0;
}

static inline void disk_release(struct disk *disk)
{
    for (int i = 0; i < DISK_FILES; i++) {
        buffer_release(&disk->files[i].now);
        buffer_release(&disk->files[i].there);
    }
}

static inline struct state_files disk_files(struct disk *disk)
{
    return (struct state_files){
        .context = disk,
        .open = disk_open,
        .read = disk_read,
        .write = disk_write,
        .sync = disk_sync,
        .truncate = disk_truncate,
        .close = disk_close,
        .rename = disk_rename,
        .folder_make = disk_folder_make,
        .folder_sync = disk_folder_sync,
        .lock = disk_lock,
    };
}

#endif
