#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Pages of `evmcs-trace report`, by html5lib and by Chromium. Prints ok and not ok lines.

tests/pages.py DIR: DIR/pages has NAME.html for each DIR/traces/NAME.jsonl.
"""

import base64
import json
import pathlib
import re
import subprocess
import sys

import html5lib
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

XHTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"


def check(name, good, seen=""):
    print(("ok " if good else "not ok ") + name + ("" if good else f": {seen}"), flush=True)


# ---- what is in it ----


def references(tree):
    """Everything that names something else."""
    for element in tree.iter():
        for name, value in element.attrib.items():
            name = str(name).rsplit("}", 1)[-1]
            if name in ("href", "src", "action", "data", "poster", "srcset"):
                yield value


def is_self_contained(tree, text):
    ids = {e.attrib["id"] for e in tree.iter() if "id" in e.attrib}
    loose = [r for r in references(tree) if not r.startswith("#") or r[1:] not in ids]
    urls = [u for u in re.findall(r"url\(([^)]*)\)|@import", text) if u != "#hatch"]
    scripts = [e.tag for e in tree.iter() if str(e.tag).rsplit("}", 1)[-1] in
               ("script", "iframe", "object", "embed", "link", "base", "form")]
    handlers = [a for e in tree.iter() for a in e.attrib if str(a).startswith("on")]
    return loose + urls + scripts + handlers


def first(svg, tag, cls):
    return next((e for e in svg.iter(SVG + tag) if cls in e.attrib.get("class", "").split()), None)


def is_to_scale(svg, restore):
    """The bar of SET, and the line of KVM_RUN, against what the trace says."""
    bar, ran = first(svg, "rect", "set"), first(svg, "path", "ran")
    if not restore["run_after_ns"] or ran is None:
        return restore["run_after_ns"] is None and ran is None
    left = float(bar.attrib["x"])
    run = float(re.match(r"M([\d.]+)", ran.attrib["d"]).group(1)) - left
    width = float(bar.attrib["width"])
    want = run * restore["set_ns"] / restore["run_after_ns"]
    return abs(width - want) < 1 or (want < 3 and width == 3)


def where(element, name):
    return float(element.attrib[name])


def ends_with_the_next(article, restore, restores):
    """One that another SET ended: its zone ends there, and nothing of the other's is drawn."""
    if not restore.get("superseded_by"):  # also of a trace from before 1.7
        return restore["end"] != "superseded"
    words = " ".join("".join(article.itertext()).split())
    if f"KVM_SET_NESTED_STATE of restore {restore['superseded_by']};" not in words:
        return False
    following = restores[restore["superseded_by"]]
    after = restore["superseded_after_ns"]
    if following["t_ns"] - restore["t_ns"] != after or \
            (following["vm"], following["vcpu"]) != (restore["vm"], restore["vcpu"]):
        return False
    for svg in article.iter(SVG + "svg"):
        ban, ended = first(svg, "rect", "ban"), first(svg, "path", "ended")
        if ended is None:
            if not svg.attrib["aria-label"].endswith("alone"):
                return False
            continue
        line = float(re.match(r"M([\d.]+)", ended.attrib["d"]).group(1))
        if abs(where(ban, "x") + where(ban, "width") - line) > 0.3:
            return False
        if any(where(rect, "x") > line + 0.1 for rect in svg.iter(SVG + "rect")):
            return False
        if first(svg, "path", "map") is not None and restore["map_after_ns"] >= after:
            return False
    return True


