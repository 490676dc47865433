"""A recording becomes a database: counted, damaged, paced, refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from fbkit.errors import DamagedRecording, MarketMismatch, StoreError
from fbkit.ingest.recording import Recorded, collect_recording
from fbkit.model import AccountRow, Market
from fbkit.settings import load_settings
from fbkit.store import open_store

START = 1_790_526_538_000_000_000


def line(n: int, price: str = "84551.10", number: int | None = None) -> str:
    """The n-th trade of a recording, ten a second, in the hftbacktest container."""
    ms = START // 1_000_000 + n * 100
    payload = {
        "stream": "btcusdt@aggTrade",
        "data": {
            "e": "aggTrade", "E": ms, "a": number if number is not None else 1000 + n, "s": "BTCUSDT", "p": price,
            "q": "0.030", "nq": "0.030", "f": 2000 + n, "l": 2000 + n, "T": ms, "m": n % 2 == 0, "st": 1,
        },
    }  # fmt: skip
    return f"{START + n * 100_000_000} {json.dumps(payload)}\n"


def write(path: Path, lines: list[str]) -> Path:
    path.write_bytes(gzip.compress("".join(lines).encode()))
    return path


def url_in(folder: Path, name: str = "recorded.db") -> str:
    return f"sqlite:///{(folder / name).as_posix()}"


def accounts(done: Recorded) -> dict[str, AccountRow]:
    return {one.channel: one for one in done.accounts}


def test_a_recording_is_stored_and_its_books_balance(tmp_path: Path) -> None:
    path = write(tmp_path / "hftbacktest_btcusdt.gz", [line(n) for n in range(650)])
    done = collect_recording(path, url_in(tmp_path), load_settings())
    trades = accounts(done)["trade"]
    assert (trades.received, trades.stored, trades.in_flight) == (650, 650, 0)
    assert all(one.balances for one in done.accounts)
    with open_store(url_in(tmp_path)) as store:
        assert store.market is Market.RECORDED
        assert store.table_counts()["trades"] == 650
        assert store.instruments()["binance:BTC-USDT-PERP"].assumed
        last = store.last_beat()
        assert last is not None
        assert last.last
        assert last.ts_recv == START + 649 * 100_000_000


def test_a_damaged_recording_is_kept_up_to_the_damage(tmp_path: Path) -> None:
    whole = write(tmp_path / "hftbacktest_btcusdt.gz", [line(n) for n in range(400)]).read_bytes()
    cut = tmp_path / "hftbacktest_cut.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    done = collect_recording(cut, url_in(tmp_path), load_settings())
    assert "unreadable after line" in done.damaged
    assert 0 < accounts(done)["trade"].stored < 400
    assert all(one.balances for one in done.accounts)


def test_an_empty_recording_is_said_and_leaves_no_database(tmp_path: Path) -> None:
    path = write(tmp_path / "empty.gz", [])
    with pytest.raises(DamagedRecording):
        collect_recording(path, url_in(tmp_path), load_settings())
    assert not (tmp_path / "recorded.db").exists()


def test_a_recording_older_than_the_database_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "hftbacktest_btcusdt.gz", [line(n) for n in range(30)])
    collect_recording(path, url_in(tmp_path), load_settings())
    with pytest.raises(StoreError, match="give a new database"):
        collect_recording(path, url_in(tmp_path), load_settings())
    with open_store(url_in(tmp_path)) as store:
        assert store.table_counts()["trades"] == 30


def test_a_later_recording_goes_on_in_the_same_database_with_the_gap_between(tmp_path: Path) -> None:
    first = write(tmp_path / "hftbacktest_a.gz", [line(n) for n in range(30)])
    second = write(tmp_path / "hftbacktest_b.gz", [line(n) for n in range(600, 630)])
    collect_recording(first, url_in(tmp_path), load_settings())
    collect_recording(second, url_in(tmp_path), load_settings())
    with open_store(url_in(tmp_path)) as store:
        gaps = store.gaps()
        assert "stopped" in set(gaps["cause"])
        assert "opened" not in set(gaps["phase"]), "nobody fetches a recording's past, so nothing waits for it"
        assert store.table_counts()["trades"] == 60


@pytest.mark.faults("C9")
def test_c9_a_hole_in_a_recording_is_a_gap_that_says_what_is_missing(tmp_path: Path) -> None:
    path = write(tmp_path / "hftbacktest_btcusdt.gz", [line(n) for n in range(60) if not 10 <= n < 15])
    collect_recording(path, url_in(tmp_path), load_settings())
    with open_store(url_in(tmp_path)) as store:
        (gap,) = store.gaps().to_dict("records")
    assert (gap["cause"], gap["channel"], gap["phase"], gap["missing"]) == ("sequence", "trade", "closed", 5)


def test_a_simulated_database_takes_no_recording(tmp_path: Path) -> None:
    from fbkit.ingest.demo import run_demo

    run_demo(url_in(tmp_path), load_settings(instruments=1, backfill_hours=0), seconds=1)
    path = write(tmp_path / "hftbacktest_btcusdt.gz", [line(n) for n in range(30)])
    with pytest.raises(MarketMismatch, match="SIMULATED"):
        collect_recording(path, url_in(tmp_path), load_settings())


def test_a_paced_recording_waits_as_long_as_it_took(tmp_path: Path) -> None:
    path = write(tmp_path / "hftbacktest_btcusdt.gz", [line(n) for n in range(31)])
    slept: list[float] = []

    class Standing:
        """A machine's clock that only our own waiting moves."""

        def now(self) -> int:
            return START + int(sum(slept) * 1e9)

        wall = now

    collect_recording(path, url_in(tmp_path), load_settings(), paced=True, sleep=slept.append, clock=Standing())
    assert sum(slept) == pytest.approx(3.0, abs=1e-6)


