"""C19: nobody owns the collector any more. What a notebook's kernel may do to it: ``tests/ingest/test_kernel.py``."""

import asyncio

import pytest

from fbkit.ingest.collector import OWNERLESS_S
from fbkit.model import NS_S
from fbkit.store import open_store
from tests.faults.venue_side import START


@pytest.mark.faults("C19")
def test_whose_owner_was_killed_is_flushed_and_gone_within_62_seconds(collecting):
    async def own_and_be_killed(collector):
        collector.hub._count_owner("owner", +1)
        await asyncio.sleep(100)
        collector.hub._count_owner("owner", -1)
        await collector._stop.wait()

    run = collecting(owned=True)
    run.told(1000, every_s=0.2, script=own_and_be_killed)
    assert OWNERLESS_S <= 60.0
    assert 160.0 <= (run.clock.now() - START) / NS_S <= 162.0
    assert run.account("trade").stored == run.account("trade").received
    with open_store(run.url) as store:
        assert store.last_beat().last, "it said goodbye"


@pytest.mark.faults("C19")
def test_an_owner_who_comes_back_in_time_keeps_it(collecting):
    async def restart(collector):
        for _ in range(3):
            collector.hub._count_owner("owner", +1)
            await asyncio.sleep(20)
            collector.hub._count_owner("owner", -1)
            await asyncio.sleep(50)
        collector.hub._count_owner("owner", +1)

    run = collecting(owned=True).told(300, every_s=0.5, script=restart)
    assert (run.clock.now() - START) / NS_S >= 300.0
    assert {gap["cause"] for gap in run.gaps} == {"start"}
