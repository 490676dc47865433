"""Rows of the stream: none lost, none told twice, from any cursor."""

import asyncio

import pytest

from fbkit.errors import StoreMissing
from fbkit.server import rows_topic
from fbkit.server.rows_topic import RowsTopic, bodies
from fbkit.store import Commit
from tests.server.conftest import BTC, bar, metric


class Commits:
    """A store's commits, as the manager tells them."""

    def __init__(self):
        self.numbers = []
        self.missing = False

    async def newest_commit(self):
        if self.missing:
            raise StoreMissing("x.db", "is not there", "wait")
        return self.numbers[-1] if self.numbers else 0

    async def commits_after(self, cursor, limit):
        return [commit(n) for n in self.numbers if n > cursor][:limit]


def commit(number):
    return Commit(number, [bar(BTC, number)], [], [], [])


class Client:
    """Reads when asked to."""

    def __init__(self, commits, cursor=None):
        self.told = asyncio.Queue()
        self.topic = RowsTopic(commits, self.told.put, cursor, look_s=60)
        self.task = asyncio.create_task(self.topic.run())

    async def heard(self, count):
        return [(await asyncio.wait_for(self.told.get(), 3)) for _ in range(count)]

    async def settled(self):
        for _ in range(20):
            await asyncio.sleep(0)


@pytest.fixture
async def commits():
    return Commits()


@pytest.fixture
async def client(commits):
    clients = []

    def make(cursor=None):
        clients.append(Client(commits, cursor))
        return clients[-1]

    yield make
    for one in clients:
        one.task.cancel()


async def test_without_a_cursor_it_begins_now_and_says_where_that_is(commits, client):
    commits.numbers = [1, 2, 3]
    one = client()
    assert await one.heard(1) == [{"t": "rows", "cursor": 3}]
    await one.settled()
    commits.numbers.append(5)
    one.topic.wake()
    (body,) = await one.heard(1)
    assert body["cursor"] == 5
    assert one.told.empty()


async def test_from_each_cursor_every_commit_behind_it_comes_once_and_in_order(commits, client):
    commits.numbers = list(range(1, 60))
    for cursor in (0, 7, 58, 59):
        one = client(cursor)
        told = await one.heard(59 - cursor)
        assert [body["cursor"] for body in told] == list(range(cursor + 1, 60))
        await one.settled()
        assert one.told.empty()


async def test_a_cursor_of_another_database_is_said_and_mended(commits, client):
    commits.numbers = [4]
    one = client(900)
    (body,) = await one.heard(1)
    assert (body["t"], body["cursor"]) == ("reset", 4)
    commits.numbers.append(5)
    one.topic.wake()
    assert (await one.heard(1))[0]["cursor"] == 5


async def test_a_database_that_is_not_there_yet_is_waited_for(commits, client):
    commits.missing = True
    one = client(0)
    await one.settled()
    commits.missing, commits.numbers = False, [1]
    one.topic.wake()
    assert (await one.heard(1))[0]["cursor"] == 1


def test_a_big_commit_goes_out_in_parts_and_only_the_last_bears_the_cursor(monkeypatch):
    monkeypatch.setattr(rows_topic, "ROWS_A_MESSAGE", 2)
    parts = list(bodies(Commit(9, [bar(BTC, n) for n in range(3)], [metric(BTC, 0)], [], [{"t0": 1, "t1": None}])))
    assert [len(part.get("bars", [])) for part in parts] == [2, 1, 0]
    assert [part.get("cursor") for part in parts] == [None, None, 9]
    assert [part.get("more") for part in parts] == [True, True, None]
    assert parts[2]["gaps"] == [{"t0": "1970-01-01T00:00:00.000Z", "t1": None}]
    assert parts[1]["metrics"][0]["values"]["rsi_14"] == 55.5
