"""A venue made up for tests: JSON frames, an instrument list, books in deltas, and everything a feed must fill in."""

import json

import httpx
import msgspec

from fbkit.errors import NotRemembered, RateLimited
from fbkit.feeds.asking import understood
from fbkit.feeds.book import Break
from fbkit.feeds.instruments import listing_of
from fbkit.feeds.offers import Offer
from fbkit.feeds.parser import FrameByFrame
from fbkit.feeds.polling import Poll
from fbkit.feeds.talking import Heard
from fbkit.feeds.venue import Ranked, Socket, VenueFeed
from fbkit.feeds.weights import Unlimited
from fbkit.model import (
    NS_S,
    Bar,
    Control,
    Day,
    Ignored,
    Instrument,
    Mark,
    OpenInterest,
    Origin,
    Quote,
    Rejected,
    Side,
    Trade,
)

VENUE = "madeup"


def instrument(symbol, **facts):
    base = symbol.removesuffix("USDT")
    facts = {"status": "trading", **facts}
    return Instrument(f"{VENUE}:{base}-USDT-PERP", VENUE, symbol, base, "USDT", "USDT", **facts)


class Books:
    """A book is its number: each update is the next, ``0`` is a snapshot."""

    def __init__(self):
        self.on_break = self.on_mend = lambda _: None
        self.last = {}
        self.broken = set()

    def hear(self, symbol, number, *, is_snapshot):
        if is_snapshot:
            self.last[symbol] = number
            if symbol in self.broken:
                self.broken.discard(symbol)
                self.on_mend(symbol)
        elif number != self.last.get(symbol, -2) + 1:
            if symbol in self.last:
                self.on_break(Break(symbol, self.last.pop(symbol) + 1, number))
                self.broken.add(symbol)
            return False
        else:
            self.last[symbol] = number
        return True


class Parser(FrameByFrame):
    """``{"ch": channel, "s": symbol, "n": number}``; a ticker is a mark with what rides on it."""

    def __init__(self, instruments):
        self.instruments, self.books = instruments, Books()
        self.forgotten = []

    def forget(self, symbols):
        self.forgotten.append(tuple(symbols))

    def frame(self, payload, ts_recv):  # noqa: PLR0911 - one for each kind of frame
        try:
            m = msgspec.json.decode(payload)
        except msgspec.DecodeError:
            return [Rejected("", "malformed", payload)]
        channel, symbol, number = m.get("ch"), m.get("s"), m.get("n", 0)
        known = self.instruments.by_symbol.get(symbol)
        if channel == "list":
            return [Control("listing", symbol)] if known is None else [listing_of(known.instrument, ts_recv)]
        if channel is None:
            return [Control("answer", payload.decode())]
        if known is None:
            return [Ignored(channel, "not_subscribed")]
        if channel == "trade":
            return [Trade(known.name, ts_recv, ts_recv, number, 1.0, 1.0, Side.BUY)]
        if channel == "ticker":
            mark, interest = Mark(known.name, ts_recv, ts_recv, 1.0), OpenInterest(known.name, ts_recv, ts_recv, 1.0)
            return [(mark, interest) if number else (interest,)]
        if self.books.hear(symbol, number, is_snapshot=m.get("snapshot", False)):
            return [Quote(known.name, ts_recv, ts_recv, number, 1.0, 1.0, 2.0, 1.0, 5, 1.0, 1.0)]
        return [Ignored("depth", "no_state")]


class Words:
    per_message = 100
    pause_s = 0.0
    ping_every_s = None

    def greeting(self):
        return []

    def subscribe(self, topics, number):
        return json.dumps({"op": "subscribe", "topics": list(topics), "id": number})

    def unsubscribe(self, topics, number):
        return json.dumps({"op": "unsubscribe", "topics": list(topics), "id": number})

    def ping(self, number):
        return "ping"

    def heard(self, control):
        return Heard(moving="moving" in control.detail)

    def channel_of(self, topic):
        return {"ticker": "mark", "list": "listing"}.get(topic.partition(".")[0], topic.partition(".")[0])


