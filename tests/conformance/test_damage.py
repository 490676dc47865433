"""Whatever a venue sends, nothing raises and nothing absurd passes: each field in turn, and pages as well as frames.

Frames mutated by chance are in :mod:`tests.conformance.contract`.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fbkit.feeds.recorded import Frame
from fbkit.feeds.recorded.reader import VenueReader
from fbkit.feeds.recorded.replay import READERS
from fbkit.feeds.venues import FEEDS
from tests.conformance.contract import events_of, frames_of, fresh_parser, parsed, sane, shape_of, spoken
from tests.conformance.mutations import mutated, places_of, replace_at

#: What venues write for "no number", and a word nobody knows.
NOTHING = ("nan", "inf", "-inf", "", "nobody")

#: Of a list that many are changed: rows are alike, and a level or a candle is a list itself.
FEW = 5

#: Rows of a page that are kept: what happens to one may happen to all.
ROWS = 3


def fields_of(message: Any) -> list[tuple[Any, ...]]:
    """The place of every value that is neither an object nor a list; of a list's rows those of the first few."""
    return [
        place
        for place in places_of(message)
        if not any(isinstance(step, int) and step >= FEW for step in place)
        and not isinstance(at(message, place), dict | list)
    ]


def at(message: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        message = message[step]
    return message


def shapes(venue: str) -> list[bytes]:
    """One frame of each shape."""
    return list(
        {shape_of(parsed(payload)): payload for payload in spoken(venue) if parsed(payload) is not None}.values()
    )


@pytest.mark.parametrize("venue", FEEDS)
def test_no_field_of_any_frame_may_be_nothing_unnoticed(venue: str) -> None:
    checked, ts = 0, frames_of(venue)[-1].ts_recv
    for payload in shapes(venue):
        message = json.loads(payload)
        for place in fields_of(message):
            parser = fresh_parser(venue)
            parser.frame(payload, ts)
            for nothing in NOTHING:
                changed = copy.deepcopy(message)
                replace_at(changed, place, nothing)
                items = parser.frame(json.dumps(changed).encode(), ts)
                names = {known.name for known in parser.instruments}
                assert items, (place, nothing)
                assert [wrong for event in events_of(items) if (wrong := sane(event, names))] == [], (place, nothing)
                checked += 1
    assert checked > 200


def trimmed(value: Any) -> Any:
    """A page with a few rows of each list."""
    if isinstance(value, dict):
        return {key: trimmed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [trimmed(one) for one in value[:ROWS]]
    return value


def pages(venue: str) -> list[Frame]:
    """One answer of each page, trimmed."""
    found = {
        frame.url.partition("?")[0] + shape_of(parsed(frame.payload))[:99]: frame
        for frame in frames_of(venue)
        if frame.is_http
    }
    return [frame._replace(payload=json.dumps(trimmed(json.loads(frame.payload))).encode()) for frame in found.values()]


def check(reader: VenueReader, frame: Frame) -> None:
    """A frame is read, and everything that comes of it is sane."""
    items = reader.read(frame)
    names = {known.name for known in reader.instruments}
    assert items
    assert [wrong for event in events_of(items) if (wrong := sane(event, names))] == [], frame


@pytest.mark.parametrize("venue", FEEDS)
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(data=st.data())
def test_whatever_a_page_says_nothing_raises_and_nothing_absurd_passes(venue: str, data: st.DataObject) -> None:
    page = data.draw(st.sampled_from(pages(venue)))
    reader = READERS[venue]()
    check(reader, page._replace(payload=data.draw(mutated([page.payload]))))
    for payload in spoken(venue)[::4]:
        # An instrument list that lies must not make sense of what comes after it absurd.
        check(reader, page._replace(is_http=False, payload=payload))
