"""Which sockets, which streams."""

import pytest

from fbkit.feeds.binance.channels import STREAMS_PER_CONNECTION, channel_of_stream, plan

NINETY = [f"C{number}USDT" for number in range(90)]


def test_books_go_to_public_and_the_rest_to_market():
    market, public = plan(["BTCUSDT"])
    assert public.path == "/public/stream?streams=btcusdt@bookTicker/btcusdt@depth5@500ms"
    assert set(market.streams) == {
        "!markPrice@arr@1s",
        "!ticker@arr",
        "!forceOrder@arr",
        "!contractInfo",
        "btcusdt@aggTrade",
        "btcusdt@kline_1m",
    }


def test_no_stream_is_forgotten_between_address_and_messages():
    for socket in plan(NINETY):
        names = socket.path.partition("streams=")[2].split("/")
        for message in socket.messages():
            assert len(message) <= 200
            names += message
        assert names == list(socket.streams)
        assert len(socket.path) < 4000


def test_a_thousand_instruments_are_split_below_the_venues_limit():
    sockets = plan([f"C{number}USDT" for number in range(1000)])
    assert [socket.name for socket in sockets] == ["market-1", "market-2", "market-3", "public-1", "public-2"]
    assert max(len(socket.streams) for socket in sockets) == STREAMS_PER_CONNECTION < 1024
    assert len({name for socket in sockets for name in socket.streams}) == 4004
    assert "mark" not in sockets[1].limits_s


def test_rare_channels_are_never_stale_and_a_thin_market_has_patience():
    market = plan(NINETY)[0].limits_s
    assert market["liquidation"] is None
    assert market["listing"] is None
    assert market["trade"] == 10.0
    assert plan(["THINUSDT"])[0].limits_s["trade"] == 100.0
    assert plan(["THINUSDT"])[0].limits_s["mark"] == 10.0


@pytest.mark.parametrize(
    ("name", "channel"),
    [("btcusdt@trade", "trade"), ("btcusdt@depth@0ms", "depth"), ("!forceOrder@arr", "liquidation"), ("x@what", "")],
)
def test_a_streams_name_tells_its_channel(name, channel):
    assert channel_of_stream(name) == channel
