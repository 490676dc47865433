"""The Flow tab, and the Plot of every tab, in a real browser on a small database."""

import re
from itertools import pairwise

import pytest

from tests.browser.conftest import ROOT, Watched
from tests.dashboard.flow_made import write_flow

pytestmark = pytest.mark.browser

PANES = ".fb-tab-flow .fb-panes .fb-plot"
DRAWN = f"{PANES} .plot svg.main-svg"

TAB = """\
import sys
sys.path.insert(0, {root!r})
from fbkit import dashboard
from tests.dashboard.flow_made import FlowSource
board = dashboard.show(FlowSource({url!r}), tf="1m")
"""

PLOTS = """\
import sys
sys.path.insert(0, {root!r})
import ipywidgets
from IPython.display import display
from fbkit.widgets import Plot
days = [86400000.0 * k for k in range(20400, 20420)]
lines = [
    dict(type="scatter", mode="lines", x=days, y=[100.0 + i for k in range(20)], name=name, meta=dict(end=name))
    for i, name in enumerate(("a", "b", "<i>c</i>", "d", "e", "f", "g", "h"))
]
names = Plot(title="Names", axes=dict(x="time", y="usd"))
names.show(lines, yaxis=dict(range=[100, 1000]))
stacked = Plot(title="Stacked", axes=dict(y="usd"))
stacked.show([
    dict(type="bar", x=["<b>one</b>", "two"], y=[1e6, 2e6], name="buys"),
    dict(type="bar", x=["<b>one</b>", "two"], y=[3e6, 4e6], name="sells"),
], barmode="stack")
lying = Plot(title="Lying", axes=dict(x="usd", y="price:0.5"))
lying.show([dict(type="bar", orientation="h", x=[1e6, 2e6, 3e6], y=[10.0, 10.5, 11.0], name="traded")])
wide = Plot(title="Other time", axes=dict(x="time", y="percent"))
wide.show([dict(type="scatter", mode="lines", x=days, y=[k / 100 for k in range(20)], name="change")])
many = Plot(title="Many", axes=dict(x="time", y="usd"))
minutes = [60000.0 * k for k in range(4000)]
many.show([dict(type="bar", x=minutes, y=[float(k % 50) for k in range(4000)], width=50000.0, name="volume",
                marker=dict(color=["--up" if k % 3 else "--down" for k in range(4000)]))])
plots = dict(names=names, stacked=stacked, lying=lying, wide=wide, many=many)
for name, plot in plots.items():
    plot.layout.height = "220px"
    plot.add_class("t-" + name)
display(ipywidgets.VBox(list(plots.values())).add_class("fbkit"))
"""


def opened(chromium, server, name, code, address=""):
    server.write(name, code)
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    watched = Watched(context.new_page(), server.address)
    watched.page.set_default_timeout(30_000)
    watched.page.goto(f"{server.address}/voila/render/{name}?token={server.token}{address}")
    return watched


@pytest.fixture(scope="module")
def flow(chromium, page_server, tmp_path_factory):
    """The tab of a coin over its venues, opened by its address."""
    url = write_flow(f"sqlite:///{(tmp_path_factory.mktemp('flow') / 'flow.db').as_posix()}")
    code = TAB.format(root=str(ROOT), url=url)
    watched = opened(chromium, page_server, "flow.ipynb", code, "#/flow?of=coin&coin=BTC")
    watched.page.wait_for_function(f"document.querySelectorAll({DRAWN!r}).length >= 4")
    watched.page.wait_for_selector(".fb-tab-flow .fb-side .fb-plot .plot svg.main-svg")
    yield watched
    watched.page.context.close()


@pytest.fixture(scope="module")
def plots(chromium, page_server):
    """Plots alone, as other tabs use them."""
    watched = opened(chromium, page_server, "plots.ipynb", PLOTS.format(root=str(ROOT)))
    watched.page.wait_for_function("document.querySelectorAll('.fb-plot .plot svg.main-svg').length >= 5")
    yield watched
    watched.page.context.close()


def readouts(page, selector=PANES):
    """The text over each plot, with plain spaces."""
    found = page.evaluate(
        "s => [...document.querySelectorAll(s)].map(e => e.querySelector('.reads').textContent)", selector
    )
    return [text.replace("\u00a0", " ") for text in found]


def point(page, selector, across, down):
    box = page.locator(selector).first.bounding_box()
    page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])


def test_an_address_leads_to_a_coin_over_its_venues(flow):
    page = flow.page
    assert page.input_value(".fb-tab-flow .find input") == "BTC"
    pressed = page.locator('.fb-tab-flow .seg[aria-label="venues"] [aria-pressed="true"]').all_inner_texts()
    assert pressed == ["binance", "bybit", "hyperliquid"]
    assert page.inner_text(".fb-tab-flow .fb-words p b").startswith("Takers ")
    assert page.locator(".fb-tab-flow .fault:visible").count() == 0


def test_every_pane_tells_its_values_at_one_instant(flow):
    page = flow.page
    newest = readouts(page)
    point(page, f"{PANES} .stage", 0.4, 0.5)
    page.wait_for_function(f"document.querySelectorAll('{PANES} .xline:not([hidden])').length === 4")
    told = readouts(page)
    assert all(now != before for now, before in zip(told[:3], newest[:3], strict=True))
    lines = page.evaluate(f"[...document.querySelectorAll('{PANES} .xline')].map(e => e.getBoundingClientRect().left)")
    assert max(lines) - min(lines) < 1
    assert re.fullmatch(r"01-0[12] \d\d:\d\d", page.inner_text(f"{PANES} .xtag:not([hidden])"))
    page.mouse.move(5, 5)
    page.wait_for_function(f"document.querySelectorAll('{PANES} .xline:not([hidden])').length === 0")
    assert readouts(page) == newest


