/* SPDX-License-Identifier: Apache-2.0
 *
 * attack_internal.h - Sigma's attack.* tags as ECS threat fields.
 *
 * In:  a rule's tags.   Out: "threat":{...} in a JSON object that is open.
 * Thread: any.   Owns: nothing.   Bound: O(tags).
 */
#ifndef TOCSIN_ANALYZE_ALERT_ATTACK_INTERNAL_H
#define TOCSIN_ANALYZE_ALERT_ATTACK_INTERNAL_H

#include "analyze/rule/rule.h"
#include "base/buffer.h"

/* Adds ,"threat":{...} with framework, tactics and techniques; nothing when no tag is of ATT&CK.
 * Tactics are known by name (attack.initial-access, attack.initial_access) or id (attack.ta0001);
 * techniques by form (attack.t1078, attack.t1078.004). Other attack.* tags stay in tags only. */
void attack_render(const struct str_list *tags, struct buffer *out);

#endif
