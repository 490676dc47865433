"""What is known between two marks: index prices by index, predicted funding by contract, and what was settled."""

from __future__ import annotations

from typing import NamedTuple

from fbkit.feeds.decoding import number
from fbkit.feeds.instruments import Known
from fbkit.feeds.okx.wire import FundingRow, Perhaps, millis
from fbkit.model import NS_MIN, NS_MS, Funding

_MS_HOUR = 3_600_000


#: How long what was heard is taken along (ns): an index speaks once a minute at least, funding every 30 to 90 s.
_INDEX_KEPT, _FUNDING_KEPT = 3 * NS_MIN, 15 * NS_MIN


class Predicted(NamedTuple):
    """The rate that will be paid at ``ts`` (UTC ns), per ``hours``."""

    rate: float | None = None
    hours: float | None = None
    ts: int | None = None


_NOTHING = Predicted()


class Predictions:
    """Remembers what the next mark of a contract takes along, as long as it is fresh; instants are our clock's."""

    def __init__(self) -> None:
        self._index: dict[str, tuple[float, int]] = {}
        self._predicted: dict[str, tuple[Predicted, int]] = {}
        self._settled: dict[str, tuple[int, float]] = {}

    def index(self, name: str, ts_recv: int) -> float | None:
        """The newest price of an index."""
        price, heard = self._index.get(name, (None, 0))
        return price if ts_recv - heard <= _INDEX_KEPT else None

    def set_index(self, name: str, price: float, ts_recv: int) -> None:
        """An index moved."""
        self._index[name] = price, ts_recv

    def of(self, symbol: str, ts_event: int, ts_recv: int) -> Predicted:
        """What a contract's funding is predicted to be; what was paid by now is no prediction any more."""
        predicted, heard = self._predicted.get(symbol, (_NOTHING, 0))
        if predicted.ts is not None and predicted.ts <= ts_event:
            return _NOTHING
        return predicted if ts_recv - heard <= _FUNDING_KEPT else _NOTHING

    def heard(self, row: FundingRow, known: Known, ts_recv: int) -> Funding | None:
        """Remember a prediction; the settlement that it tells of, the first time.

        The rate applies at ``fundingTime``, per ``nextFundingTime`` − ``fundingTime``. What was settled was paid for
        the period that we had heard of under that end; where we had not, for one as long as the present.
        """
        before, _ = self._predicted.get(row.instId, (_NOTHING, 0))
        hours = hours_between(row.fundingTime, row.nextFundingTime) or known.funding_hours
        known.funding_hours = hours
        predicted = Predicted(number(row.fundingRate), hours, row.fundingTime * NS_MS)
        self._predicted[row.instId] = predicted, ts_recv
        rate, paid = number(row.settFundingRate), millis(row.prevFundingTime)
        if rate is None or row.settState != "settled" or paid is None:
            return None
        if self._settled.get(row.instId) == (paid, rate):
            return None
        self._settled[row.instId] = paid, rate
        heard_of = before.hours if before.ts == paid * NS_MS else None
        hours = heard_of or hours_between(paid, row.fundingTime) or hours
        return Funding(known.name, paid * NS_MS, ts_recv, rate, hours)


def hours_between(since: Perhaps, until: Perhaps) -> float | None:
    """Hours between two instants of the venue's (Unix ms); ``None`` where one is empty or they make no interval.

    >>> hours_between(1785888000000, "1785916800000"), hours_between(1785888000000, "")
    (8.0, None)
    """
    first, last = millis(since), millis(until)
    if first is None or last is None or not 0 < last - first <= 31 * 24 * _MS_HOUR:
        return None
    return (last - first) / _MS_HOUR
