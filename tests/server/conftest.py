"""A real Jupyter Server, started once for this room as ``fbkit up`` starts it, over a small workspace and database."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from fbkit.alerts import DEFAULTS
from fbkit.alerts.load import dump
from fbkit.clock import VirtualClock
from fbkit.model import (
    METRIC_COLUMNS,
    NS_MIN,
    NS_S,
    AlertRow,
    BarRow,
    Beat,
    Gap,
    Listing,
    Market,
    MetricRow,
    Setting,
    SummaryRow,
)
from fbkit.store import Batch, open_writer
from tests.server.fake_workspace import make_workspace

START = 1_767_225_600 * NS_S
BTC, ETH = "binance:BTC-USDT-PERP", "binance:ETH-USDT-PERP"
NAN = float("nan")
TOKEN = "sentinel-4f1c9b2e7a"
RUN = """
import sys
from fbkit.server.launch import up
from fbkit.settings import load_settings
sys.exit(up(load_settings(), port=0, for_s={}))
"""


class Up:
    """``up`` in a process of its own, and what it said."""

    def __init__(self, root, *, for_s=None, environment=None, shipped=False, **small):
        self.home, self.workspace = root / "home", root / "workspace"
        if not shipped:
            make_workspace(self.workspace, **small)
        self.home.mkdir(exist_ok=True)
        self.lines = []
        environment = {
            **os.environ,
            "FBKIT_HOME": str(self.home),
            "FBKIT_WORKSPACE": str(self.workspace),
            **(environment or {}),
        }
        code = RUN.format(for_s)
        self.process = subprocess.Popen(
            [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def until(self, sentence):
        """Read on until a line says this; the line."""
        for line in self.process.stdout:
            self.lines.append(line)
            if sentence in line:
                return line
        pytest.fail(f"it ended with {self.process.wait()} without saying {sentence!r}:\n{''.join(self.lines)}")

    def until_live(self):
        """Wait for the page; address and token from where they stand."""
        self.until("first live data on the page")
        place = self.until("stands in").rpartition("stands in ")[2].strip()
        self.link_file = Path(place)
        self.address, self.token = re.fullmatch(
            r"(http://.*)/fbkit/\?token=(.*)\n", self.link_file.read_text()
        ).groups()
        self.port = int(self.address.rpartition(":")[2])
        return self

    @property
    def runtime_file(self):
        """Where the collector says how to reach it."""
        found = list((self.home / "runtime").glob("*.json"))
        return found[0] if found else None

    def everybody(self):
        """The server, its kernels, and the collector they started."""
        here = psutil.Process(self.process.pid)
        collectors = [p for p in psutil.process_iter(["cmdline"]) if self.is_ours(p)]
        return [here, *here.children(recursive=True), *collectors]

    def is_ours(self, process):
        """Whether a process was given this home."""
        try:
            return process.environ().get("FBKIT_HOME") == str(self.home) and process.pid != os.getpid()
        except psutil.Error:
            return False

    def left(self):
        """Processes of ours that are still there."""
        return [p for p in psutil.process_iter() if self.is_ours(p) and p.status() != psutil.STATUS_ZOMBIE]

    def end(self, number=signal.SIGTERM, within_s=30):
        """End it; its exit code and the rest of what it said."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=within_s)
        self.lines.append(rest)
        return self.process.returncode

    def client(self, **options):
        """An HTTP client that knows the address and nothing else."""
        return httpx.Client(base_url=self.address, trust_env=False, timeout=20, **options)


def wait_for(condition, limit_s):
    """Wait for another process; how long it took."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > limit_s:
            pytest.fail(f"did not come true within {limit_s} s")
        time.sleep(0.05)
    return time.monotonic() - begun


def bar(name, n, **values):
    """The n-th minute's bar."""
    t0 = START + n * NS_MIN
    return BarRow(name, "1m", t0, t0 + NS_MIN, close=97_000.0 + n, coverage=1.0, source="own", **values)


def metric(name, n):
    """Its metrics, all but the first still warming up."""
    rest = len(METRIC_COLUMNS) - 1
    return MetricRow(
        name, "1m", START + (n + 1) * NS_MIN, (55.5, *[NAN] * rest), (14, *[0] * rest), ("", *["warmup"] * rest), 1.0
    )


def summary(name, n):
    """Its summary."""
    t1 = START + (n + 1) * NS_MIN
    numbers = dict.fromkeys(
        ("high", "low", "ret", "vol_usd", "delta", "taker_imb", "oi_usd", "oi_dlog", "funding_8h", "premium"), NAN
    )
    return SummaryRow(
        name,
        "1m",
        t1,
        last=97_000.0 + n,
        **numbers,
        liq_long_usd=0.0,
        liq_short_usd=0.0,
        loudest="",
        loudest_z=NAN,
        mean_abs_z=NAN,
        n_z=0,
        coverage=1.0,
        source="own",
        reason="warmup",
    )


def fill(url, minutes=5):
    """A small database: two instruments, their bars, metrics and summaries, an alert and a gap."""
    clock = VirtualClock(START)
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=clock, holder="test") as writer:
        listings = [
            Listing(name, START, START, name[8:11] + "USDT", name[8:11], "USDT", "USDT", tick=0.1, step=0.001, seq=n)
            for n, name in enumerate((BTC, ETH), 1)
        ]
        rules = Setting("", START, START, "rules", dump(DEFAULTS), seq=3)
        writer.append(Batch([*listings, rules]))
        for n in range(minutes):
            ts = START + (n + 1) * NS_MIN
            rows = [make(name, n) for make in (bar, metric, summary) for name in (BTC, ETH)]
            writer.append(Batch([Beat("", ts, ts, n, seq=10 + n)], rows))
        ts = START + minutes * NS_MIN
        alert = AlertRow(1, ts, BTC, "1m", ts, 1, "z", "up", "z_ret_20", 4.2, 4.0, 20, 1.0, "BTC moved")
        gap = Gap("", ts, ts, 9, "binance", "trade", "opened", "disconnect", ts - NS_S, seq=100)
        writer.append(Batch([gap], [alert]))


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """The server of this room, live."""
    root = tmp_path_factory.mktemp("served")
    (root / "home").mkdir()
    fill(f"sqlite:///{(root / 'home' / 'simulated.db').as_posix()}")
    up = Up(root, environment={"FAKE_OWNERLESS_S": "60", "FBKIT_TOKEN": TOKEN})
    try:
        yield up.until_live()
    finally:
        code = up.end(signal.SIGINT)
        wait_for(lambda: not up.left(), 10)
    assert code == 0, f"Ctrl-C is a clean end:\n{''.join(up.lines)}"


@pytest.fixture
def http(served):
    """A client with the token."""
    with served.client(headers={"Authorization": f"token {served.token}"}) as client:
        yield client


@pytest.fixture
def browser(served):
    """A client as a browser is after it followed the link: with cookies, without the token."""
    with served.client() as client:
        answer = client.get("/fbkit/", params={"token": served.token})
        assert answer.status_code == 302
        yield client
