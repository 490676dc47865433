"""Kernels that visitors leave behind, with kernels and a clock that the test moves."""

import pytest

from fbkit.server.reaper import GONE_S, NEVER_S, Reaper


class Kernels:
    def __init__(self):
        self.connections = {}

    def list_kernel_ids(self):
        return list(self.connections)

    def kernel_model(self, kernel_id):
        return {"id": kernel_id, "connections": self.connections[kernel_id]}

    async def shutdown_kernel(self, kernel_id, *, now):
        assert now
        del self.connections[kernel_id]


class Room:
    def __init__(self):
        self.kernels, self.sessions, self.now = Kernels(), set(), 1000.0
        self.reaper = Reaper(self.kernels, self.in_session, lambda: self.now)

    async def in_session(self):
        return set(self.sessions)

    async def after(self, seconds):
        """Look once a second, as the server does; what was ended."""
        ended = []
        for _ in range(round(seconds)):
            self.now += 1
            ended += await self.reaper.look()
        return ended


@pytest.fixture
def room():
    return Room()


async def test_a_page_that_was_closed_goes_after_its_time_and_not_before(room):
    room.kernels.connections["a"] = 1
    assert await room.after(60) == []
    room.kernels.connections["a"] = 0
    assert await room.after(GONE_S) == []
    assert await room.after(1) == ["a"]
    assert room.kernels.connections == {}
    assert room.reaper.ended == 1


async def test_a_reload_in_between_begins_the_wait_anew(room):
    room.kernels.connections["a"] = 1
    await room.after(1)
    room.kernels.connections["a"] = 0
    await room.after(GONE_S - 1)
    room.kernels.connections["a"] = 1
    await room.after(1)
    room.kernels.connections["a"] = 0
    assert await room.after(GONE_S) == []
    assert await room.after(1) == ["a"]


async def test_a_page_that_was_never_opened_has_longer_for_it_may_be_rendering(room):
    room.kernels.connections["a"] = 0
    assert await room.after(NEVER_S) == []
    assert await room.after(1) == ["a"]


async def test_a_notebooks_kernel_stays_however_long_nobody_looks(room):
    room.kernels.connections |= {"notebook": 0, "page": 0}
    room.sessions.add("notebook")
    assert await room.after(10 * NEVER_S) == ["page"]
    room.sessions.clear()
    assert await room.after(NEVER_S + 1) == ["notebook"]


async def test_a_kernel_that_somebody_else_ended_is_forgotten(room):
    room.kernels.connections["a"] = 1
    await room.after(1)
    del room.kernels.connections["a"]
    await room.after(1)
    room.kernels.connections["a"] = 0
    assert await room.after(NEVER_S) == [], "the same id again is a new kernel"
    assert await room.after(1) == ["a"]


async def test_sessions_are_asked_for_only_when_somebody_is_due(room):
    async def unasked():
        pytest.fail("asked without need")

    room.reaper = Reaper(room.kernels, unasked, lambda: room.now)
    room.kernels.connections |= {"a": 1, "b": 0}
    assert await room.after(GONE_S) == []
