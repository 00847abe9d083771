#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""compare.py - what came of a disturbed run against what an undisturbed one gave.

Called as: compare.py WANT GOT [STREAM_IDS]
WANT and GOT have one alert (or dead letter) a line. None may be missing, none be there that is not
wanted, and what is there more than once must say the same each time. Alerts are told apart by their
id, dead letters by the place of their record.
STREAM_IDS has one id a line, each of which must be there once. Prints one line, and up to five
examples of each kind of fault; exit code 1: there are faults.
"""
import json
import sys

EXAMPLES = 5


def key_of(item):
    if "rule" in item:
        return item["tocsin"]["alert_id"]
    return "{source}/{partition}/{offset}/{sub}".format(
        **{"partition": -1, "offset": -1, "sub": 0, **item})


def read(path):
    """{key: [texts]}; each text is the item with its keys in order."""
    found = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            item = json.loads(line)
            found.setdefault(key_of(item), []).append(json.dumps(item, sort_keys=True))
    return found


def short(text):
    item = json.loads(text)
    if "rule" not in item:
        return text[:300]
    tocsin = item["tocsin"]
    return " ".join(str(part) for part in (
        tocsin["alert_id"], item["rule"]["name"], item.get("@timestamp"), tocsin.get("group"),
        tocsin.get("window"), f'{tocsin["source"]}/{tocsin.get("partition")}/{tocsin["offset"]}'))


def tell(what, examples):
    print(f"{len(examples)} {what}")
    for example in examples[:EXAMPLES]:
        print(f"    {example}")


def main(paths):
    want, got = read(paths[0]), read(paths[1])
    faults = 0
    twice = [short(texts[0]) for texts in want.values() if len(texts) > 1]
    missing = [short(texts[0]) for key, texts in want.items() if key not in got]
    false = [short(texts[0]) for key, texts in got.items() if key not in want]
    other = [f"{want[key][0]}\n      {text}" for key, texts in got.items() if key in want
             for text in texts if text != want[key][0]]
    for what, examples in (("twice in the undisturbed run", twice), ("missing", missing),
                           ("that should not be there", false), ("with other contents", other)):
        if examples:
            faults += len(examples)
            tell(what, examples)
    if len(paths) > 2:
        with open(paths[2], encoding="utf-8") as lines:
            ids = [line.strip() for line in lines]
        if sorted(ids) != sorted(want):
            faults += 1
            print(f"the stream has {len(ids)} ids, {len(set(ids))} different ones, and lacks "
                  f"{len(set(want) - set(ids))} of {len(want)}")
    repeated = sum(len(texts) - 1 for texts in got.values())
    print(f"{len(want)} wanted, {len(got)} there, {repeated} delivered again")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
