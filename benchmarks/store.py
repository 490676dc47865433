"""What storing a tick costs, how small it lies, how fast it is read, and whether the sockets notice.

``python dev.py bench store [--rows 20000000] [--rounds 3] [--seconds 12] [--json]``

Beside the plain way: SQLAlchemy Core with a dictionary an event, ``pandas.read_sql`` through SQLAlchemy. CPU time (user
and system) of this process; where something is done ``--rounds`` times, the least counts, for other load only adds.
Twenty million rows want about 3 GB in the folder for temporary files.

A benchmark, not a test: it says whether the goals were met, and ends with 0.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from storage import ours, plain
from storage.made import ASKED, RATE


class Goal(NamedTuple):
    """What a number must be and what it aims at; ``most`` says that it must not be more."""

    name: str
    unit: str
    must: float
    aim: float
    most: bool = True

    def verdict(self, found: float) -> str:
        """A sentence.

        >>> Goal("closed data", "bytes a trade", 14, 8.5).verdict(8.0)
        'closed data: 8.00 bytes a trade (must ≤ 14: met; aim ≤ 8.5: met)'
        """
        sign = "≤" if self.most else "≥"
        must, aim = (
            "met" if (found <= bound if self.most else found >= bound) else "missed" for bound in (self.must, self.aim)
        )
        return (
            f"{self.name}: {found:.2f} {self.unit} (must {sign} {self.must:g}: {must}; aim {sign} {self.aim:g}: {aim})"
        )


GOALS = {
    "bytes_a_trade": Goal("closed data", "bytes a trade", 14, 8.5),
    "write_ratio": Goal("a row written, tail and fold", "of Core dictionaries", 1 / 4, 1 / 6),
    "read_ratio": Goal("trades of one instrument into a frame", "times pandas.read_sql", 8, 25, most=False),
    "stall_ms": Goal("worst stall of the socket loop at 2,000 rows a second", "ms", 20, 2),
}


def measure(rows: int, rounds: int, seconds: float, folder: Path) -> dict[str, float]:
    """Every number, by name."""
    found: dict[str, float] = {"rows": rows, "rounds": rounds}
    few, size = min(rows, 200_000), RATE
    engine = plain.engine_of(folder / "plain.db")
    found["plain_write_us"] = plain.write(engine, few, size)
    plain.fill(engine, few, rows)
    with ours.opened(folder / "ours.db") as writer:
        found["tail_us"], found["fold_us"] = ours.write(writer, rows, size)
        found["bytes_a_trade"] = ours.bytes_a_trade(writer)
        for _ in range(rounds):
            for name, (n, cpu) in (("plain", plain.read(engine, ASKED)), ("ours", ours.read(writer, ASKED))):
                found["read_rows"] = n
                found[f"{name}_read_s"] = min(found.get(f"{name}_read_s", cpu), cpu)
        engine.dispose()
        stalls = [
            ours.Stall(writer, RATE, seconds, rows + round_ * 1_000_000).measure()
            for round_ in range(rounds if seconds else 0)
        ]
    found["write_us"] = found["tail_us"] + found["fold_us"]
    found["write_ratio"] = found["write_us"] / found["plain_write_us"]
    found["read_ratio"] = found["plain_read_s"] / found["ours_read_s"]
    if stalls:
        found["idle_stall_ms"], found["stall_ms"] = min(idle for idle, _ in stalls), min(busy for _, busy in stalls)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench store", description="what storing and reading ticks costs")
    parser.add_argument("--rows", type=int, default=20_000_000, help="trades stored; default: %(default)s")
    parser.add_argument(
        "--rounds", type=int, default=3, help="rounds of reading and of the stall; default: %(default)s"
    )
    parser.add_argument("--seconds", type=float, default=12.0, help="how long each stall round lasts; 0 leaves it out")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the lines")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="fbkit-bench-") as folder:
        found = measure(asked.rows, asked.rounds, asked.seconds, Path(folder))
    told = [goal.verdict(found[name]) for name, goal in GOALS.items() if name in found]
    if asked.json:
        print(json.dumps({**found, "goals": told}, indent=1))
        return 0
    print(_lines(found))
    print("\n".join(told))
    return 0


def _lines(found: dict[str, float]) -> str:
    rows, ours_s = found["read_rows"], found["ours_read_s"]
    written = f"tail {found['tail_us']:.2f} + fold {found['fold_us']:.2f} = {found['write_us']:.2f} µs CPU a row"
    read = f"{rows:,.0f} of one instrument in {ours_s:.3f} s CPU ({rows / ours_s:,.0f} a second)"
    lines = [
        f"{found['rows']:,.0f} trades of 300 instruments",
        f"written: {written}; Core dictionaries {found['plain_write_us']:.2f}",
        f"read: {read}; pandas.read_sql {found['plain_read_s']:.3f} s",
    ]
    if "stall_ms" in found:
        lines.append(f"worst stall: {found['stall_ms']:.2f} ms storing, {found['idle_stall_ms']:.2f} ms when idle")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
