"""Across venues and Correlation in a real browser, on a database made by hand."""

import pytest

from tests.browser.conftest import ROOT, Watched
from tests.dashboard.across_market import write

pytestmark = pytest.mark.browser

CODE = """\
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from fbkit.dashboard.board import Board
from fbkit.settings import load_settings
from tests.dashboard.across_market import Told
board = Board(Told(load_settings(db={url!r}, home=Path({home!r})), {url!r})).start()
board.page
"""


@pytest.fixture(scope="module")
def address(page_server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("across")
    page_server.write("across.ipynb", CODE.format(root=str(ROOT), url=write(folder), home=str(folder)))
    return f"{page_server.address}/voila/render/across.ipynb?token={page_server.token}"


def opened(chromium, page_server, address, where, *, width=1440, height=900):
    """A page at a tab's address."""
    context = chromium.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    watched = Watched(context.new_page(), page_server.address)
    watched.page.set_default_timeout(30_000)
    watched.page.goto(address + where)
    return watched


@pytest.fixture(scope="module")
def page(chromium, page_server, address):
    watched = opened(chromium, page_server, address, "#/venues?coin=ETH")
    yield watched.page
    assert watched.errors == []
    assert watched.outside == []
    watched.page.context.close()


def titled(page, place, text):
    page.wait_for_function("([s, t]) => document.querySelector(s)?.textContent === t", arg=[f"{place} h2", text])


def cells(page, coin):
    """Texts of a coin's row of funding, by venue."""
    page.wait_for_selector(f'.at-funding tr[data-name="{coin}"]')
    script = """coin => { const heads = [...document.querySelectorAll('.at-funding thead th')].map(e => e.dataset.key);
        return Object.fromEntries([...document.querySelector(`.at-funding tr[data-name="${coin}"]`).cells]
            .map((td, j) => [heads[j], td.textContent])) }"""
    return page.evaluate(script, coin)


def test_the_address_opens_the_tab_at_its_coin_and_a_press_takes_another(page):
    titled(page, ".at-interest", "ETH open interest by venue")
    page.wait_for_selector('.at-basis .loading:has-text("ETH has no dated futures")')
    page.click('.fb-tab-venues .fb-controls button:text-is("BTC")')
    titled(page, ".at-interest", "BTC open interest by venue")
    page.wait_for_selector('.at-basis .end:has-text("deribit")')
    page.wait_for_function("!location.hash.includes('coin')")
    ends = page.locator(".at-interest .end").all_text_contents()
    assert min(ends).startswith("binance")
    assert len(ends) == 5


def test_what_is_missing_is_drawn_with_its_reason(page):
    assert cells(page, "HYPE")["deribit"] == "none"
    assert cells(page, "SOL")["bybit"] == "gap"
    assert page.locator('.at-funding tr[data-name="SOL"] td.hatch').count() == 1
    assert page.locator('.at-funding tr[data-name="HYPE"] td.hatch').count() == 0
    assert page.locator(".at-funding td.z").count() >= 16


def test_every_rate_can_be_had_by_the_year(page):
    before = cells(page, "BTC")["okx"]
    page.click('.fb-tab-venues .fb-controls button:text-is("% APR")')
    page.wait_for_function(
        "t => !document.querySelector('.at-funding tr[data-name=\"BTC\"]').textContent.includes(t)", arg=before
    )
    after = cells(page, "BTC")["okx"]
    assert float(after.replace("\u2212", "-")) == pytest.approx(1095 * float(before.replace("\u2212", "-")), abs=0.06)


def test_the_matrix_is_walked_by_keys_and_enter_chooses_the_pair(page):
    page.keyboard.press("5")
    page.wait_for_selector(".fb-heat tbody td.sel")
    page.focus(".fb-heat .scroll")
    page.keyboard.press("Control+Home")
    for _ in range(4):
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    told = page.text_content(".fb-heat .read")
    first, second = (page.text_content(f".fb-heat {place}") for place in ("tbody th.on", "thead th.on"))
    assert told.startswith(f"{first} and {second}: r ")
    assert "pairs" in told
    page.keyboard.press("Enter")
    titled(page, ".at-lags", f"{first} and {second}: who leads")
    assert page.locator(".fb-heat td.sel").count() == 2


def test_a_phone_shows_all_of_it_without_a_way_to_the_side(chromium, page_server, address):
    watched = opened(chromium, page_server, address, "#/venues", width=390, height=844)
    page = watched.page
    page.wait_for_selector('.at-funding tr[data-name="BTC"]')
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".at-dispersion .strip").count() >= 3
    page.context.close()
    assert watched.errors == []
