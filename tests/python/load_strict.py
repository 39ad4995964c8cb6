#!/usr/bin/env python3
"""Load every layer with mitreattack-python in strict mode, and check what the Navigator itself would stumble over.

The Python loader rarely raises: it prints, and leaves the layer empty or a field out. So this script reads what it
prints, asks for the loaded object back, and compares that with the file, field by field. The Navigator's own traps
(a score that its gradient cannot sample, a null that stops the import) are checked here directly, because the loader
does not know them.

    load_strict.py DIR|FILE…      check layers, print how many loaded
    load_strict.py --self-test    prove that each check can fail
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mitreattack.navlayers import Layer

Json = Any
Problems = list[str]

NOT_LAYERS = {"summary.json", "manifest.json"}
"""Files of a built site that are JSON but no layer. Anything else must be one, so that a broken layer is not passed over."""

DEFAULTS: dict[str, list[Json]] = {
    "sorting": [0],
    "description": [""],
    "tacticRowBackground": [""],
    "metadata": [[]],
    "legendItems": [[]],
    "techniques": [[]],
    "links": [[]],
}
"""Values that the loader does not write back because they are falsy: each is the format's default, so nothing is lost."""

# Layer links are the one other coercion: the loaded object holds them, but its `get_dict` forgets to write them
# (layerobj.py, 6.3.1). `written_back` takes them from the object instead.

DOMAINS = {"enterprise-attack", "mobile-attack", "ics-attack"}
HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
TECHNIQUE_ID = re.compile(r"T\w+(\.\w+)?")
WEB_ADDRESS = re.compile(r"https?://[^\s/]")
DIVIDER = {"divider": True}


