/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_references.c - what correlations name, once all files are read: rules and correlations, the
 * fields by which they group, and what a correlation must remember for those that count it.
 *
 * Correlations of correlations are resolved from below: one whose references all have a depth gets
 * the next. What never gets one refers to itself in a circle. Fields are resolved from above: a
 * correlation carries what those that count it look at.
 */
#include "analyze/rule/rule_builder_internal.h"

#include "base/limits.h"
#include "base/memory.h"

/* What is known of the correlations while they are resolved; by rule. */
struct resolution {
    struct rule_builder *builder;
    bool *broken;
    bool *counted;
    bool *generates;
};

/* The path that stands for a group-by name in one referenced rule. */
static struct str resolve_alias(const struct pending_correlation *pending, struct str name,
                                const struct rule *target, struct str reference)
{
    const struct yaml_node *aliases = pending->aliases;
    for (size_t i = 0; aliases != NULL && aliases->kind == YAML_MAPPING && i < aliases->count;
         i++) {
        const struct yaml_node *fields = aliases->pairs[i].value;
        if (!str_equal(aliases->pairs[i].key->text, name) || fields->kind != YAML_MAPPING) {
            continue;
        }
        for (size_t n = 0; n < fields->count; n++) {
            struct str rule = fields->pairs[n].key->text;
            bool mine = str_equal(rule, reference) || str_equal(rule, target->id) ||
                        (target->name.len > 0 && str_equal(rule, target->name));
            if (mine && fields->pairs[n].value->kind == YAML_SCALAR) {
                return fields->pairs[n].value->text;
            }
        }
    }
    return name;
}

/* The counted fields, as the events of the rule call them. */
static bool name_values(struct rule_builder *builder, struct correlation_reference *reference)
{
    uint32_t count = reference->value.count;
    struct str *names = arena_take(builder->arena, (count + 1) * sizeof *names);
    for (uint32_t i = 0; i < count; i++) {
        names[i] = rule_pipelines_name(builder, reference->rule, reference->value.items[i]);
    }
    reference->value.items = names;
    return true;
}

static struct str resolve_name(struct rule_builder *builder,
                               const struct pending_correlation *pending, uint32_t number,
                               struct str name, uint32_t rule)
{
    struct str target = pending->references[number].target;
    struct str field = resolve_alias(pending, name, &builder->set->rules[rule], target);
    return rule_pipelines_name(builder, rule, field);
}

static bool resolve_reference(struct rule_builder *builder,
                              const struct pending_correlation *pending, uint32_t number,
                              struct correlation_reference *reference)
{
    const struct pending_reference *from = &pending->references[number];
    struct yaml_node place = {.line = from->line, .column = from->column};
    const struct rule *owner = &builder->set->rules[pending->rule];
    reference->rule = map_get(builder->ids, from->target);
    if (reference->rule == MAP_NONE) {
        return rule_problem_add(builder, RULE_ERROR, &place,
                                "no rule that was loaded has the id or name '%.*s'",
                                STR_ARG(from->target));
    }
    uint32_t count = owner->correlation.group_by_count;
    struct str *group_by = arena_take(builder->arena, (count + 1) * sizeof *group_by);
    for (uint32_t i = 0; i < count; i++) {
        group_by[i] =
            resolve_name(builder, pending, number, owner->correlation.group_by[i], reference->rule);
    }
    reference->group_by = group_by;
    return rule_names_read(builder, pending->fields, &reference->value) &&
           name_values(builder, reference);
}

/* Problems that are added next are the correlation's. */
static struct rule *enter(struct rule_builder *builder, const struct pending_correlation *pending)
{
    struct rule *owner = &builder->set->rules[pending->rule];
    builder->path = owner->path;
    builder->title = owner->title;
    builder->document = owner->line;
    return owner;
}

static bool resolve_correlation(struct rule_builder *builder,
                                const struct pending_correlation *pending)
{
    struct rule *owner = enter(builder, pending);
    struct correlation_reference *references =
        arena_take_zeroed(builder->arena, pending->references_count, sizeof *references);
    for (uint32_t i = 0; i < pending->references_count; i++) {
        if (!resolve_reference(builder, pending, i, &references[i])) {
            return false;
        }
    }
    owner->correlation.references = references;
    owner->correlation.references_count = pending->references_count;
    return true;
}

