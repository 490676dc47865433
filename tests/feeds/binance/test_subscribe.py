"""Saying SUBSCRIBE, and hearing no."""

import asyncio
import itertools
import json

import pytest

from fbkit.feeds.binance.subscribe import PAUSE_S, SLOWLY_S, Subscriber
from fbkit.model import Control


class Line:
    """A connection whose venue refuses some streams."""

    def __init__(self, refused):
        self.refused = refused
        self.said = []
        self.subscriber = None

    async def send(self, text):
        message = json.loads(text)
        self.said.append(message["params"])
        assert message["method"] == "SUBSCRIBE"
        answer = {"result": None, "id": message["id"]}
        if self.refused & set(message["params"]):
            answer = {"error": {"code": 2, "msg": "Invalid request"}, "id": message["id"]}
        kind = "error" if "error" in answer else "answer"
        asyncio.get_running_loop().call_soon(self.subscriber.heard, Control(kind, json.dumps(answer)))

    async def close(self):
        pass


@pytest.fixture
def talk(sink, make_test_world):
    slowly = asyncio.Event()
    pauses = []

    async def sleep(seconds):
        pauses.append(seconds)
        if seconds == SLOWLY_S:
            await slowly.wait()
            slowly.clear()
        await asyncio.sleep(0)

    async def run(batches, refused, then=lambda: None, rounds=60):
        world, _ = make_test_world(sleep=sleep)
        line = Line(set(refused))
        line.subscriber = Subscriber(batches, sink, world, itertools.count(1).__next__)
        task = asyncio.create_task(line.subscriber.run(line))
        for _ in range(rounds):
            await asyncio.sleep(0)
        if then is not None and then() is not False:
            line.refused.clear()
            slowly.set()
            for _ in range(rounds):
                await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return line, pauses

    return run


async def test_messages_are_paced_below_ten_a_second(talk):
    line, pauses = await talk([["a@aggTrade"], ["b@aggTrade"]], [])
    assert line.said == [["a@aggTrade"], ["b@aggTrade"]]
    assert [pause for pause in pauses if pause != SLOWLY_S] == [PAUSE_S] * 2
    assert PAUSE_S >= 0.1


@pytest.mark.faults
async def test_one_refused_stream_is_found_and_the_others_run(talk, sink):
    names = [f"c{number}@aggTrade" for number in range(8)]
    line, _ = await talk([names], ["c5@aggTrade"], then=lambda: False)
    [(_, channel, reason, sentence)] = sink.heard("trouble")
    assert (channel, reason) == ("trade", "refused")
    assert "c5@aggTrade" in sentence
    accepted = [name for said in line.said for name in said if "c5@aggTrade" not in said]
    assert sorted(accepted) == [name for name in names if name != "c5@aggTrade"]
    assert sink.heard("well") == []


@pytest.mark.faults
async def test_a_refused_stream_is_asked_for_again_slowly_and_is_well_when_it_is_not_refused(talk, sink):
    line, pauses = await talk([["c5@bookTicker"]], ["c5@bookTicker"])
    assert line.said == [["c5@bookTicker"]] * 2
    assert SLOWLY_S in pauses
    assert sink.told[-1] == ("well", "quote")


async def test_words_that_are_no_answer_do_not_matter(sink, make_test_world):
    world, _ = make_test_world()
    subscriber = Subscriber([], sink, world, itertools.count(1).__next__)
    for detail in ("", "{", "[]", '{"id":"x"}', '{"id":99,"result":null}'):
        subscriber.heard(Control("answer", detail))
    assert sink.told == []
