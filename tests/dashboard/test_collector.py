"""The panel of the notebook that collects."""

import asyncio

from fbkit.dashboard import collector_panel
from tests.dashboard.invented import InventedSource


async def test_the_panel_shows_streams_and_what_their_venue_leaves_open():
    before = asyncio.all_tasks()
    panel = collector_panel(InventedSource(3, hz=50))
    async with asyncio.timeout(20):
        while not panel.readings:  # noqa: ASYNC110 - what is waited for is a trait, not an event of ours
            await asyncio.sleep(0.01)
    assert panel.streams[0]["stream"] == "binance"
    assert [line["flip"] for line in panel.readings] == ["binance.open_interest"]
    assert panel.unsupported == []
    for task in asyncio.all_tasks() - before:
        task.cancel()
