/* SPDX-License-Identifier: Apache-2.0
 *
 * file_moved.h - what became of files that have a place: renamed, or deleted.
 *
 * In:  a name that files had, and their places.   Out: the name that one has now; fewer places.
 * Thread: any.   Owns: nothing.
 * Invariants: (1) a file is recognized by device, inode and first bytes, as everywhere.
 * Bounds: one folder a call, that of the old name.   Tested: tests/unit/test_source_places.c.
 */
#ifndef TOCSIN_INGEST_SOURCE_FILE_MOVED_H
#define TOCSIN_INGEST_SOURCE_FILE_MOVED_H

#include "ingest/source/file_places.h"

enum file_moved { FILE_MOVED_FOUND, FILE_MOVED_GONE, FILE_MOVED_FOLDER_GONE };

/* Appends the path that the file has now, in the folder in which it had name, with a NUL. */
enum file_moved file_moved_find(const struct file_places *places, const struct file_place *place,
                                struct str name, struct buffer *path);

/* Forgets places under name of files that were read to their end and are deleted: neither among the
 * count paths nor in the folder of name. If that can't be read, all stay. */
void file_moved_prune(struct file_places *places, struct str name, char *const *paths,
                      uint32_t count);

#endif
