"""Questions to Binance's REST interface: within its limits, patient with its moods, plain about its refusals.

Weights and limits: Binance USDⓈ-M Futures, "General Info", and as measured on 2026-10-07 (the UTC clock minute; two
separate budgets of requests in 5 minutes for funding and for ``/futures/data``).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from urllib.parse import urlencode

import httpx
import msgspec

from fbkit.errors import ConnectFailed, FeedError, RateLimited, VenueRefused, is_transient
from fbkit.feeds.backoff import Backoff
from fbkit.feeds.binance import VENUE
from fbkit.feeds.feed import World
from fbkit.feeds.transport import check_url
from fbkit.feeds.weights import Budget, ClockWindow, SlidingWindow, Unlimited
from fbkit.model import NS_MS, NS_S

log = logging.getLogger(__name__)

#: What the venue allows until its instrument list says otherwise.
WEIGHT_A_MINUTE = 2400
FUNDING_IN_5_MINUTES = 500
DATA_IN_5_MINUTES = 1000

#: No exchange multiplies its limits by this much overnight.
_GENEROUS = 10

_BANNED_UNTIL = re.compile(r"banned until (\d{12,14})")

#: A question is asked this often before it is given up; being told to wait does not count.
TRIES = 4

#: The largest answer believed; the instrument list is some 2 MB.
MOST_BYTES = 64 * 1024 * 1024


class _Refusal(msgspec.Struct):
    code: int | str = ""
    msg: str = ""


class Rest:
    """Asks, waits, asks again.

    >>> [path_and_query("/fapi/v1/klines", {"symbol": "币安人生USDT", "limit": 5})]
    ['/fapi/v1/klines?symbol=%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT&limit=5']
    """

    def __init__(self, base: str, world: World) -> None:
        check_url(base, "https", "http")
        self.base, self._world = base, world
        self.weight = self._clock_minute(WEIGHT_A_MINUTE)
        self.funding = self._five_minutes(FUNDING_IN_5_MINUTES)
        self.data = self._five_minutes(DATA_IN_5_MINUTES)

    def allow(self, weight: int) -> None:
        """The venue advertises another weight a minute.

        The other two limits are advertised nowhere. A venue that allows ten times the exchange's weight is a
        simulator, which multiplies them all alike.
        """
        self.weight.allow(weight)
        times = weight // WEIGHT_A_MINUTE
        if times >= _GENEROUS:
            self.funding.allow(FUNDING_IN_5_MINUTES * times)
            self.data.allow(DATA_IN_5_MINUTES * times)

    async def get(self, path: str, params: Mapping[str, str | int], *, weight: int = 1, share: float = 1.0) -> bytes:
        """The answer's body.

        ``share`` is how much of the budget this kind of question may use up, so that a backfill leaves room for what
        is polled. Raises :class:`VenueRefused` for what asking again cannot mend, :class:`ConnectFailed` or
        :class:`VenueRefused` with status 5xx after the last try.
        """
        budget = self._budget(path)
        backoff = Backoff(self._world.random)
        while True:
            await budget.take(weight, share)
            try:
                return await self._ask(path, params)
            except RateLimited as error:
                if not self._world.limited:
                    raise
                log.warning("%s", error)
                self._pause(error.retry_after_s)
            except FeedError as error:
                if not is_transient(error) or backoff.failures + 1 >= TRIES:
                    raise
                log.info("%s", error)
                await self._world.sleep(backoff.next())

    async def _ask(self, path: str, params: Mapping[str, str | int]) -> bytes:
        url = self.base + path_and_query(path, params)
        try:
            answer = await self._world.http.get(url, follow_redirects=False)
        except httpx.HTTPError as error:
            raise ConnectFailed(VENUE, self.base + path, str(error) or type(error).__name__) from error
        used = answer.headers.get("X-MBX-USED-WEIGHT-1M", "")
        if used.isdigit():
            self.weight.spent(int(used))
        if answer.status_code in {418, 429}:
            raise RateLimited(VENUE, path, self._wait_s(answer))
        if answer.status_code != httpx.codes.OK:
            raise _refused(path, answer)
        if len(answer.content) > MOST_BYTES:
            raise VenueRefused(VENUE, path, answer.status_code, "size", f"an answer of {len(answer.content)} bytes")
        return answer.content

    def _wait_s(self, answer: httpx.Response) -> float:
        """How long the venue wants us away: its header, else the instant in its words, else to the next minute."""
        header = answer.headers.get("Retry-After", "")
        if header.isdigit():
            return max(1.0, float(header))
        now = self._world.clock.now()
        banned = _BANNED_UNTIL.search(answer.text)
        if banned:
            return max(1.0, (int(banned[1]) * NS_MS - now) / NS_S)
        to_next_minute = 60 - now // NS_S % 60
        return float(to_next_minute if answer.status_code == 429 else max(120, to_next_minute))

    def _pause(self, seconds: float) -> None:
        """A limit is of our address: everything waits."""
        until = self._world.clock.now() + int(seconds * NS_S)
        for budget in (self.weight, self.funding, self.data):
            budget.pause(until)

    def _budget(self, path: str) -> Budget:
        if path.startswith("/futures/data/"):
            return self.data
        return self.funding if path in {"/fapi/v1/fundingRate", "/fapi/v1/fundingInfo"} else self.weight

    def _clock_minute(self, limit: int) -> Budget:
        if not self._world.limited:
            return Unlimited()
        return ClockWindow(limit, 60, self._world.clock, self._world.sleep)

    def _five_minutes(self, limit: int) -> Budget:
        if not self._world.limited:
            return Unlimited()
        return SlidingWindow(limit, 300, self._world.clock, self._world.sleep)


def path_and_query(path: str, params: Mapping[str, str | int]) -> str:
    """Path and query, symbols of any script percent-encoded."""
    return f"{path}?{urlencode(params)}" if params else path


def _refused(path: str, answer: httpx.Response) -> VenueRefused:
    try:
        refusal = msgspec.json.decode(answer.content, type=_Refusal)
        return VenueRefused(VENUE, path, answer.status_code, str(refusal.code), refusal.msg)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        # Not its words but a proxy's: a page of HTML, or nothing (202 with an empty body is a firewall's).
        status = 503 if answer.status_code < 300 else answer.status_code
        return VenueRefused(VENUE, path, status, "", answer.reason_phrase or "no words")
