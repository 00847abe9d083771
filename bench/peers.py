# SPDX-License-Identifier: Apache-2.0
"""Other programs that do a part of the work on the same lines, as rows beside tocsin's."""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import yaml

from harness import ROOT, Row, SCAN, TOCSIN, measure, program, sh

STOP_SECONDS = 120


def rule_literals(folder):
    """Every text of at least 4 characters that a rule's detection compares with."""
    found = set()

    def walk(node):
        if isinstance(node, dict):
            for key, value in node.items():
                if key not in ("condition", "timeframe"):
                    walk(value)
        elif isinstance(node, list):
            for item in node:
                walk(item)
        elif isinstance(node, str):
            found.update(part for part in re.split(r"[*?]", node) if len(part) >= 4)

    for path, _, names in os.walk(folder):
        for name in sorted(names):
            if name.endswith((".yml", ".yaml")):
                with open(os.path.join(path, name), encoding="utf-8") as file:
                    for document in yaml.safe_load_all(file):
                        walk((document or {}).get("detection", {}))
    return sorted(found)


def in_memory(tool, row, path, records, size, note=""):
    """A row of bench_json or bench_simdjson: timed in its process, without reading the file."""
    def run():
        text = sh(program(tool), path, "1", row)
        line = next(line for line in text.splitlines() if line.startswith(row))
        seconds = float(re.search(r"([\d.]+) ns/record", line).group(1)) * records / 1e9
        return {"cpu": seconds, "wall": seconds}

    return Row(row + ", in memory", records, size, run, note)


def json_rows(path, records, size):
    """The JSON yardsticks on the whole stream."""
    rows = [in_memory("bench_json", "newlines by memchr", path, records, size),
            in_memory("bench_json", "project 25 fields", path, records, size,
                      "our scanner alone"),
            in_memory("bench_json", "cJSON parse+free", path, records, size)]
    if program("bench_simdjson"):
        rows += [in_memory("bench_simdjson", "simdjson on-demand, raw", path, records, size,
                           "25 fields; validates UTF-8"),
                 in_memory("bench_simdjson", "simdjson on-demand, unescaped", path, records, size,
                           "25 fields; validates UTF-8")]
    return rows


def grep_row(path, records, size, literal):
    return Row("grep -c, one literal, LC_ALL=C", records, size,
               lambda: measure(["env", "LC_ALL=C", "grep", "-c", literal, path], ok=(0, 1),
                               pipe=True),
               literal)


def search_rows(source, path, records, literals, work):
    """Searchers that see the first lines only: they are slow or look for much."""
    size = os.path.getsize(path)
    patterns = os.path.join(work, f"{source}.literals")
    with open(patterns, "w", encoding="utf-8") as file:
        file.write("\n".join(literals) + "\n")
    search = ["rg", "-c", "-i", "-F", "-f", patterns]
    rows = [Row(f"ripgrep -c -i -F, {len(literals)} literals", records, size,
                lambda: measure(search + [path], ok=(0, 1), pipe=True), "raw bytes, no fields",
                lambda: measure(search + [os.devnull], ok=(0, 1), pipe=True))]
    if source == "cloudtrail":
        select = ["jq", "-c", 'select(.eventName=="ConsoleLogin")']
        rows.append(Row("jq, select with one condition", records, size,
                        lambda: measure(select + [path]), "",
                        lambda: measure(select + [os.devnull])))
    return rows


def lines_of(command, path):
    """How many lines command writes when it reads path; -1 when it takes the input for bad JSON."""
    with open(path, "rb") as file:
        told = subprocess.run(command, stdin=file, capture_output=True, check=True)
    return -1 if b"Invalid JSON" in told.stderr else told.stdout.count(b"\n")


def rsigma_row(source, path, records, rules, name):
    """rsigma on the same lines and rules; what it finds is counted beside what we find. A build of
    it without its daemon reads JSON only, and would skip syslog lines at great speed."""
    shape = "syslog" if source == "syslog" else "json"
    command = ["rsigma", "engine", "eval", "--quiet", "--input-format", shape, "-r", rules]
    found = lines_of(command, path)
    ours = lines_of(SCAN + ["--threads", "1", "--rules", rules, "-"], path)

    def run():
        if found < 0:
            raise RuntimeError("this rsigma reads JSON only: build it with its default features")
        return measure(command, feed=["cat", path], one_core=True)

    return Row(f"rsigma, {name}", records, os.path.getsize(path), run,
               f"one core; {found} detections, ours {ours}",
               lambda: measure(command, one_core=True))


RSYSLOG_CONFIG = '''global(workDirectory="{state}" maxMessageSize="64k")
module(load="imfile")
ruleset(name="bench") {{
if $msg contains "END-OF-BENCHMARK-INPUT" then {{ action(type="omfile" file="{done}") stop }}
{tests}
}}
input(type="imfile" File="{source}" Tag="bench" ruleset="bench" freshStartTail="off")
'''


