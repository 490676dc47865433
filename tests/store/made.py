"""Events and rows made up from a seed: every kind, missing values, awkward floats."""

from __future__ import annotations

import random
from typing import Any

from fbkit.model import (
    METRIC_COLUMNS,
    NS_MIN,
    NS_MS,
    NS_S,
    AccountRow,
    AlertRow,
    Bar,
    BarRow,
    Beat,
    Day,
    Event,
    Funding,
    Gap,
    HealthRow,
    Liquidation,
    Listing,
    Mark,
    MetricRow,
    OpenInterest,
    Origin,
    QuarantineRow,
    Quote,
    Ratio,
    Row,
    RunRow,
    Setting,
    Side,
    SummaryRow,
    Trade,
)

START = 1_767_225_585_000_000_000
NAMES = ("binance:BTC-USDT-PERP", "binance:ETH-USDT-PERP", "binance:1000PEPE-USDT-PERP", "binance:龙虾-USDT-PERP")
WRITER = 1 << 48
NS_US = 1_000


def events(n: int, *, seed: int = 7, start: int = START, first: int = 1) -> list[Event]:
    """``n`` events of every kind in ``seq`` order, with event times that do not quite rise."""
    rng = random.Random(seed)
    made: list[Event] = []
    recv = start
    for i in range(n):
        recv += rng.randrange(0, 40) * NS_MS + rng.randrange(1000) * NS_US
        made.append(_event(rng, i, recv, WRITER | (first + i)))
    return made


def _event(rng: random.Random, i: int, recv: int, seq: int) -> Event:  # noqa: C901, PLR0911, PLR0912 - a case a kind
    maybe = rng.random() < 0.8
    name = rng.choice(NAMES)
    head: dict[str, Any] = {
        "instrument": name,
        "ts_event": recv - rng.randrange(300) * NS_MS,
        "ts_recv": recv,
        "seq": seq,
        "origin": rng.choice((Origin.LIVE, Origin.LIVE, Origin.BACKFILL)),
    }
    wide = name.startswith("binance:1000")
    price = round(rng.uniform(0.5, 20) if wide else rng.uniform(60_000, 62_000), 4 if wide else 1)
    price = price / 1000 if wide else price
    size = round(rng.lognormvariate(0, 2), 3)
    kind = rng.choices(_KINDS, _WEIGHTS)[0]
    match kind:
        case "trade":
            return Trade(**head, venue_id=2_000_000 + i, price=price, size=size, side=rng.choice(list(Side)))
        case "quote":
            depth = {"levels": 5, "depth_bid": size * 3, "depth_ask": None} if maybe else {}
            return Quote(
                **head, venue_id=i, bid=price if maybe else None, bid_size=size, ask=price + 0.1, ask_size=None, **depth
            )
        case "mark":
            return Mark(
                **head, mark=price, index=price * 1.0001, funding_rate=-0.0 if maybe else 1e-8, funding_hours=8.0,
                ts_funding=START + 8 * 3600 * NS_S if maybe else None,
            )  # fmt: skip  # one event
        case "funding":
            return Funding(**head, rate=1e-4, funding_hours=8.0 if maybe else None)
        case "open_interest":
            return OpenInterest(**head, oi_base=1e12 + size, oi_usd=1 / 3 if maybe else None)
        case "liquidation":
            return Liquidation(**head, liquidated=rng.choice(("long", "short")), price=price, size=size)
        case "ratio":
            return Ratio(**head, ratio_kind=rng.choice(("acct_global", "taker")), value=1.2345, period_s=300)
        case "day":
            return Day(**head, last=price, change=-0.0123, n_trades=i if maybe else None)
        case "bar":
            return Bar(
                **head, tf="1m", open=price, high=price, low=price, close=price, vol_base=size, vol_usd=size * price,
                buy_usd=None, n_trades=3 if maybe else None,
            )  # fmt: skip  # one event
        case "listing":
            symbol = name.split(":")[1].replace("-", "")
            return Listing(
                **head, venue_symbol=symbol, base=name[8:11], quote="USDT", settle="USDT",
                unit_mult=1000.0 if wide else 1.0, tick=0.1, step=0.001, assumed=not maybe,
            )  # fmt: skip  # one event
        case "gap":
            return Gap(
                **{**head, "instrument": ""}, gap_id=i // 7, venue="binance", channel="trade",
                phase="opened" if maybe else "closed", cause="disconnect", t0=recv, t1=None if maybe else recv + NS_S,
            )  # fmt: skip  # one event
        case "setting":
            return Setting(**{**head, "instrument": ""}, key="cadence_ms", value='{"a": 1}')
        case _:
            return Beat(**{**head, "instrument": ""}, n=i, last=not maybe)


_KINDS = [
    "trade",
    "quote",
    "mark",
    "funding",
    "open_interest",
    "liquidation",
    "ratio",
    "day",
    "bar",
    "listing",
    "gap",
    "setting",
    "beat",
]
_WEIGHTS = (400, 300, 100, 5, 20, 5, 10, 20, 30, 3, 3, 2, 20)


def bar_rows(n: int, *, names: tuple[str, ...] = NAMES, tf: str = "1m", start: int = START) -> list[BarRow]:
    rng = random.Random(n)
    t0 = start - start % NS_MIN
    return [
        BarRow(name, tf, t0 + i * NS_MIN, t0 + (i + 1) * NS_MIN, open=rng.random(), ret=-0.0, n_trades=i or None,
               coverage=1.0, source="own", stamp=1)
        for i in range(n) for name in names
    ]  # fmt: skip  # a table


def metric_rows(n: int, *, tf: str = "1m", start: int = START) -> list[MetricRow]:
    width = len(METRIC_COLUMNS)
    t0 = start - start % NS_MIN
    return [
        MetricRow(
            name, tf, t0 + (i + 1) * NS_MIN, tuple(float(k) if k % 3 else float("nan") for k in range(width)),
            tuple(range(width)), tuple("" if k % 3 else "warmup" for k in range(width)), 0.9, unsettled=i == 0, stamp=1,
        )
        for i in range(n) for name in NAMES
    ]  # fmt: skip  # a table


def rows() -> list[Row]:
    """At least one row of every type."""
    nan = float("nan")
    return [
        *bar_rows(3),
        *metric_rows(3),
        SummaryRow(NAMES[0], "1m", START, 1.0, 2.0, 0.5, -0.0, 1e9, nan, 0.1, 5.0, nan, 1e-4, 0.0, 0.0, 0.0, "ret", 3.2,
                   1.0, 18, 1.0, "own", "", 1),
        AlertRow(1, START, NAMES[0], "1m", START, 1, "z", "up", "ret", 3.2, 3.0, 60, 1.0, "BTC moved", "{}", 1),
        QuarantineRow(START, "binance", "trade", "<script>", "malformed", b"\x00\xff{"),
        AccountRow(1, "binance", "trade", 10, 8, 0, 1, 1),
        HealthRow(START, "binance", "trade", "ok", "", "trades are flowing", 0.2),
        RunRow(1, START, 0, 1, "code", "{}", "3.11", "2.4", 123, "host"),
    ]  # fmt: skip  # a table
