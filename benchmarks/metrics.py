"""Z-scores: whole columns, one value at a time, and a bar close of 12,000; how exact, and beside whom.

``python dev.py bench metrics [--rounds 3] [--bars 100000] [--peers DIR] [--json]``

Contestants take turns within one process, so other load falls on all alike; ratios are of the minima of CPU time.
pandas is always there; polars, bottleneck and river where this Python has them; the peers' compiled blocks where their
folder (``analytics/kernels.py``) is given or lies beside the repository, with numba. Who is missing is said.
All columns include the current value, as pandas' windows do, but for the exact test, which is of the default form too.

A benchmark, not a test: it says whether the goals were met, and always ends with 0.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from rig.verdicts import Verdict, as_json, table
from statistic import close, columns, exact, stream
from statistic.turns import Missing

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "bench"


def main(arguments: list[str] | None = None) -> int:
    """Run every part and print its table."""
    parser = argparse.ArgumentParser(prog="bench metrics", description="what a Z-score costs, and how exact it is")
    parser.add_argument(
        "--rounds", type=int, default=3, help="rounds of all contestants; trust the minima of 5 or more"
    )
    parser.add_argument("--instruments", type=int, default=300, help="series of the whole columns")
    parser.add_argument(
        "--bars", type=int, default=100_000, help="values of each series; 3 GB of memory with 300 × 100,000"
    )
    parser.add_argument("--window", type=int, default=1440, help="of the whole columns")
    parser.add_argument(
        "--peers", type=Path, default=BESIDE, help="folder with analytics/kernels.py; default: %(default)s"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the tables")
    asked = parser.parse_args(arguments)
    np.seterr(all="ignore")
    missing = Missing()
    parts = {
        "whole columns": columns.run(asked, missing),
        "error against exact numbers": exact.run(),
        "one value at a time": stream.run(asked.rounds, missing),
        "bar close of 12,000 Z": close.run(asked.rounds, missing),
    }
    show(parts, missing, machine=asked.json)
    return 0


def show(parts: dict[str, tuple[list[list[str]], list[Verdict]]], missing: Missing, *, machine: bool) -> None:
    """Print what came of it."""
    verdicts = [verdict for _, told in parts.values() for verdict in told]
    if machine:
        rows = {name: lines for name, (lines, _) in parts.items()}
        print(json.dumps({"parts": rows, "verdicts": as_json(verdicts), "missing": missing.told}, indent=1))
        return
    for name, (lines, told) in parts.items():
        print(f"\n## {name}\n\n{table(lines[0], lines[1:])}\n")
        print("\n".join(map(str, told)))
    for told in missing.told:
        print(f"\nnot in this run: {told}")


if __name__ == "__main__":
    sys.exit(main())
