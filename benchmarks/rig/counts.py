"""How many rows a database holds: counted by a process of its own, so that whoever is weighed does not carry it.

``python -m rig.counts URL`` prints the number.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys

from rig.listener import BENCHMARKS

from fbkit.store import open_store


def rows_of(url: str) -> int:
    """Rows of all tables."""
    command = [sys.executable, "-m", "rig.counts", url]
    return int(subprocess.run(command, capture_output=True, text=True, check=True, cwd=BENCHMARKS).stdout)


def main() -> None:
    """Count."""
    with contextlib.closing(open_store(sys.argv[1])) as store:
        print(sum(store.table_counts().values()))


if __name__ == "__main__":
    main()
