/* SPDX-License-Identifier: Apache-2.0
 *
 * file_positions.h - the file in which the places of followed files are kept over restarts.
 *
 * In:  places.   Out: a file, and the places that are in it.
 * Thread: one at a time.   Owns: a copy of its path.
 * Invariants: (1) the file is replaced whole (write, fsync, rename, fsync of the folder): a crash
 *                 leaves the old or the new one, and after a save the new one.
 * Bounds: O(files) a save.   Tested: tests/unit/test_source_file.c, tests/golden/test_run.sh.
 */
#ifndef TOCSIN_INGEST_SOURCE_FILE_POSITIONS_H
#define TOCSIN_INGEST_SOURCE_FILE_POSITIONS_H

#include "base/error.h"
#include "ingest/source/file_places.h"

/* Adds what path has to places; a missing file has none, a damaged one is ERR_DATA. */
int file_positions_read(const char *path, struct file_places *places, struct err *err);
/* Replaces path. ERR_IO. */
int file_positions_write(const char *path, const struct file_places *places, struct err *err);

#endif
