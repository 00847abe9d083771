/* SPDX-License-Identifier: Apache-2.0
 *
 * plan_network.c - per field the CIDR predicates, as ranges of addresses that don't overlap.
 *
 * Networks of one family are either disjoint or one lies in the other, so their first and last
 * addresses cut the address space into at most two ranges a network. Each range lists the
 * predicates that it is in; a look-up is one binary search. IPv4 and IPv6 have tables of their own:
 * an IPv6 network never has an IPv4 address in it.
 */
#include "analyze/plan/plan_internal.h"

#include "base/memory.h"

#include <stdlib.h>

struct networks {
    uint32_t *predicates;
    uint32_t count;
    uint32_t capacity;
};

/* Walks the networks of a family in the order of their first addresses, the wider one first. */
struct sweep {
    const struct plan *plan;
    struct networks open; /* those that the place is in, the widest first */
    struct network_range *ranges;
    uint32_t count;
};

static const struct cidr *cidr_of(const struct plan *plan, uint32_t predicate)
{
    return &plan->predicates[predicate].source->cidr;
}

static void add(struct networks *networks, uint32_t predicate)
{
    MEMORY_GROW(networks->predicates, networks->count, networks->capacity);
    networks->predicates[networks->count++] = predicate;
}

/* The address behind the network's last one; false when there is none. */
static bool address_behind(const struct cidr *cidr, uint8_t address[16])
{
    memcpy(address, cidr->address, 16);
    for (uint32_t bit = cidr->prefix_bits; bit < (uint32_t)cidr->family_bytes * 8; bit++) {
        address[bit / 8] |= (uint8_t)(0x80U >> (bit % 8));
    }
    for (uint32_t i = cidr->family_bytes; i > 0; i--) {
        if (++address[i - 1] != 0) {
            return true;
        }
    }
    return false;
}

/* A range begins at first. What began at the same address before has no address of its own. */
static void begin_range(struct sweep *sweep, const uint8_t first[16])
{
    struct plan_list list = {0};
    if (sweep->open.count > 0) {
        uint32_t *items = arena_take(sweep->plan->arena, sweep->open.count * sizeof *items);
        memcpy(items, sweep->open.predicates, sweep->open.count * sizeof *items);
        list = (struct plan_list){items, sweep->open.count};
    }
    if (sweep->count == 0 || memcmp(sweep->ranges[sweep->count - 1].first, first, 16) != 0) {
        memcpy(sweep->ranges[sweep->count++].first, first, 16);
    }
    sweep->ranges[sweep->count - 1].predicates = list;
}

/* Ends the open networks that end before `next`; all of them when it is NULL. */
static void close_networks(struct sweep *sweep, const struct cidr *next)
{
    while (sweep->open.count > 0) {
        uint8_t behind[16];
        const struct cidr *top =
            cidr_of(sweep->plan, sweep->open.predicates[sweep->open.count - 1]);
        bool ends = address_behind(top, behind);
        if (next != NULL && (!ends || memcmp(behind, next->address, 16) > 0)) {
            return;
        }
        sweep->open.count--;
        if (ends) {
            begin_range(sweep, behind);
        }
    }
}

static int compare_networks(const void *a, const void *b, void *context)
{
    const struct cidr *left = cidr_of(context, *(const uint32_t *)a);
    const struct cidr *right = cidr_of(context, *(const uint32_t *)b);
    int order = memcmp(left->address, right->address, sizeof left->address);
    return order != 0 ? order : (int)left->prefix_bits - (int)right->prefix_bits;
}

/* networks are sorted. */
static struct network_ranges build_family(const struct plan *plan, const struct networks *networks,
                                          uint32_t family_bytes)
{
    static const uint8_t zero[16];
    struct sweep sweep = {.plan = plan};
    sweep.ranges =
        arena_take_zeroed(plan->arena, (size_t)networks->count * 2 + 1, sizeof *sweep.ranges);
    begin_range(&sweep, zero);
    for (uint32_t i = 0; i < networks->count; i++) {
        const struct cidr *cidr = cidr_of(plan, networks->predicates[i]);
        if (cidr->family_bytes == family_bytes) {
            close_networks(&sweep, cidr);
            add(&sweep.open, networks->predicates[i]);
            begin_range(&sweep, cidr->address);
        }
    }
    close_networks(&sweep, NULL);
    memory_free(sweep.open.predicates);
    return (struct network_ranges){sweep.ranges, sweep.count};
}

void plan_build_networks(struct plan *plan)
{
    struct networks *networks = memory_new(plan->fields_count + 1, sizeof *networks);
    for (uint32_t i = 0; i < plan->rules->predicates_count; i++) {
        const struct plan_predicate *predicate = &plan->predicates[i];
        struct networks *own = &networks[predicate->field];
        if (predicate->witness == WITNESS_NETWORK) {
            add(own, i);
            plan->fields_used[predicate->field].eager_networks |= predicate->rules.count > 0;
        }
    }
    for (field_id field = 1; field <= plan->fields_count; field++) {
        if (networks[field].count > 0) {
            qsort_r(networks[field].predicates, networks[field].count, sizeof(uint32_t),
                    compare_networks, plan);
            struct network_table *table = arena_take_zeroed(plan->arena, 1, sizeof *table);
            table->v4 = build_family(plan, &networks[field], 4);
            table->v6 = build_family(plan, &networks[field], 16);
            plan->fields_used[field].networks = table;
        }
        memory_free(networks[field].predicates);
    }
    memory_free(networks);
}