class Manners:
    def budgets(self, world):
        return {"all": Unlimited()}

    def budget_of(self, path):
        return "all"

    def judge(self, path, status, headers, body, now):
        return RateLimited(VENUE, path, 1.0) if status == 429 else None

    def used(self, headers):
        return None


class MadeUpFeed(VenueFeed):
    """Follows what ``list`` holds; books come again by subscribing, or by REST with ``by_rest``."""

    venue = VENUE
    contiguous = True
    offers = (Offer("trade", "stream", "trade.<symbol>"), Offer("day", "polled", "/day"))
    wording = Words
    manners = Manners()
    by_rest = False

    def make_parser(self):
        return Parser(self.instruments)

    async def ranked(self):
        body = await self.rest.get("/list")
        rows = understood(VENUE, "/list", body, msgspec.json.Decoder(list[dict]).decode)
        return [Ranked(instrument(**{k: v for k, v in row.items() if k != "volume"}), row["volume"]) for row in rows]

    def sockets(self, followed):
        symbols = tuple(known.instrument.venue_symbol for known in followed)
        topics = ("list.all", *(f"{word}.{symbol}" for symbol in symbols for word in ("trade", "ticker", "depth")))
        limits = {"trade": 30.0, "mark": 30.0, "depth": 30.0, "listing": None}
        riders = {"mark": ("open_interest",)}
        return [Socket("public-1", f"{self.ws}/ws", topics, limits, riders, symbols, {"X-Size": "1"})]

    def polls(self, followed):
        return [Poll("day", 60.0, followed, self._day, spread_s=0.0)]

    async def _day(self, known):
        await self.rest.get("/day", {"symbol": known.instrument.venue_symbol})
        now = self.world.clock.now()
        return [Day(known.name, now, now, 1.0)]

    async def past(self, take, known, since, until):
        await self.rest.get("/past", {"symbol": known.instrument.venue_symbol})
        take([Bar(known.name, until, until, "1m", 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, origin=Origin.BACKFILL)])

    async def trade_pages(self, known, since, until, from_id):
        """Newest first, a second each, and more than was asked for."""
        if since < 0:
            raise NotRemembered(VENUE, "trades", "too long ago")
        await self.rest.get("/trades", {"symbol": known.instrument.venue_symbol})
        for second in range(until // NS_S + 2, since // NS_S - 3, -2):
            stamps = ((second + 1) * NS_S, second * NS_S)
            yield [Trade(known.name, ts, ts, ts // NS_S, 1.0, 1.0, Side.BUY, origin=Origin.BACKFILL) for ts in stamps]

    def book_topic(self, symbol):
        return None if self.by_rest else f"depth.{symbol}"

    async def book_snapshot(self, known):
        if not self.by_rest:
            return None
        await self.rest.get("/book", {"symbol": known.instrument.venue_symbol})
        frame = json.dumps({"ch": "depth", "s": known.instrument.venue_symbol, "n": 50, "snapshot": True})
        return self.parser.frame(frame.encode(), self.world.clock.now())


class StubRest:
    """Answers ``/list`` with ``rows`` and all else with an empty object; ``before`` are answers given first."""

    def __init__(self, *rows):
        self.rows = list(rows)
        self.asked = []
        self.before = []

    def __call__(self, request):
        self.asked.append((request.url.path, request.url.params.get("symbol", "")))
        if self.before:
            return self.before.pop(0)
        body = json.dumps(self.rows) if request.url.path == "/list" else "{}"
        return httpx.Response(200, content=body.encode())

    def of(self, path):
        return [symbol for asked, symbol in self.asked if asked == path]


def row(symbol, volume, **facts):
    return {"symbol": symbol, "volume": volume, **facts}
