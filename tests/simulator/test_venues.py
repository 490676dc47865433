"""One seed through several venues: the same prices a little apart, everything else each venue's own."""

import asyncio
import hashlib
import itertools
import json

import httpx
import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from fbkit.clock import SystemClock, VirtualClock, VirtualLoop
from fbkit.errors import ConnectFailed, SettingError
from fbkit.simulator.calendar import DAY_MINUTES, MS_MIN, MS_S
from fbkit.simulator.faults import FaultScript
from fbkit.simulator.listings import quarterly
from fbkit.simulator.market import LISTED_MS, Market
from fbkit.simulator.memory import MemoryVenues
from fbkit.simulator.pace import Pace
from fbkit.simulator.profile import PROFILES
from fbkit.simulator.scene import Scene
from fbkit.simulator.server import Server
from fbkit.simulator.wires import WIRES, markets_of
from tests.simulator.conftest import MIDNIGHT, NOON
from tests.simulator.tiny import TinyWire

MS = 1_000_000
START = (MIDNIGHT - 15_000) * MS
TINY = {**WIRES, "gate": TinyWire}
MINUTE = NOON // MS_MIN

#: What Binance's market was before there were others: a digest of four minutes, a day's crowd and a kline.
OF_OLD = "f00cf66446e0bced19f984d941bf7901cfe7319fbf9564e491592a667fdbc85c"


@pytest.fixture(scope="module")
def views():
    """Every venue's view of seed 7, twelve contracts each."""
    return {venue: Market(7, 12, profile) for venue, profile in PROFILES.items()}


def test_binance_is_what_it_was_when_it_was_alone():
    market, digest = Market(7, 90), hashlib.sha256()
    for minute in (29_454_000, 29_454_001, 29_455_439, 29_540_000):
        for column in ("fair", "spread", "sigma", "edges", "coin", "ts_ms", "trade_id", "ticks", "steps", "buy"):
            digest.update(getattr(market.minute(minute), column).tobytes())
    crowd = market.crowd(20_455)
    for column in (crowd.premium, crowd.oi_steps, crowd.mark_5m, *crowd.log_ratio.values()):
        digest.update(column.tobytes())
    digest.update(market.closed(29_454_100).tobytes())
    assert digest.hexdigest() == OF_OLD


def close_usd(market, minute):
    """Last price of each coin in USD for one coin of the asset as the seed counts it."""
    universe = market.universe
    return market.closed(minute)[3] * universe.tick / np.exp(universe.shift)


