"""C5 to C9: frames that cannot be read, are not known, come twice, late, in disorder, or not at all."""

import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fbkit.feeds.binance.parse import Parser
from fbkit.feeds.binance.symbols import assume
from fbkit.feeds.instruments import Instruments
from fbkit.model import NS_MS, NS_S, SAMPLE_BYTES, Control, Ignored, Rejected, Side, Trade
from fbkit.simulator.fault import GARBAGE
from fbkit.store import open_store
from tests.conformance.mutations import mutated
from tests.faults.venue_side import START

BTC, ETH = "binance:BTC-USDT-PERP", "binance:ETH-USDT-PERP"


def ids_of(run, instrument=BTC):
    return sorted(run.read("trade", instrument)["venue_id"].tolist())


def quarantine(run):
    with open_store(run.url) as store:
        return store.rows("quarantine")


# -- C5 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.faults("C5")
def test_garbage_between_good_frames_costs_no_connection_and_no_trade(collecting):
    garbage = {"at_s": 10, "for_s": 20, "fault": "garbage", "channel": "trade"}
    run = collecting().venue("binance", 40, garbage)
    assert run.gaps_of("trade") == run.gaps_of("mark") == []
    assert len(run.memory.connected) == len(set(run.memory.connected)), "nobody connected twice"
    ids = ids_of(run)
    assert ids == list(range(ids[0], ids[-1] + 1))
    rows = quarantine(run)
    nonsense = [one for one in GARBAGE if one != b"[]"]
    assert len(rows) == run.memory.done[0].times * len(nonsense) // len(GARBAGE)
    assert len(rows) == sum(one.quarantined for one in run.accounts)
    assert {bytes(sample) for sample in rows["sample"]} == set(nonsense), "an empty list is no nonsense: it is ignored"
    assert set(rows["reason"]) == {"malformed"}


@pytest.mark.faults("C5")
def test_more_than_a_percent_a_minute_is_degraded_and_a_minute_later_forgotten(collecting):
    garbage = {"at_s": 10, "for_s": 5, "fault": "garbage"}
    run = collecting().venue("binance", 90, garbage)
    bad = [beat for beat in run.beats if "quarantine" in {row.reason for row in beat.rows.values()}]
    assert bad[0].s < 13
    assert {beat.state for beat in bad} == {"degraded"}
    sentences = " ".join(row.sentence for row in bad[0].rows.values())
    assert "look at the table quarantine" in sentences
    assert run.beats[-1].state == "ok"


@pytest.mark.faults("C5")
def test_one_bad_frame_in_a_thousand_is_no_trouble(collecting):
    run = collecting().venue("binance", 40, {"at_s": 20, "for_s": 9, "fault": "garbage", "count": 1})
    assert len(quarantine(run)) == 1
    assert {beat.state for beat in run.beats} == {"ok"}


@pytest.mark.faults("C5")
def test_only_the_first_four_kilobytes_are_kept_of_a_frame_and_the_newest_ten_thousand_frames(collecting, monkeypatch):
    monkeypatch.setattr("fbkit.store.rows.QUARANTINE_ROWS", 20)
    huge = '{"e":"aggTrade","s":"' + "x" * 100_000
    garbage = {"at_s": 5, "for_s": 10, "fault": "garbage", "channel": "quote", "payload": huge}
    run = collecting().venue("binance", 20, garbage)
    rows = quarantine(run)
    assert run.memory.done[0].times > 40
    assert len(rows) == 20
    assert {bytes(sample) for sample in rows["sample"]} == {huge.encode()[:SAMPLE_BYTES]}
    assert sum(one.quarantined for one in run.accounts) == run.memory.done[0].times, "counted, however few are kept"


GOOD = [
    b'{"e":"aggTrade","E":1791382992488,"a":7,"s":"BTCUSDT","p":"83000.1","q":"0.5","T":1791382992338,"m":false}',
    b'{"stream":"x","data":{"e":"bookTicker","u":9,"s":"BTCUSDT","b":"8.1","B":"1","a":"8.2","A":"2","T":1,"E":2}}',
    b'[{"e":"markPriceUpdate","E":1791382992000,"s":"BTCUSDT","p":"8.1","i":"8","P":"8","r":"0.0001","T":1791388800000}]',
]


