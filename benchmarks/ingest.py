"""From the socket to SQLite: what a message costs fbkit with every duty on, beside the floor and the plain way.

``python dev.py bench ingest [--set firehose|paced|bars] [--rounds 3] [--peers DIR | --own | --duties] [--json]``

``firehose`` reads as fast as it can; ``paced`` takes 5,000 messages a second, waking up included; ``bars`` reads as
fast as it can a stream in which a message is 4 ms, so that bars close. Where a folder of peers is given, or lies beside
the repository (``../shared/bench``), their program runs floor, plain and fbkit in one go; else our own do.
``--duties`` runs no contestants: it measures each stage of the collector apart, in one thread (:mod:`contest.duties`).

A benchmark, not a test: it says whether the goals were met, and always ends with 0 when everybody answered.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from contest import peers
from contest.rounds import CONTESTANTS, ContestantFailed, interleaved, stream_server
from contest.table import Goal, Line, as_json, line_of, table, verdicts

FBKIT = CONTESTANTS / "fbkit_contestant.py"
BESIDE = Path(__file__).resolve().parents[2] / "shared" / "bench"


class Set(NamedTuple):
    """How a set is run: messages, pace (0 is none), event time from one to the next, the peers' name of it, goals."""

    n: int
    rate: int
    ms_per_message: float
    theirs: str
    goals: tuple[Goal, ...]


_AGAINST_CRYPTOFEED = Goal("cryptofeed", 1 / 3, 1 / 5)

SETS = {
    "firehose": Set(190_000, 0, 0.2, "e2e", (Goal("floor", 2.0, 1.6), _AGAINST_CRYPTOFEED)),
    "paced": Set(30_000, 5_000, 0.2, "e2e-paced", (Goal("floor", 1.5, 1.2), _AGAINST_CRYPTOFEED)),
    "bars": Set(190_000, 0, 4.0, "", (Goal("floor", 2.5, 1.8),)),
}


def own(chosen: Set, n: int, rounds: int, work: Path) -> list[Line]:
    """Ours beside our own floor and our own plain way."""
    scripts = {"floor": CONTESTANTS / "floor.py", "plain": CONTESTANTS / "plain.py", "fbkit": FBKIT}
    pace = ("--ms-per-message", str(chosen.ms_per_message))
    with stream_server("--messages", str(n + 10_000), *pace) as port:
        asked = (str(port), str(work / "contest.db"), "--n", str(n), "--rate", str(chosen.rate), *pace)
        commands = {name: [sys.executable, str(script), *asked] for name, script in scripts.items()}
        return [line_of(name, answers) for name, answers in interleaved(commands, rounds, work).items()]


def beside_peers(folder: Path, chosen: Set, rounds: int, work: Path) -> list[Line]:
    """Ours among the peers' contestants, run by their program."""
    contestants = peers.theirs(cryptofeed=peers.environment()) | {"fbkit": peers.fbkit_command(FBKIT)}
    return peers.run(folder, chosen.theirs, contestants, rounds, work)


def main(arguments: list[str] | None = None) -> int:
    """Run a set and print its table."""
    parser = argparse.ArgumentParser(prog="bench ingest", description="what a message costs from the socket to SQLite")
    parser.add_argument("--set", choices=SETS, default="firehose", help="the pace of the stream")
    parser.add_argument(
        "--rounds", type=int, default=3, help="rounds of all contestants; trust the minima of 5 or more"
    )
    parser.add_argument("--n", type=int, help="messages a round, with our own contestants; at most 190,000 are one lap")
    parser.add_argument("--peers", type=Path, default=BESIDE, help="folder with ingest/run.py; default: %(default)s")
    parser.add_argument("--own", action="store_true", help="our own floor and plain way, whatever lies beside")
    parser.add_argument(
        "--duties", action="store_true", help="what each duty costs, in one thread and without a socket"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    asked = parser.parse_args(arguments)
    chosen = SETS[asked.set]
    if asked.duties:
        show_duties(asked.set, chosen.n if asked.n is None else asked.n, asked.rounds, machine=asked.json)
        return 0
    with_peers = (
        bool(chosen.theirs) and not asked.own and asked.n is None and (asked.peers / "ingest" / "run.py").is_file()
    )
    n = chosen.n if asked.n is None else asked.n
    with tempfile.TemporaryDirectory(prefix="fbkit-bench-") as work:
        try:
            if with_peers:
                lines = beside_peers(asked.peers.resolve(), chosen, asked.rounds, Path(work))
            else:
                lines = own(chosen, n, asked.rounds, Path(work))
        except ContestantFailed as error:
            print(error, file=sys.stderr)
            return 1
    show(asked.set, n, asked.rounds, lines, with_peers=with_peers, machine=asked.json)
    return 0


def show(which: str, n: int, rounds: int, lines: list[Line], *, with_peers: bool, machine: bool) -> None:
    """Print what came of it."""
    told = verdicts(lines, "fbkit", SETS[which].goals)
    if machine:
        print(json.dumps(as_json(lines, told, set=which, n=n, rounds=rounds, peers=with_peers), indent=1))
        return
    pace = f"{SETS[which].rate:,} messages a second" if SETS[which].rate else "as fast as they are read"
    print(f"set {which}: {n:,} messages, {pace}, {rounds} rounds; {_whose(with_peers=with_peers)}\n")
    print(table(lines, "floor"))
    print("\n" + "\n".join(told))


def show_duties(which: str, n: int, rounds: int, *, machine: bool) -> None:
    """Measure the duties apart and print what came of it."""
    from contest import duties  # it needs fbkit, which the contestants have to themselves

    costs = duties.measure(n, SETS[which].ms_per_message, rounds)
    if machine:
        print(json.dumps({"set": which, "n": n, "rounds": rounds, "duties_us": costs}, indent=1))
        return
    print(f"duties of set {which}: {n:,} messages, {rounds} rounds, one thread, no socket\n")
    print(duties.table(costs))


def _whose(*, with_peers: bool) -> str:
    return (
        "floor and plain by the peers' program" if with_peers else "floor and plain are our own (no peers in this run)"
    )


if __name__ == "__main__":
    sys.exit(main())
