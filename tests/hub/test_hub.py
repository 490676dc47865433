"""The hub over real sockets: who gets in, what they hear, what they may ask."""

import asyncio
import contextlib

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from fbkit.errors import CollectorError, CollectorGone, SettingError
from fbkit.hub import Commit, Hello, Live, LiveRow, Pulse, call, call_sync, connected, listen
from fbkit.hub import server as hub_server
from fbkit.hub.listener import Patience
from fbkit.model import NS_S, BarRow
from tests.hub.conftest import TOKEN, until


async def first(messages, kind):
    async for message in messages:
        if isinstance(message, kind):
            return message
    return None


@contextlib.asynccontextmanager
async def listening(facts, **wishes):
    async with contextlib.aclosing(listen(facts, **wishes)) as messages:
        yield messages


async def _read_to_the_end(connection):
    while True:
        await connection.recv()


async def raw(facts, *, headers=None, path="/", **options):
    return await connect(
        facts.hub + path,
        additional_headers={"Authorization": f"Bearer {TOKEN}"} if headers is None else headers,
        proxy=None,
        **options,
    )


async def test_the_greeting_says_which_collector_this_is(running):
    _, facts = await running(epoch=5)
    async with listening(facts) as messages:
        hello = await anext(messages)
    assert isinstance(hello, Hello)
    assert (hello.epoch, hello.market, hello.seed, hello.database) == (5, "SIMULATED", 7, facts.database)


@pytest.mark.faults("S2")
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": f"Bearer {TOKEN}x"}, 401),
        ({"Authorization": f"Bearer {TOKEN[:-1]}"}, 401),
        ({"Authorization": "Bearer ☃".encode().decode("latin-1")}, 401),
        ({"Authorization": TOKEN}, 401),
        ({"Authorization": f"Bearer {TOKEN}", "Origin": "http://127.0.0.1:8899"}, 403),
        ({"Authorization": f"Bearer {TOKEN}", "Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403),
    ],
)
async def test_s2_who_has_no_token_or_is_a_browser_is_refused(running, headers, status):
    hub, facts = await running()
    with pytest.raises(InvalidStatus) as refused:
        await raw(facts, headers=headers)
    assert refused.value.response.status_code == status
    assert TOKEN.encode() not in (refused.value.response.body or b"")
    assert hub.counts["refused"] == 1
    assert hub.counts["accepted"] == 0


