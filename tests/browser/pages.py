"""What can be said of a site's pages without a browser: links, titles, forbidden markup.

Each check yields problems as sentences; no problem means that the page is sound.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADING = {("img", "src"), ("script", "src"), ("link", "href"), ("iframe", "src"), ("source", "srcset"), ("image", "href")}
"""Attributes that make the browser fetch something."""

FORBIDDEN = {"iframe", "object", "embed", "base", "frame", "applet"}
EXECUTABLE = {"", "text/javascript", "module", "application/javascript"}
CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
SAFE_NAME = re.compile(r"[A-Za-z0-9._-]{1,200}")


@dataclass
class Page(HTMLParser):
    """One parsed page: only what the checks ask for."""

    path: Path
    title: str = ""
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    resources: list[str] = field(default_factory=list)
    scripts: set[str] = field(default_factory=set)
    text: str = ""
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        self._executable = False
        raw = self.path.read_bytes()
        if CONTROLS.search(raw):
            self.problems.append(f"{self.path}: holds control characters")
        self.feed(raw.decode("utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note ids, links, resources and what must not be there."""
        given = {name: value or "" for name, value in attrs}
        if tag in FORBIDDEN or (tag == "meta" and given.get("http-equiv", "").lower() == "refresh"):
            self.problems.append(f"{self.path}: holds <{tag}>")
        for name, value in given.items():
            if name.startswith("on"):
                self.problems.append(f"{self.path}: <{tag}> has the event handler {name}")
            if (tag, name) in LOADING:
                self.resources.append(value)
            elif name in ("href", "xlink:href", "action", "formaction", "src"):
                self.links.append(value)
        if given.get("id"):
            if given["id"] in self.ids:
                self.problems.append(f"{self.path}: the id {given['id']} stands twice")
            self.ids.add(given["id"])
        if tag in ("script", "style", "title"):
            self._open.append(tag)
            self._executable = tag == "script" and given.get("type", "") in EXECUTABLE

    def handle_endtag(self, tag: str) -> None:
        """Leave script, style or title."""
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Sort text into title, script and what people read."""
        inside = self._open[-1] if self._open else ""
        if inside == "title":
            self.title += data
        elif inside == "script" and self._executable:
            self.scripts.add(data)
        elif not inside:
            self.text += data


def check_resources(page: Page) -> Iterator[str]:
    """A page is one file: it fetches nothing."""
    for address in page.resources:
        if not address.startswith("data:image/"):
            yield f"{page.path}: fetches {address[:100]!r}"


def check_links(page: Page, site: Path, pages: dict[Path, Page]) -> Iterator[str]:
    """Relative links lead to files of the site, anchors included; all others are http or https."""
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            if parts.scheme not in ("http", "https") or not parts.hostname:
                yield f"{page.path}: link to {link[:100]!r}"
            continue
        target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
        if site not in target.parents or not target.is_file():
            yield f"{page.path}: dead link {link[:100]!r}"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
            yield f"{page.path}: no {parts.fragment[:60]!r} to jump to in {target.name}"


def check_titles(pages: Iterable[Page]) -> Iterator[str]:
    """Each page has its own title: tabs and history are told apart by it."""
    paths = defaultdict(list)
    for page in pages:
        paths[page.title.strip()].append(page.path)
    for title, same in paths.items():
        if not title:
            yield f"{same[0]}: no title"
        elif len(same) > 1:
            yield f"{same[0]} and {same[1]}: the same title {title[:60]!r}"


def check_names(site: Path) -> Iterator[str]:
    """File names that every system, archive and web server takes; no two that differ only in case."""
    seen: dict[str, Path] = {}
    for path in sorted(site.rglob("*")):
        if not SAFE_NAME.fullmatch(path.name) or path.is_symlink():
            yield f"{path}: not a safe file name"
        folded = str(path.relative_to(site)).lower()
        if folded in seen:
            yield f"{path} and {seen[folded].name} differ only in case"
        seen[folded] = path


def read_site(site: Path) -> dict[Path, Page]:
    """All pages of a site by path."""
    return {path: Page(path) for path in sorted(site.resolve().rglob("*.html"))}


def check_pages(site: Path, pages: dict[Path, Page]) -> list[str]:
    """All problems that hold for every site, hostile or not."""
    problems = [problem for page in pages.values() for problem in page.problems]
    for page in pages.values():
        problems += check_resources(page)
        problems += check_links(page, site.resolve(), pages)
    return problems + list(check_names(site))


def check_hostile(site: Path, pages: dict[Path, Page], scripts: set[str], shown: list[str]) -> Iterator[str]:
    """Nothing of a hostile mapping became markup, left the folder, or was swallowed."""
    for page in pages.values():
        if not page.scripts <= scripts:
            yield f"{page.path}: holds a script that is not the site's own"
    text = "\n".join(page.text for page in pages.values())
    yield from (f"{site}: nowhere shown as text: {wanted!r}" for wanted in shown if wanted not in text)
    for outside in (site.parent, site.parent.parent):
        for name in ("x", "x.html", "x.json", "evil", "evil.json"):
            if (outside / name).exists():
                yield f"{outside / name}: written outside of the site"
