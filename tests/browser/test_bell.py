"""Desktop notifications: asked for by a click, from the viewer's tier up, the market named first."""

import json

import pytest

from fbkit.widgets.assets import module

pytestmark = pytest.mark.browser

SHELL = """
globalThis.shown = [];
globalThis.answer = "granted";
globalThis.Notification = class {
  static async requestPermission() { globalThis.asked = (globalThis.asked || 0) + 1; return globalThis.answer; }
  constructor(title, options) { this.title = title; shown.push({ title, ...options }); globalThis.newest = this; }
};
const values = {
  alerts: [], today: 0, watching: "", tiers: [1, 2], chosen: "", opened: 0, market: "SIMULATED", error: "",
  style_text: "",
};
const listeners = [];
globalThis.model = {
  get: (name) => values[name],
  set: (name, value) => {
    values[name] = value;
    for (const [about, f] of listeners) if (about.split(" ").includes("change:" + name)) f();
  },
  on: (about, f) => listeners.push([about, f]),
  off: () => {},
  save_changes: () => {},
};
"""


@pytest.fixture
def feed(chromium):
    page = chromium.new_page()
    page.set_content("<div id=here></div>")
    page.add_script_tag(content=SHELL)
    page.add_script_tag(content=module("alert_feed.js").replace("export default", "globalThis.feed ="))
    page.evaluate("feed.render({ model, el: document.getElementById('here') })")
    yield page
    page.close()


def alert(number, tier=2):
    return {
        "alert_id": str(number), "ts_ms": 1000.0 * number, "t1_ms": 1000.0 * number, "instrument": "okx:BTC-USDT-PERP",
        "base": "BTC", "venue": "okx", "tf": "5m", "tier": tier, "rule": "confluence", "column": "score_long",
        "told": "100 %", "needs": "≥ 100 %", "n": 3, "coverage": 1.0, "sentence": f"sentence {number}", "inputs": [],
    }  # fmt: skip


def tell(page, *alerts):
    page.evaluate("alerts => model.set('alerts', alerts)", json.loads(json.dumps(alerts)))
    return [(one["title"], one["body"]) for one in page.evaluate("shown")]


def test_nobody_is_notified_or_asked_without_a_click(feed):
    tell(feed, alert(1))
    assert tell(feed, alert(2), alert(1)) == []
    assert feed.evaluate("globalThis.asked") is None


def test_a_click_asks_and_then_what_is_new_is_told_with_its_market(feed):
    tell(feed, alert(1))
    feed.click("text=Notify")
    feed.wait_for_selector(".notify[aria-pressed=true]")
    assert feed.evaluate("asked") == 1
    said = tell(feed, alert(2), alert(1))
    assert said == [("SIMULATED · tier 2 · BTC at okx, 5m", "sentence 2")]
    assert tell(feed, alert(2), alert(1)) == said
    feed.evaluate("newest.onclick()")
    assert feed.evaluate("[model.get('chosen'), model.get('opened')]") == ["okx:BTC-USDT-PERP", 1]
    feed.click("text=Notify")
    assert tell(feed, alert(3), alert(2), alert(1)) == said


def test_the_first_alert_of_all_is_told_too(feed):
    feed.click("text=Notify")
    feed.wait_for_selector(".notify[aria-pressed=true]")
    assert [body for _, body in tell(feed, alert(1))] == ["sentence 1"]


def test_the_viewer_chooses_the_least_tier(feed):
    tell(feed, alert(1))
    feed.click("text=Notify")
    feed.select_option(".notify-tier", "3")
    assert [body for _, body in tell(feed, alert(4, 3), alert(3, 1), alert(2, 2), alert(1))] == ["sentence 4"]


def test_a_crowd_of_alerts_is_summed_up(feed):
    tell(feed, alert(1))
    feed.click("text=Notify")
    feed.wait_for_selector(".notify[aria-pressed=true]")
    said = tell(feed, *(alert(n) for n in range(9, 0, -1)))
    assert [body for _, body in said[:3]] == ["sentence 7", "sentence 8", "sentence 9"]
    assert said[3][0] == "SIMULATED · 5 more alerts"


def test_a_browser_that_refuses_is_explained(feed):
    feed.evaluate("answer = 'denied'")
    feed.click("text=Notify")
    feed.wait_for_selector("[title*='may not notify']")
    assert feed.get_attribute(".notify", "aria-pressed") == "false"
