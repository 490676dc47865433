"""The page in a real browser, on an invented market."""

import re

import pytest

from tests.browser.conftest import open_page

pytestmark = pytest.mark.browser

ROWS = ".fb-table .tr:not([hidden])"


def texts(page, selector):
    """Texts of visible rows, top to bottom."""
    script = """s => [...document.querySelectorAll(s)].sort((a, b) => a.getBoundingClientRect().top -
        b.getBoundingClientRect().top).map(e => e.textContent)"""
    return page.evaluate(script, selector)


def coins(page):
    return texts(page, f"{ROWS} .ci b")


def until_said(page, server, line):
    """Wait until Python heard it."""
    for _ in range(100):
        if line in server.said():
            return
        page.wait_for_timeout(50)
    pytest.fail(f"Python never heard {line!r}; it heard {server.said()}")


def test_every_instrument_has_a_price_that_moves(live):
    page = live.page
    assert page.inner_text(".fb-foot").startswith("90 instruments")
    before = texts(page, f"{ROWS} .td.live")
    page.wait_for_function(
        "b => JSON.stringify([...document.querySelectorAll('.fb-table .tr .td.live')].map(e => e.textContent)) !== b",
        arg=str(before),
    )
    assert coins(page)[:3] == ["BTC", "ETH", "SOL"]


def test_the_market_cannot_be_overlooked(live):
    assert live.page.text_content(".fb-mode .badge") == "SIMULATEDseed 7"
    stripe = live.page.locator(".fb-stripe").bounding_box()
    assert stripe == {"x": 0, "y": 0, "width": 1440, "height": 3}


def test_a_click_on_a_head_sorts_by_it_and_missing_numbers_stand_last(live):
    page = live.page
    page.click('.fb-table [data-key="z_ret"]')
    page.wait_for_selector('.fb-table [data-key="z_ret"][aria-sort="descending"]')
    page.wait_for_timeout(100)
    shown = [cell for cell in texts(page, f"{ROWS} .td.z:nth-child(11)")[3:] if re.match(r"[+−]?\d", cell)]
    sizes = [abs(float(cell.replace("−", "-"))) for cell in shown]
    assert len(sizes) > 5
    assert sizes == sorted(sizes, reverse=True)
    page.click('.fb-table [data-key="oi"]')


def test_slash_searches_and_escape_ends_it(live):
    page = live.page
    page.keyboard.press("/")
    page.keyboard.type("doge")
    page.wait_for_function("document.querySelectorAll('.fb-table .tr:not([hidden])').length < 8")
    assert all(coin.startswith("DOGE") for coin in coins(page))
    page.keyboard.press("Escape")
    page.wait_for_function("document.querySelectorAll('.fb-table .tr:not([hidden])').length > 12")


def test_no_number_is_cut_at_the_width_of_a_desk(live):
    cut = """[...document.querySelectorAll('.fb-table .tr:not([hidden]) .td:not(:first-child)')]
        .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"""
    assert live.page.evaluate(cut) == []


def test_a_search_by_z_keeps_the_loud_rows(live):
    page = live.page
    page.keyboard.press("/")
    page.keyboard.type("z>4")
    page.wait_for_function("document.querySelectorAll('.fb-table .tr:not([hidden])').length < 17")
    assert page.locator(f"{ROWS} .zp4, {ROWS} .zn4").count() > 0
    page.keyboard.press("Escape")


def test_a_row_chosen_by_click_reaches_python_and_the_charts(live, page_server):
    page = live.page
    page.wait_for_function("document.querySelectorAll('.fb-table .tr:not([hidden])').length > 12")
    page.click('.fb-table .tr[data-name="binance:ETH-USDT-PERP"]')
    until_said(page, page_server, "chosen=binance:ETH-USDT-PERP")
    page.wait_for_function("document.querySelector('.fb-chart h2').textContent === 'ETH-USDT-PERP'")


def test_arrows_and_enter_choose_too(live, page_server):
    page = live.page
    page.focus(".fb-table .scroll")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    until_said(page, page_server, "chosen=binance:SOL-USDT-PERP")


