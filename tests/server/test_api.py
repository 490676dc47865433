"""The HTTP API of a running server, over a small database."""

import re
from importlib import resources

import pytest
import yaml

from fbkit.model import METRIC_COLUMNS
from tests.server.conftest import BTC, ETH

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.timeout(240)]

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def test_health_says_state_reasons_and_market(http):
    body = http.get("/fbkit/api/health").json()
    assert (body["state"], body["reasons"], body["market"], body["seed"]) == ("ok", [], "SIMULATED", 7)
    assert [stream["channel"] for stream in body["streams"]] == ["trade"]
    assert INSTANT.fullmatch(body["as_of"])


def test_health_tells_all_that_is_written_of_it(http):
    body = http.get("/fbkit/api/health").json()
    spec = yaml.safe_load((resources.files("fbkit.server") / "openapi.yaml").read_text("utf-8"))
    written = spec["components"]["schemas"]["Health"]
    assert set(written["required"]) == set(written["properties"]) == body.keys()
    assert body["venues"] == {"binance": "ok"}
    assert (
        set(body["uptime_percent"]) == set(body["available_percent"]) == set(body["ok_percent"]) == {"1h", "24h", "7d"}
    )
    assert body["units"]["uptime_percent"].startswith("%")


def test_the_summary_has_units_and_conditions_that_can_be_read(http):
    body = http.get("/fbkit/api/summary", params={"tf": "1m"}).json()
    assert body == http.get("/fbkit/api/quant/summary", params={"tf": "1m"}).json()
    assert (body["market"], body["tf"]) == ("SIMULATED", "1m")
    fields = {name for one in body["items"] for name in one}
    assert body["units"].keys() <= fields
    assert all(isinstance(one["conditions"], list) for one in body["items"])


def test_alerts_have_units_and_the_inputs_they_were_judged_by(http):
    body = http.get("/fbkit/api/alerts").json()
    assert body["units"]["value"].startswith("that of its column")
    assert all(isinstance(one["inputs"], dict | list) for one in body["items"])
    assert all(one["sentence"] for one in body["items"])
    assert (body["market"], body["coverage"] is not None) == ("SIMULATED", True)


def test_asking_writes_nothing(http, served):
    def stored():
        files = (served.home / name for name in ("simulated.db", "simulated.db-wal"))
        return [path.read_bytes() if path.exists() else b"" for path in files]

    before = stored()
    for route in ("health", "summary", "alerts", "gaps", "metrics", "instruments"):
        assert http.get(f"/fbkit/api/{route}").status_code == 200
    assert stored() == before


def test_status_tells_of_collector_and_server(http):
    body = http.get("/fbkit/api/status").json()
    assert body["collector"]["heard"] is True
    assert body["collector"]["beat"]["n"] > 0
    assert body["server"]["collector_kernel"]["state"] == "running"
    assert body["server"]["owns_collector"] is True
    assert "token" not in str(body)


def test_instruments_come_with_their_units(http):
    answer = http.get("/fbkit/api/instruments")
    body = answer.json()
    assert [one["name"] for one in body["items"]] == [BTC, ETH]
    assert body["items"][0]["tick"] == 0.1
    assert body["units"]["tick"] == "USD a coin"
    assert body["items"][0]["price_ratio"] is None, "one venue alone has the coin"
    assert answer.headers["Content-Range"] == "items 0-1/2"


def test_what_a_venue_offers_and_leaves_open_is_told_with_its_instruments(http):
    offers = {one["channel"]: one for one in http.get("/fbkit/api/instruments").json()["offers"]["binance"]}
    assert offers["trade"]["how"] == "stream"
    assert offers["trade"]["certain"] is True
    assert offers["open_interest"]["certain"] is False
    assert "flipped" in offers["open_interest"]["note"]


def test_history_is_newest_first_and_leafed_by_limit_and_offset(http):
    answer = http.get(f"/fbkit/api/history/{BTC}", params={"tf": "1m", "limit": 2, "offset": 1})
    body = answer.json()
    assert [one["close"] for one in body["items"]] == [97_003.0, 97_002.0]
    assert answer.headers["Content-Range"] == "items 1-2/*"
    assert (body["market"], body["tf"], body["instrument"], body["coverage"]) == ("SIMULATED", "1m", BTC, 1.0)
    assert body["units"]["vol_usd"] == "USD"
    assert body["items"][0]["t1"] == "2026-01-01T00:04:00.000Z"
    assert body["items"][0]["open"] is None
    everything = http.get(f"/fbkit/api/history/{BTC}").headers["Content-Range"]
    assert everything == "items 0-4/5"


