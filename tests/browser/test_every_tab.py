"""What holds on every tab there is, in a real browser, over a real database in which a coin is called by markup."""

import io
import re
from urllib.parse import urlencode

import pandas as pd
import pytest

from tests.browser import content
from tests.browser.conftest import Watched
from tests.browser.retold import HOSTILE, make_database

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("every_tab"),
    pytest.mark.timeout(240),  # the first test makes the database
]

EVERY = pytest.mark.parametrize("slug", content.SLUGS)
THEMES = ("dark", "light")


class Pages:
    """Pages on one database; ``silence`` is the file that ends their collector."""

    def __init__(self, chromium, server, folder):
        self.chromium, self.server = chromium, server
        self.silence = folder / "silence"
        self.source = f"Retold({make_database(folder)!r}, {str(self.silence)!r})"

    def open(self, width=1440, height=900, **given):
        context = self.chromium.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", accept_downloads=True, **given
        )
        watched = Watched(context.new_page(), self.server.address)
        watched.dialogs = []
        watched.page.on("dialog", lambda dialog: (watched.dialogs.append(dialog.message), dialog.dismiss()))
        watched.page.set_default_timeout(90_000)
        watched.page.goto(self.server.page_of(self.source))
        watched.page.wait_for_selector(".fb-table .tr")
        return watched


@pytest.fixture(scope="module")
def pages(chromium, page_server, tmp_path_factory):
    return Pages(chromium, page_server, tmp_path_factory.mktemp("retold"))


@pytest.fixture(scope="module")
def desk(pages):
    """A desk's window, in which every tab is walked through; nothing may be complained about at its end."""
    watched = pages.open()
    yield watched
    watched.page.context.close()


@pytest.fixture(scope="module")
def phone(pages):
    watched = pages.open(390, 844, is_mobile=True, has_touch=True)
    yield watched
    watched.page.context.close()


@pytest.fixture
def on(desk):
    """``on(slug)``: the desk's page with that tab full."""

    def go(slug):
        content.show(desk.page, slug)
        content.until_full(desk.page, slug, 20)
        return desk.page

    return go


@EVERY
def test_it_comes_with_content_and_without_an_error(on, slug):
    found = content.state(on(slug), slug)
    assert found["faults"] == []


@EVERY
@pytest.mark.faults("S6")
def test_a_coin_called_by_markup_stays_text(on, desk, slug):
    page = on(slug)
    chosen = urlencode({"coin": HOSTILE, "i": f"binance:{HOSTILE}-USDT-PERP"})
    page.evaluate("hash => { location.hash = hash; }", f"#/{slug}?{chosen}")
    page.wait_for_timeout(400)  # a question to the store, and what it draws
    content.still(page)
    assert page.title() == "fbkit"
    assert page.locator(".fb-page img").count() == 0
    assert (
        page.evaluate("[...document.querySelectorAll('.fb-page script, .fb-page iframe[srcdoc*=onerror]')].length") == 0
    )
    assert desk.dialogs == []
    page.evaluate("slug => { location.hash = `#/${slug}?coin=BTC&i=binance:BTC-USDT-PERP`; }", slug)
    content.until_full(page, slug, 20)


