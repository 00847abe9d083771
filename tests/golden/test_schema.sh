#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_schema.sh - the JSON Schema of test files accepts what `rules test` accepts, and refuses what
# it refuses. Skipped where python has no jsonschema and yaml.
# Called: test_schema.sh TOCSIN SOURCE_DIR.
set -u
tocsin=$1
cd "$2" || exit 1
python3 -c 'import jsonschema, yaml' 2>/dev/null || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$tocsin" rules new --correlation "$work/made.yml" >/dev/null || exit 1
python3 - "$work" "$tocsin" <<'END'
import glob, json, subprocess, sys

import jsonschema, yaml

schema = json.load(open("docs/schema/rule-test.schema.json"))
validator = jsonschema.Draft202012Validator(schema)
jsonschema.Draft202012Validator.check_schema(schema)


class Loader(yaml.SafeLoader):
    """Times stay text, as the schema and tocsin take them."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in rows if tag != "tag:yaml.org,2002:timestamp"]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
files = glob.glob("rules/*/*.test.yml") + [sys.argv[1] + "/made.test.yml"]
files += ["tests/fuzz/seeds/fuzz_test_file/cases.yml", "tests/fuzz/seeds/fuzz_test_file/pairs.yml"]
assert len(files) > 50, files
for path in files:
    validator.validate(yaml.load(open(path), Loader))
wrong = [
    "tests: []",
    "tests: [{title: t, event: e}]",
    "tests: [{event: e, match: true}]",
    "tests: [{title: t, match: true}]",
    "tests: [{title: t, event: e, file: f, match: true}]",
    "tests: [{title: t, event: [e], match: true}]",
    "tests: [{title: t, event: e, match: {a: b}}]",
    "tests: [{title: t, event: e, alerts: [{counts: 1}]}]",
    "tests: [{title: t, event: e, alerts: [{count: many}]}]",
    "tests: [{title: t, event: e, match: true}]\nsubject: x",
    "true_positive: {a: b}\nid: x",
    "{}",
]
for text in wrong:
    assert not validator.is_valid(yaml.load(text, Loader)), text
    open(sys.argv[1] + "/made.test.yml", "w").write(text + "\n")
    run = [sys.argv[2], "rules", "test", sys.argv[1]]
    got = subprocess.run(run, capture_output=True, text=True)
    assert got.returncode == 1 and got.stdout.startswith("BROKEN"), (text, got.stdout)
print("ok")
END
