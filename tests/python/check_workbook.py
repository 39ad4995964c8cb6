#!/usr/bin/env python3
"""Check workbooks of layers as another reader of the format sees them: openpyxl, which mitreattack-python brings.

    check_workbook.py BINARY DIR|FILE...    render each layer, and compare cells and fills with `render --format csv`
    check_workbook.py BINARY --self-test    prove that each check can fail
"""

from __future__ import annotations

import argparse
import csv
import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet



def render(binary: str, layer: str, *arguments: str) -> bytes:
    """What `navlayer render` writes of a layer."""
    command = [binary, "--no-config", "render", layer, "-q", *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


def fill(cell: openpyxl.cell.Cell) -> str:
    """The fill of a cell as `#rrggbb`; empty without one."""
    return f"#{cell.fill.fgColor.rgb[2:].lower()}" if cell.fill.fill_type == "solid" else ""


def luminance(color: str) -> float:
    """The relative luminance of WCAG 2."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def of_matrix(sheet: Worksheet, colors: dict[tuple[str, str], str]) -> Iterator[str]:
    """What is wrong with the sheet of a matrix in which all is open, and cells show ids."""
    seen = set()
    tactic = None
    for column in sheet.iter_cols():
        tactic = column[0].value or tactic
        for cell in column[1:]:
            if cell.value is None:
                continue
            key = (tactic, cell.value)
            seen.add(key)
            if fill(cell) != colors.get(key):
                yield f"{cell.coordinate} {key}: the fill is {fill(cell)!r}, and in the table {colors.get(key)!r}"
            ink = cell.font.color
            ink = f"#{ink.rgb[2:].lower()}" if ink is not None and isinstance(ink.rgb, str) else "#000000"
            if fill(cell) and contrast(ink, fill(cell)) < 4.5:
                yield f"{cell.coordinate}: {ink} does not read on {fill(cell)}"
    if missing := set(colors) - seen:
        yield f"{len(missing)} cells are missing: {sorted(missing)[:3]}"


def problems(workbook: openpyxl.Workbook, colors: dict[tuple[str, str], str]) -> Iterator[str]:
    """What is wrong with a workbook of one layer."""
    names = workbook.sheetnames
    if len(names) != 5 or [names[0], *names[2:]] != ["About", "Scores", "Metadata", "Legend"]:
        yield f"the sheets are {names}"
        return
    for sheet in workbook:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type not in "ns" or cell.hyperlink:
                    yield f"{sheet.title} {cell.coordinate} is neither text nor number: {cell.value!r}"
    matrix = workbook.worksheets[1]
    yield from of_matrix(matrix, colors)
    for sheet in workbook.worksheets[1:]:
        if sheet.freeze_panes != "A2" or sheet.print_title_rows != "$1:$1":
            yield f"{sheet.title}: the heads do not stay"
        if not sheet.sheet_properties.pageSetUpPr.fitToPage or sheet.page_setup.orientation != "landscape":
            yield f"{sheet.title}: a page is not set up"
    for sheet in workbook.worksheets[2:]:
        if sheet.auto_filter.ref != sheet.dimensions:
            yield f"{sheet.title}: the filter is on {sheet.auto_filter.ref}, not {sheet.dimensions}"
    scores = workbook["Scores"]
    told = {(row[3].value, row[1].value): row[8] for row in scores.iter_rows(min_row=2)}
    for key, color in colors.items():
        if key not in told or (told[key].value or "") != color or fill(told[key]) != color:
            yield f"Scores: {key} is not {color!r}"
    for row in workbook["Legend"].iter_rows(min_row=2):
        if fill(row[2]) != row[2].value:
            yield f"Legend {row[2].coordinate}: {row[2].value} on {fill(row[2])!r}"


def opened(binary: str, layer: str) -> tuple[openpyxl.Workbook, dict[tuple[str, str], str]]:
    """The workbook of a layer, and the colours of its cells."""
    table = render(binary, layer, "--format", "csv").decode()
    colors = {(row["tactic"], row["id"]): row["color"] for row in csv.DictReader(io.StringIO(table))}
    made = render(binary, layer, "--format", "xlsx", "--expand", "all", "--show", "id")
    return openpyxl.load_workbook(io.BytesIO(made)), colors


def layers(paths: list[Path]) -> Iterator[str]:
    """The files below the paths."""
    for path in paths:
        yield from (str(file) for file in (sorted(path.rglob("*.json")) if path.is_dir() else [path]))


LAYER = """{
    "name": "=1+1", "domain": "enterprise-attack", "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"},
    "techniques": [
        {"techniqueID": "T1110", "score": 50, "comment": "=HYPERLINK(1)", "links": [{"label": "x", "url": "https://x.example/"}]},
        {"techniqueID": "T1110.001", "color": "navy"}
    ]
}"""


def self_test(binary: str) -> int:
    """Whether a sound workbook passes and every spoilt one fails."""

    def painted(cell: openpyxl.cell.Cell, color: str) -> None:
        cell.fill = openpyxl.styles.PatternFill("solid", fgColor=color)

    def find(book: openpyxl.Workbook, value: str) -> openpyxl.cell.Cell:
        return next(cell for row in book.worksheets[1].iter_rows() for cell in row if cell.value == value)

    changes = {
        "a formula": lambda book: setattr(find(book, "T1110"), "value", "=1+1"),
        "a link": lambda book: setattr(find(book, "T1110"), "hyperlink", "https://x.example/"),
        "another fill": lambda book: painted(find(book, "T1110"), "FF123456"),
        "a fill too many": lambda book: painted(find(book, "T1111"), "FF123456"),
        "a text that does not read": lambda book: setattr(find(book, "T1110.001"), "font", openpyxl.styles.Font(color="FF000000")),
        "a cell missing": lambda book: setattr(find(book, "T1110"), "value", None),
        "a sheet missing": lambda book: book.remove(book["Legend"]),
        "heads that go": lambda book: setattr(book["Scores"], "freeze_panes", None),
        "no filter": lambda book: setattr(book["Metadata"].auto_filter, "ref", None),
        "another colour in the list": lambda book: setattr(book["Scores"]["I2"], "value", "#123456"),
        "another swatch": lambda book: painted(book["Legend"]["C2"], "FF123456"),
        "an upright page": lambda book: setattr(book.worksheets[1].page_setup, "orientation", "portrait"),
    }
    with tempfile.TemporaryDirectory() as folder:
        layer = Path(folder) / "layer.json"
        layer.write_text(LAYER, encoding="ascii")
        wrong = [f"sound: {problem}" for problem in problems(*opened(binary, str(layer)))]
        for name, change in changes.items():
            book, colors = opened(binary, str(layer))
            change(book)
            if not any(problems(book, colors)):
                wrong.append(f"not noticed: {name}")
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"self-test: {len(changes)} spoilt workbooks, " + (f"{len(wrong)} wrong" if wrong else "all noticed"))
    return 1 if wrong else 0


def main() -> int:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("paths", nargs="*", type=Path, metavar="DIR|FILE")
    parser.add_argument("--self-test", action="store_true", help="prove that each check can fail")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test(arguments.binary)
    wrong = count = 0
    for layer in layers(arguments.paths):
        count += 1
        for problem in problems(*opened(arguments.binary, layer)):
            wrong += 1
            print(f"{layer}: {problem}", file=sys.stderr)
    print(f"{count} workbooks, {wrong} problems")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main())
