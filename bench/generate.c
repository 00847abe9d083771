/* SPDX-License-Identifier: Apache-2.0
 *
 * generate.c - log streams of any size out of seed records.
 *
 * generate SEEDS --bytes N | --records N [--random N] [--users N] [--addresses N] [--rate N]
 *
 * A seed is a line `weight TAB record` (or a bare record: weight 1). Records are drawn by weight.
 * What changes from record to record in real logs is found by its shape and replaced by another of
 * the same shape: UUIDs (each new), times (a clock that runs at --rate records a second), IPv4
 * addresses, access key ids and the user `alice` (drawn from populations with Zipf's law: a few do
 * most), host and process numbers, ports. The output is a function of the arguments alone.
 */
#include "base/buffer.h"
#include "base/memory.h"
#include "base/timestamp.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum span_kind {
    SPAN_UUID,
    SPAN_ISO,
    SPAN_S3_TIME,
    SPAN_SYSLOG_TIME,
    SPAN_ADDRESS,
    SPAN_KEY,
    SPAN_USER,
    SPAN_NUMBER,
    SPAN_HOST
};

struct span {
    size_t start;
    size_t len;
    enum span_kind kind;
};

struct seed {
    char *line; /* text is the end of it */
    struct str text;
    uint64_t weight_sum; /* of this and all seeds before it */
    struct span *spans;
    size_t spans_count;
    size_t spans_capacity;
};

struct generator {
    struct seed *seeds;
    size_t count;
    size_t capacity;
    uint64_t random;
    uint64_t users;
    uint64_t addresses;
    uint64_t rate;
    uint64_t made;
    uint64_t user_rank; /* of the record being made: one user a record */
    struct buffer out;
};

static uint64_t draw(struct generator *generator)
{
    uint64_t z = generator->random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* 0..count-1 with probability ~ 1/(rank+1): the inverse of the logarithm. */
static uint64_t draw_zipf(struct generator *generator, uint64_t count)
{
    double unit = (double)(draw(generator) >> 11) * 0x1.0p-53;
    uint64_t rank = (uint64_t)(exp(unit * log((double)count + 1)) - 1);
    return rank < count ? rank : count - 1;
}

static bool shaped(struct str s, const char *shape)
{
    size_t len = strlen(shape);
    if (s.len < len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        char c = s.ptr[i];
        bool digit = byte_is_digit(c);
        bool upper = c >= 'A' && c <= 'Z';
        bool lower = c >= 'a' && c <= 'z';
        bool fits = shape[i] == '9'   ? digit
                    : shape[i] == 'x' ? digit || (c >= 'a' && c <= 'f')
                    : shape[i] == 'A' ? upper || digit
                    : shape[i] == 'a' ? upper || lower
                                      : c == shape[i];
        if (!fits) {
            return false;
        }
    }
    return true;
}

static size_t digits(struct str s)
{
    size_t len = 0;
    while (len < s.len && byte_is_digit(s.ptr[len])) {
        len++;
    }
    return len;
}

static size_t address_len(struct str s)
{
    size_t at = 0;
    for (int part = 0; part < 4; part++) {
        size_t len = digits(str_slice(s, at, s.len));
        if (len == 0 || len > 3) {
            return 0;
        }
        at += len;
        if (part < 3 && (at >= s.len || s.ptr[at++] != '.')) {
            return 0;
        }
    }
    return at;
}

/* The changing part that begins at text + at: false when none does. */
static bool find_span(struct str text, size_t at, struct span *span)
{
    static const struct {
        const char *shape;
        enum span_kind kind;
    } shapes[] = {
        {"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", SPAN_UUID},
        {"9999-99-99T99:99:99Z", SPAN_ISO},
        {"99/aaa/9999:99:99:99", SPAN_S3_TIME},
        {"aaa 99 99:99:99", SPAN_SYSLOG_TIME},
        {"AKIAAAAAAAAAAAAAAAAA", SPAN_KEY},
        {"ASIAAAAAAAAAAAAAAAAA", SPAN_KEY},
    };
    struct str rest = str_slice(text, at, text.len);
    char before = at > 0 ? text.ptr[at - 1] : ' ';
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        bool at_start = shapes[i].kind != SPAN_SYSLOG_TIME || at == 0;
        if (at_start && shaped(rest, shapes[i].shape)) {
            *span = (struct span){at, strlen(shapes[i].shape), shapes[i].kind};
            return true;
        }
    }
    size_t len = byte_is_digit(before) || before == '.' ? 0 : address_len(rest);
    if (len > 0) {
        *span = (struct span){at, len, SPAN_ADDRESS};
        return true;
    }
    if (str_starts_with(rest, STR("alice"))) {
        *span = (struct span){at, 5, SPAN_USER};
        return true;
    }
    struct str left = str_slice(text, 0, at);
    bool host = str_ends_with(left, STR(" web-"));
    if (host || str_ends_with(left, STR(" port ")) || str_ends_with(left, STR("["))) {
        *span = (struct span){at, digits(rest), host ? SPAN_HOST : SPAN_NUMBER};
        return span->len > 0;
    }
    return false;
}

