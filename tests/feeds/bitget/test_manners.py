"""Bitget's limits and refusals."""

import pytest

from fbkit.errors import RateLimited, VenueRefused
from fbkit.feeds.bitget.manners import A_SECOND, Manners
from fbkit.feeds.weights import Unlimited

PATH = "/api/v2/mix/market/candles"


def judge(status, body, headers=None):
    return Manners().judge(PATH, status, headers or {}, body, 0)


@pytest.mark.parametrize(
    ("status", "body"),
    [(429, b"<html>"), (429, b'{"code":"429"}'), (200, b'{"code":"30007","msg":"x"}'), (400, b'{"code":429}')],
)
def test_too_many_questions_in_every_disguise_mean_five_minutes(status, body):
    error = judge(status, body)
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 300.0


def test_who_is_told_how_long_to_wait_waits_so_long():
    assert judge(429, b"", {"Retry-After": "7"}).retry_after_s == 7.0


def test_a_refusal_says_the_venues_words(load):
    error = judge(400, load("bitget/rest_unknown_symbol.json"))
    assert isinstance(error, VenueRefused)
    assert (error.status, error.code) == (400, "40034")
    assert "NOPEUSDT" in str(error)


def test_success_is_five_zeros_and_nothing_else(load):
    assert judge(200, load("bitget/rest_contracts.json")) is None
    assert isinstance(judge(200, b'{"code":"40034","msg":"no"}'), VenueRefused)
    assert judge(200, b"<html>") is None, "what is no JSON is the asker's business"


def test_each_page_has_its_own_budget_and_all_together_stay_below_the_addresss(make_test_world):
    world, _ = make_test_world()
    budgets = Manners().budgets(world)
    assert {Manners().budget_of(f"/api/v2/mix/market/{word}") for word in (*A_SECOND, "candles")} == set(budgets)
    assert 60 * sum(budget.limit for budget in budgets.values()) < 6_000
    free, _ = make_test_world(limited=False)
    assert all(isinstance(budget, Unlimited) for budget in Manners().budgets(free).values())
