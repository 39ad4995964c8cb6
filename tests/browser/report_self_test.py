"""Reports that are broken in one way each, all of which the checks of the explorer must notice."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import report_hands

if TYPE_CHECKING:
    from check_report import Checker, Report

WISHES = [
    {"metric": "mean", "category": ["Protect", "Detect"], "level": 2, "platform": ["IaaS"], "capability": []},
    {"metric": "balanced", "category": [], "level": 0, "platform": [], "capability": ["aws_config", "amazon_guardduty"]},
]

# What breaks, the text of the page and what takes its place, and which check is to notice.
BREAKS = [
    ("scores are cut, not rounded", "Math.floor(score + 0.5)", "Math.floor(score)", "numbers"),
    ("the lowest level is not asked for", "let level = wish.level;", "let level = 0;", "numbers"),
    ("a mean is over all capabilities", "score, 0) / scores.length;\n    if (metric", "score, 0) / entries.length;\n    if (metric", "numbers"),
    ("platforms leave out those that have them", "technique.platforms.some(", "technique.platforms.every(", "numbers"),
    ("a percentage is of what is mapped", "explorer.percent(sums.mapped, sums.of)", "explorer.percent(sums.mapped, sums.mapped)", "numbers"),
    ("layers have ATT&CK's whole version", "versions: { attack: attack.major", "versions: { attack: attack.version", "numbers"),
    ("down leads too far", "return own[at + 1]", "return own[at + 2]", "keys"),
    ("Escape leaves the address", "if (!isFollowed) address(false)", "", "panel"),
    ("an address opens nothing", "panel.follow();", "", "panel"),
    ("the page's words are left out", 'querySelectorAll(".mapping") : []', 'querySelectorAll(".none") : []', "panel"),
    ("the search does not know capabilities", "...names].join", "].join", "controls"),
    ("ids stay", ".no-ids .cell i", ".no-ids .cell u", "controls"),
    ("a link to a view shows another", 'names.indexOf(value)', 'names.indexOf(value + "s")', "address"),
    ("sides scroll apart", "one.scroll.scrollLeft = leader.scrollLeft", "one.scroll.scrollTop = 0", "controls"),
    ("the explorer is printed", "@media print { .explorer { display: none", "@media print { .explorer-none { display: none", "presence"),
]


def run(checker: Checker, report: Report) -> Iterator[str]:
    """What is not noticed."""
    source = report.page.read_text(encoding="utf-8")
    # The policy knows the page's own script alone.
    bare = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", source)
    for what, old, new, check in BREAKS:
        if old not in bare:
            yield f"self-test: {what}: the page does not have {old!r}"
            continue
        broken = copy.copy(report)
        broken.page = report.page.with_name("broken.html")
        broken.page.write_text(bare.replace(old, new), encoding="utf-8")
        try:
            found = checker.numbers(broken, WISHES) if check == "numbers" else getattr(report_hands, check)(checker, broken)
            noticed = next(iter(found), None)
        except AssertionError as error:
            noticed = str(error)
        if noticed is None:
            yield f"self-test: not noticed: {what}"
