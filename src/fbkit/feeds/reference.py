"""The page of all venues, written from what each room says it offers.

``python -m fbkit.feeds.reference > docs/reference/venues/all.md`` writes it anew.
"""

from __future__ import annotations

import sys

from fbkit.feeds.offers import OFFERED, Offer
from fbkit.feeds.venues import FEEDS, offers

_HEAD = """\
# The venues, channel by channel

Made from each room's `OFFERS` by `fbkit.feeds.reference`; a test holds it current. `fbkit instruments` says the same of
the venues of a database.

`stream`: the venue pushes it. `polled`: we ask for it. `–`: unsupported, and then missing (NaN with the reason
`unsupported`), never 0. A `?` marks a reading that the venue's documents leave open: the note below names both
readings, and the setting `flipped` takes the other one.

| channel | {venues} |
|---|{lines}|
"""

_WORDS = {"stream": "stream", "polled": "polled", "unsupported": "–"}


def reference() -> str:
    """The page."""
    head = _HEAD.format(
        venues=" | ".join(f"[{venue}]({venue}.md)" for venue in FEEDS), lines="|".join("---" for _ in FEEDS)
    )
    rows = [f"| `{channel}` | {' | '.join(_cell(offers(venue)[channel]) for venue in FEEDS)} |" for channel in OFFERED]
    doubts = [
        f"- `{venue}.{offer.channel}`: {offer.note}"
        for venue in FEEDS
        for offer in offers(venue).values()
        if not offer.certain
    ]
    ids = [f"- {venue}: {_ids(contiguous=FEEDS[venue].contiguous)}" for venue in FEEDS]
    parts = [
        head + "\n".join(rows),
        "## In doubt\n\n" + "\n".join(doubts),
        "## Trade ids\n\n" + "\n".join(ids),
        "## Where each comes from\n\n" + "\n\n".join(_sources(venue) for venue in FEEDS),
    ]
    return "\n\n".join(parts) + "\n"


def _cell(offer: Offer) -> str:
    return _WORDS[offer.how] + ("" if offer.certain else " ?")


def _ids(*, contiguous: bool) -> str:
    if contiguous:
        return "count one by one per instrument: a jump is a hole, told and fetched again"
    return "tell repetitions only: a loss shows as silence, and what a cut missed is fetched by time"


def _sources(venue: str) -> str:
    told = [offer for offer in offers(venue).values() if offer.source]
    lines = [f"### {venue}", "", "| channel | from | note |", "|---|---|---|"]
    lines += [f"| `{offer.channel}` | `{offer.source}` | {offer.note} |" for offer in told]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(reference())
