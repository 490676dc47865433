"""What Bitget offers."""

from fbkit.feeds.bitget.channels import OFFERS, TOPICS, channel_of_topic, topics_of
from fbkit.feeds.offers import OFFERED


def test_something_is_said_of_every_channel():
    assert sorted(offer.channel for offer in OFFERS) == sorted(OFFERED)
    assert all(offer.source for offer in OFFERS if offer.how != "unsupported")


def test_what_the_documents_leave_open_can_be_flipped():
    doubts = {offer.channel: offer.note for offer in OFFERS if not offer.certain}
    assert set(doubts) == {"open_interest", "liquidation", "ratio:acct_top"}
    assert all("then" in note or "flipped" in note for note in doubts.values()), "each names the other reading"


def test_every_topic_belongs_to_its_channel():
    topics = topics_of("BTCUSDT", "USDT-FUTURES")
    assert [channel_of_topic(topic) for topic in topics] == [topic.channel for topic in TOPICS]
