"""The Status tab shows the numbers of fbkit.health, of the store and of the workspace, and what is silent as silent."""

import asyncio

import pytest

from fbkit.clock import VirtualClock
from fbkit.dashboard.scene import Scene
from fbkit.dashboard.status import gaps_drawn
from fbkit.dashboard.status.stood import ends, reached, read, whole_of
from fbkit.dashboard.status.tab import StatusTab
from fbkit.dashboard.status.throughput import Throughput
from fbkit.errors import StoreMissing
from fbkit.health.standing import uptime_of
from fbkit.hub import Commit
from fbkit.model import NS_DAY, NS_HOUR, NS_MIN, NS_S, Gap
from fbkit.store import open_store
from tests.dashboard.invented import InventedSource
from tests.dashboard.watched_market import AWAY, BAD, LOST, NOW, pulse, scene_over


@pytest.fixture(scope="module")
def store(watched_url):
    with open_store(watched_url) as opened:
        yield opened


async def told(scene):
    """A tab of which every question was asked."""
    tab = StatusTab(scene)
    tab.open = True
    for job in tab.jobs.values():
        await job.ask()
    return tab


@pytest.fixture
async def tab(watched_url, tmp_path):
    return await told(scene_over(watched_url, tmp_path))


def kpi(tab, label):
    return next(one for one in tab.kpis.kpis if one["label"].startswith(label))


def line(timeline, name):
    return next(one for one in timeline.lines if one["name"] == name)


def plain(text):
    return text.replace("\u00a0", " ")


# --- uptime -----------------------------------------------------------------------------------------------------------


def test_uptime_is_that_of_the_one_function_everybody_asks(store):
    past = read(store, NOW - 7 * NS_DAY, NOW)
    assert whole_of(past) == uptime_of(store, NOW, running=True)
    assert reached(past, NOW - 7 * NS_DAY)
    assert ends(store, NOW + NS_HOUR, running=False) == NOW
    assert ends(store, NOW + NS_HOUR, running=True) == NOW + NS_HOUR


def test_a_past_that_was_read_in_pieces_is_the_same(store, monkeypatch):
    whole = read(store, NOW - NS_DAY, NOW)
    monkeypatch.setattr("fbkit.dashboard.status.stood._STEP", 2 * NS_HOUR)
    past = read(store, NOW - NS_DAY, NOW - 3 * NS_HOUR)
    while not reached(past, NOW - NS_DAY):
        past = read(store, NOW - NS_DAY, NOW - 3 * NS_HOUR, past)
    past = read(store, NOW - NS_DAY, NOW, past)
    assert [ts for ts in past.heartbeats if ts >= NOW - NS_DAY] == [ts for ts in whole.heartbeats if ts >= NOW - NS_DAY]
    assert whole_of(past).ok["24h"] == pytest.approx(whole_of(whole).ok["24h"])
    assert read(store, NOW - NS_DAY, NOW, past) is past


async def test_the_strip_shows_when_nobody_was_there_and_when_a_venue_was_degraded(tab, store):
    up = uptime_of(store, NOW, running=True)
    process, okx, binance = (line(tab.uptime, name) for name in ("process", "okx", "binance"))
    assert [one["state"] for one in process["slots"]].count("off") == 2
    off = [one for one in process["slots"] if one["state"] == "off"]
    assert off[0]["t0_ms"] <= AWAY[0] / 1e6 < off[0]["t1_ms"]
    bad = [one for one in okx["slots"] if one["state"] == "degraded"]
    assert (bad[0]["t0_ms"], bad[-1]["t1_ms"]) == (BAD[0] / 1e6, (BAD[1] + 15 * NS_MIN) / 1e6)
    assert "degraded" not in {one["state"] for one in binance["slots"]}
    assert process["ends"][0][0] == f"{up.percent['24h']:.2f}"
    assert okx["ends"][0][0] == f"{up.available['24h']:.2f}"
    assert plain(kpi(tab, "Uptime")["context"][0][0]) == f"of it {up.available['24h'] - up.ok['24h']:.2f} % degraded"


