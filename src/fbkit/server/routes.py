"""Which questions HTTP asks, and which words each understands. ``openapi.yaml`` says the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from fbkit.errors import UnknownName
from fbkit.server.answer import Answer
from fbkit.server.manager import Manager
from fbkit.server.page import PART, TIMES, Page

#: The one route that is answered in text.
SCRAPED = "prometheus"


class Route(NamedTuple):
    """A question, and the words it understands behind ``?``."""

    ask: Callable[..., Awaitable[Answer]]
    words: tuple[str, ...] = ()


async def _nowhere(_page: Page, route: str) -> Answer:
    raise UnknownName("route", f"/fbkit/api/{route}")


#: The question nobody asks: a route that is none is said as JSON too.
NOWHERE = Route(_nowhere, ("tf", *TIMES, *PART))


def routes(manager: Manager) -> dict[str, Route]:
    """Every route by its pattern below ``/fbkit/api/``."""
    newest, past = ("tf", *PART), (*TIMES, *PART)
    return {
        "health": Route(manager.health),
        "status": Route(manager.status),
        "instruments": Route(manager.instruments, PART),
        "metrics": Route(manager.metrics, newest),
        "summary": Route(manager.summary, newest),
        "quant/summary": Route(manager.summary, newest),
        "history/([^/]+)": Route(manager.history, ("tf", *past)),
        "across/([^/]+)": Route(manager.across, ("tf", *past)),
        "gaps": Route(manager.gaps, past),
        "alerts": Route(manager.alerts, past),
        "scorecard": Route(manager.scorecard, ("by", "horizon", *past)),
        "rules": Route(manager.rules, PART),
        "reports": Route(manager.reports, PART),
        "continuity": Route(manager.continuity, PART),
        SCRAPED: Route(manager.prometheus),
    }
