/* SPDX-License-Identifier: Apache-2.0
 *
 * wazuh_pattern.h - OSSEC's two pattern languages, as Sigma's modifiers and values.
 *
 * In:  a pattern of OS_Match, OS_Regex or PCRE2.   Out: a key's modifiers and values.
 * Thread: one.   Owns: nothing; texts are in the arena.
 * Bounds: linear in the pattern.
 */
#ifndef TOCSIN_CLI_CONVERT_WAZUH_PATTERN_H
#define TOCSIN_CLI_CONVERT_WAZUH_PATTERN_H

#include "base/arena.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define WAZUH_VALUES_MAX 256

enum wazuh_language { WAZUH_MATCH, WAZUH_REGEX, WAZUH_PCRE2 };

struct wazuh_pattern {
    bool negated;
    const char *modifiers; /* "|contains", "|re|i", ... */
    struct str values[WAZUH_VALUES_MAX];
    uint32_t values_count;
};

/* NULL, or why it can't be said in Sigma. */
const char *wazuh_pattern_read(struct arena *arena, enum wazuh_language language, struct str text,
                               struct wazuh_pattern *pattern);

#endif
