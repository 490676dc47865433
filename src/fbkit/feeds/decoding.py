"""What every venue's parser decodes with: bounded numbers, rows set aside one by one, ids out of texts.

Prices, sizes, ids and instants are bounded, so that what passes is finite, not negative, and fits our integers.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from hashlib import blake2b
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from fbkit.model import SAMPLE_BYTES, Item, Rejected

R = TypeVar("R")

Price = Annotated[float, Meta(gt=0, lt=1e15)]
Amount = Annotated[float, Meta(ge=0, lt=1e18)]
Size = Annotated[float, Meta(gt=0, lt=1e18)]
Number = Annotated[float, Meta(gt=-1e18, lt=1e18)]
Millis = Annotated[int, Meta(ge=0, le=9_000_000_000_000)]
Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Level = tuple[Price, Amount]

#: What a decoder raises, whatever it is fed; ``RecursionError`` is for JSON nested beyond reason.
MALFORMED = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)

_int64 = struct.Struct(">q")
_raws = msgspec.json.Decoder(list[msgspec.Raw])


def number(text: object) -> float | None:
    """A decimal that may be empty; ``None`` for what is no finite number.

    >>> number("0.00019799"), number(""), number("nan"), number(None)
    (0.00019799, None, None, None)
    """
    try:
        found = float(text)  # type: ignore[arg-type]  # what is no number is what the except is for
    except (TypeError, ValueError, OverflowError):
        return None
    return found if -1e15 < found < 1e15 else None


def positive(text: object) -> float | None:
    """A decimal above zero, ``None`` for everything else.

    >>> positive("0.5"), positive("0"), positive("inf")
    (0.5, None, None)
    """
    found = number(text)
    return found if found is not None and found > 0 else None


def hashed(text: str) -> int:
    """An id that is a text, as an int64: the first 8 bytes of its blake2b. Tells repetitions, not an order.

    >>> hashed("20f43950-d8dd-5b31-9112-a178eb6023af")
    -318659881983377011
    """
    number: int = _int64.unpack_from(blake2b(text.encode()).digest())[0]
    return number


def malformed(channel: str, payload: bytes, instrument: str = "") -> Rejected:
    """A message of a known channel that cannot be read."""
    return Rejected(channel, "malformed", payload[:SAMPLE_BYTES], instrument)


def decoded(raw: bytes | msgspec.Raw, kind: type[R]) -> R | None:
    """One row, ``None`` where it is malformed."""
    try:
        return msgspec.json.decode(raw, type=kind, strict=False)
    except MALFORMED:
        return None


def each(
    body: bytes | msgspec.Raw, kind: type[R], channel: str, instrument: str, item: Callable[[R], Item]
) -> list[Item]:
    """An item a row of a JSON array: decoded all at once, and one by one only where that fails."""
    try:
        page = msgspec.json.decode(body, type=list[kind], strict=False)  # type: ignore[valid-type]  # known when called
        return [item(row) for row in page]
    except MALFORMED:
        pass
    try:
        raws = _raws.decode(body)
    except MALFORMED:
        return [malformed(channel, bytes(body), instrument)]
    items: list[Item] = []
    for raw in raws:
        row = decoded(raw, kind)
        items.append(malformed(channel, bytes(raw), instrument) if row is None else item(row))
    return items


def readable(body: bytes | msgspec.Raw, kind: type[R]) -> list[R]:
    """The rows of a JSON array that can be read; the others are left out. Raises :data:`MALFORMED` for no array.

    >>> readable(b'[{"price": 1}, {"price": "?"}]', dict[str, float])
    [{'price': 1.0}]
    """
    rows = (decoded(raw, kind) for raw in _raws.decode(body))
    return [row for row in rows if row is not None]


def page(
    body: bytes,
    rows: Callable[[bytes], bytes | msgspec.Raw],
    kind: type[R],
    channel: str,
    instrument: str,
    item: Callable[[R], Item],
) -> list[Item]:
    """An item a row, in order of time; ``rows`` finds them in an answer, or raises :data:`MALFORMED`."""
    try:
        found = rows(body)
    except MALFORMED:
        return [malformed(channel, body, instrument)]
    return in_order(each(found, kind, channel, instrument, item))


def in_order(items: list[Item]) -> list[Item]:
    """Sorted by event time: many pages come newest first, or in an order of their own."""
    return sorted(items, key=lambda item: getattr(item, "ts_event", 0))
