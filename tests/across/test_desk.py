"""The desk's words across venues, the table a person reads, and its sentences."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from fbkit.across import sentences
from fbkit.cli import run
from fbkit.desk import Desk
from fbkit.errors import UnknownName
from fbkit.model import BarRow, Instrument, Row
from tests.across.conftest import Make
from tests.across.made import NAN, bar, contract, ends, summary

BINANCE, BYBIT, DERIBIT, SILENT = (
    contract(f"{venue}:BTC-{quote}-PERP")
    for venue, quote in (("binance", "USDT"), ("bybit", "USDT"), ("deribit", "USD"), ("hyperliquid", "USD"))
)
DATED = contract("deribit:BTC-USD-260327", days=85.3)
EURO = contract("binance:BTC-EUR-PERP")
DOGE = contract("binance:DOGE-USDT-PERP")
HOSTILE = contract("evil:[bold red]</td><script>BTC-USDT-PERP")
N = 30


def bars(one: Instrument, **columns: float) -> list[BarRow]:
    return [bar(one.name, end, **columns) for end in ends(N)]


def market() -> list[Row]:
    """30 hours: Bybit's interest goes stale in the last, Hyperliquid says little."""
    whole = [
        *bars(BINANCE, oi_usd=6e9, oi_base=1e5, vol_usd=8e6, mark=60_000.0, index=59_990.0, premium=1e-4, ret=0.01,
              funding_8h=1e-4, funding_apr=0.1095, liq_long_usd=5.0, liq_short_usd=0.0),
        *bars(BYBIT, oi_usd=3e9, oi_base=5e4, vol_usd=2e6, mark=60_006.0, index=60_000.0, premium=1e-4, ret=0.01,
              funding_8h=-1e-4, funding_apr=-0.1095, liq_long_usd=0.0, liq_short_usd=7.0),
        *bars(DERIBIT, oi_usd=1e9, oi_base=2e4, vol_usd=1e6, mark=59_994.0, index=60_000.0, premium=-1e-4, ret=0.01),
        *bars(DATED, oi_usd=1e8, oi_base=2e3, vol_usd=1e5, mark=61_200.0, index=60_000.0, ret=0.01),
        *bars(SILENT, vol_usd=1e5),
        *bars(EURO, oi_usd=7e9, oi_base=1e5, mark=52_000.0),
    ]  # fmt: skip  # a table
    stale = bar(BYBIT.name, ends(N)[-1], vol_usd=2e6, mark=60_006.0, funding_8h=-1e-4)
    kept = [row for row in whole if not (row.instrument == BYBIT.name and row.t1 == stale.t1)]
    newest = [summary(one.name, ends(N)[-1]) for one in (BINANCE, BYBIT, DERIBIT, DATED, SILENT, EURO)]
    return [*kept, stale, *newest]


@pytest.fixture(scope="module")
def desk(make: Make) -> Iterator[Desk]:
    opened = make([BINANCE, BYBIT, DERIBIT, DATED, SILENT, EURO, DOGE], market())
    yield opened
    opened.store.close()


def test_a_coin_is_all_its_contracts_in_dollars_and_a_symbol_is_that_one_everywhere(desk: Desk) -> None:
    last = desk.across("btc", "1h").iloc[-1]
    assert last["oi_total_usd"] == 6e9 + 1.1e9
    assert last["venues"] == "binance, bybit, deribit, hyperliquid"
    assert last["oi_missing"] == f"{BYBIT.name}, {SILENT.name}"
    assert last["oi_dlog"] == 0.0, "Bybit went stale, and that is no fall"
    assert last["funding_venues"] == "binance"
    assert desk.across("BTC-USDT-PERP", "1h").iloc[-2]["oi_venues"] == "binance, bybit"
    assert desk.across(DATED.name, "1h").iloc[-1]["oi_total_usd"] == 1e8


def test_every_frame_says_coin_market_coverage_and_has_a_utc_index(desk: Desk) -> None:
    for word in (desk.across, desk.shares, desk.funding_by_venue, desk.dispersion, desk.liquidated):
        frame = word("BTC", "1h")
        assert str(frame.index.dtype) == "datetime64[ns, UTC]"
        assert {"coin": "BTC", "tf": "1h", "coverage": 1.0, "market": "SIMULATED"}.items() <= frame.attrs.items()
        assert any(name.endswith("venues") for name in frame)
    for newest in (desk.curve("BTC", "1h"), desk.board("BTC", "1h")):
        assert set(newest.index) == {pd.Timestamp(ends(N)[-1], tz="UTC")}
        assert newest.attrs["coverage"] == 1.0


def test_since_cuts_what_is_shown_and_not_what_it_looks_back_on(desk: Desk) -> None:
    whole, late = desk.across("BTC", "1h"), desk.across("BTC", "1h", since=ends(N)[-3])
    pd.testing.assert_frame_equal(late, whole.iloc[-2:])
    assert not np.isnan(late["oi_vw_usd_per_venue"].iloc[0])
    assert len(desk.shares("BTC", "1h", since=ends(N)[-2], until=ends(N)[-1])) == 4
    earlier = desk.board("BTC", "1h", until=ends(N)[-2])
    assert earlier.loc[earlier["venue"] == "bybit", "oi_usd"].tolist() == [3e9]


