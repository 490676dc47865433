"""C1 to C4: connections that end, freeze, fall silent, or are only half of what was asked for."""

import asyncio
import contextlib
import json
import os
import signal
import sys

import pytest

from fbkit.clock import VirtualClock
from fbkit.feeds import talking
from fbkit.feeds.feed import World
from fbkit.feeds.link import Link
from fbkit.feeds.silence import Silence
from fbkit.feeds.transport import KEEPALIVE, Keepalive, Limits, make_transport
from fbkit.model import Ignored
from fbkit.simulator.wires import WIRES
from fbkit.simulator.wires.bybit.talk import Talk
from tests.contracts.test_transport import TRANSPORTS, frozen_venue
from tests.faults.stepped import SteppedLoop, advance, stepped_turns
from tests.faults.venue_side import START, WallClock
from tests.feeds.conftest import Memory

MIXED_CUTS = (
    {"at_s": 15, "fault": "close", "code": 1001},
    {"at_s": 25, "fault": "rst"},
    {"at_s": 35, "fault": "rst"},
    {"at_s": 35, "fault": "refuse", "for_s": 3},
    {"at_s": 55, "fault": "close", "code": 1008},
    {"at_s": 70, "fault": "close", "code": 1000},
)


@pytest.mark.faults("C1")
def test_five_mixed_cuts_are_five_gaps_and_every_trade_is_fetched(collecting):
    run = collecting().venue("binance", 90, *MIXED_CUTS)
    gaps = run.gaps_of("trade", "disconnect")
    assert [gap["phase"] for gap in gaps] == ["backfilled"] * 5, "a venue that remembers trades gives them back"
    assert all(0 <= gap["t1"] - gap["t0"] < 30e9 for gap in gaps)
    for instrument in ("binance:BTC-USDT-PERP", "binance:ETH-USDT-PERP"):
        ids = sorted(run.read("trade", instrument)["venue_id"].tolist())
        assert ids == list(range(ids[0], ids[-1] + 1)), "no trade lacks"
    marks = run.gaps_of("mark", "disconnect")
    assert len(marks) == 5
    assert {gap["phase"] for gap in marks} == {"closed"}, "what nobody can fetch again stays a gap"
    assert run.account("trade").dropped == 0
    assert run.beats[-1].state == "ok"


@pytest.mark.faults("C1")
def test_its_patience_doubles_up_to_half_a_minute_and_only_data_calms_it(collecting):
    """Two minutes of refusals, then data, then a cut: the first wait is a short one again, and jittered."""
    faults = [
        {"at_s": 10, "fault": "rst"},
        {"at_s": 10, "fault": "refuse", "for_s": 120},
        {"at_s": 200, "fault": "rst"},
    ]
    run = collecting().venue("deribit", 230, *faults)
    waits = [nap for at, nap in run.naps if 10 <= at < 200 and nap not in {0.5, 30.0, 300.0, 3600.0}]
    delays = [min(30.0, 0.5 * 2**n) for n in range(len(waits))]
    assert len(waits) > 8
    assert all(delay / 2 <= wait <= delay for wait, delay in zip(waits, delays, strict=True))
    assert len({wait / delay for wait, delay in zip(waits, delays, strict=True)}) == len(waits), "jittered"
    assert 0.25 <= next(nap for at, nap in run.naps if at >= 200) <= 0.5, "data came: the first wait again"
    assert len(run.gaps_of("trade", "disconnect")) == 2, "however often it was refused, a silence is one gap"


@pytest.mark.faults("C2")
@pytest.mark.skipif(sys.platform == "win32", reason="SIGSTOP is POSIX")
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_frozen_peer_is_noticed_when_the_three_times_are_over(transport):
    """The peer is a frozen process; time is the test's, so that a busy machine neither hurries nor excuses it."""
    clock, sink = VirtualClock(START), Memory()

    async def freeze():
        async with contextlib.AsyncExitStack() as stack:
            child, port = stack.enter_context(frozen_venue('{"a frame":1}'))
            task = asyncio.create_task(_link(f"ws://127.0.0.1:{port}", clock, sink, transport).run())
            stack.push_async_callback(_ended, task)
            await stepped_turns(lambda: sink.items)
            os.kill(child.pid, signal.SIGSTOP)
            await stepped_turns(_quiet(sink))
            stopped = clock.now()
            while not sink.heard("silent") and clock.now() < stopped + 2e9:
                await advance(clock, 0.05)
            return (clock.now() - stopped) / 1e9

    with asyncio.Runner(loop_factory=lambda: SteppedLoop(clock)) as runner:
        took = runner.run(freeze())
    [(_, channels, cause, since)] = sink.heard("silent")
    assert took < 1.0
    assert (channels, cause) == (("trade",), "disconnect")
    assert since == START, "the gap begins with the last that was heard"


def test_all_three_times_are_set_and_short():
    assert tuple(KEEPALIVE) == (10.0, 10.0, 1.0)


class _Mute:
    said = True

    async def run(self, connection):
        await asyncio.Event().wait()

    def heard(self, control):
        return False


