"""A Binance that answers REST from memory, as its documentation says."""

import json
from collections import Counter

import httpx
import pytest

from fbkit.model import NS_MS

MINUTE_MS = 60_000


class StubRest:
    """Endpoints over a made-up past: candles and data every minute and 5 minutes, one trade every 100 ms.

    ``before`` are answers given first, one a request, ``refused`` paths that are refused once; ``now`` is in UTC ms.
    """

    def __init__(self, load, now):
        self.load, self.now = load, now
        self.asked = []
        self.before, self.refused = [], []

    @property
    def counts(self):
        return Counter(path for path, _ in self.asked)

    def __call__(self, request):
        path, query = request.url.path, dict(request.url.params)
        self.asked.append((path, query))
        if path in self.refused:
            self.refused.remove(path)
            return httpx.Response(400, content=b'{"code":-1121,"msg":"Invalid symbol."}')
        if self.before:
            return self.before.pop(0)
        whole = {
            "/fapi/v1/premiumIndex": "rest_premium_index",
            "/fapi/v1/exchangeInfo": "rest_exchange_info",
            "/fapi/v1/ticker/24hr": "rest_ticker_24hr",
            "/fapi/v1/fundingInfo": "rest_funding_info",
        }
        if path in whole:
            return httpx.Response(200, content=self.load(f"binance/{whole[path]}.json"))
        rows = getattr(self, path.rpartition("/")[2])(query)
        return httpx.Response(200, content=json.dumps(rows).encode(), headers={"X-MBX-USED-WEIGHT-1M": "7"})

    def span(self, query, step, limit):
        start, end = int(query["startTime"]), int(query["endTime"])
        assert start <= end
        first = -(-start // step) * step
        return list(range(first, min(end, self.now) + 1, step))[: int(query.get("limit", limit))]

    def klines(self, query):
        assert query["interval"] == "1m"
        return [
            [t, "100.0", "101.0", "99.0", "100.5", "10", t + MINUTE_MS - 1, "1000.0", 5, "4", "400.0", "0"]
            for t in self.span(query, MINUTE_MS, 500)
        ]

    def aggTrades(self, query):  # noqa: N802 - the venue's word
        limit = int(query["limit"])
        if "fromId" in query:
            ids = range(int(query["fromId"]), min(int(query["fromId"]) + limit, self.now // 100 + 1))
        else:
            assert int(query["endTime"]) - int(query["startTime"]) < 3_600_000
            ids = [t // 100 for t in self.span(query, 100, 500)]
        return [{"a": i, "p": "100.0", "q": "1", "f": i, "l": i, "T": i * 100, "m": False} for i in ids]

    def openInterest(self, query):  # noqa: N802 - the venue's word
        return {"symbol": query["symbol"], "openInterest": "1000", "time": self.now}

    def openInterestHist(self, query):  # noqa: N802 - the venue's word
        return [
            {"sumOpenInterest": "1000", "sumOpenInterestValue": "100000", "timestamp": t}
            for t in reversed(self.span(query, 5 * MINUTE_MS, 30))
        ]

    def _ratio(self, query):
        if "startTime" not in query:
            return [{"longShortRatio": "1.5", "buySellRatio": "1.1", "timestamp": self.now // 300_000 * 300_000}]
        return [
            {"longShortRatio": "1.5", "buySellRatio": "1.1", "timestamp": t}
            for t in self.span(query, 5 * MINUTE_MS, 30)
        ]

    globalLongShortAccountRatio = topLongShortAccountRatio = _ratio
    topLongShortPositionRatio = takerlongshortRatio = _ratio

    def fundingRate(self, query):  # noqa: N802 - the venue's word
        if "endTime" not in query:
            query = {**query, "startTime": query.get("startTime", self.now - 28_800_000), "endTime": self.now}
        return [
            {"symbol": query["symbol"], "fundingTime": t, "fundingRate": "0.0001", "markPrice": "100.0"}
            for t in self.span(query, 28_800_000, 100)
        ]


@pytest.fixture
def stub(load, now):
    return StubRest(load, now // NS_MS)