def test_a_timeframe_is_one_press_away(live, page_server):
    page = live.page
    page.click('.fb-tools button:text-is("1h")')
    until_said(page, page_server, "tf=1h")
    page.wait_for_function("document.querySelector('.fb-table .groups').textContent.includes('60 × 1h')")
    page.wait_for_function("document.querySelector('.fb-table [data-key=z_fourth]').textContent === 'Fund'")
    page.click('.fb-tools button:text-is("15m")')


def test_the_shorter_window_is_shown_without_asking_twice(live):
    page = live.page
    page.click('.fb-tools .seg button:text-is("20")')
    page.wait_for_function("document.querySelector('.fb-table .groups').textContent.includes('20 × 15m')")
    page.click('.fb-tools .seg button:text-is("60")')


def test_what_is_missing_is_drawn_with_its_reason(live):
    page = live.page
    page.wait_for_function("document.querySelectorAll('.fb-table .nan').length > 1")
    reasons = set(texts(page, f"{ROWS} .nan"))
    assert reasons & {"gap", "zero var", "awaited"} or any("/60" in reason for reason in reasons)
    assert not any(text in {"", "0", "NaN", "nan"} for text in reasons)


def test_the_stale_row_says_for_how_long(live):
    page = live.page
    page.keyboard.press("/")
    page.keyboard.type("wld-")
    page.wait_for_function("document.querySelector('.fb-table .tr.stale .ve')?.textContent.startsWith('stale 4m')")
    page.keyboard.press("Escape")


