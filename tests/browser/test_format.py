"""The formatter of the browser says what the one of Python says."""

import json
import random

import pytest

from fbkit.widgets import format as fmt
from fbkit.widgets.assets import module
from tests.widgets.numbers import CASES

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def in_browser(chromium):
    page = chromium.new_page()
    names = sorted({name for name, _, _ in CASES})
    page.add_script_tag(content=f"{module('format.js')}\nglobalThis.fmt = {{ {', '.join(names)} }};")
    # NaN is no JSON: it travels as null, and a tick that is null is none
    script = "cases => cases.map(([name, a]) => fmt[name](a[0] === null ? NaN : a[0], ...a.slice(1)))"

    def tell(cases):
        return page.evaluate(script, json.loads(json.dumps(cases).replace("NaN", "null")))

    yield tell
    page.close()


def test_every_case_of_the_table(in_browser):
    told = in_browser([(name, arguments) for name, arguments, _ in CASES])
    assert told == [text for _, _, text in CASES]


def test_thousands_of_random_numbers(in_browser):
    numbers = random.Random(11)
    cases = []
    for _ in range(800):
        value = numbers.choice((-1, 1)) * 10 ** numbers.uniform(-9, 14)
        tick = 10.0 ** -numbers.randint(0, 9)
        cases += [("price", (value, tick)), ("money", (value,)), ("signed", (value, numbers.randint(0, 4)))]
        cases += [("percent", (value / 1e6,)), ("age", (abs(value) / 1e6,))]
    assert in_browser(cases) == [getattr(fmt, name)(*arguments) for name, arguments in cases]
