"""A database of four coins at five venues, made by hand in a second: with an old venue, a late one, a gap, a curve."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import msgspec
import numpy as np

from fbkit.clock import VirtualClock
from fbkit.dashboard.scene import Scene, size_of
from fbkit.dashboard.source import StoreSource
from fbkit.dashboard.tab import Tab
from fbkit.hub import Hello, Message, Pulse
from fbkit.model import NS_DAY, NS_S, TIMEFRAMES, BarRow, Beat, HealthRow, Instrument, Market, Row
from fbkit.settings import load_settings
from fbkit.store import Batch, open_writer
from tests.across.made import NAN, START, WRITER, bar, contract, listing, summary

NOW = START + 10 * NS_DAY
VENUES = ("binance", "bybit", "okx", "hyperliquid", "deribit")
COINS = {"BTC": (92_000.0, 4e9), "ETH": (2_700.0, 2e9), "SOL": (130.0, 8e8), "HYPE": (30.0, 3e8)}
SLOTS = {"1m": 300, "5m": 640, "1h": 192}

#: okx tells no open interest of BTC in its last three bars of 5m, bybit none before this one.
OLD_BARS, LATE_SLOT = 3, 300


def contracts() -> list[Instrument]:
    """Every perpetual but HYPE at deribit, and four dated futures of BTC."""
    perpetuals = [
        contract(f"{venue}:{coin}-USD-PERP")
        for venue in VENUES
        for coin in COINS
        if (venue, coin) != ("deribit", "HYPE")
    ]
    dated = [
        contract(f"{venue}:BTC-USD-{word}", days=days)
        for venue in ("deribit", "okx")
        for word, days in (("260227", 57.3), ("260626", 176.3))
    ]
    return perpetuals + dated


def moves(tf: str, slots: int) -> dict[str, np.ndarray]:
    """Log returns by coin: one market, and SOL two bars behind BTC."""
    random = np.random.default_rng([7, TIMEFRAMES[tf] // NS_S])
    market, own = random.normal(0, 0.002, slots), random.normal(0, 0.001, (len(COINS), slots))
    found = {coin: market + noise for coin, noise in zip(COINS, own, strict=True)}
    found["SOL"] = np.r_[own[2][:2], 0.9 * found["BTC"][:-2] + own[2][2:]]
    return found


def bars(one: Instrument, tf: str) -> Iterator[BarRow]:
    """Its bars up to NOW; perpetuals and dated futures alike."""
    slots, length = SLOTS[tf], TIMEFRAMES[tf]
    price, interest = COINS[one.base]
    at = VENUES.index(one.venue)
    ret = moves(tf, slots)[one.base]
    close = price * np.exp(np.cumsum(ret) - ret.sum())
    random = np.random.default_rng([at, len(one.name), TIMEFRAMES[tf] // NS_S])
    days = NAN if one.expiry is None else (one.expiry - NOW) / NS_DAY
    over = random.normal(0, 2e-4, slots) if one.expiry is None else np.full(slots, 0.06 * (1 + at / 20) * days / 365)
    rate = np.round(1e-4 * (1 + at / 10) + np.cumsum(random.normal(0, 2e-6, slots)), 8)
    base = interest / price * (1 - at / 8) * np.exp(np.cumsum(random.normal(0, 1e-3, slots)))
    for k in range(slots):
        end = NOW - (slots - 1 - k) * length
        known = {"oi_base": base[k], "oi_usd": base[k] * close[k], "oi_dlog": np.log(base[k] / base[max(0, k - 1)])}
        live = tf != "1h" or k >= slots - 48
        yield bar(
            one.name, end, tf, close=close[k], ret=ret[k], vol_usd=1e6 * (5 - at),
            funding_8h=rate[k] if one.expiry is None else NAN,
            mark=close[k] * (1 + over[k]) if live else NAN, index=close[k] if live else NAN,
            premium=over[k] if live and one.expiry is None else NAN, **known,
        )  # fmt: skip  # a bar


def troubled(row: BarRow) -> BarRow | None:
    """The same bar with what goes wrong in this market; ``None`` where it never came."""
    name, last = row.instrument, (NOW - row.t1) // TIMEFRAMES[row.tf]
    missing = {"oi_base": NAN, "oi_usd": NAN, "oi_dlog": NAN}
    if row.tf == "5m" and name.startswith("okx:BTC") and last < OLD_BARS:
        return msgspec.structs.replace(row, **missing)
    if row.tf == "5m" and name.startswith("bybit:BTC") and SLOTS["5m"] - 1 - last < LATE_SLOT:
        return msgspec.structs.replace(row, **missing)
    if row.tf == "1m" and name.startswith("bybit:SOL") and last == 0:
        return msgspec.structs.replace(row, coverage=0.3)
    if row.tf == "1m" and name.startswith("hyperliquid:ETH") and last < 10:
        return None
    return row


def rows() -> Iterator[Row]:
    for one in contracts():
        for tf in SLOTS:
            yield from filter(None, map(troubled, bars(one, tf)))
        if one.base == "BTC":
            yield from (_day_ago(row) for row in bars(one, "1m") if row.t1 > NOW - 5 * TIMEFRAMES["1m"])
        if one.expiry is None:
            yield msgspec.structs.replace(summary(one.name, NOW, "1m"), oi_usd=COINS[one.base][1])


def _day_ago(row: BarRow) -> BarRow:
    """A bar of the day before; dated futures stood a little nearer to the index."""
    mark = row.mark if row.instrument.endswith("PERP") else row.index + 0.8 * (row.mark - row.index)
    return msgspec.structs.replace(row, t0=row.t0 - NS_DAY, t1=row.t1 - NS_DAY, mark=mark)


def write(folder: Path) -> str:
    """The database's URL."""
    url = f"sqlite:///{(folder / 'across.db').as_posix()}"
    told = [listing(one, seq) for seq, one in enumerate(contracts(), 1)]
    beat = Beat(instrument="", ts_event=NOW + NS_S, ts_recv=NOW + NS_S, seq=WRITER | 1000, n=10)
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(NOW), holder="a test") as writer:
        writer.append(Batch([*told, beat], list(rows())))
    return url


async def read(tab: Tab, *names: str) -> Tab:
    """The tab after these questions were asked, or all of them."""
    for name in names or tab.jobs:
        await tab.jobs[name].ask()
    return tab


def scene_over(url: str, home: Path, **choices: object) -> Scene:
    """A scene whose board has read the market already."""
    source = StoreSource(load_settings(db=url, home=home), url)
    scene = Scene(source, VirtualClock(NOW), **choices)
    scene.market, scene.seed = source.market()
    scene.known = source.instruments()
    scene.venues = sorted({one.venue for one in scene.known.values()}, key=size_of)
    return scene


class Told(StoreSource):
    """The same database with a collector that only beats."""

    async def messages(self) -> AsyncIterator[Message]:
        yield Hello(1, "SIMULATED", 7, self.url, "0.1.0", 4242, NOW)
        for n in count(1):
            health = HealthRow(NOW, "binance", "trade", "ok", "", "", 0.2)
            yield Pulse(NOW + n * NS_S, n, [health], [], {"binance": 9.0}, {"binance": 9.0}, 0, 0, None)
            await asyncio.sleep(1.0)
