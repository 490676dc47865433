"""The client: every word of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
import msgspec
import pandas as pd

from fbkit.client.frames import frame_of, opened
from fbkit.client.link import Link, in_words, link_to
from fbkit.client.messages import Message
from fbkit.client.stream import refused, stream
from fbkit.clock import iso, parse_utc
from fbkit.errors import ServerGone, SettingError
from fbkit.model import NS_S
from fbkit.model.timeframe import NS_US
from fbkit.settings import duration_ns

#: Items asked for at once.
_PART = 10_000

_HEALTH = ("venue", "channel", "state", "reason", "sentence", "age_s")

When = str | int | dt.datetime | None


class Client:
    """Asks a server what the desk asks its database, with the same words and frames.

    Frames have a UTC index, instants also in ns, missing numbers as NaN; ``attrs`` say ``market``, ``seed``, ``as_of``
    (the newest Beat), ``units`` and ``coverage``. ``since`` and ``until`` take RFC 3339 text, a datetime, UTC ns, or a
    duration back from ``as_of`` (``"2h"``). Safe to share between threads.

    Parameters
    ----------
    url : str, optional
        ``https://…``, ``http://127.0.0.1:8899``, or the whole link that ``fbkit up`` prints. Without it the server that
        runs in ``FBKIT_HOME``.
    token : str, optional
        Else that of the link, else ``FBKIT_TOKEN``.
    timeout_s : float
        How long an answer may take, in seconds.

    Raises :class:`~fbkit.errors.SettingError` where address or token will not do; every word raises
    :class:`~fbkit.errors.ServerGone` where nobody answers and :class:`~fbkit.errors.ApiRefused` where the answer is no.

    Examples
    --------
    >>> with Client() as client:                                    # doctest: +SKIP
    ...     client.summary(tf="5m")[["last", "loudest", "loudest_z"]]
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout_s: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._link: Link = link_to(url, token)
        self._http = httpx.Client(
            base_url=self._link.api,
            headers={"Authorization": f"token {self._link.token}"},
            timeout=timeout_s,
            transport=transport,
            trust_env=not self._link.here,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client of {self._link.url}>"

    def close(self) -> None:
        """Let go of the connection. Safe to call twice."""
        self._http.close()

    # -- what there is ----------------------------------------------------------------------------------------------

    def instruments(self) -> pd.DataFrame:
        """Every instrument listed, with units, multipliers and ``price_ratio``; ``attrs["offers"]`` by venue."""
        return self._list("instruments", None).set_index("name").sort_index()

    def history(
        self, instrument: str, tf: str = "1m", since: When = None, until: When = None, last: int | None = None
    ) -> pd.DataFrame:
        """Closed bars of one instrument by its full name, oldest first, labelled by their end t1; the ``last`` ones.

        >>> client.history("binance:BTC-USDT-PERP", tf="15m", since="2d")       # doctest: +SKIP
        """
        words = {"tf": tf, **self._span(since, until)}
        return self._list(f"history/{quote(instrument, safe='')}", "t1", words, last)[::-1]

    def metrics(self, tf: str = "15m") -> pd.DataFrame:
        """The newest metrics of every instrument; ``n_…`` values stood behind each, ``reasons`` are by column."""
        return self._list("metrics", "t1", {"tf": tf})

    def summary(self, tf: str = "15m") -> pd.DataFrame:
        """The newest state of every instrument: its bar, loudest Z, confluence and bias."""
        return self._list("summary", "t1", {"tf": tf})

    def across(
        self, coin: str, tf: str = "15m", since: When = None, until: When = None, last: int | None = None
    ) -> pd.DataFrame:
        """A coin over its venues, a row a bar, oldest first; the newest 10,000 at most unless ``since`` says more."""
        words = {"tf": tf, **self._span(since, until)}
        return self._list(f"across/{quote(coin, safe='')}", "t1", words, last)[::-1]

    def alerts(self, since: When = None, until: When = None, last: int | None = None) -> pd.DataFrame:
        """Alerts, oldest first, each with its sentence and ``inputs``; the ``last`` ones."""
        return self._list("alerts", "ts", self._span(since, until), last)[::-1]

    def gaps(self, since: When = None, until: When = None, last: int | None = None) -> pd.DataFrame:
        """Every period without data that overlaps the span, oldest first; ``t1`` is missing while one is open."""
        return self._list("gaps", "t0", self._span(since, until), last)[::-1]

    def scorecard(
        self,
        since: When = None,
        until: When = None,
        *,
        by: Sequence[str] | str = ("rule", "tier"),
        horizon: Sequence[str] | str | None = None,
    ) -> pd.DataFrame:
        """What came of alerts (of the last 30 days, unless ``since`` says otherwise), a row a group and horizon.

        >>> client.scorecard(by="rule", horizon=["15m", "1h"])[["rule", "says"]]    # doctest: +SKIP
        """
        words = {"by": in_words(by), **self._span(since, until)}
        return self._list("scorecard", None, words if horizon is None else words | {"horizon": in_words(horizon)})

    def rules(self) -> pd.DataFrame:
        """The rules that alerts are judged by, a row each, with their ``words``."""
        return self._list("rules", None)

    # -- how things are ---------------------------------------------------------------------------------------------

    def health(self) -> pd.DataFrame:
        """State of the whole (first row), then of each stream, with its reason, a sentence, and its age in seconds."""
        told = self._get("health")
        first = (told["reasons"] or [{"reason": "", "sentence": ""}])[0]
        whole = {"venue": "", "channel": "*", "state": told["state"]} | {
            name: first[name] for name in ("reason", "sentence")
        }
        streams = [{name: one[name] for name in _HEALTH} for one in told["streams"]]
        frame = pd.DataFrame([whole | {"age_s": None}, *streams], columns=list(_HEALTH))
        frame.attrs = {name: told[name] for name in ("market", "as_of", "uptime_percent", "uptime_as_of")}
        return frame

    def health_state(self) -> dict[str, Any]:
        """The whole in one dict: ``state``, ``reasons``, ``notes``, ``venues``, uptime and availability in percent."""
        return self._get("health")

    def status(self) -> dict[str, Any]:
        """What runs and how fast: the collector's newest Beat with its accounts, and the server's kernels."""
        return self._get("status")

    # -- as it comes ------------------------------------------------------------------------------------------------

    def stream(
        self, topics: Sequence[str] | str = ("live", "rows"), cursor: int | None = None
    ) -> AsyncIterator[Message]:
        """What the server says as it comes, for ever; a connection that is lost is made again.

        ``rows`` come a whole commit at a time, each once: keep ``message.cursor``, and a later stream with it goes on
        behind it. Without one it begins now. ``live`` are newest values, conflated.

        >>> async for message in client.stream("rows", cursor=kept):               # doctest: +SKIP
        ...     if isinstance(message, Rows):
        ...         kept = message.cursor
        """
        return stream(self._link, (topics,) if isinstance(topics, str) else tuple(topics), cursor)

    # -- asking -----------------------------------------------------------------------------------------------------

    def _list(
        self, route: str, time: str | None, words: Mapping[str, Any] | None = None, last: int | None = None
    ) -> pd.DataFrame:
        """A list, part by part: what comes in meanwhile moves none of it."""
        asked, items = dict(words or {}), list[dict[str, Any]]()
        while True:
            limit = _PART if last is None else min(_PART, last - len(items))
            body = self._get(route, asked | {"limit": limit, "offset": len(items)})
            items += body["items"]
            if len(body["items"]) < limit or len(items) == last:
                break
            if time is not None and body.get("until"):
                asked["until"] = body["until"]
        if route == "metrics":
            items = [opened(one) for one in items]
        return frame_of(items, body, time if items else None, ("name",) if route == "instruments" else ())

    def _get(self, route: str, words: Mapping[str, Any] | None = None) -> dict[str, Any]:
        try:
            answer = self._http.get(route, params=words)
        except httpx.HTTPError as error:
            raise ServerGone(self._link.url, str(error) or type(error).__name__) from error
        if not answer.is_success:
            raise refused(answer.status_code, answer.content)
        found: dict[str, Any] = msgspec.json.decode(answer.content)
        return found

    def _span(self, since: When, until: When) -> dict[str, str]:
        given = {"since": since, "until": until}
        return {name: self._instant(name, when) for name, when in given.items() if when is not None}

    def _instant(self, name: str, when: str | int | dt.datetime) -> str:
        if isinstance(when, int):
            return f"{iso(when)[:-1]}.{when % NS_S // NS_US:06d}Z"
        if isinstance(when, dt.datetime):
            return (when if when.tzinfo else when.replace(tzinfo=dt.UTC)).isoformat()
        if when[-1:] in "smhd" and when[:1].isdigit() and "-" not in when:
            return self._instant(name, max(0, self._as_of() - duration_ns(when, name)))
        try:
            parse_utc(when)
        except ValueError as error:
            raise SettingError(
                name, when, "an age such as 2h, or an instant such as 2026-11-22T14:00Z (UTC)"
            ) from error
        return when

    def _as_of(self) -> int:
        told = self._get("gaps", {"limit": 1})["as_of"]
        return 0 if told is None else parse_utc(told)
