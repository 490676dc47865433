"""A notebook's kernel starts the collector and may then sleep, loop, be interrupted or die: rows keep arriving."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from fbkit.hub import call_sync
from fbkit.ingest import find_collector
from fbkit.runtime import RuntimeFile, database_url, runtime_path
from fbkit.settings import Settings, load_settings
from fbkit.store import open_store

START = "import fbkit; collector = fbkit.collect(); print(collector.facts.pid)"


class Notebook:
    """A kernel and what its cells print."""

    def __init__(self) -> None:
        self.manager = KernelManager()
        self.manager.start_kernel(stderr=subprocess.DEVNULL)
        self.client: BlockingKernelClient = self._connect()

    def _connect(self) -> BlockingKernelClient:
        client = self.manager.blocking_client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        return client

    def run(self, cell: str, timeout: float = 90) -> str:
        printed: list[str] = []

        def hear(message: dict[str, object]) -> None:
            content = message["content"]
            assert isinstance(content, dict)
            if message["msg_type"] == "stream":
                printed.append(str(content["text"]))
            if message["msg_type"] == "error":
                raise AssertionError("\n".join(content["traceback"]))

        reply = self.client.execute_interactive(cell, timeout=timeout, output_hook=hear)
        assert reply["content"]["status"] == "ok", "a cell that is aborted prints nothing"
        return "".join(printed).strip()

    def interrupt(self, cell: str) -> None:
        """Begin a cell, and press the button that interrupts it once it has printed something; until it has ended."""
        # A kernel aborts every cell that is queued behind one that failed, even if it was sent after the reply.
        asked = self.client.execute(cell, stop_on_error=False)
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") == asked and message["msg_type"] == "stream":
                break
        self.manager.interrupt_kernel()
        while (reply := self.client.get_shell_msg(timeout=60))["parent_header"].get("msg_id") != asked:
            pass
        assert reply["content"].get("ename") == "KeyboardInterrupt"

    def restart(self) -> None:
        self.client.stop_channels()
        self.manager.restart_kernel(now=True)
        self.client = self._connect()

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in {"VENUES": "sim:3", "BACKFILL_HOURS": "0", "CADENCE_MS": "0"}.items():
        monkeypatch.setenv(f"FBKIT_{name}", value)
    return load_settings()


@pytest.fixture
def notebook(settings: Settings) -> Iterator[Notebook]:
    one = Notebook()
    try:
        yield one
    finally:
        facts = find_collector(settings)
        if facts is not None:
            call_sync(runtime_path(settings, facts.database), "stop")
            wait_until_gone(settings)
        one.close()


def wait_until_gone(settings: Settings, seconds: float = 20) -> None:
    give_up = time.monotonic() + seconds
    while runtime_path(settings, database_url(settings)).exists():
        assert time.monotonic() < give_up, "the collector did not end"
        time.sleep(0.05)


def wait_for_trades(settings: Settings, seconds: float = 40) -> None:
    give_up = time.monotonic() + seconds
    while True:
        with open_store(database_url(settings)) as store:
            if store.table_counts()["trades"] > 10:
                return
        assert time.monotonic() < give_up, "no trade was stored"
        time.sleep(0.2)


def running(settings: Settings) -> RuntimeFile:
    facts = find_collector(settings)
    assert facts is not None
    return facts


def arrivals(settings: Settings, since: int, until: int) -> list[int]:
    """When (UTC ns) the trades and quotes received in between came in."""
    with open_store(database_url(settings)) as store:
        stamps = [one for kind in ("trade", "quote") for one in store.read(kind)["ts_recv"].tolist()]
    return sorted(ts for ts in stamps if since <= ts <= until)


@pytest.mark.slow
@pytest.mark.faults("C19")
def test_c19_rows_keep_arriving_whatever_the_notebook_does(notebook: Notebook, settings: Settings) -> None:
    pid = int(notebook.run(START))
    facts = running(settings)
    assert facts.pid == pid
    wait_for_trades(settings)
    spans = []
    for cell in ("import time; time.sleep(5)", "n = 0\nfor i in range(60_000_000): n += i"):
        began = time.time_ns()
        notebook.run(cell)
        spans.append((began, time.time_ns()))

    # An interrupt does not touch it.
    notebook.interrupt("import time; print('asleep', flush=True); time.sleep(60)")
    assert notebook.run("print(collector.facts.pid)", timeout=30) == str(pid)

    # Neither does a restart, and the same cell again gives the same collector.
    notebook.restart()
    assert int(notebook.run(START)) == pid
    assert running(settings).epoch == facts.epoch
    call_sync(runtime_path(settings, facts.database), "flush")

    for began, ended in spans:
        third = (ended - began) // 3
        heard = [len(arrivals(settings, began + n * third, began + (n + 1) * third)) for n in range(3)]
        assert min(heard) > 0, f"rows received in each third of a cell of {(ended - began) / 1e9:.1f} s: {heard}"
    with open_store(database_url(settings)) as store:
        assert len(store.runs()) == 1
        assert not {"stopped", "disconnect", "stalled"} & set(store.gaps()["cause"])
        assert all(one.balances for one in store.accounts())

    # Stopped from a cell, it is flushed and gone.
    notebook.run("collector.stop()")
    wait_until_gone(settings, 2.5)
    with open_store(database_url(settings)) as store:
        assert all(one.balances and not one.in_flight for one in store.accounts())
        last = store.last_beat()
        assert last is not None
        assert last.last
