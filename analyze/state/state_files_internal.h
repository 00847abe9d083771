/* SPDX-License-Identifier: Apache-2.0
 *
 * state_files_internal.h - the file operations of the local store as a table, so that tests can put
 * a disk beneath it that fails, forgets and tears. Private to the folder and its tests.
 *
 * In:  paths, descriptors, bytes.   Out: as the system calls of the same names: -1 with errno.
 * Thread: one at a time.   Owns: descriptors until close.
 */
#ifndef TOCSIN_ANALYZE_STATE_STATE_FILES_INTERNAL_H
#define TOCSIN_ANALYZE_STATE_STATE_FILES_INTERNAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum state_open { STATE_OPEN_THERE, STATE_OPEN_EMPTY };

struct state_files {
    void *context;
    /* THERE: an existing file, read from its beginning, written at its end. EMPTY: a new file or
     * one without its bytes. */
    int (*open)(void *context, const char *path, enum state_open how);
    ssize_t (*read)(void *context, int file, char *at, size_t len);
    ssize_t (*write)(void *context, int file, const char *bytes, size_t len);
    int (*sync)(void *context, int file); /* data and length are on the disk */
    int (*truncate)(void *context, int file, uint64_t size);
    int (*close)(void *context, int file);
    int (*rename)(void *context, const char *from, const char *to);
    int (*folder_make)(void *context, const char *path); /* 0 when it is there, too */
    int (*folder_sync)(void *context, const char *path); /* the names in the folder */
    int (*lock)(void *context, const char *path); /* until close; EWOULDBLOCK: somebody has it */
};

extern const struct state_files state_files_system;

#endif
