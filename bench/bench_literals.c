/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_literals.c - many literals in many texts: the rules' filter beside vectorscan, Aho-Corasick
 * and memmem, without regard to case, in one process.
 *
 * bench_literals LITERALS TEXTS [ROUNDS]: both files have one a line. Prints nanoseconds a text,
 * the best of ROUNDS (7); the rows take turns. Every row must find the same literals in the same
 * texts, or the program stops. vectorscan's row is there when its library was when this was built.
 */
#include "analyze/match/match_internal.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/ensure.h"
#include "base/hash.h"
#include "base/memory.h"
#include "ingest/decode/decoder.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef BENCH_VECTORSCAN
#include <hs.h>
#endif

struct lines {
    struct str *items;
    uint32_t count;
    uint32_t capacity;
};

struct bench {
    struct lines literals; /* folded */
    struct lines texts;
    struct arena *arena;
    uint32_t *seen; /* per literal: the text + 1 in which it was found last */
    uint32_t text;
    uint64_t hits;
    uint64_t digest; /* of (text, literal), in any order */
    /* the filter */
    struct rule_set *rules;
    struct field_table *fields;
    struct plan *plan;
    struct matcher *matcher;
    struct event event;
    /* Aho-Corasick: next[state * classes + class]; outputs as linked lists */
    uint8_t classes[256];
    uint32_t classes_count;
    uint32_t *next;
    uint32_t *ends;    /* literal + 1 */
    uint32_t *shorter; /* the next state with a literal */
    uint32_t states;
#ifdef BENCH_VECTORSCAN
    hs_database_t *database;
    hs_scratch_t *scratch;
#endif
};

static void hit(struct bench *bench, uint32_t literal)
{
    if (bench->seen[literal] != bench->text + 1) {
        bench->seen[literal] = bench->text + 1;
        bench->hits++;
        bench->digest += hash_mix(bench->text + UINT64_C(0x9E3779B97F4A7C15),
                                  literal + UINT64_C(0xA0761D6478BD642F));
    }
}

static struct lines read_lines(const char *path, struct arena *arena)
{
    struct lines lines = {0};
    char *line = NULL;
    size_t capacity = 0;
    ssize_t len = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fprintf(stderr, "%s: can not be read\n", path);
        exit(1);
    }
    while ((len = getline(&line, &capacity, file)) > 0) {
        struct str text = str_trim((struct str){line, (size_t)len});
        MEMORY_GROW(lines.items, lines.count, lines.capacity);
        lines.items[lines.count++] = arena_copy(arena, text);
    }
    free(line);
    fclose(file);
    return lines;
}

/* A rule for each literal, so that the filter is the one that rules have. */
static void build_filter(struct bench *bench)
{
    struct buffer text = {0};
    struct err err = {0};
    for (uint32_t i = 0; i < bench->literals.count; i++) {
        buffer_printf(&text,
                      "---\ntitle: t%u\nid: 00000000-0000-4000-8000-%012u\nlogsource: {}\n"
                      "detection:\n  s:\n    f|contains: '%.*s'\n  condition: s\n",
                      i, i, STR_ARG(bench->literals.items[i]));
    }
    ENSURE(rule_set_load_text("literals", buffer_str(&text), &bench->rules, &err) == 0);
    ENSURE(bench->rules->rules_count == bench->literals.count);
    bench->fields = field_table_new();
    ENSURE(plan_intern_fields(bench->rules, bench->fields, &err) == 0);
    ENSURE(plan_new(bench->rules, bench->fields, &bench->plan, &err) == 0);
    bench->matcher = matcher_new(bench->plan);
    event_init(&bench->event, field_count(bench->fields));
    bench->event.logsource = logsource_index("json");
    buffer_release(&text);
}

static void run_filter(struct bench *bench, struct str text)
{
    struct folded_text memo = {0};
    match_begin(bench->matcher, &bench->event, bench->arena);
    struct match_text searched = {text, &memo, 1};
    match_search(bench->matcher, bench->plan->fields_used[1].literals, &searched);
    for (uint32_t i = 0; i < bench->matcher->candidates_count; i++) {
        hit(bench, bench->matcher->candidates[i]);
    }
}

