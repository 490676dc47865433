"""What came too late changes nothing published, and is all there in the repaired view."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest

from fbkit.clock import VirtualClock
from fbkit.desk import Desk as FrontDoor
from fbkit.engine import Engine
from fbkit.engine.derive import NAMES
from fbkit.errors import UnknownName
from fbkit.model import JUDGED, METRIC_COLUMNS, NS_MIN, NS_S, Beat, Gap, Listing, Market, Origin, Side, Trade
from fbkit.quant import frames
from fbkit.settings import Settings
from fbkit.store import Batch, open_store, open_writer
from tests.engine.conftest import BTC, DAY, street

START = DAY + 30 * NS_MIN
MINUTES = 80


def kept(path, events):
    """A database in which these events were heard, stored and computed; bars as the engine published them."""
    url = f"sqlite:///{path.as_posix()}"
    engine, rows, stored = Engine(stamp=1), [], []
    for seq, event in enumerate(events, 1):
        event = msgspec.structs.replace(event, seq=seq)  # noqa: PLW2901 - placed
        stored.append(event)
        if type(event) is Beat:
            closed = engine.beat(event)
            rows += [*closed.bars, *closed.metrics, *closed.summary]
        else:
            engine.take(event)
    with open_writer(url, market=Market.RECORDED, seed=None, clock=VirtualClock(START), holder="test") as writer:
        writer.append(Batch(stored, rows))
    return url


def front(url):
    return FrontDoor(open_store(url), Settings())


def told():
    listing = Listing(BTC, START, START, "BTCUSDT", "BTC", "USDT", "USDT", tick=0.1, step=0.001)
    return [listing, *street(5, MINUTES, START, names=(BTC,))]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    desk = front(kept(tmp_path_factory.mktemp("plain") / "recorded.db", told()))
    yield desk
    desk.store.close()


@pytest.fixture(scope="module")
def late(tmp_path_factory):
    """One trade of minute 40 that came five minutes after its bar had closed."""
    events = told()
    at = START + 39 * NS_MIN + 30 * NS_S
    trade = Trade(BTC, at, at + 6 * NS_MIN, 10**9, 250.0, 3.0, Side.BUY)
    place = next(k for k, e in enumerate(events) if type(e) is Beat and e.ts_event > at + 6 * NS_MIN)
    desk = front(kept(tmp_path_factory.mktemp("late") / "recorded.db", [*events[:place], trade, *events[place:]]))
    yield desk
    desk.store.close()


@pytest.mark.parametrize("tf", ["1m", "5m", "15m", "1h"])
def test_where_nothing_came_late_there_is_nothing_to_repair(plain, tf):
    published, repaired = plain.bars(BTC, tf), plain.bars(BTC, tf, repaired=True)
    assert repaired.attrs["repaired"] == 0
    assert published.drop(columns="stamp").equals(repaired.drop(columns="stamp"))


def test_a_late_trade_repairs_its_bar_and_the_return_after_it(late):
    published, repaired = (late.bars(BTC, "1m", repaired=r).set_index("t1") for r in (False, True))
    t1 = START + 40 * NS_MIN
    assert published.loc[t1, "source"] == "own"
    assert published.loc[t1, "high"] < 250.0 == repaired.loc[t1, "high"]
    assert repaired.loc[t1, "n_trades"] == published.loc[t1, "n_trades"] + 1
    assert repaired.loc[t1, "buy_usd"] == pytest.approx(published.loc[t1, "buy_usd"] + 750.0)
    changed = repaired.index[repaired["source"] == "repaired"]
    assert changed[0] == t1, "nothing before it"
    later = repaired.loc[t1 + NS_MIN :]
    columns = [name for name in NAMES if name not in {"cvd", "ret"}]
    assert later[columns].equals(published.loc[t1 + NS_MIN :][columns]), "beside the flow summed since midnight"


@pytest.mark.parametrize("tf", ["5m", "15m"])
def test_a_late_trade_repairs_the_bars_above_it(late, tf):
    published, repaired = (late.bars(BTC, tf, repaired=r) for r in (False, True))
    row = repaired[(repaired["t0"] <= START + 39 * NS_MIN) & (repaired["t1"] > START + 39 * NS_MIN)].iloc[0]
    assert (row["source"], row["high"]) == ("repaired", 250.0)
    assert published["high"].max() < 250.0


def test_a_span_gives_the_same_repaired_bars_as_the_whole(late):
    whole = late.bars(BTC, "1m", repaired=True)
    since, until = START + 35 * NS_MIN, START + 45 * NS_MIN
    part = late.bars(BTC, "1m", since, until, repaired=True)
    wanted = whole[(whole["t1"] > since) & (whole["t1"] <= until)]
    assert part.drop(columns="stamp").equals(wanted.drop(columns="stamp"))


def test_trades_fetched_after_all_patience_repair_a_bar_that_was_missing(tmp_path):
    """A hole that nobody filled in ten minutes is published as missing; its trades come an hour later."""
    events = told()
    a, b = START + 20 * NS_MIN, START + 23 * NS_MIN
    lost = [e for e in events if type(e) is Trade and a <= e.ts_event < b]
    heard = [e for e in events if e not in lost]

    def at(ts):
        return next(k for k, e in enumerate(heard) if type(e) is Beat and e.ts_event >= ts)

    opened = Gap(BTC, a, a, 1, "binance", "trade", "opened", "disconnect", a)
    closed = Gap(BTC, b, b, 1, "binance", "trade", "closed", "disconnect", a, b)
    when = START + 60 * NS_MIN
    fetched = [msgspec.structs.replace(e, ts_recv=when, origin=Origin.BACKFILL) for e in lost]
    filled = Gap(BTC, when, when, 1, "binance", "trade", "backfilled", "disconnect", a, b)
    for place, more in sorted([(at(a), [opened]), (at(b), [closed]), (at(when), [*fetched, filled])], reverse=True):
        heard[place:place] = more
    desk = front(kept(tmp_path / "recorded.db", heard))
    published, repaired = (desk.bars(BTC, "1m", repaired=r).set_index("t1") for r in (False, True))
    missing = [a + k * NS_MIN for k in (1, 2, 3)]
    assert published.loc[missing, "source"].tolist() == ["none"] * 3
    assert repaired.loc[missing, "source"].tolist() == ["repaired"] * 3
    assert repaired.loc[missing, "coverage"].tolist() == [1.0] * 3
    assert repaired.loc[missing, "n_trades"].sum() == len(lost)
    desk.store.close()


def test_robust_and_ewma_z_of_a_span_are_those_of_the_whole(plain):
    bars = plain.bars(BTC, "1m")
    since = START + 60 * NS_MIN
    for kind, prefix in (("robust", "zr"), ("ewma", "ze")):
        whole, part = plain.metrics(BTC, "1m", kind=kind), plain.metrics(BTC, "1m", since, kind=kind)
        assert part.equals(whole[whole["t1"] > since])
        found = frames.metrics(BTC, "1m", bars["t1"], bars, kind=kind)
        for column in JUDGED:
            name = f"{prefix}_{column}_20"
            assert np.array_equal(whole[name].to_numpy(), found[name], equal_nan=True)
        assert np.isfinite(part[f"{prefix}_ret_20"]).all()
    assert set(METRIC_COLUMNS) <= set(plain.metrics(BTC, "1m").columns)
    with pytest.raises(UnknownName, match="robust"):
        plain.metrics(BTC, "1m", kind="mad")


def test_a_summary_shows_its_confluence_with_units(plain):
    summary = plain.summary("1m")
    (row,) = plain.store.rows("summary", tf="1m").to_dict("records")
    assert summary["conditions"].tolist() == [json.loads(row["conditions"])]
    assert summary["bias"].tolist() == [row["bias"]]
    assert summary.attrs["units"]["score_long"] == "[0, 1]"
    assert set(summary.attrs["units"]) <= set(summary.columns)
