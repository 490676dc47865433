"""One socket kept up for ever."""

import asyncio
import json

import pytest

from fbkit.clock import SystemClock
from fbkit.errors import ConnectionLost
from fbkit.feeds.binance.parse import Parser
from fbkit.feeds.binance.symbols import assume
from fbkit.feeds.instruments import Instruments
from fbkit.feeds.link import Link
from fbkit.feeds.silence import Silence
from fbkit.feeds.transport import Keepalive
from fbkit.model import Control, Rejected, Trade
from tests.contracts.test_transport import TRANSPORTS
from tests.feeds.fake_venue import FakeVenue

CHANNELS = {"trade": 30.0, "liquidation": None}


def trade(number):
    body = {"e": "aggTrade", "a": number, "s": "BTCUSDT", "p": "83000.10", "q": "0.1", "T": 1, "m": False}
    return json.dumps({"stream": "btcusdt@aggTrade", "data": body})


class Mute:
    """Says nothing."""

    said = True

    def __init__(self):
        self.controls = []

    async def run(self, connection):
        await asyncio.Event().wait()

    def heard(self, control):
        self.controls.append(control)
        return b"moving" in control.detail.encode()


@pytest.fixture
async def keep_up(sink):
    """Start links; all end with the test."""
    tasks = []

    def start(url, world, *, limits=CHANNELS, lifetime_s=3600.0, talk=Mute, tick_s=0.01, **more):
        link = Link(
            venue="binance",
            name="market-1",
            url=url,
            limits_s=limits,
            parse=Parser(Instruments([assume("BTCUSDT")])).frames,
            talk=talk,
            sink=sink,
            silence=Silence(sink, "binance"),
            world=world,
            lifetime_s=lifetime_s,
            tick_s=tick_s,
            **more,
        )
        tasks.append(asyncio.create_task(link.run()))
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def ids(sink):
    return [event.venue_id for event in sink.of(Trade)]


async def test_a_silence_lasts_until_every_topic_has_been_asked_for_again(sink, keep_up, until, make_test_world):
    """One instrument speaks while others still wait for their turn to be subscribed to."""
    talks = []

    def talk():
        talks.append(Mute())
        talks[-1].said = len(talks) == 1
        return talks[-1]

    world, _ = make_test_world()
    scripts = [[("send", trade(1)), ("close", 1001, "going away")], [("send", trade(2)), ("stay",)]]
    async with FakeVenue(*scripts) as venue:
        keep_up(venue.url, world, talk=talk)
        await until(lambda: ids(sink) == [1, 2])
        await asyncio.sleep(0.05)
        assert sink.heard("speaking") == []
        talks[-1].said = True
        await until(lambda: sink.heard("speaking"))
        assert [channels for _, channels, _ in sink.heard("speaking")] == [("trade", "liquidation")]


@pytest.mark.faults("C1")
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_five_cuts_are_five_gaps_and_only_data_calms_the_backoff(
    sink, keep_up, until, make_test_world, transport
):
    scripts = [
        [("send", trade(1)), ("close", 1001, "going away")],
        "refuse",
        "refuse",
        [("close", 1000, "")],  # opened, said nothing: no data, no calm
        [("send", trade(2)), ("rst",)],
        [("send", trade(3)), ("fin",)],
        [("send", trade(4)), ("close", 1008, "Too many requests")],
        [("send", trade(5)), ("send", "x" * 200_000), ("stay",)],
        [("send", trade(6)), ("stay",)],
    ]
    world, slept = make_test_world(transport=transport)
    async with FakeVenue(*scripts) as venue:
        keep_up(venue.url, world)
        await until(lambda: ids(sink) == [1, 2, 3, 4, 5, 6])
        assert slept == [0.5, 1.0, 2.0, 4.0, 0.5, 0.5, 0.5, 0.5]
        assert [channels for _, channels, _, _ in sink.heard("silent")] == [("trade", "liquidation")] * 5
        assert [cause for _, _, cause, _ in sink.heard("silent")] == ["disconnect"] * 5
        assert len(sink.heard("speaking")) == 5
        told = [entry for entry in sink.told if entry[0] in {"silent", "speaking"}]
        assert [entry[0] for entry in told] == ["silent", "speaking"] * 5
        assert all(silent[3] <= speaking[2] for silent, speaking in zip(told[::2], told[1::2], strict=True))
        assert all(sentence.endswith(("again", "trying again")) for _, _, _, sentence in sink.heard("trouble"))


