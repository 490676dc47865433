"""Deribit's limits and refusals."""

import pytest

from fbkit.errors import RateLimited, VenueRefused, is_transient
from fbkit.feeds.deribit.manners import Manners
from fbkit.feeds.weights import SlidingWindow, Unlimited

PATH = "/api/v2/public/get_instruments"


def judge(status, body, headers=None):
    return Manners().judge(PATH, status, headers or {}, body, 0)


@pytest.mark.parametrize("status", [200, 400, 429])
def test_too_many_requests_in_all_its_disguises(status, load):
    error = judge(status, load("deribit/rest_too_many.json"))
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 5.0


def test_the_33rd_connection_hears_429_without_json():
    assert judge(429, b"Too Many Requests", {"Retry-After": "9"}).retry_after_s == 9.0


@pytest.mark.parametrize("status", [200, 400])
def test_a_wrong_question_is_not_asked_again(status, load):
    error = judge(status, load("deribit/rest_invalid_params.json"))
    assert isinstance(error, VenueRefused)
    assert (error.code, error.why, is_transient(error)) == ("-32602", "Invalid params", False)


@pytest.mark.parametrize("code", [10040, 10041, 11051, 11094, 13028, 13888])
def test_the_venues_own_trouble_is_asked_again(code):
    assert is_transient(judge(400, b'{"error":{"code":%d,"message":"retry"}}' % code))


def test_an_answer_is_fine(load):
    assert judge(200, load("deribit/rest_get_instruments.json")) is None


def test_a_hundred_requests_in_five_seconds_and_no_limit_where_there_is_none(make_test_world):
    world, _ = make_test_world()
    budget = Manners().budgets(world)[Manners().budget_of(PATH)]
    assert isinstance(budget, SlidingWindow)
    assert budget.limit == 100
    free, _ = make_test_world(limited=False)
    assert isinstance(Manners().budgets(free)["credits"], Unlimited)
