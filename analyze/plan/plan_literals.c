/* SPDX-License-Identifier: Apache-2.0
 *
 * plan_literals.c - per field, and for the whole record, a filter of the literals waited for.
 *
 * The shortest literal of GRAM bytes and more decides the stride: with 7 bytes and more every
 * fourth gram of a text is enough. Of a literal those grams are taken whose bytes are the least
 * common in logs and that few other literals have, so that the bitmap is rarely hit for nothing
 * and little is compared when it is. Shorter literals have passes of their own, over pairs of bytes
 * and over single ones.
 */
#include "analyze/plan/plan_internal.h"

#include "base/memory.h"

/* A filter, while it is built. */
struct builder {
    struct arena *arena;
    struct literal_filter *filter;
    struct literal *literals;
    uint32_t literals_count;
    uint32_t counts[LITERAL_PASSES];
    size_t shortest; /* of those of GRAM bytes and more */
};

struct pass_builder {
    struct literal_pass pass;
    uint32_t *bitmap;
    uint32_t *buckets;
    uint32_t *loads; /* spots per bucket */
    struct literal_spot *spots;
    uint32_t spots_count;
};

/* How common a byte is in log text, roughly: letters of English words most, signs and digits of
 * identifiers less, the rest hardly. */
static uint32_t byte_commonness(unsigned char c)
{
    static const char common[] = "etaoinsrlcdupm. -/";
    if (c >= 'a' && c <= 'z') {
        return strchr(common, c) != NULL ? 8 : 4;
    }
    if (byte_is_digit((char)c)) {
        return 5;
    }
    return c != '\0' && strchr(common, c) != NULL ? 7 : 2;
}

static uint32_t gram_at(const struct literal_pass *pass, struct str text, size_t at)
{
    uint32_t gram = 0;
    memcpy(&gram, text.ptr + at, text.len - at < GRAM ? text.len - at : GRAM);
    return (gram | GRAM_CASE) & pass->gram_mask;
}

static uint32_t bucket_of(const struct literal_pass *pass, uint32_t gram)
{
    return gram_hash(gram) >> pass->bucket_shift;
}

/* What it costs to wait at the window of `stride` grams that begins there. Bytes above 0x7F are
 * the last choice: with them a text must be folded before it is searched. */
static uint32_t window_cost(const struct pass_builder *builder, struct str text, size_t start)
{
    uint32_t cost = 0;
    for (size_t at = start; at < start + builder->pass.stride; at++) {
        for (size_t i = at; i < at + builder->pass.reach; i++) {
            unsigned char c = (unsigned char)text.ptr[i];
            cost += c < 0x80 ? byte_commonness(c) : 1U << 16;
        }
        uint32_t load =
            builder->loads[bucket_of(&builder->pass, gram_at(&builder->pass, text, at))];
        cost += 16 * (load < 1000 ? load : 1000);
    }
    return cost;
}

static size_t best_window(const struct pass_builder *builder, struct str text)
{
    size_t best = 0;
    uint32_t best_cost = UINT32_MAX;
    size_t window = builder->pass.stride + builder->pass.reach - 1;
    for (size_t start = 0; start + window <= text.len; start++) {
        uint32_t cost = window_cost(builder, text, start);
        if (cost < best_cost) {
            best_cost = cost;
            best = start;
        }
    }
    return best;
}

static void set_bit(struct pass_builder *builder, uint32_t gram)
{
    uint32_t bit = gram_hash(gram) >> builder->pass.bitmap_shift;
    builder->bitmap[bit / 32] |= 1U << (bit % 32);
}

static void add_spot(struct pass_builder *builder, uint32_t literal, struct str text, size_t at)
{
    uint32_t gram = gram_at(&builder->pass, text, at);
    uint32_t bucket = bucket_of(&builder->pass, gram);
    builder->spots[builder->spots_count++] =
        (struct literal_spot){gram, (uint32_t)at, literal, builder->buckets[bucket]};
    builder->buckets[bucket] = builder->spots_count;
    builder->loads[bucket]++;
    set_bit(builder, gram);
}

static bool is_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static struct pass_builder pass_begin(struct arena *arena, struct literal_pass pass, uint32_t spots)
{
    struct pass_builder builder = {.pass = pass};
    uint32_t bits = 12;
    while (bits < 17 && (1U << bits) < spots * 128) {
        bits++;
    }
    builder.pass.bitmap_shift = 32 - bits;
    builder.bitmap = arena_take_zeroed(arena, (1U << bits) / 32, sizeof *builder.bitmap);
    uint32_t bucket_bits = 4;
    while (bucket_bits < 20 && (1U << bucket_bits) < spots * 2) {
        bucket_bits++;
    }
    builder.pass.bucket_shift = 32 - bucket_bits;
    builder.buckets = arena_take_zeroed(arena, 1U << bucket_bits, sizeof *builder.buckets);
    builder.loads = memory_new(1U << bucket_bits, sizeof *builder.loads);
    builder.spots = arena_take_zeroed(arena, spots, sizeof *builder.spots);
    return builder;
}

