/* SPDX-License-Identifier: Apache-2.0
 *
 * wazuh_rules.h - the rules of Wazuh's XML files, as they stand there.
 *
 * In:  XML.   Out: rules with their elements.   Thread: one.
 * Owns: its lists until wazuh_rules_release; texts are in the arena.
 * Invariants: (1) variables are replaced. (2) a rule that another one overwrites is marked.
 * Bounds: WAZUH_ELEMENTS_MAX elements a rule; linear in the text.
 */
#ifndef TOCSIN_CLI_CONVERT_WAZUH_RULES_H
#define TOCSIN_CLI_CONVERT_WAZUH_RULES_H

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define WAZUH_ELEMENTS_MAX 64

struct wazuh_element {
    struct str name;   /* "mitre/id" inside mitre */
    struct str field;  /* attribute name */
    struct str type;   /* attribute type: osmatch, osregex, pcre2 */
    struct str negate; /* attribute negate: yes */
    struct str text;
};

struct wazuh_rule {
    uint32_t file;
    uint32_t line;
    struct str id;
    struct str groups;  /* of the group around it, and its own, with commas between */
    uint64_t level;     /* 0: no alerts */
    uint64_t frequency; /* 0: none */
    uint64_t timeframe;
    bool ignores; /* it is silent for a time after an alert */
    bool overwritten;
    const char *fault; /* why it can't be used, or NULL */
    struct wazuh_element *elements;
    uint32_t elements_count;
};

struct wazuh_rules {
    struct arena *arena;
    struct wazuh_rule *items;
    uint32_t count;
    uint32_t capacity;
    struct map *ids; /* id -> index */
    struct map *variables;
    struct str *values; /* of variables */
    uint32_t values_count;
    uint32_t values_capacity;
};

void wazuh_rules_init(struct wazuh_rules *rules, struct arena *arena);
void wazuh_rules_release(struct wazuh_rules *rules);
/* Adds the rules of a file. NULL, or what is wrong with its XML, at *line; the rules before that
 * are there. */
const char *wazuh_rules_read(struct wazuh_rules *rules, uint32_t file, struct str text,
                             uint32_t *line);

#endif
