# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""exposition.py TEXT OPENMETRICS: does each parser read its form, and do they say the same?

Prints the exemplars. Status 1 and a message where something is wrong.
"""
import math
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser

MAX_EXEMPLAR = 128
# what goes on between two renderings
OF_THE_PROCESS = ("process_",)


def samples(families):
    return {(s.name, tuple(sorted(s.labels.items()))): s for f in families for s in f.samples}


def compare(text, other):
    if set(text) != set(other):
        sys.exit(f"not in both: {sorted(set(text) ^ set(other))}")
    for key, sample in text.items():
        if key[0].startswith(OF_THE_PROCESS):
            continue
        if not math.isclose(sample.value, other[key].value, abs_tol=1e-9):
            sys.exit(f"{key}: {sample.value} and {other[key].value}")


def show_exemplars(found):
    for (name, labels), sample in sorted(found.items()):
        exemplar = sample.exemplar
        if not exemplar:
            continue
        length = sum(len(k) + len(v) for k, v in exemplar.labels.items())
        if length > MAX_EXEMPLAR or not exemplar.timestamp:
            sys.exit(f"{name}: not an exemplar: {exemplar}")
        where = dict(labels)
        print(name, where.get("rule") or where.get("path"), exemplar.labels["restore_id"],
              exemplar.labels.get("class", ""))


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        text = samples(parser.text_string_to_metric_families(file.read()))
    with open(sys.argv[2], encoding="ascii") as file:
        other = samples(openmetrics_parser.text_string_to_metric_families(file.read()))
    if any(s.exemplar for s in text.values()):
        sys.exit("exemplars in the text format")
    compare(text, other)
    show_exemplars(other)


main()