@pytest.mark.faults("C1")
async def test_who_was_never_reached_is_silent_since_the_start(sink, keep_up, until, make_test_world):
    world, _ = make_test_world()
    begun = world.clock.now()
    async with FakeVenue("refuse", [("send", trade(1)), ("stay",)]) as venue:
        keep_up(venue.url, world)
        await until(lambda: sink.heard("speaking"))
        [(_, _, cause, since)] = sink.heard("silent")
        assert cause == "refused"
        assert 0 <= since - begun < 1_000_000_000


@pytest.mark.faults("C1")
async def test_the_delay_never_exceeds_thirty_seconds(keep_up, until, make_test_world):
    world, slept = make_test_world()
    async with FakeVenue("refuse") as venue:
        keep_up(venue.url, world)
        await until(lambda: len(slept) > 12)
        assert slept[:8] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
        assert max(slept) == 30.0


@pytest.mark.faults("C3")
async def test_a_peer_that_only_answers_pings_is_stalled_although_it_acknowledged(
    sink, keep_up, until, make_test_world
):
    world, _ = make_test_world(keepalive=Keepalive(0.02, 20.0, 0.2))
    script = [("send", '{"result":null,"id":1}'), ("silence",)]
    async with FakeVenue(script, [("send", trade(1)), ("stay",)]) as venue:
        keep_up(venue.url, world, limits={"trade": 0.3, "liquidation": None})
        await until(lambda: sink.heard("speaking"))
        silences = [(channels, cause) for _, channels, cause, _ in sink.heard("silent")]
        assert silences == [(("trade",), "stalled"), (("liquidation",), "stalled")]
        assert "open connection" in sink.heard("trouble")[0][3]
        assert [type(item) for _, item, _ in sink.items] == [Control, Trade]


@pytest.mark.faults("C3")
async def test_one_silent_channel_is_stalled_and_its_neighbours_do_not_pay_for_it(
    sink, keep_up, until, make_test_world
):
    world, slept = make_test_world()
    mark = '{"e":"markPriceUpdate","E":1,"s":"BTCUSDT","p":"83000.10"}'
    chatter = [step for number in range(200) for step in (("send", trade(number)), ("wait", 0.01))]
    async with FakeVenue([*chatter, ("stay",)], [("wait", 0.1), ("send", mark), *chatter, ("stay",)]) as venue:
        keep_up(venue.url, world, limits={"trade": 30.0, "mark": 0.3})
        await until(lambda: sink.heard("silent"))
        last_before = ids(sink)[-1]
        await until(lambda: sink.heard("speaking"))
        assert [entry[1:3] for entry in sink.heard("silent")] == [(("mark",), "stalled")]
        assert sink.heard("speaking")[0][1] == ("mark",)
        await until(lambda: ids(sink).count(0) == 2)
        first_life = ids(sink)[: ids(sink).index(0, 1)]
        assert max(first_life) > last_before, "who speaks goes on speaking while we move"
        assert slept == []


@pytest.mark.faults("C3")
async def test_a_venue_that_is_silent_altogether_is_stalled_in_all_it_said_not_cut(
    sink, keep_up, until, make_test_world, monkeypatch
):
    """Its marks stall first; we move, and the new connection says nothing of its trades either."""
    monkeypatch.setattr("fbkit.feeds.link._OVERLAP_S", 0.3)
    world, _ = make_test_world()
    first = [("send", trade(1)), ("send", MARK), ("silence",)]
    async with FakeVenue(first, [("wait", 1.0), ("send", trade(2)), ("send", MARK), ("stay",)]) as venue:
        keep_up(venue.url, world, limits={"trade": 30.0, "mark": 0.3}, lifetime_s=86_400.0)
        await until(lambda: {one for entry in sink.heard("speaking") for one in entry[1]} == {"trade", "mark"})
        assert [entry[1:3] for entry in sink.heard("silent")] == [(("mark",), "stalled"), (("trade",), "stalled")]
        assert "open connection" in sink.heard("trouble")[-1][3]


