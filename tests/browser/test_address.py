"""The address of a page leads back to what was shown, in a real browser."""

import pytest

from tests.browser.conftest import open_page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(chromium, page_server):
    watched = open_page(chromium, page_server, "n=12")
    yield watched.page
    assert watched.errors == []
    assert watched.outside == []
    watched.page.context.close()


def shown(page):
    return page.get_attribute(".fb-brand [aria-current]", "data-tab")


def at(page, what):
    page.wait_for_function("what => location.hash === what", arg=what)


def test_a_choice_is_written_into_the_address_and_another_tab_is_a_step_back(page):
    at(page, "#/market")
    page.click('.fb-tab-market .fb-tools button:text-is("1h")')
    page.wait_for_function("location.hash.startsWith('#/market?') && location.hash.includes('tf=1h')")
    page.keyboard.press("7")
    page.wait_for_selector(".fb-tab-status .fb-status")
    page.wait_for_function("location.hash.startsWith('#/status?')")
    assert shown(page) == "status"
    page.go_back()
    page.wait_for_function("location.hash.startsWith('#/market?')")
    page.wait_for_function("document.querySelector('.fb-brand [aria-current]').dataset.tab === 'market'")
    assert page.is_visible(".fb-tab-market .fb-table")
    assert not page.is_visible(".fb-tab-status")


def test_an_address_that_was_kept_shows_the_same(chromium, page_server, page):
    kept = page.url.partition("#")[0] + "#/status?tf=4h&venue=nowhere&x=1"
    other = page.context.new_page()
    other.goto(kept)
    other.wait_for_selector(".fb-tab-status .fb-status")
    assert shown(other) == "status"
    other.keyboard.press("1")
    other.wait_for_selector('.fb-tab-market .fb-tools button[aria-pressed="true"]:text-is("4h")')
    other.close()


def test_an_address_that_means_nothing_shows_the_market(page):
    page.evaluate("location.hash = '#/nonsense?tf=1h'")
    page.wait_for_timeout(200)
    assert shown(page) == "market"
    assert page.is_visible(".fb-tab-market .fb-table")
