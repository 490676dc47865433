"""Rows S1 and S2 of the fault catalogue, against a running server."""

import json
import os
import re
import stat
import time

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.server.conftest import TOKEN

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.timeout(240)]

PAGE = "/voila/render/notebooks/30_dashboard.ipynb"
EVIL = {"Origin": "https://evil.example"}
SECRET_LINE = "no_reader_of_the_page_sees_this"


def websocket(served, path, **headers):
    """Open a websocket as a script does, with exactly these headers; closed again."""
    with connect(f"ws://127.0.0.1:{served.port}{path}", additional_headers=headers, proxy=None, open_timeout=20):
        return 101


def refused(served, path, **headers):
    with pytest.raises(InvalidStatus) as answer:
        websocket(served, path, **headers)
    return answer.value.response.status_code


def cookies(browser):
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


@pytest.fixture
def collector_kernel(http):
    (session,) = http.get("/api/sessions").json()
    return session["kernel"]["id"]


@pytest.fixture(scope="module")
def page(served):
    """The page as one visitor got it."""
    with served.client(headers={"Authorization": f"token {served.token}"}) as client:
        return client.get(PAGE)


@pytest.mark.faults("S1")
def test_s1_it_listens_on_this_machine_alone(served):
    listening = [
        c for c in psutil.Process(served.process.pid).net_connections("inet") if c.status == psutil.CONN_LISTEN
    ]
    assert {c.laddr.ip for c in listening} == {"127.0.0.1"}


@pytest.mark.parametrize(
    "path", [PAGE, "/lab", "/fbkit/", "/voila", "/fbkit/static/plotly.min.js", "/files/notebooks/x"]
)
@pytest.mark.faults("S1")
def test_s1_without_the_token_every_page_sends_to_the_login(served, path):
    with served.client() as stranger:
        answer = stranger.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/login?")


@pytest.mark.parametrize(
    "path", ["health", "status", "metrics", "quant/summary", "instruments", "history/x", "gaps", "alerts", "reports"]
)
@pytest.mark.faults("S1")
def test_s1_without_the_token_the_api_answers_nothing(served, path):
    with served.client() as stranger:
        assert stranger.get(f"/fbkit/api/{path}").status_code == 403
        assert stranger.get(f"/fbkit/api/{path}", params={"token": "wrong"}).status_code == 403


@pytest.mark.faults("S1")
def test_s1_without_the_token_no_socket_opens(served, collector_kernel):
    for path in (
        f"/api/kernels/{collector_kernel}/channels",
        "/fbkit/api/stream",
        "/terminals/websocket/1",
        "/lsp/ws/x",
    ):
        assert refused(served, path) == 403, path


@pytest.mark.faults("S1")
def test_s1_with_the_token_the_page_comes(page):
    assert page.status_code == 200
    assert '"kernelId"' in page.text


@pytest.mark.faults("S1")
def test_s1_the_link_lets_in_and_its_token_stays_out_of_the_pages_url(served):
    with served.client() as browser:
        door = browser.get("/fbkit/", params={"token": served.token})
        assert door.headers["Location"] == PAGE
        assert browser.get("/fbkit/api/health").status_code == 200


@pytest.mark.faults("S1", "S7")
def test_s1_s7_the_token_is_in_no_argument_no_log_and_no_answer(served, http, page):
    assert served.token == TOKEN, "it was given by the environment"
    http.get("/fbkit/api/health", params={"token": served.token})
    for process in served.everybody():
        assert served.token not in " ".join(process.cmdline())
    said = "".join(served.lines) + page.text
    said += "".join(http.get(f"/fbkit/api/{path}").text for path in ("health", "status", "reports", "nothing"))
    assert served.token not in said
    for log in (served.home / "logs").iterdir():
        assert served.token not in log.read_text("utf-8"), log
        assert stat.S_IMODE(log.stat().st_mode) == 0o600, log


@pytest.mark.faults("S1")
@pytest.mark.skipif(os.name != "posix", reason="modes are a matter of POSIX")
def test_s1_the_link_stands_in_a_file_only_its_owner_reads(served):
    assert stat.S_IMODE(served.link_file.stat().st_mode) == 0o600
    assert not list(served.home.parent.rglob("*-open.html")), "no other file bears the token"


