"""Choosing a venue of the long tail: named, offered, in doubt; and everything else without ccxt."""

import subprocess
import sys

import pandas as pd
import pytest

from fbkit.desk import Desk
from fbkit.errors import SettingError
from fbkit.feeds.longtail.channels import OFFERS, offers_of
from fbkit.feeds.longtail.exchange import has_of, open_exchange
from fbkit.feeds.longtail.feed import CcxtFeed
from fbkit.feeds.offers import OFFERED
from fbkit.feeds.venues import FEEDS, doubts, offers
from fbkit.ingest.venues import check_flipped, make_feed
from fbkit.model import Instrument, Market
from fbkit.settings import load_settings


@pytest.fixture
def without_ccxt(monkeypatch):
    monkeypatch.setitem(sys.modules, "ccxt", None)
    has_of.cache_clear()
    yield
    has_of.cache_clear()


async def test_a_name_of_ccxt_is_a_venue_and_makes_its_feed(make_test_world):
    settings = load_settings(venues="binance,ccxt.krakenfutures", instruments=7)
    assert settings.venue_names == ("binance", "ccxt.krakenfutures")
    world, _ = make_test_world()
    feed = make_feed("ccxt.krakenfutures", settings, world)
    assert isinstance(feed, CcxtFeed)
    assert (feed.venue, feed.contiguous) == ("krakenfutures", False)
    await feed.close()


@pytest.mark.parametrize(
    ("venues", "said"),
    [
        ("ccxt.bybit", "a room of its own"),
        ("ccxt.nowhere", "an exchange by its name in ccxt"),
        ("ccxt.__init__", "or ccxt.NAME"),
        ("ccxt.Kraken", "or ccxt.NAME"),
        ("ccxt.", "or ccxt.NAME"),
        ("ccxt.mexc,ccxt.mexc", "or ccxt.NAME"),
        ("sim:ccxt.mexc", "sim:all"),
    ],
)
def test_a_wrong_name_is_one_sentence(venues, said):
    with pytest.raises(SettingError, match=said) as raised:
        load_settings(venues=venues)
    assert raised.value.exit_code == 2


def test_without_ccxt_its_venues_say_what_to_install(without_ccxt):
    with pytest.raises(SettingError, match=r'pip install "fbkit\[ccxt\]"') as raised:
        load_settings(venues="ccxt.krakenfutures")
    assert raised.value.exit_code == 2
    with pytest.raises(SettingError, match=r'pip install "fbkit\[ccxt\]"'):
        open_exchange("krakenfutures")
    assert load_settings(venues="binance").venue_names == ("binance",)


def test_an_exchange_that_ccxt_lacks_is_a_wrong_setting():
    with pytest.raises(SettingError, match="krakenfutures"):
        open_exchange("nowhere")


def test_nothing_imports_ccxt_until_a_venue_of_it_is_asked_for():
    code = "import sys, fbkit.feeds.venues, fbkit.ingest, fbkit.desk, fbkit.cli; assert 'ccxt' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("venue", ["krakenfutures", "mexc", "woo", "nowhere"])
def test_every_channel_is_offered_in_doubt_or_unsupported(venue):
    told = offers(venue)
    assert tuple(told) == OFFERED
    for offer in told.values():
        assert (offer.how, offer.certain, bool(offer.note)) in {("polled", False, True), ("unsupported", True, False)}


def test_what_ccxt_does_not_have_is_unsupported():
    assert offers("krakenfutures")["open_interest"].how == "unsupported"
    assert offers("mexc")["mark"].source == "fetchFundingRate"
    assert offers("woo")["quote"].how == "unsupported"
    assert {offer.channel for offer in offers_of({}) if offer.how != "unsupported"} == set()


def test_the_notes_name_what_nobody_can_tell():
    notes = {offer.channel: offer.note for offer in OFFERS}
    assert "trades between two polls may be missing" in notes["trade"]
    assert "one side or both: unknown" in notes["open_interest"]
    assert "contract sizes" in notes["listing"]


def test_without_ccxt_its_venues_are_in_doubt_all_the_same(without_ccxt):
    assert tuple(offers("krakenfutures").values()) == OFFERS


def test_a_doubt_of_the_long_tail_cannot_be_turned_round():
    assert {doubt.partition(".")[0] for doubt in doubts()} <= FEEDS.keys()
    with pytest.raises(SettingError, match="flipped"):
        check_flipped(load_settings(venues="ccxt.krakenfutures", flipped="krakenfutures.trade"))


class Remembers:
    """A store that has heard of one instrument a venue."""

    market = Market.LIVE

    def instruments(self):
        names = ("binance:BTC-USDT-PERP", "krakenfutures:BTC-USD-PERP")
        ours = [Instrument(name, name.partition(":")[0], "BTC", "BTC", "USD", "USD") for name in names]
        return {one.name: one for one in ours}

    def rows(self, *_, **__):
        return pd.DataFrame()


def test_a_desk_marks_every_channel_of_the_long_tail_as_in_doubt():
    desk = Desk(Remembers(), load_settings())
    doubted = desk.instruments()["doubts"]
    assert doubted["krakenfutures:BTC-USD-PERP"] == "trade, quote, mark, funding, day, bar, listing"
    assert "trade" not in doubted["binance:BTC-USDT-PERP"]
    offered = desk.offers().set_index(["venue", "channel"])
    assert offered.loc[("krakenfutures", "open_interest"), "how"] == "unsupported"
    assert not offered.loc[("krakenfutures", "trade"), "certain"]
