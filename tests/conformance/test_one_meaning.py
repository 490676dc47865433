"""One word of ours for what every venue says in words of its own, and both readings where a venue leaves it open."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from fbkit.feeds.recorded import Frame
from fbkit.feeds.recorded.replay import READERS
from fbkit.feeds.venues import doubts, offers
from fbkit.model import Event, Liquidation, Ratio, channel_of
from tests.conformance.contract import events_of, frames_of

MESSAGES = Path(__file__).parents[1] / "fixtures" / "venues"

#: What each venue calls a long that died, and a message that says so in its first row.
LONGS = {
    "binance": ("S: SELL, the closing order's side", "ws_force_order_sell"),
    "bybit": ("S: Buy, the position's side", "ws_all_liquidation_buy"),
    "okx": ("posSide: long", "ws_liquidation_orders"),
    "deribit": ("direction: sell, liquidation: T, the taker's", "ws_trades_liquidation_t"),
    "bitget": ("side: buy, read as the position's", "ws_liquidation_v3"),
    "gate": ("size below zero, read as the closing order's", "ws_public_liquidates"),
}

#: Where the meaning of a side is in doubt.
DOUBTED = ("bitget", "gate")


def liquidations(venue: str, message: str, flipped: frozenset[str] = frozenset()) -> list[Liquidation]:
    """The liquidations of a message."""
    payload = (MESSAGES / venue / f"{message}.json").read_bytes()
    items = READERS[venue](flipped).read(Frame(0, "", payload))
    return [event for event in events_of(items) if isinstance(event, Liquidation)]


@pytest.mark.parametrize(("venue", "message"), [(venue, message) for venue, (_, message) in LONGS.items()], ids=LONGS)
def test_a_long_that_died_is_called_long_at_every_venue(venue: str, message: str) -> None:
    assert liquidations(venue, message)[0].liquidated == "long", LONGS[venue][0]


@pytest.mark.parametrize(
    ("venue", "message"),
    [
        ("binance", "ws_force_order_cjk"),  # S: BUY
        ("bybit", "ws_all_liquidation_buy"),  # S: Sell in its second row
        ("okx", "ws_liquidation_orders"),  # posSide: short in its second row
        ("deribit", "ws_trades_liquidation_m"),  # the taker sold, the maker died
        ("bitget", "ws_liquidation_v3"),  # side: sell in its second row
        ("gate", "ws_public_liquidates"),  # size above zero in its second row
    ],
)
def test_a_short_that_died_is_called_short_at_every_venue(venue: str, message: str) -> None:
    assert liquidations(venue, message)[-1].liquidated == "short"


def test_every_venue_that_tells_liquidations_is_asked() -> None:
    assert {venue for venue in READERS if offers(venue)["liquidation"].how != "unsupported"} == set(LONGS)
    assert {venue for venue in LONGS if not offers(venue)["liquidation"].certain} == set(DOUBTED)


@pytest.mark.parametrize("venue", DOUBTED)
def test_flipped_a_side_in_doubt_is_the_opposite_and_nothing_else_changes(venue: str) -> None:
    read = liquidations(venue, LONGS[venue][1])
    other = liquidations(venue, LONGS[venue][1], frozenset({"liquidation"}))
    assert [one.liquidated for one in other] == [{"long": "short", "short": "long"}[one.liquidated] for one in read]
    assert [(one.price, one.size, one.ts_event) for one in other] == [
        (one.price, one.size, one.ts_event) for one in read
    ]


def channel_in_doubt(event: Event) -> str:
    """The channel as an offer and the setting ``flipped`` name it."""
    return f"ratio:{event.ratio_kind}" if isinstance(event, Ratio) else channel_of(event)


@pytest.mark.parametrize("doubt", doubts())
def test_flipped_a_doubt_changes_its_channel_and_no_other(doubt: str) -> None:
    venue, _, channel = doubt.partition(".")
    read, other = READERS[venue](), READERS[venue](frozenset({channel}))
    changed: Counter[str] = Counter()
    for frame in frames_of(venue):
        for one, two in zip(events_of(read.read(frame)), events_of(other.read(frame)), strict=True):
            if one != two:
                changed[channel_in_doubt(one)] += 1
    assert set(changed) == {channel}