static bool is_correlation(const struct rule *rule)
{
    return rule->correlation.kind != CORRELATION_NONE;
}

/* The depth of the correlation: 0 when that of a reference is not known yet. *blocked is the first
 * such reference. */
static uint32_t find_depth(const struct rule_set *set, const struct correlation *correlation,
                           uint32_t *blocked)
{
    uint32_t depth = 1;
    for (uint32_t i = 0; i < correlation->references_count; i++) {
        const struct rule *target = &set->rules[correlation->references[i].rule];
        if (is_correlation(target) && target->correlation.depth == 0) {
            *blocked = i;
            return 0;
        }
        depth = target->correlation.depth >= depth ? target->correlation.depth + 1 : depth;
    }
    return depth;
}

/* Gives depths to those that can have one now. True when there was any. */
static bool deepen(struct resolution *resolution)
{
    struct rule_builder *builder = resolution->builder;
    bool any = false;
    for (uint32_t i = 0; i < builder->correlations_count; i++) {
        const struct pending_correlation *pending = &builder->correlations[i];
        struct correlation *correlation = &builder->set->rules[pending->rule].correlation;
        uint32_t blocked = 0;
        if (resolution->broken[pending->rule] || correlation->depth > 0) {
            continue;
        }
        correlation->depth = find_depth(builder->set, correlation, &blocked);
        any = any || correlation->depth > 0;
    }
    return any;
}

static void refuse(struct resolution *resolution, const struct pending_correlation *pending,
                   uint32_t reference, const char *reason)
{
    const struct pending_reference *from = &pending->references[reference];
    struct yaml_node place = {.line = from->line, .column = from->column};
    enter(resolution->builder, pending);
    rule_problem_add(resolution->builder, RULE_ERROR, &place, "'%.*s' %s", STR_ARG(from->target),
                     reason);
    resolution->broken[pending->rule] = true;
}

/* Those that count a correlation that was not loaded. True when there was any. */
static bool refuse_bereft(struct resolution *resolution)
{
    const struct rule_builder *builder = resolution->builder;
    bool any = false;
    for (uint32_t i = 0; i < builder->correlations_count; i++) {
        const struct pending_correlation *pending = &builder->correlations[i];
        const struct correlation *correlation = &builder->set->rules[pending->rule].correlation;
        for (uint32_t n = 0; n < correlation->references_count; n++) {
            if (resolution->broken[correlation->references[n].rule] &&
                !resolution->broken[pending->rule]) {
                refuse(resolution, pending, n, "is a correlation that has an error itself");
                any = true;
            }
        }
    }
    return any;
}

static void find_depths(struct resolution *resolution)
{
    const struct rule_builder *builder = resolution->builder;
    while (refuse_bereft(resolution)) {
    }
    while (deepen(resolution)) {
    }
    for (uint32_t i = 0; i < builder->correlations_count; i++) {
        const struct pending_correlation *pending = &builder->correlations[i];
        const struct correlation *correlation = &builder->set->rules[pending->rule].correlation;
        uint32_t blocked = 0;
        if (resolution->broken[pending->rule]) {
            continue;
        }
        if (find_depth(builder->set, correlation, &blocked) == 0) {
            refuse(resolution, pending, blocked,
                   "leads into a circle: correlations can not count each other");
        } else if (correlation->depth > LIMIT_RULE_DEPTH) {
            refuse(resolution, pending, 0, "is the deepest of too many levels of correlations");
        }
    }
}

static bool holds_name(const struct str *names, uint32_t count, struct str name)
{
    bool found = false;
    for (uint32_t i = 0; i < count && !found; i++) {
        found = str_equal(names[i], name);
    }
    return found;
}

/* child must be able to tell these fields of its events: by its groups, or by carrying them. */
static void carry(struct rule_builder *builder, struct correlation *child, const struct str *names,
                  uint32_t count)
{
    const struct str *before = child->carried.items;
    uint32_t kept = child->carried.count;
    struct str *items = arena_take(builder->arena, (kept + count + 1) * sizeof *items);
    if (kept > 0) {
        memcpy(items, before, kept * sizeof *items);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!holds_name(child->group_by, child->group_by_count, names[i]) &&
            !holds_name(items, kept, names[i])) {
            items[kept++] = names[i];
        }
    }
    child->carried = (struct str_list){items, kept};
}

