"""A market invented on the spot, as a board's source: for pages without a collector. Seeded, and quick to ask."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Collection

import numpy as np
import pandas as pd

from fbkit.clock import Clock, SystemClock
from fbkit.dashboard.readings import Readings, readings
from fbkit.dashboard.source import Newest
from fbkit.errors import StoreMissing
from fbkit.hub import Commit, Gone, Hello, Live, LiveRow, Message, Pulse
from fbkit.model import (
    METRIC_COLUMNS,
    NS_DAY,
    NS_HOUR,
    NS_MIN,
    NS_S,
    TIMEFRAMES,
    AccountRow,
    AlertRow,
    BarRow,
    Gap,
    HealthRow,
    Instrument,
    Market,
    MetricRow,
    canonical_name,
)

COINS = (
    "BTC 91482.6 .1 7.9e9|ETH 3127.44 .01 4.1e9|SOL 141.27 .01 1.62e9|XRP 2.1384 .0001 9.8e8|DOGE .16482 .00001 5.4e8|"
    "BNB 884.1 .1 4.9e8|HYPE 36.214 .001 6.2e8|SUI 1.6231 .0001 3.3e8|ADA .4713 .0001 2.9e8|LINK 13.842 .001 2.6e8|"
    "AVAX 14.33 .001 2.2e8|LTC 93.71 .01 2e8|ENA .2684 .0001 1.9e8|AAVE 171.42 .01 1.8e8|NEAR 2.218 .001 1.6e8|"
    "PEPE .000004713 .000000001 1.5e8|ZEC 541.2 .01 3.1e8|TAO 302.4 .1 1.4e8|WLD .6614 .0001 1.3e8|ARB .2231 .0001 1e8|"
    "OP .3374 .0001 9e7|UNI 6.911 .001 1.4e8|DOT 2.418 .001 1.1e8|BCH 537.4 .1 1.6e8|FIL 1.773 .001 8e7|"
    "APT 2.644 .001 8.2e7|INJ 6.213 .001 6e7|TIA .6412 .0001 6.4e7|SEI .1483 .0001 5.8e7|ONDO .5241 .0001 9.1e7|"
    "JUP .2614 .0001 5e7|WIF .4127 .0001 7.1e7|BONK .00001042 .00000001 6.6e7|FARTCOIN .2713 .0001 1e8|"
    "CRV .4218 .0001 7.3e7|LDO .7421 .0001 5.4e7|PENDLE 2.311 .001 4.4e7|ETC 14.02 .01 6e7|ATOM 2.611 .001 4.7e7|"
    "STRK .1394 .0001 5.1e7|TRX .2781 .0001 1.2e8|TON 1.684 .001 9e7"
)


class InventedSource:
    """Random walks with Z-worthy bursts, at one venue or more (each has all coins), every stream well but one.

    ``hz`` is how often live rows come. After ``stops_after_s`` the collector is gone; ``hostile`` adds an instrument
    whose name is markup, as no parser of ours would let through.
    """

    def __init__(
        self,
        n: int = 90,
        *,
        seed: int = 7,
        hz: float = 10.0,
        market: Market | str = Market.SIMULATED,
        stops_after_s: float = math.inf,
        hostile: str = "",
        venues: tuple[str, ...] = ("binance",),
        clock: Clock | None = None,
    ) -> None:
        self.hz, self.kind, self.stops_after_s, self.seed = hz, Market(market), stops_after_s, seed
        self.clock = clock or SystemClock()
        self.random = np.random.default_rng(seed)
        coins = [text.split() for text in COINS.split("|")]
        coins += [[f"{base}{k}", *rest] for k in range(2, 9) for base, *rest in coins[3:42]]
        one = coins[:n]
        if hostile:
            one[5][0] = hostile
        self.coins = [coin for _ in venues for coin in one]
        self.listed = dict(_listed(venue, coin) for venue in venues for coin in one)
        self.last = np.array([float(coin[1]) for coin in self.coins])
        self.oi = np.array([float(coin[3]) for coin in self.coins])
        self.base = self.last.copy()
        self.alerts_told = [self._alert(k) for k in range(9)]

    def market(self) -> tuple[Market, int | None]:
        return self.kind, self.seed if self.kind is Market.SIMULATED else None

    def instruments(self) -> dict[str, Instrument]:
        return dict(self.listed)

    def alerts(self, last: int) -> list[AlertRow]:
        return self.alerts_told[-last:]

    def ask(self, question):
        raise StoreMissing("invented", "has no database", "ask one of its other questions")

    def readings(self, venues: Collection[str]) -> Readings:
        return readings(venues, {})

    def gaps(self) -> list[Gap]:
        now = self.clock.now()
        return [
            Gap(
                "",
                now,
                now,
                1,
                "binance",
                "trade",
                "backfilled",
                "disconnect",
                now - 7 * NS_HOUR,
                now - 7 * NS_HOUR + 4 * NS_MIN,
            ),
            Gap("", now, now, 2, "", "*", "closed", "restart", now - 3 * NS_HOUR, now - 3 * NS_HOUR + 26 * NS_MIN),
        ]

    def bars(self, tf: str, last: int, instrument: str | None = None) -> pd.DataFrame:
        length = TIMEFRAMES[tf]
        end = self.clock.now() // length * length
        names = [instrument] if instrument else list(self.listed)
        ends = end - length * np.arange(last - 1, -1, -1)
        frames = [self._bars_of(name, tf, ends) for name in names]
        return pd.concat(frames, ignore_index=True).sort_values(["t1", "instrument"], kind="stable", ignore_index=True)

    def newest(self, tf: str, within: int) -> Newest:
        last = self.bars(tf, within).groupby("instrument").tail(1)
        return Newest([BarRow(**row) for row in last.to_dict("records")], [], [])

    def columns(self, tf, last, names, wanted):
        length = TIMEFRAMES[tf]
        end = self.clock.now() // length * length
        ends = end - length * np.arange(last - 1, -1, -1)
        frames = {name: self._bars_of(name, tf, ends) for name in names}
        return {name: {column: frame[column].to_numpy() for column in wanted} for name, frame in frames.items()}

    def _bars_of(self, name: str, tf: str, ends: np.ndarray) -> pd.DataFrame:
        i = list(self.listed).index(name)
        hours = TIMEFRAMES[tf] / NS_HOUR
        random = np.random.default_rng([self.seed, i, int(hours * 3600)])
        n = len(ends)
        sd = 0.006 * math.sqrt(hours)
        burst = 1 + 2.2 * (random.random(n) < 0.03)
        if i % 9 == 4:
            burst[-1] = 3.4
        ret = random.normal(0, sd, n) * burst
        close = np.exp(np.cumsum(ret))
        close *= self.base[i] / close[-1]
        open_ = close / np.exp(ret)
        wick = np.abs(random.normal(0, sd * 0.5, (2, n)))
        volume = self.oi[i] * 0.02 * hours * 4 * np.exp(random.normal(0, 0.35, n)) * burst**1.2
        imb = np.clip(ret / sd * 0.13 + random.normal(0, 0.12, n), -0.9, 0.9)
        doi = random.normal(0, 0.003, n) * burst
        oi = self.oi[i] * np.exp(np.cumsum(doi) - doi.sum())
        fund = 0.0001 + np.cumsum(random.normal(0, 4e-6, n))
        liq = np.where(burst > 1, self.oi[i] * 0.002 * random.random(n), 0.0)
        if name.startswith("hyperliquid:"):
            liq = np.full(n, np.nan)  # it has no feed of them
        ones = np.ones(n)
        if i % 17 == 11:
            doi = np.where(np.arange(n) > n - 25, np.nan, doi)
        if i % 23 == 12:
            volume = np.full(n, volume[0])
        with np.errstate(divide="ignore"):
            frame = pd.DataFrame(
                {
                    "instrument": name,
                    "tf": tf,
                    "t0": ends - TIMEFRAMES[tf],
                    "t1": ends,
                    "open": open_,
                    "high": np.maximum(open_, close) * (1 + wick[0]),
                    "low": np.minimum(open_, close) * (1 - wick[1]),
                    "close": close,
                    "ret": ret,
                    "vol_base": volume / close,
                    "vol_usd": volume,
                    "delta": volume * imb,
                    "cvd": pd.Series(volume * imb).groupby((ends - TIMEFRAMES[tf]) // NS_DAY).cumsum().to_numpy(),
                    "taker_imb": imb,
                    "ln_vol": np.log(volume),
                    "premium": random.normal(2e-4, 1e-4, n),
                    "funding_8h": fund,
                    "oi_base": oi / close,
                    "oi_usd": oi,
                    "oi_dlog": doi,
                    "coverage": ones,
                    "source": "own",
                    "liq_long_usd": np.where(ret < 0, liq, 0.0 * liq),
                    "liq_short_usd": np.where(ret > 0, liq, 0.0 * liq),
                }
            )
        if i == 0 and n > 300:
            frame = frame.drop(index=range(n - 60, n - 57))
        return frame

    def _alert(self, k: int) -> AlertRow:
        i = (3 * k + 4) % len(self.coins)
        t1 = self.clock.now() // (15 * NS_MIN) * 15 * NS_MIN - (9 - k) * 15 * NS_MIN
        column, value, words = [
            ("z_ln_vol_60", 4.6, "Volume Z +4.6: 18.3 M USD against 7.11 M usual."),
            ("z_ret_60", -4.4, "Return Z −4.4: −1.42 % in one bar."),
            ("z_oi_dlog_60", 3.1, "Open interest Z +3.1: +1.34 % in one bar."),
        ][k % 3]
        name = list(self.listed)[i]
        return AlertRow(
            *(k + 1, t1 + NS_S, name, "15m", t1, 1, "single_z", "long" if value > 0 else "short", column, value),
            *(math.copysign(3.0, value), 60, 1.0, words, '{"value": 18300000.0, "mean": 7110000.0}'),
        )

    async def messages(self) -> AsyncIterator[Message | Gone]:
        started = self.clock.now()
        seed = self.seed if self.kind is Market.SIMULATED else None
        yield Hello(1, self.kind.value, seed, "sqlite:///invented.db", "0.1.0", 4242, started)
        beats = 0
        while self.clock.now() - started < self.stops_after_s * 1e9:
            yield self._live()
            if self.clock.now() - started >= beats * NS_S:
                beats += 1
                yield self._pulse(beats)
                if beats == 2:
                    yield Commit(beats, alerts=[self._alert(8)])
            await asyncio.sleep(1 / self.hz)
        yield Gone("no collector runs for sqlite:///invented.db; start one with `fbkit up`")
        await asyncio.sleep(3600)

    def _live(self) -> Live:
        now = self.clock.now()
        moved = self.random.random(len(self.coins)) < 0.45
        self.last *= np.exp(np.where(moved, self.random.normal(0, 6e-5, len(self.coins)), 0))
        rows = []
        for i, (name, instrument) in enumerate(self.listed.items()):
            if i == 18:  # one that fell silent a while ago
                ts = now - 252 * NS_S
            elif moved[i]:
                ts = now
            else:
                continue
            tick = instrument.tick or 0.01
            last = round(float(self.last[i]) / tick) * tick
            day = float(self.base[i] * (0.97 + 0.06 * ((i * 7919) % 100) / 100))
            rows.append(
                LiveRow(
                    name,
                    last,
                    ts,
                    last - tick,
                    last + tick,
                    last,
                    1e-4 * (1 + ((i * 31) % 9 - 4) / 5),
                    float(self.oi[i]),
                    last / day - 1,
                    float(self.oi[i] * 1.9),
                )
            )
        return Live(now, rows)

    def _pulse(self, n: int) -> Pulse:
        now = self.clock.now()
        health = [
            HealthRow(now, "binance", channel, "ok", "", "", age)
            for channel, age in (("trade", 0.2), ("quote", 0.1), ("mark", 0.8), ("funding", 40.0), ("day", 0.9))
        ]
        sentence = "No open interest for 3m 41s; usual every 30 s, degraded over 60 s. Asked again in 19 s."
        health.append(HealthRow(now, "binance", "open_interest", "degraded", "stale", sentence, 221.0))
        accounts = [
            AccountRow(
                1,
                "binance",
                channel,
                9000 * n + 7,
                9000 * n - 30,
                30 if channel == "quote" else 0,
                30 if channel != "quote" else 0,
                0,
                7,
            )
            for channel in ("trade", "quote", "mark", "open_interest", "liquidation")
        ]
        backfill = (
            {
                "done": min(90, 9 * n),
                "total": 90,
                "sentence": f"Fetching 48 h of bars: {min(90, 9 * n)} of 90 instruments",
            }
            if n < 10
            else None
        )
        return Pulse(now, n, health, accounts, {"binance": 9412.0}, {"binance": 38.0}, 120, 9412 * n, backfill)

    def close_bar(self, tf: str, t1: int) -> Commit:
        """A bar of every instrument that closes at ``t1``, with Z-scores."""
        bars, metrics = [], []
        for i, name in enumerate(self.listed):
            bars.append(
                BarRow(
                    name,
                    tf,
                    t1 - TIMEFRAMES[tf],
                    t1,
                    close=float(self.last[i]),
                    ret=0.001 * i,
                    vol_usd=1e6,
                    delta=1e5,
                    coverage=1.0,
                )
            )
            values = tuple(float(i % 9 - 4) for _ in METRIC_COLUMNS)
            metrics.append(MetricRow(name, tf, t1, values, (60,) * len(values), ("",) * len(values), 1.0))
        return Commit(99, bars, metrics)


def _listed(venue: str, coin: list[str]) -> tuple[str, Instrument]:
    base, tick = coin[0], float(coin[2])
    name = canonical_name(venue, base, "USDT")
    return name, Instrument(name, venue, f"{base}USDT", base, "USDT", "USDT", tick=tick, step=0.001)