def test_the_board_has_a_row_a_venue_and_one_for_all(desk: Desk) -> None:
    board = desk.board("BTC", "1h").set_index("venue")
    assert board.index.tolist() == ["binance", "deribit", "bybit", "hyperliquid", "all"]
    assert board.loc["all", "contracts"] == "3 of 5"
    assert board.loc["all", "oi_usd"] == 7.1e9
    assert board.loc["all", "vol_24h_usd"] == pytest.approx(24 * 11.2e6)
    assert board.loc["deribit", "perpetual"] == "BTC-USD-PERP"
    assert board.loc["all", "funding_bp_8h"] == pytest.approx(1.0), "Bybit's rate has no weight now"
    assert board.loc["bybit", "liq_complete"]
    assert board["oi_share_pct"].drop("all").sum() == pytest.approx(100.0)


def test_sentences_say_what_is_not_in_the_sums(desk: Desk) -> None:
    row, board, curve = desk.across("BTC", "1h").iloc[-1], desk.board("BTC", "1h"), desk.curve("BTC", "1h")
    told = "\n".join(sentences(row, board, curve))
    for said in (
        "7,100,000,000 USD over binance, deribit",
        "+0 BTC (+0.000 %) since the bar before, over the same",
        "a mean per venue",
        f"Not in it, for none is fresh: {BYBIT.name}, {SILENT.name}.",
        "+1.000 bp per 8 h, +10.95 % a year (longs pay shorts), over binance.",
        "2.00 bp apart: lowest deribit 59,994, highest bybit 60,006 USD",
        f"basis of {DATED.name}: +200.0 bp over spot, 84.05 days to go, +8.69 % a year.",
        "of the expiry nearest to 90 days",
        "lower bounds at binance: do not compare",
        "liquidations of bybit, deribit, hyperliquid: none was heard, which is not 0.",
    ):
        assert said in told, said


def test_an_unknown_coin_names_the_nearest_and_other_money_is_no_coin(desk: Desk) -> None:
    with pytest.raises(UnknownName, match="did you mean BTC"):
        desk.across("BTX")
    with pytest.raises(UnknownName, match="coin"):
        desk.curve("BTC-EUR-PERP")
    with pytest.raises(UnknownName, match="did you mean DOGE"):
        desk.correlation(coins=["BTC", "DOGGE"])
    with pytest.raises(UnknownName, match="timeframe"):
        desk.board("BTC", "2m")
    with pytest.raises(UnknownName, match="second coin"):
        desk.lead_lag("BTC", "btc")


def test_a_coin_without_bars_is_empty_everywhere(desk: Desk) -> None:
    for word in (
        desk.across,
        desk.shares,
        desk.funding_by_venue,
        desk.dispersion,
        desk.liquidated,
        desk.curve,
        desk.board,
    ):
        frame = word("DOGE", "1h")
        assert frame.empty
        assert frame.attrs["coverage"] == 0.0


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = run(words)
    out, err = capsys.readouterr()
    return code, out, err


def test_the_command_shows_units_venues_coverage_market_and_utc(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "across", "BTC", "--tf", "1h", "--db", desk.store.url)
    assert code == 0
    for said in (
        "SIMULATED",
        "UTC",
        "open interest USD",
        "funding bp/8 h",
        "coverage %",
        "hyperliquid",
        "all",
        "basis of",
    ):
        assert said in out, said
    assert "binance open_interest" in out.splitlines()[-1], "what the venue's documents leave open"
    code, out, _ = told(capsys, "across", "BTC", "--tf", "1h", "--since", "2026-01-02T03:00Z", "--db", desk.store.url)
    assert len([line for line in out.splitlines() if line.startswith("2026-01-02")]) == 3


