"""Of many quotes, the newest of each cadence."""

from __future__ import annotations

from fbkit.ingest.accounting import Account
from fbkit.ingest.conflation import Conflation
from fbkit.model import NS_MS, Quote


def quote(ms: int, number: int, instrument: str = "binance:BTC-USDT-PERP") -> Quote:
    return Quote(instrument, ms * NS_MS, ms * NS_MS, number, 100.0, 1.0, 101.0, 1.0)


def test_the_newest_quote_of_each_cadence_leaves_and_the_others_are_counted() -> None:
    conflation, account = Conflation(100 * NS_MS), Account("binance", "quote")
    left = [conflation.offer(quote(ms, ms), account) for ms in (0, 10, 50, 99, 110, 120)]
    # The first newcomer finds no release before it, so the held one leaves; then the cadence holds from there.
    assert [one.venue_id if one else None for one in left] == [None, 0, None, None, 99, None]
    assert account.conflated == 3
    assert account.held == 1
    assert [one.venue_id for one, _ in conflation.release_all(200 * NS_MS)] == [120]


def test_a_repeat_of_the_held_quote_is_a_duplicate() -> None:
    conflation, account = Conflation(100 * NS_MS), Account("binance", "quote")
    conflation.offer(quote(0, 7), account)
    conflation.offer(quote(1, 7), account)
    assert (account.duplicate, account.conflated, account.held) == (1, 0, 1)


def test_without_a_cadence_every_quote_leaves_at_once() -> None:
    conflation, account = Conflation(0), Account("binance", "quote")
    assert conflation.offer(quote(0, 7), account) is not None
    assert account.held == 0


def test_a_beat_lets_every_instrument_go_and_begins_a_cadence() -> None:
    conflation, account = Conflation(100 * NS_MS), Account("binance", "quote")
    conflation.offer(quote(0, 1), account)
    conflation.offer(quote(0, 2, "binance:ETH-USDT-PERP"), account)
    assert len(list(conflation.release_all(1000 * NS_MS))) == 2
    assert conflation.offer(quote(1010, 3), account) is None
    assert conflation.offer(quote(1020, 4), account) is None
    assert account.conflated == 1
