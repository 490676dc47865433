"""Runs of real notebooks: each takes seconds, so each shows as much as it can."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from fbkit.errors import ReportFailed, ReportRunning
from fbkit.reports import Limits, latest_report, list_reports, run_report
from fbkit.reports.runs import Runs
from fbkit.runtime import workspace

pytestmark = pytest.mark.slow

HOSTILE = "\"; import os; os.abort()  # ' \\ \n {{ é \u2028"


def kernels(settings):
    """Processes whose command line names this shop: children and kernels of its runs."""
    mark = str(workspace(settings))
    every = psutil.process_iter(["cmdline"])
    return [process for process in every if any(mark in word for word in process.info["cmdline"] or ())]


def until(condition, seconds):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return found


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def good(shop):
    """A good run; while it runs, a second one is tried."""
    seen = {}

    def second():
        until((shop.home / "report-deeds.lock").exists, 30)
        until(lambda: any(".deeds-" in path.name for path in (workspace(shop) / "reports").glob(".*")), 30)
        with pytest.raises(ReportRunning) as refused:
            run_report("deeds", {}, shop)
        seen["refused"] = refused.value

    other = threading.Thread(target=second)
    other.start()
    published = run_report(
        "deeds", {"text": HOSTILE, "hours": "3"}, shop, url="postgresql://me:sentinel-pass-78@127.0.0.1/m"
    )
    other.join()
    return published, seen["refused"]


def test_a_good_run_is_published_whole_and_pointed_at(shop, good):
    published, _ = good
    assert {path.name for path in published.folder.iterdir()} == {
        "deeds_report.md", "deeds_report.html", "report.json", "seen.json",
    }  # fmt: skip
    assert latest_report(shop, "deeds") == published.folder
    assert not list((workspace(shop) / "reports").glob(".*"))
    (row,) = Runs(shop).newest("deeds")
    assert (row.state, row.folder, row.cell, row.error) == ("published", f"deeds/{published.folder.name}", "", "")
    assert row.parameters == {"text": HOSTILE, "hours": 3, "do": "nothing"}
    text = published.markdown.read_text("utf-8")
    assert "# Deeds" in text
    assert "import" not in text.replace(HOSTILE, "").replace("; import os; os.abort()", "")  # no source


@pytest.mark.faults("S3")
def test_a_hostile_value_arrives_as_the_string_it_is(good):
    published, _ = good
    text, hours, _ = json.loads((published.folder / "seen.json").read_text("utf-8"))
    assert (text, hours) == (HOSTILE, 3)


@pytest.mark.faults("R3")
def test_the_second_of_two_is_refused_with_exit_5_and_since_when(good):
    _, refused = good
    assert refused.exit_code == 5
    assert "already running since 20" in str(refused)


@pytest.mark.faults("S7")
def test_no_secret_is_in_what_a_run_leaves_and_the_kernel_never_had_the_token(shop, good):
    published, _ = good
    _, _, environment = json.loads((published.folder / "seen.json").read_text("utf-8"))
    assert environment.get("FBKIT_TOKEN", "") == ""
    assert environment["FBKIT_DB"] == "postgresql://me:****@127.0.0.1/m"  # masked on the way out: the kernel needs it
    for path in (*workspace(shop).rglob("*"), *shop.home.rglob("*")):
        if path.is_file() and path.suffix != ".ipynb":
            assert b"sentinel" not in path.read_bytes(), path


def test_the_page_needs_nothing_from_anywhere(good):
    published, _ = good
    page = published.html.read_text("utf-8")
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page


@pytest.mark.faults("R1")
def test_a_cell_that_raises_leaves_the_last_good_report_and_says_where(shop, good):
    published, _ = good
    before = bytes_of(published.folder)
    with pytest.raises(ReportFailed) as failed:
        run_report("deeds", {"do": "raise"}, shop)
    assert failed.value.exit_code == 1
    assert "ZeroDivisionError: division by zero" in str(failed.value)
    assert bytes_of(published.folder) == before
    assert latest_report(shop, "deeds") == published.folder
    row = Runs(shop).newest("deeds")[0]
    assert row.state == "failed"
    assert row.folder.startswith("deeds.failed-20")
    assert "cell [" in row.cell
    assert "ZeroDivisionError" in row.error
    kept = workspace(shop) / "reports" / row.folder
    assert {"run.ipynb", "source.ipynb", "outcome.json", "job.json", "run.log"} >= {
        path.name for path in kept.iterdir()
    }
    assert "ZeroDivisionError" in (kept / "run.ipynb").read_text("utf-8")
    assert not kernels(shop)


@pytest.mark.parametrize(
    ("limits", "said"),
    [(Limits(cell_s=1), "longer than the 1 s a cell may take"), (Limits(total_s=4), "longer than the 4 s it may take")],
)
@pytest.mark.faults("R4")
def test_a_hanging_cell_is_ended_with_its_kernel(shop, good, limits, said):
    published, _ = good
    (shop.home / "running").unlink(missing_ok=True)
    with pytest.raises(ReportFailed, match=said):
        run_report("deeds", {"do": "sleep"}, shop, limits=limits)
    assert latest_report(shop, "deeds") == published.folder
    assert not kernels(shop)
    running = shop.home / "running"
    assert not running.exists() or not psutil.pid_exists(int(running.read_text()))


CODE = """
import sys
from fbkit.settings import load_settings
from fbkit.reports import run_report
run_report("deeds", {"do": "sleep"}, load_settings(home=sys.argv[1], workspace=sys.argv[2]))
"""


def sleeping_kernel(shop):
    """The kernel of the run under way, and the child that owns it."""
    running = shop.home / "running"
    kernel = psutil.Process(int(until(lambda: running.exists() and running.read_text(), 60)))
    child = kernel.parent()
    assert "fbkit.reports.child" in child.cmdline()
    return kernel, child


@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9 on Windows")
@pytest.mark.faults("R2")
def test_kill_9_of_who_started_it_leaves_the_last_good_report_and_no_kernel(shop, good):
    published, _ = good
    before = bytes_of(published.folder)
    (shop.home / "running").unlink(missing_ok=True)
    outer = subprocess.Popen([sys.executable, "-c", CODE, str(shop.home), str(workspace(shop))])
    try:
        kernel, child = sleeping_kernel(shop)
    finally:
        outer.send_signal(signal.SIGKILL)
        outer.wait()
    until(lambda: not kernel.is_running() and not child.is_running(), 5)
    assert not kernels(shop)
    assert bytes_of(published.folder) == before
    assert latest_report(shop, "deeds") == published.folder
    runs = Runs(shop)
    assert runs.newest("deeds")[0].state == "running"
    runs.close_orphans("deeds")  # as the next run does
    assert runs.newest("deeds")[0].state == "interrupted"


@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9 on Windows")
@pytest.mark.faults("R2")
def test_kill_9_of_its_process_is_a_failed_run_and_leaves_no_kernel(shop, good):
    published, _ = good
    (shop.home / "running").unlink(missing_ok=True)
    family = []

    def kill():
        family.extend(sleeping_kernel(shop))
        family[1].send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(ReportFailed, match="ended with -9"):
        run_report("deeds", {"do": "sleep"}, shop)
    killer.join()
    until(lambda: not any(process.is_running() for process in family), 5)
    assert not kernels(shop)
    assert latest_report(shop, "deeds") == published.folder
    assert not list((workspace(shop) / "reports").glob(".*"))


def test_a_torn_pointer_is_answered_by_the_folders_themselves(shop, good):
    published, _ = good
    (published.folder.parent / "latest.json").write_bytes(b'{"format": "fbkit.rep')
    assert latest_report(shop, "deeds") == published.folder
    (deeds,) = [report for report in list_reports(shop) if report.name == "deeds"]
    assert deeds.latest == published.folder
