"""The explorer of a report under the keyboard, the mouse, a screen reader's rules and hostile texts."""

from __future__ import annotations

import json
import time
import xml.dom.minidom
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import hostile

if TYPE_CHECKING:
    from check_report import Checker, Report

SMALL = """
return [...document.querySelectorAll("[data-explorer] :is(button, select, summary, input, label, .twist)")]
  .filter((one) => one.checkVisibility() && !(one.type === "checkbox" && one.closest("label")) && !one.closest(".panel .words"))
  .map((one) => [one, (one.localName === "input" && one.closest("label") ? one : one).getBoundingClientRect()])
  .filter(([, box]) => box.height < 31.5)
  .map(([one, box]) => `${one.localName} ${one.textContent.trim().slice(0, 30)} is ${Math.round(box.height)} px high`).slice(0, 3);
"""
TEXTS = """
const id = arguments[0];
const clean = (text) => text.replace(/\\s+/g, " ").trim();
const entries = [...document.querySelectorAll(`main .entry[data-technique="${id}"] .mapping`)].filter((one) => !one.closest("[data-panel]"));
const panel = [...document.querySelectorAll("[data-panel] .maps .mapping")];
return [entries, panel].map((all) => all.map((one) => clean(one.textContent)).sort());
"""
LINKS = "return [...document.querySelectorAll('[data-explorer] a')].map((one) => one.getAttribute('href'))"


def expect(seen: Any, wanted: Any, what: str) -> Iterator[str]:
    """A problem, unless what is seen is what is wanted."""
    if seen != wanted:
        yield f"{what}: {seen!r}, not {wanted!r}"


def presence(checker: Checker, report: Report) -> Iterator[str]:
    """With a script the explorer takes the static heatmap's place on screen, not on paper; without one nothing of it is there."""
    look = """
const shown = (selector) => { const one = document.querySelector(selector); return Boolean(one) && one.checkVisibility(); };
return [shown("[data-explorer]"), shown("[data-static-matrix] .matrix")];
"""
    yield from checker.open(report.page)
    yield from expect(checker.driver.execute_script(look), [True, False], "on screen (explorer, static)")
    checker.browser.media("light", "print")
    yield from expect(checker.driver.execute_script(look), [False, True], "on paper (explorer, static)")
    yield from checker.open(report.page, scripts=False)
    yield from expect(checker.driver.execute_script(look), [False, True], "without scripts (explorer, static)")
    yield from (f"without scripts there is {one}" for one in checker.browser.facts()["controls"])


