"""A page that is left open does not grow: a minute of it here, half an hour in ``python dev.py bench screen``."""

import psutil
import pytest

from tests.browser.conftest import open_page
from tests.browser.weight import Scales

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]


def test_a_page_that_is_left_open_grows_neither_in_the_browser_nor_in_its_kernel(chromium, page_server):
    watched = open_page(chromium, page_server, "n=60, hz=10")
    page = watched.page
    page.wait_for_selector(".fb-chart .plot svg.main-svg")
    scales = Scales(page, psutil.Process(), psutil.Process(page_server.process.pid))
    page.wait_for_timeout(8_000)
    before = scales.weigh()
    page.wait_for_timeout(60_000)
    after = scales.weigh()
    told = f"from {before} to {after}"
    assert after.heap - before.heap < 3, told
    assert after.nodes - before.nodes < 300, told
    assert after.kernel - before.kernel < 12, told
    assert watched.errors == []
    page.context.close()