def test_all_venues_trade_within_basis_and_spread_of_one_path_at_every_minute(views):
    reference = views["binance"]
    for venue, market in views.items():
        universe, profile = market.universe, market.profile
        plain = np.array([coin.expiry_ms is None for coin in universe.coins])
        for minute in range(MINUTE, MINUTE + 60):
            apart = close_usd(market, minute) / close_usd(reference, minute)[universe.asset] - 1.0
            # A trade is at the touch, the largest orders a few ticks deeper; the two venues' last trades are some
            # seconds apart, at a minute's noise of a tenth of a per cent.
            day = market.day(minute // DAY_MINUTES)
            room = 4.0 * day.sigma[:, minute % DAY_MINUTES] + 4.0 * profile.basis_bp * 1e-4
            room += 2.0 * (universe.tick / universe.price) * (1 + day.spread[:, minute % DAY_MINUTES])
            assert (np.abs(apart) < room)[plain].all(), venue


def test_no_two_venues_have_the_same_trades_quotes_or_ids(views):
    trades = {
        venue: tuple(row[2:7] for row in Scene(market).trades(NOON // MS_S * MS_S)) for venue, market in views.items()
    }
    quotes = {
        venue: tuple(row[2:] for row in Scene(market).best(NOON // MS_S * MS_S)) for venue, market in views.items()
    }
    for told in (trades, quotes):
        assert len(set(told.values())) == len(PROFILES)
    ratios = {market.crowd(MINUTE // DAY_MINUTES).log_ratio["acct_global"].tobytes() for market in views.values()}
    assert len(ratios) == len(PROFILES)


def test_a_venue_has_its_share_of_the_trades(views):
    counts = {venue: int(market.closed(MINUTE)[9][0]) for venue, market in views.items()}
    for venue, profile in PROFILES.items():
        assert 0.6 * profile.share < counts[venue] / counts["binance"] < 1.6 * profile.share


def test_index_prices_agree_and_marks_stand_a_few_points_beside(views):
    for venue, market in views.items():
        universe = market.universe
        plain = np.array([coin.expiry_ms is None for coin in universe.coins])
        (mark, index), (mark_0, index_0) = market.mark_index(NOON), views["binance"].mark_index(NOON)
        ratio = np.exp(universe.shift)
        apart = np.abs(index / ratio / index_0[universe.asset] - 1.0)
        assert (apart[plain] < 1e-6).all(), venue
        assert (
            np.abs(mark / ratio / mark_0[universe.asset] - 1.0)[plain] < 8 * market.profile.basis_bp * 1e-4 + 1e-12
        ).all()


def test_a_dated_future_costs_its_carry_and_comes_home(views):
    okx = views["okx"]
    names = okx.universe.index
    dated = next(coin for coin in okx.universe.coins if coin.expiry_ms is not None)
    swap = names["BTC-USDT-SWAP"]
    fair = okx.fair(NOON)
    years = (dated.expiry_ms - NOON) / (365 * 86_400_000)
    assert fair[names[dated.symbol]] / fair[swap] - 1.0 == pytest.approx(0.07 * years, rel=0.1)
    late = Market(7, 12, PROFILES["okx"])
    near = late.fair(dated.expiry_ms - 60_000)
    assert near[names[dated.symbol]] / near[swap] == pytest.approx(1.0, abs=8e-4)


def test_the_dated_future_of_an_instant_is_the_next_quarter_s():
    assert quarterly(LISTED_MS).strftime("%y%m%d") == "261225"
    assert quarterly(LISTED_MS + 30 * 86_400_000).strftime("%y%m%d") == "270326"
    assert [coin.symbol for coin in Market(7, 12, PROFILES["okx"], at_ms=NOON).universe.coins if coin.expiry_ms] == [
        "BTC-USDT-260327",
        "ETH-USDT-260327",
    ]


def test_inverse_contracts_count_dollars_and_their_volume_in_coins_agrees_with_their_trades(views):
    market = views["okx"]
    place = market.universe.index["BTC-USD-SWAP"]
    coin = market.universe.coins[place]
    minute = market.minute(MINUTE)
    a, b = minute.edges[place], minute.edges[place + 1]
    rows = list(zip(minute.steps[a:b].tolist(), minute.ticks[a:b].tolist(), strict=True))
    bar = dict(zip(("steps", "turnover"), market.closed(MINUTE)[4:6, place].tolist(), strict=True))
    assert coin.usd_volume(**bar) == pytest.approx(sum(coin.usd_of(*row) for row in rows))
    assert coin.base_volume(**bar) == pytest.approx(sum(coin.base_of(*row) for row in rows), rel=1e-4)


@pytest.mark.parametrize("venue", PROFILES)
def test_contracts_of_every_venue_are_worth_what_their_trades_say(venue, views):
    market = views[venue]
    minute = market.minute(MINUTE)
    for place, coin in enumerate(market.universe.coins):
        a, b = minute.edges[place], minute.edges[place + 1]
        worth = [coin.usd_of(s, t) for s, t in zip(minute.steps[a:b].tolist(), minute.ticks[a:b].tolist(), strict=True)]
        assert 0.05 < np.mean(worth) / market.universe.mean_usd[place] < 20.0, coin.symbol
        assert (minute.ticks[a:b] > 100).all(), coin.symbol


@pytest.mark.parametrize("venue", PROFILES)
def test_names_are_unique_and_fewer_contracts_are_the_first_of_more(venue):
    few, many = (PROFILES[venue].coins(n, LISTED_MS) for n in (7, 90))
    assert many[:7] == few
    assert len({coin.symbol for coin in many}) == len(many)
    assert len(many) == (25 if venue == "deribit" else 90)


def test_liquidations_are_told_as_the_venue_tells_them(views):
    told = {}
    for venue, market in views.items():
        scene, a_second = Scene(market), []
        for second in range(NOON // MS_S * MS_S, NOON // MS_S * MS_S + 600_000, MS_S):
            rows = list(scene.forced(second))
            assert all(second <= row.push_ms < second + MS_S and row.ts_ms < row.push_ms for row in rows)
            a_second += [len([row for row in rows if row.coin == coin]) for coin in {row.coin for row in rows}]
        told[venue] = max(a_second, default=0)
    assert (told["binance"], told["okx"], told["hyperliquid"]) == (1, 1, 0)
    assert min(told["bybit"], told["bitget"], told["gate"]) > 1


def test_changes_turn_one_book_into_the_next():
    scene = Scene(Market(7, 3, PROFILES["bybit"]))
    start = NOON // MS_S * MS_S
    held = [dict(side) for side in scene.book(1, start, 20)[3:]]
    for ts in range(start + 100, start + 3_000, 100):
        change = scene.change(1, ts, 100, 20)
        for side, levels in zip(held, (change.bids, change.asks), strict=True):
            side.update(levels)
            for ticks in [ticks for ticks, steps in side.items() if steps == 0]:
                del side[ticks]
        assert [sorted(side.items()) for side in held] == [sorted(change.book.bids), sorted(change.book.asks)]
        assert change.before.update_id < change.book.update_id


def test_what_the_past_tells_is_what_was_pushed():
    scene = Scene(Market(7, 3, PROFILES["gate"]))
    start = NOON // MS_S * MS_S
    pushed = [row for second in range(start, start + 5_000, MS_S) for row in scene.trades(second) if row.coin == 1]
    again = scene.since_id(1, pushed[0].trade_id, len(pushed), start + 5_000)
    assert [row[2:] for row in again] == [row[2:] for row in pushed]
    assert scene.before_id(1, pushed[-1].trade_id, 3, NOON + 9_000) == again[-4:-1]
    first, last = pushed[0].ts_ms, pushed[-1].ts_ms
    assert [row.trade_id for row in scene.between(1, first, last, 999)] == [row.trade_id for row in pushed]
    assert scene.newest(1, 2, last) == again[-2:]


def test_a_venue_without_a_wire_and_one_that_nobody_knows_are_refused():
    with pytest.raises(SettingError, match="kraken"):
        markets_of("binance,kraken", 7, 2, NOON)
    assert list(markets_of("all", 7, 2, NOON)) == list(WIRES)
    assert [market.seed for market in markets_of(" binance , binance", 7, 2, NOON).values()] == [7]


def markets(n=3):
    return {"binance": Market(7, n), "gate": Market(7, n, PROFILES["gate"])}


def play(script, faults=(), seconds=5.0):
    """Run ``script(venues, ears)`` in memory; heard as (ms since the start, connection, bytes), closed likewise."""
    clock, heard, closed, done = VirtualClock(START), [], [], []

    async def main():
        venues = MemoryVenues(markets(), clock, FaultScript.parse(json.dumps(list(faults))), wires=TINY)

        def ears(name):
            return (
                lambda payload: heard.append(((clock.now() - START) // MS, name, payload)),
                lambda why, code: closed.append((name, why, code)),
            )

        await script(venues, ears)
        await asyncio.sleep(seconds)
        done.extend(venues.done)

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        runner.run(main())
    return heard, closed, done


def of(heard, word):
    return [(ts, payload) for ts, _, payload in heard if payload.startswith(word)]


async def both(venues, ears):
    await venues.connect("ws://127.0.0.1/binance/market/ws/btcusdt@aggTrade", *ears("binance"))
    gate = await venues.connect("ws://127.0.0.1/gate/ws", *ears("gate"))
    await gate.send("trade/0")
    await gate.send("book/1")


def test_two_venues_speak_in_one_order_and_the_same_twice():
    first, again = play(both)[0], play(both)[0]
    assert first == again
    assert [(ts, name) for ts, name, _ in first] == sorted((ts, name) for ts, name, _ in first)
    assert {name for _, name, _ in first} == {"binance", "gate"}


def test_a_snapshot_comes_after_its_answer_and_before_what_follows():
    heard = [payload for _, name, payload in play(both)[0] if name == "gate" and b"id" not in payload]
    assert heard[:3] == [b"ok trade/0", b"ok book/1", b"snapshot %d" % (START // MS)]
    assert heard[3].startswith(b"book ")


def test_ticks_come_once_a_second_and_may_end_the_connection():
    heard, closed, _ = play(both)
    beats = of(heard, b"beat ")
    assert beats == [(ts, b"beat %d" % (START // MS + ts)) for ts in (1000, 2000, 3000)]
    assert closed == [("gate", "idle", 4004)]


def test_headers_of_the_handshake_reach_the_wire_and_wrap_its_frames():
    async def decimal(venues, ears):
        connection = await venues.connect("ws://127.0.0.1/gate/ws", *ears("gate"), {"X-Decimals": "1"})
        await connection.send("trade/0")
        await connection.send("nonsense")

    heard, closed, _ = play(decimal, seconds=1)
    assert closed == [("gate", "nonsense", 4001)]
    assert [payload for _, _, payload in heard] == [b"bye"]


def test_an_address_without_a_venue_cannot_be_connected_to():
    async def wrong(venues, ears):
        for url in ("ws://127.0.0.1/market/ws", "ws://127.0.0.1/gate/other", "ws://127.0.0.1/okx/ws/v5/public"):
            with pytest.raises(ConnectFailed):
                await venues.connect(url, *ears("a"))
        async with httpx.AsyncClient(transport=venues.http) as http:
            assert (await http.get("http://127.0.0.1/okx/api/v5/public/time")).status_code == 404

    play(wrong, seconds=0)


@pytest.mark.faults
def test_a_new_subscription_hears_its_last_second_again_as_if_live():
    plain = play(both)[0]
    faults = [{"at_s": 0, "for_s": 9, "fault": "resubscribe-replay", "venue": "gate", "channel": "trade"}]
    heard, _, (done,) = play(both, faults)
    extra = [row for row in heard if row not in plain]
    assert {name for _, name, _ in extra} == {"gate"}
    assert {ts for ts, _, _ in extra} == {0}
    assert done.times == len(extra) > 0
    ids = [json.loads(payload)["id"] for _, payload in of(heard, b'{"id"')]
    assert ids == list(range(ids[0], ids[0] + len(ids)))


@pytest.mark.faults
def test_a_sequence_begins_anew_where_the_venue_has_one():
    heard, _, (done,) = play(both, [{"at_s": 1.5, "fault": "seq-reset"}], seconds=4)
    counts = [int(payload.split()[1]) for _, payload in of(heard, b"book ")]
    began = counts.index(0)
    assert counts[began:] == list(range(len(counts) - began))
    assert counts[began - 1] > 1_000_000
    assert done.times == 1
    with pytest.raises(SettingError, match="seq-reset"):
        play(both, [{"at_s": 1.5, "fault": "seq-reset", "venue": "binance"}])


@pytest.mark.faults
def test_requests_are_limited_in_turn_and_answered_with_html_at_one_venue_only():
    told = []

    async def ask(venues, ears):
        await both(venues, ears)
        async with httpx.AsyncClient(transport=venues.http) as http:
            for path in [*["gate/x"] * 4, "binance/fapi/v1/time"]:
                told.append((await http.get(f"http://127.0.0.1/{path}")).status_code)  # noqa: PERF401 - one after the other

    faults = [
        {"at_s": 0, "fault": "rate-limit", "venue": "gate", "count": 2},
        {"at_s": 0, "fault": "html-502", "venue": "gate", "count": 1},
    ]
    _, _, done = play(ask, faults, seconds=0)
    assert told == [429, 200, 502, 200, 200]
    assert [(one.fault.fault, one.times) for one in done] == [("rate-limit", 2), ("html-502", 1)]


@pytest.mark.faults
def test_a_venue_s_fault_leaves_the_other_venue_alone():
    plain = play(both)[0]
    heard, closed, done = play(both, [{"at_s": 1, "fault": "close", "code": 4005, "venue": "gate"}])
    assert ("gate", "scripted", 4005) in closed
    assert [row for row in heard if row[1] == "binance"] == [row for row in plain if row[1] == "binance"]
    assert [one.times for one in done] == [1]


@pytest.fixture
async def serve():
    """Starts servers with both venues; 10 simulated seconds a second unless told otherwise."""
    servers = []

    async def start(speed=10.0, faults=()):
        pace = Pace(SystemClock(), speed=speed, start=START)
        script = FaultScript.parse(json.dumps(list(faults)))
        server = Server(markets(), pace, faults=script, warm=False, wires=TINY)
        servers.append(server)
        return server, await server.start()

    yield start
    for server in servers:
        await server.stop()


async def listen(port, path, say=(), n=40):
    async with connect(f"ws://127.0.0.1:{port}{path}", close_timeout=0.2) as ws:
        for text in say:
            await ws.send(text)
        return [await asyncio.wait_for(ws.recv(), 10) for _ in range(n)]


async def test_server_and_memory_tell_the_same_of_two_venues(serve):
    _, port = await serve()
    names = ["btcusdt@aggTrade"]
    binance, gate = await asyncio.gather(
        listen(port, f"/binance/market/ws/{names[0]}"), listen(port, "/gate/ws", ["trade/0"])
    )
    virtual = await asyncio.to_thread(play, both, (), 3.0)
    for heard, name, key in ((binance, "binance", "a"), (gate, "gate", "id")):
        told = [json.loads(text) for text in heard if text.startswith("{")]
        known = [json.loads(payload) for _, who, payload in virtual[0] if who == name and payload.startswith(b"{")]
        real, dreamt = ({one[key]: one for one in rows} for rows in (told, known))
        shared = real.keys() & dreamt.keys()
        assert len(shared) > 5
        assert all(real[k] == dreamt[k] for k in shared)


async def test_plain_pings_bodies_and_limits_pass_the_port(serve):
    _, port = await serve()
    assert (await listen(port, "/gate/ws", ["ping"], n=1)) == ["pong"]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/gate") as http:
        posted = await http.post("/info?a=1", content=b'{"type":"meta"}')
        again = await http.get("/info", params={"b": "2"})
        greedy = await http.get("/greedy")
    assert posted.json() == {"method": "POST", "path": "/info", "given": {"a": "1"}, "body": '{"type":"meta"}'}
    assert again.json()["given"] == {"b": "2"}
    assert greedy.status_code == 403


async def test_a_close_has_the_venue_s_code_and_an_idle_client_is_sent_away(serve):
    _, port = await serve(speed=1.0)
    async with connect(f"ws://127.0.0.1:{port}/gate/ws", close_timeout=0.2) as ws:
        await ws.send("nonsense")
        with pytest.raises(ConnectionClosed):
            [await asyncio.wait_for(ws.recv(), 10) for _ in range(3)]
    assert (ws.close_code, ws.close_reason) == (4001, "nonsense")


@pytest.mark.faults
async def test_the_server_says_each_fault_once_as_a_line_and_counts_it(serve, caplog):
    server, port = await serve(faults=[{"at_s": 0, "fault": "dup", "for_s": 2, "venue": "gate", "channel": "trade"}])
    heard = await listen(port, "/gate/ws", ["trade/0"], n=60)
    assert len(set(heard)) < len(heard)
    (done,) = server.done
    assert done.times > 0
    lines = [json.loads(record.message) for record in caplog.records if record.message.startswith("{")]
    assert [(line["fault"], line["venue"], line["channel"]) for line in lines] == [("dup", "gate", "trade")]


async def test_what_follows_a_snapshot_begins_at_the_instant_it_was_heard(serve, monkeypatch):
    server, port = await serve(speed=1.0)
    instants, clock, calls = [], server.now_ms, itertools.count()
    # Time passes between any two looks at the clock.
    monkeypatch.setattr(server, "now_ms", lambda: clock() + next(calls))
    whole = server.subscribed

    def later(client, streams, now):
        instants.append(now)
        whole(client, streams, now)

    monkeypatch.setattr(server, "subscribed", later)
    heard = await listen(port, "/gate/ws", ["book/0"], n=2)
    assert heard[1] == f"snapshot {instants[-1]}"
