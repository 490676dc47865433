"""What is around the rows of a frame: whose they are, what kind, and what a frame is that has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from fbkit.feeds.bitget import of_2022, wire
from fbkit.feeds.bitget.symbols import OURS, PRODUCTS, assume
from fbkit.feeds.bitget.wire import CHANNEL_OF, Arg, Envelope
from fbkit.feeds.decoding import MALFORMED, decoded, each, malformed
from fbkit.feeds.instruments import Known
from fbkit.model import SAMPLE_BYTES, Control, Ignored, Item, Rejected
from fbkit.model.items import IgnoreReason

R = TypeVar("R", bound=msgspec.Struct)

#: Reads a data frame; answers and pongs fail it.
envelope_decoder = msgspec.json.Decoder(Envelope[msgspec.Raw], strict=False)
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_raws = msgspec.json.Decoder(list[msgspec.Raw])

#: A decoder of many rows for each kind of row.
_many: dict[type[msgspec.Struct], msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(list[kind], strict=False)  # type: ignore[valid-type]  # known when it runs
    for kind in (
        *(wire.Trade, wire.TradeV3, of_2022.Trade, wire.Ticker, wire.TickerV3, of_2022.Ticker),
        *(wire.Book, wire.BookV3, wire.Candle, wire.Kline, wire.Liquidation),
    )
}


#: Frames as we hear them live, by their word: a decoder of all of it, and the word again.
_WHOLE: dict[bytes, tuple[Callable[[bytes], Envelope[Any]], str]] = {
    word.encode(): (msgspec.json.Decoder(Envelope[list[kind]], strict=False).decode, word)  # type: ignore[valid-type]  # as above
    for word, kind in (
        *(("trade", wire.Trade), ("ticker", wire.Ticker), ("candle1m", wire.Candle)),
        *(("books1", wire.Book), ("books5", wire.Book)),
    )
}
_KEPT = Control("kept")
_CHANNEL = b'"channel":"'

#: The markets that v2 speaks of.
_V2 = frozenset(PRODUCTS.values())


def whole(payload: bytes) -> Envelope[Any] | None:
    """A frame of what we subscribe to, decoded at once; ``None`` where that is not what it is."""
    begin = payload.find(_CHANNEL) + len(_CHANNEL)
    way = _WHOLE.get(payload[begin : payload.find(b'"', begin)])
    if way is None:
        return None
    decode, word = way
    try:
        envelope = decode(payload)
    except MALFORMED:
        return None
    arg = envelope.arg
    return envelope if arg.channel == word and arg.instType in _V2 and not arg.topic else None


def channel_of(word: str) -> str:
    """The channel of ours that a word of theirs belongs to, ``""`` if to none.

    >>> channel_of("candle1m"), channel_of("books5"), channel_of("account")
    ('bar', 'depth', '')
    """
    return "bar" if word.startswith("candle") else CHANNEL_OF.get(word, "")


def rows_of(envelope: Envelope[Any], kind: type[R], channel: str, name: str, item: Callable[[R], Item]) -> list[Item]:
    """An item a row: decoded all at once, and one by one where that fails."""
    if type(envelope.data) is list:
        return [item(row) for row in envelope.data]
    try:
        rows: list[R] = _many[kind].decode(envelope.data)
    except MALFORMED:
        return each(envelope.data, kind, channel, name, item)
    return [item(row) for row in rows]


def parted(envelope: Envelope[Any], kind: type[R], channel: str, name: str) -> tuple[list[R], list[Item]]:
    """The rows that can be read, and an item for each that cannot."""
    if type(envelope.data) is list:
        return envelope.data, []
    rows: list[R] = []

    def keep(row: R) -> Item:
        rows.append(row)
        return _KEPT

    return rows, [item for item in rows_of(envelope, kind, channel, name, keep) if item is not _KEPT]


def books_of(
    envelope: Envelope[Any], channel: str, known: Known, item: Callable[[wire.Book | wire.BookV3], Item]
) -> list[Item]:
    """An item a book, in the words of v2 or of v3."""
    if envelope.arg.topic:
        return rows_of(envelope, wire.BookV3, channel, known.name, item)
    return rows_of(envelope, wire.Book, channel, known.name, item)


def texts_of(envelope: Envelope[Any], row: wire.Book | wire.BookV3) -> wire.Texts | None:
    """The levels as written, where there is no ``seq`` and a checksum must do; such frames have one row."""
    if row.seq or envelope.arg.topic:
        return None
    rows = decoded(envelope.data, list[wire.Texts])
    return rows[0] if rows and len(rows) == 1 else None


def stranger(arg: Arg, symbol: str) -> IgnoreReason:
    """Why nobody wants a symbol: it could be followed and is not, or it is none of ours."""
    return "not_subscribed" if arg.instType in OURS and assume(symbol) else "other_market"


def strangers(envelope: Envelope[Any], channel: str, symbol: str) -> list[Item]:
    """An item a row of what nobody wants."""
    try:
        rows = _raws.decode(envelope.data)
    except MALFORMED:
        return [malformed(channel, bytes(envelope.data))]
    ignored = Ignored(channel, stranger(envelope.arg, symbol))
    return [ignored for _ in rows] or [Control("empty", symbol)]


def unwrapped(payload: bytes) -> Item:
    """A frame that is no data: a pong, an answer, an error, or damage."""
    if payload == b"pong":
        return Control("pong")
    text = payload[:SAMPLE_BYTES].decode("utf-8", "replace")
    try:
        fields = _object.decode(payload)
        event = msgspec.json.decode(fields["event"], type=str) if "event" in fields else ""
        arg = msgspec.json.decode(fields["arg"], type=Arg) if "arg" in fields else Arg()
    except MALFORMED:
        return Rejected("", "malformed", payload[:SAMPLE_BYTES])
    if event:
        return Control("error" if event == "error" else "answer", text)
    channel = channel_of(arg.channel or arg.topic)
    return Rejected(channel, "malformed" if channel else "unknown", payload[:SAMPLE_BYTES])
