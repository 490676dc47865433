"""All of it: ``up`` with the notebooks that ship, the collector they start, the page and Lab in a real browser."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time

import httpx
import psutil
import pytest

from fbkit.model import Span
from fbkit.store import open_store
from tests.browser import shots
from tests.browser.conftest import Watched
from tests.server.conftest import Up, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("whole"),
    pytest.mark.timeout(300),  # the first test starts everything, on a machine that others may use too
]

# Two venues are enough to see that page, kernel and API speak of several; three cost a slow machine seconds.
SMALL = {"FBKIT_VENUES": "sim:binance,okx", "FBKIT_INSTRUMENTS": "3", "FBKIT_BACKFILL_HOURS": "2"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Everything running on a simulated market of two venues with three instruments each."""
    up = Up(tmp_path_factory.mktemp("whole"), environment=SMALL, shipped=True)
    try:
        yield up.until_live()
    finally:
        code = up.end()
        wait_for(lambda: not up.left(), 15)
    assert code == 0, "".join(up.lines)


@pytest.fixture
def http(whole):
    with whole.client(headers={"Authorization": f"token {whole.token}"}) as client:
        yield client


@contextlib.contextmanager
def blank(chromium, whole):
    """A tab of a browser of its own that shows nothing yet; what it asks for and complains about is kept."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    watched = Watched(context.new_page(), whole.address)
    # Lab and pages talk to their kernels over sockets of the same server.
    watched.page.on(
        "websocket", lambda s: watched.outside.append(s.url) if f"127.0.0.1:{whole.port}" not in s.url else None
    )
    watched.page.set_default_timeout(90_000)
    try:
        yield watched
    finally:
        context.close()


@contextlib.contextmanager
def tab(chromium, whole, path, wait="load"):
    """A tab at a path; the server's address needs the token, which the tab is given once."""
    with blank(chromium, whole) as watched:
        watched.page.goto(f"{whole.address}{path}?token={whole.token}", wait_until=wait)
        yield watched


@pytest.fixture(scope="module")
def visit(chromium, whole):
    """Somebody who followed the link."""
    with tab(chromium, whole, "/fbkit/") as watched:
        watched.page.wait_for_selector(".fb-table .tr")
        yield watched


def kernels(http):
    return {kernel["id"]: kernel for kernel in http.get("/api/kernels").json()}


def collectors_kernel(http):
    return next(
        s["kernel"]["id"] for s in http.get("/api/sessions").json() if s["path"] == "notebooks/10_collect.ipynb"
    )


def test_the_link_leads_to_a_live_page_without_a_token_in_its_address_and_nothing_from_outside(whole, visit):
    page = visit.page
    assert page.url.partition("#")[0] == f"{whole.address}/voila/render/notebooks/30_dashboard.ipynb"
    assert "SIMULATED" in page.inner_text("body")
    before = page.inner_text(".fb-table")
    page.wait_for_function("before => document.querySelector('.fb-table').innerText !== before", arg=before)
    assert visit.outside == []
    assert visit.errors == []


def test_five_viewers_leave_one_writer_no_row_twice_and_a_minute_after_they_left_no_kernel(
    chromium, whole, visit, http
):
    collecting = http.get("/fbkit/api/status").json()["collector"]["pid"]
    with contextlib.ExitStack() as viewers:
        pages = [viewers.enter_context(blank(chromium, whole)).page for _ in range(4)]
        for page in pages:  # all at one instant, as when a desk opens its link in the morning
            page.evaluate(
                "link => void setTimeout(() => location.assign(link))", f"{whole.address}/fbkit/?token={whole.token}"
            )
        for page in pages:
            page.wait_for_selector(".fb-table .tr", timeout=180_000)
        seen = {k for k, facts in kernels(http).items() if facts["connections"]} - {collectors_kernel(http)}
        assert len(seen) == 5
        before = [page.inner_text(".fb-table") for page in pages]
        for page, text in zip(pages, before, strict=True):
            page.wait_for_function("before => document.querySelector('.fb-table').innerText !== before", arg=text)
        status = http.get("/fbkit/api/status").json()
        assert status["collector"]["pid"] == collecting
        assert {one.pid for one in whole.everybody() if "fbkit.ingest" in one.cmdline()} == {collecting}
    visit.page.close()
    with open_store(f"sqlite:///{(whole.home / 'simulated.db').as_posix()}") as store:
        for kind in ("trade", "mark"):
            read = store.frame(kind, None, Span())
            assert len(read) > 20
            assert not read["seq"].duplicated().any(), kind
        assert not store.frame("trade", None, Span()).duplicated(["instrument", "venue_id"]).any()
        assert not store.rows("bars").duplicated(["instrument", "tf", "t1"]).any()
    wait_for(lambda: not seen & set(kernels(http)), 60)
    assert collectors_kernel(http) in kernels(http)
    log = (whole.home / "logs" / "server.log").read_text("utf-8")
    assert "ending kernel" in log
    assert "'_xsrf' argument missing" not in log, "the page's farewell is no news"


def viewing(http):
    """Kernels of pages: ids."""
    return set(kernels(http)) - {collectors_kernel(http)}


