"""Saying what we want, and hearing no."""

import asyncio
import itertools
import json

import msgspec
import pytest

from fbkit.feeds.talking import SLOWLY_S, Heard, Talker
from fbkit.model import Control

PAUSE_S, PING_S = 0.25, 20.0


class Words:
    """A venue made up for tests: JSON with an op, topics and a number; what it heard is JSON, too."""

    per_message = 8
    pause_s = PAUSE_S
    ping_every_s = None

    def greeting(self):
        return []

    def subscribe(self, topics, number):
        return json.dumps({"op": "subscribe", "topics": list(topics), "number": number})

    def unsubscribe(self, topics, number):
        return json.dumps({"op": "unsubscribe", "topics": list(topics), "number": number})

    def ping(self, number):
        return json.dumps({"op": "ping", "topics": [], "number": number})

    def heard(self, control):
        fields = msgspec.json.decode(control.detail)
        fields.update({key: tuple(fields[key]) for key in ("accepted", "refused") if key in fields})
        return Heard(**fields)

    def channel_of(self, topic):
        return topic.partition(".")[0]


class Pinging(Words):
    ping_every_s = PING_S


class Polite(Words):
    def greeting(self):
        return ["hello"]


class Line:
    """A connection whose venue refuses some topics: a whole message, or by name."""

    def __init__(self, refused, by_name):
        self.refused, self.by_name = refused, by_name
        self.said = []
        self.talker = None

    async def send(self, text):
        self.said.append(text)
        if not text.startswith("{"):
            return
        message = json.loads(text)
        guilty = sorted(self.refused & set(message["topics"])) if message["op"] == "subscribe" else []
        if self.by_name:
            answers = [{"refused": [topic], "why": "no such thing"} for topic in guilty]
            answers += [{"accepted": [topic]} for topic in message["topics"] if topic not in guilty]
        else:
            answers = [{"number": message["number"], "why": "no such thing" if guilty else ""}]
        for answer in answers:
            asyncio.get_running_loop().call_soon(self.talker.heard, Control("answer", json.dumps(answer)))

    async def close(self):
        pass

    @property
    def topics(self):
        return [json.loads(text)["topics"] for text in self.said]


class Talking:
    """A talker at work; sleeps of ``held`` lengths last until they are let go."""

    def __init__(self, line, talker, pauses, held):
        self.line, self.talker, self.pauses, self.held = line, talker, pauses, held

    async def turns(self, n=60):
        for _ in range(n):
            await asyncio.sleep(0)

    async def let_go(self, seconds):
        self.held[seconds].set()
        await self.turns()


@pytest.fixture
async def talk(sink, make_test_world):
    tasks = []

    async def start(topics, refused=(), *, by_name=False, words=Words):
        pauses = []
        held = {SLOWLY_S: asyncio.Event(), PING_S: asyncio.Event()}

        async def sleep(seconds):
            pauses.append(seconds)
            if seconds in held:
                await held[seconds].wait()
                held[seconds].clear()
            await asyncio.sleep(0)

        world, _ = make_test_world(sleep=sleep)
        line = Line(set(refused), by_name)
        line.talker = Talker("venue", topics, words(), sink, world, itertools.count(1).__next__)
        tasks.append(asyncio.create_task(line.talker.run(line)))
        talking = Talking(line, line.talker, pauses, held)
        await talking.turns()
        return talking

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


NAMES = [f"trade.c{number}" for number in range(8)]


async def test_topics_go_in_messages_of_a_size_with_pauses_between(talk):
    talking = await talk([f"trade.c{number}" for number in range(12)])
    assert [len(topics) for topics in talking.line.topics] == [8, 4]
    assert [pause for pause in talking.pauses if pause != SLOWLY_S] == [PAUSE_S] * 2


async def test_a_greeting_comes_first(talk):
    talking = await talk(NAMES, words=Polite)
    assert talking.line.said[0] == "hello"
    assert len(talking.line.said) == 2


