"""Kernels that visitors leave behind, with kernels and a clock that the test moves."""

import pytest

from fbkit.server.reaper import GONE_S, NEVER_S, UNOPENED_S, Reaper


class Kernels:
    def __init__(self):
        self.connections = {}
        self.busy = set()
        self.stubborn = set()

    def list_kernel_ids(self):
        return list(self.connections)

    def kernel_model(self, kernel_id):
        state = "busy" if kernel_id in self.busy else "idle"
        return {"id": kernel_id, "connections": self.connections[kernel_id], "execution_state": state}

    async def shutdown_kernel(self, kernel_id, *, now):
        assert now
        if kernel_id in self.stubborn:
            raise RuntimeError("it does not end")
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


async def test_a_page_that_is_ready_and_never_opened_goes_within_a_minute(room):
    room.kernels.connections["a"] = 0
    assert await room.after(UNOPENED_S) == []
    assert await room.after(1) == ["a"]
    assert UNOPENED_S < 59


async def test_a_page_that_is_being_made_has_its_time_from_when_it_is_ready(room):
    room.kernels.connections["a"] = 0
    room.kernels.busy.add("a")
    assert await room.after(NEVER_S - UNOPENED_S - 10) == []
    room.kernels.busy.clear()
    assert await room.after(UNOPENED_S) == []
    assert await room.after(1) == ["a"]


async def test_a_page_that_never_becomes_ready_goes_too(room):
    room.kernels.connections["a"] = 0
    room.kernels.busy.add("a")
    assert await room.after(NEVER_S) == []
    assert await room.after(1) == ["a"]


@pytest.mark.parametrize("state", ["busy", "idle"])
async def test_a_page_that_says_it_is_loading_keeps_its_kernel_until_it_is_silent(room, state):
    room.kernels.connections["a"] = 0
    if state == "busy":
        room.kernels.busy.add("a")
    for _ in range(100):
        assert room.reaper.hear("a")
        assert await room.after(5) == []
    rest = (NEVER_S if state == "busy" else UNOPENED_S) - 6
    assert await room.after(rest) == []
    assert await room.after(7) == ["a"]
    assert not room.reaper.hear("a")


async def test_a_page_that_lost_its_connection_and_still_asks_is_not_left_alone(room):
    room.kernels.connections["a"] = 1
    await room.after(1)
    room.kernels.connections["a"] = 0
    for _ in range(30):
        assert await room.after(5) == []
        assert room.reaper.hear("a")
    assert await room.after(GONE_S) == []
    assert await room.after(1) == ["a"]


async def test_five_tabs_closed_at_once_leave_no_kernel_a_minute_later_even_where_one_resists(room):
    room.kernels.connections |= dict.fromkeys("abcde", 1)
    await room.after(30)
    room.kernels.connections |= dict.fromkeys("abcde", 0)
    room.kernels.stubborn.add("a")
    assert set(await room.after(30)) == set("bcde")
    room.kernels.stubborn.clear()
    assert await room.after(1) == ["a"]
    assert (room.kernels.connections, room.reaper.ended) == ({}, 5)


async def test_a_notebooks_kernel_stays_however_long_nobody_looks(room):
    room.kernels.connections |= {"notebook": 0, "page": 0}
    room.sessions.add("notebook")
    assert await room.after(10 * NEVER_S) == ["page"]
    room.sessions.clear()
    assert await room.after(UNOPENED_S + 1) == ["notebook"]


async def test_a_kernel_that_somebody_else_ended_is_forgotten(room):
    room.kernels.connections["a"] = 1
    await room.after(1)
    del room.kernels.connections["a"]
    await room.after(1)
    room.kernels.connections["a"] = 0
    assert await room.after(UNOPENED_S) == [], "the same id again is a new kernel"
    assert await room.after(1) == ["a"]


async def test_sessions_are_asked_for_only_when_somebody_is_due(room):
    async def unasked():
        pytest.fail("asked without need")

    room.reaper = Reaper(room.kernels, unasked, lambda: room.now)
    room.kernels.connections |= {"a": 1, "b": 0}
    assert await room.after(GONE_S) == []
