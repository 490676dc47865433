"""A pipeline without an engine worth its name, and events to send through it."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import pytest

from fbkit.ingest.pipeline import Pipeline
from fbkit.model import NS_MS, Quote, Side, Trade
from tests.books import books_are_closed  # noqa: F401 - a fixture

BTC = "binance:BTC-USDT-PERP"


class NothingClosed(NamedTuple):
    bars: list[Any] = []  # noqa: RUF012 - never written to
    metrics: list[Any] = []  # noqa: RUF012 - never written to
    summary: list[Any] = []  # noqa: RUF012 - never written to
    filled: int = 0


class SilentEngine:
    """Remembers what it was handed."""

    #: It has room for whoever comes.
    lacks_room = False

    def __init__(self) -> None:
        self.late: Counter[tuple[str, str]] = Counter()
        self.taken: list[Any] = []

    def take(self, event: Any) -> None:
        self.taken.append(event)

    def take_all(self, events: Any) -> None:
        self.taken.extend(events)

    def beat(self, beat: Any) -> NothingClosed:
        self.taken.append(beat)
        return NothingClosed()


class SilentRules:
    def judge(self, closed: Any, ts: int) -> list[Any]:
        raise AssertionError("nothing closed, so nobody is judged")


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline(SilentEngine(), SilentRules(), cadence=0)  # type: ignore[arg-type]  # stand-ins


def trade(number: int, ms: int = 0, price: float = 100.0, instrument: str = BTC) -> Trade:
    return Trade(instrument, ms * NS_MS, ms * NS_MS, number, price, 1.0, Side.BUY)


def quote(number: int, ms: int = 0, instrument: str = BTC) -> Quote:
    return Quote(instrument, ms * NS_MS, ms * NS_MS, number, 100.0, 1.0, 101.0, 1.0)