def load(layer: Json) -> tuple[Layer, str]:
    """The layer as the library holds it, and everything that it printed on the way."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        loaded = Layer(strict=True)
        loaded.from_dict(copy.deepcopy(layer))
    return loaded, printed.getvalue().strip()


def written_back(loaded: Layer) -> Json:
    """What the library would write; links come from the object, see above."""
    back = loaded.to_dict()
    links = loaded.layer.links
    if links:
        back["links"] = [link.get_dict() for link in links]
    return back


def is_default(key: str, value: Json) -> bool:
    """Whether a field that did not come back meant the same as its absence."""
    return any(type(value) is type(default) and value == default for default in DEFAULTS.get(key, []))


def differences(given: Json, back: Json, path: str = "") -> Iterator[str]:
    """Every place where the two differ; what the loader adds counts too."""
    if isinstance(given, dict) and isinstance(back, dict):
        for key in sorted(given.keys() | back.keys()):
            here = f"{path}.{key}" if path else key
            if key not in back:
                if path or not is_default(key, given[key]):
                    yield f"{here} is lost"
            elif key not in given:
                yield f"{here} is added as {back[key]!r}"
            else:
                yield from differences(given[key], back[key], here)
    elif isinstance(given, list) and isinstance(back, list):
        if len(given) != len(back):
            yield f"{path} has {len(given)} items, {len(back)} come back"
        for index, (one, other) in enumerate(zip(given, back)):
            yield from differences(one, other, f"{path}[{index}]")
    elif type(given) is not type(back) or given != back:
        yield f"{path} is {given!r}, {back!r} comes back"


def check_strict(layer: Json) -> Problems:
    """Whether the library loads the layer silently and whole."""
    try:
        loaded, printed = load(layer)
    except Exception as error:  # noqa: BLE001 - whatever it raises, the layer did not load
        return [f"the loader raised {error!r}"]
    if printed:
        return [f"the loader printed: {line}" for line in printed.splitlines()[:3]]
    if isinstance(loaded.layer, str):
        return [f"the loader says: {loaded.layer}"]
    return list(differences(layer, written_back(loaded)))


def check_nulls(value: Json, path: str = "") -> Iterator[str]:
    """A null where the Navigator iterates stops the import half-way."""
    if value is None:
        yield f"{path} is null"
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from check_nulls(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from check_nulls(item, f"{path}[{index}]")


def check_head(layer: Json) -> Iterator[str]:
    """Name, domain and versions: what decides whether the Navigator opens the layer, and with which warning."""
    if not isinstance(layer.get("name"), str) or not layer["name"].strip():
        yield "name is missing or empty"
    if layer.get("domain") not in DOMAINS:
        yield f"domain is {layer.get('domain')!r}"
    versions = layer.get("versions")
    versions = versions if isinstance(versions, dict) else {}
    if not re.fullmatch(r"\d+", str(versions.get("attack", ""))) or not isinstance(versions.get("attack"), str):
        yield f"versions.attack is {versions.get('attack')!r}, not a major number"
    if not re.fullmatch(r"5\.\d+\.\d+", str(versions.get("navigator", ""))):
        yield f"versions.navigator is {versions.get('navigator')!r}"
    if versions.get("layer") != "4.5":
        yield f"versions.layer is {versions.get('layer')!r}"
    platforms = (layer.get("filters") or {"platforms": ["any"]}).get("platforms")
    if not platforms or not all(isinstance(name, str) and name.strip() for name in platforms):
        yield f"filters.platforms is {platforms!r}"


def check_gradient(layer: Json) -> Iterator[str]:
    """Colours that both programs read, and a range that neither divides by zero."""
    gradient = layer.get("gradient")
    if gradient is None:
        return
    colours, low, high = gradient.get("colors") or [], gradient.get("minValue"), gradient.get("maxValue")
    if not 2 <= len(colours) <= 100:
        yield f"gradient has {len(colours)} colours"
    yield from (f"gradient colour {c!r} is not #rrggbb" for c in colours if not HEX_COLOUR.fullmatch(str(c)))
    if type(low) is not int or type(high) is not int or low >= high:
        yield f"gradient range is {low!r}..{high!r}"


def check_score(score: Json, low: int, high: int) -> Iterator[str]:
    """The Navigator samples 100 steps, and throws where a score rounds up to a step that is not there."""
    if type(score) is not int:
        yield f"score {score!r} is not an integer"
    elif not low <= score <= high:
        yield f"score {score} is outside the gradient {low}..{high}"
    elif high > low and 0.995 <= (score - low) / (high - low) < 1:
        yield f"score {score} lies in the last half percent of {low}..{high}: the Navigator throws"


def check_metadata(items: list[Json], where: str) -> Iterator[str]:
    """Pairs of non-empty texts: the Navigator drops empty ones, the loader drops dividers."""
    for item in items:
        name, value = item.get("name"), item.get("value")
        if not isinstance(name, str) or not name.strip() or not isinstance(value, str) or not value.strip():
            yield f"{where}: metadata {item!r} is not a pair of non-empty texts"
        elif name == "DIVIDER":
            yield f"{where}: the loader takes metadata named DIVIDER for a divider"


def check_links(items: list[Json], where: str) -> Iterator[str]:
    """The Navigator opens whatever stands in `url`, so only the web's own schemes may."""
    for item in items:
        if item == DIVIDER:
            continue
        if not isinstance(item.get("label"), str) or not item["label"].strip():
            yield f"{where}: link {item!r} has no label"
        if not isinstance(item.get("url"), str) or not WEB_ADDRESS.match(item["url"]):
            yield f"{where}: link {item.get('url')!r} is no http(s) address"


def check_legend(items: list[Json]) -> Iterator[str]:
    """Labels told apart (the SVG export collapses equal ones) and colours that every exporter reads."""
    for item in items:
        if not isinstance(item.get("label"), str) or not item["label"].strip():
            yield f"legend item {item!r} has no label"
        if not HEX_COLOUR.fullmatch(str(item.get("color"))):
            yield f"legend colour {item.get('color')!r} is not #rrggbb"
    counts = Counter(item.get("label") for item in items)
    yield from (f"legend label {label!r} stands {n} times" for label, n in counts.items() if n > 1)


def check_techniques(layer: Json) -> Iterator[str]:
    """One record per technique and tactic: the Navigator lets the last one replace the others whole."""
    gradient = layer.get("gradient") or {}
    low, high = gradient.get("minValue", 0), gradient.get("maxValue", 100)
    seen: set[tuple[str, str | None]] = set()
    everywhere = {t.get("techniqueID") for t in layer.get("techniques", []) if "tactic" not in t}
    for technique in layer.get("techniques", []):
        where, tactic = str(technique.get("techniqueID")), technique.get("tactic")
        if not TECHNIQUE_ID.fullmatch(where):
            yield f"techniqueID {where!r} is not an id"
        if (where, tactic) in seen or (tactic is not None and where in everywhere):
            yield f"{where}: more than one entry for tactic {tactic or 'any'}"
        if tactic == "":
            yield f"{where}: tactic is empty"
        seen.add((where, tactic))
        if "score" in technique and type(low) is int and type(high) is int:
            yield from (f"{where}: {problem}" for problem in check_score(technique["score"], low, high))
        if technique.get("color") and not HEX_COLOUR.fullmatch(str(technique["color"])):
            yield f"{where}: color {technique['color']!r} is not #rrggbb"
        yield from check_metadata(technique.get("metadata", []), where)
        yield from check_links(technique.get("links", []), where)


