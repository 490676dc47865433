"""What a Prometheus reads: names with units, help for each, hostile names escaped, and that nobody collects."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fbkit.clock import VirtualClock
from fbkit.hub import Hello, Pulse
from fbkit.model import NS_S, AccountRow, HealthRow
from fbkit.server.counted import count
from fbkit.server.prometheus import Stored, exposition
from fbkit.store import open_store
from tests.server.conftest import START, fill

HELLO = Hello(3, "SIMULATED", 7, "sqlite:///x.db", "0.1.0", 77, 5 * NS_S)
STORED = Stored(
    "SIMULATED",
    7,
    sizes={"db": 4096, "wal": 512},
    rows={"trades": 12},
    gaps=[("disconnect", 1, 4)],
    uptime={"1h": 50.0, "24h": None},
    epoch=3,
    last_beat=9 * NS_S,
)
PULSE = Pulse(
    9 * NS_S,
    9,
    health=[
        HealthRow(9, "", "*", "degraded", "lag", "late"),
        HealthRow(9, "okx", "trade", "down", "disconnect", "gone"),
    ],
    accounts=[
        AccountRow(1, "okx", "trade", received=10, stored=6, duplicate=3, in_flight=1, late=2),
        AccountRow(1, "gate", "trade", received=10, stored=6),
        AccountRow(1, "okx", "control", control=5),
    ],
    rates={"okx": 12.5},
    lag_ms={"okx": 250.0, "gate": 50.0},
    queue=40,
    stored=12,
    backfill={"done": 1, "total": 4, "sentence": "history"},
    queue_share=0.25,
    spill_bytes=99,
)


def read(text):
    """Samples by name and labels, and the families."""
    families = list(text_string_to_metric_families(text.decode()))
    samples = {
        (one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples
    }
    return samples, families


@pytest.fixture(scope="module")
def told():
    return read(exposition(STORED, HELLO, PULSE))


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("fbkit_collector_up", {}, 1),
        ("fbkit_collector_start_time_seconds", {}, 5),
        ("fbkit_database_bytes", {}, 4096),
        ("fbkit_wal_bytes", {}, 512),
        ("fbkit_rows", {"table": "trades"}, 12),
        ("fbkit_gaps_open", {"cause": "disconnect"}, 1),
        ("fbkit_gaps_total", {"cause": "disconnect"}, 4),
        ("fbkit_uptime_ratio", {"window": "1h"}, 0.5),
        ("fbkit_lease_epoch", {}, 3),
        ("fbkit_last_beat_time_seconds", {}, 9),
        ("fbkit_items_per_second", {"venue": "okx"}, 12.5),
        ("fbkit_lag_seconds", {"venue": "okx"}, 0.25),
        ("fbkit_skew_seconds", {"venue": "okx"}, 0.2),
        ("fbkit_queue_items", {}, 40),
        ("fbkit_queue_ratio", {}, 0.25),
        ("fbkit_spill_bytes", {}, 99),
        ("fbkit_events_stored_total", {}, 12),
        ("fbkit_backfill_done", {}, 1),
        ("fbkit_backfill_parts", {}, 4),
        ("fbkit_health_state", {}, 2),  # the only venue's trades are down
        ("fbkit_stream_health_state", {"venue": "okx", "channel": "trade"}, 2),
        ("fbkit_items_received_total", {"venue": "okx", "channel": "trade"}, 10),
        ("fbkit_items_total", {"venue": "okx", "channel": "trade", "fate": "duplicate"}, 3),
        ("fbkit_items_in_flight", {"venue": "okx", "channel": "trade"}, 1),
        ("fbkit_items_late_total", {"venue": "okx", "channel": "trade"}, 2),
        ("fbkit_accounting_balanced", {"venue": "okx", "channel": "trade"}, 1),
        ("fbkit_accounting_balanced", {"venue": "gate", "channel": "trade"}, 0),
    ],
)
def test_each_number_stands_under_its_name(told, name, labels, value):
    samples, _ = told
    assert samples[name, tuple(sorted(labels.items()))] == pytest.approx(value)


def test_every_family_is_ours_and_has_its_help(told):
    _, families = told
    assert all(family.name.startswith("fbkit_") and len(family.documentation) > 10 for family in families)
    assert len({family.name for family in families}) == len(families)


def test_unknown_uptime_and_control_frames_are_left_out(told):
    samples, _ = told
    assert ("fbkit_uptime_ratio", (("window", "24h"),)) not in samples
    assert not [key for key in samples if ("channel", "control") in key[1]]


def test_a_hostile_name_is_a_label_and_nothing_else():
    hostile = 'x"} 1\nfbkit_collector_up 1 \\'
    pulse = Pulse(1, 1, rates={hostile: 3.0}, health=[HealthRow(1, hostile, hostile, "ok", "", "")])
    samples, _ = read(exposition(None, None, pulse))
    assert samples["fbkit_items_per_second", (("venue", hostile),)] == 3.0
    assert samples["fbkit_collector_up", ()] == 0.0


def test_without_a_collector_it_says_so_and_what_the_store_knows():
    samples, _ = read(exposition(STORED, None, None))
    assert samples["fbkit_collector_up", ()] == 0
    assert samples["fbkit_health_state", ()] == 2
    assert samples["fbkit_rows", (("table", "trades"),)] == 12
    assert not [name for name, _ in samples if name.startswith("fbkit_items")]
    assert read(exposition(None, None, None))[0]["fbkit_collector_up", ()] == 0


def test_a_store_is_counted(tmp_path):
    url = f"sqlite:///{(tmp_path / 'x.db').as_posix()}"
    fill(url)
    with open_store(url) as store:
        stored = count(store, VirtualClock(START + 300 * NS_S).now())
    assert (stored.market, stored.epoch, stored.gaps) == ("SIMULATED", 1, [("disconnect", 1, 1)])
    assert stored.rows["beats"] == 5
    assert stored.sizes["db"] > 0


def test_the_server_answers_in_text_to_who_has_the_token(http, served):
    answer = http.get("/fbkit/api/prometheus")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    samples, _ = read(answer.content)
    assert samples["fbkit_collector_up", ()] == 1
    assert samples["fbkit_gaps_open", (("cause", "disconnect"),)] == 1
    assert samples["fbkit_stream_health_state", (("channel", "trade"), ("venue", "binance"))] == 0
    with served.client() as stranger:
        assert stranger.get("/fbkit/api/prometheus").status_code == 403
    assert http.get("/fbkit/api/prometheus", headers={"Origin": "https://evil.example"}).status_code == 403
    assert http.get("/fbkit/api/prometheus", params={"tf": "2m"}).status_code == 400


def test_the_page_lists_every_family(told):
    page = (Path(__file__).parents[2] / "docs" / "reference" / "server.md").read_text("utf-8")
    samples, _ = told
    assert {name for name, _ in samples if f"`{name}`" not in page} == set()
