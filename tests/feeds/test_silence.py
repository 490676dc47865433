"""Two sockets, one channel."""

from fbkit.feeds.silence import Silence


def test_a_channel_is_silent_once_and_speaks_when_its_last_source_does(sink):
    silence = Silence(sink, "binance")
    silence.begin("market-1", ["trade", "mark"], "disconnect", 10, "…")
    silence.begin("market-2", ["trade"], "disconnect", 20, "…")
    silence.begin("market-1", ["trade", "mark"], "refused", 30, "…")
    silence.end("market-1", ["trade", "mark"], 40)
    silence.end("market-2", ["trade"], 50)
    assert [entry for entry in sink.told if entry[0] in {"silent", "speaking"}] == [
        ("silent", ("trade", "mark"), "disconnect", 10),
        ("speaking", ("mark",), 40),
        ("speaking", ("trade",), 50),
    ]
    assert sink.heard("well") == [("well", "mark"), ("well", "trade")]


def test_who_was_not_away_need_not_come_back(sink):
    Silence(sink, "binance").end("market-1", ["trade"], 40)
    assert sink.told == []
