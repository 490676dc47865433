"""Alerts and Status on a day of data, as a person uses them, in a real browser."""

import pytest

from tests.browser.conftest import ROOT, Watched

pytestmark = pytest.mark.browser

CODE = """\
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from fbkit.clock import VirtualClock
from fbkit.dashboard.board import Board
from fbkit.settings import load_settings
from tests.dashboard.watched_market import Watched
source = Watched(load_settings(db={url!r}, home=Path({home!r})), {url!r})
source.stops_after = {stops}
board = Board(source, tf="5m").start()
board.page
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    from tests.dashboard.watched_market import write

    return write(tmp_path_factory.mktemp("watched"))


def opened(chromium, server, url, address, *, stops="float('inf')", width=1440):
    context = chromium.new_context(viewport={"width": width, "height": 860}, reduced_motion="reduce")
    watched = Watched(context.new_page(), server.address)
    watched.page.set_default_timeout(30_000)
    name = f"day_{stops[:5].replace('(', '')}_{width}.ipynb"
    server.write(name, CODE.format(root=str(ROOT), url=url, home=str(server.folder / "home"), stops=stops))
    watched.page.goto(f"{server.address}/voila/render/{name}?token={server.token}{address}")
    return watched


@pytest.fixture(scope="module")
def day(chromium, page_server, url):
    watched = opened(chromium, page_server, url, "#/alerts")
    watched.page.wait_for_selector(".fb-alerts tr.alert")
    yield watched
    assert watched.errors == []
    assert watched.outside == []
    watched.page.context.close()


def texts(page, selector):
    return [one.replace("\u00a0", " ") for one in page.locator(selector).all_inner_texts()]


def test_every_word_of_what_a_rule_said_can_be_read(day):
    day.page.wait_for_selector(".fb-alerts td.said")
    cut = "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth).map(cell => cell.textContent)"
    assert day.page.locator(".fb-alerts td.said").evaluate_all(cut) == []


def test_the_address_opens_alerts_with_what_came_after_them(day):
    page = day.page
    assert page.locator(".fb-alerts tr.alert").count() == 200
    page.wait_for_selector(".fb-scores tr.rule")
    assert texts(page, ".fb-scores tr.rule .name") == ["z", "cluster"]
    assert "too few alerts" in texts(page, ".fb-scores tr.says")[1]
    assert page.locator(".fb-scores .interval").count() == 2
    assert page.locator(".fb-alerts tr.alert td.up, .fb-alerts tr.alert td.down").count() > 100


def test_tiers_filter_and_an_alert_opens_its_explanation_which_leads_to_its_chart(day):
    page = day.page
    for tier in "12345":
        page.click(f'.fb-tab-alerts [data-name="tiers"] button:text-is("{tier}")')
    page.wait_for_function("document.querySelectorAll('.fb-alerts tr.alert').length === 3")
    assert set(texts(page, ".fb-alerts tr.alert .tier")) == {"6"}
    page.click(".fb-alerts tr.alert >> nth=0")
    page.wait_for_selector(".fb-alerts tr.open")
    why = page.inner_text(".fb-alerts tr.open")
    assert "okx:BTC-USDT-PERP" in why
    assert "Speaks on" in why
    assert "its horizon is not over yet" in why
    assert page.get_attribute(".fb-alerts tr.open a.leads", "href") == "#/instrument?i=binance%3ABTC-USDT-PERP&tf=5m"


def test_the_keyboard_walks_opens_and_closes(day):
    page = day.page
    page.focus('.fb-alerts tr.alert[tabindex="0"]')
    page.keyboard.press("ArrowDown")
    assert page.evaluate("[...document.querySelectorAll('.fb-alerts tr.alert')].indexOf(document.activeElement)") == 1
    page.keyboard.press("Enter")
    page.wait_for_function(
        "document.querySelectorAll('.fb-alerts tr.alert')[1].getAttribute('aria-expanded') === 'true'"
    )
    assert page.evaluate("[...document.querySelectorAll('.fb-alerts tr.alert')].indexOf(document.activeElement)") == 1
    page.keyboard.press("Escape")
    page.wait_for_function("!document.querySelector('.fb-alerts tr.open')")


def test_status_has_the_strip_the_gap_that_was_lost_and_the_rates(day):
    page = day.page
    page.keyboard.press("7")
    page.wait_for_selector(".fb-tab-status .fb-time .slot.is-off")
    assert page.locator(".fb-tab-status .slot.is-degraded").count() >= 2
    line = page.locator('.fb-time .line:has-text("okx trade")')
    assert line.locator(".mark.is-lost").count() == 1
    assert line.inner_text().replace("\u00a0", " ").endswith("26m 0s, not filled")
    line.locator(".mark.is-lost").hover()
    page.wait_for_function(
        "[...document.querySelectorAll('.fb-time .said')].some((one) => one.textContent.includes('disconnect'))"
    )
    page.wait_for_selector('.fb-tab-status .fb-grid td:text-is("binance")')
    page.wait_for_function("document.querySelector('.fb-tab-status .fb-foot').innerText.includes('heard')")
    page.focus(".fb-time .region >> nth=1")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".fb-time .mark.cur")


def test_a_snapshot_is_taken_by_a_press_and_shown(day):
    page = day.page
    page.click('.fb-actions button:text-is("Snapshot")')
    page.wait_for_function("document.querySelector('.fb-actions .note').textContent.startsWith('snapshot 1 taken')")
    page.wait_for_function(
        "document.querySelector('.fb-tab-status .at-right').innerText.includes('continuity_state.json')"
    )


def test_a_collector_that_stops_is_said_within_two_seconds(chromium, page_server, url):
    watched = opened(chromium, page_server, url, "#/status", stops="3")
    page = watched.page
    page.wait_for_selector(".fb-tab-status.is-old")
    page.wait_for_function("document.querySelector('.fb-tab-status .fb-kpis').innerText.includes('collector stopped')")
    assert "Down" in page.inner_text(".fb-tab-status .kpi >> nth=0")
    assert watched.errors == []
    page.context.close()


def test_on_a_phone_nothing_is_wider_than_the_screen(chromium, page_server, url):
    watched = opened(chromium, page_server, url, "#/status", width=390)
    page = watched.page
    page.wait_for_selector(".fb-tab-status .fb-time .slot")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelector('.fb-tab-status .at-right').getBoundingClientRect().height") > 200
    page.context.close()
