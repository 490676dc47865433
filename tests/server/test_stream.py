"""The websocket API of a running server."""

import contextlib
import json
import re

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.server.conftest import BTC

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.timeout(240)]

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def stream(served):
    """``stream(query)`` opens one."""
    with contextlib.ExitStack() as stack:

        def start(query=""):
            address = f"ws://127.0.0.1:{served.port}/fbkit/api/stream{query}"
            headers = {"Authorization": f"token {served.token}"}
            return stack.enter_context(connect(address, additional_headers=headers, proxy=None, open_timeout=20))

        yield start


def hear(socket, kind):
    while True:
        message = json.loads(socket.recv(timeout=10))
        if message["t"] == kind:
            return message


def test_it_greets_with_the_market_then_live_values_flow(stream):
    socket = stream("?topics=live")
    hello = json.loads(socket.recv(timeout=10))
    assert (hello["t"], hello["market"], hello["seed"], hello["epoch"]) == ("hello", "SIMULATED", 7, 1)
    before, after = hear(socket, "live"), hear(socket, "live")
    assert before["rows"][0]["instrument"] == BTC
    assert after["rows"][0]["last"] > before["rows"][0]["last"]
    assert INSTANT.fullmatch(after["ts"])
    assert INSTANT.fullmatch(after["rows"][0]["ts_event"])
    assert after["rows"][0]["bid"] is None


def test_rows_come_from_the_store_behind_the_cursor(stream):
    socket = stream("?topics=rows&cursor=0")
    told = [hear(socket, "rows") for _ in range(6)]
    assert [message["cursor"] for message in told] == [2, 3, 4, 5, 6, 7]
    assert told[0]["bars"][0]["instrument"] == BTC
    assert told[5]["alerts"][0]["sentence"] == "BTC moved"
    assert told[5]["gaps"][0]["cause"] == "disconnect"
    resumed = stream("?topics=rows&cursor=6")
    assert hear(resumed, "rows") == told[5]


@pytest.mark.parametrize("query", ["?topics=live,secrets", "?cursor=-1", "?cursor=x", "?cursor=99999999999999999999"])
def test_what_it_does_not_know_it_refuses(stream, query):
    with pytest.raises(InvalidStatus) as refused:
        stream(query)
    assert refused.value.response.status_code == 400
