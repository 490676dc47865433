"""The Market tab in a real browser: columns, kinds of Z, tooltips, export, ways to other tabs."""

import io

import pandas as pd
import pytest

from tests.browser.conftest import open_page
from tests.browser.test_page import ROWS, names_shown, texts

pytestmark = pytest.mark.browser

HEADS = ".fb-table .names button"


@pytest.fixture(scope="module")
def market(chromium, page_server):
    """A page of two venues with 30 coins each."""
    watched = open_page(chromium, page_server, "n=30, hz=5, venues=('binance', 'okx')", width=1680)
    watched.page.wait_for_function(
        "[...document.querySelectorAll('.fb-table .td.z')].some(e => /\\d\\.\\d/.test(e.textContent))"
    )
    yield watched
    watched.page.context.close()


def heads(page):
    return page.evaluate("s => [...document.querySelectorAll(s)].map(e => e.dataset.key)", HEADS)


def menu(page, name):
    page.click(f'.fb-tools .opens > button:text-is("{name}")')
    page.wait_for_selector(".fb-tools .menu:not([hidden])")


def test_a_column_is_chosen_by_keyboard_keeps_its_place_and_is_remembered_by_the_browser(market):
    page = market.page
    assert "accounts" not in heads(page)
    menu(page, "Columns")
    box = page.locator('.fb-tools .menu label:has-text("Accts L/S") input')
    box.focus()
    page.keyboard.press("Space")
    page.wait_for_selector('.fb-table [data-key="accounts"]')
    page.uncheck('.fb-tools .menu label:has-text("Delta, taker") input')
    page.wait_for_function("!document.querySelector('.fb-table [data-key=delta]')")
    page.keyboard.press("Escape")
    page.wait_for_selector(".fb-tools .menu", state="hidden")
    shown = heads(page)
    assert shown.index("liq") < shown.index("accounts") < shown.index("z_ret")
    another = page.context.new_page()
    another.goto(page.url)
    another.wait_for_selector('.fb-table [data-key="accounts"]')
    assert heads(another) == shown
    another.close()


def test_a_column_that_has_no_room_says_so_in_the_menu(market):
    page = market.page
    page.set_viewport_size({"width": 1300, "height": 800})
    page.wait_for_function("!document.querySelector('.fb-table [data-key=day]')")
    menu(page, "Columns")
    for box in page.locator(".fb-tools .menu input").all():
        box.check()
    page.wait_for_function("document.querySelector('.fb-tools .menu').textContent.includes('no room')")
    cut = """[...document.querySelectorAll('.fb-table .tr:not([hidden]) .td:not(:first-child)')]
        .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"""
    assert page.evaluate(cut) == []
    page.click('.fb-tools .menu button:text-is("Usual columns")')
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 1680, "height": 900})
    page.wait_for_function("document.querySelector('.fb-table [data-key=delta]')")


def test_another_kind_of_z_is_one_press_away_and_stands_in_head_foot_and_address(market):
    page = market.page
    page.click('.fb-tools .kinds button:text-is("robust")')
    page.wait_for_function("document.querySelector('.fb-table .groups').textContent.includes('Z robust, 60 × 15m')")
    page.wait_for_function("document.querySelector('.fb-foot').textContent.includes('robust 60 × 15m')")
    page.wait_for_function("location.hash.includes('z=robust')")
    number = "[...document.querySelectorAll('.fb-table .td.z')].some(e => /\\d\\.\\d/.test(e.textContent))"
    page.wait_for_function(number)
    page.click('.fb-tools .kinds button:text-is("classic")')
    page.wait_for_function("document.querySelector('.fb-table .groups').textContent.includes('Z, 60 × 15m')")
    page.wait_for_function(number)


def test_the_tooltip_of_a_z_tells_what_it_is_judged_against(market):
    page = market.page
    page.hover(f"{ROWS} .td.z:not(.nan) >> nth=4")
    page.wait_for_function("document.querySelector('.fb-table .tip')?.textContent.includes('mean of 60 before')")
    told = page.inner_text(".fb-table .tip").replace("\u00a0", " ")
    assert "standard deviation" in told
    assert "robust, EWMA" in told
    assert "60 of 60" in told
    page.mouse.move(5, 5)


def test_keys_walk_through_rows_and_their_z_and_escape_closes_the_tooltip(market):
    page = market.page
    page.focus(".fb-table .scroll")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".fb-table .tip:not([hidden])")
    assert page.inner_text(".fb-table .tip").startswith(("Z return", "No Z return"))
    page.keyboard.press("ArrowRight")
    page.wait_for_function("/Z volume/.test(document.querySelector('.fb-table .tip').textContent)")
    page.keyboard.press("Escape")
    page.wait_for_selector(".fb-table .tip", state="hidden")


@pytest.mark.parametrize("kind", ["CSV", "Parquet"])
def test_export_saves_what_the_table_holds(market, kind, tmp_path):
    page = market.page
    menu(page, "Export")
    with page.expect_download() as download:
        page.click(f'.fb-tools .menu button:text-is("{kind}")')
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name.startswith("fbkit-market-simulated-")
    if kind == "CSV":
        text = path.read_text("utf-8")
        assert text.startswith("# fbkit, Market, SIMULATED, seed 7, as of ")
        frame = pd.read_csv(io.StringIO(text), comment="#")
    else:
        import duckdb

        frame = duckdb.read_parquet(path.as_posix()).df()
    assert len(frame) == 60
    assert {"instrument", "ts_event", "last_usd", "oi_usd", "funding_8h", "ret", "z_ret_60", "coverage"} <= {
        *frame.columns
    }
    assert frame["last_usd"].notna().all()


def test_a_key_number_leads_to_the_tab_that_tells_more_and_back(market):
    page = market.page
    page.click('.fb-kpis a.kpi:has-text("Breadth")')
    page.wait_for_selector('.fb-brand button[aria-current="page"]:text-is("Correlation")')
    page.go_back()
    page.wait_for_selector('.fb-brand button[aria-current="page"]:text-is("Market")')


def test_a_double_click_leads_to_the_instruments_own_page(market):
    page = market.page
    page.wait_for_function("document.querySelectorAll('.fb-table .tr:not([hidden])').length > 5")
    name = names_shown(page)[2]
    page.dblclick(f'.fb-table .tr[data-name="{name}"]')
    page.wait_for_selector('.fb-brand button[aria-current="page"]:text-is("Instrument")')
    page.wait_for_function("name => new URLSearchParams(location.hash.split('?')[1]).get('i') === name", arg=name)
    page.keyboard.press("1")
    page.wait_for_selector('.fb-brand button[aria-current="page"]:text-is("Market")')


def test_nothing_was_asked_from_outside_and_nobody_complained_here(market):
    assert texts(market.page, ".fb-fault:not([hidden])") == []
    assert market.outside == []
    assert market.errors == []
