#!/usr/bin/env python3
"""Compute every published mapping set's scores a second time, straight from the raw files, and compare the layers.

Nothing here is shared with the tool: plain JSON and YAML in, exact fractions, the definitions of DESIGN.md section 5.

    recompute.py BINARY CORPUS
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import yaml

SCORES = {"minimal": 10, "partial": 50, "significant": 100}
CATEGORIES = ("protect", "detect", "respond")


class Row(NamedTuple):
    """One mapping: the category and score are absent in unscored frameworks."""

    capability: str
    technique: str
    category: str | None
    score: int | None


@dataclass
class Source:
    """A mapping set as the raw files give it."""

    path: Path
    rows: list[Row]
    non_mappable: int

    @property
    def scored(self) -> bool:
        """Whether its mappings carry levels."""
        return any(row.score is not None for row in self.rows)


def explorer_source(path: Path) -> Source:
    """A Mappings Explorer file. Rows that say, in any of the three ways in use, that nothing is mapped are counted apart."""
    rows, non_mappable = [], 0
    for row in json.loads(path.read_text(encoding="utf-8"))["mapping_objects"]:
        capability, technique = row["capability_id"], row["attack_object_id"]
        if row["status"] == "non_mappable" or row["mapping_type"] == "non_mappable":
            non_mappable += 1
        elif capability and technique:
            score = SCORES[row["score_value"]] if row.get("score_value") else None
            rows.append(Row(capability.strip(), technique.strip(), row.get("score_category"), score))
    return Source(path, rows, non_mappable)


def control_rows(control: dict[str, Any]) -> Iterator[Row]:
    """The rows of one control file: its techniques, and each group's sub-techniques with each of its scores."""
    capability = control["name"].lower().replace(" ", "_")
    for technique in control["techniques"] or []:
        scored = [([technique], technique.get("technique-scores") or [])]
        scored += [(g["sub-techniques"], g["scores"]) for g in technique.get("sub-techniques-scores") or []]
        for techniques, scores in scored:
            for one in techniques:
                for score in scores:
                    yield Row(capability, one["id"], score["category"].lower(), SCORES[score["value"].lower()])


def stack_source(folder: Path) -> Source:
    """A folder of Security Stack Mappings; a control without techniques is not mappable."""
    controls = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))]
    rows = [row for control in controls for row in control_rows(control)]
    return Source(folder, rows, sum(not control["techniques"] for control in controls))


Cell = dict[tuple[str, str | None], int]
"""One technique's strongest score by capability and category; 0 where a row has no score."""


def cells(rows: list[Row]) -> dict[str, Cell]:
    """The rows by technique, equal keys merged, the strongest level kept."""
    out: dict[str, Cell] = defaultdict(dict)
    for row in rows:
        key = (row.capability, row.category)
        out[row.technique][key] = max(out[row.technique].get(key, 0), row.score or 0)
    return out


def by_capability(cell: Cell) -> list[int]:
    """Each capability's strongest score, whatever the category."""
    names = {capability for capability, _ in cell}
    return [max(score for (capability, _), score in cell.items() if capability == name) for name in names]


def by_category(cell: Cell) -> list[int]:
    """Each category's strongest score; an empty category counts 0."""
    return [max((score for (_, one), score in cell.items() if one == category), default=0) for category in CATEGORIES]


METRICS: dict[str, Callable[[Cell], Fraction]] = {
    "count": lambda cell: Fraction(len({capability for capability, _ in cell})),
    "strongest": lambda cell: Fraction(max(cell.values())),
    "mean": lambda cell: Fraction(sum(by_capability(cell)), len(by_capability(cell))),
    "layered": lambda cell: 100 * (1 - math.prod((1 - Fraction(s, 100) for s in by_capability(cell)), start=Fraction(1))),
    "balanced": lambda cell: Fraction(sum(by_category(cell)), len(CATEGORIES)),
}


def as_layer_score(exact: Fraction, metric: str) -> int:
    """The integer that a layer carries: half up; only a full score is 100, and nothing mapped is 0."""
    rounded = math.floor(exact + Fraction(1, 2))
    if metric != "count" and rounded >= 100 and exact < 100:
        return 99
    return max(rounded, 1)


