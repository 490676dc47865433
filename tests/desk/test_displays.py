"""What a notebook shows of a desk and its frames: the market, coverage, units, UTC, and never markup of a venue's."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest
from IPython.core.formatters import DisplayFormatter

import fbkit
from fbkit.desk import Desk
from fbkit.desk.displays import register
from fbkit.desk.introduced import card_of_collector, card_of_import
from fbkit.desk.kinds import KINDS, named, then_of, title_of
from fbkit.desk.shown import card_of, digits
from fbkit.errors import CollectorGone
from fbkit.ingest.importing import Imported, ImportedSeries

BTC = "binance:BTC-USDT-PERP"
EVIL = "evil:<script>alert(1)</script>-PERP"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FBKIT_HOME", str(tmp_path_factory.mktemp("shown")))
        patch.setenv("FBKIT_BACKFILL_HOURS", "6")
        return fbkit.demo(instruments=2)


@pytest.fixture
def formatter() -> DisplayFormatter:
    made = DisplayFormatter()
    register(made)
    return made


def shown(formatter: DisplayFormatter, thing: object) -> tuple[str, str]:
    data, _ = formatter.format(thing)
    return data["text/plain"], data["text/html"]


def test_a_frame_says_its_market_window_coverage_and_units_in_both_forms(
    desk: Desk, formatter: DisplayFormatter
) -> None:
    bars = desk.bars(BTC, tf="5m")
    for said in shown(formatter, bars):
        for word in ("SIMULATED", f"5m bars of {BTC}", "72 rows", "2026-01-01 18:05 to 2026-01-02 00:00 UTC"):
            assert word in said
        assert f"coverage {bars.attrs['coverage']:.2%}" in said
        assert "fraction / 8 h" in said
        assert "UTC" in said
        assert "more columns: instrument, tf, t0" in said
        assert "fbkit.zscore(bars[" in said


def test_a_part_of_a_frame_is_shown_as_what_it_is_and_stays_a_dataframe(
    desk: Desk, formatter: DisplayFormatter
) -> None:
    part = desk.bars(BTC, tf="5m")[["close", "vol_usd"]].tail(3)
    assert type(part) is pd.DataFrame
    text, markup = shown(formatter, part)
    assert "3 rows" in text
    assert markup.count("<tr") == 5, "two lines of head, three of body"
    assert "more columns" not in text


def test_a_frame_of_somebody_else_looks_as_it_always_did(formatter: DisplayFormatter) -> None:
    frame = pd.DataFrame({"a": [1.5]})
    text, markup = shown(formatter, frame)
    assert text == repr(frame)
    assert markup == frame._repr_html_()


def test_registering_twice_leaves_one_and_keeps_what_another_put_there() -> None:
    made = DisplayFormatter()
    made.formatters["text/html"].for_type(pd.DataFrame, lambda frame: "theirs")
    register(made)
    register(made)
    assert shown(made, pd.DataFrame({"a": [1]}))[1] == "theirs"
    assert "SIMULATED" in shown(made, named(pd.DataFrame({"a": [1]}), "gaps", "SIMULATED"))[1]


def test_what_a_venue_calls_its_things_stays_text(formatter: DisplayFormatter) -> None:
    frame = named(pd.DataFrame({"instrument": [EVIL]}), "trades", "LIVE", instrument=EVIL)
    text, markup = shown(formatter, frame)
    assert EVIL in text
    assert "<script>" not in markup
    assert "&lt;script&gt;" in markup


def test_an_empty_frame_has_its_line_and_no_table(desk: Desk) -> None:
    card = card_of(desk.trades(BTC, since="2020-01-01T00:00Z", until="2020-01-02T00:00Z"))
    assert "0 rows" in card.text()
    assert card.table == ("", "")


def test_every_word_of_the_desk_gives_a_frame_that_can_be_shown(desk: Desk) -> None:
    frames = [
        *(getattr(desk, word)(BTC) for word in ("trades", "quotes", "marks", "funding", "open_interest", "ratios")),
        *(getattr(desk, word)(BTC) for word in ("liquidations", "days", "venue_bars", "listings")),
        *(getattr(desk, word)("BTC") for word in ("across", "curve", "shares", "funding_by_venue", "board")),
        *(getattr(desk, word)("BTC") for word in ("dispersion", "liquidated", "bars", "metrics", "zscores")),
        *(getattr(desk, word)() for word in ("summary", "alerts", "gaps", "accounts", "health", "instruments")),
        *(getattr(desk, word)() for word in ("offers", "outcomes", "scorecard", "correlation", "breadth")),
        desk.metrics("BTC", kind="robust"), desk.lead_lag("BTC", "ETH"), desk.profile(BTC),
    ]  # fmt: skip
    for frame in frames:
        card = card_of(frame)
        assert card.market == "SIMULATED"
        assert "…" not in card.title + card.then, "every fact of the title is there"
    assert set(KINDS) - {frame.attrs["what"] for frame in frames} == {"imported"}


def test_zscores_are_those_of_the_whole_column(desk: Desk) -> None:
    found = desk.zscores(BTC, tf="1m", window=60)
    stored = desk.metrics(BTC, tf="1m")["z_ret_60"].iloc[-1]
    assert found["z_ret_60"].iloc[-1] == stored, "the same bits as live"
    assert "z_funding_8h_60" not in found, "not judged below 1h"
    with pytest.raises(fbkit.errors.UnknownName, match="240"):
        desk.zscores(BTC, window=61)


def test_a_desk_says_whose_market_what_is_in_it_and_what_to_ask(desk: Desk) -> None:
    printed: list[str] = []
    desk._repr_pretty_(SimpleNamespace(text=printed.append), cycle=False)
    for said in (printed[0], desk._repr_html_()):
        for word in ("SIMULATED", "2 instruments", "no collector runs", "coverage of trades, last hour", "seed 7"):
            assert word in said
        assert "No price here was ever traded" in said
        assert "desk.summary(" in said
    assert repr(desk).startswith("<Desk SIMULATED sqlite://")


STATUS = {
    "since": "2026-01-02T00:00:05Z",
    "venues": ["binance", EVIL],
    "rates": {"binance": {"trade": 900.0, "quote": 100.0}},
    "lag_ms": {"binance": 12.0},
    "backfill": {"sentence": "history of 3 of 12 instruments"},
    "stored": 12345,
    "queue": 7,
    "unbalanced": [],
}


def handle(status: object) -> SimpleNamespace:
    facts = SimpleNamespace(market="SIMULATED", pid=42)
    return SimpleNamespace(facts=facts, url="postgresql://me:secret@host/db", status=status)


def test_a_collector_says_how_fast_how_far_behind_and_how_to_stop_it() -> None:
    card = card_of_collector(handle(lambda: STATUS))  # type: ignore[arg-type] - what it asks of one
    for word in ("Collector runs", "pid 42", "1,000", "12", "history of 3 of 12", "12,345 events", "collector.stop()"):
        assert word in card.text()
        assert word in card.html()
    assert "secret" not in card.text() + card.html()
    assert "<script>" not in card.html()


def test_a_collector_that_has_ended_says_so() -> None:
    def gone() -> dict[str, object]:
        raise CollectorGone("it ended")

    card = card_of_collector(handle(gone))  # type: ignore[arg-type] - what it asks of one
    assert "has ended" in card.text()
    assert "fbkit.collect()" in card.then


def test_an_import_says_what_was_stored_and_what_was_odd() -> None:
    series = ImportedSeries(BTC, "8h", 90, 89, 0, 0, 2, 0, 0, 0, 90 * 8 * 3600 * 10**9, 8.0)
    done = Imported("b.csv", "sqlite:///r.db", "RECORDED", False, "UTC", "8h", "open", 90, 0, {}, (series,), ("odd",))
    text, markup = shown_import(done)
    for word in ("RECORDED", "90 bars stored", BTC, "odd", "1970-01-31", "desk.imported("):
        assert word in text
        assert word in markup


def shown_import(done: Imported) -> tuple[str, str]:
    card = card_of_import(done)
    return card.text(), card.html()


def test_numbers_have_six_digits_and_no_powers_of_ten() -> None:
    assert [digits(v) for v in (123456789.0, -0.25, float("nan"))] == ["123,456,789", "-0.25", "nan"]
    frame = named(pd.DataFrame({"close": [91482.6]}), "bars", "LIVE", tf="5m", instrument=BTC)
    assert title_of(frame) == f"5m bars of {BTC}"
    assert "desk.plot(bars)" in then_of(frame)