def test_behind_the_end_there_is_an_empty_part(http):
    answer = http.get(f"/fbkit/api/history/{BTC}", params={"offset": 50})
    assert (answer.status_code, answer.json()["items"]) == (200, [])
    assert answer.headers["Content-Range"] == "items */5"


def test_metrics_are_the_newest_of_each_instrument_by_name_of_column(http):
    items = http.get("/fbkit/api/metrics").json()["items"]
    assert [(one["instrument"], one["t1"]) for one in items] == [
        (BTC, "2026-01-01T00:05:00.000Z"),
        (ETH, "2026-01-01T00:05:00.000Z"),
    ]
    assert items[0]["values"]["rsi_14"] == 55.5
    assert items[0]["values"]["atr_14"] is None
    assert items[0]["reasons"]["atr_14"] == "warmup"
    assert list(items[0]["values"]) == list(METRIC_COLUMNS)


def test_summary_has_a_line_for_each_instrument(http):
    body = http.get("/fbkit/api/quant/summary", params={"tf": "1m"}).json()
    assert [(one["instrument"], one["last"], one["reason"]) for one in body["items"]] == [
        (BTC, 97_004.0, "warmup"),
        (ETH, 97_004.0, "warmup"),
    ]
    assert http.get("/fbkit/api/quant/summary", params={"tf": "1h"}).json()["items"] == []


def test_alerts_and_gaps(http):
    alert = http.get("/fbkit/api/alerts").json()["items"][0]
    assert (alert["sentence"], alert["ts"]) == ("BTC moved", "2026-01-01T00:05:00.000Z")
    gap = http.get("/fbkit/api/gaps").json()["items"][0]
    assert (gap["cause"], gap["t0"], gap["t1"]) == ("disconnect", "2026-01-01T00:04:59.000Z", None)


def test_the_scorecard_says_what_came_of_each_rule_and_why_it_knows_nothing_yet(http):
    body = http.get("/fbkit/api/scorecard").json()
    assert [(one["rule"], one["tier"], one["horizon"]) for one in body["items"]] == [
        ("z", 1, horizon) for horizon in ("5m", "15m", "1h", "4h")
    ]
    assert {one["n_open"] for one in body["items"]} == {1}
    assert all(one["hit_rate"] is None and "too few" in one["says"] for one in body["items"])
    assert (body["seed_base"], body["units"]["hits"]) == (7, "of n: the price had gone the alert's way")
    one = http.get("/fbkit/api/scorecard", params={"by": "direction", "horizon": "1h"}).json()
    assert [(row["direction"], row["horizon"]) for row in one["items"]] == [("up", "1h")]
    assert http.get("/fbkit/api/scorecard", params={"since": "2026-01-01T00:06:00Z"}).json()["items"] == []


def test_the_rules_in_force_are_told_as_in_their_file_and_in_words(http):
    body = http.get("/fbkit/api/rules").json()
    assert [one["tier"] for one in body["items"]] == [1, 2, 3, 4, 5, 6]
    assert body["items"][0]["words"].startswith("Speaks on")
    assert body["since"] == "2026-01-01T00:00:00.000Z"


def test_a_coin_is_told_across_its_venues_newest_first(http):
    body = http.get("/fbkit/api/across/BTC", params={"limit": 2}).json()
    assert [one["t1"] for one in body["items"]] == ["2026-01-01T00:05:00.000Z", "2026-01-01T00:04:00.000Z"]
    assert (body["coin"], body["tf"], body["coverage"]) == ("BTC", "1m", 1.0)
    assert http.get("/fbkit/api/across/BTC", params={"tf": "1h"}).json()["items"] == []


def test_a_part_behind_until_stays_as_it_is(http):
    first = http.get(f"/fbkit/api/history/{BTC}", params={"limit": 2}).json()
    assert first["until"] == "2026-01-01T00:05:00.000000Z"
    then = {"until": "2026-01-01T00:04:00Z", "limit": 2}
    assert [one["close"] for one in http.get(f"/fbkit/api/history/{BTC}", params=then).json()["items"]] == [
        97_003.0,
        97_002.0,
    ]
    alerts = http.get("/fbkit/api/alerts").json()
    again = http.get("/fbkit/api/alerts", params={"until": alerts["until"]}).json()
    assert again["items"] == alerts["items"] != []


def test_what_is_no_websocket_is_told_to_become_one(http):
    answer = http.get("/fbkit/api/stream")
    assert (answer.status_code, answer.headers["Upgrade"]) == (426, "websocket")
    assert "wss://" in answer.json()["message"]