def check(layer: Json) -> Problems:
    """All problems of one layer."""
    if not isinstance(layer, dict):
        return [f"a layer is an object, not a {type(layer).__name__}"]
    nulls = list(check_nulls(layer))
    if nulls:
        return nulls
    problems = list(check_head(layer))
    problems += check_gradient(layer)
    problems += check_techniques(layer)
    problems += check_legend(layer.get("legendItems", []))
    problems += check_metadata(layer.get("metadata", []), "layer")
    problems += check_links(layer.get("links", []), "layer")
    return problems + check_strict(layer)


def check_foreign(layer: Json) -> Problems:
    """A layer that somebody else made: strictly loaded, with every technique. What it says is theirs."""
    if not isinstance(layer, dict):
        return [f"a layer is an object, not a {type(layer).__name__}"]
    try:
        loaded, _ = load(layer)
    except Exception as error:  # noqa: BLE001 - whatever it raises, the layer did not load
        return [f"the loader raised {error!r}"]
    if isinstance(loaded.layer, str):
        return [f"the loader says: {loaded.layer}"]
    given, kept = len(layer.get("techniques", [])), len(loaded.layer.techniques or [])
    return [f"{kept} of {given} techniques are loaded"] if given != kept else []


def layer_files(paths: list[Path]) -> Iterator[Path]:
    """The files named, and those in the folders named."""
    for path in paths:
        if path.is_dir():
            yield from (p for p in sorted(path.rglob("*.json")) if p.name not in NOT_LAYERS)
        else:
            yield path