def keys(checker: Checker, report: Report) -> Iterator[str]:
    """The grid is one stop of the tab key; all else is done with other keys."""
    checker.open(report.page)
    stops = checker.driver.execute_script("return document.querySelectorAll('.cell[tabindex=\"0\"]').length")
    yield from expect(stops, 1, "cells in the tab order")
    first = checker.one(".cell[tabindex='0']")
    first.send_keys(Keys.CONTROL + Keys.HOME)
    at = checker.focused()
    yield from expect(at and at[1], "Reconnaissance", "Ctrl+Home leads to tactic")
    walk = [
        ((Keys.ARROW_DOWN,), lambda a, b: a[0] != b[0] and a[1] == b[1], "down stays in the tactic"),
        ((Keys.ARROW_UP,), lambda a, b: a[0] != b[0] and a[1] == b[1], "up stays in the tactic"),
        ((Keys.ARROW_RIGHT,), lambda a, b: a[1] != b[1], "right leads to the next tactic"),
        ((Keys.END,), lambda a, b: a[1] == b[1] and a[0] != b[0], "End leads to the tactic's last"),
        ((Keys.HOME,), lambda a, b: a[1] == b[1] and a[0] != b[0], "Home leads to the tactic's first"),
        ((Keys.ARROW_LEFT,), lambda a, b: a[1] != b[1], "left leads to the tactic before"),
    ]
    for pressed, holds, what in walk:
        before = checker.focused()
        checker.press(*pressed)
        after = checker.focused()
        if not (before and after and holds(before, after)):
            yield f"keys: {what} does not hold: {before} to {after}"
    # The first technique of Reconnaissance has sub-techniques.
    checker.press(Keys.HOME)
    parent = checker.focused()
    for key, state in (("+", "true"), ("-", "false"), (Keys.SPACE, "true"), (Keys.SPACE, "false"), ("+", "true")):
        checker.press(key)
        yield from expect(checker.focused(), [*parent[:2], state], f"{key!r} leaves")
    checker.press(Keys.ARROW_DOWN)
    yield from expect(checker.focused()[0], f"{parent[0]}.001", "below an open technique stands")
    checker.press("-")
    yield from expect(checker.focused(), [*parent[:2], "false"], "minus on a sub-technique leads to its technique")
    checker.press("/")
    yield from expect(checker.driver.switch_to.active_element.get_attribute("data-find"), "", "the slash leads to the search")
    checker.press("/")
    yield from expect(checker.one("[data-find]").get_attribute("value"), "/", "in the search a slash is a slash")
    roles = checker.driver.execute_script(
        "const grid = document.querySelector('[role=grid]');"
        "return [Boolean(grid.getAttribute('aria-label')), [...grid.children].every((row) => row.getAttribute('role') === 'row'"
        " && [...row.children].every((cell) => /^(rowheader|gridcell)$/.test(cell.getAttribute('role'))))]")
    yield from expect(roles, [True, True], "the grid's name and roles")


def panel(checker: Checker, report: Report) -> Iterator[str]:
    """Enter and a click open the panel, Escape and Back close it, an address opens it; it has the page's own words."""
    driver = checker.driver
    state = "const one = document.querySelector('[data-panel]'); return [!one.hidden, location.hash, one.contains(document.activeElement)]"
    checker.open(report.page)
    checker.one(".cell[tabindex='0']").send_keys(Keys.CONTROL + Keys.HOME)
    at = checker.focused()
    checker.press(Keys.ENTER)
    yield from expect(driver.execute_script(state), [True, f"#{at[0]}", True], "Enter (open, address, focus)")
    checker.press(Keys.ESCAPE)
    yield from expect(driver.execute_script(state), [False, "", False], "Escape (open, address, focus)")
    yield from expect(checker.focused(), at, "after Escape the focus is on")
    driver.execute_script("arguments[0].scrollIntoView({ block: 'center' })", checker.one(".cell .name"))
    checker.one(".cell .name").click()
    yield from expect(driver.execute_script(state)[0], True, "a click opens it")
    driver.back()
    checker.wait("return document.querySelector('[data-panel]').hidden", "Back does not close the panel")
    checker.one(".cell .twist").click()
    yield from expect(driver.execute_script(state)[0], False, "a click on the mark of sub-techniques opens the panel")
    if not driver.execute_script("return Boolean(document.querySelector('.cell.sub:not([hidden])'))"):
        yield "a click on the mark of sub-techniques does not show them"
    mapped = [row["id"] for row in report.rows({}) if row["capability_count"] and row["fate"] == "active"]
    for id in (mapped[0], next(id for id in mapped if "." in id)):
        checker.open(report.page, hash=f"#{id}")
        yield from expect(driver.execute_script(state), [True, f"#{id}", True], f"#{id} (open, address, focus)")
        place = driver.execute_script(
            "const cell = document.querySelector('.cell[tabindex=\"0\"]'); const box = cell.getBoundingClientRect();"
            "return [cell.querySelector('i').textContent, box.top >= 0 && box.bottom <= innerHeight]")
        yield from expect(place, [id, True], f"#{id} leads to the cell (id, in sight)")
        marked = driver.execute_script("return [...document.querySelectorAll('.cell[aria-current] i')].map((one) => one.textContent)")
        yield from expect(set(marked), {id}, f"#{id} marks")
        entries, words = driver.execute_script(TEXTS, id)
        yield from expect(words, entries, f"the panel of {id} says")
        if not words:
            yield f"the panel of {id} has no mapping"
        text = checker.one("[data-panel]").text
        for wanted in (id, "attack.mitre.org", "Tactics", "Platforms", "Layered score" if report.scored else "Number of capabilities"):
            if wanted not in text:
                yield f"the panel of {id} does not have {wanted!r}"
    # Where the page speaks of a technique, the panel opens and gives the focus back.
    link = driver.find_element(By.CSS_SELECTOR, f"main .entry a[href='#{mapped[0]}']")
    driver.execute_script("arguments[0].scrollIntoView({ block: 'center' })", link)
    link.send_keys(Keys.ENTER)
    yield from expect(driver.execute_script(state), [True, f"#{mapped[0]}", True], "a link of the page (open, address, focus)")
    checker.press(Keys.ESCAPE)
    back = driver.execute_script("return document.activeElement.getAttribute('href')")
    yield from expect(back, f"#{mapped[0]}", "after a link's panel the focus is on")


