#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the benchmarks rest on: the generated rules load, are the same every time, and match a small
# part of the generated stream; the comparison of instruction counts fails when it should.
set -euo pipefail
tocsin=$1
source_dir=$2
generate=$(dirname "$tocsin")/bench/generate
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PYTHONDONTWRITEBYTECODE=1

fail() {
    echo "test_bench: $1" >&2
    exit 1
}

for source in cloudtrail s3access syslog; do
    rules=$work/$source
    "$source_dir/bench/generate_rules.py" "$rules" --source "$source" --count 300
    "$source_dir/bench/generate_rules.py" "$work/few" --source "$source" --count 10
    for file in "$work/few/$source"_*; do
        cmp "$file" "$rules/$(basename "$file")" ||
            fail "$source: the first rules of 300 are not the 10 rules"
    done
    told=$("$tocsin" rules check "$rules" 2>&1 | tail -1)
    # Its actions and services are put together by chance: there are warnings.
    [ "${told%, *}" = "300 files: 300 rules loaded, 0 errors, 0 unsupported" ] ||
        fail "$source: $told"
    "$generate" "$source_dir/bench/seeds/$source.seeds" --records 5000 >"$work/log"
    alerts=$("$tocsin" scan --rules "$rules" --format json --quiet --syslog-year 2023 "$work/log" |
        wc -l)
    if [ "$alerts" -lt 20 ] || [ "$alerts" -gt 400 ]; then
        fail "$source: $alerts alerts for 5000 records; 0.4 to 8 % are wanted"
    fi
done

python3 - "$source_dir/bench" <<'END' || fail "the helpers of bench/ are wrong"
import importlib.machinery
import importlib.util
import sys

sys.path.insert(0, sys.argv[1])
loader = importlib.machinery.SourceFileLoader("instructions", sys.argv[1] + "/instructions")
instructions = importlib.util.module_from_spec(
    importlib.util.spec_from_loader("instructions", loader))
loader.exec_module(instructions)
import plot
import targets

assert instructions.compare("same", 1000.0, 1000.0) == 0
assert abs(instructions.compare("dearer", 1060.0, 1000.0) - 0.06) < 1e-9
assert instructions.compare("new", 1000.0, None) == 0
assert instructions.report_changes({"a": 0.049, "b": -0.5}) == 0
assert instructions.report_changes({"a": 0.051, "b": 0.0}) == 1
assert targets.verdict(0.7, 0.71) == "met" and targets.verdict(0.7, 0.69) == "**missed**"
assert targets.verdict(-100, 99) == "met" and targets.verdict(-100, 101) == "**missed**"
assert targets.verdict(0.7, None) == "not measured"
assert targets.verdict(4, (5, 3)) == "**missed**" and targets.verdict(4, (5, 4)) == "met"
rows = {"rows": [{"row": "ours", "ns_per_record": 50, "ns_per_record_min": 40},
                 {"row": "theirs", "ns_per_record": 200, "ns_per_record_min": 120},
                 {"row": "broken", "failed": "exit 3"}]}
assert targets.times_faster(rows, "ours", "theirs") == (4, 3)
assert targets.times_faster(rows, "ours", "broken") is None
drawn = plot.svg("t", "x", "y", {"a": [(10, 5), (1000, 10)]}, log_x=True)
assert drawn.count("<circle") == 2 and ">1,000</text>" in drawn
END