def drawn_as_told(tree, lines):
    """Each restore that is shown as a whole, drawn with its zone and its anomalies."""
    wrong = []
    restores = {r["restore"]: r for r in lines if r["type"] == "restore"}
    for article in tree.iter(XHTML + "article"):
        number = int(article.attrib["id"].removeprefix("restore-"))
        svg = next(article.iter(SVG + "svg"))
        restore = restores[number]
        shown = {(t.text or "").split(" ")[0] for t in svg.iter(SVG + "text")}
        if not is_to_scale(svg, restore):
            wrong.append(f"restore {number}: not to scale")
        if not ends_with_the_next(article, restore, restores):
            wrong.append(f"restore {number}: not ended by the SET that superseded it")
        # where SET is the whole of it there is no zone
        if first(svg, "rect", "ban") is None:
            wrong.append(f"restore {number}: the forbidden zone is not marked")
        wrong += [f"restore {number}: {a['id']} is not drawn" for a in restore["anomalies"]
                  if a["id"] not in shown]
        titles = {(t.text or "").split(",")[0] for t in svg.iter(SVG + "title")}
        rows = ["".join(td.itertext()) for td in article.iter(XHTML + "td")]
        inside = {m[1] for m in (re.search(r"^(?!.* of vm).*, in (KVM_\w+)", row) for row in rows) if m}
        wrong += [f"restore {number}: {name} is not drawn"
                  for name in inside - titles - {"KVM_RUN", "KVM_SET_USER_MEMORY_REGION"}]
    return wrong


def explained(tree, lines):
    """What was found has its explanation, and what it is to be told by."""
    ids = {e.attrib.get("id"): "".join(e.itertext()) for e in tree.iter(XHTML + "section")}
    return [a["name"] for a in lines if a["type"] == "anomaly" and
            not (a["name"] in ids and "Why it matters" in ids[a["name"]])]


def not_graded(tree, lines):
    """Anomalies whose severity the answer does not tell in a word."""
    answer = next(e for e in tree.iter(XHTML + "div") if "answer" in e.attrib.get("class", ""))
    told = [" ".join("".join(li.itertext()).split()) for li in answer.iter(XHTML + "li")]
    return [a["name"] for a in lines if a["type"] == "anomaly" and not any(
        t.startswith(f"{a['severity'].upper()} {a['id']} {a['name']}:") for t in told)]


def look_into(work, trace):
    name = trace.stem
    text = (work / "pages" / f"{name}.html").read_text("ascii")
    lines = [json.loads(line) for line in trace.read_text("utf-8", "replace").splitlines()
             if line.endswith("}")]
    try:
        tree = html5lib.HTMLParser(strict=True).parse(text)
    except html5lib.html5parser.ParseError as error:
        check(f"{name}: is HTML", False, error)
        return
    loose = is_self_contained(tree, text)
    check(f"{name}: HTML, with nothing from elsewhere and no script", not loose, loose)
    check(f"{name}: less than 5 MB", len(text) < 5_000_000, len(text))
    wrong = drawn_as_told(tree, lines)
    check(f"{name}: drawings are what the trace says", not wrong, wrong)
    missing = explained(tree, lines)
    check(f"{name}: what was found is explained", not missing, missing)
    missing = not_graded(tree, lines)
    check(f"{name}: and how bad it is, in a word", not missing, missing)
    doubtful = any(r["verdict"] == "inconclusive" for r in lines if r["type"] == "restore")
    check(f"{name}: and what is in doubt, where something is",
          not doubtful or ">What is in doubt<" in text)


# ---- in a browser ----


def browser():
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--window-size=1100,1400", "--proxy-server=127.0.0.1:9"):
        options.add_argument(argument)
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)


def luminance(colour):
    def linear(c):
        c /= 255
        return c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
    r, g, b = (linear(float(c)) for c in re.findall(r"[\d.]+", colour)[:3])
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def style(driver, selector, what):
    return driver.execute_script(
        "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]",
        selector, what)


def in_theme(driver, theme):
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                           {"features": [{"name": "prefers-color-scheme", "value": theme}]})
    ground = style(driver, "body", "backgroundColor")
    panel = style(driver, ".answer", "backgroundColor")
    worst = min(contrast(style(driver, "body", "color"), ground),
                contrast(style(driver, ".answer b", "color"), panel),
                contrast(style(driver, ".dim, dt", "color"), ground),
                contrast(style(driver, "main a", "color"), ground))
    check(f"{theme}: text can be read (contrast 4.5 at least)", worst >= 4.5, worst)
    return ground


