"""Every recorded message of the real venues: parsed, or counted with a reason; never an exception."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from fbkit.feeds.recorded import open_recording, replay_frames
from fbkit.feeds.recorded.conformance import Examined, examine, examine_folder
from fbkit.model import Liquidation, Trade
from tests.conformance.contract import check_numbers, check_one_operation, events_of, sane

pytestmark = pytest.mark.real

#: Items by channel, as the folder's manifest counts messages (rows where a message holds several).
CAPTURES = {
    "binance_usdm/hftbacktest_btcusdt_20240808.gz": {"quote": 66_089, "trade": 21_313, "depth": 6_551 + 1},
    "binance_usdm/cryptofeed_BINANCE_FUTURES.jsonl.zst": {"depth": 764 + 4, "quote": 613, "trade": 91, "bar": 67},
    "binance_usdm/current_format_jarvistrader_2026-09-27.txt": {
        "liquidation": 6, "trade": 3, "quote": 2, "mark": 2, "bar": 2,
    },
    "bybit_linear/cryptofeed_BYBIT_2026-08-09_BTC_DOGE.jsonl.zst": {"depth": 794, "trade": 139},
    "okx/cryptofeed_OKX.jsonl.zst": {"depth": 290, "trade": 74, "day": 28},
    "hyperliquid/hftbacktest_btc_20250126.gz": {"depth": 46},
    "gate/cryptofeed_GATEIO_FUTURES.jsonl.zst": {"depth": 362, "quote": 75},
    "deribit/cryptofeed_DERIBIT.jsonl.zst": {"mark": 89, "depth": 46},
    "bitget/cryptofeed_BITGET.jsonl.zst": {"depth": 637},
}  # fmt: skip

#: Books whose capture is unbroken: their own rule of sequence finds nothing.
UNBROKEN = [name for name in CAPTURES if "current_format" not in name]

TABLES = {
    "binance_usdm/denniskid_btcusdt_futures_ls_global.csv",
    "binance_usdm/denniskid_btcusdt_futures_oi.csv",
    "binance_usdm/lasota_trxusdt_2025-03-04_difference_depth_stream.csv.gz",
    "binance_usdm/lasota_trxusdt_2025-03-04_trade_stream.csv.gz",
    "multi/aha_binance_okx_8h_ohlcv_funding.csv.gz",
}


@pytest.fixture(scope="module")
def examined(real_data: Path) -> dict[str, Examined]:
    return {one.file: one for one in examine_folder(real_data)}


def test_nothing_raises_and_only_tables_are_unsupported(examined: dict[str, Examined]) -> None:
    assert len(examined) >= 27
    assert [one.failed for one in examined.values() if one.failed] == []
    assert {name for name, one in examined.items() if one.unsupported} == TABLES
    assert all(one.items for one in examined.values() if not one.unsupported)


def test_every_item_is_an_event_or_set_aside_with_its_reason(examined: dict[str, Examined]) -> None:
    for one in examined.values():
        aside = one.ignored.total() + one.quarantined.total()
        assert one.received.total() == one.items
        assert aside <= one.items <= aside + one.events.total()


@pytest.mark.parametrize("name", CAPTURES)
def test_a_capture_is_all_there(examined: dict[str, Examined], name: str) -> None:
    received = examined[name].received
    assert {channel: received[channel] for channel in CAPTURES[name]} == CAPTURES[name]
    assert examined[name].quarantined == Counter()
    assert examined[name].damaged == ""


@pytest.mark.parametrize("name", UNBROKEN)
def test_an_unbroken_book_keeps_its_sequence(examined: dict[str, Examined], name: str) -> None:
    assert examined[name].breaks == 0


def test_what_is_set_aside_unread_is_what_the_manifest_says_is_odd(examined: dict[str, Examined]) -> None:
    unread = {name: one.quarantined for name, one in examined.items() if one.quarantined}
    assert unread.pop("binance_usdm/tardis_binance_futures.jsonl.gz") == {"trade malformed": 1, "? unknown": 2}
    # Recordings of spot and options, and of an interface that is gone.
    assert all(set(counts) == {"? unknown"} for counts in unread.values()), unread


def test_every_event_is_sane_and_one_operation_from_its_frame(examined: dict[str, Examined], real_data: Path) -> None:
    compared = 0
    for name, one in examined.items():
        if one.unsupported or one.container == "hftbacktest":
            continue
        compared += check_one_operation(real_data / name)
    assert compared > 500


def test_every_recorded_number_survives_the_trip(examined: dict[str, Examined], real_data: Path) -> None:
    compared = sum(check_numbers(real_data / name, most=3000) for name, one in examined.items() if not one.unsupported)
    assert compared > 10_000


@pytest.mark.parametrize(
    "name", ["hyperliquid/hftbacktest_btc_20250126.gz", "binance_usdm/hftbacktest_btcusdt_20240808.gz"]
)
def test_a_capture_gives_nothing_absurd(real_data: Path, name: str) -> None:
    names: set[str] = set()
    for _, _, items in replay_frames(real_data / name):
        for event in events_of(items):
            names.add(event.instrument)
            assert sane(event, names) == ""


# -- one meaning: the same word says the opposite elsewhere ---------------------------------------------------------


def of(real_data: Path, name: str, kind: type[Liquidation | Trade]) -> list[tuple[bytes, Liquidation | Trade]]:
    """Events of a kind with the frame they came from."""
    found: list[tuple[bytes, Liquidation | Trade]] = []
    recording = open_recording(real_data / name)
    for frame, (_, _, items) in zip(recording.frames(), replay_frames(recording), strict=True):
        found += [(frame.payload, event) for event in events_of(items) if isinstance(event, kind)]
    return found


def test_a_long_that_died_is_called_long_at_every_venue_that_was_recorded(real_data: Path) -> None:
    died = Counter()
    for name in (
        "multi/current_format_single_frames_2026.jsonl",
        "binance_usdm/current_format_jarvistrader_2026-09-27.txt",
        "bybit_linear/tardis_bybit_v5.jsonl.gz",
        "deribit/tardis_deribit.jsonl.gz",
    ):
        for payload, event in of(real_data, name, Liquidation):
            assert isinstance(event, Liquidation)
            venue = event.instrument.partition(":")[0]
            words = _liquidation_words(venue, payload)
            for word in words:
                died[venue, word, event.liquidated] += 1
    words_for_a_long = {("binance", "SELL"), ("bybit", "Buy"), ("okx", "posSide long"), ("deribit", "T sell")}
    assert {(venue, word) for venue, word, liquidated in died if liquidated == "long"} >= words_for_a_long
    assert ("binance", "SELL", "short") not in died
    assert ("binance", "BUY", "long") not in died
    assert ("bybit", "Buy", "short") not in died
    assert ("okx", "posSide long", "short") not in died
    assert ("deribit", "T sell", "short") not in died


def _liquidation_words(venue: str, payload: bytes) -> set[str]:
    """What a frame of one kind of liquidation says, in the venue's own words; mixed frames say nothing."""
    text = payload.decode().replace(" ", "")
    marks = {
        "binance": {'"S":"SELL"': "SELL", '"S":"BUY"': "BUY"},
        "bybit": {'"S":"Buy"': "Buy", '"S":"Sell"': "Sell", '"side":"Buy"': "Buy old", '"side":"Sell"': "Sell old"},
        "okx": {'"posSide":"long"': "posSide long", '"posSide":"short"': "posSide short"},
        "deribit": {
            '"liquidation":"T"': "T " + ("sell" if '"direction":"sell"' in text else "buy"),
            '"liquidation":"M"': "M " + ("sell" if '"direction":"sell"' in text else "buy"),
        },
    }[venue]
    said = {word for mark, word in marks.items() if mark in text}
    return said if len(said) == 1 else set()


def test_one_file_alone_reads_as_it_does_in_its_folder(examined: dict[str, Examined], real_data: Path) -> None:
    name = "okx/tardis_okx_swap_v5.jsonl.gz"
    assert examine(real_data / name, name) == examined[name]
