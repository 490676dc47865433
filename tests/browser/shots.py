"""Pictures of the running page, every tab, dark and light: ``python dev.py shots [FOLDER] [--only market,flow]``.

Lives through the last minutes of a simulated market in a temporary folder (``--past``), starts ``fbkit up`` on it,
waits for its history and its first alert, and for the content of each tab, and writes ``<tab>-<theme>-<width>.png``
into ``shots/``. Ends with 1 when a page complained, asked for anything from outside, or showed an error or no numbers.
``--docs`` writes those the documentation shows into ``docs/pictures/`` as well, with few colours.
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
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import sync_playwright

from tests.browser import content

ROOT = Path(__file__).resolve().parents[2]
PAGE = "voila/render/notebooks/30_dashboard.ipynb"
LAUNCH = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run", "--disable-quic"),
)
THEMES = ("dark", "light")

#: Width and height of a desk's window, a large screen, a phone.
DESK, LARGE, PHONE = (1440, 900), (2560, 1300), (390, 844)

#: What the documentation shows, by the name it has there.
IN_DOCS = (
    *("market-dark", "market-light", "instrument-dark", "flow-dark", "venues-dark", "correlation-dark"),
    *("alerts-dark", "status-dark"),
)

_MOST_KB, _COLOURS = 250, (256, 128, 96, 64, 48)


class Looked(NamedTuple):
    """What came of it: the pictures, what is wrong, and what a panel still waited for."""

    pictures: list[Path]
    trouble: list[str]
    notes: list[str]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def environment(folder: Path) -> dict[str, str]:
    """Ours, with a home and a workspace in a folder."""
    return {**os.environ, "FBKIT_HOME": str(folder / "home"), "FBKIT_WORKSPACE": str(folder / "workspace")}


def start(folder: Path, port: int, token: str, venues: str, instruments: int = 90) -> subprocess.Popen[bytes]:
    """``fbkit up`` with a home and a workspace of its own."""
    shutil.copytree(ROOT / "notebooks", folder / "workspace" / "notebooks")
    words = [sys.executable, "-m", "fbkit.cli", "up", "--venues", venues, "--instruments", str(instruments)]
    env = {**environment(folder), "FBKIT_TOKEN": token}
    return subprocess.Popen([*words, "--port", str(port)], env=env, stdout=subprocess.DEVNULL)


def live_through(folder: Path, venues: str, instruments: int, minutes: float) -> None:
    """Live through the last minutes of the simulated market, quicker than they went by."""
    from fbkit.clock import SystemClock
    from fbkit.ingest import demo
    from fbkit.model import NS_MIN, NS_S
    from fbkit.settings import load_settings

    home = folder / "home"
    home.mkdir()
    settings = load_settings(home=home, venues=venues, instruments=instruments)
    past = int(minutes * NS_MIN)
    demo.START = (SystemClock().now() - past) // NS_MIN * NS_MIN - 15 * NS_S
    url = f"sqlite:///{(home / 'simulated.db').as_posix()}"
    demo.run_demo(url, settings, seconds=int(60 * minutes), venues=settings.venue_names)


def write_papers(folder: Path) -> None:
    """A phase, a snapshot and a status report, for the tab that shows them."""
    note = "Pictures of every tab are taken."
    for words in (("phase", "set", "pictures", "--note", note), ("snapshot",), ("report", "run", "status")):
        command = [sys.executable, "-m", "fbkit.cli", *words]
        subprocess.run(
            command, env=environment(folder), check=False, stdout=subprocess.DEVNULL, cwd=folder / "workspace"
        )


def wait_live(process: subprocess.Popen[bytes], link: Path, patience_s: float = 180.0) -> None:
    """Until the link to the page is written: it is, once first data is on it."""
    give_up = time.monotonic() + patience_s
    while not link.exists():
        if process.poll() is not None or time.monotonic() > give_up:
            raise SystemExit("shots: fbkit up did not come up; what it said stands above")
        time.sleep(0.5)


def until_history(page: Any, patience_s: float, alerts: int = 1) -> None:
    """Until the past was fetched and so many alerts were told."""
    told = """async alerts => {
        const ask = async (what) => (await fetch(`/fbkit/api/${what}`)).json();
        const [status, heard] = [await ask("status"), await ask("alerts")];
        const backfill = status.collector.beat?.backfill;
        return status.collector.beat && (!backfill || backfill.done >= backfill.total) && heard.items.length >= alerts;
    }"""
    give_up = time.monotonic() + patience_s
    while not page.evaluate(told, alerts):
        if time.monotonic() > give_up:
            raise SystemExit(f"shots: no history or no alert within {patience_s:.0f} s")
        page.wait_for_timeout(1000)


def stop(process: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C would."""
    process.send_signal(signal.CTRL_BREAK_EVENT if sys.platform == "win32" else signal.SIGINT)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Camera:
    """One browser, one page a size of window; what pages complained about is kept."""

    def __init__(self, browser: Any, address: str, folder: Path) -> None:
        self.browser, self.address, self.folder = browser, address, folder
        self.looked = Looked([], [], [])

    def page(self, size: tuple[int, int]) -> Any:
        """A page in a window of that size, live."""
        phone = size[0] < 500
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            is_mobile=phone,
            has_touch=phone,
            device_scale_factor=1 + phone,
        )
        page, trouble = context.new_page(), self.looked.trouble
        own = self.address.split("/voila", 1)[0]
        page.on("console", lambda m: trouble.append(f"console: {m.text}") if m.type == "error" else None)
        page.on("pageerror", lambda error: trouble.append(f"script: {error}"))
        page.on(
            "request",
            lambda r: None if r.url.startswith((own, "data:", "blob:")) else trouble.append(f"asked for {r.url}"),
        )
        page.goto(self.address, timeout=90_000)
        page.wait_for_selector(".fb-table .tr", timeout=90_000)
        return page

    def take(self, page: Any, slug: str, themes: Sequence[str]) -> None:
        """A tab in these themes."""
        width = page.viewport_size["width"]
        content.show(page, slug)
        try:
            waits = content.until_full(page, slug)
        except TimeoutError as error:
            self.looked.trouble.append(str(error))
            waits = []
        self.looked.trouble.extend(f"{slug}, {width}: {fault}" for fault in content.state(page, slug)["faults"])
        self.looked.notes.extend(f"{slug}, {width}, still says: {text!r}" for text in waits)
        for theme in themes:
            content.in_theme(page, theme)
            content.still(page)
            path = self.folder / f"{slug}-{theme}-{width}.png"
            page.screenshot(path=str(path))
            self.looked.pictures.append(path)
        content.in_theme(page, "dark")


