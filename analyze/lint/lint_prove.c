/* SPDX-License-Identifier: Apache-2.0
 *
 * lint_prove.c - can a condition be true? Its cases are gone through, one after the other: of each
 * OR one child at a time, until two predicates of a case exclude each other or nothing is left.
 *
 * What is left to look at is a list whose cells are never changed, so that going back to a choice
 * is taking its list again. Lists and choices are in the heap: depth costs no stack.
 */
#include "analyze/lint/lint_internal.h"

#include "base/limits.h"
#include "base/memory.h"

struct cell {
    const struct condition *node;
    bool negated;
    const struct cell *next;
};

struct choice {
    const struct cell *of; /* a node of which any child is enough */
    uint32_t next_child;
    const struct cell *later; /* the choices behind this one */
    uint32_t literals_count;
};

struct prover {
    struct lint_question *question;
    struct arena *arena;
    const struct cell *pending; /* all of these */
    const struct cell *later;   /* and, of each of these, any child */
    struct lint_literal *literals;
    uint32_t literals_count;
    uint32_t literals_capacity;
    struct choice *choices;
    uint32_t choices_count;
    uint32_t choices_capacity;
    uint32_t steps;
};

static const struct cell *cell_new(struct prover *prover, const struct condition *node,
                                   bool negated, const struct cell *next)
{
    struct cell *cell = arena_take(prover->arena, sizeof *cell);
    *cell = (struct cell){node, negated, next};
    return cell;
}

static const struct predicate *predicate_of(const struct prover *prover,
                                            const struct condition *node)
{
    return &prover->question->rules->predicates[node->predicate];
}

/* Can both hold in one event? */
static bool excluded(const struct prover *prover, const struct lint_literal *one,
                     const struct lint_literal *other)
{
    const struct predicate *a = predicate_of(prover, one->node);
    const struct predicate *b = predicate_of(prover, other->node);
    if (one->node->predicate == other->node->predicate) {
        return one->negated != other->negated;
    }
    if (!str_equal(a->field, b->field)) {
        return false;
    }
    if (!one->negated && !other->negated) {
        return lint_is_single(prover->question->rule, a->field) && lint_disjoint(a, b);
    }
    if (one->negated && other->negated) {
        /* What is not there is null. */
        return (a->kind == PREDICATE_NULL && b->kind == PREDICATE_EXISTS) ||
               (a->kind == PREDICATE_EXISTS && b->kind == PREDICATE_NULL);
    }
    return one->negated ? lint_implies(b, a) : lint_implies(a, b);
}

/* False: it contradicts what the case has. */
static bool add_literal(struct prover *prover, const struct lint_literal *literal)
{
    for (uint32_t i = 0; i < prover->literals_count; i++) {
        prover->steps++;
        if (excluded(prover, &prover->literals[i], literal)) {
            return false;
        }
    }
    MEMORY_GROW(prover->literals, prover->literals_count, prover->literals_capacity);
    prover->literals[prover->literals_count++] = *literal;
    return true;
}

/* Takes the first of what is left. False: the case is impossible. */
static bool take_one(struct prover *prover)
{
    const struct cell *cell = prover->pending;
    const struct condition *node = cell->node;
    prover->pending = cell->next;
    if (node->kind == CONDITION_PREDICATE) {
        return add_literal(prover, &(struct lint_literal){node, cell->negated});
    }
    if (node->kind == CONDITION_NOT) {
        prover->pending = cell_new(prover, node->children[0], !cell->negated, prover->pending);
        return true;
    }
    if ((node->kind == CONDITION_OR) != cell->negated) {
        prover->later = cell_new(prover, node, cell->negated, prover->later);
        return true;
    }
    for (uint32_t i = 0; i < node->children_count; i++) {
        prover->pending = cell_new(prover, node->children[i], cell->negated, prover->pending);
    }
    return true;
}

static void begin_choice(struct prover *prover)
{
    MEMORY_GROW(prover->choices, prover->choices_count, prover->choices_capacity);
    prover->choices[prover->choices_count++] = (struct choice){
        .of = prover->later,
        .later = prover->later->next,
        .literals_count = prover->literals_count,
    };
}

/* Goes on with the next child of the last choice that has one. False: there is none. */
static bool choose(struct prover *prover)
{
    while (prover->choices_count > 0) {
        struct choice *choice = &prover->choices[prover->choices_count - 1];
        if (choice->next_child < choice->of->node->children_count) {
            const struct condition *child = choice->of->node->children[choice->next_child++];
            prover->literals_count = choice->literals_count;
            prover->later = choice->later;
            prover->pending = cell_new(prover, child, choice->of->negated, NULL);
            return true;
        }
        prover->choices_count--;
    }
    return false;
}

/* All of the question is taken. */
static bool is_enough(struct prover *prover)
{
    const struct lint_question *question = prover->question;
    struct lint_case how = {prover->literals, prover->literals_count};
    return question->enough == NULL || question->enough(question->context, &how);
}

static enum lint_verdict prove(struct prover *prover)
{
    bool possible = true;
    while (prover->steps++ < LIMIT_LINT_STEPS) {
        if (possible && prover->pending != NULL) {
            possible = take_one(prover);
            continue;
        }
        if (possible && prover->later != NULL) {
            begin_choice(prover);
        } else if (possible && is_enough(prover)) {
            return LINT_POSSIBLE;
        }
        if (!choose(prover)) {
            return LINT_NEVER;
        }
        possible = true;
    }
    prover->question->gave_up = true;
    return LINT_POSSIBLE;
}

enum lint_verdict lint_prove(struct lint_question *question)
{
    struct prover prover = {.question = question, .arena = arena_new(0)};
    question->gave_up = false;
    for (int i = 1; i >= 0; i--) {
        if (question->both[i] != NULL) {
            prover.pending =
                cell_new(&prover, question->both[i], question->negated[i], prover.pending);
        }
    }
    enum lint_verdict verdict = prove(&prover);
    memory_free(prover.literals);
    memory_free(prover.choices);
    arena_free(prover.arena);
    return verdict;
}