def _link(url, clock, sink, transport):
    async def never(_):
        await asyncio.Event().wait()

    made = make_transport(transport, Keepalive(0.2, 0.3, 0.2), Limits(100_000, 20.0))
    return Link(
        venue="binance",
        name="market-1",
        url=url,
        limits_s={"trade": 30.0},
        parse=lambda payload, ts: [Ignored("trade", "not_subscribed")],
        talk=_Mute,
        sink=sink,
        silence=Silence(sink, "binance"),
        world=World(clock, made, None, lambda: 1.0, never),
        lifetime_s=3600.0,
        tick_s=0.01,
    )


async def _ended(task):
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _quiet(sink):
    """Whether a frozen peer's last frames have been read: nothing new in a hundred turns."""
    seen, still = 0, 0

    def quiet():
        nonlocal seen, still
        still = still + 1 if len(sink.items) == seen else 0
        seen = len(sink.items)
        return still > 100

    return quiet


@pytest.mark.faults("C3")
def test_a_venue_that_only_answers_pings_is_stalled_and_rare_channels_wait_longer(collecting):
    run = collecting().venue("binance", 180, {"at_s": 20, "for_s": 100, "fault": "silence"})
    (mark,) = run.gaps_of("mark", "stalled")
    assert "stale" in run.reasons("binance", "mark")
    assert START + 18e9 <= mark["t0"] <= START + 20e9, "since the last that was heard"
    (gap,) = run.gaps_of("trade")
    assert gap["phase"] == "backfilled"
    urls = [url for url in run.memory.connected if "market" in url]
    assert 2 <= len(urls) <= 5, "it moved, with more patience each time"
    assert run.beats[-1].state == "ok"


@pytest.mark.faults("C3")
def test_who_may_be_silent_for_ever_is_never_stalled(collecting):
    run = collecting().venue("binance", 120, {"at_s": 0, "for_s": 1e6, "fault": "silence", "channel": "liquidation"})
    assert run.gaps_of("liquidation") == []
    assert run.memory.done[0].times > 0
    assert {beat.state for beat in run.beats} == {"ok"}


@pytest.mark.faults("C3")
def test_one_silent_channel_costs_its_neighbours_nothing(collecting):
    run = collecting().venue("binance", 120, {"at_s": 20, "for_s": 40, "fault": "silence", "channel": "mark"})
    assert [gap["cause"] for gap in run.gaps_of("mark")] == ["stalled"]
    assert run.gaps_of("trade") == []
    ids = sorted(run.read("trade", "binance:BTC-USDT-PERP")["venue_id"].tolist())
    assert ids == list(range(ids[0], ids[-1] + 1))


@pytest.mark.faults("C3")
def test_the_watchdog_is_armed_at_connect_not_at_the_first_data(collecting):
    """Acknowledged, and never a word."""
    run = collecting().venue("binance", 150, {"at_s": 0, "for_s": 1e6, "fault": "silence"})
    assert {gap["cause"] for gap in run.gaps_of("trade")} == {"stalled"}
    assert run.beats[-1].state == "down"
    assert len([url for url in run.memory.connected if "market" in url]) > 1, "it connected again"


@pytest.mark.faults("C4")
def test_one_refused_symbol_is_degraded_and_asked_for_slowly_while_the_others_run(collecting, monkeypatch):
    """The venue takes everything but one stream, and that one from the twentieth second on."""
    assert talking.SLOWLY_S == 300.0
    monkeypatch.setattr(talking, "SLOWLY_S", 40.0)
    clock = WallClock(START)
    refusing = _refusing(clock, "publicTrade.ETHUSDT", START + 20e9)
    run = collecting(clock).venue("bybit", 60, wire=refusing)
    early, last = run.beats[10], run.beats[-1]
    assert (early.state, early.reason("bybit", "trade")) == ("degraded", "refused")
    assert "publicTrade.ETHUSDT" in early.rows["bybit", "trade"].sentence
    heard = {coin: run.read("trade", f"bybit:{coin}-USDT-PERP")["ts_recv"] for coin in ("BTC", "ETH")}
    assert heard["BTC"].min() < START + 5e9
    assert START + 39e9 < heard["ETH"].min() < START + 50e9, "asked for again, slowly"
    assert len(run.memory.connected) == 1
    assert last.state == "ok"


def _refusing(clock, name, until):
    """Bybit's side of the wire, which has no handler for one topic before an instant (UTC ns)."""

    class Refuses(Talk):
        def _subscribe(self, topics, req_id, now_ms):
            if name not in topics or clock.now() >= until:
                return super()._subscribe(topics, req_id, now_ms)
            others = [topic for topic in topics if topic != name]
            reply = super()._subscribe(others, req_id, now_ms)
            refused = {"success": False, "ret_msg": f"error:handler not found,topic:{name}", "conn_id": "1"}
            told = json.dumps({**refused, "req_id": req_id, "op": "subscribe"}).encode()
            return reply._replace(texts=(told, *reply.texts))

    class Refusing(WIRES["bybit"]):
        def talk(self, target, headers):
            talk = super().talk(target, headers)
            if talk is not None:
                talk.__class__ = Refuses
            return talk

    return Refusing