/* line ends with a NUL; the generator owns it now. */
static void add_seed(struct generator *generator, char *text)
{
    struct str line = str_of(text);
    uint64_t weight = 1;
    size_t tab = str_find_byte(line, '\t');
    if (tab != STR_NOT_FOUND && str_to_u64(str_slice(line, 0, tab), &weight)) {
        line = str_slice(line, tab + 1, line.len);
    }
    MEMORY_GROW(generator->seeds, generator->count, generator->capacity);
    struct seed *seed = &generator->seeds[generator->count];
    uint64_t before = generator->count == 0 ? 0 : generator->seeds[generator->count - 1].weight_sum;
    *seed = (struct seed){.line = text, .text = line, .weight_sum = before + weight};
    generator->count++;
    for (size_t at = 0; at < line.len;) {
        struct span span;
        if (!find_span(line, at, &span)) {
            at++;
            continue;
        }
        MEMORY_GROW(seed->spans, seed->spans_count, seed->spans_capacity);
        seed->spans[seed->spans_count++] = span;
        at += span.len;
    }
}

static void add_hex(struct generator *generator, struct str shape)
{
    static const char hex[] = "0123456789abcdef";
    uint64_t bits = 0;
    for (size_t i = 0; i < shape.len; i++) {
        bits = i % 16 == 0 ? draw(generator) : bits >> 4;
        buffer_add_byte(&generator->out, shape.ptr[i] == '-' ? '-' : hex[bits & 15]);
    }
}

static void add_time(struct generator *generator, enum span_kind kind)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t seconds = INT64_C(1700000000) + (int64_t)(generator->made / generator->rate);
    struct timestamp_fields f = timestamp_to_fields(seconds * TIMESTAMP_SECOND_NS);
    const char *month = months + (size_t)(f.month - 1) * 3;
    if (kind == SPAN_ISO) {
        buffer_printf(&generator->out, "%04d-%02u-%02uT%02u:%02u:%02uZ", f.year, f.month, f.day,
                      f.hour, f.minute, f.second);
    } else if (kind == SPAN_S3_TIME) {
        buffer_printf(&generator->out, "%02u/%.3s/%04d:%02u:%02u:%02u", f.day, month, f.year,
                      f.hour, f.minute, f.second);
    } else {
        buffer_printf(&generator->out, "%.3s %2u %02u:%02u:%02u", month, f.day, f.hour, f.minute,
                      f.second);
    }
}

static void add_span(struct generator *generator, const struct seed *seed, const struct span *span)
{
    struct str old = str_slice(seed->text, span->start, span->len);
    uint64_t rank = 0;
    switch (span->kind) {
    case SPAN_UUID:
        add_hex(generator, old);
        break;
    case SPAN_ISO:
    case SPAN_S3_TIME:
    case SPAN_SYSLOG_TIME:
        add_time(generator, span->kind);
        break;
    case SPAN_ADDRESS:
        rank = draw_zipf(generator, generator->addresses);
        buffer_printf(&generator->out, "%u.%u.%u.%u", 10 + (unsigned)(rank >> 24 & 63),
                      (unsigned)(rank >> 16 & 255), (unsigned)(rank >> 8 & 255),
                      (unsigned)(rank & 255));
        break;
    case SPAN_KEY:
        buffer_printf(&generator->out, "%.4sEXAMPLE%09llu", old.ptr,
                      (unsigned long long)generator->user_rank);
        break;
    case SPAN_USER:
        buffer_printf(&generator->out, "user%05llu", (unsigned long long)generator->user_rank);
        break;
    case SPAN_HOST:
        buffer_printf(&generator->out, "%02u", 1 + (unsigned)draw_zipf(generator, 200));
        break;
    case SPAN_NUMBER:
    default:
        buffer_printf(&generator->out, "%u", 1024 + (unsigned)(draw(generator) % 60000));
        break;
    }
}

