/* SPDX-License-Identifier: Apache-2.0
 *
 * json.c - see json.h.
 */
#include "ingest/json/json.h"

struct str json_unescape(struct arena *arena, struct str text)
{
    return arena_copy(arena, text);
}