async def test_a_longer_window_has_longer_slots_and_reads_what_it_needs(tab):
    tab.tools.choose(window="30d")
    assert tab._wanted >= {"uptime", "gaps"}
    await tab.jobs["uptime"].ask()
    await tab.jobs["gaps"].ask()
    assert len(line(tab.uptime, "process")["slots"]) == 60
    assert tab.uptime.until_ms - tab.uptime.since_ms == 30 * NS_DAY / 1e6
    assert len(tab.holes) == 4


# --- gaps -------------------------------------------------------------------------------------------------------------


async def test_a_gap_lies_where_it_was_with_its_cause_its_length_and_whether_it_was_filled(tab):
    lost, away = line(tab.gaps, "okx trade"), line(tab.gaps, "collector")
    mark = next(one for one in lost["marks"] if one["kind"] == "lost")
    assert (mark["t0_ms"], mark["t1_ms"]) == (LOST[0] / 1e6, LOST[1] / 1e6)
    assert "disconnect" in mark["about"]
    assert plain(lost["ends"][0][0]) == "26m 0s, not filled"
    assert [one["kind"] for one in away["marks"]] == ["off"]
    assert "off" in {one["kind"] for one in lost["marks"]}, "the process was away behind every line"
    assert plain(line(tab.gaps, "binance trade")["ends"][0][0]) == "4m 0s, backfilled"
    assert line(tab.gaps, "okx liquidation")["ends"][0][1] == "bad"
    assert kpi(tab, "Gaps")["value"] == "4"
    assert kpi(tab, "Gaps")["context"][0][0] == "3 not backfilled"


async def test_a_gap_that_closes_while_one_looks_changes_its_line(tab):
    closed = Gap("", NOW, NOW, 4, "okx", "liquidation", "backfilled", "refused", NOW - 3 * NS_MIN, NOW)
    tab.scene.remember([], [closed])
    tab.hear(Commit(9, gaps=[closed]))
    assert plain(line(tab.gaps, "okx liquidation")["ends"][0][0]) == "3m 0s, backfilled"


def test_gaps_alike_at_many_instruments_are_one_hole():
    gaps = [Gap(f"okx:{k}-USDT-PERP", 0, 0, k, "okx", "bar", "backfilled", "start", 0, NS_S) for k in range(90)]
    (hole,) = gaps_drawn.holes(gaps, 0, NS_HOUR)
    assert (hole.instruments, hole.kind) == (90, "filled")


def test_what_has_no_line_is_counted_and_what_was_lost_comes_first():
    gaps = [
        Gap("", 0, 0, k, f"v{k:02}", "trade", "closed" if k == 19 else "backfilled", "x", 0, (k + 1) * NS_S)
        for k in range(20)
    ]
    lines, said = gaps_drawn.lines(gaps_drawn.holes(gaps, 0, NS_HOUR))
    assert len(lines) == gaps_drawn.LINES
    assert "v19 trade" in [one.name for one in lines]
    assert said.startswith("6 more")


# --- live -------------------------------------------------------------------------------------------------------------


def test_rates_are_those_of_a_minute_and_a_new_run_begins_anew():
    heard = Throughput()
    for n in range(100):
        heard.take(pulse(n))
    assert heard.rate("binance", "trade") == pytest.approx(50.0)
    assert heard.rate("okx", "quote") is None
    assert heard.lag("okx").p95 == 60.0
    assert heard.lag("binance").p50 == pytest.approx(99.0, abs=1.0), "the last 60 of them"
    assert heard.summed("dropped") == 2
    assert len(heard.spark) == 10


