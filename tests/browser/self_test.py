"""A small sound site, and the ways to break it that the checks must notice."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import hostile
import pages as static

if TYPE_CHECKING:
    from check_site import Checker

STYLE = """
:root { color-scheme: light dark }
body { margin: 1rem; background: #fff; color: #111; font: 1rem sans-serif; overflow-wrap: anywhere }
.matrix { overflow-x: auto } .matrix table { width: 1200px }
@media (prefers-color-scheme: dark) { body { background: #111; color: #eee } a { color: #9cf } }
@media print { .matrix { overflow: visible } .matrix table { width: 100% } }
.no-script button { display: none }
"""
SCRIPT = """
document.documentElement.classList.remove("no-script");
document.querySelector("button").addEventListener("click", () => {
  for (const one of document.querySelectorAll("details")) one.open = true;
});
"""
INDEX = f"""<!doctype html>
<html lang="en" class="no-script"><head><meta charset="utf-8"><title>Coverage</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<style>{STYLE}</style></head>
<body><main><h1>Coverage</h1>
<p><a href="capabilities/one.html">One</a> <a href="https://attack.mitre.org/techniques/T1078/">T1078</a></p>
<section><h2>Matrix</h2><button type="button">Expand all</button>
<div class="matrix" tabindex="0" role="region" aria-label="Matrix"><table><tr><th scope="col">Initial Access</th>
<th scope="col">Impact</th></tr><tr><td><details><summary>T1078</summary><p>T1078.004</p></details></td>
<td>T1485</td></tr></table></div>
<svg role="img" aria-label="Bar" width="20" height="20"><rect width="20" height="20"/></svg></section>
</main><script>{SCRIPT}</script></body></html>
"""
OTHER = INDEX.replace("Coverage", "One").replace("capabilities/one.html", "../index.html")

Change = Callable[[str], str]


def put(old: str, new: str) -> Change:
    """Replace a part that must be there."""

    def change(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return change


def before_end(markup: str) -> Change:
    """Add markup at the end of main."""
    return put("</main>", f"{markup}</main>")


BREAKAGES: dict[str, tuple[Change, str]] = {
    "console error": (put("<script>", "<script>console.error('x');"), "console:"),
    "exception": (put("<script>", "<script>setTimeout(() => { throw Error('x') });"), "console:"),
    "CSP violation": (before_end('<img src="https://example.org/x.png" alt="">'), "console:"),
    "request": (put("default-src 'none'", "default-src *"), ""),
    "external style sheet": (put("</head>", '<link rel="stylesheet" href="https://example.org/x.css"></head>'), "fetches"),
    "wide block": (before_end('<div style="width:700px">wide</div>'), "scrolls sideways"),
    "wide block hidden": (lambda t: put("overflow-wrap", "overflow-x:hidden;overflow-wrap")(
        before_end('<div style="width:700px">wide</div>')(t)), "sticks out"),
    "dead link": (put("capabilities/one.html", "capabilities/two.html"), "dead link"),
    "dead anchor": (put("capabilities/one.html", "capabilities/one.html#two"), "to jump to"),
    "link out of the site": (put("capabilities/one.html", "../../x.html"), "dead link"),
    "script link": (before_end('<a href="javascript:alert(1)">x</a>'), "link to 'javascript"),
    "data link": (before_end('<a href="data:text/html,x">x</a>'), "link to 'data"),
    "event handler": (before_end('<p onclick="alert(1)">x</p>'), "event handler onclick"),
    "frame": (before_end('<iframe title="x"></iframe>'), "holds <iframe>"),
    "same title": (put("<title>Coverage", "<title>One"), "the same title"),
    "script of the mapping": (put("<script>", "<script>window.pwned = 1;"), "a script of the mapping ran"),
    "control character": (before_end("<p>\x07</p>"), "control characters"),
    "no expand button": (put("Expand all", "Something"), "no button Expand all"),
    "dead expand button": (put("one.open = true", "one.title = 1"), "Expand all leaves"),
    "button without scripts": (put(".no-script button", ".no-such button"), "cannot work without scripts"),
    "keyboard disabled": (put("<script>", "<script>addEventListener('keydown', (e) => e.preventDefault(), true);"), "Enter does not"),
    "no dark": (put("prefers-color-scheme: dark", "prefers-color-scheme: none"), "same background"),
    "heading left out": (put("<h2>Matrix</h2>", "<h3>Matrix</h3>"), "follows h1"),
    "two h1": (put("<h2>Matrix</h2>", "<h1>Matrix</h1>"), "with 2 h1"),
    "image without a name": (put(' aria-label="Bar"', ""), "has no name"),
    "cut in print": (put("@media print { .matrix { overflow: visible } .matrix table { width: 100% } }", ""), "is cut"),
    "lost in print": (put("</main>", '</main><div style="position:absolute;left:-900px">T1499</div>'), "not on paper"),
    "weak contrast": (put("color: #111;", "color: #bbb;"), "axe: color-contrast"),
    "weak contrast in the dark": (put("color: #eee", "color: #333"), "axe: color-contrast"),
    "language missing": (put(' lang="en"', ""), "axe: html-has-lang"),
}
"""What is broken, how, and what the checks must say; `request` needs the violation's own image, see `broken`."""


def broken(name: str, change: Change) -> str:
    """The index with one thing broken."""
    text = change(INDEX)
    if name == "request":
        text = before_end('<p style="background:url(https://example.org/x.png)">x</p>')(text).replace("img-src data:", "img-src *")
    return text


def problems_of(checker: Checker, folder: Path, index: str) -> list[str]:
    """Write the site, check its index."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "capabilities").mkdir(parents=True)
    (folder / "index.html").write_text(index, encoding="utf-8")
    (folder / "capabilities" / "one.html").write_text(OTHER, encoding="utf-8")
    pages = static.read_site(folder)
    problems = static.check_pages(folder, pages) + list(static.check_titles(pages.values()))
    return problems + checker.page(folder / "index.html", index=True)


def hostile_problems(folder: Path) -> list[str]:
    """A site that took a hostile mapping at its word."""
    site = folder / "site"
    site.mkdir(parents=True)
    (site / "index.html").write_text(f"<!doctype html><title>x</title>{hostile.SCRIPT}", encoding="utf-8")
    (folder / "x.html").write_text("", encoding="utf-8")
    return list(static.check_hostile(site, static.read_site(site), set(), hostile.SHOWN))


def run(checker: Checker) -> int:
    """Whether the sound site passes and each broken one fails for its own reason."""
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        wrong += [f"sound site: {problem}" for problem in problems_of(checker, folder / "sound", INDEX)]
        cases = {n: case for n, case in BREAKAGES.items() if checker.axe or not case[1].startswith("axe")}
        for title, (change, said) in cases.items():
            problems = problems_of(checker, folder / "broken", broken(title, change))
            if not any((said or "request:") in problem for problem in problems):
                wrong.append(f"not noticed: {title}; instead {problems[:2]}")
        said = " ".join(hostile_problems(folder / "hostile"))
        for part in ("not the site's own", "nowhere shown", "written outside"):
            if part not in said:
                wrong.append(f"hostile site: not noticed: {part}")
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"self-test: {len(cases)} broken pages, " + (f"{len(wrong)} wrong" if wrong else "all noticed"))
    return 1 if wrong else 0
