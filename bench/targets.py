# SPDX-License-Identifier: Apache-2.0
"""The targets, computed from bench/results: what was aimed at, and what was measured."""
import json
import os


def load(folder, name):
    path = os.path.join(folder, name + ".json")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def find(result, start):
    """The row whose name begins so, None when it is not there or failed."""
    return next((row for row in result.get("rows", [])
                 if row["row"].startswith(start) and "failed" not in row), None)


def times_faster(result, ours, theirs, key="ns_per_record"):
    """How many times as fast we are, by the medians and by the least of the rounds."""
    own, other = find(result, ours), find(result, theirs)
    if not own or not other:
        return None
    return tuple(other[name] / own[name] for name in (key, key + "_min"))


def point(result, line, x):
    return next((p["y"] for p in result.get("points", [])
                 if p["line"] == line and p["x"] == x), None)


def of_points(result, line, first, second, keys=("ns_per_record", "ns_per_record_min")):
    """How the first point compares with the second, by the medians and by the least."""
    pair = [next((p for p in result.get("points", []) if p["line"] == line and p["x"] == x), {})
            for x in (first, second)]
    if not all(key in p for key in keys for p in pair):
        return None
    return tuple(pair[0][key] / pair[1][key] for key in keys)


def cloudtrail_rows(folder):
    result = load(folder, "cloudtrail")
    sixty, command = "tocsin scan, 60", "--only cloudtrail"
    yield ("CloudTrail, 60 rules on, file to alerts, vs simdjson on-demand, 25 fields unescaped",
           0.85, times_faster(result, sixty, "simdjson on-demand, unescaped"), command)
    yield ("the same, vs simdjson's raw values", None,
           times_faster(result, sixty, "simdjson on-demand, raw"), command)
    yield ("with --strict-json (all of the record checked), vs simdjson's unescaped", None,
           times_faster(result, sixty + " generated rules, --strict",
                        "simdjson on-demand, unescaped"), command)
    yield ("vs cJSON parse alone", 8,
           times_faster(result, sixty, "cJSON parse+free"), command)
    yield ("vs jq select with one condition", 100, times_faster(result, sixty, "jq"), command)
    yield ("vs rsigma, 60 generated rules", 20,
           times_faster(result, sixty, "rsigma, 60"), command)
    sigmahq = next((r["row"] for r in result.get("rows", [])
                    if r["row"].startswith("tocsin scan") and "SigmaHQ" in r["row"]), "none")
    yield ("vs rsigma, SigmaHQ's rules", 20, times_faster(result, sigmahq, "rsigma, SigmaHQ"),
           command + " --sigmahq DIR")
    for name, key in (("wall", "wall_seconds"), ("the busiest thread's CPU", "busiest_seconds")):
        yield (f".gz, 2 threads, vs zlib's bare inflate ({name})", 1.0,
               times_faster(result, "tocsin scan, .gz, 2", "zlib", key), command + " --gzip")
    yield (".gz, 1 thread, vs zlib's bare inflate (CPU)", None,
           times_faster(result, "tocsin scan, .gz, 1", "zlib"), command + " --gzip")
    for source in ("cloudtrail", "syslog"):
        result = load(folder, source)
        yield (f"Kafka to alerts, {source}, vs a consumer that only counts (CPU)", 0.7,
               times_faster(result, "tocsin run, Kafka", "bench_consume"),
               f"--only {source} --kafka")


def rule_rows(folder):
    result = load(folder, "rules")
    for count, target in ((1000, 0.7), (3000, 0.55), (10000, 0.4)):
        yield (f"CloudTrail, {count:,} rules vs 60", target,
               of_points(result, "cloudtrail, generated", 60, count), "--series rules")


