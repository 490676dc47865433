"""Across the venues of a coin, and across coins, as frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from fbkit import across
from fbkit.across import Coin
from fbkit.desk.base import Base
from fbkit.errors import UnknownName
from fbkit.model import NS_DAY, Span


class Across(Base):
    """The desk's words for what no venue says alone.

    ``coin`` is a coin (``"BTC"``: all its contracts), a symbol (``"BTC-USDT-PERP"``: that one at each venue) or a full
    name. A venue counts at an instant where its bar has the value and the bar's coverage is enough (setting
    ``min_coverage``); who counted stands beside each number. ``attrs``: ``coin tf market coverage``.
    """

    def across(self, coin: str, tf: str = "15m", since: Any = None, until: Any = None) -> pd.DataFrame:
        """Total open interest, funding weighted by it, volume, prices, 3-month basis, liquidations: a row a bar."""
        return self._of_coin("across", across.across, coin, tf, since, until)

    def curve(self, coin: str, tf: str = "1m", until: Any = None) -> pd.DataFrame:
        """Premium of the perpetuals and basis of the dated futures at the newest bar (before ``until``)."""
        return self._newest("curve", across.curve, coin, tf, until)

    def shares(self, coin: str, tf: str = "15m", since: Any = None, until: Any = None) -> pd.DataFrame:
        """Volume and open interest (USD) of each venue, and its share of all, a row a bar and venue."""
        return self._of_coin("shares", across.shares, coin, tf, since, until)

    def funding_by_venue(self, coin: str, tf: str = "15m", since: Any = None, until: Any = None) -> pd.DataFrame:
        """Funding per 8 h and per year of each perpetual, and its premium in bp, a row a bar and perpetual."""
        return self._of_coin("funding_by_venue", across.funding_by_venue, coin, tf, since, until)

    def dispersion(self, coin: str, tf: str = "15m", since: Any = None, until: Any = None) -> pd.DataFrame:
        """How far the venues' mark prices lie apart, in bp, and who is lowest and highest, a row a bar."""
        return self._of_coin("dispersion", across.dispersion, coin, tf, since, until)

    def liquidated(self, coin: str, tf: str = "15m", since: Any = None, until: Any = None) -> pd.DataFrame:
        """USD of longs and shorts liquidated at each venue, and whether the venue tells all, a row a bar and venue."""
        return self._of_coin("liquidated", across.liquidated, coin, tf, since, until)

    def board(self, coin: str, tf: str = "1m", until: Any = None) -> pd.DataFrame:
        """The newest bar (before ``until``) as a table for the eye: a row a venue, and one for all."""
        return self._newest("board", across.board, coin, tf, until)

    def correlation(
        self,
        tf: str = "1h",
        coins: Sequence[str] | None = None,
        since: Any = None,
        until: Any = None,
        *,
        column: str = "ret",
    ) -> pd.DataFrame:
        """Correlations of log returns between coins: ``["r"]``, with ``["low"]``, ``["high"]`` (95 %) and ``["n"]``.

        ``column="oi_dlog"``: of the changes of open interest.
        """
        self._check_tf(tf)
        span = self.span(since, until)
        wanted = [coins] if isinstance(coins, str) else coins
        read = across.coin_returns(self.store, wanted, tf, span, self.settings.min_coverage, column)
        frame = across.correlations(read)
        return self._named(frame, "correlation", column=column)

    def lead_lag(self, a: str, b: str, tf: str = "1m", since: Any = None, until: Any = None) -> pd.DataFrame:
        """Correlation of two coins' returns at lags of −10 to 10 bars; ``attrs["sentence"]`` says who leads."""
        self._check_tf(tf)
        span = self.span(since, until)
        read = across.coin_returns(self.store, [a, b], tf, span, self.settings.min_coverage)
        if len(read.contracts) < 2:
            raise UnknownName("second coin", b, [f"another than {a}"])
        return self._named(across.lead_lag(read), "lead_lag")

    def breadth(self, tf: str = "15m", since: Any = None, until: Any = None) -> pd.DataFrame:
        """Share of fresh perpetuals whose return is at least 2 standard deviations up, or down, a row a bar."""
        self._check_tf(tf)
        frame = across.breadth(self.store, tf, self.span(since, until), self.settings.min_coverage)
        return self._named(frame, "breadth", tf=tf, coverage=_mean(frame))

    def profile(
        self, instrument: str, since: Any = "24h", until: Any = None, *, width_usd: float | None = None, tf: str = "15m"
    ) -> pd.DataFrame:
        """Taker USD by price over a span, with point of control and value area in ``attrs``; of one instrument.

        Bins are a round width near a tenth of the ATR over 14 bars of ``tf``, or ``width_usd`` wide.
        """
        self._check_tf(tf)
        name = self._one(instrument)
        frame = across.profile(self.store, name, self.span(since, until), width_usd=width_usd, tf=tf)
        return self._named(frame, "profile", instrument=name)

    def _of_coin(
        self, what: str, words: Callable[[Coin], pd.DataFrame], coin: str, tf: str, since: Any, until: Any
    ) -> pd.DataFrame:
        """A frame of one coin; a day more is read before it, for what looks back."""
        self._check_tf(tf)
        span = self.span(since, until)
        wide = Span(None if span.since is None else span.since - NS_DAY, span.until)
        read = across.venues_of(self.store, coin, tf, wide, self.settings.min_coverage)
        frame = words(read)
        if span.since is not None:
            frame = frame[frame.index > pd.Timestamp(span.since, tz="UTC")]
        return self._told(what, frame, read)

    def _newest(self, what: str, words: Callable[[Coin], pd.DataFrame], coin: str, tf: str, until: Any) -> pd.DataFrame:
        """A frame of the newest bar of one coin, from no more than the day before it."""
        self._check_tf(tf)
        end = self.instant(until, "until")
        if end is None:
            end = across.newest_end(self.store, across.contracts_of(self.store, coin), tf)
        span = Span(None if end is None else end - NS_DAY, end)
        read = across.venues_of(self.store, coin, tf, span, self.settings.min_coverage)
        return self._told(what, words(read), read)

    def _told(self, what: str, frame: pd.DataFrame, read: Coin) -> pd.DataFrame:
        return self._named(frame, what, coin=read.contracts[0].base, tf=read.tf, coverage=_mean(frame))


def _mean(frame: pd.DataFrame) -> float:
    coverage = frame["coverage"] if "coverage" in frame else pd.Series(dtype=float)
    return float(coverage.mean()) if len(coverage) else 0.0
