"""C24: a viewer that never reads costs neither memory nor the others' news."""

import asyncio
import contextlib

import pytest
from websockets.asyncio.client import connect

from fbkit.clock import SystemClock
from fbkit.hub import Hub, Live, LiveRow, listen
from fbkit.hub.listener import PATIENCE, Patience
from fbkit.model import BarRow
from fbkit.runtime import RuntimeFile

BOUND = 256 * 1024
KEYS = 90
TOKEN = "a" * 43


def hub_of(patience):
    return Hub(token=TOKEN, epoch=1, market="SIMULATED", seed=7, database="d", clock=SystemClock(), patience=patience)


async def a_viewer_that_never_reads(url):
    viewer = await connect(
        url, additional_headers={"Authorization": f"Bearer {TOKEN}"}, proxy=None, max_queue=1, ping_interval=None
    )
    viewer.transport.pause_reading()
    return viewer


def test_it_is_given_ten_seconds_and_eight_megabytes():
    assert Patience(10.0, 8 * 1024 * 1024) == PATIENCE


@pytest.mark.faults("C24")
async def test_what_waits_for_who_never_reads_is_bounded_the_newest_of_each_and_counted():
    hub = hub_of(Patience(20.0, BOUND))
    url = await hub.start()
    viewer = await a_viewer_that_never_reads(url)
    async with asyncio.timeout(10):
        while not hub._listeners:  # noqa: ASYNC110 - the hub's doing sets no event
            await asyncio.sleep(0.005)
    (slow,) = hub._listeners
    for n in range(400):
        hub._live._sent = None  # as if a tenth of a second had passed
        hub.publish_live([LiveRow(f"instrument-{k}", float(n)) for k in range(KEYS)])
        await asyncio.sleep(0)
        assert slow.waiting_bytes <= BOUND
        assert len(slow._pending) <= KEYS
        assert slow._wire.transport.get_write_buffer_size() <= BOUND
    assert {row.last for row in slow._pending.values()} == {399.0}, "the newest of each"
    assert hub.counts["missed"] >= 390 * KEYS
    viewer.transport.abort()
    await hub.stop()


@pytest.mark.faults("C24")
async def test_who_lets_what_must_arrive_pile_up_is_cut_at_the_bound_and_others_hear_on():
    hub = hub_of(Patience(0.5, BOUND))
    url = await hub.start()
    facts = RuntimeFile(url, TOKEN, 1, 1, "SIMULATED", "d", 0)
    viewer = await a_viewer_that_never_reads(url)
    heard = 0
    async with contextlib.aclosing(listen(facts, topics=("rows", "live"))) as messages, asyncio.timeout(30):
        await anext(messages)
        for commit in range(2000):
            hub.publish_rows(commit, bars=[BarRow(f"instrument-{k}", "1m", 0, 60) for k in range(200)])
            assert all(one.waiting_bytes <= BOUND for one in hub._listeners)
            heard += not isinstance(await anext(messages), Live)
            if hub.counts["cut"]:
                break
        else:
            pytest.fail("it was never cut")
    assert hub.counts["cut"] == 1
    assert heard == commit + 1
    viewer.transport.abort()
    await hub.stop()
