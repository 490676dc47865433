"""The numbers beside one instrument's charts: the coin at every venue, key numbers, CVD over days and gaps."""

import math

import numpy as np
import pandas as pd
import pytest

from fbkit.dashboard.instrument.burst import largest_burst
from fbkit.dashboard.instrument.kpis import Seen, awaited, kpis
from fbkit.dashboard.instrument.newest import Newest, concerns
from fbkit.dashboard.instrument.venue_rows import VenueRow, cells, perpetuals, row_of, together
from fbkit.dashboard.instrument.words import gaps_told, paragraphs, unknowns
from fbkit.dashboard.series import anchors, judge, series
from fbkit.hub import LiveRow
from fbkit.model import JUDGED, NS_DAY, NS_HOUR, NS_MIN, NS_S, TIMEFRAMES, Gap, Instrument
from fbkit.quant import frames
from fbkit.widgets import SERIES_FIELDS

NAN = math.nan
MIDNIGHT = 1_767_225_600_000_000_000
BTC = Instrument("binance:BTC-USDT-PERP", "binance", "BTCUSDT", "BTC", "USDT", "USDT", tick=0.1)
DATED = Instrument("binance:BTC-USDT-261225", "binance", "B", "BTC", "USDT", "USDT", expiry=MIDNIGHT)


def listed(name):
    venue, _, symbol = name.partition(":")
    return Instrument(name, venue, symbol, symbol.partition("-")[0], "USDT", "USDT")


# --- the coin at every venue ------------------------------------------------------------------------------------------


def test_each_venue_has_one_perpetual_of_the_coin_the_chosen_one_before_the_largest():
    names = ["okx:BTC-USD-PERP", "okx:BTC-USDT-PERP", BTC.name, "binance:ETH-USDT-PERP", "bybit:BTC-USDT-PERP"]
    known = [DATED, *map(listed, names)]
    sizes = {"okx:BTC-USDT-PERP": 3e9, "okx:BTC-USD-PERP": 5e8}
    assert perpetuals(known, listed(BTC.name), sizes) == [BTC.name, "bybit:BTC-USDT-PERP", "okx:BTC-USDT-PERP"]
    assert perpetuals(known, listed("okx:BTC-USD-PERP"), sizes)[2] == "okx:BTC-USD-PERP"


def venue(name, last=100.0, oi=1e9, rate=1e-4, age=1.0):
    return VenueRow(f"{name}:BTC-USDT-PERP", name, last, oi, rate, 0.5, age)


def test_sums_and_medians_are_over_fresh_venues_alone():
    rows = [venue("binance", 100.0), venue("okx", 102.0, oi=3e9, rate=2e-4), venue("bybit", 500.0, oi=9e9, age=60.0)]
    found = together(rows)
    assert (found.n, found.median, found.oi_usd) == (2, 101.0, 4e9)
    assert found.funding_8h == pytest.approx(1.75e-4)
    assert together([venue("okx", age=60.0)]).n == 0


def test_a_stale_venue_says_since_when_and_a_missing_number_why():
    rows = [venue("binance"), venue("bybit", age=252.0), venue("hyperliquid", oi=NAN)]
    _, shown, reasons = cells(rows, 0.1)
    assert math.isnan(shown[1][1])
    assert reasons[1, "last"] == "stale\u00a04m\u00a012s"
    assert reasons[2, "oi"] == "no feed"
    assert shown[-1][0] == "2 fresh"
    assert shown[0][2] == 0.0  # basis of the median, a fraction


def test_live_values_come_before_those_of_the_bar_one_by_one():
    bar = {"close": 90.0, "oi_usd": 5e8, "funding_8h": 1e-5}
    row = row_of(BTC.name, LiveRow(BTC.name, last=100.0, ts_event=MIDNIGHT), bar, 1.0, MIDNIGHT + 3 * NS_S)
    assert (row.last, row.oi_usd, row.funding_8h, row.age_s) == (100.0, 5e8, 1e-5, 3.0)
    unheard = row_of(BTC.name, None, bar, 1.0, MIDNIGHT)
    assert unheard.last == 90.0
    assert unheard.fresh


# --- key numbers ------------------------------------------------------------------------------------------------------

BAR = {
    "close": 91_000.0, "ret": 0.001, "mark": 91_001.0, "index": 91_000.0, "oi_usd": 7.9e9, "oi_dlog": math.log(1.0049),
    "taker_imb": -0.07, "buy_usd": 46.3e6, "sell_usd": 53.3e6, "funding_8h": 1e-4, "ln_ls_pos_top": math.log(1.84),
    "t1": MIDNIGHT, "source": "own",
}  # fmt: skip


