"""Three coins at two venues over 26 hours, made by hand: alerts of two rules, gaps, and a process that was away."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import numpy as np

from fbkit.alerts.load import dump
from fbkit.alerts.rule import DEFAULTS
from fbkit.clock import VirtualClock
from fbkit.dashboard.scene import Scene, size_of
from fbkit.dashboard.source import StoreSource
from fbkit.hub import Gone, Hello, Message, Pulse
from fbkit.model import (
    NS_HOUR,
    NS_MIN,
    NS_S,
    AccountRow,
    AlertRow,
    BarRow,
    Beat,
    Event,
    Gap,
    HealthRow,
    Market,
    RunRow,
    Setting,
)
from fbkit.settings import load_settings
from fbkit.store import Batch, open_writer
from tests.across.made import START, WRITER, bar, contract, listing

HOURS = 26
NOW = START + HOURS * NS_HOUR
VENUES, COINS = ("binance", "okx"), ("BTC", "ETH", "SOL")
NAMES = [f"{venue}:{coin}-USDT-PERP" for venue in VENUES for coin in COINS]

#: When no collector ran, UTC ns.
AWAY = (NOW - 5 * NS_HOUR, NOW - 5 * NS_HOUR + 35 * NS_MIN)

#: The gap that was never filled, UTC ns.
LOST = (NOW - 2 * NS_HOUR, NOW - 2 * NS_HOUR + 26 * NS_MIN)

#: okx was degraded from here for so long, UTC ns.
BAD = (NOW - 3 * NS_HOUR, NOW - 3 * NS_HOUR + 45 * NS_MIN)

#: Alerts of the rule z, and of the rule cluster: too few of those to say anything.
SPOKEN, SELDOM = 240, 3

HEALTH = [
    HealthRow(NOW, "binance", "trade", "ok", "", "", 0.2),
    HealthRow(NOW, "binance", "quote", "ok", "", "", 0.1),
    HealthRow(NOW, "okx", "trade", "ok", "", "", 0.4),
    HealthRow(NOW, "okx", "open_interest", "down", "stale", "okx open_interest: nothing for 4m 12s.", 252.0),
    HealthRow(NOW, "", "store", "ok", "", ""),
]


def beats() -> Iterator[Beat]:
    """A heartbeat every ten seconds, but for the time nobody was there."""
    for n in range(0, HOURS * 3600 + 1, 10):
        ts = START + n * NS_S
        if not AWAY[0] <= ts < AWAY[1]:
            yield Beat("", ts, ts, n, seq=WRITER | (10_000 + n))


def gaps() -> list[Gap]:
    """The process away, one lost, one filled, one still open."""
    told = [
        ("", "*", "closed", "restart", *AWAY),
        ("okx", "trade", "closed", "disconnect", *LOST),
        ("binance", "trade", "backfilled", "disconnect", NOW - 8 * NS_HOUR, NOW - 8 * NS_HOUR + 4 * NS_MIN),
        ("okx", "liquidation", "opened", "refused", NOW - 3 * NS_MIN, None),
    ]
    return [
        Gap("", t0, t0, n, venue, channel, phase, cause, t0, t1, seq=WRITER | (200_000 + n))  # type: ignore[arg-type]  # a phase
        for n, (venue, channel, phase, cause, t0, t1) in enumerate(told, 1)
    ]


def bars() -> Iterator[BarRow]:
    """Random walks by the minute."""
    for at, name in enumerate(NAMES):
        moves = np.random.default_rng([7, at]).normal(0, 6e-4, HOURS * 60)
        close = 100.0 * (at + 1) * np.exp(np.cumsum(moves))
        opened = np.r_[100.0 * (at + 1), close[:-1]]
        for k in range(HOURS * 60):
            prices = {"open": opened[k], "close": close[k], "high": max(opened[k], close[k]) * 1.0002}
            low = min(opened[k], close[k]) * 0.9998
            yield bar(name, START + (k + 1) * NS_MIN, "1m", **prices, low=low)


def alerts() -> Iterator[AlertRow]:
    dice = np.random.default_rng(11)
    for k in range(SPOKEN):
        t1 = START + (3 * 60 + int(dice.integers(0, 22 * 60))) * NS_MIN
        up = bool(dice.random() < 0.5)
        inputs = '{"z":3.4,"x":0.004,"usual":0.0001,"window":60,"close":101.5,"source":"own"}'
        said = f"Return Z {'+' if up else '−'}3.4 on 5m: +0.4 % against +0.01 % usual"
        way = "up" if up else "down"
        yield AlertRow(
            1000 + k,
            t1 + NS_S,
            NAMES[k % len(NAMES)],
            "5m",
            t1,
            1,
            "z",
            way,
            "z_ret_60",
            3.4,
            3.0,
            60,
            1.0,
            said,
            inputs,
        )
    for k in range(SELDOM):
        t1 = NOW - (30 + 60 * k) * NS_MIN
        members = [{"alert_id": "1", "instrument": NAMES[3], "rule": "confluence", "tier": 2, "value": 1.0}]
        coins = json.dumps({"coins": COINS, "alerts": members})
        said = "Cluster, up, on 5m: tier 2 or higher in 3 coins at once: BTC, ETH, SOL"
        yield AlertRow(
            5000 + k, t1 + NS_S, NAMES[0], "5m", t1, 6, "cluster", "up", "cluster_up", 3.0, 3.0, 3, 1.0, said, coins
        )


def health(ts: int, okx: str) -> list[HealthRow]:
    """A heartbeat's rows."""
    rows = [HealthRow(ts, venue, channel, "ok", "", "") for venue in VENUES for channel in ("trade", "quote", "mark")]
    rows = [
        row if (row.venue, row.channel) != ("okx", "mark") else HealthRow(ts, "okx", "mark", okx, "stale", "old")
        for row in rows
    ]
    return [*rows, HealthRow(ts, "", "*", okx, "", "")]


