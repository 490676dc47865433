"""C26: whatever the runtime file says that is not so, nobody believes it, and the next collector replaces it."""

import asyncio
import contextlib
import os
import subprocess
import sys

import msgspec
import pytest

from fbkit.clock import SystemClock
from fbkit.errors import CollectorGone, RuntimeFileError
from fbkit.feeds.feed import World
from fbkit.hub import call
from fbkit.ingest import find_collector
from fbkit.ingest.collector import Collector
from fbkit.ingest.session import Session
from fbkit.model import Market
from fbkit.runtime import RuntimeFile, database_url, find_runtime, publish_runtime, runtime_path
from fbkit.settings import load_settings
from tests.faults.venue_side import Told


@contextlib.asynccontextmanager
async def collector_of(settings):
    clock, url = SystemClock(), database_url(settings)
    session = Session.open(url, settings, clock, market=Market.SIMULATED, seed=7, holder="a test")

    @contextlib.asynccontextmanager
    async def feeds():
        yield [Told(World(clock, None, None), every_s=0.05)]

    collector = Collector(session, settings, feeds, token="t" * 64, clock=clock)
    running = asyncio.create_task(collector.run())
    try:
        async with asyncio.timeout(20):
            while not collector.hub.url or not collector.stored:  # noqa: ASYNC110 - the writer's thread sets no event
                await asyncio.sleep(0.01)
        yield collector
    finally:
        collector.stop()
        await running


@pytest.fixture
def settings():
    return load_settings(backfill_hours=0)


@pytest.fixture
def path(settings):
    return runtime_path(settings, database_url(settings))


def forged(settings, **lies):
    facts = RuntimeFile("ws://127.0.0.1:9", "0" * 64, os.getpid(), 1, "SIMULATED", database_url(settings), 0)
    return msgspec.structs.replace(facts, **lies)


def a_dead_pid():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


FILES = {
    "stale, its process dead": lambda settings: msgspec.json.encode(forged(settings, pid=a_dead_pid())),
    "stale, its pid somebody else's": lambda settings: msgspec.json.encode(forged(settings, pid=os.getpid())),
    "of another epoch": lambda settings: msgspec.json.encode(forged(settings, epoch=99)),
    "of another machine": lambda settings: msgspec.json.encode(forged(settings, hub="ws://192.0.2.1:1")),
    "half written": lambda settings: msgspec.json.encode(forged(settings))[:40],
    "empty": lambda settings: b"",
    "no text": lambda settings: b"\xff\xfe\x00",
}


@pytest.mark.faults("C26")
@pytest.mark.parametrize("lie", FILES)
async def test_a_file_that_lies_is_no_collector_and_the_winner_of_the_lock_replaces_it(lie, settings, path):
    path.parent.mkdir(parents=True)
    path.write_bytes(FILES[lie](settings))
    assert await asyncio.to_thread(find_collector, settings) is None
    with pytest.raises((CollectorGone, RuntimeFileError)) as told:
        await call(path, "status")
    assert "collector" in str(told.value)
    async with collector_of(settings) as collector:
        facts = find_runtime(path)
        assert (facts.hub, facts.token, facts.pid) == (collector.hub.url, "t" * 64, os.getpid())
        assert (await call(path, "status"))["unbalanced"] == []
        if os.name == "posix":
            assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()


@pytest.mark.faults("C26")
@pytest.mark.parametrize(
    ("lies", "said"),
    [
        ({"token": "f" * 64}, "refused its token"),
        ({"epoch": 99}, "epoch 99 stands in it"),
        ({"database": "sqlite:////another.db"}, "it is for sqlite:////another.db"),
    ],
)
async def test_beside_a_collector_that_runs_a_forged_file_is_refused_and_said(lies, said, settings, path):
    async with collector_of(settings) as collector:
        publish_runtime(path, msgspec.structs.replace(find_runtime(path), **lies))
        with pytest.raises(RuntimeFileError, match=said) as told:
            await call(path, "stop")
        assert "f" * 64 not in str(told.value)
        assert collector.hub.counts["commands"] == 0, "it was asked nothing"
        assert not collector.why_stopped
