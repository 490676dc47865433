"""The peers' own benchmark, run with fbkit among its contestants: an environment of theirs, and their table read back.

Their folder has ``ingest/run.py``, which runs its contestants and any given by ``--extra``, interleaved, and prints one
Markdown table. Its packages live in ``.bench/peers``, away from ours.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from contest.rounds import ContestantFailed
from contest.table import Line

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".bench" / "peers"
PYTHON = HOME / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

_PACKAGES = "websockets picows aiohttp uvloop orjson msgspec numpy pandas sqlalchemy zstandard"

#: Wanted, but it builds from source on some machines, and the rest does without it.
_PERHAPS = "cryptofeed==2.4.1"

#: Marks the contestants of this run among all that ``run.py`` knows; ``--only`` picks them by it.
_MARK = "· "


def environment() -> bool:
    """Make ``.bench/peers`` if it is not there; whether cryptofeed is in it."""
    if not PYTHON.exists():
        sys.path.append(str(ROOT))
        from dev import uv_environment

        env = uv_environment()
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "-q", str(HOME), "--python", sys.executable], env=env, check=True)
        install = [*uv, "pip", "install", "-q", "--python", str(PYTHON)]
        subprocess.run([*install, *_PACKAGES.split()], env=env, check=True)
        subprocess.run([*install, _PERHAPS], env=env, check=False, capture_output=True)
    found = subprocess.run([str(PYTHON), "-c", "import cryptofeed"], check=False, capture_output=True)
    return found.returncode == 0


def theirs(*, cryptofeed: bool) -> dict[str, str]:
    """Their contestants by the names of our table, as commands of their folder."""
    command = "e2e.py {} {{port}} {{db}} --n {{n}} --rate {{rate}}"
    named = {"floor": "picows+msgspec+multi", "plain": "ws+json+sa"} | (
        {"cryptofeed": "cryptofeed+many"} if cryptofeed else {}
    )
    return {name: command.format(their_name) for name, their_name in named.items()}


def run(folder: Path, which: str, contestants: Mapping[str, str], rounds: int, work: Path) -> list[Line]:
    """One run of theirs: ``which`` of their sets sets the pace, ``contestants`` who runs; the first is the floor."""
    command = [str(PYTHON), str(folder / "ingest" / "run.py"), "--set", which, "--rounds", str(rounds)]
    command += ["--work", str(work), "--only", _MARK]
    for name, what in contestants.items():
        command += ["--extra", f"{_MARK}{name}={what}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=work)
    lines = read(done.stdout)
    missing = contestants.keys() - {line.name for line in lines}
    if done.returncode or missing:
        said = "\n".join(line for line in done.stdout.splitlines() if not line.startswith("|"))
        raise ContestantFailed(f"{', '.join(missing) or folder}: no answer\n{said}\n{done.stderr.strip()[-2000:]}")
    return lines


def read(text: str) -> list[Line]:
    """The lines of their table that are ours.

    >>> read("| · floor | 2.10 | 1.80 | 0.05 | 476,190 | 300,000 | 1.00 | 1.00 |")
    [Line(name='floor', median_us=2.1, min_us=1.8, sys_us=0.05, msgs_s=300000.0)]
    """
    found = []
    for row in text.splitlines():
        name, *cells = (cell.strip() for cell in row.strip("| ").split("|"))
        if name.startswith(_MARK.strip()) and len(cells) == 7:
            median_us, min_us, sys_us, _, msgs_s, *_ = (float(cell.replace(",", "")) for cell in cells)
            found.append(Line(name.removeprefix(_MARK), median_us, min_us, sys_us, msgs_s))
    return found


def fbkit_command(script: Path) -> str:
    """The contestant as their ``--extra`` wants it, run by our own Python."""
    return f"{shlex.quote(sys.executable)} {shlex.quote(str(script))} {{port}} {{db}} --n {{n}} --rate {{rate}}"
