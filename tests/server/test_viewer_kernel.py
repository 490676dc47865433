"""The kernel of one viewer's page: small, without what serves a keyboard, and it gives memory back."""

import ctypes
import os
import sys

import psutil
import pytest
from jupyter_client.manager import KernelManager

from fbkit.clock import VirtualClock
from fbkit.model import NS_MIN, BarRow, Beat, Listing, Market, MetricRow
from fbkit.server.jupyter import VIEWER_ARGUMENTS, VIEWER_ENVIRONMENT
from fbkit.server.viewer_kernel import hand_back
from fbkit.store import Batch, open_writer
from tests.server.conftest import METRIC_COLUMNS, NAN, START

pytestmark = [pytest.mark.xdist_group("bare"), pytest.mark.timeout(240)]

#: What a viewer may cost at most (PERFORMANCE, "On the screen"), with 270 instruments.
MOST_MB, INSTRUMENTS, MINUTES = 170, 270, 120

READ = """
import asyncio
from fbkit.dashboard.board import Board
from fbkit.dashboard.source import StoreSource
from fbkit.settings import load_settings
board = Board(StoreSource(load_settings()), tf="1m").start()
async def asked():
    await board._asking.jobs["past"].ask()
    for name, job in board.tab.jobs.items():
        await job.ask()
await asked()
errors = [job.panel.error for job in board.tab.jobs.values() if job.panel.error]
assert not errors, errors
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """270 instruments, two hours of bars each."""
    url = f"sqlite:///{(tmp_path_factory.mktemp('viewed') / 'viewed.db').as_posix()}"
    names = [f"{venue}:C{n}-USDT-PERP" for venue in ("binance", "bybit", "okx") for n in range(INSTRUMENTS // 3)]
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(START), holder="test") as writer:
        listings = [
            Listing(name, START, START, name, name.split(":")[1][:-10], "USDT", "USDT", seq=n)
            for n, name in enumerate(names, 1)
        ]
        writer.append(Batch(listings))
        for n in range(MINUTES):
            t1 = START + (n + 1) * NS_MIN
            bars = [BarRow(name, "1m", t1 - NS_MIN, t1, close=1.0 + n, vol_usd=1e6, coverage=1.0) for name in names]
            writer.append(Batch([Beat("", t1, t1, n, seq=1000 + n)], bars))
        width = len(METRIC_COLUMNS)
        rows = [MetricRow(name, "1m", t1, (NAN,) * width, (0,) * width, ("warmup",) * width, 1.0) for name in names]
        writer.append(Batch(rows=rows))
    return url


@pytest.fixture
def kernel(database, home):
    """A kernel as Voila starts one for a page; ``kernel(code)`` gives what it printed."""
    manager = KernelManager()
    environment = {**os.environ, **VIEWER_ENVIRONMENT, "FBKIT_DB": database, "FBKIT_HOME": str(home)}
    manager.start_kernel(env=environment, extra_arguments=list(VIEWER_ARGUMENTS))
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)

    def run(code):
        said = []
        reply = client.execute_interactive(
            code, timeout=60, output_hook=lambda message: said.append(message["content"].get("text", ""))
        )
        assert reply["content"]["status"] == "ok", reply["content"]
        return "".join(said)

    run.pid = manager.provisioner.process.pid
    yield run
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_a_viewer_of_270_instruments_costs_what_it_may_and_no_debugger(kernel):
    kernel(READ)
    kernel("import ctypes, gc; gc.collect(); from fbkit.server.viewer_kernel import hand_back; hand_back()()")
    assert "True" in kernel("import sys; print(sys.modules.get('debugpy') is None and 'pyarrow' not in sys.modules)")
    assert psutil.Process(kernel.pid).memory_info().rss < MOST_MB * 1e6


@pytest.mark.skipif(sys.platform != "linux", reason="malloc_trim is glibc's")
def test_what_is_no_longer_used_goes_back_to_the_system():
    here, blocks = psutil.Process(), [bytearray(900) for _ in range(60_000)]
    kept = blocks[::100]  # holes between what is kept
    before = here.memory_info().rss
    del blocks
    hand_back()()
    assert here.memory_info().rss < before - 10e6
    assert len(kept) == 600
    assert hasattr(ctypes.CDLL(None), "malloc_trim")
