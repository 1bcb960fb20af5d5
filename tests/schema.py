#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Checks every line of traces against the schema that the program prints.

Each line is checked against the definition of its own type, so that an error
names the member and not just "does not match any".
"""

import json
import pathlib
import sys

import jsonschema

SCHEMA = pathlib.Path(__file__).parent.parent / "user" / "trace" / "trace.schema.json"


def errors_of(trace, validators):
    with open(trace, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            record = json.loads(line)
            for error in validators[record["type"]].iter_errors(record):
                yield f"{trace}:{number}: {list(error.path)}: {error.message}"


def main(traces):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    types = [ref["$ref"].rsplit("/", 1)[1] for ref in schema["oneOf"]]
    validators = {
        name: jsonschema.Draft202012Validator(
            {"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]}
        )
        for name in types
    }
    errors = [error for trace in traces for error in errors_of(trace, validators)]
    print("\n".join(errors[:20]))
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
