"""A database of hand-made bars, as a desk and as a URL."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count

import pytest

from fbkit.clock import VirtualClock
from fbkit.desk import Desk
from fbkit.model import Event, Instrument, Market, Row
from fbkit.settings import load_settings
from fbkit.store import Batch, open_store, open_writer
from tests.across.made import START, listing

Make = Callable[..., Desk]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Write contracts, rows and events into a new database and open it."""
    folder, numbers = tmp_path_factory.mktemp("across"), count()

    def made(contracts: Iterable[Instrument], rows: Iterable[Row], events: Iterable[Event] = ()) -> Desk:
        url = f"sqlite:///{(folder / f'{next(numbers)}.db').as_posix()}"
        clock = VirtualClock(START)
        with open_writer(url, market=Market.SIMULATED, seed=7, clock=clock, holder="a test") as writer:
            told = [listing(one, seq) for seq, one in enumerate(contracts, 1)]
            writer.append(Batch([*told, *events], list(rows)))
        return Desk(open_store(url), load_settings(db=url, home=folder), clock)

    return made
