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

import html5lib
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


# What a page has: no script, nothing that is fetched, no link but into itself.
ELEMENTS = set("html head meta title style body h1 h2 h3 h4 main footer section article header nav div "
               "span p a b strong em small code pre ul ol li dl dt dd table caption thead tbody tr th "
               "td details summary br svg g rect path text line circle defs pattern use figure "
               "figcaption desc polygon tspan marker clippath".split())


def page(data):
    tree = html5lib.HTMLParser(strict=True).parse(data)
    for element in tree.iter():
        tag = str(element.tag).rsplit("}", 1)[-1].lower()
        assert tag in ELEMENTS or callable(element.tag), tag
        for name, value in element.attrib.items():
            name = str(name).rsplit("}", 1)[-1]
            assert not name.startswith("on"), name
            assert name not in ("href", "src", "action", "data") or value.startswith("#"), value
    assert sum(1 for e in tree.iter() if str(e.tag).endswith("}article")) >= 2


def fields(data):
    """Of a protobuf message: number, and the value or the bytes."""
    def number():
        nonlocal data
        value = shift = 0
        while True:
            byte, data = data[0], data[1:]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while data:
        tag = number()
        assert tag & 7 in (0, 1, 2), tag
        value = number() if tag & 7 != 1 else int.from_bytes(data[:8], "little")
        if tag & 7 == 1:
            data = data[8:]
        elif tag & 7 == 2:
            assert value <= len(data)
            value, data = data[:value], data[value:]
        yield tag >> 3, value


# Messages in messages, and what of them is text (user/sinks/perfetto_fields.h).
TEXT = "text"
ANNOTATION = {6: TEXT}
ANNOTATION[12] = ANNOTATION
PERFETTO = {1: {6: {1: {}}, 11: {4: ANNOTATION, 23: TEXT}, 12: {1: {2: TEXT}, 3: {2: TEXT}},
                59: {}, 60: {2: TEXT}}}


def texts(data, message):
    for number, value in fields(data):
        inner = message.get(number)
        if inner is TEXT:
            yield value.decode("utf-8")
        elif inner is not None:
            yield from texts(value, inner)


def perfetto(data):
    found = list(texts(data, PERFETTO))
    assert len(found) > 20, len(found)
    for name in found:
        # lines of a stack are ours
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", name), ascii(name)


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
    "page": page,
    "perfetto": perfetto,
    "metrics": metrics,
    "openmetrics": openmetrics,
    "journal": journal,
}

BINARY = {"perfetto"}


def read(sink, path):
    data = path.read_bytes()
    if sink in BINARY:
        READERS[sink](data)
        return
    own = re.sub(rb"<style>.*?</style>", b"", data, count=1, flags=re.S) if sink == "page" else data
    bad = re.search(rb"[^\n -~]", own)
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
