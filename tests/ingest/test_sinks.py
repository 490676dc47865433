"""Where alerts go: a webhook that fails, hangs and comes back keeps nobody waiting, and tells no secret."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from msgspec import structs
from pydantic import SecretStr

from fbkit.engine import Closed
from fbkit.errors import SettingError
from fbkit.ingest.pipeline import Cut
from fbkit.ingest.sinks import Webhook, write_to_log
from fbkit.model import AlertRow, Beat, Market, MetricRow
from fbkit.settings import load_settings
from tests.ingest.test_collector import ScriptedFeed, made, steady

SECRET = "s3cr3t-token"
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
NOON = 1_767_268_800_000_000_000


def alert(number: int) -> AlertRow:
    return AlertRow(
        2**52 + number, NOON, "okx:BTC-USDT-PERP", "5m", NOON, 2, "confluence",
        "up", "score_long", 1.0, 1.0, 3, 0.95, f"sentence {number}", '{"side": "long", "conditions": []}',
    )  # fmt: skip


class Listening:
    """A server on this machine whose every answer is scripted: a status, or ``None`` for silence."""

    def __init__(self) -> None:
        self.script: list[int | None] = []
        self.bodies: list[dict[str, Any]] = []
        self.asked = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._busy: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._hear, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in self._busy:
                writer.close()
            await self._server.wait_closed()
            self._server = None

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._busy.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(LENGTH.search(head)[1])  # type: ignore[index]  # - a POST says it
                body = await reader.readexactly(length)
                self.asked += 1
                status = self.script.pop(0) if self.script else 204
                if status is None:
                    await reader.read()  # until the other side has had enough
                    return
                if status == 204:
                    self.bodies.append(json.loads(body))
                writer.write(f"HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._busy.discard(writer)
            writer.close()


class Told:
    """Health, as far as the webhook tells it."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def trouble(self, venue: str, channel: str, reason: str, sentence: str) -> None:
        assert (venue, channel, reason) == ("", "webhook", "webhook")
        self.sentences.append(sentence)

    def well(self, venue: str, channel: str) -> None:
        self.sentences.append("well")


class Here:
    """A webhook, its server, and the pauses it asked for instead of taking them."""

    def __init__(self, server: Listening) -> None:
        self.server, self.told, self.pauses = server, Told(), list[float]()
        self.on_pause: Callable[[], None] = lambda: None

    def webhook(self, timeout_s: float = 5.0, **more: Any) -> Webhook:
        url = SecretStr(f"http://127.0.0.1:{self.server.port}/hook/{SECRET}?key={SECRET}")
        self.hook = Webhook(
            url, Market.SIMULATED, self.told, sleep=self._pause, jitter=lambda: 1.0, timeout_s=timeout_s, **more
        )
        self.task = asyncio.ensure_future(self.hook.run())
        return self.hook

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.on_pause()
        await asyncio.sleep(0)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds():  # noqa: ASYNC110 - whatever is waited for sets no event
                await asyncio.sleep(0.005)

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.hook.close()


@pytest.fixture
async def here() -> AsyncIterator[Here]:
    server = Listening()
    await server.start()
    found = Here(server)
    yield found
    await server.stop()


async def test_alerts_below_the_least_tier_are_not_sent_and_do_not_wait(here: Here) -> None:
    hook = here.webhook(least_tier=3)
    tiers = [structs.replace(alert(n), tier=n) for n in range(1, 7)]
    hook.tell(tiers)
    await here.until(lambda: hook.counts["sent"] == 4)
    assert [body["tier"] for body in here.server.bodies] == [3, 4, 5, 6]
    hook.tell(tiers[:2])
    assert hook.counts == {"sent": 4, "refused": 0, "dropped": 0, "waiting": 0}
    await here.end()


@pytest.mark.parametrize("tier", ["0", "7", "loud"])
def test_a_least_tier_that_is_none_is_one_message(tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FBKIT_WEBHOOK_TIER", tier)
    with pytest.raises(SettingError, match="webhook_tier"):
        load_settings()


async def test_an_alert_is_sent_with_its_sentence_its_market_and_every_input(here: Here) -> None:
    hook = here.webhook()
    hook.tell([alert(1), alert(2)])
    await here.until(lambda: hook.counts["sent"] == 2)
    first = here.server.bodies[0]
    assert (first["market"], first["sentence"], first["tier"]) == ("SIMULATED", "sentence 1", 2)
    assert first["text"] == "SIMULATED · tier 2 · okx:BTC-USDT-PERP 5m · sentence 1"
    assert first["inputs"] == {"side": "long", "conditions": []}
    assert (first["alert_id"], first["ts"]) == (str(2**52 + 1), "2026-01-01T12:00:00Z")
    assert [body["sentence"] for body in here.server.bodies] == ["sentence 1", "sentence 2"]
    await here.end()


async def test_a_server_that_fails_hangs_and_comes_back_gets_every_alert_once_and_in_order(here: Here) -> None:
    here.server.script = [500, 503, 429, None, None, 204, 502]
    hook = here.webhook(timeout_s=0.4)
    hook.tell([alert(n) for n in range(5)])
    await here.until(lambda: hook.counts["sent"] == 5)
    assert [body["sentence"] for body in here.server.bodies] == [f"sentence {n}" for n in range(5)]
    assert hook.counts == {"sent": 5, "refused": 0, "dropped": 0, "waiting": 0}
    assert here.pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 1.0], "doubled, and back to the start once it was taken"
    assert "answered 500; 5 alerts wait" in here.told.sentences[0]
    assert "no answer in time" in here.told.sentences[3]
    assert here.told.sentences[-1] == "well"
    await here.end()


