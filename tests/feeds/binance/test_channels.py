"""Which sockets, which streams."""

import pytest

from fbkit.feeds.binance.channels import OFFERS, STREAMS_PER_CONNECTION, channel_of_stream, plan
from fbkit.feeds.offers import OFFERED

NINETY = [f"C{number}USDT" for number in range(90)]


WS = "wss://fstream.example"


def names(socket):
    return (*socket.url.partition("streams=")[2].split("/"), *socket.topics)


def test_books_go_to_public_and_the_rest_to_market():
    market, public = plan(WS, ["BTCUSDT"])
    assert public.url == WS + "/public/stream?streams=btcusdt@bookTicker/btcusdt@depth5@500ms"
    assert set(names(market)) == {
        "!markPrice@arr@1s",
        "!ticker@arr",
        "!forceOrder@arr",
        "!contractInfo",
        "btcusdt@aggTrade",
        "btcusdt@kline_1m",
    }


def test_newcomers_bring_no_second_stream_of_the_whole_market():
    market, public = plan(WS, ["NEWUSDT"], market=False)
    assert names(market) == ("newusdt@aggTrade", "newusdt@kline_1m")
    assert set(market.limits_s) == {"trade", "bar"}
    assert names(public) == ("newusdt@bookTicker", "newusdt@depth5@500ms")


def test_no_stream_is_forgotten_between_address_and_messages():
    for socket in plan(WS, NINETY):
        assert len(set(names(socket))) == len(names(socket)) in {184, 180}
        assert len(socket.url) < 4000
        assert list(socket.symbols) == NINETY


def test_a_thousand_instruments_are_split_below_the_venues_limit():
    sockets = plan(WS, [f"C{number}USDT" for number in range(1000)])
    assert [socket.name for socket in sockets] == ["market-1", "market-2", "market-3", "public-1", "public-2"]
    assert max(len(names(socket)) for socket in sockets) == STREAMS_PER_CONNECTION < 1024
    assert len({name for socket in sockets for name in names(socket)}) == 4004
    assert "mark" not in sockets[1].limits_s
    trades = [symbol for socket in sockets[:3] for symbol in socket.symbols]
    assert len(trades) == len(set(trades)) == 1000, "each open minute is fetched once"


def test_every_channel_is_offered_or_said_to_be_missing():
    assert sorted(offer.channel for offer in OFFERS) == sorted(OFFERED)
    assert [offer.channel for offer in OFFERS if not offer.certain] == ["open_interest"]
    assert all(offer.note for offer in OFFERS if not offer.certain)


def test_rare_channels_are_never_stale_and_a_thin_market_has_patience():
    market = plan(WS, NINETY)[0].limits_s
    assert market["liquidation"] is None
    assert market["listing"] is None
    assert market["trade"] == 10.0
    assert plan(WS, ["THINUSDT"])[0].limits_s["trade"] == 100.0
    assert plan(WS, ["THINUSDT"])[0].limits_s["mark"] == 10.0


@pytest.mark.parametrize(
    ("name", "channel"),
    [("btcusdt@trade", "trade"), ("btcusdt@depth@0ms", "depth"), ("!forceOrder@arr", "liquidation"), ("x@what", "")],
)
def test_a_streams_name_tells_its_channel(name, channel):
    assert channel_of_stream(name) == channel