def layer_scores(binary: Path, source: Path, *options: str) -> dict[str, int]:
    """The scores in the layer that the tool writes; an entry without one (not mappable) paints nothing, and is no score."""
    command = [str(binary), "--no-config", "layer", str(source), *options]
    run = subprocess.run(command, capture_output=True, check=False)
    if run.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit {run.returncode}\n{run.stderr.decode(errors='replace')[-2000:]}")
    techniques = json.loads(run.stdout)["techniques"]
    ids = [technique["techniqueID"] for technique in techniques]
    if len(ids) != len(set(ids)):
        raise SystemExit(f"{' '.join(command)}: a technique stands twice")
    if any("score" not in one and "color" in one for one in techniques):
        raise SystemExit(f"{' '.join(command)}: a technique without a score is painted")
    return {one["techniqueID"]: one["score"] for one in techniques if "score" in one}


class Comparison:
    """Counts what agrees and prints what does not."""

    def __init__(self, binary: Path) -> None:
        self.binary, self.agreed, self.layers, self.wrong = binary, 0, 0, 0

    def fail(self, message: str) -> None:
        """Print a disagreement and remember it."""
        self.wrong += 1
        print(f"  {message}", file=sys.stderr)

    def expect(self, what: str, found: int, wanted: int) -> None:
        """A figure that is known from outside."""
        if found != wanted:
            self.fail(f"{what}: {found}, not {wanted}")

    def metric(self, source: Path, rows: list[Row], metric: str, *options: str) -> None:
        """One layer against its recomputation, technique by technique."""
        wanted = {technique: as_layer_score(METRICS[metric](cell), metric) for technique, cell in cells(rows).items()}
        found = layer_scores(self.binary, source, *options)
        self.layers += 1
        for technique in sorted(wanted.keys() | found.keys()):
            if wanted.get(technique) == found.get(technique) and technique in wanted and technique in found:
                self.agreed += 1
            else:
                told = f"{found.get(technique, 'absent')}, recomputed {wanted.get(technique, 'absent')}"
                self.fail(f"{source.name} {' '.join(options)}: {technique} is {told}")

    def source(self, source: Source) -> None:
        """All metrics that apply to a mapping set; unscored ones are counted whether asked or not."""
        before = self.agreed, self.wrong
        for metric in METRICS if source.scored else ("count",):
            self.metric(source.path, source.rows, metric, "--metric", metric)
        self.metric(source.path, source.rows, "strongest" if source.scored else "count")
        techniques = len(cells(source.rows))
        verdict = "agree" if self.wrong == before[1] else f"{self.wrong - before[1]} DISAGREE"
        figures = f"{len(source.rows)} rows, {techniques} techniques, {source.non_mappable} not mappable"
        print(f"{source.path.name}: {figures}; {self.agreed - before[0]} scores {verdict}")

    def categories(self, source: Source) -> None:
        """Layers of one category hold that category alone, in every metric that it leaves meaningful."""
        for category in CATEGORIES:
            rows = [row for row in source.rows if row.category == category]
            for metric in ("strongest", "layered", "mean", "count"):
                self.metric(source.path, rows, metric, "--metric", metric, "--category", category)


def main() -> int:
    """Parse the command line, compare everything, print the totals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=Path)
    parser.add_argument("corpus", type=Path)
    arguments = parser.parse_args()
    corpus: Path = arguments.corpus
    explorer = [explorer_source(path) for path in sorted((corpus / "mappings-explorer").glob("*.json"))]
    stacks = {name: stack_source(corpus / "security-stack-mappings" / name) for name in ("AWS", "GCP")}
    comparison = Comparison(arguments.binary.resolve())
    for source in (*explorer, *stacks.values()):
        comparison.source(source)
    comparison.categories(stacks["AWS"])

    aws = next(source for source in explorer if source.path.name.startswith("aws-12.12.2024"))
    layer = layer_scores(comparison.binary, aws.path)
    comparison.expect("techniques in the AWS 16.1 layer", len(layer), 215)
    comparison.expect("AWS 16.1 rows that are not mappable", aws.non_mappable, 10)
    if "T1053.001" not in layer:
        comparison.fail("T1053.001, retired in ATT&CK 16.1 and mapped by AWS, is not in the layer")
    stack = layer_scores(comparison.binary, stacks["AWS"].path)
    comparison.expect("techniques in the security-stack AWS layer", sum("." not in one for one in stack), 86)
    comparison.expect("sub-techniques in the security-stack AWS layer", sum("." in one for one in stack), 107)

    print(f"{comparison.layers} layers of {len(explorer) + len(stacks)} mapping sets, {comparison.agreed} scores agree"
          + (f", {comparison.wrong} DISAGREE" if comparison.wrong else ""))
    return 1 if comparison.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