static void run_memmem(struct bench *bench, struct str text)
{
    struct str folded = match_fold(bench->arena, text);
    for (uint32_t i = 0; i < bench->literals.count; i++) {
        if (str_find(folded, bench->literals.items[i]) != STR_NOT_FOUND) {
            hit(bench, i);
        }
    }
}

static void build_classes(struct bench *bench)
{
    bool used[256] = {false};
    for (uint32_t i = 0; i < bench->literals.count; i++) {
        for (size_t at = 0; at < bench->literals.items[i].len; at++) {
            used[(unsigned char)bench->literals.items[i].ptr[at]] = true;
        }
    }
    bench->classes_count = 1; /* 0: in no literal */
    for (uint32_t byte = 0; byte < 256; byte++) {
        bench->classes[byte] = used[byte] ? (uint8_t)bench->classes_count++ : 0;
    }
    for (uint32_t byte = 'A'; byte <= 'Z'; byte++) {
        bench->classes[byte] = bench->classes[byte + 0x20];
    }
}

/* The tree first, then its missing edges, level by level. */
static void build_automaton(struct bench *bench)
{
    build_classes(bench);
    size_t states = 1;
    for (uint32_t i = 0; i < bench->literals.count; i++) {
        states += bench->literals.items[i].len;
    }
    uint32_t width = bench->classes_count;
    bench->next = memory_new(states * width, sizeof *bench->next);
    bench->ends = memory_new(states, sizeof *bench->ends);
    bench->shorter = memory_new(states, sizeof *bench->shorter);
    bench->states = 1;
    for (uint32_t i = 0; i < bench->literals.count; i++) {
        uint32_t state = 0;
        for (size_t at = 0; at < bench->literals.items[i].len; at++) {
            unsigned char byte = (unsigned char)bench->literals.items[i].ptr[at];
            uint32_t *edge = &bench->next[(size_t)state * width + bench->classes[byte]];
            *edge = *edge != 0 ? *edge : bench->states++;
            state = *edge;
        }
        bench->ends[state] = i + 1;
    }
    uint32_t *fails = memory_new(states, sizeof *fails);
    uint32_t *queue = memory_new(states, sizeof *queue);
    uint32_t count = 1;
    for (uint32_t at = 0; at < count; at++) {
        uint32_t state = queue[at];
        for (uint32_t class = 0; class < width; class ++) {
            uint32_t *edge = &bench->next[(size_t)state * width + class];
            uint32_t other = state == 0 ? 0 : bench->next[(size_t)fails[state] * width + class];
            if (*edge == 0) {
                *edge = other;
                continue;
            }
            fails[*edge] = other;
            bench->shorter[*edge] = bench->ends[other] != 0 ? other : bench->shorter[other];
            queue[count++] = *edge;
        }
    }
    memory_free(fails);
    memory_free(queue);
}

static void run_automaton(struct bench *bench, struct str text)
{
    uint32_t state = 0;
    for (size_t at = 0; at < text.len; at++) {
        uint8_t class = bench->classes[(unsigned char)text.ptr[at]];
        state = bench->next[(size_t)state * bench->classes_count + class];
        for (uint32_t found = bench->ends[state] != 0 ? state : bench->shorter[state]; found != 0;
             found = bench->shorter[found]) {
            hit(bench, bench->ends[found] - 1);
        }
    }
}

#ifdef BENCH_VECTORSCAN
static int on_match(unsigned int id, unsigned long long from, unsigned long long to,
                    unsigned int flags, void *context)
{
    (void)from, (void)to, (void)flags;
    hit(context, id);
    return 0;
}

