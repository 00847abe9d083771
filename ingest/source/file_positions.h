/* SPDX-License-Identifier: Apache-2.0
 *
 * file_positions.h - how far followed files were delivered, kept over restarts.
 *
 * In:  device, inode, offset.   Out: the offset to go on from.
 * Thread: one at a time.   Owns: its entries.
 * Invariants: (1) the file is replaced whole (write, fsync, rename, fsync of the folder): a crash
 *                 leaves the old or the new one, and after a save the new one.
 *             (2) an entry counts only while the file's first bytes are the same: an inode that was
 *                 given to another file is read from its beginning.
 * Bounds: O(files) a save.   Tested: tests/golden/test_run.sh.
 */
#ifndef TOCSIN_INGEST_SOURCE_FILE_POSITIONS_H
#define TOCSIN_INGEST_SOURCE_FILE_POSITIONS_H

#include "base/error.h"

#include <stdint.h>

struct file_position {
    uint64_t device;
    uint64_t inode;
    uint64_t offset;
    uint64_t head_len; /* how many of the first bytes head_hash covers */
    uint64_t head_hash;
};

struct file_positions;

/* Reads path; a missing file gives an empty set, a damaged one ERR_DATA. */
int file_positions_open(const char *path, struct file_positions **positions, struct err *err);
void file_positions_free(struct file_positions *positions);

/* The offset from which an open file goes on; 0 when it is new or not the same any more. */
uint64_t file_positions_find(const struct file_positions *positions, uint64_t device,
                             uint64_t inode, int descriptor);
/* Notes the offset; the first bytes are hashed once a file. */
void file_positions_set(struct file_positions *positions, uint64_t device, uint64_t inode,
                        uint64_t offset, int descriptor);
/* Writes the set when something changed. ERR_IO. */
int file_positions_save(struct file_positions *positions, struct err *err);

#endif
