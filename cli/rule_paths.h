/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_paths.h - where the rules that come with the program are.
 *
 * In:  the program's own place.   Out: a folder.
 * Thread: any.   Owns: nothing.
 */
#ifndef TOCSIN_CLI_RULE_PATHS_H
#define TOCSIN_CLI_RULE_PATHS_H

#include <stddef.h>

/* Writes into path (size bytes) the folder of the rules that come with the program: rules/ of the
 * source tree that it was built in, else ../share/tocsin/rules seen from the program's folder. The
 * folder need not exist in the latter case: loading it says so. */
void rule_paths_default(char *path, size_t size);

#endif