def test_the_badge_opens_its_reasons_on_enter(live):
    page = live.page
    page.focus(".fb-health button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".fb-health .reasons:not([hidden])")
    assert "No open interest for 3m 41s" in page.inner_text(".fb-health .reasons")
    on_top = """() => {
        const box = document.querySelector('.fb-health .reasons p').getBoundingClientRect();
        return Boolean(document.elementFromPoint(box.x + 5, box.y + 5)?.closest('.reasons'));
    }"""
    assert page.evaluate(on_top)
    page.keyboard.press("Escape")


def test_an_alert_opens_its_conditions(live):
    page = live.page
    page.click(".fb-feed .al >> nth=0")
    why = page.inner_text(".fb-feed .al.open .why")
    assert "single_z" in why
    assert "±" not in why


def test_the_status_page_shows_accounts_that_add_up(live):
    page = live.page
    page.click('.fb-brand button:text-is("Status")')
    page.wait_for_selector(".fb-status .acc")
    assert "no" not in texts(page, ".fb-status .acc .bad")
    assert "26m 0s, not filled" in page.inner_text(".fb-tab-status").replace("\u00a0", " ")
    page.click('.fb-brand button:text-is("Market")')


def test_light_and_dark_are_one_press_apart(live):
    page = live.page
    ground = "getComputedStyle(document.querySelector('.fb-table')).backgroundColor"
    assert page.evaluate(ground) == "rgb(17, 21, 24)"
    page.click(".fb-clock .btn")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.click(".fb-clock .btn")


def test_columns_give_way_in_a_narrow_window_and_no_number_is_cut(live):
    page = live.page
    page.set_viewport_size({"width": 1000, "height": 800})
    page.wait_for_function("document.querySelectorAll('.fb-table .names button').length < 14")
    page.wait_for_timeout(200)
    cut = """[...document.querySelectorAll('.fb-table .tr:not([hidden]) .td:not(:first-child)')]
        .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"""
    assert page.evaluate(cut) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.wait_for_function("document.querySelectorAll('.fb-table .names button').length === 14")


def test_numbers_reach_the_screen_within_half_a_second(live):
    live.page.wait_for_function("fbkitPage.latencies.length > 20")
    assert live.page.evaluate("[...fbkitPage.latencies].sort((a, b) => a - b)[10]") < 500


def test_a_chart_knows_whose_market_it_is_and_leaves_saying_so_to_the_bar_of_the_page(live):
    live.page.wait_for_function("document.querySelector('.fb-chart .whose').textContent.startsWith('SIMULATED')")
    assert live.page.is_hidden(".fb-chart .whose")


def test_nothing_was_asked_from_outside_and_nobody_complained(live):
    assert live.outside == []
    assert live.errors == []


@pytest.fixture(scope="module")
def venues(chromium, page_server):
    """A page on seven venues of 40, with what each leaves open and does not offer."""
    seven = ("binance", "bybit", "okx", "hyperliquid", "deribit", "bitget", "gate")
    watched = open_page(chromium, page_server, f"n=40, hz=4, venues={seven!r}", width=1680)
    # Rows stand by name until numbers that put them in order are there.
    watched.page.wait_for_function(
        "s => new Set([...document.querySelectorAll(s)].map(e => e.dataset.name.split(':')[0])).size > 1", arg=ROWS
    )
    yield watched
    watched.page.context.close()


def names_shown(page, which=ROWS):
    """Names of visible rows, top to bottom."""
    script = """s => [...document.querySelectorAll(s)].sort((a, b) => a.getBoundingClientRect().top -
        b.getBoundingClientRect().top).map(e => e.dataset.name)"""
    return page.evaluate(script, which)


def venues_shown(page):
    return {name.partition(":")[0] for name in names_shown(page)}


def test_every_row_names_its_venue_and_a_pinned_coin_is_held_once(venues):
    page = venues.page
    assert page.inner_text(".fb-foot").startswith("280 instruments")
    assert coins(page)[:3] == ["BTC", "ETH", "SOL"]
    assert names_shown(page, f"{ROWS}.pin") == [f"binance:{coin}-USDT-PERP" for coin in ("BTC", "ETH", "SOL")]
    assert len(venues_shown(page)) > 3
    told = zip(names_shown(page), texts(page, f"{ROWS} .ve"), strict=True)
    assert all(text == name.partition(":")[0] or text.startswith("stale") for name, text in told)


def test_a_venue_is_chosen_by_keyboard_and_its_rows_and_sums_alone_are_shown(venues):
    page = venues.page
    page.focus('.fb-tools .venues button:text-is("okx")')
    page.keyboard.press("Enter")
    page.wait_for_selector('.fb-tools .venues button[aria-pressed="true"]:text-is("okx")')
    page.wait_for_function("document.querySelector('.fb-table .scroll').getAttribute('aria-rowcount') === '40'")
    page.wait_for_timeout(100)
    assert venues_shown(page) == {"okx"}
    page.wait_for_function("document.querySelector('.fb-kpis .k').textContent === 'Open interest, okx'")
    page.click('.fb-tools .venues button:text-is("all")')
    page.wait_for_function("document.querySelector('.fb-table .scroll').getAttribute('aria-rowcount') === '280'")
    page.wait_for_function("document.querySelector('.fb-kpis .k').textContent === 'Open interest, 7 venues'")


def test_a_search_finds_a_coin_at_a_venue(venues):
    page = venues.page
    page.keyboard.press("/")
    page.keyboard.type("sol- gate")
    page.wait_for_function("document.querySelectorAll('.fb-table .tr:not([hidden])').length === 1")
    assert coins(page) == ["SOL"]
    assert venues_shown(page) == {"gate"}
    page.keyboard.press("Escape")
    page.wait_for_function("document.querySelectorAll('.fb-table .tr:not([hidden])').length > 5")


def test_names_sort_by_coin_and_then_by_venue(venues):
    page = venues.page
    page.click('.fb-table [data-key="name"]')
    page.wait_for_selector('.fb-table [data-key="name"][aria-sort="ascending"]')
    page.wait_for_timeout(100)
    seven = ("binance", "bitget", "bybit", "deribit", "gate", "hyperliquid", "okx")
    assert names_shown(page)[3:10] == [f"{venue}:AAVE-USDT-PERP" for venue in seven]
    page.click('.fb-table [data-key="oi"]')


def test_a_number_in_doubt_is_marked_with_the_note_and_what_is_not_offered_is_no_zero(venues):
    page = venues.page
    row = '.fb-table .tr[data-name="{}"] .td'
    page.wait_for_selector(row.format("binance:BTC-USDT-PERP") + ".doubt")
    title = page.get_attribute(row.format("binance:BTC-USDT-PERP") + ".doubt", "title")
    assert title.startswith("In doubt: the documents do not say how many sides")
    assert page.locator(row.format("bybit:BTC-USDT-PERP") + ".doubt").count() == 0
    assert "In doubt at okx" in page.get_attribute('.fb-table [data-key="oi"]', "title")
    page.click('.fb-tools .venues button:text-is("hyperliquid")')
    page.wait_for_function("document.querySelector('.fb-table .scroll').getAttribute('aria-rowcount') === '40'")
    page.wait_for_selector(".fb-table .td.none")
    assert set(texts(page, f"{ROWS} .td.none")) == {"no feed"}
    page.click('.fb-tools .venues button:text-is("all")')


def test_the_status_page_tells_what_is_in_doubt_and_what_is_unsupported(venues):
    page = venues.page
    page.click('.fb-brand button:text-is("Status")')
    page.wait_for_selector(".fb-status .reading")
    told = page.inner_text(".fb-tab-status")
    assert 'flipped = "gate.liquidation"' in told
    assert "hyperliquid unsupported" in told
    page.click('.fb-brand button:text-is("Market")')


def test_where_room_is_short_the_venues_are_a_list(venues):
    page = venues.page
    page.set_viewport_size({"width": 1440, "height": 900})
    page.select_option(".fb-tools .venues select", "deribit")
    page.wait_for_function("document.querySelector('.fb-table .scroll').getAttribute('aria-rowcount') === '40'")
    page.select_option(".fb-tools .venues select", "")
    assert venues.outside == []
    assert venues.errors == []


@pytest.fixture(scope="module")
def troubled(chromium, page_server):
    """A recording with a hostile name in it, on a phone, whose collector stops after a while."""
    name = '<img src=x onerror="document.title=1">'
    arguments = f"n=12, hostile={name!r}, market='RECORDED', stops_after_s=12"
    watched = open_page(chromium, page_server, arguments, width=390, height=844)
    yield watched
    watched.page.context.close()


def test_a_recording_says_so_in_a_stripe_of_its_own(troubled):
    page = troubled.page
    page.wait_for_selector(".fb-mode .badge.RECORDED")
    assert page.locator(".fb-stripe.RECORDED").count() == 1


def test_a_phone_shows_the_page_without_scrolling_sideways(troubled):
    page = troubled.page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".fb-table .tr").first.bounding_box()["height"] == 44


