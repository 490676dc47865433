"""A small database with a known content: what a report says is held to it."""

import math
import random

from fbkit.clock import VirtualClock
from fbkit.model import (
    METRIC_COLUMNS,
    NS_HOUR,
    NS_MIN,
    NS_S,
    AccountRow,
    AlertRow,
    BarRow,
    Beat,
    Gap,
    HealthRow,
    Listing,
    Market,
    MetricRow,
    QuarantineRow,
    RunRow,
    SummaryRow,
)
from fbkit.store import open_writer
from fbkit.store.batch import Batch

NOON = 1_795_348_800 * NS_S  # 2026-11-22T12:00:00Z
TF, TF_NS = "15m", 15 * NS_MIN
COINS = {
    "BTC": 91_482.6, "ETH": 3_012.4, "SOL": 141.37, "XRP": 2.1534, "DOGE": 0.14891, "ADA": 0.4312, "LINK": 13.42,
    "AVAX": 14.21, "SUI": 1.512, "ZEC": 512.7, "HYPE": 33.41, "ENA": 0.2731, "PEPE": 0.00000451, "LTC": 84.12,
}  # fmt: skip
AWAY = (NOON - 9 * NS_HOUR, NOON - 9 * NS_HOUR + 6 * NS_MIN)  # the collector was away: no beats, a gap not filled


def name(coin):
    return f"binance:{coin}-USDT-PERP"


def tick(price):
    return 10.0 ** math.floor(math.log10(price) - 4)


def events(hours, *, ended=False):
    """Listings, a gap and a heartbeat every 10 s, with their places."""
    found = [
        Listing(
            name(coin),
            NOON - hours * NS_HOUR,
            NOON - hours * NS_HOUR,
            f"{coin}USDT",
            coin,
            "USDT",
            "USDT",
            tick=tick(p),
        )
        for coin, p in COINS.items()
    ]
    found.append(Gap("", AWAY[1], AWAY[1], 1, "", "*", "closed", "collector", AWAY[0], AWAY[1], 240))
    found.append(
        Gap("", NOON - 3 * NS_HOUR, NOON - 3 * NS_HOUR, 2, "binance", "trade", "backfilled", "disconnect",
            NOON - 3 * NS_HOUR - 40 * NS_S, NOON - 3 * NS_HOUR)
    )  # fmt: skip
    for n, ts in enumerate(range(NOON - hours * NS_HOUR, NOON + 1, 10 * NS_S)):
        if not AWAY[0] < ts < AWAY[1]:
            found.append(Beat("", ts, ts, 10 * n, last=ended and ts == NOON))
    return [_placed(event, seq) for seq, event in enumerate(found, 1)]


def _placed(event, seq):
    import msgspec

    return msgspec.structs.replace(event, seq=seq)


def rows(hours, seed=7):
    """Bars, metrics of the newest slots, a summary, alerts, accounts, health: of a correlated, seeded walk."""
    dice = random.Random(seed)
    slots = hours * 4
    tide = [dice.gauss(0.00012, 0.0022) for _ in range(slots)]
    found = []
    for place, (coin, start) in enumerate(COINS.items()):
        price, oi, rets = start, 4e8 / (place + 1) ** 1.2 / start, []
        for slot in range(slots):
            t1 = NOON - (slots - 1 - slot) * TF_NS
            ret = tide[slot] * (1 + place / 20) + dice.gauss(0, 0.0016)
            lost = t1 - TF_NS < AWAY[1] and t1 > AWAY[0]
            covered = 0.6 if lost else 1.0
            volume = 6e7 / (place + 1) * math.exp(dice.gauss(0, 0.5) + 60 * abs(ret))
            opened, price, oi = price, price * math.exp(ret), oi * (1 + dice.gauss(0.0002, 0.002) - 0.3 * ret)
            rets.append(ret)
            buy = volume * (0.5 + dice.gauss(0, 0.06) + 8 * ret)
            found.append(
                BarRow(
                    name(coin), TF, t1 - TF_NS, t1, open=opened, high=max(opened, price) * 1.0007,
                    low=min(opened, price) * 0.9994, close=price, ret=ret, vol_base=volume / price, vol_usd=volume,
                    n_trades=int(volume / 4000), buy_usd=buy, sell_usd=volume - buy, delta=2 * buy - volume,
                    taker_imb=(2 * buy - volume) / volume, ln_vol=math.log(volume), spread_bp=0.4, mark=price,
                    index=price * 0.9998, premium=0.0002, funding_8h=0.0001 * (1 + dice.gauss(0, 0.5)), oi_base=oi,
                    oi_usd=oi * price, liq_long_usd=abs(dice.gauss(0, 3e4)), liq_short_usd=abs(dice.gauss(0, 2e4)),
                    coverage=covered, source="venue" if lost else "own",
                )
            )  # fmt: skip
            if slot >= 24:
                found.append(_metrics(coin, t1, rets, dice, covered))
        found.append(_summary(found, coin, place, dice))
    found += _alerts(found)
    found += [
        AccountRow(1, "binance", "trade", received=184_203, stored=183_900, duplicate=291, quarantined=12, late=17),
        AccountRow(1, "binance", "quote", received=912_400, stored=208_112, conflated=704_288),
        AccountRow(1, "binance", "mark", received=60_480, stored=60_480),
        HealthRow(NOON, "binance", "trade", "ok", "", "", 0.2),
        HealthRow(NOON, "binance", "quote", "ok", "", "", 0.1),
        HealthRow(NOON, "binance", "mark", "ok", "", "", 0.8),
        HealthRow(NOON, "binance", "ratio", "degraded", "stale",
                  "No ratio for 11 min 4 s, expected every 5 min; the venue is asked again in 20 s.", 664.0),
        QuarantineRow(NOON - NS_HOUR, "binance", "trade", name("BTC"), "future", b"{}"),
        RunRow(1, NOON - hours * NS_HOUR, 1, 1, "abc", "{}", "3.11.7", "2.4.6", 4242, "host"),
    ]  # fmt: skip
    return found