def end_process(process, seconds=10):
    """Asks it to end, then makes it; its resource usage."""
    process.send_signal(signal.SIGTERM)
    killer = threading.Timer(seconds, process.kill)
    killer.start()
    _, _, usage = os.wait4(process.pid, 0)
    killer.cancel()
    process.returncode = 0
    return usage


def rsyslog_run(lines_path, literals, work):
    """rsyslogd reads the file and asks `contains_i` once a literal; ends at a marker line."""
    state = tempfile.mkdtemp(dir=work)
    source, done, out = (os.path.join(state, name) for name in ("in", "done", "out"))
    shutil.copyfile(lines_path, source)
    with open(source, "ab") as file:
        file.write(b"END-OF-BENCHMARK-INPUT\n")
    tests = "\n".join(f'if $msg contains_i {json.dumps(text)} then '
                      f'{{ action(type="omfile" file="{out}") }}' for text in literals)
    config = os.path.join(state, "conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write(RSYSLOG_CONFIG.format(state=state, done=done, tests=tests, source=source))
    start = time.monotonic()
    process = subprocess.Popen(["rsyslogd", "-n", "-f", config, "-i", os.path.join(state, "pid")],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not os.path.exists(done) or os.path.getsize(done) == 0:
        if process.poll() is not None or time.monotonic() - start > STOP_SECONDS:
            end_process(process)
            raise RuntimeError("rsyslogd did not reach the end")
        time.sleep(0.02)
    wall = time.monotonic() - start
    usage = end_process(process)
    return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "rss_kib": usage.ru_maxrss}


def rsyslog_row(path, records, literals, work):
    return Row(f"rsyslogd imfile, {len(literals)} x contains_i", records, os.path.getsize(path),
               lambda: rsyslog_run(path, literals, work), "",
               lambda: rsyslog_run(os.devnull, literals, work))


SAGAN_CONFIG = """%YAML 1.1
---
vars:
  sagan-groups:
    FIFO: "{work}/fifo"
    RULE_PATH: "/etc/sagan-rules"
    LOCKFILE: "{work}/pid"
    LOG_PATH: "{work}"
  mmap-groups:
    MMAP_DEFAULT: 10000
sagan-core:
  core:
    sensor-name: "bench"
    default-host: 192.0.2.1
    default-port: 514
    default-proto: udp
    dns-warnings: disabled
    source-lookup: disabled
    fifo-size: 1048576
    max-threads: 100
    classification: "$RULE_PATH/classification.config"
    reference: "$RULE_PATH/reference.config"
    gen-msg-map: "$RULE_PATH/gen-msg.map"
    protocol-map: "$RULE_PATH/protocol.map"
    xbit-storage: mmap
  mmap-ipc:
    ipc-directory: {work}/ipc
    xbit: $MMAP_DEFAULT
    threshold-by-src: $MMAP_DEFAULT
    threshold-by-dst: $MMAP_DEFAULT
    threshold-by-username: $MMAP_DEFAULT
    after-by-src: $MMAP_DEFAULT
    after-by-dst: $MMAP_DEFAULT
    after-by-username: $MMAP_DEFAULT
    track-clients: $MMAP_DEFAULT
  liblognorm:
    enabled: yes
    normalize_rulebase: "$RULE_PATH/normalization.rulebase"
outputs:
  - alert:
      enabled: no
      filename: "$LOG_PATH/alert.log"
  - fast:
      enabled: yes
      filename: "$LOG_PATH/fast.log"
rules-files:
  - {work}/bench.rules
"""


def sagan_files(work, literals):
    """Its configuration, one `content; nocase` rule a literal, and the FIFO that it reads."""
    os.chmod(work, 0o777)
    os.makedirs(os.path.join(work, "ipc"))
    os.mkfifo(os.path.join(work, "fifo"))
    with open(os.path.join(work, "bench.rules"), "w", encoding="utf-8") as file:
        for number, literal in enumerate(literals):
            content = re.sub(r'[;"\\|:]', lambda found: f"|{ord(found.group()):02x}|", literal)
            file.write(f'alert any any any -> any any (msg: "literal {number}"; content: '
                       f'"{content}"; nocase; classtype: suspicious-command; '
                       f'sid: {9000000 + number}; rev: 1;)\n')
    config = os.path.join(work, "conf.yaml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(SAGAN_CONFIG.format(work=work))
    return config


def sagan_feed(fifo, lines, rate):
    """Writes the lines in Sagan's own form, at most rate a second: it drops what it can't take."""
    with open(fifo, "wb", buffering=0) as pipe:
        start = time.monotonic()
        for first in range(0, len(lines), 20):
            text = b"".join(b"192.0.2.1|auth|info|info|00|2023-11-14|22:13:20|prog|"
                            + line[16:].split(b": ", 1)[-1] for line in lines[first:first + 20])
            pipe.write(text)
            ahead = first / rate - (time.monotonic() - start)
            if ahead > 0:
                time.sleep(ahead)


def sagan_run(lines, literals, parent, rate):
    """CPU seconds of Sagan for all lines, by what it spent and the share that it took: how many
    of literals[0]'s alerts it gave."""
    work = tempfile.mkdtemp(dir=parent, prefix="sagan-")
    config = sagan_files(work, literals)
    fast = os.path.join(work, "fast.log")
    process = subprocess.Popen(["taskset", "-c", "0", "sagan", "-f", config, "-l",
                                os.path.join(work, "sagan.log"), "-u", "root"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    begin = time.monotonic()
    # Sagan may end before it opens the FIFO; opening it to write would then wait for ever.
    feeder = threading.Thread(target=sagan_feed, args=(os.path.join(work, "fifo"), lines, rate),
                              daemon=True)
    feeder.start()
    while feeder.is_alive() and process.poll() is None:
        feeder.join(0.5)
        if time.monotonic() - begin > STOP_SECONDS:
            break
    wall = time.monotonic() - begin
    time.sleep(2)
    if process.poll() is not None:
        raise RuntimeError(f"sagan ended by itself; see {work}/sagan.log")
    usage = end_process(process)
    if not lines:
        return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "rss_kib": usage.ru_maxrss}
    expected = sum(literals[0].lower().encode() in line.lower() for line in lines)
    seen = 0
    if os.path.exists(fast):
        with open(fast, encoding="utf-8", errors="replace") as file:
            seen = sum(":9000000]" in line for line in file)
    taken = seen / expected if expected else 0.0
    if taken < 0.5:
        raise RuntimeError(f"sagan dropped lines: {seen} alerts of {expected}")
    cpu = (usage.ru_utime + usage.ru_stime) / taken
    return {"cpu": cpu, "wall": wall, "rss_kib": usage.ru_maxrss, "taken": taken}


def sagan_row(path, records, literals, work, rate=4000):
    with open(path, "rb") as file:
        lines = file.readlines()
    return Row(f"sagan, {len(literals)} x content; nocase", records, os.path.getsize(path),
               lambda: sagan_run(lines, literals, work, rate), f"one core, {rate} lines/s offered",
               lambda: sagan_run([], literals, work, rate))


def make_topic(brokers, topic, path=None):
    script = os.path.join(ROOT, "deploy", "kafka", "kafka")
    sh(script, "topic", topic, "1", "--port", brokers.rsplit(":", 1)[1])
    if path:
        sh("kcat", "-P", "-b", brokers, "-t", topic, "-z", "lz4", "-X", "linger.ms=100", "-l", path)


def kafka_rows(source, path, records, rules, work):
    """The same records in a topic of a broker on loopback, one a message, lz4. What joining a
    group and reading an empty topic costs is start-up."""
    brokers = os.environ.get("TOCSIN_BENCH_BROKERS", "127.0.0.1:9092")
    topic, empty = (f"bench-{source}-{os.getpid()}{end}" for end in ("", "-empty"))
    make_topic(brokers, topic, path)
    make_topic(brokers, empty)
    config = os.path.join(work, f"{source}.yml")

    def run_tocsin(from_topic):
        with open(config, "w", encoding="utf-8") as file:
            yaml.safe_dump({
                "source": {"kind": "kafka", "brokers": brokers, "topics": [from_topic],
                           "group": f"bench-{time.monotonic_ns()}", "stop_at_end": True},
                "rules": {"paths": [rules]}, "engine": {"threads": 1},
                "output": {"alerts": [{"kind": "file", "path": os.path.join(work, "alerts")}]},
            }, file)
        return measure([TOCSIN, "run", "--config", config])

    def run_consumer(from_topic):
        return measure([program("bench_consume"), brokers, from_topic], ok=(0, 1))

    size = os.path.getsize(path)
    note = "one record a message, lz4; all threads of the process"
    return [Row("tocsin run, Kafka -> alerts", records, size, lambda: run_tocsin(topic), note,
                lambda: run_tocsin(empty)),
            Row("bench_consume, Kafka -> nothing", records, size, lambda: run_consumer(topic), note,
                lambda: run_consumer(empty))]


def gzip_rows(path, records, rules):
    """A .gz of the stream, beside zlib's inflate of it; sizes are those of what comes out."""
    size = os.path.getsize(path)
    sh("gzip", "-kf6", path)
    command = SCAN + ["--rules", rules, "--threads"]
    start = {n: (lambda n=n: measure(command + [str(n), "-"])) for n in (1, 2)}
    return [Row("tocsin scan, .gz, 1 thread", records, size,
                lambda: measure(command + ["1", path + ".gz"]), "", start[1]),
            Row("tocsin scan, .gz, 2 threads", records, size,
                lambda: measure(command + ["2", path + ".gz"]), "wall seconds tell", start[2]),
            Row("zlib's bare inflate", records, size,
                lambda: measure([program("bench_inflate"), path + ".gz"]))]
