"""Finding the collector by its runtime file; every way in which that file can lie (C26); its end and return."""

import asyncio
import contextlib
import time

import msgspec
import pytest

from fbkit.errors import CollectorGone, RuntimeFileError
from fbkit.hub import Gone, Hello, OwnerLink, Pulse, call, call_sync, connected, follow, listen
from fbkit.runtime import publish_runtime, runtime_path
from fbkit.settings import load_settings
from tests.hub.conftest import until

pytestmark = pytest.mark.faults("C26")


@pytest.fixture
def settings():
    return load_settings()


@pytest.fixture
def url(home):
    return f"sqlite:///{home}/simulated.db"


async def test_c26_no_runtime_file_means_no_collector(tmp_path):
    with pytest.raises(CollectorGone, match="no collector runs for"):
        await call(tmp_path / "none.json", "status")


async def test_c26_a_damaged_runtime_file_is_named(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("{")
    with pytest.raises(RuntimeFileError, match=r"x\.json"):
        await call(path, "status")


async def test_c26_a_file_left_behind_by_a_dead_collector_is_known_by_its_silence(running):
    hub, facts = await running()
    await hub.stop()
    with pytest.raises(CollectorGone):
        async for _ in listen(facts):
            pass


async def test_c26_a_wrong_token_is_refused_and_said(running, tmp_path):
    _, facts = await running()
    path = tmp_path / "x.json"
    publish_runtime(path, msgspec.structs.replace(facts, token="b" * 43))
    with pytest.raises(RuntimeFileError, match="refused its token") as refused:
        await call(path, "status")
    assert "b" * 43 not in str(refused.value)


@pytest.mark.parametrize(
    ("forged", "sentence"),
    [
        ({"epoch": 2}, "epoch 2 stands in it, a collector of epoch 3 answered"),
        ({"database": "/data/other.db"}, r"it is for /data/other.db, the collector there writes"),
        ({"hub": "ws://192.0.2.1:1"}, "not on this machine"),
        ({"hub": "wss://evil.example"}, "not on this machine"),
        ({"hub": "http://127.0.0.1:1"}, "not on this machine"),
    ],
)
async def test_c26_each_forgery_is_refused_before_anything_is_believed(running, forged, sentence):
    hub, facts = await running()
    with pytest.raises(RuntimeFileError, match=sentence):
        async with connected(msgspec.structs.replace(facts, **forged), role="owner"):
            pass
    assert hub.counts["commands"] == 0


@pytest.mark.parametrize("answer", [b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", b"SSH-2.0-OpenSSH_9\r\n"])
async def test_c26_a_stranger_on_the_port_is_told_from_a_collector(running, answer):
    async def stranger(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    _, facts = await running()
    server = await asyncio.start_server(stranger, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(RuntimeFileError):
            await call(msgspec.structs.replace(facts, hub=f"ws://127.0.0.1:{port}"), "status")


def test_asking_without_a_loop_raises_the_same_sentence(tmp_path):
    with pytest.raises(CollectorGone):
        call_sync(tmp_path / "none.json", "status")


@pytest.mark.faults("C19")
async def test_follow_says_gone_once_and_finds_the_next_collector_by_itself(running, settings, url):
    path = runtime_path(settings, url)
    async with asyncio.timeout(10), contextlib.aclosing(follow(settings, url)) as messages:
        gone = await anext(messages)
        assert isinstance(gone, Gone)
        assert "no collector runs" in gone.why
        hub, facts = await running(epoch=1)
        publish_runtime(path, facts)
        assert (await anext(messages)).epoch == 1
        before = time.monotonic()
        await hub.stop()
        assert isinstance(await anext(messages), Gone)
        assert time.monotonic() - before < 2, "widgets show it within two beats"
        _, facts = await running(epoch=2)
        publish_runtime(path, facts)
        hello = await anext(messages)
        assert isinstance(hello, Hello)
        assert hello.epoch == 2


async def test_follow_says_when_the_collector_is_there_but_silent(running, settings, url):
    hub, facts = await running()
    publish_runtime(runtime_path(settings, url), facts)
    async with asyncio.timeout(10), contextlib.aclosing(follow(settings, url, silence_s=0.1)) as messages:
        assert isinstance(await anext(messages), Hello)
        silent = await anext(messages)
        assert isinstance(silent, Gone)
        assert "said nothing" in silent.why
        hub.publish_beat(Pulse(1, 5))
        assert isinstance(await anext(messages), Hello), "a greeting always means that it is heard"
        assert (await anext(messages)).n == 5


async def test_an_owner_link_holds_lets_go_and_holds_the_next_collector(running, settings, url):
    path = runtime_path(settings, url)
    hub, facts = await running()
    publish_runtime(path, facts)
    link = OwnerLink(settings, url)
    try:
        assert await asyncio.to_thread(link.wait, 5)
        assert (hub.owners, link.held) == (1, True)
        await hub.stop()
        await until(lambda: not link.held)
        after, facts = await running(epoch=4)
        publish_runtime(path, facts)
        assert await asyncio.to_thread(link.wait, 5)
        assert after.owners == 1
    finally:
        await asyncio.to_thread(link.close)
    await until(lambda: not after.owners)
    assert not link.held
    link.close()