def line_rows(folder):
    for source, name in (("s3access", "S3 access log"), ("syslog", "syslog")):
        result = load(folder, source)
        ours = next((r["row"] for r in result.get("rows", []) if "of our pack" in r["row"]), "none")
        yield (f"{name}, our pack, MB/s vs grep -c of one literal", 0.3,
               times_faster(result, ours, "grep"), f"--only {source}")
        yield (f"{name}, 60 generated rules, vs the same grep", None,
               times_faster(result, "tocsin scan, 60", "grep"), f"--only {source}")
    result = load(folder, "syslog")
    yield ("syslog, 100 rules, vs Sagan with as many", 10,
           times_faster(result, "tocsin scan, 100 lit", "sagan"), "--only syslog")
    yield ("syslog, vs rsigma, 60 generated rules", 20,
           times_faster(result, "tocsin scan, 60", "rsigma, 60"), "--only syslog")
    sigmahq = next((r["row"] for r in result.get("rows", [])
                    if r["row"].startswith("tocsin scan") and "SigmaHQ" in r["row"]), "none")
    yield ("syslog, vs rsigma, SigmaHQ's rules", 20,
           times_faster(result, sigmahq, "rsigma, SigmaHQ"), "--only syslog --sigmahq DIR")


def machine_rows(folder):
    cores, keys, memory = (load(folder, name) for name in ("cores", "keys", "memory"))
    for source in ("cloudtrail", "s3access", "syslog"):
        for name, key in (("wall", "wall_seconds"),
                          ("the busiest thread's CPU", "busiest_seconds")):
            yield (f"2 threads vs 1, {source} ({name})", 1.8,
                   of_points(cores, source, 1, 2, (key, key + "_min")), "--series cores")
    if "rss_kib" in memory:
        yield (f"peak memory, {memory['bytes'] / 1e9:.0f} GB of CloudTrail, MiB", -64,
               memory["rss_kib"] / 1024, "--only cloudtrail")
    for count in (1_000_000, 10_000_000):
        yield (f"bytes a key, event_count N = 5, {count:,} keys", -100,
               point(keys, "bytes a key", count), "--series keys")


def verdict(target, measured):
    """Met only when the medians and the least agree; a negative target is an upper bound."""
    if measured is None:
        return "not measured"
    if target is None:
        return ""
    values = measured if isinstance(measured, tuple) else (measured,)
    met = all(value <= -target if target < 0 else value >= target for value in values)
    return "met" if met else "**missed**"


def figure(value):
    return f"{value:.0f}" if value >= 20 else f"{value:.2f}"


def report(folder):
    """The table as Markdown."""
    lines = ["| what | target | measured (by least) | | `bench/run` with |", "|---|---|---|---|---|"]
    for part in (cloudtrail_rows, rule_rows, line_rows, machine_rows):
        for what, target, measured, command in part(folder):
            aim = "" if target is None else f"<= {-target}" if target < 0 else f">= {target}"
            told = "" if measured is None else f"{figure(measured[0])} ({figure(measured[1])})" \
                if isinstance(measured, tuple) else figure(measured)
            lines.append(f"| {what} | {aim} | {told} | {verdict(target, measured)} | "
                         f"`{command}` |")
    return "\n".join(lines)


def source_table(result):
    """Every row of one source, as Markdown."""
    lines = [f"{result['records']:,} records of {result['bytes'] // result['records']:,} bytes:", "",
             "| | ns a record (least) | MB/s | start-up s | peak MiB |", "|---|---|---|---|---|"]
    for row in result["rows"]:
        if "failed" in row:
            lines.append(f"| {row['row']} | failed: {row['failed'][:100]} | | | |")
            continue
        start, peak = row["startup_seconds"], row["rss_kib"] / 1024
        lines.append(
            f"| {row['row']} | {row['ns_per_record']:,.0f} ({row['ns_per_record_min']:,.0f}) | "
            f"{row['mb_per_cpu_second']:,.0f} | {f'{start:.3f}' if start else ''} | "
            f"{f'{peak:.0f}' if peak else ''} |")
    return "\n".join(lines)


def tables(folder):
    """All sources that were measured."""
    results = [load(folder, source) for source in ("cloudtrail", "s3access", "syslog")]
    return "\n".join(f"\n### {result['source']}\n\n{source_table(result)}" for result in results
                     if result)