@EVERY
def test_nothing_is_cut_and_nothing_scrolls_sideways_at_any_width(on, slug):
    page = on(slug)
    found = {}
    for width in (1280, 1920, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(150)  # widgets watch their size, and wait a little before they draw
        content.still(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found[width] = ["the page scrolls sideways"]
        elif cut := content.asked(page, "cut"):
            found[width] = cut
    assert found == {}


@EVERY
def test_a_phone_shows_it_without_cutting_or_scrolling_sideways(phone, slug):
    page = phone.page
    content.show(page, slug)
    content.until_full(page, slug, 20)
    content.still(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert content.asked(page, "cut") == []


@EVERY
def test_every_text_is_seen_in_both_themes(on, slug):
    page = on(slug)
    found, grounds = {}, []
    for theme in reversed(THEMES):
        content.in_theme(page, theme)
        content.still(page)
        found[theme] = content.asked(page, "faint")
        grounds.append(page.evaluate("getComputedStyle(document.querySelector('.fb-page')).backgroundColor"))
    assert found == {"dark": [], "light": []}
    assert len(set(grounds)) == 2


@EVERY
def test_the_keyboard_reaches_every_control_and_shows_where_it_is(on, slug):
    page = on(slug)
    wanted = content.asked(page, "stops", slug)
    page.mouse.move(2, 2)
    page.evaluate("() => { const top = document.querySelector('.fb-page'); top.tabIndex = -1; top.focus(); }")
    reached, unseen = set(), []
    for _ in range(wanted + 40):
        page.keyboard.press("Tab")
        at = content.asked(page, "where")
        if at is None and len(reached) > 3:
            break  # once around
        if at is None:
            continue
        reached.add(at[0])
        if not at[1]:
            unseen.append(at[2])
    missed = sorted(set(range(wanted)) - reached)
    told = page.evaluate(
        "all => all.map((i) => document.querySelector(`[data-stop='${i}']`)?.outerHTML.slice(0, 90))", missed
    )
    page.evaluate("document.activeElement.blur()")
    # a control that was made anew meanwhile has no number any more; more than a few are a hole in the way
    assert [text for text in told if text] == []
    assert unseen == []


@EVERY
def test_its_export_is_read_by_pandas_and_names_the_market(on, slug):
    page = on(slug)
    tab = page.locator(f".fb-tab-{slug}")
    opener = tab.locator("button[title^='Export what this tab shows'][aria-haspopup]:visible")
    if opener.count():
        opener.first.click()
    with page.expect_download() as waiting:
        tab.locator("button[title='Export what this tab shows as CSV']:visible").first.click()
    download = waiting.value
    text = download.path().read_text("utf-8")
    assert re.fullmatch(r"fbkit-[a-z-]+-simulated-\d{8}T\d{6}Z\.csv", download.suggested_filename)
    head, _, rest = text.partition("\n")
    assert "SIMULATED, seed 7" in head
    assert re.search(r"as of 2026-\d\d-\d\dT[\d:.]+Z? ?UTC$", head), head
    frame = pd.read_csv(io.StringIO(rest))
    assert len(frame) > 0
    page.keyboard.press("Escape")


def test_a_widget_that_takes_long_to_load_is_waited_for(desk):
    gave_up = "new Promise(told => { const end = AbortSignal.timeout(10); setTimeout(() => told(end.aborted), 100); })"
    assert desk.page.evaluate(gave_up) is False


def test_digits_lead_to_every_tab_and_back_leads_the_way_back(on):
    page = on(content.SLUGS[0])
    here = "s => document.querySelector('.fb-brand [aria-current]').dataset.tab === s"
    shown = page.locator(".fb-brand [data-tab]")
    keys = {shown.nth(i).get_attribute("data-tab"): str(i + 1) for i in range(shown.count())}
    way = [*content.SLUGS[1:], content.SLUGS[0]]
    for slug in way:
        page.keyboard.press(keys[slug])
        page.wait_for_function(here, arg=slug)
        page.wait_for_function("s => location.hash.startsWith('#/' + s)", arg=slug)
    for slug in reversed([content.SLUGS[0], *way[:-1]]):
        page.go_back()
        page.wait_for_function(here, arg=slug)
        assert page.is_visible(f".fb-tab-{slug}")


def test_all_tabs_say_within_two_seconds_that_the_collector_stopped_and_come_back_to_life(on, pages):
    page = on("market")
    page.wait_for_selector(".fb-health .isdegraded, .fb-health .isok")
    began = page.evaluate("performance.now()")
    pages.silence.touch()
    page.wait_for_selector(".fb-health .isdown")
    assert page.evaluate("performance.now()") - began < 2000
    assert re.search(r"collector stopped \d", page.text_content(".fb-health .badge"))
    for slug in content.SLUGS:
        content.show(page, slug)
        assert page.is_visible(".fb-health .isdown")
        assert HOSTILE not in page.title()
    content.show(page, "market")
    page.wait_for_selector(".fb-table.old")
    pages.silence.unlink()
    page.wait_for_selector(".fb-table:not(.old)")
    page.wait_for_selector(".fb-health :is(.isok, .isdegraded)")


def test_nothing_was_asked_from_outside_and_nobody_complained(desk, phone):
    assert (desk.outside, phone.outside) == ([], [])
    assert (desk.errors, phone.errors) == ([], [])
    assert (desk.dialogs, phone.dialogs) == ([], [])
