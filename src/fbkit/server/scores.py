"""What came of alerts, as HTTP tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fbkit.clock import iso
from fbkit.errors import SettingError
from fbkit.model import NS_DAY, NS_MIN, Span, floor_to
from fbkit.server.answer import Answer, tell
from fbkit.server.page import Page
from fbkit.server.plain import plain

if TYPE_CHECKING:
    from fbkit.store import Store

#: Of the random instants; the same seed, the same score.
SEED = 7

#: A bar is stored within so much after its end; until then it is not missing.
_SETTLES_NS = NS_MIN

#: Alerts older than this are left out unless ``since`` asks for them: each instrument's minutes are read.
_LATELY_NS = 30 * NS_DAY


def scored(store: Store, page: Page, now: int, min_coverage: float) -> Answer:
    """One row a group of alerts and horizon, against random instants of the same instruments.

    ``now`` (UTC ns) is how far the market has come. Groups and horizons are ``by`` and ``horizon`` of the page.
    """
    import numpy as np  # with pandas below: a start need not wait for them

    from fbkit.scorecard import UNITS, Asked, checked, first_minute, scorecard, stored_minutes

    groups, horizons = checked(("rule", "tier") if page.by is None else page.by, page.horizon)
    as_of = floor_to(now - _SETTLES_NS, NS_MIN)
    span = Span(max(0, now - _LATELY_NS) if page.span.since is None else page.span.since, page.span.until)
    if span.until is not None and span.until < (span.since or 0):
        raise SettingError("until", iso(span.until), "an instant of the last 30 days, or one with since before it")
    alerts = store.rows("alerts", span=span)
    asked = Asked(horizons, as_of, min_coverage, span.until)
    first = alerts["ts"].min() if len(alerts) else as_of
    begin = int(first_minute(np.array([first], dtype=np.int64))[0]) * NS_MIN
    minutes = stored_minutes(store, Span(begin, max(begin, as_of)))
    frame = scorecard(alerts, minutes, asked, np.random.default_rng(SEED), by=groups)
    said: dict[str, Any] = {
        "coverage": plain(frame.attrs["coverage"]),
        "n_base": frame.attrs["n_base"],
        "seed_base": SEED,
        "known_until": iso(as_of),
        "since": iso(span.since or 0),
        "until": None if span.until is None else iso(span.until),
    }
    rows = frame.to_dict("records")
    return tell(store, rows[page.offset : page.end], len(rows), dict(UNITS), said)