async def test_the_books_the_rates_and_the_foot_say_the_same_of_every_item(tab):
    for n in range(3):
        tab.scene.pulse = pulse(n)
        tab.hear(tab.scene.pulse)
    tab.push()
    assert [row["balances"] for row in tab.books.accounts] == [True, True]
    assert [row[0] for row in tab.rates.rows] == ["binance", "okx"]
    assert tab.rates.rows[0][1] == pytest.approx(50.0)
    pieces = {name: text for name, text, _ in tab.foot.pieces}
    parts = [int(text.replace(",", "")) for name, text in pieces.items() if name != "heard"]
    assert sum(parts) == int(pieces["heard"].replace(",", ""))
    assert kpi(tab, "Dropped")["value"] == "2"


async def test_one_venue_alone_shows_its_own_streams_gaps_and_rates(tab):
    tab.hear(pulse(0))
    tab.tools.choose(venues=["binance"])
    tab.push()
    assert {one["name"] for one in tab.gaps.lines} == {"collector", "binance trade"}
    assert [row[0] for row in tab.rates.rows] == ["binance"]
    assert "okx" not in {one["stream"] for one in tab.health.streams}
    await tab.jobs["uptime"].ask()
    assert [one["name"] for one in tab.uptime.lines] == ["process", "binance"]


async def test_a_collector_that_fell_silent_is_said_at_once_with_its_age(tab):
    tab.hear(tab.scene.pulse)
    tab.scene.clock.advance(3 * NS_S)
    tab.scene.old = True
    assert "is-old" in tab.box._dom_classes
    assert kpi(tab, "Health")["value"] == "Down"
    assert plain(kpi(tab, "Health")["context"][0][0]) == "collector stopped 3 s ago"
    assert "collector stopped" in tab.health.summary
    assert "collector stopped" in tab.foot.pieces[0][0]
    tab.scene.old = False
    assert "is-old" not in tab.box._dom_classes
    assert kpi(tab, "Health")["value"] == "Degraded"


async def test_without_a_database_every_panel_says_what_it_waits_for():
    tab = StatusTab(Scene(InventedSource(3), VirtualClock(NOW)))
    with pytest.raises(StoreMissing):
        await tab.jobs["uptime"].ask()
    tab.waits("uptime", "no database there")
    assert tab.uptime.waiting == "no database there"
    assert tab.papers.actions.actions == [], "nothing is offered that cannot be done"
    assert all(one["value"] is not None or one["missing"] for one in tab.kpis.kpis)


async def test_the_export_has_streams_accounts_gaps_and_uptime(tab):
    tab.hear(pulse(1))
    frame = tab.exported()
    assert frame.index.value_counts().to_dict() == {"health": 5, "gaps": 4, "uptime": 3, "accounts": 2}
    assert frame.loc["gaps"].set_index("gap_id" if "gap_id" in frame else "cause").loc["refused"]["length_s"] == 180.0


# --- published --------------------------------------------------------------------------------------------------------


async def test_what_was_never_made_says_how_it_is_made(tab):
    assert tab.papers.report.shown == {}
    assert "fbkit report run status" in tab.papers.report.waiting
    assert "fbkit phase set" in tab.papers.phase.waiting
    assert "fbkit snapshot" in tab.papers.snapshot.waiting


async def test_a_snapshot_is_taken_by_a_press_and_shown(tab, tmp_path, monkeypatch):
    monkeypatch.setenv("FBKIT_WORKSPACE", str(tmp_path / "workspace"))
    tab.papers.actions._hear(tab.papers.actions, {"kind": "press", "name": "snapshot"}, [])
    assert tab.papers.actions.running == "snapshot"
    tab.papers.actions._hear(tab.papers.actions, {"kind": "press", "name": "report"}, [])
    assert tab.papers.actions.note == "the snapshot is still at work"
    async with asyncio.timeout(20):
        await tab.papers.chores._task
    assert tab.papers.actions.running == ""
    assert (tab.papers.actions.tone, tab.papers.actions.note[:16]) == ("ok", "snapshot 1 taken")
    await tab.jobs["published"].ask()
    assert tab.papers.snapshot.sub.startswith("number 1")
    assert [name for name, _ in tab.papers.snapshot.facts][:2] == ["continuity_state.json", "project_context_v3.json"]