def _metrics(coin, t1, rets, dice, covered):
    values, counts, reasons = [], [], []
    for column in METRIC_COLUMNS:
        if column == "rsi_14":
            values.append(50 + 400 * sum(rets[-14:]))
        elif column == "atr_14":
            values.append(0.004 * COINS[coin])
        elif "ln_ls" in column:
            values.append(math.nan)
        elif column == "z_ret_20":
            base = rets[-21:-1]
            mean = sum(base) / 20
            values.append((rets[-1] - mean) / math.sqrt(sum((x - mean) ** 2 for x in base) / 19))
        elif column.endswith("_60") and len(rets) <= 60:
            values.append(math.nan)
        else:
            values.append(dice.gauss(0, 1.05))
        counts.append(20)
        reasons.append("" if math.isfinite(values[-1]) else "unsupported" if "ln_ls" in column else "warmup")
    return MetricRow(name(coin), TF, t1, tuple(values), tuple(counts), tuple(reasons), covered)


def _summary(found, coin, place, dice):
    metric = next(row for row in reversed(found) if isinstance(row, MetricRow))
    bar = next(row for row in reversed(found) if isinstance(row, BarRow))
    z = {c: v for c, v in zip(METRIC_COLUMNS, metric.values, strict=True) if c[0] == "z" and math.isfinite(v)}
    loudest = max(z, key=lambda c: abs(z[c]))
    return SummaryRow(
        name(coin), TF, bar.t1, bar.close, bar.high, bar.low, bar.ret, bar.vol_usd, bar.delta, bar.taker_imb,
        bar.oi_usd, 0.001, bar.funding_8h, bar.premium, bar.liq_long_usd, bar.liq_short_usd, loudest, z[loudest],
        sum(map(abs, z.values())) / len(z), len(z), bar.coverage, bar.source,
    )  # fmt: skip


def _alerts(found):
    loud = []
    for row in [row for row in found if isinstance(row, MetricRow)]:
        z = row.value("z_ret_20")
        if abs(z) >= 3:
            side = "rose" if z > 0 else "fell"
            sentence = f"{row.instrument} {side}: return Z {z:+.1f} over 20 bars of 15m, threshold 3."
            loud.append(
                AlertRow(len(loud) + 1, row.t1, row.instrument, TF, row.t1, 1, "z_ret", "long" if z > 0 else "short",
                         "z_ret_20", z, 3.0, 20, row.coverage, sentence)
            )  # fmt: skip
    return loud


def write(url, *, hours=24, market=Market.SIMULATED, with_rows=True, ended=False):
    """Write the database; returns its rows."""
    made = rows(hours) if with_rows else []
    writer = open_writer(url, market=market, seed=7, clock=VirtualClock(NOON), holder="a test")
    try:
        writer.append(Batch(events=events(hours, ended=ended), rows=made))
    finally:
        writer.close()
    return made