def test_a_page_whose_kernel_has_ended_says_so_and_a_reload_gives_it_another(chromium, whole, http):
    with tab(chromium, whole, "/fbkit/") as watched:
        page = watched.page
        page.wait_for_selector(".fb-table .tr")
        (ended,) = viewing(http)
        http.delete(f"/api/kernels/{ended}").raise_for_status()
        page.wait_for_selector("#ended:has-text('kernel has ended')", timeout=30_000)
        page.click("#ended button")
        page.wait_for_selector("#ended", state="detached")
        page.wait_for_selector(".fb-table .tr")
        assert len(viewing(http) - {ended}) == 1


def test_a_page_whose_kernel_has_ended_before_it_showed_anything_begins_anew_by_itself(chromium, whole, http):
    before = viewing(http)
    with blank(chromium, whole) as watched:
        page = watched.page
        page.route("**/voila/static/voila.js", lambda route: None)  # a machine so busy that its script never comes
        page.goto(f"{whole.address}/fbkit/?token={whole.token}", wait_until="commit")
        page.wait_for_function("document.body?.dataset.kernelId")
        (ended,) = viewing(http) - before
        page.unroute("**/voila/static/voila.js")
        http.delete(f"/api/kernels/{ended}").raise_for_status()
        page.wait_for_selector(".fb-table .tr")
        assert ended not in viewing(http)


def test_opening_the_collectors_notebook_in_lab_attaches_to_the_kernel_that_collects(chromium, whole, http):
    collecting = collectors_kernel(http)
    before = http.get("/fbkit/api/status").json()["collector"]["pid"]
    with tab(chromium, whole, "/lab/tree/notebooks/10_collect.ipynb") as watched:
        watched.page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        wait_for(lambda: kernels(http)[collecting]["connections"] > 0, 30)
        assert watched.page.locator(".jp-toast, .Toastify__toast").count() == 0, "no question about news"
        assert watched.outside == []
        assert watched.errors == []
        watched.page.click(".jp-Notebook .jp-CodeCell >> nth=2")
        watched.page.keyboard.press("Shift+Enter")
        shown = watched.page.wait_for_selector(".jp-CodeCell .jp-OutputArea-output:has-text('Collector runs')")
        assert f"pid {before}" in shown.inner_text()
    sessions = [s for s in http.get("/api/sessions").json() if s["path"] == "notebooks/10_collect.ipynb"]
    assert [s["kernel"]["id"] for s in sessions] == [collecting]


def test_the_page_and_the_api_tell_of_the_same_market(http):
    health = http.get("/fbkit/api/health").json()
    assert health["market"] == "SIMULATED"
    assert health["state"] in {"ok", "degraded"}
    listed = http.get("/fbkit/api/instruments").json()
    assert [one["venue"] for one in listed["items"]] == ["binance"] * 3 + ["okx"] * 3
    assert list(listed["offers"]) == ["binance", "okx"]
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        http.get("/fbkit/api/history/sim:NOPE").raise_for_status()


def test_pictures_are_taken_of_the_running_page(chromium, whole, tmp_path):
    address = f"{whole.address}/{shots.PAGE}?token={whole.token}"
    looked = shots.pictures(chromium, address, tmp_path, ("status",), patience_s=0)
    names = {path.name for path in looked.pictures}
    assert names == {f"status-{theme}-{width}.png" for theme in ("dark", "light") for width in (1440, 390)}
    assert all(path.stat().st_size > 10_000 for path in looked.pictures)
    assert looked.trouble == []


def stopped_after(page, began):
    """Seconds until the badge said so."""
    page.wait_for_selector(".fb-health .isdown", timeout=20_000)
    return time.monotonic() - began


def until_alive(page):
    page.wait_for_selector(".fb-health :is(.isok, .isdegraded)")
    page.wait_for_selector(".fb-table:not(.old)")
    before = page.inner_text(".fb-table")
    page.wait_for_function("before => document.querySelector('.fb-table').innerText !== before", arg=before)


def test_a_collector_that_hangs_or_is_killed_is_said_and_the_page_lives_again_with_the_next(
    chromium, whole, http, tmp_path
):
    with tab(chromium, whole, "/fbkit/") as watched:
        page = watched.page
        page.wait_for_selector(".fb-table .tr")
        until_alive(page)
        running = psutil.Process(http.get("/fbkit/api/status").json()["collector"]["pid"])
        running.suspend()
        hung = stopped_after(page, time.monotonic())
        page.wait_for_selector(".fb-table.old")
        running.resume()
        until_alive(page)
        running.kill()
        killed = stopped_after(page, time.monotonic())
        assert re.search(r"collector stopped \d", page.text_content(".fb-health .badge"))
        page.wait_for_selector(".fb-table.old")
        environment = {**os.environ, **SMALL, "FBKIT_HOME": str(whole.home), "FBKIT_WORKSPACE": str(whole.workspace)}
        command = [sys.executable, "-m", "fbkit.cli", "collect"]
        with (
            (tmp_path / "collect.log").open("wb") as log,
            subprocess.Popen(command, env=environment, stdout=log, stderr=log) as another,
        ):
            try:
                until_alive(page)
            finally:
                another.send_signal(signal.SIGINT)
        # two beats; a machine that others use may add to it
        assert max(hung, killed) < 3, (hung, killed)
        assert watched.errors == []
