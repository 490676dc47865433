"""Who is counted as connected to a kernel, over real sockets that come and break."""

import base64
import os
import socket
import uuid

import pytest
from websockets.sync.client import connect

from tests.server.conftest import wait_for

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.timeout(240)]


@pytest.fixture
def kernel(http):
    """A kernel that has just been started and belongs to no session; its id."""
    kernel_id = http.post("/api/kernels", json={}).json()["id"]
    yield kernel_id
    http.delete(f"/api/kernels/{kernel_id}").raise_for_status()


def leave_at_once(served, path):
    """Ask for a websocket as a browser does, and be gone before the answer."""
    words = {
        "Host": f"127.0.0.1:{served.port}",
        "Authorization": f"token {served.token}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in words.items())
    with socket.create_connection(("127.0.0.1", served.port)) as one:
        one.sendall(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())


def test_a_page_that_left_before_it_was_connected_counts_for_nothing_and_the_next_for_one(served, http, kernel):
    def connections():
        return http.get(f"/api/kernels/{kernel}").json()["connections"]

    path = f"/api/kernels/{kernel}/channels"
    for visitor in range(3):
        leave_at_once(served, f"{path}?session_id=gone{visitor}")
    headers = {"Authorization": f"token {served.token}"}
    with connect(f"ws://127.0.0.1:{served.port}{path}?session_id=s", additional_headers=headers, proxy=None):
        wait_for(lambda: connections() == 1, 10)
        leave_at_once(served, f"{path}?session_id=late")
        assert connections() == 1
    wait_for(lambda: connections() == 0, 10)


def test_a_page_is_told_whether_its_kernel_is_there_and_nobody_else_is(served, http, browser, kernel):
    assert browser.get(f"/fbkit/alive/{kernel}").json() == {"here": True}
    assert browser.get(f"/fbkit/alive/{uuid.UUID(int=0)}").json() == {"here": False}
    assert http.get(f"/fbkit/alive/{kernel}", headers={"Origin": "https://evil.example"}).status_code == 403
    with served.client() as stranger:
        assert stranger.get(f"/fbkit/alive/{kernel}").status_code == 403
