"""``fbkit backfill`` where no collector runs: the database's own market is asked, once, and what is refused is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fbkit.clock import SystemClock
from fbkit.ingest.backfilling import settings_of
from fbkit.model import NS_HOUR, NS_S, Listing, Market, Span
from fbkit.store import Batch, open_store, open_writer
from fbkit.store.coverage import coverage
from tests.cli.conftest import Say

NAME = "binance:BTC-USDT-PERP"


def test_the_past_comes_once_and_the_database_remembers_market_seed_and_venues(
    tmp_path: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{(tmp_path / 'x.db').as_posix()}"
    monkeypatch.setenv("FBKIT_INSTRUMENTS", "2")
    monkeypatch.setenv("FBKIT_SEED", "11")
    code, out, err = say("backfill", "--since", "3h", "--venues", "sim:binance", "--db", url, "--json")
    assert code == 0, err
    first = json.loads(out)
    assert first["by"] == "ourselves"
    assert first["new"] > 2 * 170
    assert "backfill: " in err, "progress is told, a line a step"
    monkeypatch.delenv("FBKIT_INSTRUMENTS")
    monkeypatch.delenv("FBKIT_SEED")
    code, out, err = say("backfill", "--since", "2h", "--db", url)
    assert code == 0, err
    assert "0 new" in out or "2 new" in out, "a minute may have ended in between"
    with open_store(url) as store:
        assert (store.market, store.seed, {one.venue for one in store.instruments().values()}) == (
            Market.SIMULATED,
            11,
            {"binance"},
        )
        now = SystemClock().now()
        hour = Span(now - 2 * NS_HOUR, now - NS_HOUR)
        assert coverage(store, NAME, "bar", hour) == 1.0
        assert coverage(store, NAME, "trade", hour) == 0.0, "nobody listened to trades"
        assert coverage(store, NAME, "trade", Span(now - 60 * NS_S, None)) == 0.0, "not even while we fetched"
        assert all(row["phase"] != "opened" for row in store.gaps().to_dict("records"))
        assert all(one.balances and not one.in_flight for one in store.accounts())


@pytest.fixture
def live(tmp_path: Path) -> str:
    """A LIVE database of two venues."""
    url = f"sqlite:///{(tmp_path / 'live.db').as_posix()}"
    with open_writer(url, market=Market.LIVE, seed=None, clock=SystemClock(), holder="test") as writer:
        names = (NAME, "okx:BTC-USDT-PERP", "okx:ETH-USDT-PERP")
        writer.append(Batch([Listing(name, 1, 1, "X", "X", "USDT", "USDT", seq=n) for n, name in enumerate(names, 1)]))
    return url


def test_settings_are_those_of_the_database(live: str) -> None:
    with open_store(live) as store:
        settings = settings_of(store)
        assert (settings.simulated, settings.venue_names, settings.count) == (False, ("binance", "okx"), 2)
        assert settings_of(store, ["okx"]).venue_names == ("okx",)


def test_a_database_somebody_writes_is_refused_with_3(live: str, say: Say) -> None:
    with open_writer(live, market=Market.LIVE, seed=None, clock=SystemClock(), holder="the other one"):
        code, out, err = say("backfill", "--since", "1h", "--db", live)
    assert (code, out) == (3, "")
    assert "the other one" in err


def test_a_recording_has_no_venue_to_ask(tmp_path: Path, say: Say) -> None:
    url = f"sqlite:///{(tmp_path / 'rec.db').as_posix()}"
    open_writer(url, market=Market.RECORDED, seed=None, clock=SystemClock(), holder="test").close()
    code, _, err = say("backfill", "--since", "1h", "--db", url)
    assert code == 1
    assert "holds a recording" in err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--since", "soon"), 2, "2h or 7d"),
        (("--since", "2999-01-01T00:00Z"), 2, "that has been"),
        (("--since", "1h", "--venues", "mtgox"), 2, "binance"),
        (("--since", "1h", "--instrument", "okx:NOPE-USDT-PERP"), 1, "NOPE"),
        ((), 2, "--since"),
    ],
)
def test_what_cannot_be_is_one_message(words: tuple[str, ...], code: int, said: str, live: str, say: Say) -> None:
    found, out, err = say("backfill", *words, "--db", live)
    assert (found, out) == (code, "")
    assert said in " ".join(err.split())
