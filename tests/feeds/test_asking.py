"""Questions to a venue, and the moods of its answers."""

import json

import httpx
import pytest

from fbkit.errors import ConnectFailed, RateLimited, SettingError, VenueRefused
from fbkit.feeds.asking import MOST_BYTES, Rest, understood
from fbkit.feeds.weights import SlidingWindow
from fbkit.model import NS_S


class Plain:
    """A venue made up for tests: two budgets; an error inside status 200 and a limit in disguise."""

    def budgets(self, world):
        return {
            name: SlidingWindow(limit, 60, world.clock, world.sleep) for name, limit in (("few", 10), ("many", 1000))
        }

    def budget_of(self, path):
        return "few" if path.startswith("/few") else "many"

    def judge(self, path, status, headers, body, now):
        if b"slow down" in body:
            return RateLimited("venue", path, 7.0)
        if b"retCode" in body:
            return VenueRefused("venue", path, status, "10001", "params error")
        return None

    def used(self, headers):
        return None


@pytest.fixture
def ask(answering):
    """Answers in, (what to ask with, requests seen) out; sleeping moves the clock."""

    def make(*answers):
        world, seen = answering(*answers)
        return Rest("venue", "http://127.0.0.1:1", world, Plain()), seen

    return make


def ok():
    return httpx.Response(200, content=b"{}")


async def test_a_symbol_of_any_script_is_percent_encoded(ask):
    rest, seen = ask(ok())
    assert await rest.get("/many/oi", {"symbol": "币安人生USDT"}) == b"{}"
    assert str(seen[0][1].url).endswith("oi?symbol=%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT")


async def test_a_question_may_be_posted_as_json_and_is_captured_with_its_body_as_query(ask):
    rest, seen = ask(ok())
    heard = []
    rest.on_body = lambda path, body: heard.append((path, body))
    await rest.post("/many/info", {"type": "candles", "req": {"coin": "BTC"}})
    await rest.get("/many/time")
    [(_, posted), (_, got)] = seen
    assert (posted.method, got.method) == ("POST", "GET")
    assert json.loads(posted.content) == {"type": "candles", "req": {"coin": "BTC"}}
    assert posted.headers["Content-Type"] == "application/json"
    assert heard == [
        ("/many/info?type=candles&req=%7B%22coin%22%3A%22BTC%22%7D", b"{}"),
        ("/many/time", b"{}"),
    ]


async def test_plain_text_leaves_this_machine_never(make_test_world):
    world, _ = make_test_world()
    with pytest.raises(SettingError, match="https://"):
        Rest("venue", "http://api.example", world, Plain())


async def test_a_limit_in_whatever_disguise_pauses_every_budget(ask, now):
    rest, seen = ask(httpx.Response(200, content=b'{"slow down":1}'), ok())
    heard = []
    rest.on_body = lambda path, body: heard.append(path)
    await rest.get("/few/x")
    await rest.get("/many/x")
    assert [ts - now for ts, _ in seen] == [0, 7 * NS_S, 7 * NS_S]
    assert heard == ["/few/x", "/many/x"], "a refusal is no answer"


async def test_a_limit_is_told_where_nobody_limits(ask, make_test_world, clock):
    limited = httpx.Response(429, content=b"slow down")
    world, _ = make_test_world(lambda request: limited, clock=clock, limited=False)
    with pytest.raises(RateLimited):
        await Rest("venue", "http://127.0.0.1:1", world, Plain()).get("/many/x")


async def test_a_generous_venue_allows_so_many_times_what_is_documented(make_test_world, clock, now):
    world, _ = make_test_world(lambda request: ok(), clock=clock, generosity=100)
    rest = Rest("venue", "http://127.0.0.1:1", world, Plain())
    for _ in range(800):
        await rest.get("/few/x")
    assert clock.now() == now


async def test_what_makes_us_wait_is_told_and_that_it_is_over(ask):
    rest, _ = ask(httpx.Response(200, content=b'{"slow down":1}'), httpx.Response(502, content=b"<html>"), ok(), ok())
    told = []
    rest.on_trouble = lambda error: told.append(type(error).__name__)
    await rest.get("/many/x")
    await rest.get("/many/x")
    assert told == ["RateLimited", "VenueRefused", "NoneType"]


async def test_budgets_are_apart_and_a_backfill_leaves_room(ask, clock, now):
    rest, _ = ask(ok())
    for _ in range(5):
        await rest.get("/few/x", share=0.6)
    assert clock.now() == now
    await rest.get("/few/x", share=0.6)
    assert clock.now() >= now + 60 * NS_S, "9 of 10 units, and 0.6 of them"
    clock_before = clock.now()
    for _ in range(100):
        await rest.get("/many/x")
    assert clock.now() == clock_before


async def test_a_venue_may_state_another_limit_than_its_documents(ask, clock, now):
    rest, _ = ask(ok())
    rest.allow("few", 1000)
    for _ in range(100):
        await rest.get("/few/x")
    assert clock.now() == now


@pytest.mark.parametrize(
    "mood",
    [
        httpx.Response(503, content=b"<html>Service Unavailable</html>"),
        httpx.Response(200, content=b"<html>welcome to our hotel</html>"),
        httpx.Response(200, content=b""),
        httpx.Response(202, content=b""),
        httpx.ConnectError("nobody there"),
        httpx.ReadTimeout("too slow"),
    ],
)
async def test_a_mood_passes(ask, mood):
    rest, seen = ask(mood, mood, ok())
    assert await rest.get("/many/x") == b"{}"
    assert len(seen) == 3


async def test_after_four_tries_it_is_an_error_that_says_where(ask):
    rest, seen = ask(httpx.ConnectError("nobody there"))
    with pytest.raises(ConnectFailed, match="/many/x"):
        await rest.get("/many/x", {"symbol": "BTCUSDT"})
    assert len(seen) == 4


@pytest.mark.parametrize("status", [200, 400])
async def test_a_refusal_is_not_asked_again_and_says_why(ask, status):
    rest, seen = ask(httpx.Response(status, content=b'{"retCode":10001}'))
    with pytest.raises(VenueRefused, match=r"10001 .*params error"):
        await rest.get("/many/x")
    assert len(seen) == 1


async def test_a_body_beyond_belief_is_refused(ask):
    rest, _ = ask(httpx.Response(200, content=b"[" + b" " * MOST_BYTES + b"]"))
    with pytest.raises(VenueRefused, match="an answer of"):
        await rest.get("/many/x")


async def test_nobody_is_followed_to_another_address(ask):
    rest, seen = ask(httpx.Response(302, headers={"Location": "http://elsewhere.example/"}))
    with pytest.raises(VenueRefused, match="302"):
        await rest.get("/many/x")
    assert len(seen) == 1


def test_a_page_of_another_shape_is_a_refusal():
    def read(body):
        return body.decode()

    assert understood("venue", "/list", b"fine", read) == "fine"
    with pytest.raises(VenueRefused, match="another shape"):
        understood("venue", "/list", b"\xff", read)
