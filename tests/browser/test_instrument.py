"""The Instrument tab in a real browser, on an invented market of three venues."""

from urllib.parse import quote

import pytest

from tests.browser.conftest import Watched

pytestmark = pytest.mark.browser

TAB = ".fb-tab-instrument"
STAGE = f"{TAB} .fb-chart .stage"
ARGUMENTS = 'n=8, venues=("binance", "okx", "hyperliquid")'
RANGE = f"document.querySelector('{TAB} .plot').layout.xaxis.range"


def opened(chromium, server, name="okx:BTC-USDT-PERP", arguments=ARGUMENTS, *, width=1440, height=900):
    """The tab by its address."""
    context = chromium.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    watched = Watched(context.new_page(), server.address)
    watched.page.set_default_timeout(90_000)  # a machine may be busy
    watched.page.goto(f"{server.page(arguments)}#/instrument?i={quote(name)}")
    drawn(watched.page, name)
    return watched


def drawn(page, name):
    """Until the charts of an instrument are drawn."""
    page.wait_for_selector(f'{STAGE}[aria-label^="Charts of {name}"] .plot svg.main-svg')
    page.wait_for_selector(f"{STAGE} .loading", state="hidden")


@pytest.fixture(scope="module")
def tab(chromium, page_server):
    watched = opened(chromium, page_server)
    yield watched
    watched.page.context.close()


def readouts(page):
    return page.eval_on_selector_all(
        f"{STAGE} .read", "all => all.filter(e => !e.hidden).map(e => e.textContent.trim())"
    )


def test_an_address_opens_the_tab_with_its_instrument(tab):
    page = tab.page
    assert page.get_attribute(".fb-brand nav [aria-current]", "data-tab") == "instrument"
    assert page.input_value(f"{TAB} .fb-controls .find input") == "okx:BTC-USDT-PERP"
    said = readouts(page)
    assert [text.split()[0] for text in said] == ["Price", "Volume", "Open", "Funding", "CVD", "Z"]
    page.wait_for_selector(f"{TAB} .fb-words .claim")
    page.wait_for_selector(f'{TAB} .fb-grid tr.sel[data-name="okx:BTC-USDT-PERP"]')
    assert page.locator(f"{TAB} .kpi").count() == 7


def test_the_pointer_moves_one_crosshair_and_every_readout(tab):
    page = tab.page
    before = readouts(page)
    box = page.locator(STAGE).bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.3)
    page.wait_for_selector(f"{STAGE} .xline", state="visible")
    line = page.locator(f"{STAGE} .xline").bounding_box()
    assert line["height"] > 0.9 * box["height"]  # over all panes
    assert abs(line["x"] - (box["x"] + box["width"] * 0.4)) < 12
    assert all(old != new for old, new in zip(before, readouts(page), strict=True))
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.8)
    page.wait_for_function(f"document.querySelector('{STAGE} .xline').getBoundingClientRect().x > {line['x'] + 50}")
    page.mouse.move(5, 5)
    page.wait_for_selector(f"{STAGE} .xline", state="hidden")


def test_the_keyboard_walks_along_the_bars(tab):
    page = tab.page
    page.focus(STAGE)
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(f"{STAGE} .xtag", state="visible")
    first = page.inner_text(f"{STAGE} .xtag")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"document.querySelector('{STAGE} .xtag').textContent !== '{first}'")
    page.keyboard.press("Escape")
    page.wait_for_selector(f"{STAGE} .xtag", state="hidden")


def test_range_buttons_change_how_much_time_is_shown(tab):
    page = tab.page
    length = f"(([a, b]) => (new Date(b) - new Date(a)) / 36e5)({RANGE})"
    page.click(f'{TAB} .fb-controls [data-name="span"] button:text-is("6h")')
    page.wait_for_function(f"{length} > 5 && {length} < 9")
    page.click(f'{TAB} .fb-controls [data-name="span"] button:text-is("2d")')
    page.wait_for_function(f"{length} > 47 && {length} < 51")


def test_a_bar_more_of_a_kind_of_z_is_a_press(tab):
    page = tab.page
    page.select_option(f'{TAB} .fb-controls [data-name="kind"] select', label="robust")
    page.wait_for_function(f"document.querySelector('{TAB} .over').textContent.includes('robust')")
    page.select_option(f'{TAB} .fb-controls [data-name="kind"] select', label="classic")


def test_a_picture_is_saved_that_bears_instrument_and_market(tab):
    page = tab.page
    with page.expect_download() as waiting:
        page.click(f"{STAGE} .png")
    assert waiting.value.suggested_filename == "fbkit-okx-btc-usdt-perp-15m-simulated.png"
    assert waiting.value.path().read_bytes()[:4] == b"\x89PNG"


def test_a_venue_that_is_pressed_becomes_the_instrument_and_the_address_follows(tab):
    page = tab.page
    page.click(f'{TAB} .fb-grid tr[data-name="hyperliquid:BTC-USDT-PERP"]')
    drawn(page, "hyperliquid:BTC-USDT-PERP")
    page.wait_for_function("location.hash.includes('hyperliquid')")
    page.wait_for_function(f"document.querySelector('{TAB} .fb-words').textContent.includes('no feed of liquidations')")
    assert page.input_value(f"{TAB} .fb-controls .find input") == "hyperliquid:BTC-USDT-PERP"


def test_slash_finds_another_instrument(tab):
    page = tab.page
    page.keyboard.press("/")
    page.keyboard.type("okx:eth")
    page.keyboard.press("Enter")
    drawn(page, "okx:ETH-USDT-PERP")


def test_the_back_button_returns_to_where_one_came_from(tab):
    page = tab.page
    page.click('.fb-brand nav [data-tab="market"]')
    page.wait_for_selector(".fb-table .tr")
    page.go_back()
    page.wait_for_selector(STAGE, state="visible")
    assert page.get_attribute(".fb-brand nav [aria-current]", "data-tab") == "instrument"


def test_nothing_was_fetched_from_outside_and_nothing_complained(tab):
    assert tab.outside == []
    assert tab.errors == []


def test_a_phone_has_it_in_one_column_without_scrolling_sideways(chromium, page_server):
    watched = opened(chromium, page_server, width=390, height=844)
    page = watched.page
    places = [
        page.locator(f"{TAB} {part}").first.bounding_box()["y"]
        for part in (".fb-kpis", ".fb-chart", ".fb-grid", ".fb-words")
    ]
    assert places == sorted(places)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert watched.errors == []
    page.context.close()


def test_a_hostile_name_stays_text_in_words_lists_and_pictures(chromium, page_server):
    hostile = "<img src=x onerror=document.title=1>"
    watched = opened(chromium, page_server, f"binance:{hostile}-USDT-PERP", f"n=8, hostile={hostile!r}")
    page = watched.page
    page.wait_for_selector(f"{TAB} .fb-words .claim")
    with page.expect_download():
        page.click(f"{STAGE} .png")
    assert page.title() != "1"
    assert page.locator(f"{TAB} img").count() == 0
    assert watched.errors == []
    page.context.close()
