"""Pictures of the running page: ``python -m tests.browser.shots [FOLDER] [--wait 100]``, or ``python dev.py shots``.

Starts ``fbkit up`` on a simulated market of its own in a temporary folder, gives it time to fetch history and close
bars, and writes the page dark and light, at the widths of a desk, a large screen and a phone, into ``shots/``. Ends
with 1 when a page complained or asked for anything from outside.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PAGE = "voila/render/notebooks/30_dashboard.ipynb"
LAUNCH = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run", "--disable-quic"),
)

#: Name, width, height, theme, what to press first.
SHOTS: tuple[tuple[str, int, int, str, tuple[str, ...]], ...] = (
    ("market-dark", 1440, 900, "dark", ()),
    ("market-light", 1440, 900, "light", ()),
    ("table-dark", 1440, 900, "dark", ("t",)),
    ("charts-dark", 1440, 900, "dark", ("c",)),
    ("status-dark", 1440, 900, "dark", ("2",)),
    ("market-wide", 2560, 1300, "dark", ()),
    ("market-phone", 390, 844, "dark", ()),
    ("status-phone", 390, 844, "dark", ("2",)),
)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def start(folder: Path, port: int, token: str, venues: str) -> subprocess.Popen[bytes]:
    """``fbkit up`` with a home and a workspace of its own."""
    shutil.copytree(ROOT / "notebooks", folder / "workspace" / "notebooks")
    env = {**os.environ, "FBKIT_TOKEN": token, "FBKIT_HOME": str(folder / "home")}
    env["FBKIT_WORKSPACE"] = str(folder / "workspace")
    words = [sys.executable, "-m", "fbkit.cli", "up", "--venues", venues, "--port", str(port)]
    return subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL)


def wait_live(process: subprocess.Popen[bytes], link: Path, patience_s: float = 180.0) -> None:
    """Until the link to the page is written: it is, once first data is on it."""
    give_up = time.monotonic() + patience_s
    while not link.exists():
        if process.poll() is not None or time.monotonic() > give_up:
            raise SystemExit("shots: fbkit up did not come up; what it said stands above")
        time.sleep(0.5)


def take(browser: Any, address: str, shot: tuple[str, int, int, str, tuple[str, ...]], target: Path) -> list[str]:
    """One picture; returns what the page complained about."""
    name, width, height, theme, keys = shot
    phone = width < 500
    context = browser.new_context(
        viewport={"width": width, "height": height}, is_mobile=phone, has_touch=phone, device_scale_factor=1 + phone
    )
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    own = address.split("/voila", 1)[0]
    page.on("request", lambda r: None if r.url.startswith((own, "data:", "blob:")) else trouble.append(r.url))
    page.goto(f"{address}&theme={theme}")
    page.wait_for_selector(".fb-table .tr", timeout=90_000)
    if not phone:
        page.wait_for_selector(".fb-chart .plot svg.main-svg", timeout=90_000)
    page.wait_for_function("fbkitPage.p95() > 0", timeout=60_000)
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_timeout(4000)
    page.screenshot(path=str(target / f"{name}.png"))
    context.close()
    return trouble


def stop(process: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C would."""
    process.send_signal(signal.CTRL_BREAK_EVENT if sys.platform == "win32" else signal.SIGINT)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main(argv: list[str] | None = None) -> int:
    """Take every picture."""
    parser = argparse.ArgumentParser(prog="shots", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "shots", help="where pictures go")
    parser.add_argument("--wait", type=float, default=100.0, help="seconds between first data and first picture")
    parser.add_argument("--venues", default="sim", help="as `fbkit up` takes them: sim, sim:all, sim:binance")
    chosen = parser.parse_args(argv)
    browser_path = os.environ.get("FBKIT_BROWSER")
    if not browser_path:
        parser.error("set FBKIT_BROWSER to a Chromium, or run `python dev.py shots`")
    chosen.folder.mkdir(parents=True, exist_ok=True)
    port, token = _free_port(), secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="fbkit-shots-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        process = start(folder, port, token, chosen.venues)
        try:
            wait_live(process, folder / "home" / "runtime" / f"server-{port}.url")
            time.sleep(chosen.wait)
            trouble = _pictures(browser_path, f"http://127.0.0.1:{port}/{PAGE}?token={token}", chosen.folder)
        finally:
            stop(process)
    for line in trouble:
        print(f"shots: {line}", file=sys.stderr)
    return 1 if trouble else 0


def _pictures(browser_path: str, address: str, target: Path) -> list[str]:
    trouble: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=list(LAUNCH))
        for shot in SHOTS:
            trouble += take(browser, address, shot, target)
            print(target / f"{shot[0]}.png")
        browser.close()
    return trouble


if __name__ == "__main__":
    sys.exit(main())
