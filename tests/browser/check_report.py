#!/usr/bin/env python3
"""Work the explorer of reports in Chromium as readers do, and hold its numbers against the command line's.

    check_report.py NAVLAYER OUT [--hostile FILE] [--corpus DIR] [--axe axe.min.js] [--shots DIR] [--self-test]

The reports are made with NAVLAYER into OUT, where the layers that the page gives are left for load_strict.py. A hostile
file is one that hostile.py writes. With the corpus, published mappings are tried as well, those without levels among
them. Times are printed, not judged.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

import report_hands
import report_self_test
from browser import Browser

Json = Any
DRIVER = Path(__file__).with_name("report_driver.js").read_text(encoding="utf-8")
METRICS = ("strongest", "layered", "mean", "balanced", "count")
LEVELS = ("minimal", "partial", "significant")
CORPUS = {
    "gcp": "gcp-03.06.2025_attack-16.1-enterprise.json",
    "kev": "kev-02.13.2025_attack-15.1-mobile.json",
    "nist": "nist_800_53-rev5_attack-16.1-enterprise.json",
    "veris": "veris-1.4.0_attack-16.1-ics.json",
}
AXE = """
const done = arguments[arguments.length - 1];
axe.run("#heatmap", { resultTypes: ["violations"] }).then(
  (result) => done(result.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes[0].html.slice(0, 200)} (${one.nodes.length})`)),
  (error) => done([`axe failed: ${error}`]));
"""


class Command:
    """The program that is tested."""

    def __init__(self, program: Path) -> None:
        self.program = program

    def run(self, *arguments: str) -> str:
        """What it prints; findings in the data are none of ours."""
        done = subprocess.run([str(self.program), "--no-config", *arguments], capture_output=True, text=True, check=False)
        if done.returncode > 1:
            raise SystemExit(f"navlayer {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def json(self, *arguments: str) -> Json:
        """What it prints, read."""
        return json.loads(self.run(*arguments))


def flags(wish: Json) -> list[str]:
    """What the command line calls a wish."""
    words: list[str] = []
    for name in ("category", "platform", "capability"):
        words += [word for value in wish.get(name, []) for word in (f"--{name}", value)]
    if wish.get("level"):
        words += [word for level in LEVELS[wish["level"] - 1:] for word in ("--level", level)]
    for name in ("metric", "rollup"):
        words += [f"--{name}", wish[name]] if wish.get(name) else []
    if wish.get("framework_name"):
        words += ["--framework", wish["framework_name"]]
    return words


def percent(n: int, of: int) -> str:
    """A percentage as the pages write it, halves to even, worked out apart from them."""
    if of == 0:
        return "–"
    if n in (0, of):
        return f"{100 * n // of}\u00a0%"
    value = 100 * n / of
    if value < 1:
        return f"{max(value, 0.1):.1f}\u00a0%"
    return f"{min(value, 99.9):.1f}\u00a0%" if value > 99 else f"{value:.0f}\u00a0%"


def figures(rows: list[Json], is_counted: bool) -> str:
    """The line of figures that the command line's rows make."""
    active = [row for row in rows if row["fate"] == "active"]
    mapped = [row for row in active if row["capability_count"]]
    line = f"{len(mapped):,} of {len(active):,} techniques and sub-techniques mapped ({percent(len(mapped), len(active))})"
    if not is_counted:
        points = sum(row["own"] or 0 for row in mapped)
        line += f", weighted {percent(points, 100 * len(active))} ({points:,} of {100 * len(active):,} points)"
    return line


class Report:
    """A report with the sources that it was made of."""

    def __init__(self, command: Command, out: Path, name: str, *arguments: str) -> None:
        self.command, self.name, self.arguments = command, name, arguments
        self.page = (out / f"{name}.html").resolve()
        self.layers = out / "layers"
        self.layers.mkdir(parents=True, exist_ok=True)
        command.run("report", *arguments, "-q", "--force", "-o", str(self.page))
        text = self.page.read_text(encoding="utf-8")
        self.facts = json.loads(re.search(r'id="explorer-data">(.*?)</script>', text, re.S)[1])
        self.scored = any(one["scored"] for one in self.facts["frameworks"])

    def rows(self, wish: Json) -> list[Json]:
        """Every technique in scope, as the command line scores it; `own` leaves the roll-up out."""
        rows = self.command.json("query", "techniques", *self.arguments, "--all", "--format", "json", *flags(wish))
        own = rows
        if wish.get("rollup", "none") != "none":
            plain = {**wish, "rollup": "none"}
            own = self.command.json("query", "techniques", *self.arguments, "--all", "--format", "json", *flags(plain))
        scores = {row["id"]: row["score"] for row in own}
        return [{**row, "own": scores.get(row["id"])} for row in rows]

    def layer(self, wish: Json) -> Json:
        """The layer that the command line makes."""
        color = ["--color-by", wish["color"]] if wish.get("color") else []
        return self.command.json("layer", *self.arguments, *flags(wish), *color, "-q", "-o", "-")


class Checker:
    """Opens reports and collects what is wrong with them."""

    def __init__(self, browser: Browser, axe: str | None, shots: Path | None) -> None:
        self.browser, self.driver, self.axe, self.shots = browser, browser.driver, axe, shots
        self.asked = 0

    def open(self, page: Path, width: int = 1440, scheme: str = "light", scripts: bool = True, hash: str = "") -> list[str]:
        """Load a report and wait until its explorer is there."""
        problems = self.browser.open(page, width, scheme, scripts)
        if hash:
            self.driver.get("about:blank")
            self.driver.get(page.as_uri() + hash)
        if scripts:
            self.wait("return Boolean(document.querySelector('[data-explorer]').dataset.ready)", "the explorer is not made")
        return problems

    def wait(self, script: str, problem: str) -> None:
        """Until something holds."""
        for _ in range(200):
            if self.driver.execute_script(script):
                return
            time.sleep(0.02)
        raise AssertionError(problem)

    def work(self, **wish: Json) -> Json:
        """Set the controls; what then stands there."""
        self.asked += 1
        seen = self.driver.execute_async_script(DRIVER, wish)
        if "error" in seen:
            raise AssertionError(f"{wish}: {seen['error']}")
        return seen

    def one(self, selector: str) -> Any:
        """The first element of the explorer that is so."""
        return self.driver.find_element(By.CSS_SELECTOR, f"[data-explorer] {selector}".strip())

    def press(self, *keys: str) -> None:
        """Keys, at whatever has the focus."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self) -> Json:
        """The technique's id and the tactic of the cell that has the focus, and what it says of being open."""
        return self.driver.execute_script(
            "const cell = document.activeElement.closest('.cell');"
            "return cell && [cell.querySelector('i').textContent, cell.closest('.column').firstChild.firstChild.data.trim(),"
            " cell.getAttribute('aria-expanded')]")

    def violations(self) -> list[str]:
        """What axe-core finds in the page as it stands."""
        self.browser.command("Runtime.evaluate", expression=self.axe)
        return self.driver.execute_async_script(AXE)

    # Numbers

    def numbers(self, report: Report, wishes: list[Json], rollup: str = "none") -> Iterator[str]:
        """What the page shows and gives is what the command line says."""
        self.open(report.page)
        for place, wish in enumerate(wishes):
            seen = self.work(**wish, layer=True, expand=True)
            said = {**wish, "rollup": rollup}
            rows, layer = report.rows(said), report.layer(said)
            counted = {"name": "metric", "value": "count"} in layer["metadata"]
            where = f"{report.name} {wish}"
            line = seen["figures"].removeprefix("Together ")
            if not line.startswith(figures(rows, counted) + "."):
                yield f"{where}: figures {line!r}, not {figures(rows, counted)!r}"
            yield from (f"{where}: {one}" for one in self.same_layer(seen["layer"], layer))
            if len(wish.get("capability", [])) < 2:
                yield from (f"{where}: {one}" for one in self.same_cells(seen["boards"][0]["cells"], rows))
            else:
                for side, capability in zip(seen["boards"], wish["capability"], strict=True):
                    alone = report.rows({**said, "capability": [capability]})
                    yield from (f"{where}, {capability}: {one}" for one in self.same_cells(side["cells"], alone))
                    if figures(alone, counted) != side["told"]:
                        yield f"{where}, {capability}: {side['told']!r}, not {figures(alone, counted)!r}"
            if place % 9 == 0:
                target = report.layers / f"{report.name}-{place}.json"
                target.write_text(json.dumps(seen["layer"]), encoding="utf-8")

    @staticmethod
    def same_cells(cells: list[Json], rows: list[Json]) -> Iterator[str]:
        """Each technique in scope has a cell in each of its tactics, with its score and state."""
        shown = {}
        for id, style, score, label, _ in cells:
            state = next((name for name in ("not-covered", "not-mappable", "not-assessed", "out-of-scope") if name in style), "covered")
            known = shown.setdefault(id, (state.replace("-", " "), score))
            if known != (state.replace("-", " "), score):
                yield f"{id} looks different from tactic to tactic"
        told = {row["id"]: (row["state"], row["score"]) for row in rows if row["fate"] == "active"}
        outside = {id for id, (state, _) in shown.items() if state == "out of scope"}
        for id in sorted(told.keys() ^ (shown.keys() - outside)):
            yield f"{id} is in {'no cell' if id in told else 'a cell'}"
        for id in sorted(told.keys() & shown.keys()):
            if told[id] != shown[id]:
                yield f"{id} shows {shown[id]}, not {told[id]}"
        counts = {row["id"]: len(row["tactics"]) for row in rows}
        for id in sorted(told.keys() & shown.keys()):
            if (found := sum(cell[0] == id for cell in cells)) != counts[id]:
                yield f"{id} stands in {found} tactics, not {counts[id]}"

    @staticmethod
    def same_layer(given: Json, made: Json) -> Iterator[str]:
        """The two layers say the same."""
        def told(layer: Json) -> Json:
            return {(one["techniqueID"], one.get("tactic")): (one.get("score"), one.get("color")) for one in layer["techniques"]}
        given_told, made_told = told(given), told(made)
        for key in sorted(given_told.keys() | made_told.keys(), key=str):
            if given_told.get(key) != made_told.get(key):
                yield f"layer: {key} is {given_told.get(key)}, not {made_told.get(key)}"
        for name in ("domain", "versions", "gradient", "legendItems", "filters", "sorting"):
            if given.get(name) != made.get(name):
                yield f"layer: {name} is {given.get(name)}, not {made.get(name)}"
        comments = [{one["techniqueID"]: one.get("comment") for one in layer["techniques"]} for layer in (given, made)]
        for id in sorted(comments[0].keys() & comments[1].keys()):
            if comments[0][id] != comments[1][id] and not str(comments[1][id]).startswith("Not assessed"):
                yield f"layer: {id} says {comments[0][id]!r}, not {comments[1][id]!r}"


def product(report: Report, every: int) -> list[Json]:
    """Wishes of every kind, one of so many of all."""
    used = {place for technique in report.facts["techniques"] for place in technique[3]}
    platforms = [name for place, name in enumerate(report.facts["platforms"]) if place in used]
    ids = [one["id"] for one in report.facts["capabilities"]]
    picks = ([], ids[3:4], [ids[0], ids[-1]])
    if not report.scored:
        return [{"platform": platform, "capability": capability}
                for platform, capability in itertools.product(([], platforms[:1], platforms[1:4]), picks)][::every]
    wishes = itertools.product(METRICS, ([], ["Protect"], ["Detect"], ["Detect", "Respond"]), (0, 1, 2, 3),
                               ([], platforms[:1], platforms[1:4]), picks, ("score", "category"))
    names = ("metric", "category", "level", "platform", "capability", "color")
    return [dict(zip(names, wish, strict=True)) for wish in wishes][::every]


def timings(checker: Checker, report: Report) -> str:
    """Medians of ten, in milliseconds."""
    paint, ready, change = [], [], []
    for _ in range(10):
        checker.open(report.page)
        checker.wait("return performance.getEntriesByName('first-contentful-paint').length", "nothing is painted")
        first, made = checker.driver.execute_script(
            "return [performance.getEntriesByName('first-contentful-paint')[0].startTime,"
            " Number(document.querySelector('[data-explorer]').dataset.ready)]")
        paint.append(first)
        ready.append(made)
        change.append(checker.driver.execute_script(
            "const box = document.querySelector(\"[data-categories] input\") || document.querySelector(\"[data-show]\");"
            "const before = performance.now(); box.click(); document.querySelector('[data-boards]').getBoundingClientRect();"
            "return performance.now() - before"))
    medians = [statistics.median(each) for each in (paint, ready, change)]
    return "{}: first paint {:.0f} ms, explorer there after {:.0f} ms, a filter with layout {:.0f} ms".format(report.name, *medians)


def main() -> int:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("navlayer", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--hostile", type=Path, help="a mapping file that hostile.py wrote")
    parser.add_argument("--corpus", type=Path, help="a folder of published mappings of Mappings Explorer")
    parser.add_argument("--axe", type=Path, help="axe-core's axe.min.js; without it accessibility is not checked")
    parser.add_argument("--shots", type=Path, help="write pictures into this folder")
    parser.add_argument("--every", type=int, default=31, help="of all combinations of filters, try one of so many")
    parser.add_argument("--self-test", action="store_true", help="also prove that the checks can fail")
    arguments = parser.parse_args()
    started = time.monotonic()
    command = Command(arguments.navlayer.resolve())
    arguments.out.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    axe = arguments.axe.read_text(encoding="utf-8") if arguments.axe else None
    with Browser() as browser:
        checker = Checker(browser, axe, arguments.shots)
        aws = Report(command, arguments.out, "aws")
        for check in report_hands.ALL:
            problems += [f"{check.__name__}: {one}" for one in check(checker, aws)]
        problems += checker.numbers(aws, product(aws, arguments.every))
        reports = [aws]
        # Within filters of the page, with a roll-up from what they leave out.
        rolled = Report(command, arguments.out, "rolled", "--kind", "technique", "--rollup", "mean")
        rolled.arguments = ("--kind", "technique")
        problems += checker.numbers(rolled, product(rolled, arguments.every * 10), "mean")
        if arguments.corpus:
            for name, file in CORPUS.items():
                reports.append(Report(command, arguments.out, name, str(arguments.corpus / file)))
                problems += checker.numbers(reports[-1], product(reports[-1], arguments.every * 7 if reports[-1].scored else 2))
        if arguments.hostile:
            report = Report(command, arguments.out, "hostile", str(arguments.hostile))
            problems += [f"hostile: {one}" for one in report_hands.harmless(checker, report)]
        if arguments.self_test:
            problems += report_self_test.run(checker, aws)
        for report in reports:
            print(timings(checker, report))
    for problem in dict.fromkeys(problems):
        print(problem[:600], file=sys.stderr)
    outcome = f"{len(dict.fromkeys(problems))} problems" if problems else "no problem"
    without = "" if axe else ", accessibility NOT checked (no --axe)"
    print(f"{checker.asked} settings of the explorer in {time.monotonic() - started:.0f} s: {outcome}{without}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
