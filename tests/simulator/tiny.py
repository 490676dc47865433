"""A venue of our own with the manners that others have one each: snapshots, a sequence, heartbeats, limits, POST."""

import json
from typing import ClassVar

from fbkit.simulator.answers import answer
from fbkit.simulator.calendar import MS_S
from fbkit.simulator.wires.wire import Frame, Reply, Stream, Talk, Wire

#: A client that says nothing for so long is sent away with 4004.
IDLE_MS = 3_000


class TinyTalk(Talk):
    """``ping`` is answered ``pong``; any other text is the name of a stream: ``trade/0`` or ``book/1``."""

    def __init__(self, wire, decimals):
        super().__init__("all")
        self.wire, self.decimals, self.heard_ms = wire, decimals, None

    def hear(self, text, now_ms):
        self.heard_ms = now_ms
        if text == "ping":
            return Reply((b"pong",))
        kind, _, coin = text.partition("/")
        if kind not in self.wire.kinds or not coin.isdigit():
            return Reply((b"bye",), "nonsense", 4001)
        self.streams.append(Stream(text, kind, int(coin), self.route))
        first = Frame(now_ms, text, b"snapshot %d" % now_ms)
        return Reply((b"ok " + text.encode(),), frames=(first,) if kind == "book" else ())

    def tick(self, now_ms):
        if self.heard_ms is not None and now_ms - self.heard_ms > IDLE_MS:
            return Reply((), "idle", 4004)
        return Reply((b"beat %d" % now_ms,))

    def wrap(self, frame):
        return b"decimals " + frame.payload if self.decimals else frame.payload


class TinyWire(Wire):
    """``trade`` tells its ids; ``book`` counts the seconds since its sequence began."""

    channel_of: ClassVar = {"trade": "trade", "book": "depth"}

    def __init__(self, market, generosity=100):
        super().__init__(market, generosity)
        self.kinds = {"trade": self._trades, "book": self._books}
        self.began = {}

    def _trades(self, start_ms, wanted):
        names = {stream.coin: stream.name for stream in wanted}
        for row in self.scene.trades(start_ms):
            if row.coin in names:
                yield Frame(row.push_ms, names[row.coin], b'{"id":%d}' % row.trade_id)

    def _books(self, start_ms, wanted):
        for stream in wanted:
            yield Frame(start_ms + 100, stream.name, b"book %d" % ((start_ms - self.began.get(stream.name, 0)) // MS_S))

    def reset_sequence(self, stream, now_ms):
        if stream.kind != "book":
            return False
        self.began[stream.name] = now_ms
        return True

    def talk(self, target, headers):
        return TinyTalk(self, headers.get("x-decimals") == "1") if target.startswith("/ws") else None

    def answer(self, asked, now_ms):
        told = {"method": asked.method, "path": asked.path, "given": asked.given, "body": asked.body.decode()}
        return answer(json.dumps(told))

    def spend(self, asked, now_ms):
        return answer('{"error":"used up"}', 403) if asked.path == "/greedy" else None

    def limited(self):
        return [answer('{"error":"slow down"}', 429), answer('{"code":50011}')]
