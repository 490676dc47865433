"""Twelve real series of 8 h bars in London time, judged by us and by others."""

import csv
import gzip
import math
from collections import defaultdict
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import talib

import fbkit
from fbkit.ingest.importing import import_csv
from fbkit.settings import load_settings

pytestmark = pytest.mark.real

NAMES = {"BTC/USDT": "BTC-USDT-SPOT", "ETH/USDT": "ETH-USDT-SPOT", "BTCUSDT": "BTC-USDT-PERP",
         "ETHUSDT": "ETH-USDT-PERP", "BTCUSDCM": "BTC-USD-PERP", "ETHUSDCM": "ETH-USD-PERP"}  # fmt: skip


@pytest.fixture(scope="module")
def path(real_data):
    return real_data / "multi" / "aha_binance_okx_8h_ohlcv_funding.csv.gz"


@pytest.fixture(scope="module")
def imported(path, tmp_path_factory):
    url = f"sqlite:///{(tmp_path_factory.mktemp('aha') / 'aha.db').as_posix()}"
    settings = load_settings(db=url)
    found = import_csv(path, url, settings, tz="Europe/London")
    return found, fbkit.open(url)


@pytest.fixture(scope="module")
def told(path):
    """The file as the standard library reads it: by name, (UTC ns, open high low close, funding)."""
    series = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            # fold=0: of an hour that comes twice the first, which is what MANIFEST.md found.
            local = datetime.fromisoformat(row["time"]).replace(tzinfo=ZoneInfo("Europe/London"), fold=0)
            numbers = [float(row[name]) for name in ("open", "high", "low", "close")]
            funding = float(row["funding rate"]) if row["funding rate"] else math.nan
            name = f"{row['exchange']}:{NAMES[row['pair']]}"
            series[name].append((round(local.timestamp()) * 10**9, *numbers, funding))
    return {name: sorted(rows) for name, rows in series.items()}


def z_by_fsum(values, window):
    """The definition, with sums that are exact before they are rounded."""
    found = []
    for at, x in enumerate(values):
        base = [one for one in values[max(0, at - window) : at] if math.isfinite(one)]
        if len(base) < max(2, math.ceil(0.8 * window)) or not math.isfinite(x) or min(base) == max(base):
            found.append(math.nan)
            continue
        mean = math.fsum(base) / len(base)
        # The mean of a sum of products is exact to its last bit; what is left of it is added back.
        mean_rest = math.fsum([*base, -len(base) * mean]) / len(base)
        deviations = [(one - mean) - mean_rest for one in base]
        var = math.fsum(one * one for one in deviations) / (len(base) - 1)
        found.append(((x - mean) - mean_rest) / math.sqrt(var) if var > 0 else math.nan)
    return np.array(found)


def test_all_twelve_series_are_whole_on_an_even_grid_of_utc(imported, told):
    found, desk = imported
    assert (found.rows, found.skipped, found.tf, found.market) == (19_704, 0, "8h", "RECORDED")
    assert {one.instrument for one in found.series} == told.keys()
    assert {(one.bars, one.missing, one.unsorted, one.duplicates) for one in found.series} == {(1642, 0, 0, 0)}
    assert {one.funding_hours for one in found.series if "SPOT" not in one.instrument} == {8.0}
    assert [one.instrument for one in found.series if one.funding_hours is None] == [
        one.instrument for one in found.series if "SPOT" in one.instrument
    ]
    assert any("12 rows lie in an hour that came twice" in one for one in found.said)
    for name, rows in told.items():
        frame = desk.imported(name)
        t0 = frame.index.asi8 - 8 * 3600 * 10**9
        assert t0.tolist() == [row[0] for row in rows]
        assert str(frame.index[0]), str(frame.index[-1]) == ("2023-01-01 08:00:00+00:00", "2024-07-01 08:00:00+00:00")
        kept = frame[["open_usd", "high_usd", "low_usd", "close_usd"]].to_numpy()
        assert kept.tolist() == [list(row[1:5]) for row in rows]


@pytest.mark.parametrize("window", [20, 60, 240])
def test_z_of_funding_and_returns_is_what_exact_sums_give(imported, told, window):
    _, desk = imported
    compared = 0
    for name, rows in told.items():
        frame = desk.imported(name, "8h")
        close = [row[4] for row in rows]
        returns = [math.nan, *(math.log(now / before) for before, now in pairwise(close))]
        for column, values in (("ret", returns), ("funding_8h", [row[5] for row in rows])):
            ours, theirs = frame[f"z_{column}_{window}"].to_numpy(), z_by_fsum(values, window)
            # Where a rate stood still for the whole baseline, exact sums and ours both know it.
            assert np.array_equal(np.isnan(ours), np.isnan(theirs)), (name, column)
            there = ~np.isnan(ours)
            compared += int(there.sum())
            np.testing.assert_allclose(ours[there], theirs[there], rtol=1e-12, atol=1e-12, err_msg=f"{name} {column}")
    assert compared > 20_000


def test_rsi_and_atr_are_what_ta_lib_gives(imported, told):
    _, desk = imported
    for name, rows in told.items():
        frame = desk.imported(name, "8h")
        high, low, close = (np.array([row[at] for row in rows]) for at in (2, 3, 4))
        for ours, theirs in (
            (frame["rsi_14"].to_numpy(), talib.RSI(close, 14)),
            (frame["atr_14_usd"].to_numpy(), talib.ATR(high, low, close, 14)),
        ):
            assert np.array_equal(np.isnan(ours), np.isnan(theirs)), name
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, err_msg=name)


def test_the_same_file_again_stores_nothing(imported, path):
    found, desk = imported
    again = import_csv(path, desk.store.url, desk.settings, tz="Europe/London")
    assert again.bars == 0
    assert sum(one.known for one in again.series) == found.rows
    assert desk.store.table_counts()["venue_bars"] == found.rows
