"""The page as a desk keeps it open: how late numbers are on it, what it costs, and whether it grows.

``python dev.py bench screen [--instruments 90] [--minutes 30] [--install] [--json]``

First the product as it is: ``fbkit up`` on three simulated venues with as many instruments each, its history fetched,
its page in a headless Chromium at 1440 × 900 (``FBKIT_BROWSER``). A price is *received* when the collector stamped its
trade (``ts_recv``, read from the database afterwards) and *on the page* in the frame after its text was changed. Then
the same page over an invented market in which every row changes four times a second, for what it costs the browser:
the time of all Chromium processes, which draw without a graphics card. Memory is what a process alone holds (USS), the
page's after its garbage was collected; a kernel's is also told as RSS.

A benchmark, not a test: it says whether the goals were met, and ends with 0 when everybody answered.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import psutil
from rig import screen
from rig.verdicts import Verdict, as_json

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))

from fbkit.clock import SystemClock  # noqa: E402 - likewise
from tests.browser import shots  # noqa: E402 - found by the line above
from tests.browser.weight import MB, Scales, Weight, chromium_of  # noqa: E402 - likewise

VENUES = ("binance", "bybit", "okx")

#: Messages a second of an invented market. In each, 45 rows of 100 trade, and two trades of three move the price by
#: what can be read: so each row changes four times a second.
_HZ = 14.0

#: Warm pages opened before the one that stays, and the first of all, which warms them.
_OPENED = 3

_LIVE = "() => [...document.querySelectorAll('.fb-table .td.live')].some((cell) => /[0-9]/.test(cell.textContent))"


class Found(NamedTuple):
    """What was measured. ``weights`` are in order, the first when the page had come to rest."""

    late_ms: Any
    never: int
    touched_hz: float
    hub_ms: float
    open_s: list[float]
    browser_cpu: float
    kernel_cpu: float
    others_cpu: float
    kernel_rss: float
    weights: list[Weight]
    minutes: float
    outside: list[str]
    errors: list[str]


class Busy(NamedTuple):
    """The page whose every row changes: CPU of the browser in percent of one core, changes a row a second."""

    cpu: float
    touched_hz: float


def cpu_of(processes: Callable[[], list[psutil.Process]], seconds: float) -> float:
    """CPU over so many seconds, percent of one core; who comes meanwhile is counted, who goes is not."""
    before = {one.pid: _cpu_s(one) for one in processes()}
    began = time.perf_counter()
    time.sleep(seconds)
    spent = sum(_cpu_s(one) - before.get(one.pid, 0.0) for one in processes())
    return 100 * spent / (time.perf_counter() - began)


def _cpu_s(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


class Desk:
    """A browser on one server's pages; what they asked for and complained about is kept."""

    def __init__(self, chromium: Any, address: str) -> None:
        self.chromium, self.address = chromium, address
        self.outside: list[str] = []
        self.errors: list[str] = []

    def open(self) -> Any:
        """A page in a context of its own, which stores nothing of those before."""
        page = self.chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
        own = tuple(self.address.split("/voila")[0].replace("http", kind, 1) for kind in ("http", "ws"))
        page.on("request", lambda r: None if r.url.startswith((*own, "data:", "blob:")) else self.outside.append(r.url))
        page.on("websocket", lambda s: None if s.url.startswith(own) else self.outside.append(s.url))
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return page

    def timed(self) -> tuple[Any, float]:
        """A page, and how many seconds it took to live numbers."""
        page, began = self.open(), time.perf_counter()
        page.goto(self.address, wait_until="commit", timeout=120_000)
        page.wait_for_function(_LIVE, timeout=120_000, polling=20)
        return page, time.perf_counter() - began


def whole(chosen: argparse.Namespace, folder: Path, chromium: Any) -> Found:
    """The product as it is."""
    port, token = shots._free_port(), secrets.token_hex(16)  # noqa: SLF001 - of the same house
    server = shots.start(folder, port, token, f"sim:{','.join(VENUES)}", chosen.instruments)
    try:
        shots.wait_live(server, folder / "home" / "runtime" / f"server-{port}.url")
        desk = Desk(chromium, f"http://127.0.0.1:{port}/{shots.PAGE}?token={token}")
        page, _ = desk.timed()
        shots.until_history(page, 900, alerts=0)
        page.context.close()
        opened = []
        for last in [False] * (_OPENED - 1) + [True]:
            page, seconds = desk.timed()
            opened.append(seconds)
            if not last:
                page.context.close()
        return _watched(chosen, desk, page, psutil.Process(server.pid), opened, folder)
    finally:
        shots.stop(server)


