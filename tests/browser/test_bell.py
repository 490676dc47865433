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
  alerts: [], asked: "", records: {}, today: 0, watching: "", tiers: [1, 2], chosen: "", opened: 0,
  market: "SIMULATED", error: "", style_text: "",
};
globalThis.rung = [];
globalThis.AudioContext = class {
  currentTime = 0;
  destination = {};
  createOscillator() {
    const frequency = { set value(f) { rung.push(Math.round(f)); } };
    return { frequency, connect: (to) => to, start() {}, stop() {} };
  }
  createGain() {
    const gain = { setValueAtTime() {}, exponentialRampToValueAtTime() {} };
    return { gain, connect: (to) => to };
  }
  close() {}
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


def test_a_sound_is_made_only_for_who_asked_and_is_higher_with_the_tier(feed):
    tell(feed, alert(1))
    assert feed.evaluate("rung") == []
    feed.click("text=Sound")
    feed.wait_for_selector(".sound[aria-pressed=true]")
    feed.evaluate("rung.length = 0")
    assert tell(feed, alert(2), alert(1)) == []
    low = feed.evaluate("rung.splice(0)")
    tell(feed, alert(3, 6), alert(2), alert(1))
    high = feed.evaluate("rung.splice(0)")
    assert len(low) == len(high) == 2
    assert high[0] > low[0]
    tell(feed, alert(4, 1), alert(3, 6), alert(2), alert(1))
    assert feed.evaluate("rung") == []
    feed.click("text=Sound")
    tell(feed, alert(5, 6), alert(4, 1), alert(3, 6))
    assert feed.evaluate("rung") == []


def test_what_came_of_a_rule_is_asked_when_one_of_its_alerts_is_opened_and_told_when_it_is_counted(feed):
    tell(feed, alert(1))
    feed.click(".al")
    assert feed.evaluate("model.get('asked')") == "confluence 2"
    assert "being counted" in feed.inner_text(".al.open .why")
    record = {"told": [["hit 58 %", "b"], [" of 41 at 1 h", ""]], "says": "no different from random times"}
    feed.evaluate("record => model.set('records', { 'confluence 2': record })", record)
    assert "hit 58 % of 41 at 1 h. no different from random times." in feed.inner_text(".al.open .why")


def test_a_tier_is_hidden_and_shown_again_by_its_chip(feed):
    tell(feed, alert(2, 1), alert(1, 2))
    feed.click(".chips .t1")
    assert feed.locator(".al").count() == 1
    feed.click(".chips .t2")
    assert "All filtered out" in feed.inner_text(".list")
    feed.click(".chips .t1")
    assert feed.locator(".al").count() == 1


def test_new_rows_wait_while_the_pointer_is_in_the_list(feed):
    tell(feed, alert(1))
    feed.hover(".al")
    tell(feed, alert(2), alert(1))
    assert feed.locator(".al").count() == 1
    assert "1 newer waits" in feed.inner_text(".more")
    feed.mouse.move(0, 0)
    feed.wait_for_function("document.querySelectorAll('.al').length === 2")