/* The names of what the correlation carries, in each of its references; and what the correlations
 * among them must carry for it. */
static void resolve_carried(struct rule_builder *builder, const struct pending_correlation *pending)
{
    struct rule_set *set = builder->set;
    const struct correlation *correlation = &set->rules[pending->rule].correlation;
    uint32_t count = correlation->carried.count;
    for (uint32_t i = 0; i < correlation->references_count; i++) {
        struct correlation_reference *reference =
            (struct correlation_reference *)(uintptr_t)&correlation->references[i];
        struct str *names = arena_take(builder->arena, (count + 1) * sizeof *names);
        for (uint32_t n = 0; n < count; n++) {
            names[n] =
                resolve_name(builder, pending, i, correlation->carried.items[n], reference->rule);
        }
        reference->carried = names;
        struct correlation *child = &set->rules[reference->rule].correlation;
        if (child->kind != CORRELATION_NONE) {
            carry(builder, child, reference->group_by, correlation->group_by_count);
            carry(builder, child, reference->value.items, reference->value.count);
            carry(builder, child, names, count);
        }
    }
}

static void resolve_all_carried(struct resolution *resolution)
{
    struct rule_builder *builder = resolution->builder;
    for (uint32_t depth = LIMIT_RULE_DEPTH; depth > 0; depth--) {
        for (uint32_t i = 0; i < builder->correlations_count; i++) {
            const struct pending_correlation *pending = &builder->correlations[i];
            bool here = builder->set->rules[pending->rule].correlation.depth == depth;
            if (here && !resolution->broken[pending->rule]) {
                resolve_carried(builder, pending);
            }
        }
    }
}

/* Who is counted is silent, unless one that counts it says `generate`. */
static void silence_counted(struct resolution *resolution)
{
    struct rule_set *set = resolution->builder->set;
    for (uint32_t i = 0; i < set->rules_count; i++) {
        const struct correlation *correlation = &set->rules[i].correlation;
        for (uint32_t n = 0; n < correlation->references_count && !resolution->broken[i]; n++) {
            resolution->counted[correlation->references[n].rule] = true;
            resolution->generates[correlation->references[n].rule] |= correlation->generate;
        }
    }
    for (uint32_t i = 0; i < set->rules_count; i++) {
        set->rules[i].silent = resolution->counted[i] && !resolution->generates[i];
    }
}

/* Broken correlations leave; the others keep their order and their references move along. */
static void remove_broken(const struct resolution *resolution)
{
    struct rule_set *set = resolution->builder->set;
    uint32_t *moved = memory_new(set->rules_count, sizeof *moved);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < set->rules_count; i++) {
        moved[i] = kept;
        if (!resolution->broken[i]) {
            set->rules[kept++] = set->rules[i];
        }
    }
    set->rules_count = kept;
    for (uint32_t i = 0; i < kept; i++) {
        struct correlation *correlation = &set->rules[i].correlation;
        for (uint32_t n = 0; n < correlation->references_count; n++) {
            struct correlation_reference *reference =
                (struct correlation_reference *)(uintptr_t)&correlation->references[n];
            reference->rule = moved[reference->rule];
        }
    }
    memory_free(moved);
}

void rule_correlations_resolve(struct rule_builder *builder)
{
    uint32_t count = builder->set->rules_count;
    struct resolution resolution = {.builder = builder,
                                    .broken = memory_new(count, sizeof(bool)),
                                    .counted = memory_new(count, sizeof(bool)),
                                    .generates = memory_new(count, sizeof(bool))};
    for (uint32_t i = 0; i < builder->correlations_count; i++) {
        const struct pending_correlation *pending = &builder->correlations[i];
        resolution.broken[pending->rule] = !resolve_correlation(builder, pending);
    }
    find_depths(&resolution);
    resolve_all_carried(&resolution);
    silence_counted(&resolution);
    remove_broken(&resolution);
    memory_free(resolution.broken);
    memory_free(resolution.counted);
    memory_free(resolution.generates);
}
