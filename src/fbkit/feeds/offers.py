"""What a venue offers of each channel, and how sure we are of what it means."""

from __future__ import annotations

from typing import Literal, NamedTuple

from fbkit.model import CHANNELS


class Offer(NamedTuple):
    """One channel at one venue.

    ``source`` is the stream or the page in the venue's spelling, ``""`` where it is ``unsupported``. ``certain`` is
    false where the venue's documents leave a sign, unit or factor open: then ``note`` says what was read and what the
    other reading is, and the setting ``flipped`` takes that one.
    """

    channel: str
    how: Literal["stream", "polled", "unsupported"]
    source: str = ""
    certain: bool = True
    note: str = ""


#: Every venue says something of each of these.
OFFERED = (
    *(channel for channel in CHANNELS if channel != "ratio"),
    *("ratio:acct_global", "ratio:acct_top", "ratio:pos_top", "ratio:taker"),
)