async def test_a_server_that_is_away_is_waited_for_up_to_a_minute_a_time(here: Here) -> None:
    await here.server.stop()
    hook = here.webhook()
    hook.tell([alert(1)])
    await here.until(lambda: len(here.pauses) >= 9)
    assert max(here.pauses) == 60.0
    assert "not reached" in here.told.sentences[0]
    await here.server.start()
    await here.until(lambda: hook.counts["sent"] == 1)
    await here.end()


async def test_what_is_refused_is_said_and_not_repeated(here: Here) -> None:
    here.server.script = [404, 301]
    hook = here.webhook()
    hook.tell([alert(1), alert(2), alert(3)])
    await here.until(lambda: hook.counts["sent"] == 1)
    assert hook.counts == {"sent": 1, "refused": 2, "dropped": 0, "waiting": 0}
    assert here.pauses == []
    assert "refused an alert with 404" in here.told.sentences[0]
    await here.end()


async def test_telling_never_waits_and_no_more_than_the_bound_is_kept(here: Here) -> None:
    here.server.script = [None] * 3
    hook = here.webhook(timeout_s=0.4, bound=10)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for n in range(100):
        hook.tell([alert(n)])
    assert loop.time() - began < 0.1
    assert hook.counts == {"sent": 0, "refused": 0, "dropped": 90, "waiting": 10}
    await here.until(lambda: hook.counts["sent"] == 10)
    assert [body["sentence"] for body in here.server.bodies] == [f"sentence {n}" for n in range(90, 100)]
    await here.end()


async def test_at_the_end_what_waits_is_tried_once_more_and_what_is_left_is_said(
    here: Here, caplog: pytest.LogCaptureFixture
) -> None:
    hook = here.webhook()
    here.task.cancel()
    hook.tell([alert(1), alert(2)])
    await hook.close()
    assert hook.counts["sent"] == 2
    here.server.script = [503]
    hook = here.webhook()
    here.task.cancel()
    hook.tell([alert(3)])
    await hook.close()
    assert "1 alerts were not taken by the webhook at 127.0.0.1" in caplog.text


async def test_the_address_is_a_secret_in_every_log_and_sentence(here: Here, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "httpx")
    here.server.script = [500, 404]
    hook = here.webhook()
    hook.tell([alert(1), alert(2)])
    await here.until(lambda: hook.counts["sent"] == 1)
    await here.end()
    assert "HTTP Request" in caplog.text, "httpx told of its requests"
    assert SECRET not in caplog.text
    assert SECRET not in " ".join(here.told.sentences)
    assert SECRET not in repr(vars(hook))


def test_each_alert_is_a_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    write_to_log([alert(1)], Market.RECORDED)
    assert caplog.messages == ["RECORDED · tier 2 · okx:BTC-USDT-PERP 5m · sentence 1"]


async def test_a_collector_tells_its_webhook_what_the_store_has(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FBKIT_WEBHOOK", f"http://127.0.0.1:{here.server.port}/{SECRET}")
    collector = made(load_settings(cadence_ms=0), ScriptedFeed(steady))
    running = asyncio.create_task(collector.run())
    await here.until(lambda: collector.stored > 0)
    beat = Beat("", NOON, NOON, 1)
    closed = Closed([], [closed_row()], [], 0, [])
    collector._acknowledged(Cut([], [alert(7)], closed, {}, beat, []), 1)
    collector._acknowledged(Cut([], [], closed, {}, beat, []), 1)
    await here.until(lambda: len(here.server.bodies) == 1)
    collector.stop()
    await running
    assert [body["sentence"] for body in here.server.bodies] == ["sentence 7"]
    assert collector.webhook is not None
    assert collector.webhook.counts == {"sent": 1, "refused": 0, "dropped": 0, "waiting": 0}


def closed_row() -> MetricRow:
    return MetricRow("okx:BTC-USDT-PERP", "5m", NOON, (), (), (), 1.0)