static void add_record(struct generator *generator)
{
    uint64_t total = generator->seeds[generator->count - 1].weight_sum;
    uint64_t point = draw(generator) % total;
    size_t low = 0;
    for (size_t high = generator->count - 1; low < high;) {
        size_t middle = (low + high) / 2;
        if (generator->seeds[middle].weight_sum <= point) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const struct seed *seed = &generator->seeds[low];
    generator->user_rank = draw_zipf(generator, generator->users);
    size_t at = 0;
    for (size_t i = 0; i < seed->spans_count; i++) {
        buffer_add(&generator->out, str_slice(seed->text, at, seed->spans[i].start - at));
        add_span(generator, seed, &seed->spans[i]);
        at = seed->spans[i].start + seed->spans[i].len;
    }
    buffer_add(&generator->out, str_slice(seed->text, at, seed->text.len));
    buffer_add_byte(&generator->out, '\n');
    generator->made++;
}

static bool read_seeds(struct generator *generator, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return false;
    }
    char *line = NULL;
    size_t capacity = 0;
    ssize_t len = 0;
    while ((len = getline(&line, &capacity, file)) > 0) {
        struct str text = str_trim((struct str){line, (size_t)len});
        if (text.len > 0) {
            add_seed(generator, memory_copy_str(text));
        }
    }
    free(line);
    fclose(file);
    return generator->count > 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: generate SEEDS --bytes N | --records N [--random N] [--users N]\n"
                    "                [--addresses N] [--rate RECORDS_PER_SECOND]\n"
                    "SEEDS: lines `weight TAB record`, see bench/seeds/\n");
    return 2;
}

static bool write_out(struct generator *generator)
{
    size_t at = 0;
    while (at < generator->out.len) {
        ssize_t wrote = write(STDOUT_FILENO, generator->out.ptr + at, generator->out.len - at);
        if (wrote <= 0) {
            perror("standard output");
            return false;
        }
        at += (size_t)wrote;
    }
    buffer_clear(&generator->out);
    return true;
}

static void release(struct generator *generator)
{
    for (size_t i = 0; i < generator->count; i++) {
        memory_free(generator->seeds[i].spans);
        memory_free(generator->seeds[i].line);
    }
    memory_free(generator->seeds);
    buffer_release(&generator->out);
}

/* The exit code. */
static int generate(struct generator *generator, uint64_t bytes, uint64_t records)
{
    uint64_t written = 0;
    while (bytes > 0 ? written + generator->out.len < bytes : generator->made < records) {
        add_record(generator);
        if (generator->out.len >= 1 << 20) {
            written += generator->out.len;
            if (!write_out(generator)) {
                return 3;
            }
        }
    }
    return write_out(generator) ? 0 : 3;
}

int main(int argc, char **argv)
{
    struct generator generator = {.users = 5000, .addresses = 20000, .rate = 1000};
    uint64_t bytes = 0;
    uint64_t records = 0;
    for (int i = 2; i + 1 < argc; i += 2) {
        static const char *const names[] = {"--bytes", "--records",   "--random",
                                            "--users", "--addresses", "--rate"};
        uint64_t *const values[] = {
            &bytes,         &records, &generator.random, &generator.users, &generator.addresses,
            &generator.rate};
        size_t n = 0;
        while (n < 6 && strcmp(argv[i], names[n]) != 0) {
            n++;
        }
        if (n == 6 || !str_to_u64(str_of(argv[i + 1]), values[n])) {
            return usage();
        }
    }
    if (argc < 4 || argc % 2 != 0 || (bytes == 0) == (records == 0) || generator.users == 0 ||
        generator.addresses == 0 || generator.rate == 0 || !read_seeds(&generator, argv[1])) {
        return usage();
    }
    int code = generate(&generator, bytes, records);
    release(&generator);
    return code;
}
