#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tidy.py - the rules of CONTRIBUTING.md that can be checked by reading the text.

Called as: tidy.py SOURCE_DIR (prints findings as file:line: text; exit 1 when there are any), or
tidy.py --self-test (checks that each rule finds what it is for).
"""
import os
import re
import sys

# The layers, each of which may include itself and those before it.
LAYERS = ["base", "ingest", "analyze", "respond", "cli"]
# Folders inside ingest: what carries data knows nothing of who fills it.
INGEST_RANK = {"record": 0, "field": 0, "event": 1, "json": 2, "dead_letter": 2,
               "decode": 3, "framing": 3, "source": 4}
FILE_LINES_MAX = 800
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100
# Functions that may be longer, with the reason.
LONG_FUNCTIONS = {}
# Files that may call the allocator: memory.c is the one door; the others free what libraries gave.
ALLOCATOR_FILES = {"base/memory.c", "tests/fuzz/replay.c"}
# Tables, macros and text to be compiled several times: nothing in them is called.
HEADERS_WITHOUT_THREAD = {"base/banned.h", "base/ensure.h", "base/limits.h", "cli/command.h",
                          "ingest/json/json_index_body.h"}
# Private headers that one other folder may include: the matcher runs what the plan compiles.
SHARED_INTERNALS = {"analyze/plan/plan_internal.h": "analyze/match"}
ALLOCATOR = re.compile(r"(?<![\w.>])(malloc|calloc|realloc|free)\s*\(")
MARKERS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def blank(match):
    """Spaces in place of a comment or a string, so that lines and columns stay."""
    return re.sub(r"[^\n]", " ", match.group(0))


COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code_of(text):
    return COMMENT_OR_STRING.sub(blank, text)


def functions_of(code):
    """(name, first line, lines) of each function: K&R bodies begin and end in column 1."""
    lines = code.split("\n")
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{" and start is None:
            start = number
        elif line.startswith("}") and start is not None:
            head = start - 1
            while head > 1 and lines[head - 2].strip() and lines[head - 2][0] not in "}#":
                head -= 1
            signature = " ".join(lines[head - 1:start - 1])
            names = re.findall(r"(\w+)\s*\(", re.sub(r"__attribute__\s*\(\(.*?\)\)", "", signature))
            yield (names[0] if names else "?", head, number - head + 1)
            start = None


def check_include(path, target, findings, number):
    layer, target_layer = path.split("/")[0], target.split("/")[0]
    if layer in ("tests", "bench") and target_layer == layer:
        return
    if target_layer not in LAYERS:
        findings.append((path, number, f'"{target}" is not a path from the root'))
        return
    if layer in LAYERS and LAYERS.index(target_layer) > LAYERS.index(layer):
        findings.append((path, number, f"{layer} includes {target_layer}, which is above it"))
    if target.endswith("_internal.h") and layer in LAYERS:
        allowed = (os.path.dirname(target), SHARED_INTERNALS.get(target))
        if os.path.dirname(path) not in allowed:
            findings.append((path, number, f"{target} is private to its folder"))
    if layer == "ingest" and target_layer == "ingest" and path.endswith(".h"):
        mine = INGEST_RANK.get(path.split("/")[1])
        other = INGEST_RANK.get(target.split("/")[1])
        if mine is None or other is None:
            findings.append((path, number, "a folder of ingest without a rank in tidy.py"))
        elif other > mine:
            findings.append((path, number, f"{path} includes {target}, which comes after it"))


def check_text(path, text, findings):
    lines = text.split("\n")
    if len(lines) > FILE_LINES_MAX + 1:
        findings.append((path, 1, f"{len(lines) - 1} lines; at most {FILE_LINES_MAX}"))
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX:
            findings.append((path, number, f"{len(line)} columns; at most {COLUMNS_MAX}"))
        if "\t" in line or line.rstrip() != line:
            findings.append((path, number, "a tab, or space at the line's end"))
        found = MARKERS.search(line)
        if found:
            findings.append((path, number, f"{found.group(0)}: do it, or file it as an issue"))
    head = text[:text.find("*/")] if text.startswith("/*") else ""
    if "SPDX-License-Identifier: Apache-2.0" not in head:
        findings.append((path, 1, "no head comment with the SPDX line"))
    elif os.path.basename(path) not in head:
        findings.append((path, 1, "the head comment does not begin with the file's name"))
    elif path.endswith(".h") and path.split("/")[0] in LAYERS and "Thread:" not in head:
        if path not in HEADERS_WITHOUT_THREAD:
            findings.append((path, 1, "the head comment has no Thread: line"))


def check_code(path, text, findings):
    code = code_of(text)
    includes = []
    for number, line in enumerate(text.split("\n"), 1):
        found = INCLUDE.match(line)
        if found:
            includes.append(found.group(1))
            check_include(path, found.group(1), findings, number)
    own = path[:-2] + ".h"
    if path.endswith(".c") and path.split("/")[0] in LAYERS and own in KNOWN_FILES:
        private = includes and includes[0].endswith("_internal.h")
        private = private and os.path.dirname(includes[0]) == os.path.dirname(path)
        if not includes or (includes[0] != own and not private):
            findings.append((path, 1, f'the first include is not "{own}"'))
    if path.split("/")[0] in LAYERS and path not in ALLOCATOR_FILES:
        for number, line in enumerate(code.split("\n"), 1):
            if ALLOCATOR.search(line):
                findings.append((path, number, "calls the allocator; use base/memory.h"))
    for name, number, lines in functions_of(code):
        if lines > LONG_FUNCTIONS.get(name, FUNCTION_LINES_MAX):
            findings.append((path, number, f"{name} has {lines} lines; at most {FUNCTION_LINES_MAX}"))
    return includes


KNOWN_FILES = set()


def check_cycles(graph, findings):
    """Headers that include each other, straight or round a corner."""
    state = {}
    for root in sorted(graph):
        stack = [(root, iter(sorted(graph[root])))] if root not in state else []
        state.setdefault(root, "open")
        while stack:
            node, rest = stack[-1]
            target = next(rest, None)
            if target is None:
                state[node] = "done"
                stack.pop()
            elif state.get(target) == "open" and any(target == entry[0] for entry in stack):
                findings.append((node, 1, f"includes {target}, which includes it"))
            elif target in graph and target not in state:
                state[target] = "open"
                stack.append((target, iter(sorted(graph[target]))))


def check_tree(files):
    """files: path -> text. Returns findings in the order of paths."""
    findings = []
    graph = {}
    KNOWN_FILES.clear()
    KNOWN_FILES.update(files)
    for path in sorted(files):
        check_text(path, files[path], findings)
        includes = check_code(path, files[path], findings)
        if path.endswith(".h"):
            graph[path] = includes
    check_cycles(graph, findings)
    return findings


def read_tree(root):
    files = {}
    for top in LAYERS + ["tests", "bench"]:
        for folder, folders, names in os.walk(os.path.join(root, top)):
            folders.sort()
            for name in names:
                if name.endswith((".c", ".h")):
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8", errors="surrogateescape") as file:
                        files[os.path.relpath(path, root)] = file.read()
    return files


def self_test():
    head = "/* SPDX-License-Identifier: Apache-2.0\n *\n * {} - x.\n * Thread: any.\n */\n"
    long_body = "int f(void)\n{\n" + "    g();\n" * 80 + "}\n"
    cases = [
        ({"base/a.c": '#include "ingest/b.h"\n'}, "above it"),
        ({"ingest/a/a.c": '#include "base/x/x_internal.h"\n'}, "private"),
        ({"ingest/record/a.h": '#include "ingest/json/json.h"\n'}, "comes after"),
        ({"base/a.h": '#include "base/b.h"\n', "base/b.h": '#include "base/a.h"\n'}, "includes it"),
        ({"base/a.c": '#include "base/b.h"\n', "base/a.h": ""}, "first include"),
        ({"base/a.c": "int *f(void)\n{\n    return malloc(3);\n}\n"}, "allocator"),
        ({"base/a.c": long_body}, "lines; at most 70"),
        ({"base/a.c": "int a;\n" * 900}, "lines; at most 800"),
        ({"base/a.c": "/* " + "x" * 120 + " */\n"}, "columns"),
        ({"base/a.c": "/* TO" + "DO */\n"}, "do it"),
        ({"base/a.c": "int a; \n"}, "space at"),
        ({"base/a.c": '#include "a.h"\n'}, "path from the root"),
        ({"base/a.c": '#include "tests/a.h"\n'}, "path from the root"),
        ({"tests/unit/test_a.c": '#include "decoding.h"\n'}, "path from the root"),
    ]
    for files, want in cases:
        whole = {path: head.format(os.path.basename(path)) + text for path, text in files.items()}
        found = check_tree(whole)
        if len(found) != 1 or want not in found[0][2]:
            sys.exit(f"self-test: {files} gives {found}, not one finding with '{want}'")
    for text, want in (("int a;\n", "SPDX"), (head.format("b.h"), "file's name")):
        found = check_tree({"base/a.h": text})
        if len(found) != 1 or want not in found[0][2]:
            sys.exit(f"self-test: {text!r} gives {found}")
    clean = '#include "base/a.h"\n\n/* free() */\nint f(void)\n{\n    x->free(1);\n    return g("malloc(");\n}\n'
    found = check_tree({"base/a.c": head.format("a.c") + clean, "base/a.h": head.format("a.h")})
    if found:
        sys.exit(f"self-test: clean code gives {found}")


def main():
    if sys.argv[1] == "--self-test":
        self_test()
        return
    files = read_tree(sys.argv[1])
    findings = check_tree(files)
    for path, number, text in findings:
        print(f"{path}:{number}: {text}")
    print(f"{len(files)} files, {len(findings)} findings")
    sys.exit(1 if findings or not files else 0)


main()
