#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Reads what every sink made of hostile names by the parser that its readers have.

    tests/hostile.py DIR/SINK   where build/tests/make_hostile wrote: DIR/SINK/NUMBER

Says what is wrong, with exit status 1. A sink without a row in READERS fails.
"""
import json
import pathlib
import re
import sys
import xml.etree.ElementTree

import junitparser
import prometheus_client.openmetrics.parser
import prometheus_client.parser


def text(data):
    assert data.endswith("\n")


def json_lines(data):
    for line in data.splitlines():
        assert isinstance(json.loads(line), dict)


def ktap(data):
    """A result has a name and nothing after it; all else is a plan, a version or diagnosis."""
    for line in data.splitlines():
        assert re.fullmatch(r" *((not )?ok [0-9]+ [A-Za-z0-9_.-]+|#.*|KTAP version 1|1\.\.[0-9]+)",
                            line), line
    assert re.search(r"^not ok 1 trace$", data, re.M)
    assert len(re.findall(r"^(not )?ok", data, re.M)) == 1


def junit(data):
    root = xml.etree.ElementTree.fromstring(data)
    assert [e.tag for e in root] == ["testsuite"]
    known = {"testsuites", "testsuite", "properties", "property", "testcase", "failure", "error"}
    assert {e.tag for e in root.iter()} <= known
    suites = junitparser.JUnitXml.fromstring(data.encode())
    assert sum(1 for suite in suites for case in suite) == int(root[0].get("tests"))


def families(data, parse):
    found = list(parse(data))
    assert all(f.name.startswith("evmcs_trace_") for f in found), found
    return len(found)


def metrics(data):
    assert families(data, prometheus_client.parser.text_string_to_metric_families) > 10


def openmetrics(data):
    parse = prometheus_client.openmetrics.parser.text_string_to_metric_families
    assert families(data, parse) > 10


def journal(data):
    for line in data.splitlines():
        assert re.match(r"(MESSAGE|MESSAGE_ID|PRIORITY|SYSLOG_IDENTIFIER|EVMCS_[A-Z_]+)=", line)
    assert re.search("^EVMCS_KIND=violation$", data, re.M)


# A new sink is a row in tests/unit/every_sink.c and one here.
READERS = {
    "text": text,
    "findings": text,
    "checks": text,
    "json": json_lines,
    "ktap": ktap,
    "junit": junit,
    "trace": json_lines,
    "metrics": metrics,
    "openmetrics": openmetrics,
    "journal": journal,
}


def read(sink, path):
    data = path.read_bytes()
    bad = re.search(rb"[^\n -~]", data)
    assert not bad, f"byte {bad.group()!r} at {bad.start()}"
    READERS[sink](data.decode("ascii"))


def main():
    folder = pathlib.Path(sys.argv[1])
    files = sorted(folder.iterdir())
    failed = not files
    for path in files:
        try:
            read(folder.name, path)
        except Exception as e:  # pylint: disable=broad-except # any of any parser
            print(f"{path}: {type(e).__name__}: {e}"[:300])
            failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main())