def test_the_command_answers_with_one_object(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(
        capsys, "across", "BTC", "--tf", "1h", "--since", "2026-01-02T03:00Z", "--json", "--db", desk.store.url
    )
    answer = json.loads(out)
    assert code == 0
    assert (answer["market"], answer["times"], answer["coin"], answer["tf"]) == ("SIMULATED", "UTC", "BTC", "1h")
    assert answer["all"]["oi_total_usd"] == 7.1e9
    assert [one["venue"] for one in answer["venues"]] == ["binance", "deribit", "bybit", "hyperliquid", "all"]
    assert answer["venues"][2]["oi_usd"] is None
    assert answer["curve"][-1]["basis_ann"] == pytest.approx(0.0869, abs=1e-4)
    assert answer["curve"][0]["expiry"] is None
    assert set(answer["units"]) <= set(answer["venues"][0])
    assert len(answer["bars"]) == 3


def test_a_multiplier_read_wrongly_is_told_where_its_numbers_are_summed(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = contract("okx:BTC-USDT-PERP", assumed=True)
    rows = [*market(), *bars(wrong, mark=60_000_000.0, oi_usd=1.0), summary(wrong.name, ends(N)[-1])]
    desk = make([BINANCE, BYBIT, DERIBIT, DATED, SILENT, wrong], rows)
    _, out, _ = told(capsys, "across", "BTC", "--tf", "1h", "--db", desk.store.url)
    assert "multiplier is likely read wrongly" in out
    assert f"guessed from the symbol, no list was heard: {wrong.name}" in out


def test_a_coin_without_bars_says_so(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "across", "DOGE", "--db", desk.store.url)
    assert (code, "no bar there yet" in out) == (0, True)
    code, out, _ = told(capsys, "across", "DOGE", "--json", "--db", desk.store.url)
    assert (json.loads(out)["all"], json.loads(out)["venues"]) == (None, [])
    code, _, err = told(capsys, "across", "BTX", "--db", desk.store.url)
    assert (code, "did you mean BTC" in err) == (1, True)


def test_hostile_names_are_shown_as_they_are_written(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    evil = HOSTILE.base
    desk = make([HOSTILE, of_evil := contract("x'; DROP TABLE bars;--:BTC-USDT-PERP")], [
        *bars(HOSTILE, oi_usd=1.0), *bars(of_evil, oi_usd=1.0),
        summary(HOSTILE.name, ends(N)[-1]), summary(of_evil.name, ends(N)[-1]),
    ])  # fmt: skip  # two contracts
    assert desk.across(evil, "1h")["oi_venues"].iloc[-1] == "evil"
    assert desk.across("BTC", "1h")["oi_total_usd"].iloc[-1] == 1.0
    for coin, said in ((evil, "[bold red]"), ("BTC", "DROP TABLE")):
        code, out, _ = told(capsys, "across", coin, "--tf", "1h", "--db", desk.store.url)
        assert code == 0
        assert said in out
    for text in ("", "'", "%", "[/]", "\x00", "BTC; --", "💥" * 50):
        with pytest.raises(UnknownName):
            desk.across(text, "1h")


def test_correlation_and_breadth_as_commands(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(3)
    pair = [contract(f"a:{base}-USDT-PERP") for base in ("BTC", "ETH")]
    rows: list[Row] = [bar(one.name, end, ret=rng.standard_normal(), vol_usd=1.0) for one in pair for end in ends(90)]
    flat = contract("a:FLAT-USDT-PERP")
    rows += [bar(flat.name, end, ret=0.0, vol_usd=0.5) for end in ends(90)]
    desk = make([*pair, flat], [*rows, *(summary(one.name, ends(90)[-1]) for one in (*pair, flat))])
    code, out, _ = told(capsys, "correlation", "--db", desk.store.url)
    assert code == 0
    for said in ("SIMULATED", "1.00", "(", "90 pairs", "–", "coverage 100.00%", pair[0].name):
        assert said in out, said
    answer = json.loads(told(capsys, "correlation", "--coins", "btc,ETH", "--json", "--db", desk.store.url)[1])
    assert [(one["a"], one["b"], one["n"]) for one in answer["pairs"]] == [("BTC", "ETH", 90)]
    assert answer["pairs"][0]["low"] < answer["pairs"][0]["r"] < answer["pairs"][0]["high"]
    code, out, _ = told(capsys, "breadth", "--tf", "1h", "--last", "5", "--db", desk.store.url)
    assert (code, len(out.strip().splitlines())) == (0, 7)
    answer = json.loads(told(capsys, "breadth", "--tf", "1h", "--json", "--db", desk.store.url)[1])
    assert len(answer["bars"]) == 12
    assert answer["bars"][-1]["n"] == 2, "one that never moved has no Z"
    assert answer["market"] == "SIMULATED"
    code, _, err = told(capsys, "breadth", "--tf", "7m", "--db", desk.store.url)
    assert (code, "15m" in err) == (1, True)


def test_frames_of_one_venue_work_without_a_second(make: Make) -> None:
    desk = make([BINANCE], [*bars(BINANCE, oi_usd=1.0, mark=NAN), summary(BINANCE.name, ends(N)[-1])])
    board = desk.board("BTC", "1h")
    assert board["venue"].tolist() == ["binance", "all"]
    assert board["oi_share_pct"].tolist() == [100.0, 100.0]
    row = desk.across("BTC", "1h").iloc[-1]
    told = sentences(row, board, desk.curve("BTC", "1h"))
    assert "prices: no mark price is fresh." in told
    assert "basis: no dated futures are listed." in told


def test_a_venue_with_dated_futures_only_has_a_row_without_a_perpetual(make: Make) -> None:
    rows = [*bars(DATED, oi_usd=1e8, mark=61_200.0, index=60_000.0), summary(DATED.name, ends(N)[-1])]
    desk = make([DATED], rows)
    row = desk.board("BTC", "1h").iloc[0]
    assert (row["venue"], row["perpetual"], row["oi_usd"]) == ("deribit", "", 1e8)
    assert np.isnan(row["mark_usd"])
    told = sentences(desk.across("BTC", "1h").iloc[-1], desk.board("BTC", "1h"), desk.curve("BTC", "1h"))
    assert any("8.69 % a year" in one for one in told)
    assert any("no venue has a rate" in one for one in told)
