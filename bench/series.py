# SPDX-License-Identifier: Apache-2.0
"""How the cost of a record changes with one thing: bench/run --series.

Each function measures one series and returns {"series", "x", "y", "log_x", "points"}: a point is
{"line", "x", "y", ...}, and bench/run draws bench/results/<series>.svg of them.
"""
import json
import os
import re
import subprocess

from harness import (ROOT, SCAN, Row, count_lines, count_rules, generate, generated_rules,
                     measure, own_pack, program, scan_row, sh, take_turns)

RULE_COUNTS = (10, 60, 100, 300, 1000, 3000, 10000)


def say_nothing(_):
    pass


def points_of(rows, results, x_of):
    return [{"line": row.line, "x": x_of(row), "y": result.get("ns_per_record"), **result}
            for row, result in zip(rows, results)]


def on_line(row, line, x):
    row.line, row.x = line, x
    return row


def whole(work, source, size):
    """The stream of a source of about size bytes, made once."""
    path = os.path.join(work, f"{source}-{size}.log")
    if not os.path.exists(path):
        generate(source, path, "--bytes", str(size))
    return path, count_lines(path)


def series_of(name, title, x, rows, options, say=say_nothing, log_x=True):
    results = take_turns(rows, options.rounds, say)
    return {"series": name, "title": title, "x": x, "y": "ns of CPU a record", "log_x": log_x,
            "points": points_of(rows, results, lambda row: row.x)}