@pytest.mark.faults("C5")
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(payload=st.one_of(mutated(GOOD), st.binary(max_size=200), st.sampled_from(GOOD).map(lambda one: one[:40])))
def test_whatever_comes_is_items_and_never_an_absurd_price(payload):
    """NaN, infinite, negative or nothing: what cannot be a price is rejected with its first 4 KiB; nothing raises."""
    items = Parser(Instruments([assume("BTCUSDT")])).frame(payload, START)
    assert items
    for item in items:
        if isinstance(item, Rejected):
            assert len(item.sample) <= SAMPLE_BYTES
            assert item.reason
        elif not isinstance(item, Ignored | Control):
            for event in item if isinstance(item, tuple) else (item,):
                for name in ("price", "bid", "ask"):
                    price = getattr(event, name, None)
                    assert price is None or 0 < price < float("inf"), "an empty side has no price; no price is absurd"


# -- C6 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.faults("C6")
def test_what_a_venue_says_one_day_is_counted_by_type_with_a_sample(collecting):
    faults = [
        {"at_s": 5 + n, "fault": "send", "route": "market", "payload": json.dumps({"e": name, "E": 1, "s": "BTCUSDT"})}
        for n, name in enumerate(["futureThing", "futureThing", "anotherThing"])
    ]
    run = collecting().venue("binance", 20, *faults)
    rows = quarantine(run)
    assert rows["reason"].tolist() == ["unknown"] * 3
    told = [json.loads(bytes(sample))["e"] for sample in rows["sample"]]
    assert told == ["futureThing", "futureThing", "anotherThing"]
    assert sum(one.quarantined for one in run.accounts) == 3
    assert run.gaps_of("trade") == []


@pytest.mark.faults("C6")
def test_a_new_field_changes_nothing_and_a_symbol_nobody_listed_is_set_aside(collecting):
    def one_more_field(payload):
        return payload.replace(b'"e":"aggTrade"', b'"nq":"0.1","future":{"x":[1]},"e":"aggTrade"')

    def another_symbol(payload):
        return payload.replace(b'"s":"ETHUSDT"', b'"s":"NEWUSDT"') if b"aggTrade" in payload else payload

    plain = collecting().venue("binance", 15)
    known = ids_of(plain)
    run = collecting(db=f"{plain.url}.more").venue("binance", 15, tamper=one_more_field)
    assert ids_of(run) == known
    run = collecting(db=f"{plain.url}.other").venue("binance", 15, tamper=another_symbol)
    assert ids_of(run) == known
    trades = run.account("trade")
    assert trades.received > trades.stored
    assert trades.ignored + trades.quarantined > 0


# -- C7 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.faults("C7")
@pytest.mark.parametrize("venue", ["binance", "okx"])
def test_all_that_is_sent_twice_is_stored_once_and_counted(collecting, venue):
    once = collecting().venue(venue, 20)
    twice = collecting(db=f"{once.url}.twice").venue(venue, 20, {"at_s": 0, "for_s": 1e6, "fault": "dup"})
    for kind in ("trade", "quote", "mark"):
        before, after = once.read(kind), twice.read(kind)
        for name in before.keys() - {"seq", "ts_recv"}:
            assert str(before[name].tolist()) == str(after[name].tolist()), (kind, name)
    trades = twice.account("trade")
    assert trades.duplicate >= once.account("trade").received - 40
    assert trades.stored == once.account("trade").stored
    assert twice.gaps_of("trade") == []


# -- C8 ---------------------------------------------------------------------------------------------------------------


