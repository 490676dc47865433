"""Seven venues over real sockets, with faults: each is told once, nothing else is, and the content is the memory's."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from fbkit.clock import SystemClock
from fbkit.feeds.venues import FEEDS
from fbkit.ingest.collector import Collector
from fbkit.ingest.session import Session
from fbkit.ingest.venues import open_feeds
from fbkit.model import AccountRow, Market, Span
from fbkit.settings import Settings, load_settings
from fbkit.store import Store, open_store
from tests.conformance.content import compare, heard, in_memory, stored

INSTRUMENTS, SECONDS, SEED = 3, 20, 7

#: Two cuts, frames twice, garbage, a sequence that begins anew, and a word that nobody knows.
SCRIPT = """
- {at_s: 6, fault: rst, venue: bybit}
- {at_s: 8, fault: garbage, venue: deribit, channel: quote, count: 3, for_s: 9}
- {at_s: 9, fault: dup, venue: okx, channel: quote, for_s: 3}
- {at_s: 11, fault: close, venue: gate, code: 1001}
- {at_s: 13, fault: seq-reset, venue: bybit, channel: depth}
- {at_s: 15, fault: send, venue: hyperliquid, count: 1, payload: '{"channel":"unheard","data":{}}'}
"""

#: Nobody else may have a gap, but the fetching of the past at the start.
CUT = {"bybit", "gate"}


async def collected(settings: Settings, url: str) -> list[AccountRow]:
    """Collect for so many seconds from when every venue was heard."""
    clock = SystemClock()
    session = Session.open(url, settings, clock, market=Market.SIMULATED, seed=SEED, holder="the test")
    collector = Collector(session, settings, lambda: open_feeds(settings, clock), token="t" * 64, clock=clock)
    running = asyncio.create_task(collector.run())
    async with asyncio.timeout(120):
        while set(session.pipeline.skews) != set(FEEDS):  # noqa: ASYNC110 - whatever is waited for sets no event
            await asyncio.sleep(0.1)
    await asyncio.sleep(SECONDS)
    collector.stop("the test has heard enough")
    return await running


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[AccountRow], Store]:
    """What the collector said at its end, and what it stored."""
    folder = tmp_path_factory.mktemp("sockets")
    script, url = folder / "script.yaml", f"sqlite:///{(folder / 'sim.db').as_posix()}"
    script.write_text(SCRIPT, "utf-8")
    settings = load_settings(
        venues="sim:all", instruments=INSTRUMENTS, seed=SEED, db=url, faults=script, cadence_ms=0, backfill_hours=0
    )
    return asyncio.run(collected(settings.model_copy(update={"home": folder}), url)), open_store(url)


def test_the_books_balance_on_every_channel_of_every_venue(run: tuple[list[AccountRow], Store]) -> None:
    assert [account for account in run[0] if not account.balances] == []
    assert {account.venue for account in run[0]} == set(FEEDS)
    assert all(account.in_flight == account.dropped == 0 for account in run[0])


def test_each_cut_is_one_gap_of_each_of_its_channels_and_there_is_no_other(run: tuple[list[AccountRow], Store]) -> None:
    gaps = run[1].gaps(Span())
    gaps = gaps[gaps["cause"] != "start"]
    told = Counter(zip(gaps["venue"], gaps["channel"], gaps["cause"], strict=True))
    assert {venue for venue, _, _ in told} == CUT, told
    assert set(told.values()) == {1}, told
    assert {cause for _, _, cause in told} == {"disconnect"}
    for venue in CUT:
        assert {"trade", "quote", "depth", "mark"} <= {channel for at, channel, _ in told if at == venue}
    assert set(gaps[gaps["channel"] == "trade"]["phase"]) == {"backfilled"}


def test_what_was_planted_is_counted_where_it_was_and_nowhere_else(run: tuple[list[AccountRow], Store]) -> None:
    quarantined = {account.venue: account.quarantined for account in run[0] if account.quarantined}
    assert quarantined.pop("hyperliquid") >= 1, "one on each of its sockets"
    assert quarantined == {"deribit": 3}
    doubled = {account.venue: account.duplicate for account in run[0] if account.channel == "quote"}
    assert doubled["okx"] > 10
    assert doubled["binance"] == 0


@pytest.mark.parametrize("venue", FEEDS)
def test_the_content_is_what_the_memory_says(run: tuple[list[AccountRow], Store], venue: str) -> None:
    store = run[1]
    since, until = heard(store, venue)
    ours = {key: rows for key, rows in stored(store, Span(since, until)).items() if key[0].startswith(f"{venue}:")}
    told = compare(ours, in_memory(venue, SEED, INSTRUMENTS, since, until), since, until)
    assert [one for one in told if one.different] == []
    assert [one for one in told if one.lost] == [], "a short cut leaves no gap of trades"
    both = Counter()
    for one in told:
        both[one.channel] += one.both
    assert both["trade"] > 30
    assert both["quote"] > 30