def rules(work, options, say):
    """10 to 10,000 generated rules on CloudTrail and syslog, and SigmaHQ's for CloudTrail."""
    rows = []
    for source, size in (("cloudtrail", options.bytes), ("syslog", options.bytes // 8)):
        path, records = whole(work, source, size)
        for count in RULE_COUNTS:
            row = scan_row(f"{source}, {count} generated rules", path, records,
                           generated_rules(work, source, count))
            rows.append(on_line(row, f"{source}, generated", count))
        if options.sigmahq and source == "cloudtrail":
            for part in ("rules/cloud/aws", "."):
                folder = os.path.join(options.sigmahq, part)
                count = count_rules(folder)
                row = scan_row(f"cloudtrail, SigmaHQ {part}, {count} rules", path, records, folder)
                rows.append(on_line(row, "cloudtrail, SigmaHQ", count))
    return series_of("rules", "Cost of a record by number of rules", "rules", rows, options, say)


def cores(work, options, say):
    """1 and 2 threads. y is records by the CPU time of the busiest thread: a second of wall time
    where the cores are free, which they seldom are while somebody measures."""
    rows = []
    for source, size in (("cloudtrail", options.bytes * 2), ("s3access", options.bytes * 2),
                         ("syslog", options.bytes // 2)):
        path, records = whole(work, source, size)
        for threads in sorted({1, 2, os.cpu_count() or 1}):
            row = scan_row(f"{source}, {threads} threads", path, records, own_pack(source), threads)
            rows.append(on_line(row, source, threads))
    result = series_of("cores", "Records a second by number of threads", "threads", rows, options,
                       say, log_x=False)
    result["y"] = "million records a second of the busiest thread"
    for point in result["points"]:
        if "busiest_seconds" in point:
            point["y"] = point["records"] / point["busiest_seconds"] / 1e6
    return result


def widen(source_path, path, extra):
    """The same records, each with extra bytes of a policy document that no rule asks for."""
    statement = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
                 "Resource": "arn:aws:s3:::example-logs-bucket/*"}
    text = json.dumps(statement, separators=(",", ":")) + ","
    count = max(extra // len(text), 0)
    tail = (',"serviceEventDetails":{"statements":[' + (text * count).rstrip(",") + "]}}\n").encode()
    with open(source_path, "rb") as source, open(path, "wb") as file:
        for line in source:
            file.write(line if count == 0 else line.rstrip()[:-1] + tail)


def sizes(work, options, say):
    """CloudTrail records from 1 to 64 KB."""
    rows = []
    folder = generated_rules(work, "cloudtrail", 60)
    for kilobytes in (1, 2, 4, 8, 16, 32, 64):
        path = os.path.join(work, f"size-{kilobytes}.log")
        records = max(options.bytes // (kilobytes * 1200), 500)
        plain = generate("cloudtrail", path + ".plain", "--records", str(records))
        widen(plain, path, (kilobytes - 1) * 1024)
        row = scan_row(f"cloudtrail of {kilobytes} KB", path, records, folder)
        rows.append(on_line(row, "60 generated rules", os.path.getsize(path) / records))
    return series_of("sizes", "Cost of a record by its size", "bytes a record", rows, options, say)


def window_run(keys):
    text = sh(program("bench_window"), str(keys), "5", "4")
    number = {name: float(re.search(r"([\d.]+) " + name, text).group(1))
              for name in ("bytes a key", "ns a new key", "ns a known key")}
    return number, text.strip()


def keys(work, options, say):
    """event_count windows over up to 10 million keys, each with four matches of five."""
    del work
    points = []
    for count in (10_000, 100_000, 1_000_000, *([] if options.quick else [10_000_000])):
        say(f"{count} keys")
        number, text = window_run(count)
        points += [{"line": "a new key's match", "x": count, "y": number["ns a new key"]},
                   {"line": "a known key's match", "x": count, "y": number["ns a known key"]},
                   {"line": "bytes a key", "x": count, "y": number["bytes a key"],
                    "note": text}]
    return {"series": "keys", "title": "What a window's key costs (event_count, N = 5)",
            "x": "keys", "y": "ns of CPU, bytes", "log_x": True, "points": points}


def regex(work, options, say):
    """Rules that are nothing but regexes with a literal: the worst that rules can ask for."""
    rows = []
    path, records = whole(work, "cloudtrail", options.bytes // 2)
    for percent, line in ((2.0, "2 % regexes"), (100.0, "all regexes")):
        for count in (10, 100, 1000, 3000):
            row = scan_row(f"{count} rules, {line}", path, records,
                           generated_rules(work, "cloudtrail", count, percent))
            rows.append(on_line(row, line, count))
    return series_of("regex", "Cost of a record by number of regex rules", "rules", rows, options,
                     say)


def many_literals(work, options, say):
    """Records that are full of nearly what rules look for, against the same without it."""
    rows = []
    folder = generated_rules(work, "cloudtrail", 1000)
    path, records = whole(work, "cloudtrail", options.bytes // 2)
    words = re.findall(r"userAgent\|contains: '(\w+)'", "".join(
        open(os.path.join(folder, name), encoding="utf-8").read()
        for name in sorted(os.listdir(folder))))
    near = os.path.join(work, "near.log")
    agents = [(" ".join(word[:-1] + "_" for word in words[at:at + 8])).encode()
              for at in range(0, max(len(words) - 8, 1), 8)]
    with open(path, "rb") as source, open(near, "wb") as file:
        for number, line in enumerate(source):
            file.write(line.replace(b'"userAgent":"', b'"userAgent":"' +
                                    agents[number % len(agents)] + b" ", 1))
    far = os.path.join(work, "far.log")
    with open(near, "rb") as source, open(far, "wb") as file:
        plain = [(b"Mozilla/5.0 " * 12)[:len(agent)] for agent in agents]
        for number, line in enumerate(source):
            agent = agents[number % len(agents)]
            file.write(line.replace(agent, plain[number % len(agents)], 1))
    for name, which, x in (("ordinary user agents", far, 0), ("near-literals", near, 1)):
        rows.append(on_line(scan_row(name, which, records, folder), "1,000 rules", x))
    return series_of("near", "An attacker's user agents", "0: ordinary, 1: near-literals", rows,
                     options, say, log_x=False)


def gzipped(work, options, say):
    """A .gz by gzip's level, beside zlib's bare inflate of the same file; by the busiest thread,
    as cores() says."""
    rows = []
    path, records = whole(work, "cloudtrail", options.bytes // 2)
    size = os.path.getsize(path)
    scan = SCAN + ["--rules", generated_rules(work, "cloudtrail", 60)]
    for level in (1, 6, 9):
        zipped = f"{path}.{level}.gz"
        with open(zipped, "wb") as file:
            subprocess.run(["gzip", f"-{level}", "-c", path], stdout=file, check=True)
        for line, command in (("tocsin, 1 thread", scan + ["--threads", "1"]),
                              ("tocsin, 2 threads", scan + ["--threads", "2"]),
                              ("zlib's bare inflate", [program("bench_inflate")])):
            row = Row(f"{line}, level {level}", records, size,
                      lambda command=command, zipped=zipped: measure(command + [zipped]))
            rows.append(on_line(row, line, level))
    result = series_of("gzip", "A .gz of CloudTrail by gzip's level", "level", rows, options, say,
                       log_x=False)
    result["y"] = "ns of the busiest thread a record"
    for point in result["points"]:
        if "busiest_seconds" in point:
            point["y"] = point["busiest_seconds"] * 1e9 / records
    return result


SERIES = {"rules": rules, "cores": cores, "sizes": sizes, "keys": keys, "regex": regex,
          "gzip": gzipped, "near": many_literals}


def memory_row(work, options):
    """A long stream through standard input: how much memory the program takes. Without
    correlations: a scan keeps what they count to its end."""
    feed = [program("generate"), os.path.join(ROOT, "bench", "seeds", "cloudtrail.seeds"), "--bytes",
            str(options.bytes * 10)]
    command = SCAN + ["--threads", "2", "--rules", generated_rules(work, "cloudtrail", 60), "-"]
    return Row("tocsin scan of a long stream, 2 threads", 1, options.bytes * 10,
               lambda: measure(command, feed=feed), "peak memory tells")
