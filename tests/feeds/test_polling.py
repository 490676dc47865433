"""What is asked for in rounds."""

import pytest

from fbkit.errors import VenueRefused
from fbkit.feeds.polling import Poll, Polls
from fbkit.feeds.rounds import rounds
from fbkit.feeds.silence import Silence
from fbkit.model import NS_S, Day, Ignored, Mark, OpenInterest, Ratio
from tests.feeds.virtual_time import Time

NAMES = ["venue:A-USDT-PERP", "venue:B-USDT-PERP"]


@pytest.fixture
def time(now):
    return Time(now, now + 600 * NS_S)


@pytest.fixture
def world(time, make_test_world):
    return make_test_world(clock=time.clock, sleep=time.sleep)[0]


@pytest.fixture
def polls(sink, world):
    return Polls("venue", sink, Silence(sink, "venue"), world, ["mark"])


async def test_questions_are_spread_evenly_over_the_period(time, world, now):
    asked = []

    async def ask(thing):
        asked.append((thing, (time.clock.now() - now) / NS_S))

    time.end = now + 30 * NS_S
    await time.run(rounds(range(10), 15.0, ask, world))
    assert asked == [(number % 10, number * 1.5) for number in range(20)]


async def test_after_a_long_sleep_nobody_is_asked_twice(time, world, now):
    asked = []

    async def ask(thing):
        asked.append((time.clock.now() - now) // NS_S)
        if len(asked) == 3:
            time.clock.advance(100 * NS_S)  # suspended

    time.end = now + 160 * NS_S
    await time.run(rounds(["x"], 15.0, ask, world))
    assert asked == [0, 15, 30, 130, 135, 150], "the turn that was due, and then those of the clock"


async def test_what_did_not_change_is_not_told_again_by_channel_instrument_and_kind(polls, time, sink, now):
    async def ask(name):
        return [Ratio(name, now, now, kind, 1.0, 300) for kind in ("taker", "acct_top")]

    await time.run(polls.run([Poll("ratio", 300.0, NAMES, ask)]))
    assert len(sink.of(Ratio)) == 4
    assert sink.of(Ignored) == [Ignored("ratio", "unchanged")] * 4
    assert sink.told == []


async def test_of_a_row_that_holds_several_only_what_is_new_is_told(polls, time, sink, now):
    async def ask(name):
        mark, day = Mark(name, now, now, 1.0), Day(name, now, now, 1.0)
        return [(mark, OpenInterest(name, time.clock.now(), now, 5.0), day), (mark, day)]

    await time.run(polls.run([Poll("open_interest", 300.0, NAMES[:1], ask)]))
    whole, nothing, newer, nothing_again = [item for _, item, _ in sink.items]
    assert [type(event) for event in whole] == [Mark, OpenInterest, Day]
    assert type(newer) is OpenInterest
    assert nothing == nothing_again == Ignored("mark", "unchanged")


async def test_one_question_may_be_about_all(polls, time, now):
    asked = []

    async def ask(things):
        asked.append((list(things), (time.clock.now() - now) // NS_S))
        return []

    await time.run(polls.run([Poll("day", 250.0, NAMES, ask, at_once=True)]))
    assert asked == [(NAMES, 0), (NAMES, 250), (NAMES, 500)]


async def test_a_round_right_away_does_not_put_off_the_one_at_its_hour(polls, time, now):
    asked = []

    async def ask(thing):
        asked.append((time.clock.now() - now) // NS_S)
        return []

    await time.run(polls.run([Poll("funding", 3600.0, NAMES, ask, start_s=100.0, spread_s=60.0, also_now=True)]))
    assert asked == [0, 30, 100, 130]


async def test_who_asks_about_nothing_is_not_started(polls, time):
    async def ask(thing):
        raise AssertionError

    await time.run(polls.run([Poll("funding", 1.0, [], ask), Poll("day", 1.0, [], ask, at_once=True)]))


@pytest.mark.faults
@pytest.mark.parametrize(
    "error", [VenueRefused("venue", "/oi", 400, "-1", "no"), UnicodeDecodeError("a", b"", 0, 1, "")]
)
async def test_two_periods_without_an_answer_are_a_silence_and_one_answer_ends_it(polls, time, sink, now, error):
    async def ask(name):
        if 60 < (time.clock.now() - now) / NS_S < 200:
            raise error
        return [OpenInterest(name, time.clock.now(), now, 5.0)]

    await time.run(polls.run([Poll("open_interest", 15.0, NAMES, ask)]))
    [(_, channels, cause, since)] = sink.heard("silent")
    assert (channels, cause) == (("open_interest",), "refused")
    assert now + 50 * NS_S < since <= now + 61 * NS_S
    [(_, back, ts)] = sink.heard("speaking")
    assert back == ("open_interest",)
    assert ts >= now + 200 * NS_S
    assert sink.told[-1] == ("well", "open_interest")


@pytest.mark.faults
async def test_a_poll_that_only_helps_a_stream_calls_nobody_silent(polls, time, sink):
    async def ask(things):
        raise VenueRefused("venue", "/marks", 400, "-1", "no")

    await time.run(polls.run([Poll("mark", 15.0, NAMES, ask, at_once=True)]))
    assert sink.told == []


@pytest.mark.faults
async def test_one_polls_answer_does_not_hide_that_another_of_its_channel_is_away(polls, time, sink, now):
    async def answers(name):
        return [Ratio(name, time.clock.now(), now, "taker", 1.0, 300)]

    async def refuses(name):
        raise VenueRefused("venue", "/top", 400, "-1", "no")

    await time.run(polls.run([Poll("ratio", 15.0, NAMES, answers), Poll("ratio", 15.0, NAMES, refuses)]))
    assert len(sink.heard("silent")) == 1
    assert sink.heard("speaking") == []
