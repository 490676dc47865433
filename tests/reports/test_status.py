"""What the status report says is held to what the database holds."""

import hashlib
import json
import math
import re
import statistics
import subprocess

import numpy as np
import pytest

from fbkit.clock import VirtualClock
from fbkit.continuity import set_phase
from fbkit.model import NS_S, AccountRow, Gap, Listing, Market
from fbkit.reports import latest_report, run_report
from fbkit.reports.facts import Asked
from fbkit.reports.status import Status
from fbkit.settings import load_settings
from fbkit.store import Batch, open_store, open_writer
from tests.reports.small_market import COINS, NOON, name, write

#: What no sentence of a report may hold.
UNFILLED = re.compile(r"{{|}}|\b(?:nan|NaN|NaT|None|inf|TODO|Traceback)\b")
SECTIONS = ["overview", "health", "market", "quant", "gaps", "accounting", "files", "system", "diagnosis", "next_steps"]


def url_in(home, file="simulated.db"):
    return f"sqlite:///{(home / file).as_posix()}"


def status_of(settings, url, now=NOON + 3600 * NS_S, **asked):
    with open_store(url) as store:
        return Status(store, settings, Asked(**asked), VirtualClock(now))


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A whole run of the notebook over a small market, in a workspace with a few files."""
    root = tmp_path_factory.mktemp("status")
    (root / "home").mkdir()
    (root / "workspace" / "notebooks").mkdir(parents=True)
    (root / "workspace" / "pyproject.toml").write_text("[project]\n")
    settings = load_settings(home=root / "home", workspace=root / "workspace")
    rows = write(url_in(settings.home))
    set_phase(settings, "burn-in", "one venue")
    return run_report("status", {"top": "6"}, settings), rows, settings


@pytest.mark.slow
class TestAWholeRun:
    def test_it_leaves_markdown_a_page_pictures_and_a_stamped_record(self, published):
        report, _, settings = published
        assert {path.name for path in report.folder.iterdir()} == {
            "status_report.md", "status_report.html", "report.json", "source.sha256",
            "price.png", "movers.png", "zheat.png", "uptime.png",
        }  # fmt: skip
        facts = json.loads((report.folder / "report.json").read_bytes())
        assert facts["format"] == "fbkit.report/1"
        assert facts["parameters"] == {"tf": "15m", "hours": 24, "top": 6, "coin": "BTC"}
        assert facts["database"] == "sqlite:///FBKIT_HOME/simulated.db"
        assert facts["versions"]["fbkit"]
        for file, said in facts["files"].items():
            assert said == f"sha256:{hashlib.sha256((report.folder / file).read_bytes()).hexdigest()}"
        assert latest_report(settings, "status") == report.folder

    def test_nothing_is_left_unfilled(self, published):
        report, _, _ = published
        for path in (report.markdown, report.html):
            text = path.read_text("utf-8")
            assert UNFILLED.findall(re.sub(r'src="data:[^"]*"', "", text)) == []

    def test_its_numbers_are_those_of_the_database(self, published):
        report, rows, _ = published
        text = report.markdown.read_text("utf-8")
        closes, opens = {}, {}
        for row in rows:
            if type(row).__name__ == "BarRow":
                opens.setdefault(row.instrument, row.open)
                closes[row.instrument] = row.close
        moves = {coin: closes[name(coin)] / opens[name(coin)] - 1 for coin in COINS}
        rose = sum(move > 0 for move in moves.values())
        assert f"{rose} of {len(COINS)} rose" in text
        numbers = json.loads((report.folder / "report.json").read_bytes())["numbers"]
        assert numbers["market"]["median_change"] == pytest.approx(statistics.median(moves.values()), abs=1e-12)
        volume = sum(row.vol_usd for row in rows if type(row).__name__ == "BarRow")
        assert numbers["market"]["volume_usd"] == pytest.approx(volume, rel=1e-12)
        summary = [row for row in rows if type(row).__name__ == "SummaryRow"]
        loudest = max(summary, key=lambda row: abs(row.loudest_z))
        assert numbers["market"]["loudest"][loudest.instrument] == [loudest.loudest, loudest.loudest_z]
        assert f"Z {loudest.loudest_z:+.1f}".replace("-", "−") in text
        mean = sum(row.mean_abs_z * row.n_z for row in summary) / sum(row.n_z for row in summary)
        assert numbers["kpi"]["targets"]["mean_abs_z"]["value"] == pytest.approx(mean)
        assert f"**{mean:.2f}**" in text
        alerts = sum(type(row).__name__ == "AlertRow" for row in rows)
        assert numbers["kpi"]["alerts"] == alerts
        assert numbers["gaps"]["seconds_not_filled"] == 360
        received = 184_203 + 912_400 + 60_480
        assert f"**received {received:,}** = stored {183_900 + 208_112 + 60_480:,}" in text
        assert numbers["accounting"]["balances"] is True

    def test_hashes_match_sha256sum(self, published):
        report, _, settings = published
        lines = re.findall(
            r"^\| `([^`]+)` \|[^|]*\| `sha256:([0-9a-f]{64})` \|$", report.markdown.read_text("utf-8"), re.MULTILINE
        )
        assert [path for path, _ in lines] == ["pyproject.toml"]
        done = subprocess.run(
            ["sha256sum", "-c", "-"], input="".join(f"{said}  {path}\n" for path, said in lines),
            cwd=settings.workspace, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout

    def test_the_page_is_one_file_with_the_market_on_top(self, published):
        report, _, _ = published
        page = report.html.read_text("utf-8")
        body = page[page.index("<body>") :]
        assert "SIMULATED" in body[:600]
        assert page.count("data:image/png;base64,") == 4
        assert re.findall(r'(?:src|href)="(?!data:)([^"]*)"', page) == ["source.sha256"]
        for foreign in ("<script", "@import", "url("):
            assert foreign not in page

    def test_its_markdown_names_pictures_that_lie_beside_it(self, published):
        report, _, _ = published
        for alt, file in re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", report.markdown.read_text("utf-8")):
            assert alt
            assert (report.folder / file).read_bytes().startswith(b"\x89PNG")


@pytest.fixture(scope="module")
def eight(tmp_path_factory):
    """Eight hours of the small market, to be read only: settings, URL and rows."""
    root = tmp_path_factory.mktemp("eight")
    settings = load_settings(home=root, workspace=root)
    return settings, url_in(root), write(url_in(root), hours=8)


def all_of(status):
    return "\n\n".join(getattr(status, section)().markdown() for section in SECTIONS)


def test_an_empty_database_is_said_plainly(settings):
    url = url_in(settings.home)
    open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(NOON), holder="a test").close()
    status = status_of(settings, url)
    text = all_of(status)
    assert "Nothing was heard yet" in text
    assert "Nothing to tell yet" in text
    assert "Uptime is unknown" in text
    assert "fbkit phase set" in text
    assert UNFILLED.findall(text) == []
    for section in SECTIONS:
        assert getattr(status, section)().html()


def test_beats_without_bars_are_a_report_too(settings):
    write(url_in(settings.home), with_rows=False)
    text = all_of(status_of(settings, url_in(settings.home)))
    assert "no 15m bar has closed" in text.lower()
    assert "No summary of 15m yet".lower() in text.lower()
    assert UNFILLED.findall(text) == []


def test_a_timeframe_without_rows_does_not_speak_of_another(eight):
    settings, url, _ = eight
    text = all_of(status_of(settings, url, tf="1h"))
    assert "No bar of 1h has closed" in text


@pytest.mark.parametrize("hours", [1, 3, 31 * 24])
def test_short_and_long_windows_read_right(eight, hours):
    settings, url, _ = eight
    status = status_of(settings, url, hours=hours, top=50)
    assert status.market().numbers["bars"] == len(COINS) * 4 * min(hours, 8)
    assert UNFILLED.findall(all_of(status)) == []


def test_a_recording_is_complete_and_not_a_failure(settings):
    url = url_in(settings.home, "recorded.db")
    write(url, hours=8, market=Market.RECORDED)
    status = status_of(settings, url)
    (collector,) = [finding for finding in status.findings if finding.where == "collector"]
    assert collector.weight == "note"
    assert "recording ends" in collector.what
    assert "RECORDED" in status.overview().markdown()


def test_a_running_collector_is_judged_by_its_streams(eight):
    settings, url, _ = eight
    status = status_of(settings, url, now=NOON + 2 * NS_S)
    assert status.overview().numbers["state"] == "degraded"
    assert "No collector" not in all_of(status)
    assert "binance ratio" in status.next_steps().markdown()


def test_what_does_not_balance_comes_first_among_what_to_do(settings):
    url = url_in(settings.home)
    write(url, hours=8)
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(NOON), holder="a test") as writer:
        writer.append(Batch(rows=[AccountRow(1, "binance", "depth", received=100, stored=90)]))
    status = status_of(settings, url, now=NOON + 2 * NS_S)
    assert "does not balance in binance depth" in status.accounting().markdown()
    assert status.findings[0].where == "binance depth"
    assert "100 received, 90 accounted for" in status.diagnosis().markdown()


def test_a_number_outside_its_target_is_diagnosed_with_its_reason(settings):
    url = url_in(settings.home)
    write(url, hours=8)
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(NOON), holder="a test") as writer:
        writer.append(Batch(rows=[AccountRow(1, "binance", "depth", received=100_000, stored=60_000, dropped=40_000)]))
    status = status_of(settings, url)
    assert "items dropped 40,000, expected at most 0" in status.diagnosis().markdown()
    assert "what is dropped is lost for good" in status.quant().markdown()


def test_assumed_units_are_noted(settings):
    url = url_in(settings.home)
    write(url, hours=8)
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(NOON), holder="a test") as writer:
        last = writer.last_seq
        listing = Listing(name("NEW"), NOON, NOON, "NEWUSDT", "NEW", "USDT", "USDT", assumed=True, seq=last + 1)
        writer.append(Batch(events=[listing]))
    assert "the units of 1 instrument are assumed" in status_of(settings, url).diagnosis().markdown()


def test_every_step_follows_from_a_finding_and_every_finding_has_a_step(eight):
    settings, url, _ = eight
    status = status_of(settings, url)
    steps = status.next_steps().numbers["steps"]
    assert set(steps) == {finding.then for finding in status.findings}
    assert len(steps) == len(set(steps))


def test_positions_are_measured_in_coins_not_in_prices(eight):
    settings, url, rows = eight
    status = status_of(settings, url)
    then, now, last = {}, {}, {}
    for row in rows:
        if type(row).__name__ == "BarRow":
            then.setdefault(row.instrument, row.oi_base)
            now[row.instrument], last[row.instrument] = row.oi_base, row.close
    value = {key: sum(of[k] * last[k] for k in last) for key, of in (("then", then), ("now", now))}
    numbers = status.market().numbers
    assert numbers["oi_usd"] == pytest.approx(value["now"])
    assert numbers["oi_change"] == pytest.approx(value["now"] / value["then"] - 1)


def test_the_pieces_of_uptime_average_to_the_uptime_said(settings):
    from fbkit.reports.sections.health import shares_up

    write(url_in(settings.home), hours=24, with_rows=False)
    status = status_of(settings, url_in(settings.home))
    shares = shares_up(status.facts)
    assert math.isclose(
        float(np.mean([share for share in shares if share is not None])), status.facts.uptime, rel_tol=1e-6
    )
    assert all(0 <= share <= 1 for share in shares if share is not None)


def test_slots_expected_are_those_that_end_in_the_window(eight):
    settings, url, _ = eight
    # Five seconds past the last close: the window begins five seconds into a slot that still ends in it.
    status = status_of(settings, url, now=NOON + 5 * NS_S, hours=6)
    assert status.facts.until == NOON + 5 * NS_S
    assert status.quant().numbers["targets"]["bars_complete"]["value"] == 1.0


def test_alerts_are_not_judged_on_less_than_an_hour_of_live_time(settings):
    write(url_in(settings.home), hours=8)
    status = status_of(settings, url_in(settings.home))
    assert status.quant().numbers["targets"]["alerts"]["inside"] is not None
    short = [kpi for kpi in _kpis_with(status, first=status.facts.until - 20 * NS_S) if kpi.key == "alerts"]
    assert short[0].inside is None
    assert "less than an hour" in short[0].why_not


def _kpis_with(status, **changes):
    import msgspec

    from fbkit.reports.targets import kpis

    return kpis(msgspec.structs.replace(status.facts, **changes))


def test_gaps_that_differ_in_their_instrument_alone_are_one_line(settings):
    url = url_in(settings.home)
    write(url, hours=8)
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(NOON), holder="a test") as writer:
        last = writer.last_seq
        gaps = [
            Gap(name(coin), NOON, NOON, 50 + n, "binance", "bar", "backfilled", "start", NOON - 9 * NS_S,
                NOON - 4 * NS_S, seq=last + 1 + n)
            for n, coin in enumerate(COINS)
        ]  # fmt: skip
        writer.append(Batch(events=gaps))
    text = status_of(settings, url).gaps().markdown()
    assert text.count("| start |") == 1
    assert f"| {len(COINS)} instruments | start |" in text
