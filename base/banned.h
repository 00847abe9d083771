/* SPDX-License-Identifier: Apache-2.0
 *
 * banned.h - functions that this project does not call, made compile errors (an idea of git's).
 *
 * Included by the build before every source file of the product. What to use instead: str.h,
 * buffer.h, timestamp.h, clock.h, memory.h (malloc and free stay callable for memory.c and for
 * libraries' own results; the lint in tests/lint checks who calls them).
 */
#ifndef TOCSIN_BASE_BANNED_H
#define TOCSIN_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok strtok_r
#pragma GCC poison localtime gmtime ctime atoi atol sscanf mktemp system popen

#endif
