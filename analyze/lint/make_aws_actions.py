#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes aws_actions.inc: which API actions AWS has, as CloudTrail names them.

Usage: analyze/lint/make_aws_actions.py > analyze/lint/aws_actions.inc

The service models come from botocore (Debian: python3-botocore). CloudTrail's eventSource is a
host name made from a service's endpoint prefix or signing name; for a few services it is another
one, which is in ALIASES. A service is known by all of its names: a rule that uses any of them is
right. Names of actions that models do not have are in aws_events.c, by hand.
"""

import glob
import gzip
import json
import os
import textwrap

import botocore

# What the models' names have as eventSource besides the first part of their endpoint.
ALIASES = {
    "email": "ses",
    "models.lex": "lex",
    "runtime.lex": "lex",
    "api.ecr": "ecr",
    "api.ecr-public": "ecr-public",
    "streams.dynamodb": "dynamodb",
    "api.sagemaker": "sagemaker",
    "api.pricing": "pricing",
    "entitlement.marketplace": "aws-marketplace",
    "metering.marketplace": "aws-marketplace",
    "catalog.marketplace": "aws-marketplace",
    "mturk-requester": "mturk",
    "portal.sso": "sso",
    "oidc": "sso",
    "identitystore": "sso-directory",
    "application-autoscaling": "autoscaling",
    "autoscaling-plans": "autoscaling",
    "application-signals": "monitoring",
    "route53domains": "route53",
}


def models():
    """The service models, of all API versions."""
    data = os.path.join(os.path.dirname(botocore.__file__), "data")
    for path in sorted(glob.glob(os.path.join(data, "*", "*", "service-2.json*"))):
        opened = gzip.open if path.endswith(".gz") else open
        with opened(path, "rt", encoding="utf-8") as file:
            yield json.load(file)


def sources_of(metadata):
    """The names before .amazonaws.com that events of this service may have."""
    names = {metadata.get("endpointPrefix"), metadata.get("signingName")} - {None}
    return names | {ALIASES[name] for name in names if name in ALIASES} | {
        name.split(".")[-1] for name in names}


def main():
    """Prints the file."""
    actions = {}
    for model in models():
        operations = {operation["name"] for operation in model["operations"].values()}
        for source in sources_of(model["metadata"]):
            actions.setdefault(source, set()).update(operations)
    groups = {}  # services with the same actions stand together
    for source, names in actions.items():
        groups.setdefault(tuple(sorted(names)), []).append(source)
    print("/* SPDX-License-Identifier: Apache-2.0")
    print(" *")
    print(" * aws_actions.inc - made by make_aws_actions.py from botocore "
          f"{botocore.__version__}; do not edit.")
    print(" * A line that begins with = names event sources; below it are their actions.")
    print(" */")
    for names, sources in sorted(groups.items(), key=lambda group: sorted(group[1])):
        for first, words in (("=", sorted(sources)), ("", names)):
            for line in textwrap.wrap(" ".join(words), 92, break_long_words=False,
                                      break_on_hyphens=False):
                print(f'"{first}{line}",')


if __name__ == "__main__":
    main()
