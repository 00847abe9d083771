/* SPDX-License-Identifier: Apache-2.0
 *
 * suppression.c - see suppression_internal.h.
 */
#include "cli/engine/suppression_internal.h"

#include "base/memory.h"

void suppression_init(struct suppression *suppression, const struct rule_set *rules)
{
    suppression->arena = arena_new(0);
    suppression->by_rule = memory_new((size_t)rules->rules_count + 1, sizeof(uint64_t));
}

void suppression_release(struct suppression *suppression)
{
    arena_free(suppression->arena);
    memory_free(suppression->by_rule);
    buffer_release(&suppression->json);
}

bool suppression_tells(struct suppression *suppression, struct suppressor *suppressor,
                       uint32_t rule, struct sink_item *item)
{
    const struct alert *alert = item->alert;
    const struct rule_extension *extension = alert->rule->extension;
    uint64_t suppressed = 0;
    if (extension == NULL || extension->suppress.period_ns == 0) {
        return true;
    }
    arena_reset(suppression->arena);
    struct str key = alert_suppress_key(alert, suppression->arena);
    if (!suppressor_tells(suppressor, alert->rule, key, alert->time_ns, &suppressed)) {
        suppression->by_rule[rule]++;
        suppression->count++;
        return false;
    }
    if (suppressed > 0) {
        suppression->alert = *alert;
        suppression->alert.suppressed = suppressed;
        buffer_clear(&suppression->json);
        alert_render_json(&suppression->alert, &suppression->json);
        item->alert = &suppression->alert;
        item->key = str_of(suppression->alert.id);
        item->json = buffer_str(&suppression->json);
    }
    return true;
}
