"""Questions to a venue's REST interface: within its limits, patient with its moods, plain about its refusals.

What a venue's limits are and what its refusals look like is its room's ``manners.py``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

import httpx
import msgspec

from fbkit.errors import ConnectFailed, FeedError, RateLimited, VenueRefused, is_transient
from fbkit.feeds.backoff import Backoff
from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.feed import World
from fbkit.feeds.transport import check_url
from fbkit.feeds.weights import Budget
from fbkit.model import NS_S

log = logging.getLogger(__name__)

T = TypeVar("T")

#: A question is asked this often before it is given up; being told to wait does not count.
TRIES = 4

#: The largest answer believed; the longest instrument lists are some MB.
MOST_BYTES = 64 * 1024 * 1024


class Manners(Protocol):
    """A venue's limits and refusals; pure.

    ``budgets`` are by name, :class:`~fbkit.feeds.weights.Unlimited` where ``world.limited`` is false; ``budget_of``
    names the one a path costs. ``judge`` sees every answer: ``RateLimited`` in all its disguises, ``VenueRefused``, or
    ``None`` where the venue has nothing against it (``now`` in UTC ns). ``used`` is the budget and the units that the
    venue counted itself, ``None`` where it does not say.
    """

    def budgets(self, world: World) -> dict[str, Budget]: ...
    def budget_of(self, path: str) -> str: ...
    def judge(self, path: str, status: int, headers: Mapping[str, str], body: bytes, now: int) -> FeedError | None: ...
    def used(self, headers: Mapping[str, str]) -> tuple[str, int] | None: ...


def _nothing(path: str, body: bytes) -> None:
    pass


class Rest:
    """Asks, waits, asks again.

    ``on_body`` hears of each good answer, under its path with query (a POST's body as query): for captures.
    ``on_trouble`` hears of what makes us wait or ask again, and of ``None`` when there are answers again.
    """

    def __init__(self, venue: str, base: str, world: World, manners: Manners) -> None:
        check_url(base, "https", "http")
        self.venue, self.base = venue, base
        self._world, self._manners = world, manners
        self._budgets = manners.budgets(world)
        for budget in self._budgets.values():
            budget.allow(budget.limit * world.generosity)
        self.on_body: Callable[[str, bytes], None] = _nothing
        self.on_trouble: Callable[[FeedError | None], None] = lambda _error: None
        self._troubled = False

    def allow(self, budget: str, limit: int) -> None:
        """The venue states another limit than its documents."""
        self._budgets[budget].allow(limit)

    async def get(
        self, path: str, params: Mapping[str, str | int] = {}, *, weight: int = 1, share: float = 1.0
    ) -> bytes:
        """The answer's body.

        ``share`` is how much of the budget this kind of question may use up, so that a backfill leaves room for what
        is polled. Raises :class:`VenueRefused` for what asking again cannot mend, :class:`ConnectFailed` or
        :class:`VenueRefused` with status 5xx after the last try.
        """
        return await self._patiently("GET", path, params, weight, share)

    async def post(self, path: str, body: Mapping[str, Any], *, weight: int = 1, share: float = 1.0) -> bytes:
        """As :meth:`get`, with a JSON body."""
        return await self._patiently("POST", path, body, weight, share)

    async def _patiently(self, method: str, path: str, given: Mapping[str, Any], weight: int, share: float) -> bytes:
        budget = self._budgets[self._manners.budget_of(path)]
        backoff = Backoff(self._world.random)
        while True:
            await budget.take(weight, share)
            try:
                body = await self._ask(method, path, given)
            except RateLimited as error:
                if not self._world.limited:
                    raise
                log.warning("%s", error)
                self._tell(error)
                self._pause(error.retry_after_s)
            except FeedError as error:
                if not is_transient(error) or backoff.failures + 1 >= TRIES:
                    raise
                log.info("%s", error)
                self._tell(error)
                await self._world.sleep(backoff.next())
            else:
                self._tell(None)
                self.on_body(path_and_query(path, given), body)
                return body

    def _tell(self, error: FeedError | None) -> None:
        if error is not None or self._troubled:
            self._troubled = error is not None
            self.on_trouble(error)

    async def _ask(self, method: str, path: str, given: Mapping[str, Any]) -> bytes:
        try:
            if method == "GET":
                answer = await self._world.http.get(self.base + path_and_query(path, given), follow_redirects=False)
            else:
                content, headers = msgspec.json.encode(given), {"Content-Type": "application/json"}
                url = self.base + path
                answer = await self._world.http.post(url, content=content, headers=headers, follow_redirects=False)
        except httpx.HTTPError as error:
            raise ConnectFailed(self.venue, self.base + path, str(error) or type(error).__name__) from error
        return self._judged(path, answer)

    def _judged(self, path: str, answer: httpx.Response) -> bytes:
        status, body = answer.status_code, answer.content
        used = self._manners.used(answer.headers)
        if used is not None:
            self._budgets[used[0]].spent(used[1])
        if len(body) > MOST_BYTES:
            raise VenueRefused(self.venue, path, status, "size", f"an answer of {len(body)} bytes")
        error = self._manners.judge(path, status, answer.headers, body, self._world.clock.now())
        if error is None and (status != httpx.codes.OK or not is_json(body)):
            # Not its words but a proxy's: a page of HTML, or nothing (202 with an empty body is a firewall's).
            status = 503 if status < 300 else status
            error = VenueRefused(self.venue, path, status, "", answer.reason_phrase or "no words")
        if error is not None:
            raise error
        return body

    def _pause(self, seconds: float) -> None:
        """A limit is of our address: everything waits."""
        until = self._world.clock.now() + int(max(1.0, seconds) * NS_S)
        for budget in self._budgets.values():
            budget.pause(until)


def is_json(body: bytes) -> bool:
    """Whether a body can be JSON at all: a proxy's page or an empty body cannot.

    >>> is_json(b' {"a":1}'), is_json(b"<html>"), is_json(b"")
    (True, False, False)
    """
    return body[:64].lstrip()[:1] not in {b"", b"<"}


def path_and_query(path: str, given: Mapping[str, Any]) -> str:
    """Path and query, texts of any script percent-encoded; what a POST nests is JSON.

    >>> path_and_query("/fapi/v1/klines", {"symbol": "币安人生USDT", "limit": 5})
    '/fapi/v1/klines?symbol=%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT&limit=5'
    >>> path_and_query("/info", {"type": "candleSnapshot", "req": {"coin": "BTC"}})
    '/info?type=candleSnapshot&req=%7B%22coin%22%3A%22BTC%22%7D'
    """
    flat = {key: value if isinstance(value, str | int) else _text(value) for key, value in given.items()}
    return f"{path}?{urlencode(flat)}" if flat else path


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds of a ``Retry-After`` header, at least one; ``None`` where it holds no number.

    >>> retry_after_s({"Retry-After": "7"}), retry_after_s({"Retry-After": "0"}), retry_after_s({})
    (7.0, 1.0, None)
    """
    header = headers.get("Retry-After", "")
    return max(1.0, float(header)) if header.isdigit() else None


def understood(venue: str, path: str, body: bytes, read: Callable[[bytes], T]) -> T:
    """A page that must be read whole (an instrument list); another shape is a refusal, too.

    >>> understood("bybit", "/v5/market/time", b'[1]', msgspec.json.Decoder(list[int]).decode)
    [1]
    """
    try:
        return read(body)
    except MALFORMED as error:
        raise VenueRefused(venue, path, 200, "", f"an answer of another shape: {error}") from error