def test_reports_and_continuity_are_what_lies_in_the_workspace(http, served):
    assert http.get("/fbkit/api/reports").json()["items"] == []
    folder = served.workspace / "reports" / "status" / "20260101T000000Z"
    folder.mkdir(parents=True)
    (folder / "report.json").write_text('{"report": "status"}')
    (folder / "status_report.md").write_text("# fine")
    (served.workspace / "continuity").mkdir()
    (served.workspace / "continuity" / "continuity_state.json").write_text('{"phase": "live"}')
    (report,) = http.get("/fbkit/api/reports").json()["items"]
    assert report["files"] == ["report.json", "status_report.md"]
    assert report["facts"] == {"report": "status"}
    (file,) = http.get("/fbkit/api/continuity").json()["items"]
    assert file["content"] == {"phase": "live"}


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("history/binance:NOPE-USDT-PERP", 404, "no instrument named 'binance:NOPE-USDT-PERP'"),
        ("metrics?tf=2m", 404, "no timeframe named '2m'"),
        ("metrics?limit=0", 400, "a whole number from 1 to 10000"),
        ("metrics?limit=10001", 400, "10001"),
        ("metrics?offset=-1", 400, "'-1' is not possible"),
        ("metrics?limit=%D9%A1", 400, "is not possible"),
        ("gaps?order=up", 400, "one of since, until, limit, offset"),
        ("gaps?since=yesterday", 400, "an instant since 1970 such as"),
        ("alerts?until=0001-01-01T00:00:00Z", 400, "an instant since 1970 such as"),
        ("alerts?since=2026-01-02&until=2026-01-01", 400, "an instant after since (2026-01-02)"),
        ("health?limit=3", 400, "no words here"),
        ("scorecard?by=rule,rule", 400, "each once"),
        ("scorecard?by=colour", 400, "rule, tier, tf, direction, column, instrument"),
        ("across/NOPE", 404, "no coin named 'NOPE'"),
        ("scorecards", 404, "no route named '/fbkit/api/scorecards'"),
        ("history/..%2F..%2Fetc%2Fpasswd", 404, "no instrument named"),
        ("history/x'%20OR%20'1'='1", 404, "no instrument named"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_sentence(http, path, status, sentence):
    answer = http.get(f"/fbkit/api/{path}")
    assert answer.status_code == status
    assert sentence in answer.json()["message"]
    assert "Traceback" not in answer.text


def test_static_files_are_kept_by_the_browser(browser):
    answer = browser.get("/fbkit/static/plotly.min.js")
    assert answer.status_code == 200
    assert len(answer.content) > 1_000_000
    assert answer.headers["Cache-Control"] == "private, max-age=86400"
    kept = browser.get("/fbkit/static/plotly.min.js", params={"v": "7"}).headers["Cache-Control"]
    assert kept == "private, max-age=31536000, immutable"
    again = browser.get("/fbkit/static/plotly.min.js", headers={"If-Modified-Since": answer.headers["Last-Modified"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["../extension.py", "..%2fextension.py", "market_table.py", "nothing.js", "templates"])
def test_static_serves_nothing_else(browser, name):
    assert browser.get(f"/fbkit/static/{name}").status_code in {403, 404}


def test_lab_is_told_where_the_charts_library_lies(http):
    """Without it each chart in a notebook would fetch five megabytes over its own connection."""
    page = http.get("/lab")
    assert page.status_code == 200
    assert '"fbkitStatic": "/fbkit/static/"' in page.text
    assert http.get("/fbkit/static/plotly.min.js").status_code == 200


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("/fbkit/market", "#/market"),
        ("/fbkit/instrument?i=binance:BTC-USDT-PERP&tf=15m", "#/instrument?i=binance%3ABTC-USDT-PERP&tf=15m"),
        ("/fbkit/?coin=ETH", "#/market?coin=ETH"),
        ("/fbkit/status?theme=light", "?theme=light#/status"),
        ("/fbkit", ""),
    ],
)
def test_a_short_address_leads_to_the_page_at_its_tab_with_its_choices(browser, asked, place):
    answer = browser.get(asked)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/voila/render/notebooks/30_dashboard.ipynb{place}"


def test_a_short_address_with_a_token_loses_it_on_the_way(served):
    with served.client() as stranger:
        answer = stranger.get("/fbkit/flow", params={"token": served.token, "tf": "5m"})
        assert answer.headers["Location"].endswith("30_dashboard.ipynb#/flow?tf=5m")
        assert stranger.get("/fbkit/flow").status_code == 302


def test_a_page_that_is_none_is_said_and_nobody_is_led_elsewhere(browser):
    for path in ("/fbkit/nothing", "/fbkit/..%2f..%2flab", "/fbkit/%2f%2fevil.example", "/fbkit/api"):
        assert browser.get(path).status_code == 404