def some_trades(seconds, seed=3):
    """Seven trades a second, prices and sizes that do not add up exactly."""
    draw = random.Random(seed)
    times = sorted(draw.sample(range(seconds * 1000), seconds * 7))
    return [
        Trade(
            BTC, START + ms * NS_MS, 0, number, 100 + draw.random(), draw.random(), draw.choice([Side.BUY, Side.SELL])
        )
        for number, ms in enumerate(times, 1)
    ]


def received(trades, delay):
    """When each comes, in the order of coming."""
    arrivals = sorted((trade.ts_event + delay(trade), trade.venue_id) for trade in trades)
    return [(at, replace(trades[number - 1], ts_recv=at)) for at, number in arrivals]


@pytest.mark.faults("C8")
def test_shuffled_within_the_lateness_every_bar_is_the_same(collecting):
    trades, draw = some_trades(130), random.Random(4)
    calm = collecting().told(135, received(trades, lambda _: 0))
    wild = collecting(db=f"{calm.url}.wild").told(135, received(trades, lambda _: draw.randrange(900 * NS_MS)))
    assert wild.read("trade", BTC)["venue_id"].tolist() == calm.read("trade", BTC)["venue_id"].tolist()
    a, b = calm.bars(), wild.bars()
    assert len(a) == len(b) >= 2
    for one, other in zip(a, b, strict=True):
        for name in ("instrument", "t1", "open", "high", "low", "close", "n_trades"):
            assert str(getattr(one, name)) == str(getattr(other, name)), name
        for name in ("vol_base", "vol_usd", "buy_usd", "sell_usd"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-12, nan_ok=True)
    assert wild.account("trade").late == calm.account("trade").late == 0


@pytest.mark.faults("C8")
def test_what_comes_after_its_bar_has_closed_is_stored_and_counted_late(collecting):
    trades = some_trades(70)
    last = max(trade.venue_id for trade in trades if trade.ts_event < START + 60 * NS_S)
    run = collecting().told(80, received(trades, lambda trade: 8 * NS_S if trade.venue_id == last else 0))
    assert run.account("trade").late == 1
    assert run.account("trade").stored == len(trades)
    (bar, *_) = run.bars()
    assert bar.n_trades == last - 1


# -- C9 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.faults("C9")
def test_trades_that_a_venue_left_out_are_a_gap_of_their_instrument_and_fetched(collecting):
    seen = 0

    def lose_three(payload):
        nonlocal seen
        if b"aggTrade" not in payload or b"BTCUSDT" not in payload:
            return payload
        seen += 1
        return None if seen in {50, 51, 52} else payload

    run = collecting().venue("binance", 40, tamper=lose_three)
    (gap,) = run.gaps_of("trade", "sequence")
    assert (gap["instrument"], gap["phase"], gap["missing"]) == (BTC, "backfilled", 0)
    ids = ids_of(run)
    assert ids == list(range(ids[0], ids[-1] + 1))


@pytest.mark.faults("C9")
def test_a_book_that_lost_an_update_is_stale_until_its_snapshot(collecting):
    name, seen = "bybit:BTC-USDT-PERP", 0

    def lose_one(payload):
        nonlocal seen
        if b'"orderbook.' not in payload or b'.BTCUSDT"' not in payload or b'"delta"' not in payload:
            return payload
        seen += 1
        return None if seen == 100 else payload

    run = collecting().venue("bybit", 40, tamper=lose_one)
    assert seen > 100
    gaps = [gap for gap in run.gaps if gap["instrument"] == name and gap["cause"] == "sequence"]
    assert [(gap["channel"], gap["phase"]) for gap in gaps] == [("depth", "closed")]
    quotes = run.read("quote", name)
    deep = quotes["ts_recv"][quotes["levels"] > 0]
    assert not ((deep > gaps[0]["t0"]) & (deep < gaps[0]["t1"])).any(), "nothing is said of a book we do not know"
    assert (deep > gaps[0]["t1"]).any()
    assert "sequence" in run.reasons("bybit", "depth") or gaps[0]["t1"] - gaps[0]["t0"] < NS_S
    assert run.beats[-1].state == "ok"