def shown(seen):
    return {kpi.label.split(",")[0]: kpi for kpi in kpis(seen)}


def said(kpi):
    return "".join(text for text, _ in kpi.context).replace("\u00a0", " ")


def test_live_numbers_and_their_context():
    live = LiveRow(BTC.name, last=91_910.0, mark=91_486.1, funding_8h=1.38e-4, oi_usd=8e9, day_change=0.0107)
    new = Newest(mark=91_486.1, index=91_452.3, ts_funding=MIDNIGHT + 16 * NS_HOUR, oi_base=86_352.0)
    found = shown(Seen(BTC, "15m", 60, live=live, bar=BAR, z={"premium": -0.4, "ln_ls_pos_top": -0.9}, newest=new))
    assert found["Last"].value == "91,910.0"
    assert found["Last"].label == "Last, 0.1 tick"
    assert said(found["Last"]) == "+1.00 % this 15m  +1.07 % 24 h  "
    assert (found["Mark"].value, said(found["Mark"])) == ("91,486.1", "index 91,452.3")
    assert (found["Premium"].value, said(found["Premium"])) == ("+3.7", "Z −0.4, 60 × 15m")
    assert found["Funding"].label == "Funding, next 16:00"
    assert said(found["Funding"]) == "+15.11 % APR, predicted"
    assert said(found["Open interest"]) == "86,352 BTC  +0.49 % 15m  "
    assert said(found["Taker imbalance"]) == "buy 46.3 M, sell 53.3 M"
    assert (found["Long/short"].value, said(found["Long/short"])) == ("1.84", "ln +0.61, Z −0.9")


def test_without_a_collector_the_newest_bar_speaks():
    found = shown(Seen(BTC, "15m", 60, bar=BAR))
    assert found["Last"].value == "91,000.0"
    assert said(found["Last"]) == "+0.10 % 15m  "
    assert found["Mark"].value == "91,001.0"


def test_what_a_venue_does_not_have_is_no_feed_and_what_is_not_heard_is_awaited():
    lacks = ("open_interest", "ratio:acct_global", "ratio:acct_top", "ratio:pos_top")
    bare = shown(Seen(BTC, "5m", 60, lacks=lacks))
    assert (bare["Open interest"].value, bare["Open interest"].missing) == (None, "no feed")
    assert bare["Long/short"].missing == "no feed"
    assert shown(Seen(BTC, "5m", 60))["Open interest"].missing == "awaited"
    assert all(kpi.value is None for kpi in awaited())
    assert len(awaited()) == len(bare)


def test_a_dated_future_has_a_basis_and_no_funding():
    found = shown(Seen(DATED, "1h", 60, bar=BAR))
    assert found["Basis to index"].value == "+0.1"
    assert found["Funding"].missing == "none: a dated future"


def test_an_old_price_is_said_to_be_old():
    assert said(shown(Seen(BTC, "5m", 60, bar=BAR, old=True))["Last"]).endswith("old")


# --- CVD and Z --------------------------------------------------------------------------------------------------------

M15 = TIMEFRAMES["15m"]


def bars(deltas, first=MIDNIGHT - 4 * M15, stored=None):
    """15m bars with these deltas (USD); CVD as the engine stores it: since midnight or the last hole."""
    ends = first + M15 * np.arange(1, len(deltas) + 1)
    cvd, total = [], NAN
    for end, delta in zip(ends.tolist(), deltas, strict=True):
        total = delta if math.isnan(total) or (end - M15) % NS_DAY == 0 else total + delta
        cvd.append(total)
    frame = pd.DataFrame({"t1": ends, "delta": deltas, "cvd": cvd if stored is None else stored, "close": 1.0})
    frame = frame.assign(vol_usd=1e3, ret=0.0, coverage=1.0)
    return frame.reindex(columns=[*frame.columns, *(set(JUDGED) - set(frame.columns))])


def cvd_of(frame):
    return series(BTC.name, "15m", frame)[:, SERIES_FIELDS.index("cvd")].tolist()


def test_cvd_goes_on_over_midnight():
    assert cvd_of(bars([1.0] * 8)) == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]


