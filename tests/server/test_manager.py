"""The manager without HTTP: no database, no collector, a database that changes under it."""

import contextlib

import pytest

from fbkit.errors import StoreMissing, UnknownName
from fbkit.hub import Gone, Hello, Live, LiveRow, Pulse
from fbkit.model import HealthRow
from fbkit.runtime import database_path, database_url
from fbkit.server.manager import Manager
from fbkit.server.page import Page
from fbkit.server.voice import Voice
from fbkit.settings import load_settings
from tests.server.conftest import BTC, ETH, fill

AT = 1_767_225_600_000_000_000
OK = HealthRow(AT, "binance", "trade", "ok", "", "")
BAD = HealthRow(AT, "binance", "mark", "degraded", "stale", "binance mark: nothing for 5 s.")
HELLO = Hello(3, "SIMULATED", 7, "sqlite:///x.db", "0.1.0", 1, 5)


@pytest.fixture
def settings():
    return load_settings()


@pytest.fixture
def voice(settings):
    return Voice(settings, database_url(settings))


@pytest.fixture
def manager(settings, voice):
    with contextlib.closing(Manager(settings, database_url(settings), voice)) as manager:
        yield manager


async def test_without_a_database_each_question_says_so(manager):
    for ask in (manager.instruments, manager.metrics, manager.alerts, manager.health):
        with pytest.raises(StoreMissing):
            await ask(Page())


async def test_without_a_collector_health_is_down_and_says_why(settings, manager, voice):
    fill(database_url(settings))
    voice.hear(Gone("no collector runs for this database"))
    body = (await manager.health(Page())).body
    assert (body["state"], body["market"]) == ("down", "SIMULATED")
    sentence = body["reasons"][0]["sentence"]
    assert "no collector runs" in sentence
    assert "fbkit up" in sentence


async def test_with_a_collector_health_is_what_it_last_said(manager, voice):
    voice.hear(HELLO)
    voice.hear(Pulse(AT, 1, [OK, BAD]))
    body = (await manager.health(Page())).body
    assert (body["state"], body["as_of"]) == ("degraded", "2026-01-01T00:00:00.000Z")
    voice.hear(Gone("gone"))
    assert voice.pulse is None


async def test_a_new_database_in_the_place_of_a_damaged_one_is_read(settings, manager):
    url = database_url(settings)
    fill(url, minutes=2)
    assert len((await manager.history(Page(), BTC)).body["items"]) == 2
    place = database_path(url)
    for end in ("", "-wal", "-shm"):
        moved = place.with_name(place.name + end)
        if moved.exists():
            moved.rename(moved.with_name(moved.name + ".corrupt"))
    fill(url, minutes=4)
    assert len((await manager.history(Page(), BTC)).body["items"]) == 4


async def test_commits_are_told_behind_a_cursor(settings, manager):
    fill(database_url(settings), minutes=3)
    newest = await manager.newest_commit()
    commits = await manager.commits_after(0, 100)
    assert [commit.number for commit in commits] == [2, 3, 4, 5]
    assert newest == 5
    assert [bar.instrument for bar in commits[0].bars] == [BTC, ETH]
    assert await manager.commits_after(newest, 100) == []


async def test_an_unknown_instrument_is_said_with_its_neighbours(settings, manager):
    fill(database_url(settings))
    with pytest.raises(UnknownName, match="did you mean binance:BTC-USDT-PERP"):
        await manager.history(Page(), "binance:BTC-USD-PERP")


async def test_the_voice_keeps_the_newest_and_tells_whoever_listens(voice):
    heard = []
    end = voice.tell(heard.append)
    voice.hear(HELLO)
    voice.hear(Live(1, [LiveRow("a", 1.0), LiveRow("b", 1.0)]))
    voice.hear(Live(2, [LiveRow("a", 2.0)]))
    await voice.wait_live()
    assert (await voice.wait_greeted()).epoch == 3
    end()
    voice.hear(Live(3, [LiveRow("a", 3.0)]))
    assert {name: row.last for name, row in voice.latest.items()} == {"a": 3.0, "b": 1.0}
    assert [type(message) for message in heard] == [Hello, Live, Live]
    voice.hear(HELLO)
    assert voice.latest == {}, "another collector's values are not this one's"