static int pass_of(struct str literal)
{
    return literal.len >= GRAM ? LITERAL_PASS_GRAMS
           : literal.len > 1   ? LITERAL_PASS_PAIRS
                               : LITERAL_PASS_BYTES;
}

/* Puts the literals that belong to the pass into it. */
static void build_pass(struct builder *builder, int index, struct literal_pass shape)
{
    if (builder->counts[index] == 0) {
        return;
    }
    struct pass_builder pass =
        pass_begin(builder->arena, shape, builder->counts[index] * shape.stride);
    for (uint32_t i = 0; i < builder->literals_count; i++) {
        struct str text = builder->literals[i].text;
        if (pass_of(text) != index) {
            continue;
        }
        size_t start = best_window(&pass, text);
        for (size_t at = start; at < start + shape.stride; at++) {
            add_spot(&pass, i, text, at);
            builder->filter->folds =
                builder->filter->folds || !is_ascii(str_slice(text, at, shape.reach));
        }
    }
    pass.pass.bitmap = pass.bitmap;
    pass.pass.buckets = pass.buckets;
    pass.pass.spots = pass.spots;
    builder->filter->passes[index] = pass.pass;
    memory_free(pass.loads);
}

static void build_filter(struct builder *builder)
{
    uint32_t stride = builder->shortest >= GRAM + 3 ? 4 : builder->shortest > GRAM ? 2 : 1;
    const struct literal_pass shapes[LITERAL_PASSES] = {
        [LITERAL_PASS_GRAMS] = {.stride = stride, .gram_mask = UINT32_MAX, .reach = GRAM},
        [LITERAL_PASS_PAIRS] = {.stride = 1, .gram_mask = 0xFFFF, .reach = 2},
        [LITERAL_PASS_BYTES] = {.stride = 1, .gram_mask = 0xFF, .reach = 1},
    };
    for (int i = 0; i < LITERAL_PASSES; i++) {
        build_pass(builder, i, shapes[i]);
    }
    builder->filter->literals = builder->literals;
    builder->filter->literals_count = builder->literals_count;
    builder->filter->automaton =
        plan_build_automaton(builder->arena, builder->literals, builder->literals_count);
}

/* What a predicate says when its literal is there. A keyword is anywhere, whatever its kind. */
static struct literal literal_of(const struct plan_predicate *predicate, uint32_t index)
{
    struct literal literal = {.text = predicate->literal, .predicate = index};
    enum predicate_kind kind = predicate->source->kind;
    if (predicate->field == FIELD_NONE) {
        literal.settles = kind != PREDICATE_GLOB && kind != PREDICATE_REGEX;
    } else {
        literal.settles =
            kind == PREDICATE_PREFIX || kind == PREDICATE_SUFFIX || kind == PREDICATE_CONTAINS;
        literal.place = kind == PREDICATE_PREFIX   ? LITERAL_FIRST
                        : kind == PREDICATE_SUFFIX ? LITERAL_LAST
                                                   : LITERAL_ANYWHERE;
    }
    literal.settles = literal.settles && !predicate->source->cased;
    return literal;
}

static void collect(struct builder *builder, struct literal literal)
{
    builder->literals[builder->literals_count++] = literal;
    builder->counts[pass_of(literal.text)]++;
    if (literal.text.len >= GRAM && literal.text.len < builder->shortest) {
        builder->shortest = literal.text.len;
    }
}

static bool is_waited_for(const struct plan_predicate *predicate)
{
    return predicate->witness == WITNESS_LITERAL && predicate->rules.count > 0;
}

void plan_build_literals(struct plan *plan)
{
    struct builder *builders = memory_new(plan->fields_count + 1, sizeof *builders);
    uint32_t *counts = memory_new(plan->fields_count + 1, sizeof *counts);
    for (uint32_t i = 0; i < plan->rules->predicates_count; i++) {
        counts[plan->predicates[i].field] += is_waited_for(&plan->predicates[i]);
    }
    for (uint32_t i = 0; i < plan->rules->predicates_count; i++) {
        const struct plan_predicate *predicate = &plan->predicates[i];
        struct builder *builder = &builders[predicate->field];
        if (!is_waited_for(predicate)) {
            continue;
        }
        if (builder->literals == NULL) {
            builder->arena = plan->arena;
            builder->shortest = SIZE_MAX;
            builder->literals =
                arena_take_zeroed(plan->arena, counts[predicate->field], sizeof *builder->literals);
        }
        collect(builder, literal_of(predicate, i));
    }
    for (field_id field = 0; field <= plan->fields_count; field++) {
        if (counts[field] > 0) {
            builders[field].filter =
                arena_take_zeroed(plan->arena, 1, sizeof *builders[field].filter);
            build_filter(&builders[field]);
            plan->fields_used[field].literals = builders[field].filter;
        }
    }
    memory_free(builders);
    memory_free(counts);
}
