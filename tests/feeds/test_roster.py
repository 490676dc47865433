"""Who is listed, who is followed, and what changes."""

import msgspec
import pytest

from fbkit.feeds.instruments import Instruments
from fbkit.feeds.roster import Ranked, Roster
from tests.feeds.made_up import instrument

NOW = 1_791_000_000_000_000_000


def ranked(**volumes):
    return [Ranked(instrument(f"{base}USDT"), volume) for base, volume in volumes.items()]


def told(news):
    return [(listing.venue_symbol, listing.status) for listing in news.listings]


@pytest.fixture
def roster():
    roster = Roster(Instruments(), 2)
    roster.choose([*ranked(A=1.0, B=3.0, C=2.0), Ranked(instrument("DUSDT", status="settling"), 9.0)])
    return roster


def symbols(roster):
    return [known.instrument.venue_symbol for known in roster.followed()]


def test_the_largest_that_are_traded_are_followed(roster):
    assert symbols(roster) == ["BUSDT", "CUSDT"]


def test_a_list_that_says_the_same_is_no_news(roster):
    news = roster.learn(ranked(A=1.0, B=3.0, C=2.0), NOW)
    assert (news.listings, news.newly, news.redefined) == ([], [], [])


def test_whoever_only_grew_is_not_followed_but_a_newcomer_among_the_largest_is(roster):
    news = roster.learn(ranked(A=9.0, B=3.0, C=2.0), NOW)
    assert news.listings == []
    news = roster.learn(ranked(A=1.0, B=3.0, C=2.0, NEW=2.5), NOW)
    assert [known.instrument.venue_symbol for known in news.newly] == ["NEWUSDT"]
    assert told(news) == [("NEWUSDT", "trading")]
    assert symbols(roster) == ["BUSDT", "CUSDT", "NEWUSDT"]
    assert roster.learn(ranked(A=1.0, B=3.0, C=2.0, NEW=2.5), NOW).listings == []


def test_a_newcomer_is_followed_when_it_has_grown(roster):
    assert roster.learn(ranked(A=1.0, B=3.0, C=2.0, NEW=0.0), NOW).newly == []
    assert len(roster.learn(ranked(A=1.0, B=3.0, C=2.0, NEW=5.0), NOW).newly) == 1


def test_who_is_not_traded_any_more_is_told_with_its_status_and_not_followed(roster):
    settling = [*ranked(A=1.0, C=2.0), Ranked(instrument("BUSDT", status="settling"), 0.0)]
    assert told(roster.learn(settling, NOW)) == [("BUSDT", "settling")]
    assert symbols(roster) == ["CUSDT"]
    assert told(roster.learn(ranked(A=1.0, C=2.0), NOW)) == [], "its last status stands"
    assert told(roster.learn(ranked(A=1.0, B=1.0, C=2.0), NOW)) == [("BUSDT", "trading")]
    assert symbols(roster) == ["BUSDT", "CUSDT"]


def test_who_is_gone_from_the_list_is_delisted(roster):
    assert told(roster.learn(ranked(A=1.0, C=2.0), NOW)) == [("BUSDT", "delisted")]
    assert [listing.instrument for listing in roster.listings(NOW)] == ["madeup:C-USDT-PERP"]


@pytest.mark.faults
def test_an_empty_list_or_one_that_lacks_most_is_a_mood(roster):
    assert roster.learn([], NOW).listings == []
    many = Roster(Instruments(), 10)
    everyone = {f"C{number}": 1.0 for number in range(10)}
    many.choose(ranked(**everyone))
    assert many.learn(ranked(C1=1.0, C2=1.0, C3=1.0), NOW).listings == []
    assert len(many.followed()) == 10


def test_a_tick_that_changes_is_told_and_a_contract_size_changes_what_numbers_mean(roster):
    ticked = [Ranked(instrument("BUSDT", tick=0.5), 3.0), *ranked(C=2.0)]
    news = roster.learn(ticked, NOW)
    assert told(news) == [("BUSDT", "trading")]
    assert (news.listings[0].tick, news.redefined) == (0.5, [])
    known = roster.followed()[0]
    news = roster.learn([Ranked(instrument("BUSDT", contract_size=10.0), 3.0), *ranked(C=2.0)], NOW)
    assert (news.listings[0].contract_size, news.redefined) == (10.0, ["BUSDT"])
    assert known.size_mult == 10.0, "whoever holds it sees it"


def test_a_renamed_contract_ends_and_begins(roster):
    renamed = Ranked(instrument("BUSDT"), 3.0)
    renamed = renamed._replace(instrument=instrument("BUSDT", expiry=None))
    other = instrument("XUSDT")
    renamed = Ranked(type(other)(other.name, "madeup", "BUSDT", "X", "USDT", "USDT"), 3.0)
    news = roster.learn([renamed, *ranked(C=2.0)], NOW)
    assert [(listing.instrument, listing.status) for listing in news.listings] == [
        ("madeup:B-USDT-PERP", "renamed"),
        ("madeup:X-USDT-PERP", "trading"),
    ]
    assert news.redefined == ["BUSDT"]
    assert {known.name for known in roster.followed()} == {"madeup:C-USDT-PERP", "madeup:X-USDT-PERP"}


def test_a_coin_listed_twice_under_one_name_is_followed_once_as_the_larger(caplog):
    thousand = Ranked(msgspec.structs.replace(instrument("1000AUSDT"), name=instrument("AUSDT").name), 5.0)
    roster = Roster(Instruments(), 9)
    roster.choose([*ranked(A=1.0, B=3.0), thousand])
    assert symbols(roster) == ["1000AUSDT", "BUSDT"]
    assert "listed twice" in caplog.text


def test_a_contract_that_was_announced_is_followed_when_it_begins(roster):
    roster = Roster(Instruments(), 3)
    roster.choose([*ranked(A=1.0, B=3.0), Ranked(instrument("NEWUSDT", status="prelaunch"), 0.0)])
    assert symbols(roster) == ["BUSDT", "AUSDT"]
    assert told(roster.learn(ranked(A=1.0, B=3.0, NEW=9.0), NOW)) == [("NEWUSDT", "trading")]
