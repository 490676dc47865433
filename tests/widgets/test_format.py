"""Numbers as a person reads them."""

import random

import pytest

from fbkit.widgets import format as fmt
from tests.widgets.numbers import CASES


@pytest.mark.parametrize(("name", "arguments", "text"), CASES)
def test_a_number_is_told_as_the_table_says(name, arguments, text):
    assert getattr(fmt, name)(*arguments) == text


def test_three_digits_are_always_shown_of_money():
    numbers = random.Random(7)
    for _ in range(2000):
        value = 10 ** numbers.uniform(0, 15)
        number, _ = fmt.usd(value)
        assert sum(c.isdigit() for c in number) == 3
        assert 1 <= float(number) < 1000


def test_no_formatter_writes_a_hyphen_for_a_minus():
    for name in ("price", "signed", "money", "percent", "bp", "funding", "zscore", "count"):
        arguments = (-12345.678, 2) if name in {"price", "signed"} else (-12345.678,)
        assert getattr(fmt, name)(*arguments).startswith("−")
