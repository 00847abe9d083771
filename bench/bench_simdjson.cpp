/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_simdjson.cpp - the yardstick: simdjson on-demand extracts the same 25 fields of JSON lines.
 *
 * bench_simdjson FILE [ROUNDS [ROW]]: as bench_json. One loop over each object's fields, which is
 * the fast way (look-ups by name take three to four times as long); an object that has none of the
 * fields is skipped by simdjson. Two rows: values as they stand in the record, and unescaped.
 * The only C++ here: simdjson has no C interface.
 */
#include "bench/fields_wanted.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <vector>

#define TEXT_OF(name) #name
#define AS_TEXT(name) TEXT_OF(name)

using namespace simdjson;

namespace
{

/* The wanted names of one object. A key has no length before it is unescaped, so it is told by two
 * of its bytes (the padding makes the sixth readable) and compared with the one or two that fit. */
struct level {
    struct name {
        std::string text;
        bool wanted = false;
        std::unique_ptr<level> below;
    };
    std::vector<std::unique_ptr<name>> names;
    std::vector<const name *> by_bytes[128];
    std::vector<const name *> short_ones; /* of less than six bytes */

    name &find_or_add(std::string_view text)
    {
        for (const auto &known : names) {
            if (known->text == text) {
                return *known;
            }
        }
        names.push_back(std::make_unique<name>());
        names.back()->text = text;
        auto &list = text.size() < 6 ? short_ones : by_bytes[(text[0] ^ text[5]) & 127];
        list.push_back(names.back().get());
        return *names.back();
    }

    void add(std::string_view path)
    {
        size_t dot = path.find('.');
        name &first = find_or_add(path.substr(0, dot));
        if (dot == std::string_view::npos) {
            first.wanted = true;
            return;
        }
        if (!first.below) {
            first.below = std::make_unique<level>();
        }
        first.below->add(path.substr(dot + 1));
    }

    const name *find(ondemand::raw_json_string key) const
    {
        const char *raw = key.raw();
        for (const name *known : by_bytes[(raw[0] ^ raw[5]) & 127]) {
            if (key.unsafe_is_equal(known->text)) {
                return known;
            }
        }
        for (const name *known : short_ones) {
            if (key.unsafe_is_equal(known->text)) {
                return known;
            }
        }
        return nullptr;
    }
};

struct totals {
    uint64_t values = 0;
    uint64_t bytes = 0;
    uint64_t failed = 0;
};

template <bool Unescape> void extract(ondemand::object object, const level &wanted, totals &totals)
{
    for (auto field : object) {
        const level::name *name = wanted.find(field.key());
        if (name == nullptr) {
            continue;
        }
        ondemand::value value = field.value();
        if (name->below) {
            if (value.type() == ondemand::json_type::object) {
                extract<Unescape>(value.get_object(), *name->below, totals);
            }
            continue;
        }
        std::string_view text = value.raw_json_token();
        if (Unescape && text[0] == '"') {
            text = value.get_string();
        }
        totals.values++;
        totals.bytes += text.size();
    }
}

struct lines {
    std::vector<char> text;
    std::vector<std::pair<size_t, size_t>> at; /* offset, length */
};

template <bool Unescape>
totals run(ondemand::parser &parser, const lines &lines, const level &wanted)
{
    totals sum;
    for (auto [offset, len] : lines.at) {
        try {
            size_t room = lines.text.size() - offset;
            ondemand::document document =
                parser.iterate(padded_string_view(&lines.text[offset], len, room));
            extract<Unescape>(document.get_object(), wanted, sum);
        } catch (const simdjson_error &) {
            sum.failed++;
        }
    }
    return sum;
}

bool read_lines(const char *path, lines &lines)
{
    std::FILE *file = std::fopen(path, "rb");
    if (file == nullptr || std::fseek(file, 0, SEEK_END) != 0) {
        std::perror(path);
        return false;
    }
    size_t size = static_cast<size_t>(std::ftell(file));
    std::rewind(file);
    lines.text.resize(size + SIMDJSON_PADDING);
    size = std::fread(lines.text.data(), 1, size, file);
    std::fclose(file);
    for (size_t start = 0; start < size;) {
        const void *found = std::memchr(&lines.text[start], '\n', size - start);
        size_t end = found
                         ? static_cast<size_t>(static_cast<const char *>(found) - lines.text.data())
                         : size;
        lines.at.emplace_back(start, end - start);
        start = end + 1;
    }
    return !lines.at.empty();
}

double cpu_seconds()
{
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

} // namespace

int main(int argc, char **argv)
{
    lines lines;
    if (argc < 2 || !read_lines(argv[1], lines)) {
        std::fprintf(stderr, "usage: bench_simdjson FILE [ROUNDS [ROW]]\n");
        return 2;
    }
    int rounds = argc > 2 ? std::atoi(argv[2]) : 7;
    level wanted;
    for (const char *path : {FIELDS_WANTED}) {
        wanted.add(path);
    }
    ondemand::parser parser;
    const struct {
        const char *name;
        totals (*run)(ondemand::parser &, const struct lines &, const level &);
    } rows[] = {{"simdjson on-demand, raw", run<false>},
                {"simdjson on-demand, unescaped", run<true>}};
    std::printf("%zu records, simdjson %d.%d.%d, index by %s, on-demand by %s\n", lines.at.size(),
                SIMDJSON_VERSION_MAJOR, SIMDJSON_VERSION_MINOR, SIMDJSON_VERSION_REVISION,
                get_active_implementation()->name().c_str(),
                AS_TEXT(SIMDJSON_BUILTIN_IMPLEMENTATION));
    for (const auto &row : rows) {
        if (argc > 3 && std::strcmp(argv[3], row.name) != 0) {
            continue;
        }
        double best = 0;
        totals sum;
        for (int round = 0; round < rounds; round++) {
            double start = cpu_seconds();
            sum = row.run(parser, lines, wanted);
            double spent = cpu_seconds() - start;
            best = round == 0 || spent < best ? spent : best;
        }
        std::printf("%-30s %8.1f ns/record %9.1f MB/s (%llu values, %llu failed)\n", row.name,
                    best * 1e9 / static_cast<double>(lines.at.size()),
                    static_cast<double>(lines.text.size()) / 1e6 / best,
                    static_cast<unsigned long long>(sum.values),
                    static_cast<unsigned long long>(sum.failed));
    }
    return 0;
}
