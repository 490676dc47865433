"""Cassettes of VCR and its kin: YAML of REST questions and their answers."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from fbkit.errors import DamagedRecording
from fbkit.feeds.asking import path_and_query
from fbkit.feeds.recorded.lines import lines
from fbkit.feeds.recorded.recording import Frame, Recording
from fbkit.feeds.recorded.venue import venue_of
from fbkit.model import NS_S


def recognise(path: Path, first: bytes) -> Recording | None:
    """A recording, if the first line is in this shape."""
    if first.strip() != b"interactions:":
        return None
    return Recording(path, venue_of("", path), "cassette", _read)


def _read(recording: Recording) -> Iterator[Frame]:
    """An answer a frame; the instant is its ``date`` header, to the second."""
    text = b"".join(line for _, line in lines(recording.path))
    try:
        taped = msgspec.yaml.decode(text, type=dict[str, Any])["interactions"]
        found = [_frame(one, recording.venue) for one in taped]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise DamagedRecording(str(recording.path), 0, f"no cassette: {error!r}") from error
    yield from found


def _frame(one: dict[str, Any], venue: str) -> Frame:
    request, answer = one["request"], one["response"]
    parts = urlsplit(request["uri"])
    asked = f"{parts.path}?{parts.query}" if parts.query else parts.path
    if request["method"] == "POST":
        asked = path_and_query(parts.path, msgspec.json.decode(request["body"] or "{}", type=dict[str, Any]))
    date = parsedate_to_datetime(answer["headers"]["date"][0])
    payload = str(answer["body"]["string"]).encode()
    return Frame(int(date.timestamp()) * NS_S, "rest", payload, is_http=True, url=asked, venue=venue)
