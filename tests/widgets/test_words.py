"""What the small widgets of the Instrument tab hold."""

import json

import numpy as np

from fbkit.model import AlertRow, Gap
from fbkit.model.timeframe import NS_S
from fbkit.widgets import SERIES_FIELDS, AlertList, FootLine, PlotStream, Words


def alert(n, ts):
    return AlertRow(n, ts, "binance:BTC-USDT-PERP", "15m", ts, 1, "z", "long", "z_ret_60", 4.6, 3.0, 60, 1.0, "words")


def test_words_travel_as_pieces_with_their_tones():
    words = Words()
    words.show([[("Prices fell.", "claim"), (" By ", ""), ("0.21 %", "down")]], [("code", "0.1.0")])
    assert words.paragraphs == [[["Prices fell.", "claim"], [" By ", ""], ["0.21 %", "down"]]]
    assert words.facts == [["code", "0.1.0"]]
    json.dumps(words.paragraphs)


def test_the_same_words_again_are_no_news():
    words, heard = Words(), []
    words.show([[("A.", "claim")]])
    words.observe(heard.append, "paragraphs")
    words.show([[("A.", "claim")]])
    assert heard == []


def test_alerts_here_stand_newest_first_with_ids_left_out():
    found = AlertList()
    found.show([alert(1, 5 * NS_S), alert(2, 9 * NS_S)])
    assert [one["ts_ms"] for one in found.alerts] == [9000.0, 5000.0]
    json.dumps(found.alerts, allow_nan=False)


def test_a_foot_keeps_an_age_that_is_not_known_apart_from_0():
    foot = FootLine()
    foot.show([("coverage", "99 %", "")], [("mark", None, 15.0), ("OI", 0.0, 15.0)])
    assert foot.ages == [["mark", None, 15.0], ["OI", 0.0, 15.0]]


def test_pointing_at_the_same_bar_again_is_heard():
    chart, heard = PlotStream(), []
    chart.observe(lambda change: heard.append(change["new"]), "points")
    chart.point(5.0)
    chart.point(5.0)
    assert heard == [1, 2]


def test_an_open_gap_has_no_end():
    chart = PlotStream()
    chart.show_gaps([Gap("", 0, 0, 1, "binance", "trade", "opened", "disconnect", 7 * NS_S)])
    assert chart.gaps == [{"t0_ms": 7000.0, "t1_ms": None, "phase": "opened"}]


def test_a_chart_knows_its_columns_by_name():
    chart = PlotStream()
    assert chart.fields == list(SERIES_FIELDS)
    chart.show("binance:BTC-USDT-PERP", "1m", 60.0, None, np.zeros((3, len(SERIES_FIELDS))))
    assert len(chart.series) == 3 * 8 * len(chart.fields)
    assert chart.tick is None