def _watched(
    chosen: argparse.Namespace, desk: Desk, page: Any, server: psutil.Process, opened: list[float], folder: Path
) -> Found:
    scales = Scales(page, psutil.Process(), server)
    page.wait_for_selector(".fb-chart .plot svg.main-svg", timeout=60_000)
    page.evaluate(screen.WATCH)
    page.wait_for_timeout(1000 * chosen.settle)
    page.evaluate(screen.ANEW)
    since = SystemClock().now()
    browser = lambda: chromium_of(psutil.Process())  # noqa: E731 - asked again and again
    busy_before, kernel_before = _busy_s(), _cpu_s(scales.kernel)
    began = time.perf_counter()
    cpu = cpu_of(browser, chosen.seconds)
    wall = time.perf_counter() - began
    kernel_cpu = 100 * (_cpu_s(scales.kernel) - kernel_before) / wall
    machine = 100 * (_busy_s() - busy_before) / wall
    touched, hub_ms = float(page.evaluate(screen.TOUCHED)), float(page.evaluate("fbkitPage.p95()"))
    notes = screen.by_name(page.evaluate("fbkitWatch.notes"))
    page.evaluate("() => { fbkitWatch.notes.push = () => 0; fbkitWatch.notes.length = 0; }")
    page.wait_for_timeout(5000)  # what was shown last is committed by then
    url = f"sqlite:///{(folder / 'home' / 'simulated.db').as_posix()}"
    trades = screen.trades_of(url, notes, since - 60 * 10**9)
    late, never = screen.lateness_ms([one for some in notes.values() for one in some], trades)
    weights, minutes = grown(page, scales, chosen.minutes)
    rss = scales.kernel.memory_info().rss / MB
    page.context.close()
    others = machine - cpu - kernel_cpu
    return Found(
        late, never, touched, hub_ms, opened, cpu, kernel_cpu, others, rss, weights, minutes, desk.outside, desk.errors
    )


def grown(page: Any, scales: Scales, minutes: float) -> tuple[list[Weight], float]:
    """Weigh a page that is left alone for so many minutes, twenty times or more, and say how long it took."""
    began, pause_s = time.perf_counter(), max(1.0, min(30.0, 60 * minutes / 20))
    weights = [scales.weigh()]
    while time.perf_counter() - began < 60 * minutes:
        page.wait_for_timeout(1000 * pause_s)
        weights.append(scales.weigh())
    return weights, (time.perf_counter() - began) / 60


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


def busy(chosen: argparse.Namespace, folder: Path, chromium: Any) -> Busy:
    """A page on an invented market in which every row changes four times a second."""
    from tests.browser.conftest import PageServer

    server = PageServer(folder)
    try:
        server.wait()
        desk = Desk(chromium, server.page(f"n={chosen.instruments}, venues={VENUES!r}, hz={_HZ}"))
        page, _ = desk.timed()
        page.wait_for_selector(".fb-chart .plot svg.main-svg", timeout=60_000)
        page.evaluate(screen.WATCH)
        page.wait_for_timeout(1000 * chosen.settle)
        page.evaluate(screen.ANEW)
        cpu = cpu_of(lambda: chromium_of(psutil.Process()), chosen.seconds)
        found = Busy(cpu, float(page.evaluate(screen.TOUCHED)))
        page.context.close()
        return found
    finally:
        server.close()


