"""The page of all venues is what the rooms say."""

from pathlib import Path

from fbkit.feeds.reference import reference
from fbkit.feeds.venues import FEEDS, doubts, offers

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "venues" / "all.md"


def test_the_page_is_current():
    assert PAGE.read_text("utf-8") == reference(), "python -m fbkit.feeds.reference > docs/reference/venues/all.md"


def test_every_doubt_is_on_it_and_every_channel_of_every_venue():
    text = reference()
    assert all(f"- `{doubt}`: " in text for doubt in doubts())
    for venue in FEEDS:
        assert all(
            not offer.source or f"| `{offer.channel}` | `{offer.source}`" in text for offer in offers(venue).values()
        )