def controls(checker: Checker, report: Report) -> Iterator[str]:
    """Search, show, expand, picks, sides."""
    driver = checker.driver
    checker.open(report.page)
    plain = checker.work()
    by_id = checker.work(find="T1110")
    yield from expect(sorted({cell[0].split(".")[0] for cell in by_id["boards"][0]["cells"]}), ["T1110"], "a search for an id finds")
    facts = json.loads(driver.execute_script("return document.getElementById('explorer-data').textContent"))
    busiest = max(facts["capabilities"], key=lambda one: len(one["maps"]))
    by_name = checker.work(find=busiest["name"].lower(), expand=True)
    found = sum(1 for row in report.rows({}) if busiest["name"] in row["capabilities"] and row["fate"] == "active")
    if f"Found: {found} technique" not in by_name["figures"]:
        yield f"a search for a capability says {by_name['figures']!r}, not {found}"
    yield from expect(checker.work()["boards"], plain["boards"], "after a reset there is")
    opened = checker.work(expand=True)
    if len(opened["boards"][0]["cells"]) <= len(plain["boards"][0]["cells"]):
        yield "Expand all shows nothing more"
    checker.one("[data-expand='none']").click()
    left = driver.execute_script("return document.querySelectorAll('.cell.sub:not([hidden])').length")
    yield from expect(left, 0, "sub-techniques after Collapse all")
    for name, part in (("scores", "b"), ("ids", "i")):
        count = f"return [...document.querySelectorAll('.cell[data-score] {part}')].filter((one) => one.checkVisibility()).length"
        before = driver.execute_script(count)
        checker.one(f"[data-show='{name}']").click()
        yield from expect((before > 0, driver.execute_script(count)), (True, 0), f"without {name} there are")
        checker.one(f"[data-show='{name}']").click()
    picks = [one["id"] for one in facts["capabilities"][:4]]
    checker.work(capability=picks)
    free = driver.execute_script("return [...document.querySelectorAll(\"[data-pick='capabilities'] [type='checkbox']\")]"
                                 ".filter((one) => !one.disabled).length")
    yield from expect(free, 4, "boxes that can be ticked or not with four capabilities picked")
    sides = checker.work(capability=picks[:2], expand=True)["boards"]
    yield from expect(len(sides), 2, "boards of two capabilities")
    yield from expect([cell[0] for cell in sides[0]["cells"]], [cell[0] for cell in sides[1]["cells"]], "both sides have")
    opposite = {"only here": "elsewhere", "strongest": "less", "equal": "equal", "": ""}
    for one, other in zip(sides[0]["cells"], sides[1]["cells"]):
        if opposite.get(one[4], one[4]) != other[4] and opposite.get(other[4], other[4]) != one[4]:
            yield f"{one[0]} is {one[4]!r} on one side and {other[4]!r} on the other"
    driver.execute_script("document.querySelector('.board .scroll').scrollLeft = 200")
    time.sleep(0.3)
    lefts = driver.execute_script("return [...document.querySelectorAll('.board .scroll')].map((one) => one.scrollLeft)")
    if lefts[0] < 100 or lefts[0] != lefts[1]:
        yield f"sides do not scroll as one: {lefts}"
    yield from checker.browser.complaints(report.page)


