/* SPDX-License-Identifier: Apache-2.0
 *
 * folder.h - a new file name is safe from a power cut only when its folder is on the disk.
 *
 * In:  a file's path.   Out: its folder, synced.
 * Thread: any.   Owns: nothing.
 */
#ifndef TOCSIN_BASE_FOLDER_H
#define TOCSIN_BASE_FOLDER_H

#include "base/error.h"

/* Puts the names in the folder of the file path on the disk. ERR_IO. */
int folder_sync(const char *path, struct err *err);

#endif