@pytest.mark.faults("S2")
async def test_s2_a_name_that_was_made_to_point_here_is_refused(running):
    _, facts = await running()
    port = facts.hub.rpartition(":")[2]
    for host, status in [("evil.example", b"403"), (f"evil.example:{port}", b"403"), (f"localhost:{port}", b"101")]:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
        writer.write(
            f"GET / HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        assert (await reader.readline()).split()[1] == status
        writer.close()


@pytest.mark.parametrize("path", ["/?role=admin", "/?topics=secrets", "/?topics=live,"])
async def test_wishes_we_do_not_know_are_refused_and_an_empty_one_is_none(running, path):
    _, facts = await running()
    if path.endswith(","):
        await (await raw(facts, path=path)).close()
        return
    with pytest.raises(InvalidStatus) as refused:
        await raw(facts, path=path)
    assert refused.value.response.status_code == 400


async def test_a_listener_hears_only_its_topics(running):
    hub, facts = await running()
    async with listening(facts, topics=("beat",)) as messages:
        await anext(messages)
        hub.publish_live([LiveRow("a", 1.0)])
        hub.publish_rows(1, bars=[BarRow("a", "1m", 0, 60)])
        hub.publish_beat(Pulse(1, 1))
        assert isinstance(await anext(messages), Pulse)


async def test_a_new_listener_hears_the_newest_beat_and_every_instruments_newest_values(running):
    hub, facts = await running()
    hub.publish_beat(Pulse(1, 41))
    hub.publish_live([LiveRow("a", 1.0), LiveRow("b", 2.0)])
    hub.publish_live([LiveRow("a", 3.0)])
    async with listening(facts) as messages:
        _, beat, live = [await anext(messages) for _ in range(3)]
    assert beat.n == 41
    assert {row.instrument: row.last for row in live.rows} == {"a": 3.0, "b": 2.0}


async def test_live_values_leave_at_most_ten_times_a_second_and_the_last_one_always_does(running):
    hub, facts = await running()
    got = []
    async with listening(facts, topics=("live",)) as messages:
        await anext(messages)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for n in range(200):
            hub.publish_live([LiveRow("a", float(n))])
            await asyncio.sleep(0.002)
        async for message in messages:
            got.append(message.rows[0].last)
            if got[-1] == 199.0:
                break
        took = loop.time() - begun
    assert got == sorted(got)
    assert len(got) <= took / 0.1 + 2


async def test_a_commit_comes_as_rows_and_a_big_one_in_parts(running, monkeypatch):
    monkeypatch.setattr(hub_server, "ROWS_A_MESSAGE", 2)
    hub, facts = await running()
    async with listening(facts, topics=("rows",)) as messages:
        await anext(messages)
        hub.publish_rows(8)
        hub.publish_rows(9, bars=[BarRow(name, "1m", 0, 60) for name in "abc"])
        parts = [await anext(messages), await anext(messages)]
    assert all(isinstance(part, Commit) and part.commit == 9 for part in parts)
    assert [part.more for part in parts] == [True, False]
    assert [bar.instrument for part in parts for bar in part.bars] == ["a", "b", "c"]


async def test_a_command_goes_to_its_handler_and_the_answer_comes_back(running):
    hub, facts = await running()

    async def backfill(since):
        return {"since": since}

    hub.on("backfill", backfill)
    hub.on("status", lambda: ["plain"])
    assert await call(facts, "backfill", since=5) == {"since": 5}
    assert await asyncio.to_thread(call_sync, facts, "status") == ["plain"]
    async with connected(facts) as link:
        hub.publish_beat(Pulse(1, 1))
        assert await link.call("status", {}) == ["plain"]


async def test_a_command_that_cannot_be_done_says_why(running):
    hub, facts = await running()

    def refuses():
        raise SettingError("since", "yesterday", "a duration")

    def breaks():
        raise ZeroDivisionError("by nothing")

    hub.on("flush", refuses)
    hub.on("status", breaks)
    for name, arguments, sentence in [
        ("flush", {}, "'yesterday' is not possible"),
        ("flush", {"hard": 1}, "unexpected keyword argument 'hard'"),
        ("status", {}, "ZeroDivisionError: by nothing"),
        ("backfill", {}, "no command 'backfill' here"),
        ("format", {}, "no command 'format' here"),
    ]:
        with pytest.raises(CollectorError, match=sentence):
            await call(facts, name, **arguments)
    with pytest.raises(ValueError, match="none of the hub's commands"):
        hub.on("format", refuses)


async def test_a_slow_command_is_given_up_after_its_time(running):
    hub, facts = await running()
    hub.on("flush", lambda: asyncio.sleep(60))
    with pytest.raises(CollectorError, match="did not answer 'flush'"):
        await call(facts, "flush", timeout_s=0.1)
    await hub.stop()
    await until(lambda: not hub._doing)


async def test_what_is_no_command_gets_an_answer_too_and_the_connection_stays(running):
    hub, facts = await running()
    hub.on("status", lambda: 1)
    async with await raw(facts, path="/?topics=") as connection:
        await connection.recv()
        await connection.send("{")
        assert "not a command" in await connection.recv()
        await connection.send('{"t":"do","id":4,"name":"status"}')
        assert '"id":4,"ok":true' in await connection.recv()


async def test_the_hub_knows_its_owners_and_since_when_it_has_none(running, clock):
    hub, facts = await running()
    started = clock.now()
    assert (hub.owners, hub.ownerless_since) == (0, started)
    async with connected(facts, role="owner", topics=()), connected(facts, topics=()):
        assert (hub.owners, hub.ownerless_since) == (1, None)
        clock.advance(10 * NS_S)
    await until(lambda: hub.owners == 0)
    assert hub.ownerless_since == started + 10 * NS_S


async def test_a_greeting_says_how_many_others_own_the_collector(running):
    hub, facts = await running()
    async with connected(facts, role="owner") as first_owner:
        assert first_owner.hello.owners == 0
        async with connected(facts) as link:
            assert link.hello.owners == 1
    await until(lambda: hub.owners == 0)
    hub.hold()
    assert (hub.owners, hub.ownerless_since) == (1, None)


async def test_a_stop_is_heard_at_once_and_what_was_sent_before_it_too(running):
    hub, facts = await running()
    async with listening(facts) as messages:
        await anext(messages)
        hub.publish_beat(Pulse(1, 99))
        await hub.stop()
        await hub.stop()
        assert (await anext(messages)).n == 99
        with pytest.raises(CollectorGone):
            await anext(messages)


async def test_the_answer_to_stop_arrives_before_the_end(running):
    hub, facts = await running()
    stopping = asyncio.Event()

    async def stop():
        stopping.set()
        await asyncio.sleep(0.05)
        return {"stored": 7}

    hub.on("stop", stop)
    answer = asyncio.create_task(call(facts, "stop"))
    await stopping.wait()
    await hub.stop()
    assert await answer == {"stored": 7}


@pytest.mark.faults("C24")
async def test_c24_a_client_that_never_reads_is_cut_and_counted_and_others_hear_on(running):
    hub, facts = await running(patience=Patience(0.3))
    frozen = await raw(facts, max_queue=1, ping_interval=None)
    frozen.transport.pause_reading()
    heard = []
    async with listening(facts, topics=("live",)) as messages:
        await anext(messages)
        n = 0
        while not hub.counts["cut"]:
            n += 1
            assert n < 200
            hub.publish_live([LiveRow(f"i{k}", float(n)) for k in range(90)])
            await asyncio.sleep(0.02)
            with contextlib.suppress(TimeoutError):
                heard.append(await asyncio.wait_for(anext(messages), 0.2))
    assert hub.counts["cut"] == 1
    assert hub.counts["missed"] > 0
    assert all(isinstance(message, Live) and not message.missed for message in heard)
    frozen.transport.resume_reading()
    with pytest.raises(ConnectionClosed):
        await asyncio.wait_for(_read_to_the_end(frozen), 3)


async def test_more_listeners_than_there_is_room_for_are_told_so(running, monkeypatch):
    monkeypatch.setattr(hub_server, "MAX_LISTENERS", 1)
    _, facts = await running()
    async with connected(facts):
        with pytest.raises(InvalidStatus) as refused:
            await raw(facts)
    assert refused.value.response.status_code == 503
