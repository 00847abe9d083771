#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# test_rule_schema.sh - the JSON Schema of rules accepts the rules that come with the program, knows
# every modifier, and refuses what `rules check` refuses. Skipped where python has no jsonschema.
set -u
tocsin=$1
cd "$2" || exit 1
python3 -c 'import jsonschema, yaml' 2>/dev/null || {
    echo 'SKIPPED: python3-jsonschema and python3-yaml are not installed'
    exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 - "$tocsin" "$work" <<'END'
import glob, json, re, subprocess, sys

import jsonschema, yaml

tocsin, work = sys.argv[1:]
schema = json.load(open("docs/schema/rule.schema.json"))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)


class Loader(yaml.SafeLoader):
    """Dates stay text, as the schema and tocsin take them."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in rows if tag != "tag:yaml.org,2002:timestamp"]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
files = [path for path in glob.glob("rules/**/*.yml", recursive=True)
         if not path.endswith(".test.yml")]
assert len(files) > 50, files
for path in files:
    for document in yaml.load_all(open(path), Loader):
        errors = [error.message for error in validator.iter_errors(document)]
        assert not errors, (path, errors)

pattern = schema["$defs"]["map"]["propertyNames"]["pattern"]
told = subprocess.run([tocsin, "version", "--modifiers"], capture_output=True, text=True).stdout
modifiers = {line.split()[0] for line in told.splitlines() if line and line[0].isalnum()}
known = set(re.search(r"\\\|\(([^)]*)\)", pattern).group(1).split("|"))
assert known == modifiers, known ^ modifiers

head = "title: t\nlogsource: {product: aws, service: cloudtrail}\n"
wrong = [
    head + "detection: {s: {f|contians: x}, condition: s}",
    head + "detection: {s: {f: []}, condition: s}",
    head + "detection: {s: {}, condition: s}",
    head + "detection: {s: {f: x}}",
    head + "detection: {s: {f: x}, condition: ''}",
    head + "detection: {s: {f: x}, condition: s, timeframe: 5m}",
    head + "level: loud\ndetection: {s: {f: x}, condition: s}",
    head,
    "logsource: {product: aws}\ndetection: {s: {f: x}, condition: s}",
    "title: t\ndetection: {s: {f: x}, condition: s}",
    "title: t\nlogsource: {product: [aws, linux]}\ndetection: {s: {f: x}, condition: s}",
    "title: t\ncorrelation: {type: often, rules: [a], timespan: 5m, condition: {gte: 2}}",
    "title: t\ncorrelation: {type: event_count, rules: [a], timespan: soon, condition: {gte: 2}}",
    "- 1",
]
for text in wrong:
    assert not validator.is_valid(yaml.load(text, Loader)), text
    path = work + "/wrong.yml"
    open(path, "w").write(text + "\n")
    got = subprocess.run([tocsin, "rules", "check", path], capture_output=True, text=True)
    assert got.returncode == 1, (text, got.stdout)
print("rule schema: ok")
END