def test_arrow_keys_point_too_and_escape_lets_go(flow):
    page = flow.page
    newest = readouts(page)
    page.focus(f"{PANES} >> nth=1 >> .stage")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"document.querySelectorAll('{PANES} .xline:not([hidden])').length === 4")
    assert readouts(page)[1] != newest[1]
    page.keyboard.press("Escape")
    page.wait_for_function(f"document.querySelectorAll('{PANES} .xline:not([hidden])').length === 0")


def test_a_pane_is_saved_as_a_picture_named_after_it(flow):
    page = flow.page
    page.hover(f"{PANES} >> nth=3 >> .stage")
    with page.expect_download() as download:
        page.click(f"{PANES} >> nth=3 >> .png")
    assert download.value.suggested_filename == "fbkit-liquidations.png"
    assert download.value.path().read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    page.mouse.move(5, 5)


def test_the_theme_is_the_theme_of_the_pictures(flow):
    page = flow.page
    ground = f"document.querySelector('{PANES} .plot svg.main-svg').style.background"
    before = page.evaluate(ground)
    page.click(".fb-clock button")
    page.wait_for_function(f"{ground} !== {before!r}")
    assert page.evaluate("document.documentElement.dataset.fbkitTheme") == "light"
    page.click(".fb-clock button")
    page.wait_for_function(f"{ground} === {before!r}")


def test_slash_goes_to_the_field_and_an_instrument_is_picked(flow):
    page = flow.page
    page.keyboard.press("/")
    page.keyboard.type("bybit:btc")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.fb-tab-flow .fb-words p').textContent.length > 0")
    page.wait_for_function(f"document.querySelector('{PANES} .reads').textContent.includes('bybit')")
    assert "i=bybit" in page.url.replace("%3A", ":")
    assert page.locator(f"{PANES} >> nth=0 >> text=gap").count() > 0


def test_nothing_came_from_outside_and_nothing_complained(flow, plots):
    assert (flow.outside, flow.errors) == ([], [])
    assert (plots.outside, plots.errors) == ([], [])


# --- Plots alone ------------------------------------------------------------------------------------------------------


def test_names_at_the_ends_neither_cover_one_another_nor_fall_out_and_stay_text(plots):
    script = """() => {
        const stage = document.querySelector('.t-names .stage').getBoundingClientRect();
        return [...document.querySelectorAll('.t-names .end')].map((e) => e.getBoundingClientRect())
            .map((r) => [r.top - stage.top, r.bottom - stage.top, stage.height]);
    }"""
    places = plots.page.evaluate(script)
    assert len(places) == 8
    assert all(after[0] >= before[1] - 1 for before, after in pairwise(places))
    assert all(top >= 0 and bottom <= height + 1 for top, bottom, height in places)
    assert "<i>c</i>" in plots.page.locator(".t-names .end b").all_inner_texts()


def test_stacked_bars_tell_every_layer_of_the_category_that_is_pointed_at(plots):
    page = plots.page
    point(page, ".t-stacked .stage", 0.3, 0.6)
    assert readouts(page, ".t-stacked") == [" <b>one</b>  buys 1.00 M sells 3.00 M"]
    assert "<b>one</b>" in page.locator(".t-stacked .xtick text").all_text_contents()[0]
    page.mouse.move(5, 5)
    assert readouts(page, ".t-stacked") == [" buys 2.00 M sells 4.00 M"]


def test_lying_bars_are_pointed_at_along_their_axis_and_summed_up_otherwise(plots):
    page = plots.page
    assert readouts(page, ".t-lying") == [" traded 6.00 M"]
    point(page, ".t-lying .stage", 0.5, 0.5)
    assert readouts(page, ".t-lying") == [" 10.5  traded 2.00 M"]
    assert page.locator(".t-lying .xline.lying:not([hidden])").count() == 1


def test_one_instant_is_pointed_at_in_plots_side_by_side_and_not_in_those_of_another_time(plots):
    page = plots.page
    point(page, ".t-names .stage", 0.5, 0.5)
    page.wait_for_selector(".t-wide .xline:not([hidden])")
    times = [page.inner_text(f".t-{name} .xtag") for name in ("names", "wide")]
    assert times[0] == times[1]
    assert page.locator(".t-many .xline:not([hidden])").count() == 0
    page.mouse.move(5, 5)


def test_thousands_of_bars_are_a_path_a_colour(plots):
    page = plots.page
    assert page.locator(".t-many .plot .bars .point").count() == 0
    assert page.locator(".t-many .plot .scatterlayer .trace").count() == 2
    point(page, ".t-many .stage", 0.5, 0.5)
    assert re.fullmatch(r" volume \d+(\.\d+)?", readouts(page, ".t-many")[0])
    page.mouse.move(5, 5)


def test_a_plot_is_drawn_once_for_new_numbers_and_once_for_a_new_size(plots):
    page = plots.page
    page.evaluate("""() => {
        window.drawn = [];
        for (const name of ['react', 'relayout']) {
            const real = Plotly[name];
            Plotly[name] = (...given) => (window.drawn.push(name), real(...given));
        }
    }""")
    page.set_viewport_size({"width": 1200, "height": 900})
    page.wait_for_function("window.drawn.filter((name) => name === 'react').length >= 5")
    page.wait_for_timeout(400)
    calls = page.evaluate("window.drawn")
    assert calls.count("react") == 5
    assert calls.count("relayout") <= 5