@pytest.mark.faults("C4")
async def test_one_refused_topic_is_found_and_the_others_run(talk, sink):
    talking = await talk(NAMES, ["trade.c5"])
    [(_, channel, reason, sentence)] = sink.heard("trouble")
    assert (channel, reason) == ("trade", "refused")
    assert "trade.c5" in sentence
    assert "no such thing" in sentence
    accepted = [name for said in talking.line.topics for name in said if "trade.c5" not in said]
    assert sorted(accepted) == [name for name in NAMES if name != "trade.c5"]
    assert sink.heard("well") == []


@pytest.mark.faults("C4")
async def test_a_named_refusal_does_not_disturb_the_others(talk, sink):
    talking = await talk(NAMES, ["trade.c5", "trade.c6"], by_name=True)
    assert talking.line.topics == [NAMES], "nobody is asked for twice"
    assert [entry[1:3] for entry in sink.heard("trouble")] == [("trade", "refused")] * 2


@pytest.mark.faults("C4")
@pytest.mark.parametrize("by_name", [True, False])
async def test_a_refused_topic_is_asked_for_again_slowly_and_is_well_when_it_is_not_refused(talk, sink, by_name):
    talking = await talk(["quote.c5"], ["quote.c5"], by_name=by_name)
    assert talking.line.topics == [["quote.c5"]]
    talking.line.refused.clear()
    await talking.let_go(SLOWLY_S)
    assert talking.line.topics == [["quote.c5"]] * 2
    assert sink.told[-1] == ("well", "quote")


@pytest.mark.faults("C4")
async def test_a_channel_is_well_only_when_none_of_its_topics_is_refused(talk, sink):
    talking = await talk(["quote.a", "quote.b"], ["quote.a", "quote.b"], by_name=True)
    talking.line.refused.discard("quote.a")
    await talking.let_go(SLOWLY_S)
    assert sink.heard("well") == []
    talking.line.refused.clear()
    await talking.let_go(SLOWLY_S)
    assert sink.heard("well") == [("well", "quote")]


@pytest.mark.faults("C4")
async def test_who_refuses_without_a_name_or_a_number_means_the_only_message_under_way(talk, sink, monkeypatch):
    talking = await talk(["day.x"])
    monkeypatch.setattr(talking.line, "send", asyncio.Event().wait)  # says nothing
    talking.talker._asked = {9: ("day.x",)}
    talking.talker.heard(Control("error", '{"why": "bad request"}'))
    assert [entry[1] for entry in sink.heard("trouble")] == ["day"]
    talking.talker._asked = {9: ("day.x",), 10: ("day.y",)}
    talking.talker.heard(Control("error", '{"why": "bad request"}'))
    assert len(sink.heard("trouble")) == 1, "nobody knows whom it means"


async def test_we_ping_where_the_venue_wants_it(talk):
    talking = await talk([], words=Pinging)
    assert talking.line.said == []
    await talking.let_go(PING_S)
    await talking.let_go(PING_S)
    assert [json.loads(text)["op"] for text in talking.line.said] == ["ping", "ping"]
    assert [json.loads(text)["number"] for text in talking.line.said] == [1, 2]


async def test_a_heartbeat_is_answered_before_whatever_waits(talk):
    talking = await talk([])
    talking.talker.again("trade.x")
    talking.talker.heard(Control("heartbeat", '{"reply": "still here"}'))
    await talking.turns()
    assert talking.line.said[0] == "still here"
    assert len(talking.line.said) == 3


async def test_a_topic_begins_anew_by_leaving_it(talk, sink):
    talking = await talk(["depth.x"])
    talking.talker.again("depth.x")
    await talking.turns()
    assert [json.loads(text)["op"] for text in talking.line.said] == ["subscribe", "unsubscribe", "subscribe"]
    assert talking.line.topics == [["depth.x"]] * 3
    assert sink.told == []


async def test_only_a_venue_that_is_moving_makes_us_move(talk):
    talking = await talk([])
    assert talking.talker.heard(Control("notice", '{"moving": true}')) is True
    assert talking.talker.heard(Control("answer", '{"number": 99}')) is False


@pytest.mark.faults("C6")
async def test_words_that_nobody_can_read_change_nothing(talk, sink):
    talking = await talk(NAMES)
    assert talking.talker.heard(Control("answer", "{")) is False
    assert sink.told == []
