/* SPDX-License-Identifier: Apache-2.0
 *
 * limits.c - the rows of limits.h as data, for --help, docs and metrics.
 */
#include "base/limits.h"

#include <stddef.h>

#define LIMIT_ROW(name, value, unit, effect) {#name, (value), (unit), (effect)},
const struct limit limit_table[] = {LIMIT_TABLE(LIMIT_ROW){NULL, 0, NULL, NULL}};