@pytest.mark.faults("S6")
def test_a_hostile_name_stays_text_everywhere(troubled):
    page = troubled.page
    page.locator('.fb-table .tr:has-text("<img src")').click()
    page.wait_for_function("document.querySelector('.fb-chart h2').textContent.startsWith('<img')")
    page.wait_for_selector(".fb-chart .plot svg.main-svg")
    box = page.locator(".fb-chart").bounding_box()
    assert box["y"] > 0
    assert box["y"] + box["height"] <= 844
    assert page.title() == "fbkit"
    assert page.locator(".fb-page img").count() == 0
    page.click(".fb-chart .closer")


@pytest.mark.faults("C19")
def test_a_stopped_collector_is_told_and_live_cells_go_old(troubled):
    page = troubled.page
    page.wait_for_selector(".fb-health .isdown")
    badge = page.text_content(".fb-health .badge").replace("\u00a0", " ")
    assert re.search(r"Down,\s*collector stopped \d+ s ago", badge), badge
    page.wait_for_selector(".fb-table.old")
    page.wait_for_function("/stopped [2-9]|stopped 1\\d/.test(document.querySelector('.fb-health em').textContent)")


def test_nothing_was_asked_from_outside_in_trouble_either(troubled):
    assert troubled.outside == []
    assert troubled.errors == []
