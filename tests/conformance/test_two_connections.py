"""What is said twice, as over two connections, counts once; what is lost is missed once, and mended.

A move to a new connection lets both speak for a while: each frame comes, and comes again a little later.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fbkit.feeds.recorded import Frame, open_recording
from fbkit.feeds.recorded.reader import VenueReader
from fbkit.feeds.recorded.replay import READERS
from fbkit.feeds.venues import COUNTED, FEEDS
from fbkit.ingest.sequence import Sequence, Verdict
from fbkit.model import NS_S, Day, Event, Mark, OpenInterest, Quote
from tests.conformance.contract import events_of, frames_of

#: Fields that say when and where we heard something, not what was said.
_OURS = {"ts_recv", "seq", "origin"}

#: Hyperliquid's contexts bear no instant: what is said again is said anew, and nobody can tell.
UNDATED: dict[str, tuple[type, ...]] = {"hyperliquid": (Mark, OpenInterest, Day)}


def twice(frames: list[Frame], lag: int) -> Iterator[Frame]:
    """Every frame of a socket, and the same again ``lag`` frames later; what was asked for is answered once."""
    spoken = [frame for frame in frames if not frame.is_http]
    at, now = 0, 0
    for frame in frames:
        yield frame
        now = frame.ts_recv
        if not frame.is_http:
            if at >= lag:
                yield spoken[at - lag]._replace(ts_recv=now)
            at += 1
    yield from (frame._replace(ts_recv=now) for frame in spoken[-lag:])


def news(events: Iterable[Event], aside: tuple[type, ...]) -> list[tuple[Any, ...]]:
    """What ingest's sequence lets pass, without when we heard it, in an order of its own."""
    order = Sequence(COUNTED)
    passed = [event for event in events if order.judge(event, 0) is Verdict.NEWS and not isinstance(event, aside)]
    return sorted(
        (type(event).__name__, *(repr(getattr(event, name)) for name in event.__struct_fields__ if name not in _OURS))
        for event in passed
    )


def heard(frames: Iterable[Frame], reader: VenueReader) -> list[Event]:
    """The events of frames."""
    return [event for frame in frames for event in events_of(reader.read(frame))]


@pytest.mark.parametrize("venue", FEEDS)
@pytest.mark.parametrize("lag", [1, 40, 300])
def test_what_two_connections_say_counts_once(venue: str, lag: int) -> None:
    frames, aside, reader = frames_of(venue), UNDATED.get(venue, ()), READERS[venue]()
    both = news(heard(twice(frames, lag), reader), aside)
    assert reader.breaks == []
    assert both == news(heard(frames, READERS[venue]()), aside)


# -- what is lost ---------------------------------------------------------------------------------------------------


class Deltas(NamedTuple):
    """How a venue tells what changed in a book: whose change a message is, and a snapshot as of that change."""

    symbol: Callable[[Any], str]
    snapshot: Callable[[list[Frame], Frame], Frame]


def _bybit_symbol(message: Any) -> str:
    is_delta = message.get("type") == "delta" and message["topic"].startswith("orderbook.50.")
    return message["data"]["s"] if is_delta else ""


def _bybit_snapshot(_: list[Frame], change: Frame) -> Frame:
    return change._replace(payload=change.payload.replace(b'"delta"', b'"snapshot"'))


def _deribit_symbol(message: Any) -> str:
    data = message.get("params", {}).get("data", {})
    is_change = isinstance(data, dict) and data.get("type") == "change"
    return data["instrument_name"] if is_change else ""


def _deribit_snapshot(_: list[Frame], change: Frame) -> Frame:
    return change._replace(payload=change.payload.replace(b'"type":"change"', b'"type":"snapshot"'))


def _gate_symbol(message: Any) -> str:
    is_update = message.get("channel") == "futures.order_book_update" and message.get("event") == "update"
    return message["result"]["s"] if is_update else ""


