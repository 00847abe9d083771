/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_json.c - the scanner's stages on JSON lines, each beside its yardstick, in one process.
 *
 * bench_json FILE [ROUNDS [ROW]]: prints nanoseconds a record and MB/s, the best of ROUNDS (7), of
 * all rows or of one. The rows take turns, so that a machine that changes its speed changes it for
 * all of them. "values" are the fields that were found: bench_simdjson finds as many.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "bench/fields_wanted.h"
#include "ingest/json/json.h"
#include "ingest/json/json_index_internal.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const fields_wanted[] = {FIELDS_WANTED};

struct input {
    struct str *lines;
    size_t count;
    size_t capacity;
    struct str text;
};

struct bench {
    struct input input;
    struct json_index index;
    struct json_scanner *scanner;
    struct json_paths *paths;
    struct event event;
    uint64_t sum; /* keeps the compiler from leaving work out */
    uint64_t values;
};

static void run_memchr(struct bench *bench)
{
    struct str rest = bench->input.text;
    while (rest.len > 0) {
        size_t end = str_find_byte(rest, '\n');
        bench->sum += end;
        rest = str_slice(rest, end == STR_NOT_FOUND ? rest.len : end + 1, rest.len);
    }
}

static void run_index(struct bench *bench)
{
    for (size_t i = 0; i < bench->input.count; i++) {
        json_index_build(&bench->index, bench->input.lines[i]);
        bench->sum += bench->index.count;
    }
}

static void run_index_plain(struct bench *bench)
{
    for (size_t i = 0; i < bench->input.count; i++) {
        json_index_plain(&bench->index, bench->input.lines[i]);
        bench->sum += bench->index.count;
    }
}

static void run_project(struct bench *bench)
{
    for (size_t i = 0; i < bench->input.count; i++) {
        event_clear(&bench->event);
        bench->sum += json_project(bench->scanner, bench->paths, bench->input.lines[i],
                                   &bench->event) == JSON_OK;
        bench->values += bench->event.values_count - 1; /* values[0] is none */
    }
}

static void run_cjson(struct bench *bench)
{
    for (size_t i = 0; i < bench->input.count; i++) {
        cJSON *tree = cJSON_ParseWithLength(bench->input.lines[i].ptr, bench->input.lines[i].len);
        bench->sum += tree != NULL;
        cJSON_Delete(tree);
    }
}

static const struct {
    const char *name;
    void (*run)(struct bench *bench);
} rows[] = {
    {"newlines by memchr", run_memchr},  {"index", run_index},
    {"index, plain C", run_index_plain}, {"project 25 fields", run_project},
    {"cJSON parse+free", run_cjson},
};
#define ROWS (sizeof rows / sizeof rows[0])

static bool read_input(const char *path, struct input *input)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        return false;
    }
    size_t size = (size_t)ftell(file);
    char *bytes = memory_new(size, 1);
    rewind(file);
    size = fread(bytes, 1, size, file);
    fclose(file);
    input->text = (struct str){bytes, size};
    for (struct str rest = input->text; rest.len > 0;) {
        size_t end = str_find_byte(rest, '\n');
        MEMORY_GROW(input->lines, input->count, input->capacity);
        input->lines[input->count++] = str_slice(rest, 0, end);
        rest = str_slice(rest, end == STR_NOT_FOUND ? rest.len : end + 1, rest.len);
    }
    return input->count > 0;
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 7;
    if (argc < 2 || !read_input(argv[1], &bench.input)) {
        fprintf(stderr, "usage: bench_json FILE [ROUNDS [ROW]]\n");
        return 2;
    }
    struct field_table *fields = field_table_new();
    for (size_t i = 0; i < sizeof fields_wanted / sizeof fields_wanted[0]; i++) {
        field_intern(fields, str_of(fields_wanted[i]));
    }
    bench.scanner = json_scanner_new();
    bench.paths = json_paths_new(fields, NULL);
    event_init(&bench.event, field_count(fields));
    int64_t best[ROWS] = {0};
    uint64_t values = 0;
    for (int round = 0; round < rounds; round++) {
        for (size_t row = 0; row < ROWS; row++) {
            if (argc > 3 && strcmp(argv[3], rows[row].name) != 0) {
                continue;
            }
            bench.values = 0;
            int64_t start = clock_process_cpu_ns();
            rows[row].run(&bench);
            int64_t spent = clock_process_cpu_ns() - start;
            best[row] = round == 0 || spent < best[row] ? spent : best[row];
            values = bench.values > 0 ? bench.values : values;
        }
    }
    printf("%zu records, %zu bytes a record, index by %s, %llu values\n", bench.input.count,
           bench.input.text.len / bench.input.count, json_implementation(),
           (unsigned long long)values);
    for (size_t row = 0; row < ROWS; row++) {
        if (best[row] == 0) {
            continue;
        }
        printf("%-22s %8.1f ns/record %9.1f MB/s\n", rows[row].name,
               (double)best[row] / (double)bench.input.count,
               (double)bench.input.text.len * 1e3 / (double)best[row]);
    }
    return bench.sum == 0;
}