@pytest.mark.faults("C7")
def test_c7_what_comes_twice_is_stored_once(tmp_path: Path) -> None:
    lines = [line(n) for n in range(100)]
    path = write(tmp_path / "hftbacktest_btcusdt.gz", [one for one in lines for _ in range(2)])
    done = collect_recording(path, url_in(tmp_path), load_settings())
    trades = accounts(done)["trade"]
    assert (trades.received, trades.stored, trades.duplicate) == (200, 100, 100)


@pytest.mark.faults("C5")
def test_c5_garbage_between_good_frames_is_counted_and_kept(tmp_path: Path) -> None:
    bad = [line(5).replace("84551.10", "-1"), line(6).replace("84551.10", "NaN"), f"{START + 700_000_000} {{nonsense\n"]
    path = write(
        tmp_path / "hftbacktest_btcusdt.gz", [*(line(n) for n in range(5)), *bad, *(line(n) for n in range(8, 30))]
    )
    done = collect_recording(path, url_in(tmp_path), load_settings())
    assert all(one.balances for one in done.accounts)
    assert sum(one.quarantined for one in done.accounts) == 3
    assert accounts(done)["trade"].stored == 27
    with open_store(url_in(tmp_path)) as store:
        assert store.table_counts()["quarantine"] == 3


@pytest.mark.real
def test_the_real_btcusdt_capture(real_data: Path, tmp_path: Path) -> None:
    path = real_data / "binance_usdm" / "hftbacktest_btcusdt_20240808.gz"
    done = collect_recording(path, url_in(tmp_path), load_settings())
    kept = accounts(done)
    assert kept["quote"].received == 66_089
    assert kept["trade"].received == kept["trade"].stored == 21_313
    assert all(one.balances and not one.in_flight for one in done.accounts)
    with open_store(url_in(tmp_path)) as store:
        assert len(store.gaps()) == 0
        bars = store.rows("bars", tf="1m").query("source == 'own'")
        assert bars["low"].min() >= 61_590.3
        assert bars["high"].max() <= 61_839.9


@pytest.mark.real
def test_the_real_cryptofeed_capture(real_data: Path, tmp_path: Path) -> None:
    path = real_data / "binance_usdm" / "cryptofeed_BINANCE_FUTURES.jsonl.zst"
    done = collect_recording(path, url_in(tmp_path), load_settings())
    kept = accounts(done)
    assert (kept["quote"].received, kept["trade"].received, kept["bar"].received) == (613, 91, 67)
    assert all(one.balances and not one.in_flight for one in done.accounts)
    with open_store(url_in(tmp_path)) as store:
        assert not any(one.assumed for one in store.instruments().values()), "the capture brings its instrument list"
