"""Health rows as people read them."""

from fbkit.dashboard import health_words
from fbkit.model import HealthRow


def row(venue, channel, state, age=None):
    return HealthRow(0, venue, channel, state, "" if state == "ok" else "stale", f"{channel} is {state}", age)


ROWS = [
    row("", "*", "degraded"),
    row("binance", "trade", "ok", 0.3),
    row("binance", "open_interest", "down", 221.0),
    row("binance", "ratio", "degraded"),
    row("", "store", "ok"),
]


def test_the_verdict_on_the_whole_is_no_stream():
    assert health_words.detail(ROWS) == "2 of 4"


def test_a_polled_stream_that_is_down_degrades_the_whole():
    assert health_words.system_state(ROWS) == "degraded"


def test_every_venue_down_is_down():
    assert health_words.system_state([row("binance", "trade", "down")]) == "down"


def test_reasons_stand_worst_first_with_their_age():
    told = health_words.reasons(ROWS)
    assert [line["stream"] for line in told] == ["binance open_interest", "binance ratio"]
    assert told[0]["age"].replace("\u00a0", " ") == "3m 41s"
    assert told[1]["age"] == ""


def test_streams_stand_under_their_venue_which_is_as_bad_as_the_worst():
    lines = health_words.streams(ROWS)
    assert [(line["stream"], line["state"], line["sub"]) for line in lines][:2] == [
        ("binance", "down", False),
        ("open interest", "down", True),
    ]
    assert ("collector", "ok") in [(line["stream"], line["state"]) for line in lines]


def test_venues_stand_worst_first_and_so_do_their_streams():
    rows = [
        *(row("binance", channel, "ok") for channel in ("trade", "mark")),
        row("okx", "trade", "ok"),
        row("okx", "mark", "degraded"),
        row("", "store", "ok"),
    ]
    told = [line["stream"] for line in health_words.streams(rows)]
    assert told == ["okx", "mark", "trade", "binance", "mark", "trade", "collector", "store"]


def test_a_venue_that_is_out_as_a_whole_is_one_line_of_the_badge():
    rows = [row("okx", f"channel {k}", "down", 9.0) for k in range(11)] + [row("bybit", "mark", "degraded")]
    told = health_words.reasons(rows)
    assert [line["stream"] for line in told] == ["okx 11 streams", "bybit mark"]
    assert told[0]["age"].replace("\u00a0", " ") == "9 s"