@pytest.mark.faults("C10")
async def test_a_suspend_is_no_stall(sink, keep_up, until, make_test_world):
    class Suspended(SystemClock):
        asleep = 0

        def now(self):
            return super().now() + self.asleep

    clock = Suspended()
    world, _ = make_test_world(clock=clock)
    chatter = [step for number in range(200) for step in (("send", trade(number)), ("wait", 0.02))]
    async with FakeVenue([*chatter, ("stay",)]) as venue:
        keep_up(venue.url, world, limits={"trade": 0.5, "liquidation": None}, lifetime_s=86_400.0)
        await until(lambda: len(ids(sink)) > 5)
        clock.asleep = 3600 * 10**9
        before = len(ids(sink))
        await until(lambda: len(ids(sink)) > before + 10)
        assert sink.told == []
        assert venue.connections == 1


@pytest.mark.faults("C5")
async def test_garbage_between_good_frames_costs_nothing_but_itself(sink, keep_up, until, make_test_world):
    world, slept = make_test_world()
    junk = [("garbage", b"\xff\xfe\x00"), ("garbage", b'{"e":'), ("send", "[]"), ("send", '{"e":"aggTrade","s":7}')]
    async with FakeVenue([("send", trade(1)), *junk, ("send", trade(2)), ("stay",)]) as venue:
        keep_up(venue.url, world)
        await until(lambda: ids(sink) == [1, 2])
        assert venue.connections == 1
        assert len(sink.of(Rejected)) == 3
        assert len(sink.raws) == 6
        assert slept == []
        assert sink.heard("silent") == []


@pytest.mark.faults("C5")
async def test_rejected_frames_do_not_calm_the_backoff(sink, keep_up, until, make_test_world):
    world, slept = make_test_world()
    async with FakeVenue([("garbage", b"{"), ("close", 1000, "")]) as venue:
        keep_up(venue.url, world)
        await until(lambda: len(slept) >= 4)
        assert slept[:4] == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.faults("C7")
async def test_a_repeated_frame_is_passed_on_and_left_to_sequence(sink, keep_up, until, make_test_world):
    world, _ = make_test_world()
    async with FakeVenue([("dup", trade(1)), ("stay",)]) as venue:
        keep_up(venue.url, world)
        await until(lambda: ids(sink) == [1, 1])


async def test_it_moves_before_its_time_is_up_and_nothing_is_missing(sink, keep_up, until, make_test_world):
    world, slept = make_test_world()

    def chatter(start):
        return [step for number in range(start, start + 200) for step in (("send", trade(number)), ("wait", 0.01))]

    async with FakeVenue(chatter(0), [("wait", 0.1), *chatter(1000)], [("stay",)]) as venue:
        keep_up(venue.url, world, lifetime_s=0.2)
        await until(lambda: venue.connections >= 3)
        seen = ids(sink)
        assert 1000 in seen
        old = [number for number in seen if number < 1000]
        assert old == list(range(len(old))), "the old one is whole"
        assert len(old) > 20, "it speaks until the new one does"
        assert sink.heard("silent") == []
        assert slept == []


async def test_a_new_house_that_is_closed_is_no_reason_to_leave_the_old(sink, keep_up, until, make_test_world):
    world, _ = make_test_world()
    chatter = [step for number in range(150) for step in (("send", trade(number)), ("wait", 0.01))]
    async with FakeVenue([*chatter, ("stay",)], "refuse") as venue:
        keep_up(venue.url, world, lifetime_s=0.1)
        await until(lambda: venue.connections >= 2)
        before = len(ids(sink))
        await until(lambda: len(ids(sink)) > before + 10)
        assert sink.heard("silent") == []


async def test_cancelled_it_leaves_no_task_and_no_socket(sink, keep_up, until, make_test_world):
    world, _ = make_test_world()
    before = asyncio.all_tasks()
    async with FakeVenue([("send", trade(1)), ("stay",)]) as venue:
        around = asyncio.all_tasks()
        task = keep_up(venue.url, world)
        await until(lambda: sink.items)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: asyncio.all_tasks() <= around)
        await until(lambda: asyncio.all_tasks() <= before)


