#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes attack_ids.inc: which techniques MITRE ATT&CK (Enterprise) has.

Usage: analyze/lint/make_attack_ids.py enterprise-attack.json > analyze/lint/attack_ids.inc

The input is the STIX bundle that MITRE publishes (github.com/mitre-attack/attack-stix-data). Of it
only the ids of techniques are taken that are neither revoked nor deprecated.
"""

import json
import sys


def technique_ids(bundle):
    """The ids of all techniques that are in use."""
    for thing in bundle["objects"]:
        if thing.get("type") != "attack-pattern" or thing.get("revoked") or thing.get(
                "x_mitre_deprecated"):
            continue
        for reference in thing["external_references"]:
            if reference["source_name"] == "mitre-attack":
                yield reference["external_id"]


def version_of(bundle):
    """The version of ATT&CK: that of the collection."""
    return next(thing["x_mitre_version"] for thing in bundle["objects"]
                if thing.get("type") == "x-mitre-collection")


def main():
    """Prints a row for each technique: its number, and a bit for each sub-technique."""
    with open(sys.argv[1], encoding="utf-8") as file:
        bundle = json.load(file)
    subs = {}
    for name in technique_ids(bundle):
        number, _, sub = name[1:].partition(".")
        subs[int(number)] = subs.get(int(number), 0) | (1 << int(sub or 0))
    print("/* SPDX-License-Identifier: Apache-2.0")
    print(" *")
    print(" * attack_ids.inc - made by make_attack_ids.py from MITRE ATT&CK Enterprise "
          f"{version_of(bundle)}; do not edit.")
    print(" * {1548, 0x3f}: T1548 and T1548.001 to T1548.005.")
    print(" */")
    print(f'#define ATTACK_VERSION "{version_of(bundle)}"')
    print("#define ATTACK_IDS \\")
    print(", \\\n".join(f"    {{{number}, {bits:#x}}}" for number, bits in sorted(subs.items())))


if __name__ == "__main__":
    main()
