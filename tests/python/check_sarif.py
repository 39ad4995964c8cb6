#!/usr/bin/env python3
"""Check that a SARIF file has what code scanning reads of it, with the standard library alone.

    check_sarif.py FILE           check the file, print how many results it has
    check_sarif.py --self-test    prove that each check can fail
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = Any


def problems(log: Json) -> Iterator[str]:
    """What is wrong with a log."""
    if log.get("version") != "2.1.0":
        yield f"the version is {log.get('version')!r}"
    if len(log.get("runs", [])) != 1:
        yield "there is not one run"
        return
    run = log["runs"][0]
    rules = [rule.get("id") for rule in run["tool"]["driver"].get("rules", [])]
    if len(rules) != len(set(rules)):
        yield "a rule stands twice"
    for index, result in enumerate(run.get("results", [])):
        yield from (f"result {index}: {what}" for what in of_result(result, rules))


def of_result(result: Json, rules: list[str]) -> Iterator[str]:
    """What is wrong with a result."""
    rule = result.get("ruleId")
    if rule not in rules:
        yield f"{rule!r} is no rule"
    if "ruleIndex" in result and rules[result["ruleIndex"] : result["ruleIndex"] + 1] != [rule]:
        yield f"its index is not that of {rule!r}"
    if result.get("level") not in {"error", "warning", "note"}:
        yield f"the level is {result.get('level')!r}"
    if not result.get("message", {}).get("text"):
        yield "no message"
    if not result.get("locations"):
        yield "no location"
    for location in result.get("locations", []):
        place = location.get("physicalLocation", {})
        uri = place.get("artifactLocation", {}).get("uri")
        if not uri or "\\" in uri or " " in uri:
            yield f"the uri is {uri!r}"
        region = place.get("region", {"startLine": 1})
        if any(region.get(key, 1) < 1 for key in ("startLine", "startColumn", "endLine", "endColumn")):
            yield f"the region is {region}"


SOUND = {
    "version": "2.1.0",
    "runs": [
        {
            "tool": {"driver": {"name": "navlayer", "rules": [{"id": "NL0203"}]}},
            "results": [
                {
                    "ruleId": "NL0203",
                    "ruleIndex": 0,
                    "level": "warning",
                    "message": {"text": "m"},
                    "locations": [
                        {"physicalLocation": {"artifactLocation": {"uri": "a/b.json"}, "region": {"startLine": 1}}}
                    ],
                }
            ],
        }
    ],
}


def spoil(log: Json, path: str, value: Json) -> Json:
    """A copy with the value at a path replaced."""
    log = copy.deepcopy(log)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    at = log
    for part in parents:
        at = at[part]
    at[last] = value
    return log


RESULT = "runs/0/results/0"
PLACE = f"{RESULT}/locations/0/physicalLocation"
SPOILT: list[tuple[str, Json]] = [
    ("version", "2.0.0"),
    ("runs", []),
    ("runs/0/tool/driver/rules", []),
    ("runs/0/tool/driver/rules", [{"id": "NL0203"}, {"id": "NL0203"}]),
    (f"{RESULT}/ruleId", None),
    (f"{RESULT}/ruleIndex", 1),
    (f"{RESULT}/level", "none"),
    (f"{RESULT}/message", {"text": ""}),
    (f"{RESULT}/locations", []),
    (f"{PLACE}/artifactLocation/uri", "a\\b.json"),
    (f"{PLACE}/artifactLocation/uri", ""),
    (f"{PLACE}/region/startLine", 0),
]


def self_test() -> int:
    """Whether the sound log passes, and every spoilt one does not."""
    wrong = [f"sound: {what}" for what in problems(SOUND)]
    wrong += [f"not noticed: {path} = {value!r}" for path, value in SPOILT if not list(problems(spoil(SOUND, path, value)))]
    print("\n".join([*wrong, f"self-test: {len(SPOILT)} spoilt logs, " + ("wrong" if wrong else "all noticed")]))
    return 1 if wrong else 0


def main() -> int:
    """Run what the command line asks for."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    if sys.argv[1] == "--self-test":
        return self_test()
    log = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    found = list(problems(log))
    results = len(log["runs"][0]["results"]) if not found else 0
    if not found and not results:
        found = ["there is no result"]
    print("\n".join(found[:20]) if found else f"{results} results, each with its rule, level, message and place")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
