"""What widgets hold, and what they do with what they are handed."""

import json
import math

import ipywidgets
import numpy as np
import pytest
import traitlets

from fbkit import widgets
from fbkit.model import AccountRow, AlertRow, Gap, Instrument
from fbkit.model.timeframe import NS_S
from fbkit.widgets import CLOSED_FIELDS, LIVE_FIELDS, SERIES_FIELDS, AlertFeed, MarketTable, PlotStream, StatusPanel

KINDS = [
    getattr(widgets, name)
    for name in widgets.__all__
    if isinstance(getattr(widgets, name), type) and issubclass(getattr(widgets, name), widgets.Panel)
]

BTC = Instrument("binance:BTC-USDT-PERP", "binance", "BTCUSDT", "BTC", "USDT", "USDT", tick=0.1)
DATED = Instrument("binance:BTC-USDT-261225", "binance", "BTCUSDT_261225", "BTC", "USDT", "USDT")


def alert(n, *, ts=0, value=4.6, inputs="{}"):
    where = (n, ts, BTC.name, "15m", ts, 1, "single_z", "long", "z_ret_60")
    return AlertRow(*where, value, 3.0, 60, 1.0, "Return Z +4.6", inputs)


@pytest.mark.parametrize("kind", KINDS)
def test_every_trait_of_a_widget_says_what_it_means(kind):
    base = ipywidgets.DOMWidget.class_trait_names()
    for name, trait in kind.class_traits(sync=True).items():
        if name not in base and not name.startswith("_"):
            assert trait.help, f"{kind.__name__}.{name}"


def test_rows_know_their_coin_and_what_is_dated():
    table = MarketTable()
    table.show_instruments([BTC, DATED])
    assert [(row["base"], row["suffix"]) for row in table.instruments] == [("BTC", ""), ("BTC", "261225")]


def test_prices_travel_as_they_are():
    table = MarketTable()
    values = np.full((1, len(LIVE_FIELDS)), np.nan)
    values[0, 0] = 0.1 + 0.2
    table.show_live(values, 5.0)
    back = np.frombuffer(table.live).reshape(values.shape)
    assert back[0, 0] == 0.1 + 0.2
    assert math.isnan(back[0, 1])


def test_values_of_other_rows_are_forgotten_with_the_rows():
    table = MarketTable()
    table.show_instruments([BTC])
    table.show_closed(*(np.zeros((1, len(CLOSED_FIELDS)), kind) for kind in (np.float64, np.uint8, np.uint16)))
    assert len(table.closed) == 8 * len(CLOSED_FIELDS)
    table.show_instruments([BTC, DATED])
    assert table.closed == b""


def test_a_way_to_sort_that_is_none_is_refused():
    with pytest.raises(traitlets.TraitError):
        MarketTable(way="sideways")


def test_alerts_stand_newest_first_and_no_more_than_a_hundred():
    feed = AlertFeed()
    feed.show([alert(n, ts=n * NS_S) for n in range(150)])
    assert len(feed.alerts) == 100
    assert feed.alerts[0]["alert_id"] == "149"


def test_alerts_travel_as_json_whatever_they_hold():
    feed = AlertFeed()
    feed.show([alert(2**60 + 1, value=float("nan"), inputs='{"z_ret_60": 1, "mean": 0.5, "words": "a"}')])
    shown = feed.alerts[0]
    json.dumps(shown, allow_nan=False)
    assert shown["alert_id"] == str(2**60 + 1)
    assert shown["inputs"] == [("mean", "+0.5000", "", ""), ("words", "a", "", "")]


def test_conditions_tell_their_value_what_they_need_and_how_much_was_covered():
    feed = AlertFeed()
    met = '{"column": "funding_8h", "value": 0.00074, "coverage": 0.98, "way": "at_least", "bound": 0.0005}'
    feed.show([alert(1, inputs=f'{{"side": "long", "conditions": [{met}]}}')])
    assert feed.alerts[0]["inputs"] == [("funding", "+0.074 % per 8 h", "≥ +0.05 % per 8 h", "98 %")]


def test_what_a_z_looked_at_is_told_in_its_unit():
    feed = AlertFeed()
    feed.show([alert(1, inputs='{"z": 4.6, "x": 0.0119, "usual": 0.0001, "window": 60}')])
    told = [(name, text) for name, text, *_ in feed.alerts[0]["inputs"]]
    assert told == [("value of the bar", "+1.19 %"), ("usual", "+0.01 %"), ("bars before it", "60")]


def test_inputs_that_cannot_be_read_are_left_out():
    feed = AlertFeed()
    feed.show([alert(1, inputs="{broken"), alert(2, inputs="[1]")])
    assert [shown["inputs"] for shown in feed.alerts] == [[], []]


def test_plotly_is_sent_to_a_page_that_asks_and_to_no_other(monkeypatch):
    chart, sent = PlotStream(), []
    monkeypatch.setattr(chart, "send", lambda content, buffers: sent.append((content, len(buffers[0]))))
    chart._hear(chart, {"kind": "weather"}, [])
    assert sent == []
    chart._hear(chart, {"kind": "plotly"}, [])
    assert sent[0][0] == {"kind": "plotly"}
    assert sent[0][1] > 1_000_000


def test_a_series_has_the_columns_its_charts_ask_for():
    assert {"t0_ms", "open", "high", "low", "close", "vol_usd", "delta", "oi_usd", "funding_8h"} <= set(SERIES_FIELDS)
    assert {f"z_{column}_{n}" for column in widgets.TABLE_JUDGED for n in (20, 60)} <= set(SERIES_FIELDS)


def test_accounts_that_do_not_add_up_are_shown_as_such():
    panel = StatusPanel()
    panel.show_accounts([AccountRow(1, "binance", "trade", received=3, stored=2)])
    assert panel.accounts[0]["balances"] is False


def test_an_open_gap_grows_until_now_and_its_last_phase_counts():
    panel = StatusPanel()
    opened = Gap("", 0, 0, 9, "binance", "trade", "opened", "disconnect", 10 * NS_S)
    panel.show_gaps([opened], 70 * NS_S)
    assert panel.gaps[0]["length"].replace("\u00a0", " ") == "1m 0s"
    closed = Gap("", 0, 0, 9, "binance", "trade", "backfilled", "disconnect", 10 * NS_S, 30 * NS_S)
    panel.show_gaps([opened, closed], 700 * NS_S)
    assert [(gap["phase"], gap["length"]) for gap in panel.gaps] == [("backfilled", "20\u00a0s")]


def test_gaps_that_differ_in_their_instrument_alone_are_one_line():
    panel = StatusPanel()
    gaps = [Gap(f"binance:{k}-USDT-PERP", 0, 0, k, "binance", "*", "backfilled", "start", 0, NS_S) for k in range(90)]
    panel.show_gaps(gaps, NS_S)
    assert [gap["instruments"] for gap in panel.gaps] == [90]