async def test_a_talker_that_finds_the_line_dead_is_no_second_error(sink, keep_up, until, make_test_world):
    class Late(Mute):
        async def run(self, connection):
            raise ConnectionLost("binance", "ws://…", "already closed")

    world, _ = make_test_world()
    async with FakeVenue([("send", trade(1)), ("close", 1000, "")], [("send", trade(2)), ("stay",)]) as venue:
        keep_up(venue.url, world, talk=Late)
        await until(lambda: ids(sink) == [1, 2])


MARK = '{"e":"markPriceUpdate","E":1,"s":"BTCUSDT","p":"83000.10"}'
DAY = '{"e":"24hrTicker","E":1,"s":"BTCUSDT","c":"1","P":"1","v":"1","q":"1","n":1}'


@pytest.mark.faults("C3")
async def test_what_rides_on_a_channel_is_silent_and_back_with_it(sink, keep_up, until, make_test_world):
    world, _ = make_test_world()
    limits, riders = {"trade": 30.0, "mark": 0.3, "liquidation": None}, {"mark": ("open_interest", "day")}
    chatter = [step for number in range(200) for step in (("send", trade(number)), ("wait", 0.01))]
    first = [("send", DAY), *chatter, ("stay",)]
    async with FakeVenue(first, [("wait", 0.1), ("send", DAY), *chatter, ("stay",)]) as venue:
        keep_up(venue.url, world, limits=limits, riders=riders)
        await until(lambda: sink.heard("speaking"))
        assert [entry[1:3] for entry in sink.heard("silent")] == [(("mark", "open_interest", "day"), "stalled")]
        assert sink.heard("speaking")[0][1] == ("mark", "open_interest", "day"), "a rider's word is its carrier's"


@pytest.mark.faults("C1")
async def test_a_cut_silences_riders_and_only_their_carrier_brings_them_back(sink, keep_up, until, make_test_world):
    world, _ = make_test_world()
    lost = []
    limits, riders = {"trade": 30.0, "mark": 30.0, "liquidation": None}, {"mark": ("day",)}
    second = [("send", trade(2)), ("wait", 0.05), ("send", MARK), ("stay",)]
    async with FakeVenue([("send", MARK), ("rst",)], second) as venue:
        keep_up(venue.url, world, limits=limits, riders=riders, lost=lambda: lost.append(world.clock.now()))
        await until(lambda: len(sink.heard("speaking")) == 2)
        assert sink.heard("silent")[0][1] == ("trade", "mark", "liquidation", "day")
        assert [back for _, back, _ in sink.heard("speaking")] == [("trade", "liquidation"), ("mark", "day")]
        assert len(lost) == 1


async def test_a_session_that_hears_that_it_will_end_is_left_and_nothing_is_lost(sink, keep_up, until, make_test_world):
    world, slept = make_test_world()
    lost = []
    chatter = [step for number in range(300) for step in (("send", trade(number)), ("wait", 0.01))]
    moving = [("send", trade(0)), ("send", '{"result":"moving","id":1}'), *chatter, ("stay",)]
    async with FakeVenue(moving, [*chatter, ("stay",)]) as venue:
        keep_up(venue.url, world, lost=lambda: lost.append(1))
        await until(lambda: venue.connections == 2 and len(venue._server.connections) == 1)
        assert sink.heard("silent") == []
        assert (lost, slept) == ([], [])


@pytest.mark.parametrize(("symbol", "status"), [("NEWUSDT", "TRADING"), ("BTCUSDT", "SETTLING")])
async def test_news_of_the_list_are_handed_on(symbol, status, sink, keep_up, until, make_test_world):
    world, _ = make_test_world()
    news = []
    told = f'{{"e":"contractInfo","E":1,"s":"{symbol}","cs":"{status}"}}'
    async with FakeVenue([("send", told), ("stay",)]) as venue:
        keep_up(venue.url, world, limits={"listing": None}, news=lambda: news.append(1))
        await until(lambda: news)