def test_cvd_begins_with_what_the_day_had_so_far_and_says_from_when():
    frame = bars([1.0] * 12).iloc[6:]
    assert cvd_of(frame) == [3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    assert anchors(series(BTC.name, "15m", frame), "15m") == [MIDNIGHT]


def test_cvd_starts_again_at_a_hole():
    frame = bars([1.0, 1.0, NAN, 1.0, 1.0], first=MIDNIGHT)
    found = cvd_of(frame)
    assert math.isnan(found[2])
    assert found[3:] == [1.0, 2.0]
    assert anchors(series(BTC.name, "15m", frame), "15m") == [MIDNIGHT, MIDNIGHT + 3 * M15]


def test_a_gap_inside_a_bar_starts_cvd_again_too():
    frame = bars([1.0] * 5, first=MIDNIGHT, stored=[1.0, 2.0, 0.25, 1.25, 2.25])
    assert cvd_of(frame) == [1.0, 2.0, 0.25, 1.25, 2.25]


def test_sums_in_another_order_are_no_gap():
    frame = bars([1.0] * 4, first=MIDNIGHT, stored=[1.0, 2.0 + 1e-12, 3.0, 4.0 - 1e-12])
    assert cvd_of(frame) == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(("kind", "prefix"), [("classic", "z"), ("robust", "zr"), ("ewma", "ze")])
def test_each_kind_of_z_is_the_one_of_the_reference(kind, prefix):
    random = np.random.default_rng(5)
    frame = bars(random.normal(size=300).tolist())
    frame = frame.assign(**{column: random.normal(size=300) for column in JUDGED}, high=1.0, low=1.0)
    expected = frames.metrics(BTC.name, "15m", frame["t1"], frame, kind=kind)
    found = judge(BTC.name, "15m", frame, JUDGED, (20, 60), kind)
    for column in JUDGED:
        np.testing.assert_array_equal(found[f"z_{column}_60"].value, expected[f"{prefix}_{column}_60"])


# --- which sentences --------------------------------------------------------------------------------------------------


def matrix(n=100, **columns):
    made = np.full((n, len(SERIES_FIELDS)), NAN)
    made[:, 0] = (MIDNIGHT + M15 * np.arange(n)) / 1e6
    for name, value in {"close": 100.0, "open": 100.0, "vol_usd": 1e6, "coverage": 1.0, **columns}.items():
        made[:, SERIES_FIELDS.index(name)] = value
    return made


def test_the_largest_burst_is_found_with_its_bars_price_and_what_came_after():
    longs = np.zeros(100)
    longs[49:52] = 1e5, 9e5, 1e5
    close = np.where(np.arange(100) >= 50, 90.0, 100.0)
    close[60:] = 99.0
    one = largest_burst(matrix(close=close, liq_long_usd=longs, liq_short_usd=0.0), "15m", "binance")
    assert (one.at, one.long_usd, one.short_usd, one.bars, one.vol_usd) == ("12:30", 1.1e6, 0.0, 5, 5e6)
    assert one.ret == pytest.approx(-0.1)
    assert one.after == pytest.approx(0.0)
    assert not one.complete


def test_no_liquidations_are_no_burst_and_no_feed_is_said():
    assert largest_burst(matrix(liq_long_usd=0.0, liq_short_usd=0.0), "15m", "binance") is None
    assert largest_burst(matrix(), "15m", "binance") is None
    told = list(unknowns(Seen(BTC, "15m", 60, lacks=("liquidation",)), matrix(), []))
    assert told == ["binance has no feed of liquidations."]


def gap(phase, minutes=26, channel="trade", venue="binance", instrument=""):
    t1 = None if phase == "opened" else minutes * NS_MIN
    return Gap(instrument, 0, 0, 1, venue, channel, phase, "disconnect", 0, t1)


def test_gaps_that_were_made_up_for_are_no_loss():
    assert gaps_told([gap("backfilled")]) == []
    assert gaps_told([gap("closed"), gap("closed", 4)]) == ["2 gaps, 30 min, not backfilled"]
    assert gaps_told([gap("opened")]) == ["1 gap, 0 min, not backfilled, one open"]


def test_a_gap_concerns_whose_trades_it_took():
    assert concerns(gap("closed"), BTC.name, "binance")
    assert concerns(gap("closed", channel="*", venue=""), BTC.name, "binance")
    assert not concerns(gap("closed", venue="okx"), BTC.name, "binance")
    assert not concerns(gap("closed", channel="mark"), BTC.name, "binance")
    assert not concerns(gap("closed", instrument="binance:ETH-USDT-PERP"), BTC.name, "binance")


def test_what_is_not_known_stands_last():
    seen = Seen(BTC, "15m", 60, bar=BAR, covered=0.97, why={"premium": "warmup", "obi_5": "warmup"})
    told = paragraphs(seen, matrix(liq_long_usd=0.0, liq_short_usd=0.0), [], [gap("closed")])
    last = "".join(text for text, _ in told[-1]).replace("\u00a0", " ")
    assert last == (
        "Not seen: 1 gap, 26 min, not backfilled; CVD starts again where trades are missing. The window of its Z is "
        "covered to 97 %. There is no Z of premium and the book: warming up."
    )
    assert {tone for _, tone in told[-1]} == {"quiet"}