def address(checker: Checker, report: Report) -> Iterator[str]:
    """The address tells the view, and leads to it; what it says wrong does nothing."""
    driver = checker.driver
    here = "return decodeURIComponent(location.hash.replace(/\\+/g, ' '))"
    checker.open(report.page)
    picks = [one["id"] for one in report.facts["capabilities"][:2]]
    wish = {"capability": picks, "platform": ["Linux"], "find": "account", "expand": False}
    if report.scored:
        wish |= {"metric": "layered", "level": 2, "category": ["Detect"], "color": "category"}
    seen = checker.work(**wish)
    told = driver.execute_script(here)
    for part in ("#heatmap?", "platform=Linux", f"capability={picks[1]}", "find=account"):
        if part not in told:
            yield f"the address {told!r} does not say {part!r}"
    hash = driver.execute_script("return location.hash")
    state = """return [document.querySelector("[data-figures]").textContent,
      [...document.querySelectorAll(".column:not([hidden]) .cell:not([hidden])")].map((cell) => cell.querySelector("i").textContent).length]"""
    wanted = driver.execute_script(state)
    checker.open(report.page, hash=hash)
    yield from expect(driver.execute_script(state), wanted, "a link to a view leads to")
    yield from expect(driver.execute_script("return location.hash"), hash, "the address stays")
    one = seen["boards"][0]["cells"][0][0]
    checker.open(report.page, hash=hash.replace("heatmap", one))
    yield from expect(driver.execute_script(state), wanted, "a link to a technique in a view leads to")
    checker.press(Keys.ESCAPE)
    yield from expect(driver.execute_script("return location.hash"), hash, "after Escape the address is")
    checker.one("[data-reset]").click()
    yield from expect(driver.execute_script("return location.hash"), "", "after a reset the address is")
    plain = driver.execute_script(state)
    yield from checker.open(report.page, hash="#heatmap?metric=none&level=<b>&capability=x&platform=%E0%A4%A&category=1&framework=")
    yield from expect(driver.execute_script(state), plain, "an address that says nothing known leads to")
    checker.open(report.page, hash="#gaps")
    yield from expect(driver.execute_script("return location.hash"), "#gaps", "an address of another part stays")


