#!/usr/bin/env python3
"""Print reports in Chromium, and fail unless they are documents: a cover, the answer on one page, matrices on lying pages.

    report_paper.py A4|letter REPORT... [A4|letter REPORT...]...
    report_paper.py --self-test REPORT_ON_A4 OTHER_PAGE

A report is printed with the page size that its own style sheet asks for. The self-test asks for Letter of a report on A4,
and for a report of a page that is none; both must be noticed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from browser import Browser

SIZES = {"A4": (595, 842), "letter": (612, 792)}
"""Width and height in points of an upright page."""

TACTICS = """return [...document.querySelectorAll('#heatmap [data-static-matrix] thead th a')].map((one) => one.textContent)"""
TECHNIQUES = """return [...document.querySelectorAll('#heatmap [data-static-matrix] td > ul > li > a > i')].map((one) => one.textContent)"""
TITLE = "return document.querySelector('h1').textContent"
LEAD = "return document.querySelector('.answer > .lead').textContent"
EMPTY = 20
"""A page with fewer characters says nothing."""


def squeezed(text: str) -> str:
    """Without blanks, which a PDF puts where it likes."""
    return re.sub(r"\s", "", text)


def problems(browser: Browser, page: Path, paper: str) -> Iterator[str]:
    """What is wrong with the printed document."""
    yield from browser.open(page, 1440, "dark", scripts=True)
    if not browser.driver.execute_script("return document.querySelector('.answer > .lead') !== null"):
        yield "is no report"
        return
    facts = [browser.driver.execute_script(script) for script in (TITLE, LEAD, TACTICS, TECHNIQUES)]
    title, lead, tactics, techniques = facts
    printed = browser.print()
    texts = [squeezed(one.extract_text()) for one in printed.pages]
    width, height = SIZES[paper]
    lying, odd = [], []
    for number, one in enumerate(printed.pages, start=1):
        size = (round(float(one.mediabox.width)), round(float(one.mediabox.height)))
        lying.append(size == (height, width))
        if size not in ((width, height), (height, width)):
            yield f"page {number} is {size} points, which is not {paper}"
        if len(texts[number - 1]) < EMPTY:
            yield f"page {number} is empty"
        mark, text = f"{number}/{len(texts)}", texts[number - 1]
        if (text.startswith(mark) or text.endswith(mark)) != (number > 1):
            odd.append(str(number))
    if odd:
        yield f"all pages but the cover are to have a number: {', '.join(odd[:5])} ({len(odd)})"
    if len(texts) < 5:
        yield f"has {len(texts)} pages"
        return
    if squeezed(title) not in texts[0] or "Contents" not in texts[0] or lying[0]:
        yield "the first page is no cover"
    if squeezed(lead) not in texts[1] or "Strengths" not in texts[1] or lying[1] or not lying[2]:
        yield "the second page is not the answer, and the whole of it"
    end = next((place for place in range(2, len(lying)) if not lying[place]), len(lying))
    heatmap = "".join(texts[2:end])
    missing = [one for one in (*tactics, *techniques) if squeezed(one) not in heatmap]
    if missing or not techniques:
        yield f"the heatmap on pages 3 to {end} lacks {', '.join(missing[:5])} ({len(missing)})"
    for place in range(2, end):
        lacking = [one for one in tactics if squeezed(one) not in texts[place]]
        if lacking:
            yield f"page {place + 1} of the heatmap has no heads: {lacking[:3]}"
    if any("Collapseall" in text or "Navigatorlayer" in text for text in texts[2:end]):
        yield "what only works on a screen is printed"


def main(arguments: list[str]) -> int:
    """Print everything, or prove that the checks can fail."""
    with Browser() as browser:
        if arguments[:1] == ["--self-test"]:
            report, other = (Path(one).resolve() for one in arguments[1:3])
            unnoticed = [name for name, page, paper in (("wrong paper", report, "letter"), ("no report", other, "A4"))
                         if not list(problems(browser, page, paper))]
            print(f"self-test: {'not noticed: ' + ', '.join(unnoticed) if unnoticed else 'both are noticed'}")
            return 1 if unnoticed else 0
        paper, found, count = "A4", 0, 0
        for argument in arguments:
            if argument in SIZES:
                paper = argument
                continue
            count += 1
            for problem in dict.fromkeys(problems(browser, Path(argument).resolve(), paper)):
                print(f"{argument}: {problem}", file=sys.stderr)
                found += 1
    print(f"{count} reports on paper: {found or 'no'} problem{'' if found == 1 else 's'}")
    return 1 if found or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
