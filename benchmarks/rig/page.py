"""The dashboard, open in a headless Chromium, on ``fbkit up`` beside a collector that runs already."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]


class Open:
    """The server's process, and the page."""

    def __init__(self, server: int, page: Any) -> None:
        self.server, self.page = server, page

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Who works for the page, by name."""
        children = psutil.Process(self.server).children(recursive=True)
        browser = [
            one for one in psutil.Process().children(recursive=True) if "chrom" in one.name() and one not in children
        ]
        return {"server": [psutil.Process(self.server)], "kernels": children, "browser": browser}

    def p95_ms(self) -> float:
        """What the page itself says: event received to number changed."""
        return float(self.page.evaluate("fbkitPage.p95()"))


@contextlib.contextmanager
def dashboard(folder: Path, url: str, venue: str, browser: str) -> Iterator[Open]:
    """``fbkit up`` on the database of a running collector, and its page in a browser of its own."""
    sys.path.append(str(ROOT))
    from playwright.sync_api import sync_playwright

    from tests.browser import shots

    token = secrets.token_hex(16)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ["FBKIT_DB"] = url
    server = shots.start(folder, port, token, f"sim:{venue}")
    try:
        shots.wait_live(server, folder / "home" / "runtime" / f"server-{port}.url")
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=browser, args=list(shots.LAUNCH))
            page = chromium.new_page(viewport={"width": 1440, "height": 900})
            page.goto(f"http://127.0.0.1:{port}/{shots.PAGE}?token={token}")
            page.wait_for_selector(".fb-table .tr", timeout=90_000)
            yield Open(server.pid, page)
            chromium.close()
    finally:
        shots.stop(server)
        del os.environ["FBKIT_DB"]
