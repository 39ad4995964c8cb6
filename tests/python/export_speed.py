#!/usr/bin/env python3
"""How long navlayer and mitreattack-python's exporters take for the same layer: a Markdown table, median of some runs.

    export_speed.py NAVLAYER LAYER ATTACK [--runs 10]

NAVLAYER is the release binary, LAYER a layer's file, ATTACK the STIX bundle of the layer's domain and version, which the
exporters read on every start. Whole commands are measured from start to written file, one after the other in turn; and of
the exporters also the export alone, with imports done and ATT&CK read. The figures vary with what else the machine does.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

FORMATS = ("svg", "png", "xlsx")
THEIRS = ("svg", "xlsx")


def exporter(form: str, layer: Path, attack: Path, target: Path) -> Callable[[], None]:
    """Their exporter with ATT&CK read; calling it writes the file."""
    from mitreattack.navlayers import Layer, ToExcel, ToSvg

    held = Layer()
    held.from_file(str(layer))
    domain = held.layer.domain
    if form == "svg":
        svg = ToSvg(domain=domain, source="local", resource=str(attack))
        return lambda: svg.to_svg(held, filepath=str(target))
    excel = ToExcel(domain=domain, source="local", resource=str(attack))
    return lambda: excel.to_xlsx(held, filepath=str(target))


def quietly(work: Callable[[], None]) -> float:
    """How many milliseconds it takes; what it prints is dropped."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        start = time.perf_counter()
        work()
        return 1000 * (time.perf_counter() - start)


def command(arguments: list[str], target: Path) -> float:
    """How many milliseconds a command takes that writes a file."""
    target.unlink(missing_ok=True)
    start = time.perf_counter()
    subprocess.run(arguments, check=True, capture_output=True)
    took = 1000 * (time.perf_counter() - start)
    if not target.stat().st_size:
        raise SystemExit(f"{target} is empty")
    return took


def is_supported(navlayer: str, layer: Path, target: Path) -> bool:
    """Whether navlayer writes the format."""
    run = subprocess.run([navlayer, "render", str(layer), "-o", str(target)], capture_output=True, check=False)
    if run.returncode:
        print(f"skipped: navlayer writes no {target.suffix}: {run.stderr.decode().splitlines()[0]}", file=sys.stderr)
    return run.returncode == 0


def shown(times: list[float]) -> str:
    """Their median, or a dash."""
    return f"{statistics.median(times):,.0f} ms" if times else "–"


def main() -> int:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("navlayer")
    parser.add_argument("layer", type=Path)
    parser.add_argument("attack", type=Path)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--one", choices=THEIRS, help=argparse.SUPPRESS)
    parser.add_argument("--target", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        exporter(arguments.one, arguments.layer, arguments.attack, arguments.target)()
        return 0
    print(f"| {arguments.layer.name} as | navlayer | mitreattack-python | of it the export alone |")
    print("|---|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for form in FORMATS:
            target = Path(folder) / f"layer.{form}"
            ours: list[float] = []
            theirs: list[float] = []
            alone: list[float] = []
            has_ours = is_supported(arguments.navlayer, arguments.layer, target)
            for _ in range(arguments.runs):
                if has_ours:
                    ours.append(command([arguments.navlayer, "render", str(arguments.layer), "-o", str(target)], target))
                if form in THEIRS:
                    script = [sys.executable, __file__, arguments.navlayer, str(arguments.layer), str(arguments.attack)]
                    theirs.append(command([*script, "--one", form, "--target", str(target)], target))
            if form in THEIRS:
                for _ in range(arguments.runs):
                    # A matrix is changed by what is exported, so each export has its own.
                    alone.append(quietly(exporter(form, arguments.layer, arguments.attack, target)))
            print(f"| {form.upper()} | {shown(ours)} | {shown(theirs)} | {shown(alone)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
