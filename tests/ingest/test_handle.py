"""Finding, starting and ending the collector of a database."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

import fbkit
from fbkit.errors import CollectorError
from fbkit.ingest import find_collector
from fbkit.ingest.handle import CollectorHandle, _as_environment
from fbkit.model import NS_S
from fbkit.runtime import RuntimeFile, database_url, publish_runtime, runtime_path
from fbkit.settings import Settings, load_settings
from fbkit.store import open_store


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in {"VENUES": "sim:2", "BACKFILL_HOURS": "0"}.items():
        monkeypatch.setenv(f"FBKIT_{name}", value)
    return load_settings()


def wait_for_rows(handle: CollectorHandle, seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not handle.status()["stored"]:
        assert time.monotonic() < give_up, "nothing was stored"
        time.sleep(0.1)


@pytest.mark.slow
def test_in_process_it_is_the_same_collector_and_calling_again_gives_it(settings: Settings) -> None:
    first = fbkit.collect(in_process=True)
    try:
        assert first.facts.pid == os.getpid()
        second = fbkit.collect(in_process=True)
        assert second.facts == first.facts
        wait_for_rows(first)
        assert first.flush()["stored"] > 0
    finally:
        began = time.monotonic()
        first.stop()
    assert time.monotonic() - began < 10
    assert find_collector(settings) is None
    with open_store(database_url(settings)) as store:
        assert all(one.balances and not one.in_flight for one in store.accounts())
        assert len(store.runs()) == 1
    first.stop()  # stopping what has stopped is no error


@pytest.mark.faults("C26")
def test_c26_a_stale_runtime_file_is_no_collector(settings: Settings) -> None:
    url = database_url(settings)
    forged = RuntimeFile("ws://127.0.0.1:9", "0" * 64, os.getpid(), 1, "SIMULATED", url, NS_S)
    publish_runtime(runtime_path(settings, url), forged)
    assert find_collector(settings) is None


@pytest.mark.faults
def test_a_collector_that_cannot_start_says_why_and_where_its_log_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.home / "simulated.db").mkdir()  # a damaged file would be set aside, a folder is not
    with pytest.raises(CollectorError, match=r"collector\.log"):
        fbkit.collect()


def test_the_child_gets_what_was_chosen_and_the_token_by_environment_alone(settings: Settings) -> None:
    chosen = load_settings(token="sesame", instruments=3)
    env = _as_environment(chosen)
    assert env["FBKIT_TOKEN"] == "sesame"
    assert env["FBKIT_INSTRUMENTS"] == "3"
    assert env["FBKIT_VENUES"] == "sim:2"
    assert "FBKIT_PORT" not in env
    assert "sesame" not in repr(chosen)


@pytest.mark.faults("C13")
@pytest.mark.slow
def test_c13_a_killed_collector_loses_nothing_that_was_acknowledged(settings: Settings) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "fbkit.cli", "collect"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        give_up = time.monotonic() + 60
        while find_collector(settings) is None:
            assert time.monotonic() < give_up
            time.sleep(0.1)
        from fbkit.hub import call_sync

        path = runtime_path(settings, database_url(settings))
        while not call_sync(path, "status")["stored"]:
            assert time.monotonic() < give_up
            time.sleep(0.1)
        acknowledged = call_sync(path, "flush")["stored"]
    finally:
        child.kill()
        child.wait()
    with open_store(database_url(settings)) as store:
        events = sum(1 for _ in store.replay())
        assert events >= acknowledged > 0
        last = store.last_beat()
        assert last is not None
        assert not last.last, "it was killed: no farewell"
    # The next one takes the lock and the stale runtime file, and writes the time between as a gap.
    handle = fbkit.collect(in_process=True)
    try:
        wait_for_rows(handle)
    finally:
        handle.stop()
    with open_store(database_url(settings)) as store:
        assert "stopped" in set(store.gaps()["cause"])
        assert [run.run for run in store.runs()] == [1, 2]
