"""What venues leave open and do not offer, as the page tells it."""

from fbkit.dashboard.readings import Readings, readings
from fbkit.feeds.venues import FEEDS, doubts, offers
from fbkit.widgets import CLOSED_FIELDS, LIVE_FIELDS

ALL = readings(FEEDS, {})


def test_every_doubt_there_is_has_a_line_with_the_word_that_turns_it_round():
    told = {word for line in ALL.lines() for word in line["flip"].split(",")}
    assert told == doubts().keys()
    assert all(line["note"] and not line["flipped"] for line in ALL.lines())


def test_what_was_turned_round_says_so():
    told = readings(["binance"], {"binance": {"open_interest"}})
    assert [line["flipped"] for line in told.lines()] == [True]


def test_a_reading_in_doubt_marks_the_numbers_that_rest_on_it_and_no_others():
    found = ALL.doubts()
    assert set(found["gate"]) == {"oi_usd", "liq_net"}
    assert set(found["deribit"]) == {"funding_8h"}
    assert found["bybit"] == {}


def test_marks_and_absences_are_of_columns_the_table_has():
    fields = set(LIVE_FIELDS) | set(CLOSED_FIELDS)
    assert {field for notes in ALL.doubts().values() for field in notes} <= fields
    assert {field for lacking in ALL.lacks().values() for field in lacking} <= fields


def test_a_venue_without_a_feed_of_forced_closes_is_told_as_such():
    assert ALL.lacks()["hyperliquid"] == ["liq_net"]
    assert ALL.without(FEEDS, "liquidation") == ["hyperliquid"]
    assert {line["venue"] for line in ALL.unsupported()} == {
        venue for venue in FEEDS if any(one.how == "unsupported" for one in offers(venue).values())
    }


def test_a_venue_without_a_room_is_in_doubt_as_a_whole_and_cannot_be_turned_round():
    told = readings(["somewhere"], {})
    assert told.lines()
    assert {line["flip"] for line in told.lines()} == {""}


def test_where_nothing_is_known_nothing_is_in_doubt():
    assert Readings().open_at(["binance"], "open_interest") == []
    assert Readings().lines() == []
