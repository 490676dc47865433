"""What ``desk.plot`` draws: live, on paper and in words, with market, unit and coverage in each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fbkit
from fbkit.desk import Desk
from fbkit.desk.drawn import drawing_of
from fbkit.desk.kinds import named
from fbkit.desk.painted import png
from fbkit.desk.traces import widget_of
from fbkit.errors import UnknownName
from fbkit.widgets import Heat, Plot, PlotStream

BTC = "binance:BTC-USDT-PERP"
PNG = b"\x89PNG\r\n\x1a\n"
TIMES = pd.date_range("2026-01-01", periods=4, freq="h", tz="UTC", name="time")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FBKIT_HOME", str(tmp_path_factory.mktemp("drawn")))
        patch.setenv("FBKIT_BACKFILL_HOURS", "12")
        return fbkit.demo(instruments=3)


def test_bars_are_drawn_as_a_chart_that_lives_and_one_on_paper(desk: Desk) -> None:
    picture = desk.plot(desk.bars(BTC, "5m"))
    chart = picture.widget
    assert isinstance(chart, PlotStream)
    assert (chart.instrument, chart.tf, chart.market) == (BTC, "5m", "SIMULATED")
    assert len(chart.series) > 0
    assert picture.png().startswith(PNG)
    assert "SIMULATED · UTC · coverage" in str(picture)


def test_a_notebook_gets_the_live_one_the_paper_one_and_the_words(desk: Desk) -> None:
    bundle = desk.plot(desk.bars(BTC, "5m"), "delta", how="bar")._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} <= set(bundle)
    assert bundle["text/plain"].startswith(f"5m bars of {BTC}: delta · SIMULATED · USD · UTC")


def test_a_line_is_drawn_of_each_contract_in_its_venues_colour() -> None:
    frame = pd.DataFrame(
        {
            "instrument": ["okx:BTC-USDT-PERP", "bybit:BTC-USDT-PERP"] * 2,
            "venue": ["okx", "bybit"] * 2,
            "funding_apr": [0.1, -0.2, 0.3, np.nan],
        },
        index=TIMES[[0, 0, 1, 1]],
    )
    drawing = drawing_of(named(frame, "funding_by_venue", "LIVE", coin="BTC", tf="1h"), [], "LIVE")
    assert [(line.name, line.colour, line.how) for line in drawing.lines] == [
        ("okx", "--v-okx", "step"),
        ("bybit", "--v-bybit", "step"),
    ]
    assert drawing.lines[0].x.tolist() == [TIMES[0].timestamp() * 1e3, TIMES[1].timestamp() * 1e3]
    assert "newest +30.00, least +10.00, largest +30.00" in drawing.text()
    assert drawing.text().splitlines()[2].endswith("1 values")


def test_layers_add_up_and_a_basis_point_is_drawn_as_a_fraction_of_one() -> None:
    shares = pd.DataFrame({"venue": ["a", "b"] * 2, "oi_usd": [1.0, 2.0, 3.0, 5.0]}, index=TIMES[[0, 0, 1, 1]])
    plot = widget_of(drawing_of(named(shares, "shares", "LIVE", coin="BTC", tf="1h"), [], "LIVE"))
    assert [trace["y"] for trace in plot.traces] == [[2.0, 5.0], [3.0, 8.0]], "the largest lowest"
    apart = pd.DataFrame({"dispersion_bp": [3.7] * 4}, index=TIMES)
    plot = widget_of(drawing_of(named(apart, "dispersion", "LIVE", coin="BTC", tf="1h"), [], "LIVE"))
    assert plot.axes["y"] == "bp"
    assert plot.traces[0]["y"][0] == pytest.approx(3.7e-4)


def test_every_kind_with_a_picture_is_drawn(desk: Desk) -> None:
    frames = [
        *(getattr(desk, word)("BTC") for word in ("across", "curve", "shares", "funding_by_venue", "dispersion")),
        desk.liquidated("BTC", "1m"), desk.lead_lag("BTC", "ETH", "5m"), desk.breadth("5m"), desk.profile(BTC),
        desk.scorecard(), desk.zscores(BTC, "5m"),
    ]  # fmt: skip
    for frame in frames:
        picture = desk.plot(frame)
        assert isinstance(picture.widget, Plot)
        assert "SIMULATED" in picture.widget.sub
        assert picture.png().startswith(PNG)
    heat = desk.plot(desk.correlation("15m"))
    assert isinstance(heat.widget, Heat)
    assert sorted(heat.widget.names) == sorted(desk.correlation("15m").index)
    assert heat.png().startswith(PNG)
    assert "most: " in str(heat)


def test_a_series_is_drawn_under_its_own_name(desk: Desk) -> None:
    z = fbkit.zscore(desk.bars(BTC, "5m")["ret"], window=60).rename("z_ret_60")
    drawing = desk.plot(z)
    assert "z_ret_60 · SIMULATED · standard deviations" in str(drawing)


def test_an_empty_frame_is_drawn_as_nothing_and_says_so() -> None:
    frame = named(pd.DataFrame({"close": []}, index=TIMES[:0]), "bars", "LIVE", tf="1h", instrument=BTC)
    drawing = drawing_of(frame, ["close"], "LIVE")
    assert "close: no number" in drawing.text()
    assert png(drawing).startswith(PNG)
    assert widget_of(drawing).waiting == "No number to draw"


def test_what_cannot_be_drawn_is_said_with_what_can(desk: Desk) -> None:
    bars = desk.bars(BTC, "5m")
    with pytest.raises(UnknownName, match="close"):
        desk.plot(bars, "closs")
    with pytest.raises(UnknownName, match="column to draw"):
        desk.plot(desk.summary("5m"))