def by_keyboard(driver):
    body = driver.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.TAB)
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    check("keyboard: the first stop leads to what was found",
          driver.execute_script("return location.hash") == "#direct-map-in-set",
          driver.execute_script("return location.hash"))
    driver.execute_script("document.querySelector('summary').focus()")
    was = driver.execute_script("return document.querySelector('details').open")
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    check("keyboard: the lines of a restore open and close",
          driver.execute_script("return document.querySelector('details').open") != was)
    stops = driver.execute_script(
        "return document.querySelectorAll('a[href], summary').length")
    reached = set()
    for _ in range(stops + 2):
        driver.switch_to.active_element.send_keys(Keys.TAB)
        reached.add(driver.execute_script(
            "const all = [...document.querySelectorAll('a[href], summary')];"
            "return all.indexOf(document.activeElement)"))
    check("keyboard: every link and every fold is reached", len(reached - {-1}) == stops,
          (len(reached), stops))


def found(driver, text):
    return driver.execute_script(
        "getSelection().removeAllRanges(); return window.find(arguments[0], false, false, true)",
        text)


def printed(driver, work):
    pdf = work / "printed.pdf"
    pdf.write_bytes(base64.b64decode(
        driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"]))
    return subprocess.run(["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True,
                          text=True).stdout


# What a label of a drawing must not do, by the browser's own measure of it.
LABELS = """
const wrong = [];
for (const svg of document.querySelectorAll('svg.timeline')) {
  if (!svg.getClientRects().length)
    continue;
  const width = svg.viewBox.baseVal.width, ran = svg.querySelector('path.ran, path.ended');
  const line = ran ? ran.getBBox() : {x: -9, y: 0}, done = [];
  for (const text of svg.querySelectorAll('text')) {
    const b = text.getBBox(), right = b.x + b.width, what = text.textContent;
    if (b.x < -0.5 || right > width + 0.5)
      wrong.push('cut: ' + what);
    if (!text.classList.contains('at'))
      continue;
    if (b.x < line.x - 1 && right > line.x + 1 && b.y + b.height > line.y + 2 &&
        b.y < line.y + line.height)
      wrong.push('crossed: ' + what);
    if (done.some(o => b.x < o.x + o.width && o.x < right && b.y + 2 < o.y + o.height &&
                  o.y + 2 < b.y + b.height))
      wrong.push('over another: ' + what);
    done.push(b);
  }
}
return wrong"""


# What of the drawings cannot be seen on this screen as it is, or not be read.
OUT_OF_SIGHT = """
const wrong = [];
for (const article of document.querySelectorAll('article')) {
  const shown = [...article.querySelectorAll('svg.timeline')].filter(s => s.getClientRects().length);
  if (!shown.length)
    wrong.push(article.id + ': no drawing');
  for (const svg of shown) {
    for (const mark of svg.querySelectorAll('rect, path, text')) {
      const b = mark.getBoundingClientRect();
      if (b.left < 0 || b.right > innerWidth)
        wrong.push(article.id + ': ' + (mark.textContent || mark.getAttribute('class')));
    }
    if (svg.getBoundingClientRect().width / svg.viewBox.baseVal.width < 0.8)
      wrong.push(article.id + ': too small');
  }
}
return wrong"""

# Errors of the kernel that a line breaks in two.
BROKEN = """
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), broken = [];
for (let node; node = walker.nextNode();)
  for (const m of node.data.matchAll(/-E[A-Z]+/g)) {
    const range = new Range();
    range.setStart(node, m.index);
    range.setEnd(node, m.index + m[0].length);
    if (new Set([...range.getClientRects()].map(r => r.top)).size > 1)
      broken.push(node.data.slice(m.index - 20, m.index + 20));
  }
return broken"""

# How often each label of a drawing is in the page, wherever.
TEXTS = """
const page = document.body.cloneNode(true);
for (const e of page.querySelectorAll('svg.narrow, title'))
  e.remove();
return [[...page.querySelectorAll('svg.timeline text.at')].map(e => e.textContent),
        page.textContent]"""


def printed_twice(driver, paper):
    labels, text = driver.execute_script(TEXTS)
    return [label for label in set(labels) if paper.count(label) > text.count(label)]


def on_a_telephone(driver, work):
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": 400, "height": 850, "deviceScaleFactor": 1, "mobile": False})
    for page in sorted((work / "pages").glob("*.html")):
        show(driver, work, page.stem)
        wrong = driver.execute_script(OUT_OF_SIGHT)
        check(f"{page.stem}: at 400 pixels all that is drawn is seen and can be read", not wrong,
              wrong)
        wrong = driver.execute_script(LABELS)
        check(f"{page.stem}: and no label is cut, crossed or over another", not wrong, wrong)
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def in_one_line(driver, work):
    show(driver, work, "direct-map")
    broken = []
    for width in range(320, 1000, 7):
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 850, "deviceScaleFactor": 1, "mobile": False})
        broken += driver.execute_script(BROKEN)
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    check("the name of an error stays in one line", not broken, broken)
    check("and text search finds it as it is typed", found(driver, "-EINVAL"))


def wider_than_paper(driver):
    """By how much, on A4."""
    driver.set_window_size(718, 1000)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    wider = driver.execute_script(
        "return Math.max(...[document.scrollingElement, ...document.querySelectorAll('.scroll, pre')]"
        ".map(e => e.scrollWidth - e.clientWidth))")
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    driver.set_window_size(1100, 1400)
    return wider


def show(driver, work, name):
    driver.get((work / "pages" / f"{name}.html").as_uri())


def in_browser(driver, work):
    show(driver, work, "direct-map")
    check("nothing is fetched", driver.execute_script(
        "return performance.getEntriesByType('resource').length") == 0)
    check("the answer is on the first screen", driver.execute_script(
        "return document.querySelector('.answer').getBoundingClientRect().bottom < 300"))
    check("so is the first drawing", driver.execute_script(
        "return document.querySelector('svg.timeline').getBoundingClientRect().bottom < 1000"))
    light, dark = in_theme(driver, "light"), in_theme(driver, "dark")
    check("light and dark differ", luminance(light) > 0.8 and luminance(dark) < 0.1,
          (light, dark))
    check("text search finds a frame of the stack", found(driver, "kvm_vcpu_map+0x5"))
    check("text search finds no other", not found(driver, "kvm_vcpu_map+0x6"))
    by_keyboard(driver)
    paper = printed(driver, work)
    check("printed: the verdict", "2 of 2 restores broke the rule" in paper)
    check("printed: what is folded on the screen too",
          paper.count("enter set-state, in KVM_SET_NESTED_STATE") == 2,
          paper.count("enter set-state, in KVM_SET_NESTED_STATE"))
    show(driver, work, "real")
    wider = wider_than_paper(driver)
    check("printed: nothing is wider than the paper", wider <= 0, wider)
    for page in sorted((work / "pages").glob("*.html")):
        show(driver, work, page.stem)
        if "<svg class=timeline" in page.read_text("ascii"):
            paper = printed(driver, work)
            check(f"{page.stem}: printed, a drawing is on the page of the verdict",
                  re.search(r"(?m)^ *ioctl\b", paper.split("\f", maxsplit=1)[0]))
            twice = printed_twice(driver, paper)
            check(f"{page.stem}: printed, each label is there once", not twice, twice)
        wrong = driver.execute_script(LABELS)
        check(f"{page.stem}: no label is cut, crossed by the line of KVM_RUN or over another",
              not wrong, wrong)
    on_a_telephone(driver, work)
    in_one_line(driver, work)
    for name in ("direct-map", "long", "odd-names"):
        driver.set_window_size(420, 900)
        show(driver, work, name)
        check(f"{name}: no scrolling sideways on a narrow screen", driver.execute_script(
            "const e = document.scrollingElement; return e.scrollWidth <= e.clientWidth"))
    driver.set_window_size(1100, 1400)
    show(driver, work, "long")
    verdicts = [e.text for e in driver.find_elements(By.CSS_SELECTOR, "section.group > h3 .word:first-child")]
    check("failing restores come first", verdicts == sorted(
        verdicts, key=["FAIL", "INCONCLUSIVE", "PASS"].index) and verdicts[0] == "FAIL", verdicts)


def main():
    work = pathlib.Path(sys.argv[1])
    for trace in sorted((work / "traces").glob("*.jsonl")):
        look_into(work, trace)
    driver = browser()
    try:
        in_browser(driver, work)
    finally:
        driver.quit()


main()