def _gate_snapshot(frames: list[Frame], change: Frame) -> Frame:
    """Asked for over REST: the page of the beginning, with the number of now."""
    update = json.loads(change.payload)["result"]
    page = next(frame for frame in frames if frame.is_http and f"order_book?contract={update['s']}" in frame.url)
    body = json.loads(page.payload) | {"id": update["u"], "update": update["t"] / 1000}
    return page._replace(payload=json.dumps(body).encode(), ts_recv=change.ts_recv)


DELTAS = {
    "bybit": Deltas(_bybit_symbol, _bybit_snapshot),
    "deribit": Deltas(_deribit_symbol, _deribit_snapshot),
    "gate": Deltas(_gate_symbol, _gate_snapshot),
}


@pytest.mark.parametrize("venue", DELTAS)
def test_a_lost_change_of_a_book_breaks_it_once_and_the_next_snapshot_mends_it(venue: str) -> None:
    frames, how = frames_of(venue), DELTAS[venue]
    whose = ["" if frame.is_http else how.symbol(json.loads(frame.payload)) for frame in frames]
    symbol = next(filter(None, whose))
    changes = [at for at, found in enumerate(whose) if found == symbol]
    lost, mended = changes[len(changes) // 2], changes[len(changes) // 2 + 5]
    reader = READERS[venue]()
    heard(frames[:lost], reader)
    silent = heard(frames[lost + 1 : mended + 1], reader)
    again = heard([how.snapshot(frames, frames[mended]), *frames[mended + 1 :]], reader)
    name = reader.instruments.by_symbol[symbol].name
    assert [broken.instrument for broken in reader.breaks] == [name]
    assert [one.instrument for one in reader.mends] == [name]
    assert not any(_is_depth_of(event, name) for event in silent)
    assert any(_is_depth_of(event, name) for event in again)


@pytest.mark.parametrize("venue", sorted(FEEDS.keys() - DELTAS.keys()))
def test_where_a_book_is_told_whole_a_lost_frame_breaks_nothing(venue: str) -> None:
    frames, reader = frames_of(venue), READERS[venue]()
    tops = [event for event in heard(frames, READERS[venue]()) if isinstance(event, Quote) and event.levels]
    lost = tops[len(tops) // 2]
    part = heard((frame for frame in frames if frame.ts_recv != lost.ts_recv), reader)
    assert reader.breaks == []
    assert lost not in part
    # Not one other top is missing for long: the next frame is told instead.
    after = [
        event.ts_event for event in part if _is_depth_of(event, lost.instrument) and event.ts_event > lost.ts_event
    ]
    assert after[0] - lost.ts_event <= NS_S


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("binance_usdm/cryptofeed_BINANCE_FUTURES.jsonl.zst", b'"e":"depthUpdate"'),
        ("bybit_linear/cryptofeed_BYBIT_2026-08-09_BTC_DOGE.jsonl.zst", b'"type":"delta"'),
        ("okx/cryptofeed_OKX.jsonl.zst", b'"action":"update"'),
        ("bitget/cryptofeed_BITGET.jsonl.zst", b'"action":"update","arg":{"instType":"mc"'),
        ("deribit/cryptofeed_DERIBIT.jsonl.zst", b'"type":"change"'),
    ],
)
def test_a_change_left_out_of_a_real_recording_is_missed_once(real_data: Path, name: str, mark: bytes) -> None:
    recording = open_recording(real_data / name)
    frames = list(recording.frames())
    changes = [at for at, frame in enumerate(frames) if mark in frame.payload and b"book" in _kind(frame)]
    lost = changes[len(changes) // 4]
    reader = READERS[recording.venue]()
    heard(frames[:lost] + frames[lost + 1 :], reader)
    assert len(reader.breaks) == 1
    known = reader.instruments.by_name.get(reader.breaks[0].instrument)
    symbol = known.instrument.venue_symbol if known else reader.breaks[0].instrument
    assert symbol.encode() in frames[lost].payload


def _kind(frame: Frame) -> bytes:
    """What tells a book's frame from a ticker's."""
    return b"book" if b"depthUpdate" in frame.payload else frame.payload[:200]


def _is_depth_of(event: Event, name: str) -> bool:
    return isinstance(event, Quote) and event.levels > 0 and event.instrument == name
