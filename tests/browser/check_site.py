#!/usr/bin/env python3
"""Open a built site in Chromium as its readers do, and fail on whatever they would stumble over.

    check_site.py [SITE] [--hostile SITE] [--page PAGE]... [--axe axe.min.js] [--shots DIR]
    check_site.py --self-test [--axe axe.min.js]

Every page is checked without a browser (links, titles, markup). The index, two capabilities and two techniques (the
largest and the smallest page of each) are opened from file:// at 1440 and 400 px, light and dark, with scripts on and
off, then printed. A hostile site is one that was built from what hostile.py writes. The self-test breaks a sound site
in one way after the other, and fails unless each is noticed.

What a page owes these checks beyond plain good manners: a button "Expand all" on the index that opens every <details>
of its <section> (of the page, if it stands in none); no visible button, field or list with scripts off.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

import hostile
import pages as static
from browser import Browser

WIDTHS = (1440, 400)
SCHEMES = ("light", "dark")
PAGE_RULE = re.compile(r"@page\s*([\w-]*)\s*\{([^{}]*)")
MARGIN = re.compile(r"margin:\s*([\d.]+mm)(?:\s+([\d.]+mm))?")
MILLIMETRE = 96 / 25.4
AXE = """
const done = arguments[arguments.length - 1];
for (const details of document.querySelectorAll("details")) details.open = true;
axe.run(document, { resultTypes: ["violations"] }).then(
  (result) => done(result.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes[0].html.slice(0, 160)} (${one.nodes.length})`)),
  (error) => done([`axe failed: ${error}`]));
"""


def layout_problems(facts: dict[str, Any]) -> Iterator[str]:
    """Nothing reaches beyond the window, except inside a box that scrolls."""
    if facts["scrollWidth"] > facts["width"] + 1:
        yield f"scrolls sideways: {facts['scrollWidth']} px wide in {facts['width']} px"
    yield from (f"sticks out: {one}" for one in facts["sticksOut"])


def outline_problems(facts: dict[str, Any]) -> Iterator[str]:
    """One h1, first, and no level left out on the way down."""
    levels = [heading["level"] for heading in facts["headings"]]
    if levels.count(1) != 1 or levels[0] != 1:
        yield f"headings start {levels[:3]} with {levels.count(1)} h1"
    for heading, before in zip(facts["headings"][1:], levels):
        if heading["level"] > before + 1:
            yield f"h{heading['level']} {heading['text'][:40]!r} follows h{before}"
    yield from (f"heading h{h['level']} is empty" for h in facts["headings"] if not h["text"])


def keyboard_problems(browser: Browser) -> Iterator[str]:
    """Enter opens a closed block, space closes it again."""
    summaries = [one for one in browser.driver.find_elements(By.CSS_SELECTOR, "details > summary") if one.is_displayed()]
    for summary in summaries[:1]:
        block = summary.find_element(By.XPATH, "..")
        for key, name in ((Keys.ENTER, "Enter"), (Keys.SPACE, "Space")):
            before = block.get_property("open")
            summary.send_keys(key)
            if block.get_property("open") == before:
                yield f"{name} does not work on {summary.text[:40]!r}"


def expand_all(browser: Browser) -> WebElement | None:
    """The button that opens everything."""
    for button in browser.driver.find_elements(By.TAG_NAME, "button"):
        label = button.text or button.get_attribute("aria-label") or ""
        if button.is_displayed() and label.strip().lower().startswith("expand all"):
            return button
    return None


def expand_problems(browser: Browser) -> Iterator[str]:
    """The button opens every block in its section."""
    button = expand_all(browser)
    if button is None:
        yield "no button Expand all"
        return
    button.click()
    closed = browser.driver.execute_script(
        "const all = [...(arguments[0].closest('section') || document).querySelectorAll('details')];"
        "return [all.length, all.filter((one) => !one.open).length]", button)
    if closed[0] == 0 or closed[1]:
        yield f"Expand all leaves {closed[1]} of {closed[0]} blocks closed"


def sheets(source: str) -> dict[str, int]:
    """The printable width in CSS pixels of each kind of A4 or Letter page that the style sheet declares, in millimetres, by
    its name; the unnamed kind is called `auto`, and has Chromium's margin of 1 cm where nothing else is said."""
    widths = {"auto": int(190 * MILLIMETRE)}
    for name, rules in PAGE_RULE.findall(source):
        margin = MARGIN.search(rules)
        side = float((margin[2] or margin[1])[:-2]) if margin else 10.0
        upright, lying = (215.9, 279.4) if "letter" in rules else (210, 297)
        widths[name or "auto"] = int(((lying if "landscape" in rules else upright) - 2 * side) * MILLIMETRE)
    return widths


BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What turns text around, so that a PDF has it in another order."""

LONG = 80
"""How much of a heading must be on one page."""


def squeezed(text: str) -> str:
    """Without what a PDF's text adds, loses or joins: blanks, line ends, soft hyphens, ligatures, pictographs."""
    kept = unicodedata.normalize("NFKC", text)
    return "".join(one for one in kept if unicodedata.category(one) not in ("Cf", "Mn", "So", "Zs") and not one.isspace())


def print_problems(browser: Browser, page: Path) -> Iterator[str]:
    """Paper does not scroll: all that is visible in print is on some page, whole."""
    printed = browser.print()
    if not printed.pages:
        yield "prints no page"
        return
    browser.media("light", "print")
    text = squeezed("".join(one.extract_text() for one in printed.pages))
    for sheet, width in sheets(page.read_text(encoding="utf-8")).items():
        browser.resize(width)
        facts = browser.facts(sheet)
        yield from (f"on paper ({sheet}) sticks out: {one}" for one in facts["sticksOut"])
        yield from (f"on paper ({sheet}) {one} is cut" for one in facts["clipped"])
        headings = [heading["text"] for heading in facts["headings"] if heading["shown"]]
        wanted = [one for one in (*facts["ids"], *headings) if not BIDI.search(one)]
        missing = [one[:LONG] for one in wanted if squeezed(one)[:LONG] not in text]
        if missing:
            yield f"not on paper ({sheet}): {', '.join(missing[:5])} ({len(missing)})"


def axe_problems(browser: Browser, axe: str) -> list[str]:
    """What axe-core finds with every block open."""
    browser.command("Runtime.evaluate", expression=axe)
    return [f"axe: {one}" for one in browser.driver.execute_async_script(AXE)]


class Checker:
    """Opens pages and collects what is wrong with them."""

    def __init__(self, browser: Browser, axe: str | None, shots: Path | None) -> None:
        self.browser, self.axe, self.shots = browser, axe, shots
        self.opened = 0

    def screens(self, page: Path, schemes: tuple[str, ...] = SCHEMES) -> Iterator[str]:
        """A page in all sizes and schemes, with scripts on and off."""
        backgrounds: dict[str, str] = {}
        for scripts in (True, False):
            for scheme in schemes:
                for width in WIDTHS:
                    where = f"{page} at {width} px, {scheme}, scripts {'on' if scripts else 'off'}"
                    problems = self.browser.open(page, width, scheme, scripts)
                    self.opened += 1
                    facts = self.browser.facts()
                    backgrounds[scheme] = facts["background"]
                    problems += [*layout_problems(facts), *outline_problems(facts)]
                    problems += [f"{one} has no name" for one in facts["unnamed"]]
                    if facts["pwned"] is not None:
                        problems.append(f"a script of the mapping ran: {facts['pwned']}")
                    if not scripts:
                        problems += [f"{one} cannot work without scripts" for one in facts["controls"]]
                    if self.shots and scripts:
                        self.browser.shot(self.shots / f"{page.parent.name}-{page.stem[:60]}-{width}-{scheme}.png")
                    yield from (f"{where}: {problem}" for problem in problems)
        if len(set(backgrounds.values())) != len(schemes):
            yield f"{page}: light and dark have the same background {backgrounds}"

    def hands(self, page: Path, index: bool) -> Iterator[str]:
        """A page under the keyboard, the mouse, axe and the printer."""
        problems: list[str] = []
        for scheme, width in (("light", 1440), ("dark", 1440), ("light", 400)):
            self.browser.open(page, width, scheme, scripts=True)
            self.opened += 1
            if scheme == "light":
                problems += keyboard_problems(self.browser)
            if index and scheme == "light" and width == 1440:
                problems += expand_problems(self.browser)
            if self.axe:
                problems += [f"{one} at {width} px, {scheme}" for one in axe_problems(self.browser, self.axe)]
            problems += self.browser.complaints(page)
        self.browser.open(page, 1440, "light", scripts=True)
        problems += print_problems(self.browser, page)
        yield from (f"{page}: {problem}" for problem in problems)

    def page(self, page: Path, index: bool = False) -> list[str]:
        """Everything about one page."""
        return [*self.screens(page), *self.hands(page, index)]


def sample(site: Path) -> list[Path]:
    """The index, and of each kind the largest and the smallest page."""
    chosen = [site / "index.html"]
    for kind in ("capabilities", "techniques"):
        by_size = sorted((site / kind).glob("*.html"), key=lambda path: (path.stat().st_size, path.name))
        chosen += dict.fromkeys([*by_size[-1:], *by_size[:1]])
    return chosen


def check_normal(checker: Checker, site: Path) -> tuple[list[str], set[str]]:
    """Problems of an ordinary site, and the scripts that it holds."""
    pages = static.read_site(site)
    problems = static.check_pages(site, pages) + list(static.check_titles(pages.values()))
    for page in sample(site):
        if page.is_file():
            problems += checker.page(page, index=page.parent == site)
        else:
            problems.append(f"{page}: missing")
    return problems, {script for page in pages.values() for script in page.scripts}


def check_hostile(checker: Checker, site: Path, scripts: set[str]) -> list[str]:
    """Problems of a site that was built from the hostile mapping: all of its pages are opened."""
    pages = static.read_site(site)
    problems = static.check_pages(site, pages) + list(static.check_hostile(site, pages, scripts, hostile.SHOWN))
    wanted = len(hostile.CAPABILITIES) - 1
    found = len(list((site / "capabilities").glob("*.html")))
    if found < wanted:
        problems.append(f"{site}: {found} capability pages for at least {wanted} capabilities")
    for page in pages:
        problems += checker.screens(page, schemes=("light",))
    return problems


def check_alone(checker: Checker, page: Path) -> list[str]:
    """Problems of a page that belongs to no site."""
    return static.check_pages(page.parent, {page: static.Page(page)}) + checker.page(page)


def report(problems: list[str], root: Path) -> None:
    """Print each problem once, the paths without what they have in common."""
    for problem in dict.fromkeys(problems):
        print(problem.replace(f"{root.resolve()}/", ""), file=sys.stderr)


def main() -> int:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", nargs="?", type=Path)
    parser.add_argument("--hostile", type=Path, help="a site built from hostile.py's file")
    parser.add_argument("--page", type=Path, action="append", default=[], help="a page that stands alone in its folder")
    parser.add_argument("--axe", type=Path, help="axe-core's axe.min.js; without it accessibility is not checked")
    parser.add_argument("--shots", type=Path, help="write pictures into this folder")
    parser.add_argument("--self-test", action="store_true", help="prove that each check can fail")
    arguments = parser.parse_args()
    started = time.monotonic()
    axe = arguments.axe.read_text(encoding="utf-8") if arguments.axe else None
    with Browser() as browser:
        checker = Checker(browser, axe, arguments.shots)
        if arguments.self_test:
            import self_test

            return self_test.run(checker)
        if arguments.site is None and (arguments.hostile or not arguments.page):
            parser.error("name a site, or pages")
        problems: list[str] = []
        if arguments.site:
            problems, scripts = check_normal(checker, arguments.site.resolve())
            if arguments.hostile:
                problems += check_hostile(checker, arguments.hostile.resolve(), scripts)
        for page in arguments.page:
            problems += check_alone(checker, page.resolve())
        report(problems, (arguments.site or arguments.page[0]).resolve().parent)
    without = "" if axe else ", accessibility NOT checked (no --axe)"
    outcome = f"{len(dict.fromkeys(problems))} problems" if problems else "no problem"
    print(f"{checker.opened} page loads in {time.monotonic() - started:.0f} s: {outcome}{without}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
