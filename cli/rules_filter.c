/* SPDX-License-Identifier: Apache-2.0
 *
 * rules_filter.c - see rules_filter.h.
 */
#include "cli/rules_filter.h"

#include "analyze/rule/rule_extension.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 256 };

void rules_filter_take(struct rules_filter *filter, const struct options *options)
{
    const struct {
        const char *name;
        const char **value;
    } texts[] = {
        {"tag", &filter->tag},
        {"criterion", &filter->criterion},
        {"source", &filter->source},
        {"status", &filter->status},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (options_is(options, texts[i].name)) {
            *texts[i].value = options->value;
        }
    }
    for (int i = 0; i < RULE_LEVELS && options_is(options, "level"); i++) {
        if (strcmp(options->value, rule_level_name((enum rule_level)i)) == 0) {
            filter->level = (enum rule_level)i;
        }
    }
}

/* A longer text than NAME_BYTES is compared in its beginning. */
static bool fits_pattern(const char *pattern, struct str text)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%.*s", STR_ARG(text));
    return fnmatch(pattern, name, FNM_CASEFOLD) == 0;
}

static bool any_fits(const char *pattern, const struct str_list *list)
{
    bool fits = pattern == NULL;
    for (uint32_t i = 0; list != NULL && i < list->count && !fits; i++) {
        fits = fits_pattern(pattern, list->items[i]);
    }
    return fits;
}

static bool source_fits(const char *pattern, const struct rule_logsource *source)
{
    char pair[NAME_BYTES];
    snprintf(pair, sizeof pair, "%.*s/%.*s", STR_ARG(source->product), STR_ARG(source->service));
    const struct str parts[] = {source->product, source->service, source->category, str_of(pair)};
    bool fits = pattern == NULL;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && !fits; i++) {
        fits = parts[i].len > 0 && fits_pattern(pattern, parts[i]);
    }
    return fits;
}

bool rules_filter_fits(const struct rules_filter *filter, const struct rule *rule)
{
    const struct rule_extension *extension = rule->extension;
    return rule->level >= filter->level && any_fits(filter->tag, &rule->tags) &&
           any_fits(filter->criterion, extension != NULL ? &extension->criteria : NULL) &&
           source_fits(filter->source, &rule->logsource) &&
           (filter->status == NULL || str_equal_fold(rule->status, str_of(filter->status)));
}