def read_layers(path: Path) -> list[Json]:
    """The layers of a file: one, or as many as its array holds. A byte order mark is an error, as it is to the loader."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return document if isinstance(document, list) else [document]


def run(paths: list[Path], check: Callable[[Json], Problems]) -> int:
    """Check all layers, print the problems, return the exit code."""
    loaded, failed = 0, 0
    for path in layer_files(paths):
        try:
            layers = read_layers(path)
        except (OSError, ValueError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            failed += 1
            continue
        for index, layer in enumerate(layers):
            problems = check(layer)
            for problem in problems[:10]:
                print(f"{path}[{index}]: {problem}", file=sys.stderr)
            if len(problems) > 10:
                print(f"{path}[{index}]: and {len(problems) - 10} more", file=sys.stderr)
            failed += bool(problems)
            loaded += not problems
    print(f"{loaded} layers loaded strictly" + (f", {failed} failed" if failed else ""))
    return 1 if failed or not loaded else 0


GOOD_LAYER: Json = {
    "name": "Self-test",
    "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"},
    "domain": "enterprise-attack",
    "description": "",
    "filters": {"platforms": ["IaaS"]},
    "sorting": 0,
    "layout": {
        "layout": "side",
        "showID": True,
        "showName": True,
        "showAggregateScores": False,
        "countUnscored": False,
        "aggregateFunction": "average",
        "expandedSubtechniques": "annotated",
    },
    "hideDisabled": False,
    "techniques": [
        {
            "techniqueID": "T1078",
            "score": 100,
            "color": "",
            "comment": "two\nlines, é",
            "enabled": True,
            "metadata": [{"name": "Capability", "value": "Amazon Cognito"}, {"name": "Protect", "value": "Significant"}],
            "links": [{"label": "docs", "url": "https://example.org/"}, {"divider": True}],
            "showSubtechniques": False,
        },
        {"techniqueID": "T1078.004", "tactic": "initial-access", "score": 99, "color": "#aabbcc"},
    ],
    "gradient": {"colors": ["#ffe0b2", "#fb8c00", "#8a3800"], "minValue": 0, "maxValue": 100},
    "legendItems": [{"label": "Partial (50)", "color": "#fb8c00"}],
    "metadata": [{"name": "source", "value": "self-test"}],
    "links": [{"label": "docs", "url": "https://example.org/"}],
    "selectTechniquesAcrossTactics": True,
    "selectSubtechniquesWithParent": False,
    "selectVisibleTechniques": False,
}

Change = Callable[[Json], Any]

BAD_CHANGES: dict[str, Change] = {
    "name missing": lambda d: d.pop("name"),
    "attack with a minor": lambda d: d["versions"].update(attack="16.1"),
    "attack a number": lambda d: d["versions"].update(attack=16),
    "old layer version": lambda d: d["versions"].update(layer="4.4"),
    "old navigator": lambda d: d["versions"].update(navigator="4.9.0"),
    "domain unknown": lambda d: d.update(domain="cloud-attack"),
    "platforms empty": lambda d: d["filters"].update(platforms=[]),
    "unknown layer key": lambda d: d.update(customDataURL="https://example.org/"),
    "unknown technique key": lambda d: d["techniques"][0].update(score_num=1),
    "unknown layout key": lambda d: d["layout"].update(viewMode=1),
    "null score": lambda d: d["techniques"][0].update(score=None),
    "null in depth": lambda d: d["techniques"][0]["links"][0].update(label=None),
    "fractional score": lambda d: d["techniques"][0].update(score=33.3),
    "whole score as a float": lambda d: d["techniques"][0].update(score=50.0),
    "score as text": lambda d: d["techniques"][0].update(score="50"),
    "score above the gradient": lambda d: d["techniques"][0].update(score=101),
    "score in the last half percent": lambda d: (d["gradient"].update(maxValue=200), d["techniques"][0].update(score=199)),
    "one colour": lambda d: d["gradient"].update(colors=["#ffffff"]),
    "colour invalid": lambda d: d["gradient"]["colors"].__setitem__(1, "none"),
    "empty range": lambda d: d["gradient"].update(minValue=100),
    "more colours than steps": lambda d: (d.update(techniques=[]), d["gradient"].update(maxValue=1)),
    "metadata without a value": lambda d: d["techniques"][0]["metadata"][0].update(value=""),
    "metadata divider": lambda d: d["techniques"][0]["metadata"].append({"divider": True}),
    "layer metadata divider": lambda d: d["metadata"].append({"divider": True}),
    "metadata number": lambda d: d["techniques"][0]["metadata"][0].update(value=5),
    "script link": lambda d: d["techniques"][0]["links"][0].update(url="javascript:alert(1)"),
    "link without a label": lambda d: d["links"][0].update(label=""),
    "link divider false": lambda d: d["techniques"][0]["links"].append({"divider": False}),
    "technique twice": lambda d: d["techniques"].append({"techniqueID": "T1078", "score": 1}),
    "technique with and without tactic": lambda d: d["techniques"].append({"techniqueID": "T1078.004", "score": 1}),
    "tactic empty": lambda d: d["techniques"][1].update(tactic=""),
    "id of a tactic's kind": lambda d: d["techniques"][1].update(techniqueID="S0001"),
    "legend without colour": lambda d: d["legendItems"][0].pop("color"),
    "legend label twice": lambda d: d["legendItems"].append(dict(d["legendItems"][0])),
    "expansion misspelt": lambda d: d["layout"].update(expandedSubtechniques="some"),
}


# Those of the bad layers that the library itself does not take whole.
BAD_FOREIGN = ("unknown technique key", "null score", "link divider false", "more colours than steps")


def self_test() -> int:
    """Whether the good layer passes and every bad one fails."""
    wrong = [f"good layer: {problem}" for problem in check(GOOD_LAYER)]
    for name, change in BAD_CHANGES.items():
        layer = copy.deepcopy(GOOD_LAYER)
        change(layer)
        if not check(layer):
            wrong.append(f"not noticed: {name}")
    wrong += [f"good layer, foreign: {problem}" for problem in check_foreign(GOOD_LAYER)]
    for name in BAD_FOREIGN:
        layer = copy.deepcopy(GOOD_LAYER)
        BAD_CHANGES[name](layer)
        if not check_foreign(layer):
            wrong.append(f"not noticed, foreign: {name}")
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"self-test: {len(BAD_CHANGES)} bad layers, " + (f"{len(wrong)} wrong" if wrong else "all noticed"))
    return 1 if wrong else 0


def main() -> int:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, metavar="DIR|FILE")
    parser.add_argument("--foreign", action="store_true", help="layers of others: only that they load, with every technique")
    parser.add_argument("--self-test", action="store_true", help="prove that each check can fail")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test()
    if not arguments.paths:
        parser.error("name a folder or a layer")
    return run(arguments.paths, check_foreign if arguments.foreign else check)


if __name__ == "__main__":
    sys.exit(main())
