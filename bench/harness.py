# SPDX-License-Identifier: Apache-2.0
"""What bench/run and bench/instructions share: the build, the streams, how a command is measured."""
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import threading
import time

import generate_rules

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "release")
TOCSIN = os.path.join(BUILD, "tocsin")
SOURCES = ("cloudtrail", "s3access", "syslog")
PACKS = {"cloudtrail": "aws_cloudtrail", "s3access": "aws_s3access", "syslog": "linux"}
SCAN = [TOCSIN, "scan", "--format", "json", "--no-progress", "--summary", "none"]


def sh(*command, **options):
    return subprocess.run(command, check=True, text=True, capture_output=True, **options).stdout


def program(name):
    """Path of a program of bench/, or None when what it needs is not installed."""
    path = os.path.join(BUILD, "bench", name)
    return path if os.path.exists(path) else None


def build():
    """The release build of tocsin and of bench/'s programs; its tests are left alone."""
    if not os.path.exists(os.path.join(BUILD, "build.ninja")):
        sh("cmake", "--preset", "release", cwd=ROOT)
    sh("cmake", "--build", BUILD, "--target", "tocsin", "bench/all", cwd=ROOT)


def generate(source, path, *arguments):
    """Writes a stream of bench/seeds to path."""
    with open(path, "wb") as file:
        subprocess.run([program("generate"), os.path.join(ROOT, "bench", "seeds",
                                                          f"{source}.seeds"), *arguments],
                       stdout=file, check=True)
    return path


def generated_rules(work, source, count, regex_percent=2.0):
    """The folder of the first count generated rules of a source."""
    folder = os.path.join(work, f"rules-{source}-{count}-{regex_percent:g}")
    if not os.path.exists(folder):
        generate_rules.write_rules(folder, source, count, regex_percent=regex_percent)
    return folder


def own_pack(source):
    return os.path.join(ROOT, "rules", PACKS[source])


def count_lines(path):
    with open(path, "rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def count_rules(folder):
    listed = subprocess.run([TOCSIN, "rules", "list", "--format", "json", folder], text=True,
                            capture_output=True, check=False)
    try:
        return len(json.loads(listed.stdout)["rules"])
    except (ValueError, KeyError, TypeError):
        return None


def watch(pid, done, seen):
    """Keeps a process's peak KiB in seen["rss_kib"] and its threads' CPU seconds in
    seen["threads"], by their ids. The kernel's own account of the peak is of no use: it begins with
    what this program had when it started the process."""
    while not done.wait(0.005):
        try:
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                found = re.search(r"^VmHWM:\s+(\d+)", file.read(), re.M)
            seen["rss_kib"] = int(found.group(1)) if found else seen["rss_kib"]
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
                    seen["threads"][int(thread)] = int(file.read().split()[0]) / 1e9
        except (OSError, IndexError):
            continue


def read_away(pipe):
    with pipe:
        while pipe.read1(1 << 16):
            pass


def measure(command, ok=(0,), feed=None, timeout=300, one_core=False, pipe=False):
    """Runs command; CPU seconds, wall seconds and peak KiB of the process and its children. feed
    is a command whose output it reads. What it writes goes to /dev/null, or through a pipe: grep
    stops at the first match when it sees that it writes to /dev/null."""
    def start_of_child():
        os.setpgid(0, 0)
        if one_core:
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

    source = subprocess.Popen(feed, stdout=subprocess.PIPE) if feed else None
    begin = time.monotonic()
    process = subprocess.Popen(command, stdin=source.stdout if source else subprocess.DEVNULL,
                               stdout=subprocess.PIPE if pipe else subprocess.DEVNULL,
                               stderr=subprocess.PIPE, preexec_fn=start_of_child)
    if pipe:
        threading.Thread(target=read_away, args=(process.stdout,), daemon=True).start()
    done, seen = threading.Event(), {"rss_kib": 0, "threads": {}}
    watcher = threading.Thread(target=watch, args=(process.pid, done, seen), daemon=True)
    watcher.start()
    killer = threading.Timer(timeout, os.killpg, (process.pid, signal.SIGKILL))
    killer.start()
    try:
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
    finally:
        killer.cancel()
        done.set()
        watcher.join()
        if source:
            source.stdout.close()
            source.wait()
    wall = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in ok:
        late = f", stopped after {timeout} s" if wall >= timeout else ""
        raise RuntimeError(f"{command[0]}: exit {process.returncode}{late}: "
                           f"{errors.decode(errors='replace')[-500:]}")
    return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, **seen,
            "main": process.pid}


