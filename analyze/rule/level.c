/* SPDX-License-Identifier: Apache-2.0
 *
 * level.c - the names of Sigma's levels.
 */
#include "analyze/rule/rule.h"

#include "base/ensure.h"

const char *rule_level_name(enum rule_level level)
{
    static const char *const names[RULE_LEVELS] = {"informational", "low", "medium", "high",
                                                   "critical"};
    ENSURE((unsigned)level < RULE_LEVELS);
    return names[level];
}