def downloads(checker: Checker, report: Report) -> Iterator[str]:
    """What is saved arrives: the policy of the page does not stop it."""
    folder = report.page.parent / "saved"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    checker.open(report.page)
    checker.browser.command("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    for kind, ending in (("layer", "json"), ("svg", "svg")):
        checker.one(f"[data-save='{kind}']").click()
        for _ in range(100):
            if found := [one for one in folder.glob(f"*.{ending}") if one.stat().st_size]:
                break
            time.sleep(0.05)
        if not found:
            yield f"no {ending} file is saved"
        elif kind == "layer":
            json.loads(found[0].read_text(encoding="utf-8"))
        else:
            yield from drawing(found[0].read_text(encoding="utf-8"), checker.work())


def drawing(svg: str, seen: Any) -> Iterator[str]:
    """The picture is XML without a script, and has every cell that is on the screen."""
    parsed = xml.dom.minidom.parseString(svg.encode())
    if parsed.getElementsByTagName("script") or not parsed.getElementsByTagName("title"):
        yield "the picture has a script or no title"
    text = " ".join(node.firstChild.data for node in parsed.getElementsByTagName("text") if node.firstChild)
    missing = [cell[0] for board in seen["boards"] for cell in board["cells"] if cell[0] not in text]
    if missing:
        yield f"the picture lacks {missing[:5]} ({len(missing)})"


def looks(checker: Checker, report: Report) -> Iterator[str]:
    """Nothing sticks out at any width; what is touched is large enough; axe finds nothing."""
    for width in (400, 768, 1024, 1440, 2560, 3840):
        checker.open(report.page, width)
        if width == 400:
            checker.driver.execute_script("for (const one of document.querySelectorAll('.pick')) one.open = true")
        facts = checker.browser.facts()
        if facts["scrollWidth"] > facts["width"] + 1:
            yield f"at {width} px it is {facts['scrollWidth']} px wide"
        yield from (f"at {width} px: {one}" for one in facts["sticksOut"])
        yield from (f"at {width} px: {one}" for one in checker.driver.execute_script(SMALL))
        if checker.shots:
            checker.driver.execute_script("document.querySelector('[data-explorer]').scrollIntoView()")
            checker.shots.mkdir(parents=True, exist_ok=True)
            checker.driver.save_screenshot(str(checker.shots / f"{report.name}-{width}.png"))
    checker.browser.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    checker.driver.get(report.page.as_uri() + "#T1110")
    checker.wait("return !document.querySelector('[data-panel]').hidden", "the panel is not opened")
    name = checker.driver.execute_script("return getComputedStyle(document.querySelector('[data-panel]')).animationName")
    yield from expect(name, "none", "with reduced motion the panel's animation")
    if not checker.axe:
        return
    picks = [one["id"] for one in json.loads(checker.driver.execute_script(
        "return document.getElementById('explorer-data').textContent"))["capabilities"][:2]]
    # Contrast takes axe seconds over a whole heatmap, so that only two of these are of one.
    for what, scheme, width in (("closed", "light", 1440), ("closed", "dark", 1440), ("sides", "light", 1440),
                                ("sides", "dark", 400), ("panel", "light", 400), ("panel", "dark", 1440)):
        checker.open(report.page, width, scheme)
        if what != "closed":
            checker.work(find="T1110", capability=picks if what == "sides" else [], color="category" if report.scored else None)
        if what == "panel":
            checker.driver.execute_script("location.hash = '#T1110'")
            time.sleep(0.4)
        yield from (f"axe: {one} ({what}, {scheme}, {width} px)" for one in checker.violations())


def harmless(checker: Checker, report: Report) -> Iterator[str]:
    """Hostile texts do nothing but show, wherever the explorer shows them."""
    driver = checker.driver
    yield from checker.open(report.page)
    facts = json.loads(driver.execute_script("return document.getElementById('explorer-data').textContent"))
    if any(one in driver.page_source for one in (hostile.SCRIPT,)):
        yield "a script of the mapping is in the page as markup"
    for start in range(0, len(facts["capabilities"]), 4):
        picks = [one["id"] for one in facts["capabilities"][start:start + 4]]
        if len(set(picks)) < len(picks):
            continue
        seen = checker.work(capability=picks, expand=True, layer=True, svg=True)
        yield from drawing(seen["svg"], seen)
        driver.execute_script("location.hash = '#T1110.001'")
        checker.wait("return !document.querySelector('[data-panel]').hidden", "the panel is not opened")
    (report.layers / f"{report.name}.json").write_text(json.dumps(checker.work(layer=True)["layer"]), encoding="utf-8")
    shown = driver.execute_script("return document.querySelector(\"[data-pick='capabilities']\").textContent")
    names = [name for _, name in hostile.CAPABILITIES if name in hostile.SHOWN]
    yield from (f"{name!r} is not shown as it is" for name in names if name not in shown)
    for href in driver.execute_script(LINKS):
        if not href.startswith(("#", "https://", "http://")):
            yield f"a link leads to {href[:60]!r}"
    for width in (1440, 400):
        checker.browser.resize(width)
        facts = checker.browser.facts()
        if facts["scrollWidth"] > facts["width"] + 1:
            yield f"at {width} px it is {facts['scrollWidth']} px wide"
    if driver.execute_script("return window.pwned") is not None:
        yield f"a script of the mapping ran: {driver.execute_script('return window.pwned')}"
    yield from checker.browser.complaints(report.page)


ALL = (presence, keys, panel, controls, address, downloads, looks)
