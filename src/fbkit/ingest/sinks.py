"""Where alerts go once the store has them: a log, and a webhook that nobody waits for."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
import msgspec
from pydantic import SecretStr

from fbkit.clock import iso
from fbkit.feeds.backoff import Backoff
from fbkit.model import AlertRow, Market

log = logging.getLogger(__name__)

#: So many alerts wait for the webhook; then the oldest are dropped, and counted.
BOUND = 1000

_TIMEOUT_S = 10.0

#: Asked to slow down or wait: tried again, like 5xx.
_LATER = frozenset({408, 425, 429})

#: What is left at the end gets so long.
_LAST_S = 1.0


def write_to_log(alerts: Sequence[AlertRow], market: Market) -> None:
    """Each alert as a line."""
    for alert in alerts:
        log.info("%s", text_of(alert, market))


def text_of(alert: AlertRow, market: Market) -> str:
    """An alert in one line: market, tier, instrument, timeframe, sentence.

    >>> row = AlertRow(1, 0, "okx:BTC-USDT-PERP", "1m", 0, 1, "z", "up", "z_ret_60", 4.0, 3.0, 60, 1.0, "Return Z +4.0")
    >>> text_of(row, Market.SIMULATED)
    'SIMULATED · tier 1 · okx:BTC-USDT-PERP 1m · Return Z +4.0'
    """
    return f"{market} · tier {alert.tier} · {alert.instrument} {alert.tf} · {alert.sentence}"


def body_of(alert: AlertRow, market: Market) -> dict[str, Any]:
    """An alert as it is sent: instants as RFC 3339, the id as text (a browser's number cannot hold every id)."""
    facts: dict[str, Any] = msgspec.to_builtins(alert)
    return facts | {
        "market": str(market),
        "text": text_of(alert, market),
        "alert_id": str(alert.alert_id),
        "ts": iso(alert.ts),
        "t1": iso(alert.t1),
        "inputs": msgspec.json.decode(alert.inputs),
    }


class _Health(Protocol):
    def trouble(self, venue: str, channel: str, reason: str, sentence: str) -> None: ...
    def well(self, venue: str, channel: str) -> None: ...


class Webhook:
    """Sends alerts one after the other, in their order; tries again, ever more slowly, while nobody takes them.

    Alerts below ``least_tier`` are not its business. Answers of 5xx, 408, 425, 429 and silence are tried again; another
    refusal is not, and is said. ``counts`` tells what became of the others: ``sent refused dropped``, and ``waiting``.
    The address is a secret: only its host is shown.
    """

    def __init__(  # noqa: PLR0913 - the world it lives in is given, all by name
        self,
        url: SecretStr,
        market: Market,
        health: _Health,
        *,
        least_tier: int = 1,
        http: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        bound: int = BOUND,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        self._url, self._market, self._health, self._least_tier = url, market, health, least_tier
        self._http = http or httpx.AsyncClient(timeout=None, follow_redirects=False)  # noqa: S113 - timed by _try
        self._sleep, self._bound, self._timeout_s = sleep, bound, timeout_s
        self._backoff = Backoff(jitter, first_s=1.0, cap_s=60.0)
        self._waiting: deque[AlertRow] = deque()
        self._under_way: AlertRow | None = None
        self._more = asyncio.Event()
        self._sent = self._refused = self._dropped = 0
        self.host = urlsplit(url.get_secret_value()).hostname or ""
        self._quiet = _Hide(url.get_secret_value(), f"the webhook at {self.host}")
        logging.getLogger("httpx").addFilter(self._quiet)

    @property
    def counts(self) -> dict[str, int]:
        """What became of the alerts handed over so far."""
        return {"sent": self._sent, "refused": self._refused, "dropped": self._dropped, "waiting": self._left}

    @property
    def _left(self) -> int:
        return len(self._waiting) + (self._under_way is not None)

    def tell(self, alerts: Sequence[AlertRow]) -> None:
        """Take alerts of the least tier and above; returns at once."""
        self._waiting.extend(alert for alert in alerts if alert.tier >= self._least_tier)
        while len(self._waiting) > self._bound:
            self._waiting.popleft()
            self._dropped += 1
        if self._waiting:
            self._more.set()

    async def run(self) -> None:
        """Send what waits, for ever; ends by cancel."""
        while True:
            await self._more.wait()
            while (alert := self._take_next()) is not None:
                await self._send(alert)
            self._more.clear()

    async def close(self) -> None:
        """Try what is left once more, briefly, and end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_S):
                while (alert := self._take_next()) is not None and await self._try(alert) is None:
                    self._under_way = None
        if self._left:
            log.warning("%d alerts were not taken by the webhook at %s; the store has them", self._left, self.host)
        logging.getLogger("httpx").removeFilter(self._quiet)
        await self._http.aclose()

    def _take_next(self) -> AlertRow | None:
        """The alert to be sent: the one under way, else the oldest that waits."""
        if self._under_way is None and self._waiting:
            self._under_way = self._waiting.popleft()
        return self._under_way

    async def _send(self, alert: AlertRow) -> None:
        """Once; where it is to be tried again, after a pause."""
        why = await self._try(alert)
        if why is None:
            self._under_way = None
            return
        wait_s = self._backoff.next()
        lost = f" ({self._dropped} dropped)" if self._dropped else ""
        self._say(f"{why}; {self._left} alerts wait{lost}, tried again in {wait_s:.0f} s")
        await self._sleep(wait_s)

    async def _try(self, alert: AlertRow) -> str | None:
        """``None`` when the alert is done with, else why it is not."""
        body = msgspec.json.encode(body_of(alert, self._market))
        headers = {"content-type": "application/json"}
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._http.post(self._url.get_secret_value(), content=body, headers=headers)
        except TimeoutError:
            return "no answer in time"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return f"not reached ({type(error).__name__})"
        if answer.is_success:
            self._sent += 1
            self._backoff.reset()
            self._health.well("", "webhook")
            return None
        if answer.is_server_error or answer.status_code in _LATER:
            return f"answered {answer.status_code}"
        self._refused += 1
        self._say(f"refused an alert with {answer.status_code}, which is not repeated; check the address")
        return None

    def _say(self, what: str) -> None:
        self._health.trouble("", "webhook", "webhook", f"the webhook at {self.host}: {what}.")


class _Hide(logging.Filter):
    """Keeps a secret address out of what a library logs of its requests."""

    def __init__(self, secret: str, instead: str) -> None:
        super().__init__()
        self._secret, self._instead = secret, instead

    def filter(self, record: logging.LogRecord) -> bool:
        """Pass every record, without the secret."""
        text = record.getMessage()
        if self._secret in text:
            record.msg, record.args = text.replace(self._secret, self._instead), ()
        return True
