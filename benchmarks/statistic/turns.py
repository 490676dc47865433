"""Contestants in turn within one process: CPU seconds of each round, and who could not take part."""

from __future__ import annotations

import importlib
import random
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType


class Missing:
    """Who is not in this run, and why."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def module(self, name: str) -> ModuleType | None:
        """A package of another's, or None, which is told."""
        if find_spec(name) is None:
            self.tell(f"{name} (not installed in this Python)")
            return None
        return importlib.import_module(name)

    def kernels(self, peers: Path) -> ModuleType | None:
        """The peers' compiled kernels, or None, which is told."""
        place = peers / "analytics" / "kernels.py"
        if not place.is_file() or find_spec("numba") is None:
            self.tell("the peers' compiled blocks (no analytics/kernels.py in their folder, or no numba)")
            return None
        spec = spec_from_file_location("peers_kernels", place)
        if spec is None or spec.loader is None:
            return None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def tell(self, who: str) -> None:
        """Say it once."""
        if who not in self.told:
            self.told.append(who)


def cpu_seconds(contestants: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The least CPU time of each over the rounds, after one that does not count; a shuffled order each round."""
    names, best = list(contestants), dict.fromkeys(contestants, float("inf"))
    shuffle = random.Random(0).shuffle
    for run in contestants.values():
        run()
    for _ in range(rounds):
        shuffle(names)
        for name in names:
            began = time.process_time()
            contestants[name]()
            best[name] = min(best[name], time.process_time() - began)
    return best
