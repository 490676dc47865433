"""Delays between tries."""

from random import Random

from fbkit.feeds.backoff import Backoff


def test_delays_double_up_to_the_cap():
    backoff = Backoff(lambda: 1.0)
    assert [backoff.next() for _ in range(9)] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_jitter_takes_up_to_half():
    random = Random(7)
    backoff = Backoff(random.random, first_s=30.0)
    delays = [backoff.next() for _ in range(500)]
    assert min(delays) >= 15.0
    assert max(delays) <= 30.0
    assert max(delays) - min(delays) > 14.0


def test_a_thousand_failures_are_no_overflow():
    backoff = Backoff(lambda: 1.0)
    assert {backoff.next() for _ in range(2000)} >= {30.0}


def test_data_calms_it():
    backoff = Backoff(lambda: 1.0)
    backoff.next()
    backoff.next()
    backoff.reset()
    assert backoff.next() == 0.5
