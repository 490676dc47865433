"""A store in a temporary folder, on a clock that stands still, and events of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fbkit.clock import VirtualClock
from fbkit.model import Market
from fbkit.store import Writer, open_writer

START = 1_767_225_585_000_000_000


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{(tmp_path / 'simulated.db').as_posix()}"


@pytest.fixture
def open_again(url: str, clock: VirtualClock) -> Iterator[Callable[..., Writer]]:
    opened: list[Writer] = []

    def open_it(**options: Any) -> Writer:
        writer = open_writer(
            options.pop("url", url),
            market=options.pop("market", Market.SIMULATED),
            seed=options.pop("seed", 7),
            clock=options.pop("clock", clock),
            holder=options.pop("holder", "a test"),
            **options,
        )
        opened.append(writer)
        return writer

    yield open_it
    for writer in opened:
        writer.close()


@pytest.fixture
def writer(open_again: Callable[..., Writer]) -> Writer:
    return open_again()