def pictures(
    browser: Any, address: str, folder: Path, only: Sequence[str] = content.SLUGS, patience_s: float = 420.0
) -> Looked:
    """Every tab of ``only``, dark and light, at the widths of a desk and a phone; the market on a large screen too."""
    camera = Camera(browser, address, folder)
    for size, slugs in _sizes(only):
        page = camera.page(size)
        if patience_s:
            until_history(page, patience_s)
        for slug in slugs:
            camera.take(page, slug, THEMES)
        page.context.close()
    return camera.looked


def _sizes(only: Sequence[str]) -> Iterator[tuple[tuple[int, int], Sequence[str]]]:
    yield DESK, only
    yield PHONE, only
    if "market" in only:
        yield LARGE, ["market"]


def to_docs(taken: Sequence[Path], target: Path = ROOT / "docs" / "pictures") -> list[Path]:
    """Those the documentation shows, with a palette of as many colours as keep a picture below 250 kB."""
    from PIL import Image

    written = []
    for path in taken:
        name = path.stem.removesuffix(f"-{DESK[0]}")
        if name not in IN_DOCS:
            continue
        with Image.open(path) as picture:
            whole = picture.convert("RGB")
        for colours in _COLOURS:
            few = whole.quantize(colours, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
            few.save(target / f"{name}.png", optimize=True)
            if (target / f"{name}.png").stat().st_size <= 1000 * _MOST_KB:
                break
        written.append(target / f"{name}.png")
    return written


def asked(argv: list[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="shots", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "shots", help="where pictures go")
    parser.add_argument("--only", type=_tabs, default=content.SLUGS, help="tabs, joined by commas: market,flow")
    parser.add_argument(
        "--venues", default="sim:binance,bybit,okx,hyperliquid,deribit", help="as `fbkit up` takes them"
    )
    parser.add_argument("--instruments", type=int, default=30, help="at each venue")
    parser.add_argument("--past", type=float, default=20.0, help="minutes of the market lived through before")
    parser.add_argument("--wait", type=float, default=0.0, help="seconds of life before the first picture: more alerts")
    parser.add_argument("--docs", action="store_true", help="the documentation's pictures too")
    chosen = parser.parse_args(argv)
    chosen.browser = os.environ.get("FBKIT_BROWSER")
    if not chosen.browser:
        parser.error("set FBKIT_BROWSER to a Chromium, or run `python dev.py shots`")
    return chosen


def _tabs(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in content.SLUGS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"{text!r}: tabs are {', '.join(content.SLUGS)}")
    return names


def main(argv: list[str] | None = None) -> int:
    """Take every picture."""
    chosen = asked(argv)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    port, token = _free_port(), secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="fbkit-shots-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if chosen.past:
            live_through(folder, chosen.venues, chosen.instruments, chosen.past)
        process = start(folder, port, token, chosen.venues, chosen.instruments)
        try:
            wait_live(process, folder / "home" / "runtime" / f"server-{port}.url")
            time.sleep(chosen.wait)
            if "status" in chosen.only:
                write_papers(folder)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chosen.browser, args=list(LAUNCH))
                address = f"http://127.0.0.1:{port}/{PAGE}?token={token}"
                looked = pictures(browser, address, chosen.folder, chosen.only)
                browser.close()
        finally:
            stop(process)
    for path in [*looked.pictures, *(to_docs(looked.pictures) if chosen.docs else [])]:
        print(path)
    for line in looked.notes:
        print(f"shots, note: {line}", file=sys.stderr)
    for line in looked.trouble:
        print(f"shots: {line}", file=sys.stderr)
    return 1 if looked.trouble else 0


if __name__ == "__main__":
    sys.exit(main())
