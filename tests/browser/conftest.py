"""A browser, and pages on invented data in it. Chromium comes from FBKIT_BROWSER; it talks to this machine alone."""

import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]

LAUNCH = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run", "--disable-quic"),
)

CODE = """\
import sys
sys.path.insert(0, {root!r})
from fbkit import dashboard
from tests.browser.retold import Retold
from tests.dashboard.invented import InventedSource
board = dashboard.show({source}, tf="15m")
def note(name):
    def write(change):
        with open({notes!r}, "a", encoding="utf-8") as file:
            file.write(f"{{name}}={{change['new']}}\\n")
    return write
board.tabs["market"].table.observe(note("chosen"), "chosen")
board.scene.observe(note("tf"), "tf")
"""


class PageServer:
    """Serves a page of every set of arguments asked for; what reached Python lies in ``notes``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes = folder / "notes.txt"
        self.token = secrets.token_hex(8)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        for kind in ("FBKIT_HOME", "FBKIT_WORKSPACE", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            env[kind] = str(folder / kind.lower())
        self.log = folder / "server.log"
        with self.log.open("wb") as log:
            words = [sys.executable, "-m", "tests.browser.page_server", str(folder), str(self.port), self.token]
            self.process = subprocess.Popen(
                words, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT
            )

    def wait(self) -> None:
        """Until it answers; its log otherwise."""
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=2).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        pytest.fail(f"the page server did not come up:\n{self.log.read_text('utf-8', 'replace')}")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def write(self, name: str, code: str) -> None:
        """A notebook of one cell."""
        cells = [nbformat.v4.new_code_cell(code)]
        spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), self.folder / name)

    def page(self, arguments: str = "", query: str = "") -> str:
        """The address of a page on an invented market with these arguments."""
        return self.page_of(f"InventedSource({arguments})", query)

    def page_of(self, source: str, query: str = "") -> str:
        """The address of a page on a source, as code makes it."""
        name = f"page_{secrets.token_hex(4)}.ipynb"
        self.write(name, CODE.format(root=str(ROOT), source=source, notes=str(self.notes)))
        return f"{self.address}/voila/render/{name}?token={self.token}{query}"

    def said(self) -> list[str]:
        """What widgets told Python, oldest first."""
        return self.notes.read_text("utf-8").splitlines() if self.notes.exists() else []

    def close(self) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Watched:
    """A page with everything it asked for from outside and everything it complained about."""

    def __init__(self, page, own: str) -> None:
        self.page, self.outside, self.errors = page, [], []
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith((own, "data:", "blob:")) else self.outside.append(r.url))


@pytest.fixture(scope="session")
def page_server(tmp_path_factory):
    server = PageServer(tmp_path_factory.mktemp("pages"))
    server.wait()
    yield server
    server.close()


@pytest.fixture(scope="module")
def chromium(browser_path):
    """One browser a module and no longer: while playwright is open its event loop runs in this thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=list(LAUNCH))
        yield browser
        browser.close()


def open_page(chromium, server, arguments="", *, width=1440, height=900, query=""):
    """A page, live."""
    context = chromium.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    watched = Watched(context.new_page(), server.address)
    watched.page.set_default_timeout(30_000)
    watched.page.goto(server.page(arguments, query))
    watched.page.wait_for_selector(".fb-table .tr")
    return watched


@pytest.fixture(scope="module")
def live(chromium, page_server):
    """One page on an invented market of 90, shared by the tests of a module."""
    watched = open_page(chromium, page_server)
    watched.page.wait_for_selector(".fb-chart .plot svg.main-svg")
    yield watched
    watched.page.context.close()
