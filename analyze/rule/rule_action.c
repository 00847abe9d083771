/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_action.c - the documents of one file, and `action: global|reset|repeat` among them: the
 * older way to write what several rules share.
 *
 * A document with `action: global` is no rule: what it says holds for all documents behind it that
 * do not say otherwise, until `action: reset`. `action: repeat` takes what the document before it
 * had, global part and all. Maps are merged key by key, anything else is replaced.
 */
#include "analyze/rule/rule_builder_internal.h"

/* over's pairs, and those of base that it does not have; recursion ends at LIMIT_RULE_DEPTH, which
 * the YAML reader keeps. */
static struct yaml_node *merge(struct arena *arena, const struct yaml_node *base,
                               const struct yaml_node *over)
{
    struct yaml_node *merged = arena_take(arena, sizeof *merged);
    *merged = *over;
    merged->pairs = arena_take(arena, (base->count + over->count) * sizeof *merged->pairs);
    merged->count = 0;
    for (size_t i = 0; i < base->count; i++) {
        if (yaml_get_str(over, base->pairs[i].key->text) == NULL) {
            merged->pairs[merged->count++] = base->pairs[i];
        }
    }
    for (size_t i = 0; i < over->count; i++) {
        struct yaml_pair pair = over->pairs[i];
        const struct yaml_node *old = yaml_get_str(base, pair.key->text);
        bool maps = old != NULL && old->kind == YAML_MAPPING && pair.value->kind == YAML_MAPPING;
        if (maps) {
            pair.value = merge(arena, old, pair.value);
        }
        merged->pairs[merged->count++] = pair;
    }
    return merged;
}

struct file_state {
    const struct yaml_node *global; /* NULL: none holds */
    const struct yaml_node *before; /* the rule before, whole; NULL: none */
};

static void read_rule(struct rule_builder *builder, struct file_state *file,
                      const struct yaml_node *document, const struct yaml_node *base)
{
    if (base != NULL && document->kind == YAML_MAPPING) {
        document = merge(builder->arena, base, document);
    }
    file->before = document->kind == YAML_MAPPING ? document : NULL;
    rule_document_read(builder, document);
}

/* A document that has an action. */
static void read_action(struct rule_builder *builder, struct file_state *file,
                        const struct yaml_node *document, const struct yaml_node *action)
{
    struct arena *arena = builder->arena;
    const struct yaml_node *rest = yaml_without(arena, document, "action");
    if (str_equal(action->text, STR("global"))) {
        file->global = file->global == NULL ? rest : merge(arena, file->global, rest);
        return;
    }
    if (str_equal(action->text, STR("reset"))) {
        file->global = NULL;
        if (rest->count > 0) {
            read_rule(builder, file, rest, NULL);
        }
        return;
    }
    if (str_equal(action->text, STR("repeat")) && file->before != NULL) {
        read_rule(builder, file, rest, file->before);
        return;
    }
    builder->title = (struct str){0};
    builder->document = document->line;
    builder->set->documents_count++;
    rule_problem_note(builder, PROBLEM_INVALID_ACTION, action,
                      file->before == NULL && str_equal(action->text, STR("repeat"))
                          ? "there is no rule before that could be repeated"
                          : "action must be global, reset or repeat");
}

void rule_documents_read(struct rule_builder *builder, const struct yaml_documents *documents)
{
    struct file_state file = {0};
    for (size_t i = 0; i < documents->count; i++) {
        const struct yaml_node *document = documents->roots[i];
        const struct yaml_node *action = yaml_get(document, "action");
        if (action != NULL && action->kind == YAML_SCALAR) {
            read_action(builder, &file, document, action);
        } else {
            read_rule(builder, &file, document, file.global);
        }
    }
}