def installed_s(folder: Path) -> float:
    """Seconds from a fresh clone, nothing installed, to live numbers on the page; packages come as pip is told."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(clone)], check=True)
    python = getattr(sys, "_base_executable", None) or shutil.which("python3") or sys.executable
    unwanted = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "FBKIT_HOME", "FBKIT_WORKSPACE"}
    env = {name: value for name, value in os.environ.items() if name not in unwanted}
    env |= {"FBKIT_HOME": str(folder / "install-home"), "PYTHONUNBUFFERED": "1"}
    began = time.perf_counter()
    command = [python, str(clone / "dev.py"), "up", "--port", "0"]
    with subprocess.Popen(command, cwd=clone, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 - a pipe
        for line in process.stdout:
            if "first live data on the page" in line:
                took = time.perf_counter() - began
                shots.stop(process)  # type: ignore[arg-type]  # of text or of bytes
                return took
    raise SystemExit(f"bench screen: up ended with {process.returncode} before the page was live")


def verdicts(found: Found, stir: Busy | None, install_s: float | None) -> list[Verdict]:
    """Beside what should be."""
    late = found.late_ms
    told = [
        Verdict("event received to number changed, p50", _at(late, 50), "ms"),
        Verdict("event received to number changed, p95", _at(late, 95), "ms", 500, 150),
        Verdict("hub's clock to the frame after, p95, as the page's foot says", round(found.hub_ms, 1), "ms"),
        Verdict("prices shown that no stored trade explains", found.never),
        Verdict("warm page to first live data, median", round(median(found.open_s), 2), "s", 5, 3),
        Verdict(
            f"browser CPU, simulated, {found.touched_hz:.1f} changes a row a second", round(found.browser_cpu), "%"
        ),
    ]
    if stir is not None:
        name = f"browser CPU, invented, every row changing {stir.touched_hz:.1f} times a second"
        told.append(Verdict(name, round(stir.cpu), "%", 80, 40))
    return [*told, *_weighed(found), *_asked(found, install_s)]


def _weighed(found: Found) -> list[Verdict]:
    first, last, over = found.weights[:3], found.weights[-3:], f"over {found.minutes:.1f} min"
    change = {
        name: median(getattr(one, name) for one in last) - median(getattr(one, name) for one in first)
        for name in ("heap", "renderer", "kernel", "nodes")
    }
    return [
        Verdict("kernel memory of the viewer (RSS)", round(found.kernel_rss), "MB", 170, 105),
        Verdict("kernel memory of the viewer, its own (USS)", round(found.weights[-1].kernel), "MB"),
        Verdict(f"growth of page and kernel {over}", round(change["renderer"] + change["kernel"], 1), "MB", 20, 0),
        Verdict(f"of it the page's processes {over}", round(change["renderer"], 1), "MB"),
        Verdict(f"of it the page's scripts {over}", round(change["heap"], 1), "MB"),
        Verdict(f"of it the kernel {over}", round(change["kernel"], 1), "MB"),
        Verdict(f"nodes more on the page {over}", round(change["nodes"])),
    ]


def _asked(found: Found, install_s: float | None) -> list[Verdict]:
    told = [
        Verdict("external requests", len(found.outside), must=0),
        Verdict("complaints in the console", len(found.errors), must=0),
    ]
    if install_s is not None:
        told.append(Verdict("`python dev.py up`, nothing installed to live", round(install_s, 1), "s", 60, 25))
    return told


def _at(values: Any, percent: float) -> float:
    import numpy as np

    return round(float(np.percentile(values, percent)), 1) if len(values) else float("inf")


def asked(arguments: list[str] | None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="bench screen", description="the page as a desk keeps it open")
    parser.add_argument("--instruments", type=int, default=90, help="at each of three venues")
    parser.add_argument("--minutes", type=float, default=30.0, help="how long memory is watched")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long delays and CPU are measured, each")
    parser.add_argument("--settle", type=float, default=20.0, help="seconds a page has to come to rest before")
    parser.add_argument("--no-busy", dest="busy", action="store_false", help="without the page whose every row changes")
    parser.add_argument("--install", action="store_true", help="also `dev.py up` in a fresh clone, nothing installed")
    parser.add_argument("--browser", default=os.environ.get("FBKIT_BROWSER"), help="Chromium; default: FBKIT_BROWSER")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the lines")
    chosen = parser.parse_args(arguments)
    if not chosen.browser:
        parser.error("name a Chromium by FBKIT_BROWSER or --browser")
    return chosen


@contextlib.contextmanager
def _chromium(path: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(shots.LAUNCH))
        yield chromium
        chromium.close()


def main(arguments: list[str] | None = None) -> int:
    """Run and tell."""
    chosen = asked(arguments)
    with tempfile.TemporaryDirectory(prefix="fbkit-screen-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        install_s = installed_s(folder) if chosen.install else None
        (folder / "whole").mkdir()
        (folder / "busy").mkdir()
        with _chromium(chosen.browser) as chromium:
            found = whole(chosen, folder / "whole", chromium)
        with _chromium(chosen.browser) if chosen.busy else contextlib.nullcontext() as chromium:
            stir = busy(chosen, folder / "busy", chromium) if chosen.busy else None
    said = verdicts(found, stir, install_s)
    if chosen.json:
        facts = {name: getattr(chosen, name) for name in ("instruments", "minutes", "seconds", "busy")}
        weights = [one._asdict() for one in found.weights]
        told = {"open_s": found.open_s, "outside": found.outside, "errors": found.errors, "weights": weights}
        print(json.dumps({**facts, **told, "verdicts": as_json(said)}, indent=1))
        return 0
    print(f"{chosen.instruments * len(VENUES)} instruments of {len(VENUES)} simulated venues, 1440 × 900;")
    print(f"{len(found.late_ms):,} changes of a price in {chosen.seconds:g} s; the viewer's kernel took")
    print(f"{found.kernel_cpu:.0f} % of a core, everybody else on this machine {found.others_cpu:.0f} %\n")
    print("\n".join(map(str, said)))
    for line in [*found.outside, *found.errors]:
        print(f"  {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