@pytest.mark.faults("S2")
def test_s2_foreign_pages_get_nothing_from_the_api(browser, http):
    for client in (browser, http):
        for path in ("health", "instruments"):
            assert client.get(f"/fbkit/api/{path}", headers=EVIL).status_code == 403
    own = {"Origin": str(browser.base_url).rstrip("/")}
    assert browser.get("/fbkit/api/health", headers=own).status_code == 200


@pytest.mark.faults("S2")
def test_s2_foreign_pages_open_no_socket(served, browser, collector_kernel):
    cookie = {"Cookie": cookies(browser)}
    for path in ("/fbkit/api/stream", f"/api/kernels/{collector_kernel}/channels"):
        assert refused(served, path, **cookie, **EVIL) == 403
        assert refused(served, path, **cookie, Origin="null") == 403
    assert refused(served, "/fbkit/api/stream", Authorization=f"token {served.token}", **EVIL) == 403
    assert websocket(served, "/fbkit/api/stream", **cookie, Origin=served.address) == 101


@pytest.mark.faults("S2")
def test_s2_a_name_made_to_point_here_is_refused(http):
    for path in ("/fbkit/api/health", "/lab", "/fbkit/", PAGE):
        assert http.get(path, headers={"Host": "evil.example"}).status_code == 403


@pytest.mark.faults("S2")
def test_s2_a_post_without_xsrf_is_refused(browser, served):
    body = {"path": "x.ipynb", "type": "notebook", "kernel": {"name": "python3"}}
    own = {"Origin": served.address}
    assert browser.post("/api/sessions", json=body, headers=own).status_code == 403
    assert browser.post("/api/kernels", json={}, headers={**own, "X-XSRFToken": "made up"}).status_code == 403
    assert browser.post("/api/kernels", json={}, headers=EVIL).status_code in {403, 404}


@pytest.mark.faults("S2")
def test_s2_get_alone_is_answered_by_the_api(http):
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert http.request(method, "/fbkit/api/health").status_code == 405


@pytest.mark.faults("S2")
def test_s2_no_foreign_page_frames_ours(http, page):
    for answer in (page, http.get("/lab"), http.get("/fbkit/api/health")):
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.faults("S2")
def test_s2_a_failing_page_shows_neither_source_nor_traceback(http, served):
    cells = [new_code_cell(f"{SECRET_LINE} = 1\nraise RuntimeError('{SECRET_LINE}')")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(
        new_notebook(cells=cells, metadata={"kernelspec": kernel}), served.workspace / "notebooks" / "bad.ipynb"
    )
    answer = http.get("/voila/render/notebooks/bad.ipynb")
    assert answer.status_code == 200
    assert SECRET_LINE not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.faults("S2")
def test_s2_voila_hands_out_no_files(http):
    for path in ("/voila/files/notebooks/10_collect.ipynb", "/voila/files/notebooks/30_dashboard.ipynb"):
        assert http.get(path).status_code in {403, 404}


def execute(served, kernel_id, code, wait_s):
    """Send an ``execute_request`` over a kernel's websocket; what it printed, or ``None``."""
    header = {
        "msg_id": "m1",
        "msg_type": "execute_request",
        "session": "s",
        "username": "",
        "version": "5.3",
        "date": "",
    }
    request = {
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": {"code": code, "silent": False, "store_history": False, "allow_stdin": False},
        "channel": "shell",
        "buffers": [],
    }
    path = f"ws://127.0.0.1:{served.port}/api/kernels/{kernel_id}/channels?session_id=s"
    headers = {"Authorization": f"token {served.token}"}
    with connect(path, additional_headers=headers, proxy=None, open_timeout=20) as socket:
        socket.send(json.dumps(request))
        give_up = time.monotonic() + wait_s
        while time.monotonic() < give_up:
            message = json.loads(socket.recv(timeout=wait_s))
            if message["msg_type"] == "stream" and message["parent_header"].get("msg_id") == "m1":
                return message["content"]["text"]
    return None


@pytest.mark.faults("S2")
def test_s2_a_page_runs_no_code_in_its_kernel_and_a_notebook_does(served, page, collector_kernel):
    """Opening the collector's notebook in Lab attaches to the kernel that collects: its variables are there."""
    page_kernel = re.search(r'"kernelId":\s*"([^"]+)"', page.text)[1]
    assert execute(served, collector_kernel, "print(counter)", 20) == "1337\n"
    assert execute(served, page_kernel, "print('ran')", 2) is None