static void build_vectorscan(struct bench *bench)
{
    uint32_t count = bench->literals.count;
    const char **texts = memory_new(count, sizeof *texts);
    unsigned *flags = memory_new(count, sizeof *flags);
    unsigned *ids = memory_new(count, sizeof *ids);
    size_t *lengths = memory_new(count, sizeof *lengths);
    hs_compile_error_t *error = NULL;
    for (uint32_t i = 0; i < count; i++) {
        texts[i] = bench->literals.items[i].ptr;
        lengths[i] = bench->literals.items[i].len;
        flags[i] = HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH;
        ids[i] = i;
    }
    ENSURE(hs_compile_lit_multi(texts, flags, ids, lengths, count, HS_MODE_BLOCK, NULL,
                                &bench->database, &error) == HS_SUCCESS);
    ENSURE(hs_alloc_scratch(bench->database, &bench->scratch) == HS_SUCCESS);
    memory_free(texts);
    memory_free(flags);
    memory_free(ids);
    memory_free(lengths);
}

static void run_vectorscan(struct bench *bench, struct str text)
{
    ENSURE(hs_scan(bench->database, text.ptr, (unsigned)text.len, 0, bench->scratch, on_match,
                   bench) == HS_SUCCESS);
}
#endif

static const struct row {
    const char *name;
    void (*build)(struct bench *bench);
    void (*run)(struct bench *bench, struct str text);
    uint32_t literals_max; /* more take too long */
} rows[] = {
    {"filter", build_filter, run_filter, UINT32_MAX},
#ifdef BENCH_VECTORSCAN
    {"vectorscan", build_vectorscan, run_vectorscan, UINT32_MAX},
#endif
    {"aho-corasick", build_automaton, run_automaton, UINT32_MAX},
    {"memmem", NULL, run_memmem, 1000},
};
#define ROWS (sizeof rows / sizeof rows[0])

/* Nanoseconds of one turn over all texts. */
static int64_t take_turn(struct bench *bench, const struct row *row)
{
    bench->hits = 0;
    bench->digest = 0;
    memset(bench->seen, 0, bench->literals.count * sizeof *bench->seen);
    int64_t begin_ns = clock_monotonic_ns();
    for (bench->text = 0; bench->text < bench->texts.count; bench->text++) {
        row->run(bench, bench->texts.items[bench->text]);
        if (bench->text % 256 == 0) {
            arena_reset(bench->arena);
        }
    }
    return clock_monotonic_ns() - begin_ns;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_literals LITERALS TEXTS [ROUNDS]\n");
        return 2;
    }
    struct bench bench = {.arena = arena_new(0)};
    struct arena *files = arena_new(0);
    int64_t best[ROWS];
    bench.literals = read_lines(argv[1], files);
    bench.texts = read_lines(argv[2], files);
    bench.seen = memory_new(bench.literals.count, sizeof *bench.seen);
    for (size_t i = 0; i < ROWS; i++) {
        best[i] = INT64_MAX;
        if (rows[i].build != NULL) {
            rows[i].build(&bench);
        }
    }
    uint64_t hits = 0;
    uint64_t digest = 0;
    for (int round = argc > 3 ? atoi(argv[3]) : 7; round > 0; round--) {
        for (size_t i = 0; i < ROWS && bench.literals.count <= rows[i].literals_max; i++) {
            int64_t ns = take_turn(&bench, &rows[i]);
            best[i] = ns < best[i] ? ns : best[i];
            if (i > 0 && (hits != bench.hits || digest != bench.digest)) {
                fprintf(stderr, "%s finds something else: %llu hits, %s %llu\n", rows[i].name,
                        (unsigned long long)bench.hits, rows[i - 1].name, (unsigned long long)hits);
                return 1;
            }
            hits = bench.hits;
            digest = bench.digest;
        }
    }
    printf("%u literals, %u texts, %llu hits\n", bench.literals.count, bench.texts.count,
           (unsigned long long)hits);
    for (size_t i = 0; i < ROWS; i++) {
        if (best[i] != INT64_MAX) {
            printf("%-14s %8.0f ns a text\n", rows[i].name,
                   (double)best[i] / (double)bench.texts.count);
        }
    }
    return 0;
}
