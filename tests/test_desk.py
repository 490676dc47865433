"""The front door: one object that reads a database, frames that say their units."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fbkit
from fbkit.clock import parse_utc
from fbkit.desk import Desk
from fbkit.errors import SettingError, StoreMissing, UnknownName
from fbkit.model import NS_HOUR, NS_MIN, Market

LAST = parse_utc("2026-01-02T00:00:05Z")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FBKIT_HOME", str(tmp_path_factory.mktemp("desk")))
        return fbkit.demo(instruments=4)


def test_the_demo_is_made_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FBKIT_HOME", str(desk.settings.home))
    monkeypatch.setattr("fbkit.desk.doors.run_demo", None)
    assert fbkit.demo(instruments=4).store.url == desk.store.url


def test_opening_where_nothing_is_says_what_to_do() -> None:
    with pytest.raises(StoreMissing, match="start a collector"):
        fbkit.open()


def test_an_instrument_is_found_by_name_symbol_or_coin(desk: Desk) -> None:
    for text in ("binance:BTC-USDT-PERP", "BTC-USDT-PERP", "btc", "BTCUSDT"):
        assert desk.find(text) == ["binance:BTC-USDT-PERP"]
    with pytest.raises(UnknownName, match="BTC"):
        desk.find("BTX")


def test_frames_have_a_utc_index_and_units_in_their_names(desk: Desk) -> None:
    trades = desk.trades("BTC")
    assert str(trades.index.dtype) == "datetime64[ns, UTC]"
    assert {"price_usd", "size_base", "side"} <= set(trades.columns)
    assert set(trades["side"].unique()) <= {1, -1}
    assert len(desk.quotes("BTC")) > 0
    assert len(desk.marks("BTC")) > 0
    assert len(desk.open_interest("BTC")) > 0
    assert len(desk.ratios("BTC")) > 0


def test_relative_times_count_back_from_the_last_beat_where_nothing_is_collected(desk: Desk) -> None:
    assert desk.market is Market.SIMULATED
    assert desk.now() == LAST
    assert desk.span("2h").since == LAST - 2 * NS_HOUR
    assert desk.span("2026-01-02T00:00Z").since == LAST - 5_000_000_000
    assert desk.span(pd.Timestamp("2026-01-02", tz="UTC")).since == LAST - 5_000_000_000
    with pytest.raises(SettingError, match="2h"):
        desk.span("yesterday-ish")


def test_bars_cover_the_history_and_say_their_source(desk: Desk) -> None:
    bars = desk.bars("BTC", tf="1m", since="48h")
    assert len(bars) == 48 * 60
    assert (np.diff(bars["t1"]) == NS_MIN).all()
    assert set(bars["source"]) <= {"own", "venue"}
    assert bars["coverage"].between(0, 1).all()
    with pytest.raises(UnknownName, match="15m"):
        desk.bars("BTC", tf="2m")


def test_the_z_of_stored_bars_is_the_stored_z(desk: Desk) -> None:
    """Whole columns over the bars a notebook sees give the number that stood on the screen (to the last digits)."""
    bars = desk.bars("BTC", tf="1m")
    stored = desk.metrics("BTC", tf="1m")["z_ret_60"].iloc[-1]
    assert fbkit.zscore(bars["ret"], window=60).iloc[-1] == pytest.approx(stored, rel=1e-9)


def test_summary_alerts_and_gaps_read_as_one_expects(desk: Desk) -> None:
    summary = desk.summary("1m")
    assert len(summary) == 4
    assert summary["loudest"].str.startswith("z_").all()
    assert (desk.alerts()["sentence"].str.len() > 20).all()
    assert set(desk.gaps()["phase"]) == {"backfilled"}
    assert (desk.accounts()["in_flight"] == 0).all()


def test_without_a_collector_the_whole_is_down_and_says_so(desk: Desk) -> None:
    state = desk.health_state()
    assert state["state"] == "down"
    assert state["reasons"][0]["reason"] == "no_collector"
    assert state["uptime_percent"]["1h"] == 100.0
    assert desk.health()["state"].iloc[0] == "down"


def test_status_counts_what_is_stored(desk: Desk) -> None:
    status = desk.status()
    assert status["collector"] is None
    assert status["balanced"]
    assert status["rows"]["trades"] == len(desk.trades("BTC")) + sum(
        len(desk.trades(name)) for name in desk.instruments().index if "BTC" not in name
    )


def test_what_is_read_carries_its_coverage(desk: Desk) -> None:
    whole = desk.coverage("BTC", "trade")
    assert 0.0 <= whole <= 1.0
    assert desk.trades("BTC").attrs["coverage"] == whole
    assert desk.coverage("BTC", "bar", since="2h") == 1.0, "history was fetched"
    assert desk.coverage("BTC", "trade", since="2h") < 0.1, "trades were heard for twenty seconds of it"
    assert 0.0 < desk.bars("BTC").attrs["coverage"] <= 1.0
    assert "coverage of trades, last hour" in desk._repr_html_()


def test_several_instruments_of_a_coin_are_told_apart(desk: Desk, tmp_path: Path) -> None:
    frame = desk.metrics("BTC", tf="1m")
    assert set(frame["instrument"]) == {"binance:BTC-USDT-PERP"}
