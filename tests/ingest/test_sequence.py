"""Duplicates, holes and legal resets, where ids count one by one and where they do not."""

from __future__ import annotations

from fbkit.ingest.sequence import Sequence, Verdict
from fbkit.model import NS_MS, NS_S, Quote, Ratio, Side, Trade


def trade(number: int, ms: int, name: str) -> Trade:
    return Trade(name, ms * NS_MS, ms * NS_MS, number, 100.0, 1.0, Side.BUY)


def quote(number: int, ms: int, levels: int = 0) -> Quote:
    return Quote("bybit:BTC-USDT-PERP", ms * NS_MS, ms * NS_MS, number, 1.0, 1.0, 2.0, 1.0, levels)


def test_a_jump_is_a_hole_only_where_ids_count_one_by_one() -> None:
    order = Sequence(counted={"binance"})
    for name in ("binance:BTC-USDT-PERP", "bybit:BTC-USDT-PERP"):
        assert [order.judge(trade(n, n, name), 0) for n in (5, 9, 9)] == [
            Verdict.NEWS,
            Verdict.NEWS,
            Verdict.DUPLICATE,
        ]
    assert [(hole.instrument, hole.first, hole.last) for hole in order.overdue(2)] == [("binance:BTC-USDT-PERP", 6, 8)]


def test_holes_that_a_silence_left_wait_until_what_it_missed_has_been_fetched() -> None:
    order = Sequence(counted={"binance"})
    name = "binance:BTC-USDT-PERP"
    for number in (5, 9):
        order.judge(trade(number, number, name), 0)
    assert order.overdue(2, lambda venue: venue == "binance") == []
    for number in (6, 7):
        order.judge(trade(number, number, name), 3)
    (hole,) = order.overdue(4)
    assert (hole.first, hole.last, order.missing(hole)) == (6, 8, 1), "what is missing after it is told"
    assert order.overdue(5) == []


def test_ids_without_an_order_tell_repetitions_in_any_order() -> None:
    order = Sequence(counted=())
    name = "hyperliquid:BTC-USD-PERP"
    verdicts = [order.judge(trade(n, 1, name), 0) for n in (7, -3, 7, 2**62, -3)]
    assert verdicts == [Verdict.NEWS, Verdict.NEWS, Verdict.DUPLICATE, Verdict.NEWS, Verdict.DUPLICATE]


def test_an_earlier_runs_trades_are_known_again_without_an_order_too() -> None:
    order = Sequence(counted=())
    order.reload("bybit:BTC-USDT-PERP", [11, -12], 5 * NS_MS)
    assert order.judge(trade(-12, 4, "bybit:BTC-USDT-PERP"), 0) is Verdict.DUPLICATE
    assert order.judge(trade(13, 4, "bybit:BTC-USDT-PERP"), 0) is Verdict.NEWS


def test_a_counter_that_begins_anew_is_a_legal_reset_and_an_old_frame_is_not() -> None:
    order = Sequence()
    for levels in (0, 5):
        assert order.judge(quote(900, 10, levels), 0) is Verdict.NEWS
        assert order.judge(quote(900, 3010, levels), 0) is Verdict.DUPLICATE, "repeated after three calm seconds"
        assert order.judge(quote(899, 9, levels), 0) is Verdict.DUPLICATE, "out of order"
        assert order.judge(quote(1, 20, levels), 0) is Verdict.NEWS, "a service that restarted counts from 1"
        assert order.judge(quote(2, 30, levels), 0) is Verdict.NEWS


def test_ratios_count_by_their_periods_and_off_the_grid_by_what_they_say() -> None:
    order = Sequence()

    def ratio(ts_s: int, kind: str = "taker") -> Ratio:
        return Ratio("okx:BTC-USDT-PERP", ts_s * NS_S, ts_s * NS_S, kind, 1.5, 300)  # type: ignore[arg-type]  # a kind

    told = [order.judge(ratio(ts), 0) for ts in (900, 600, 300, 600, 1201, 1201, 1200)]
    news, again = Verdict.NEWS, Verdict.DUPLICATE
    assert told == [news, news, news, again, news, again, news]
    assert order.judge(ratio(600, "acct_top"), 0) is news
