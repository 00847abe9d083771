#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# test_rules_check.sh - `rules check` tells every problem of every rule, in all three formats.
set -u
tocsin=$1
source_dir=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "FAIL: $1" >&2
    exit 1
}

cat >"$work/slips.yml" <<'YAML'
title: Slips
logsource: {product: aws, servise: cloudtrail}
level: hihg
detection:
  selection:
    eventName|contians: Delete
    sourceIPAddress|cidr: 10.0.0.1/8
  condition: selektion and nothing_like_it
---
title: Sound
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: DeleteTrail}, condition: s}
---
title: Elsewhere
logsource: {product: windows}
detection: {s: {EventID: 1}, condition: s}
YAML
cd "$work" || exit 1

# Text: all in one go, the caret below the word, what was meant.
"$tocsin" rules check slips.yml >out && fail 'errors must give exit code 1'
[ $? = 1 ] || fail 'exit code'
cat >want <<'TEXT'
slips.yml:2:27: warning: Slips: 'servise' is no part of a log source: it narrows nothing [unknown-logsource-key]
     2 | logsource: {product: aws, servise: cloudtrail}
       |                           ^~~~~~~
       = did you mean 'service'?
slips.yml:3:8: error: Slips: level must be informational, low, medium, high or critical [invalid-level]
     3 | level: hihg
       |        ^~~~
       = did you mean 'high'?
slips.yml:6:15: error: Slips: there is no modifier 'contians'; `tocsin version --modifiers` lists those there are [unknown-modifier]
     6 |     eventName|contians: Delete
       |               ^~~~~~~~
       = did you mean 'contains'?
slips.yml:7:27: error: Slips: '10.0.0.1/8' is not a network: write address/bits, the bits behind the prefix being 0 [invalid-network]
     7 |     sourceIPAddress|cidr: 10.0.0.1/8
       |                           ^~~~~~~~~~
slips.yml:8:14: error: Slips: the condition names 'selektion', but no selection has that name [unknown-selection]
     8 |   condition: selektion and nothing_like_it
       |              ^~~~~~~~~
       = did you mean 'selection'?
slips.yml:8:28: error: Slips: the condition names 'nothing_like_it', but no selection has that name [unknown-selection]
     8 |   condition: selektion and nothing_like_it
       |                            ^~~~~~~~~~~~~~~
3 rules: 1 loaded, 1 inactive (no decoder makes events of their log source), 1 rejected
1 files: 2 rules loaded, 5 errors, 0 unsupported, 1 warnings
TEXT
diff want out || fail 'the text'

# JSON: the state of every rule (SIGMA acceptance 7.4).
"$tocsin" rules check --format json slips.yml >out
python3 - out <<'PY' || fail 'the JSON'
import json, sys
told = json.load(open(sys.argv[1]))
states = [(rule["title"], rule["line"], rule["state"]) for rule in told["report"]]
assert states == [("Slips", 1, "rejected"), ("Sound", 10, "loaded"),
                  ("Elsewhere", 14, "inactive")], states
assert told["report"][0]["reason"].startswith("level must be"), told["report"][0]
assert told["report"][2]["reason"] == "no decoder makes events of its log source"
assert (told["rules"], told["inactive"], told["rejected"]) == (2, 1, 1), told
codes = [problem["code"] for problem in told["problems"]]
assert codes == ["unknown-logsource-key", "invalid-level", "unknown-modifier", "invalid-network",
                 "unknown-selection", "unknown-selection"], codes
assert told["problems"][1]["hint"] == "did you mean 'high'?"
PY

# SARIF 2.1.0: what its schema requires, and what code scanners show.
mkdir 'a b' && cp slips.yml 'a b/ü.yml'
"$tocsin" rules check --format sarif 'a b/ü.yml' >out
python3 - out "$source_dir/docs/RULES.md" <<'PY' || fail 'the SARIF'
import json, sys
log = json.load(open(sys.argv[1]))
assert log["version"] == "2.1.0" and log["$schema"].endswith("/sarif-schema-2.1.0.json")
(run,) = log["runs"]
driver = run["tool"]["driver"]
assert driver["name"] == "tocsin"
assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
ids = [rule["id"] for rule in driver["rules"]]
assert len(set(ids)) == len(ids)
assert all(rule["shortDescription"]["text"] for rule in driver["rules"])
undocumented = [id for id in ids if f"| `{id}` |" not in open(sys.argv[2]).read()]
assert not undocumented, undocumented
assert len(run["results"]) == 6
for result in run["results"]:
    assert ids[result["ruleIndex"]] == result["ruleId"]
    assert result["level"] in ("none", "note", "warning", "error")
    assert result["message"]["text"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b/%C3%BC.yml", place
    assert place["region"]["startLine"] >= 1 and place["region"]["startColumn"] >= 1
second = run["results"][2]
assert (second["ruleId"], second["level"]) == ("unknown-modifier", "error")
assert second["locations"][0]["physicalLocation"]["region"] == {"startLine": 6, "startColumn": 15}
assert second["message"]["text"].endswith("did you mean 'contains'?")
PY

# --strict: a warning is enough.
printf 'title: Odd\nlogsource: {produkt: aws}\ndetection: {s: {a: b}, condition: s}\n' >odd.yml
"$tocsin" rules check odd.yml >out || fail 'a warning alone is no error'
"$tocsin" rules check --strict odd.yml >out && fail 'with --strict a warning counts'
"$tocsin" rules check --strict --format sarif odd.yml | grep -q '"level":	"error"' ||
    fail 'with --strict SARIF says error'

# A column counts characters; the caret stands below the character.
printf 'title: Ü\nlogsource: {product: aws}\ndetection: {ü: {ä|re: "("}, condition: ü}\n' >u.yml
"$tocsin" rules check u.yml >out
grep -q '^u.yml:3:23: error: Ü: not a regular expression' out || fail 'the column'
grep -q '^       |                       ^$' out || fail 'the caret behind letters of two bytes'

# No colours in a file, and none of a rule's bytes can make some.
printf 'title: "\\e[31mred"\nlogsource: {product: aws}\ndetection: {condition: x}\n' >red.yml
"$tocsin" rules check red.yml >out
LC_ALL=C grep -q $'\033' out && fail 'an escape sequence in the report'

# A file that is not YAML is one rejected thing.
printf 'title: [\n' >broken.yml
"$tocsin" rules check --format json broken.yml >out
grep -q '"code":	"invalid-yaml"' out || fail 'the code of a broken file'
grep -q '"rejected":	1' out || fail 'a broken file is rejected'
echo 'rules check: ok'
