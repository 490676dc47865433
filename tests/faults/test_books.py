"""Ground rules 1 and 2: what does not add up is told, and every cause of a gap leaves its row."""

import ast
import asyncio
from pathlib import Path

import pytest

import fbkit
from fbkit.engine import Engine
from fbkit.ingest.writing import WriterThread
from fbkit.model import NS_HOUR, NS_S, Gap
from fbkit.store import open_store
from tests.books import assert_books
from tests.faults.venue_side import START, WallClock


@pytest.mark.faults("C17")
def test_an_item_that_is_nowhere_is_told_at_the_next_beat_and_degrades_health(collecting, books_are_closed):
    async def lose_one(collector):
        await asyncio.sleep(20.5)
        collector.session.pipeline.accounts["binance", "trade"].received += 1

    run = collecting(honest=False).told(40, every_s=0.1, script=lose_one)
    books_are_closed.clear()  # they are false, as they should be
    first = next(beat for beat in run.beats if beat.reason("", "books"))
    assert first.s == 21.0, "at every Beat, not at the next heartbeat"
    assert (first.state, first.reason("", "*")) == ("degraded", "unbalanced")
    assert "binance trade" in first.rows["", "books"].sentence
    assert run.beats[0].state == "ok"
    with pytest.raises(AssertionError, match="not accounted for"):
        assert_books(run.accounts)


def start(run, monkeypatch):
    run.told(20, every_s=0.2)


def stopped(run, monkeypatch):
    run.told(20, every_s=0.2)
    run.clock.advance(60 * NS_S)
    run.told(20, every_s=0.2)


def asleep(run, monkeypatch):
    async def sleep(collector):
        await asyncio.sleep(10)
        run.clock.advance(NS_HOUR)

    run.told(3620, every_s=0.2, script=sleep)


def clock(run, monkeypatch):
    async def turn(collector):
        await asyncio.sleep(10)
        run.clock.ahead = NS_HOUR

    run.told(20, every_s=0.2, script=turn)


def disconnect(run, monkeypatch):
    run.venue("binance", 40, {"at_s": 10, "fault": "rst"})


def refused(run, monkeypatch):
    run.venue("binance", 40, {"at_s": 0, "for_s": 10, "fault": "refuse"})


def stalled(run, monkeypatch):
    run.venue("binance", 60, {"at_s": 10, "for_s": 30, "fault": "silence", "channel": "mark"})


def sequence(run, monkeypatch):
    seen = []

    def lose(payload):
        seen.append(b"aggTrade" in payload)
        return None if 100 < sum(seen) < 104 and seen[-1] else payload

    run.venue("binance", 30, tamper=lose)


def overflow(run, monkeypatch):
    offer, offered = WriterThread.offer, []

    def full(thread, cut, checkpoint=None, *, anyway=False):
        offered.append(cut)
        return offer(thread, cut, checkpoint, anyway=anyway) if anyway or len(offered) != 10 else False

    monkeypatch.setattr(WriterThread, "offer", full)
    run.told(20, every_s=0.2)


WAYS = {way.__name__: way for way in (start, stopped, asleep, clock, disconnect, refused, stalled, sequence, overflow)}


@pytest.mark.faults("C1", "C3", "C9", "C10", "C13", "C17")
@pytest.mark.parametrize("cause", WAYS)
def test_each_cause_leaves_a_row_that_says_whether_it_was_filled_and_the_engine_hears_it(
    cause, collecting, monkeypatch
):
    heard = []
    take = Engine.take

    def listening(engine, event):
        if type(event) is Gap:
            heard.append((event.cause, event.phase))
        take(engine, event)

    monkeypatch.setattr(Engine, "take", listening)
    run = collecting(WallClock(START))
    WAYS[cause](run, monkeypatch)
    rows = [gap for gap in run.gaps if gap["cause"] == cause]
    assert rows
    for row in rows:
        assert row["phase"] in {"closed", "backfilled"}
        assert row["t0"] <= row["t1"]
        assert {(cause, "opened"), (cause, row["phase"])} <= set(heard)
    if cause in {"disconnect", "refused", "sequence"}:
        assert "backfilled" in {row["phase"] for row in rows if row["channel"] == "trade"}
    with open_store(run.url) as store:
        assert {event.cause for event in store.events("gap")} >= {cause}


def test_these_are_all_the_causes_there_are():
    """Every cause that the code names is one of :data:`WAYS`."""
    said = set()
    for path in Path(fbkit.__file__).parent.glob("*/*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                place = {"open_gap": 1, "begin": 2, "silent": 2}.get(node.func.attr)
                if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                    said.add(node.args[place].value)
    assert said <= WAYS.keys(), said - WAYS.keys()
    assert len(said) >= 7