def events() -> list[Event]:
    rules = Setting("", START, START, "rules", dump(DEFAULTS), seq=WRITER | 9000)
    listed = [listing(contract(name), seq) for seq, name in enumerate(NAMES, 1)]
    return sorted([*listed, rules, *beats(), *gaps()], key=lambda event: event.seq)


def write(folder: Path) -> str:
    """The database's URL."""
    url = f"sqlite:///{(folder / 'watched.db').as_posix()}"
    run = RunRow(1, START, 1, 1, "", "{}", "", "", 1, "")
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(NOW), holder="a test") as writer:
        writer.append(Batch(events(), [run, *bars(), *alerts(), *health(START + 10 * NS_S, "ok")]))
        writer.append(Batch([], health(BAD[0], "degraded")))
        writer.append(Batch([], health(BAD[1], "ok")))
    return url


def scene_over(url: str, home: Path, **choices: object) -> Scene:
    """A scene whose board has read the market, its alerts and its gaps, and that has heard a Beat."""
    source = StoreSource(load_settings(db=url, home=home), url)
    scene = Scene(source, VirtualClock(NOW), **choices)
    scene.market, scene.seed = source.market()
    scene.known = source.instruments()
    scene.venues = sorted({one.venue for one in scene.known.values()}, key=size_of)
    scene.pulse = pulse(0)
    scene.remember(source.alerts(500), source.gaps())
    scene.past += 1
    return scene


def pulse(n: int) -> Pulse:
    """A Beat of the collector; its counts grow by 50 trades a second at binance, and 20 at okx."""
    accounts = []
    for venue, rate in (("binance", 50), ("okx", 20)):
        got = 1000 + rate * n
        accounts.append(AccountRow(1, venue, "trade", got, got - 9, 0, 4, 0, 2, 1, 2, 7))
    rates, lags = {"binance": 50.0, "okx": 20.0}, {"binance": 30.0 + n, "okx": 60.0}
    return Pulse(NOW + n * NS_S, n, HEALTH, accounts, rates, lags, 120, 1000 + n, None, 0.031)


class Watched(StoreSource):
    """The same database with a collector that beats ``stops_after`` times."""

    stops_after: float = math.inf

    async def messages(self) -> AsyncIterator[Message | Gone]:
        yield Hello(1, "SIMULATED", 7, self.url, "0.1.0", 4242, NOW)
        for n in count():
            if n >= self.stops_after:
                break
            yield pulse(n)
            await asyncio.sleep(1.0)
        yield Gone("no collector runs; start one with `fbkit up`")
        await asyncio.sleep(3600)
