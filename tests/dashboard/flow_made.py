"""A small database of flow: three venues of one coin over a midnight, with a gap, trades, and a venue that is deaf."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np

from fbkit.clock import VirtualClock
from fbkit.dashboard.source import StoreSource
from fbkit.hub import Gone, Hello, Live, LiveRow, Message, Pulse
from fbkit.model import NS_DAY, NS_HOUR, NS_MIN, NS_S, BarRow, Beat, Event, Listing, Market, RunRow, Side, Trade
from fbkit.settings import Settings
from fbkit.store import Batch, open_writer

MIDNIGHT = 20_455 * NS_DAY  # 2026-01-02 00:00 UTC
BARS = 300
END = MIDNIGHT + 2 * NS_HOUR
FIRST = END - BARS * NS_MIN
VENUES = ("binance", "bybit", "hyperliquid")
NAMES = ("binance:BTC-USDT-PERP", "bybit:BTC-USDT-PERP", "hyperliquid:BTC-USD-PERP")
HOLE = range(BARS - 50, BARS - 40)  # bars of bybit that are not there


def bars_of(place: int) -> list[BarRow]:
    """The bars of one venue: takers buy until midnight and sell after it; the first hour is klines without a book."""
    random = np.random.default_rng([7, place])
    found, cvd, close = [], 0.0, 90_000.0
    for k in range(BARS):
        t0 = FIRST + k * NS_MIN
        volume = float((3e6 if place == 0 else 1e6) * (1 + random.random()) * (5 if k == BARS - 20 else 1))
        share = float(random.normal(0.15 if t0 < MIDNIGHT else -0.15, 0.1))
        if place == 1 and k in HOLE:
            cvd = 0.0
            continue
        cvd = volume * share + (0.0 if t0 == MIDNIGHT else cvd)
        before, close = close, close * float(np.exp(random.normal(-1e-5, 4e-4)))
        heard, died = k >= 60, place != 2
        found.append(
            BarRow(
                NAMES[place], "1m", t0, t0 + NS_MIN, before, max(before, close), min(before, close), close,
                ret=float(np.log(close / before)), vol_base=volume / close, vol_usd=volume, delta=volume * share,
                buy_usd=volume * (1 + share) / 2, sell_usd=volume * (1 - share) / 2, cvd=cvd, taker_imb=share,
                ln_vol=float(np.log(volume)), obi_5=float(random.normal(0, 0.2)) if heard else np.nan,
                spread_bp=0.1 if heard else np.nan, coverage=1.0, source="own",
                liq_long_usd=(2e5 if k == BARS - 20 else 0.0) if heard and died else np.nan,
                liq_short_usd=(1e4 if k == BARS - 90 else 0.0) if heard and died else np.nan,
            )
        )  # fmt: skip  # a row
    return found


def events(first: int) -> list[Event]:
    """Listings, beats, and 400 trades of each venue in the last ten minutes."""
    random = np.random.default_rng(7)
    found: list[Event] = [
        Listing(name, FIRST, FIRST, name, "BTC", name.split("-")[1], "USDT", tick=0.1) for name in NAMES
    ]
    for name in NAMES:
        for k in range(400):
            ts = END - 10 * NS_MIN + k * NS_S
            price, side = 90_000.0 + 10.0 * round(float(random.normal(0, 8))), Side.BUY if k % 3 else Side.SELL
            found.append(Trade(name, ts, ts, k + 1, price, 5.0 if k == 390 else 0.1, side))
    found += [Beat("", ts, ts, n) for n, ts in enumerate(range(END - 20 * NS_MIN, END + NS_S, NS_S))]
    return [event.__class__(**{**_fields(event), "seq": first + k}) for k, event in enumerate(found)]


def _fields(event: Event) -> dict[str, object]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


def write_flow(url: str) -> str:
    """Make the database; its address."""
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(END), holder="a test") as writer:
        rows = [bar for place in range(len(NAMES)) for bar in bars_of(place)]
        run = RunRow(1, END - 20 * NS_MIN, 0, 1, "code", "{}", "3.11", "2.4", 1, "host")
        writer.append(Batch(events=events((writer.epoch << 48) + 1), rows=[run, *rows]))
    return url


class FlowSource(StoreSource):
    """That database, with a collector that says that time passes."""

    def __init__(self, url: str) -> None:
        super().__init__(Settings(), url)

    async def messages(self) -> AsyncIterator[Message | Gone]:
        yield Hello(1, "SIMULATED", 7, self.url, "0", 1, END)
        for n in range(1_000_000):
            yield Live(END, [LiveRow(name, 90_000.0, END) for name in NAMES])
            yield Pulse(END, n)
            await asyncio.sleep(1)
