"""The hot path of a socket: frames wait for each other a hundredth of a second and are taken together.

They wait in the kernel where the connection can rest: then nobody is woken up for each of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from fbkit.feeds.sink import Sink
from fbkit.model import (
    Bar,
    Control,
    Day,
    Funding,
    Ignored,
    Item,
    Liquidation,
    Listing,
    Mark,
    OpenInterest,
    Quote,
    Ratio,
    Rejected,
    Trade,
)

log = logging.getLogger(__name__)

#: So many frames do not wait any longer; nothing else has to wait long for them, then.
MOST = 512

#: How long a frame may wait. Waking up costs more than all that is done with a frame: a venue that speaks a thousand
#: times a second is listened to a hundred times.
WAIT_S = 0.01

_CHANNELS: dict[type, str] = {
    Trade: "trade",
    Mark: "mark",
    Funding: "funding",
    OpenInterest: "open_interest",
    Liquidation: "liquidation",
    Ratio: "ratio",
    Day: "day",
    Bar: "bar",
    Listing: "listing",
}


def channel_of_item(item: Item) -> str:
    """The channel an item is counted under; ``""`` where it cannot be told.

    >>> channel_of_item(Ignored("mark", "not_subscribed"))
    'mark'
    """
    if type(item) is Quote:
        return "depth" if item.levels else "quote"
    channel = _CHANNELS.get(type(item))
    if channel is not None:
        return channel
    if isinstance(item, Ignored | Rejected):
        return item.channel
    return channel_of_item(item[0]) if isinstance(item, tuple) and item else ""


class Heard:
    """What a batch of items says about who speaks.

    ``channels`` gave something that is of use; ``noise`` was heard of, but ends no silence: what cannot be read, and
    what cannot be used before a snapshot comes.
    """

    __slots__ = ("channels", "controls", "noise")

    def __init__(self, items: Sequence[Item]) -> None:
        self.channels: set[str] = set()
        self.noise: set[str] = set()
        self.controls: list[Control] = []
        kinds = set(map(type, items))
        for kind in kinds & _CHANNELS.keys():
            self.channels.add(_CHANNELS[kind])
        if Quote in kinds:
            levels = [item.levels for item in items if type(item) is Quote]
            if 0 in levels:
                self.channels.add("quote")
            if any(levels):
                self.channels.add("depth")
        if kinds & _RARE:
            self._hear_rare([item for item in items if type(item) in _RARE])

    def _hear_rare(self, items: Sequence[Item]) -> None:
        for item in items:
            if isinstance(item, Control):
                self.controls.append(item)
            elif isinstance(item, Rejected) or (isinstance(item, Ignored) and item.reason == "no_state"):
                self.noise.add(item.channel)
            else:
                self.channels.add(channel_of_item(item))


_RARE: frozenset[type] = frozenset({Control, Ignored, Rejected, tuple})


class Reading:
    """Takes the frames of one connection.

    ``on_frame`` is what the transport calls; it only keeps the frame. A clock read, a look at the Beats and a note of
    who spoke so cost once a batch. ``ts_recv`` is when it is taken: never before it came, at most :data:`WAIT_S` after.

    Parameters
    ----------
    venue, name : str
        The venue, and the socket's name.
    parse : callable
        Frames' bytes and their instant (``ts_recv``, UTC ns) to items.
    now : callable
        The clock.
    heard : callable
        Told who spoke in a batch, and when.
    failed : callable
        Told once, when a batch could not be taken: a fault of ours that must not go on in silence.
    """

    def __init__(
        self,
        venue: str,
        name: str,
        *,
        parse: Callable[[Sequence[bytes], int], list[Item]],
        sink: Sink,
        now: Callable[[], int],
        heard: Callable[[Heard, int], None],
        failed: Callable[[], None],
    ) -> None:
        self._venue, self._name, self._parse, self._sink = venue, name, parse, sink
        self._heard, self._failed = heard, failed
        self._frames: list[bytes] = []
        self._now, self._stopped = now, False
        #: Lets the connection read nothing for so many seconds; ``None`` where it cannot.
        self.rest: Callable[[float], None] | None = None
        self.on_frame = self._make_on_frame()

    def _make_on_frame(self) -> Callable[[bytes], None]:
        # A closure: called for every frame, and looking up an attribute costs as much as the rest of it.
        frames, take, loop = self._frames, self.take, asyncio.get_running_loop()
        is_due = is_busy = False

        def take_in_time() -> None:
            nonlocal is_due
            is_due = False
            take()

        def take_and_rest() -> None:
            nonlocal is_due, is_busy
            is_due, was_busy, is_busy = False, is_busy, False
            take()
            if self.rest is not None and not was_busy:
                self.rest(WAIT_S)

        def on_frame(payload: bytes) -> None:
            nonlocal is_due, is_busy
            frames.append(payload)
            if len(frames) >= MOST:
                is_busy = True
                take()
            elif not is_due:
                is_due = True
                if self.rest is None:
                    loop.call_later(WAIT_S, take_in_time)
                else:  # what was read together is taken together
                    loop.call_soon(take_and_rest)

        return on_frame

    def stop(self) -> None:
        """Take nothing any more."""
        self._stopped = True

    def take(self) -> None:
        """Take what waits, if anything does."""
        if self._stopped or not self._frames:
            self._frames.clear()
            return
        # A copy: what fails below may end the connection, which takes what waits.
        frames, ts = self._frames.copy(), self._now()
        self._frames.clear()
        try:
            self._sink.raw(self._venue, self._name, ts, frames)
            items = self._parse(frames, ts)
            self._sink.take(self._venue, items, ts)
            self._heard(Heard(items), ts)
        except Exception:
            log.exception("%s %s: a batch of frames could not be taken", self._venue, self._name)
            self._failed()