class Row:
    """One line of a table: how to run it once, over how many records and bytes.

    startup is a command of the same start with nothing to read: its CPU time is measured in the
    same turn and taken off, since a benchmark's stream is short and a real one is not.
    """

    def __init__(self, name, records, size, run, note="", startup=None):
        self.name, self.records, self.size, self.run, self.note = name, records, size, run, note
        self.startup = startup
        self.samples = []
        self.failed = None

    def take_turn(self):
        if self.failed:
            return
        try:
            sample = self.run()
            if self.startup:
                sample["startup"] = self.startup()["cpu"]
            self.samples.append(sample)
        except (RuntimeError, OSError, subprocess.SubprocessError, ValueError) as error:
            self.failed = str(error)

    def busiest(self):
        """CPU seconds of the busiest thread: what the wall time is where cores are free. The
        first thread is the one that started up."""
        spent = [max((cpu - (sample.get("startup", 0) if thread == sample["main"] else 0)
                      for thread, cpu in sample.get("threads", {}).items()), default=sample["cpu"])
                 for sample in self.samples]
        return {"busiest_seconds": statistics.median(spent), "busiest_seconds_min": min(spent)}

    def result(self):
        if self.failed or not self.samples:
            return {"row": self.name, "failed": self.failed or "not run"}
        spent = [sample["cpu"] - sample.get("startup", 0) for sample in self.samples]
        cpu = max(statistics.median(spent), 1e-9)  # the start may seem to cost more than the run
        result = {
            "row": self.name, "records": self.records, "bytes": self.size, "cpu_seconds": cpu,
            "cpu_seconds_min": min(spent), "cpu_seconds_max": max(spent),
            "startup_seconds": statistics.median(s.get("startup", 0) for s in self.samples),
            "wall_seconds": statistics.median(sample["wall"] for sample in self.samples),
            "wall_seconds_min": min(sample["wall"] for sample in self.samples),
            **self.busiest(),
            "rss_kib": max(sample.get("rss_kib", 0) for sample in self.samples),
            "ns_per_record": cpu * 1e9 / self.records,
            "ns_per_record_min": min(spent) * 1e9 / self.records,
            "mb_per_cpu_second": self.size / 1e6 / cpu, "note": self.note,
        }
        if "taken" in self.samples[0]:
            result["taken"] = statistics.median(sample["taken"] for sample in self.samples)
        return result


def take_turns(rows, rounds, say):
    """Every row once a round, so that a machine that changes its speed changes it for all."""
    for turn in range(rounds):
        for row in rows:
            say(f"round {turn + 1}/{rounds}: {row.name}")
            row.take_turn()
    return [row.result() for row in rows]


def scan_row(name, path, records, rules, threads=1, options=()):
    """`tocsin scan` of path, start-up taken off. records and sizes are those of the plain lines."""
    command = SCAN + ["--rules", rules, "--threads", str(threads), *options]
    return Row(name, records, os.path.getsize(path), lambda: measure(command + [path]), "",
               lambda: measure(command + ["-"]))


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        lines = file.read().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), "?")
    versions = {"kernel": platform.release(), "tocsin": sh(TOCSIN, "version").strip()}
    for name, command in {"jq": ["jq", "--version"], "ripgrep": ["rg", "--version"],
                          "grep": ["grep", "--version"], "rsyslog": ["rsyslogd", "-v"],
                          "gcc": ["gcc", "--version"], "rsigma": ["rsigma", "--version"]}.items():
        if shutil.which(command[0]):
            versions[name] = sh(*command).splitlines()[0]
    return {"cpu": model, "cores": os.cpu_count(), "versions": versions,
            "load": os.getloadavg(),
            "commit": sh("git", "-C", ROOT, "rev-parse", "--short", "HEAD").strip()}
