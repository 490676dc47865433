"""Trades out of pages: by time or by id, alone or paired with the liquidation they were."""

from fbkit.feeds.past import trades_of
from fbkit.model import Ignored, Liquidation, Side, Trade

NAME = "deribit:BTC-USD-PERP"


def trade(number):
    return Trade(NAME, number, 100, number, 1.0, 1.0, Side.BUY)


def forced(number):
    return (trade(number), Liquidation(NAME, number, 100, "long", 1.0, 1.0))


async def pages():
    yield [trade(1), forced(2), Ignored("trade", "other_market")]
    yield [forced(5), trade(6)]


async def test_what_lies_outside_is_left_out_and_pairs_count_as_their_trade():
    taken = []
    assert await trades_of("deribit", pages(), taken.extend, 2, 6, by_id=False) == 2
    assert taken == [forced(2), Ignored("trade", "other_market"), forced(5)]


async def test_by_id_the_instant_does_not_say_where_to_begin():
    taken = []
    assert await trades_of("deribit", pages(), taken.extend, 5, 7, by_id=True) == 4
