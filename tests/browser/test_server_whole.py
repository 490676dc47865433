"""All of it: ``up`` with the notebooks that ship, the collector they start, the page and Lab in a real browser."""

import contextlib

import httpx
import pytest

from fbkit.server.reaper import GONE_S
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
def tab(chromium, whole, path):
    """A tab of a browser of its own; the server's address needs the token, which the tab is given once."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    watched = Watched(context.new_page(), whole.address)
    # Lab and pages talk to their kernels over sockets of the same server.
    watched.page.on(
        "websocket", lambda s: watched.outside.append(s.url) if f"127.0.0.1:{whole.port}" not in s.url else None
    )
    watched.page.set_default_timeout(60_000)
    watched.page.goto(f"{whole.address}{path}?token={whole.token}")
    try:
        yield watched
    finally:
        context.close()


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
    assert page.url == f"{whole.address}/voila/render/notebooks/30_dashboard.ipynb"
    assert "SIMULATED" in page.inner_text("body")
    before = page.inner_text(".fb-table")
    page.wait_for_function("before => document.querySelector('.fb-table').innerText !== before", arg=before)
    assert visit.outside == []
    assert visit.errors == []


def test_the_kernel_of_a_page_that_was_closed_goes_and_the_collectors_stays(whole, visit, http):
    there = [k for k, facts in kernels(http).items() if facts["connections"] and k != collectors_kernel(http)]
    assert there
    visit.page.close()
    wait_for(lambda: not set(there) & set(kernels(http)), GONE_S + 10)
    assert collectors_kernel(http) in kernels(http)
    log = (whole.home / "logs" / "server.log").read_text("utf-8")
    assert "ending kernel" in log
    assert "'_xsrf' argument missing" not in log, "the page's farewell is no news"


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
