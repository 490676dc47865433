"""Killed, frozen, doubled and starved writers: what was acknowledged is there, and nothing is there by half."""

from __future__ import annotations

import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from fbkit.clock import SystemClock, VirtualClock
from fbkit.errors import StoreHeld
from fbkit.model import Market
from fbkit.store import Batch, Store, open_store, open_writer
from fbkit.store.lease import TTL_NS
from tests.store.made import events

ROOT = Path(__file__).resolve().parents[2]
EACH = 100
PATIENCE_S = 20.0

pytestmark = [
    pytest.mark.skipif(
        sys.platform == "win32", reason="forks, SIGKILL and SIGSTOP are POSIX; Windows has no such test"
    ),
]


class Mother:
    """Starts children and hears what they say."""

    def __init__(self):
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.store.mother"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=env,
            cwd=ROOT,
        )
        self._rest = b""
        self._lines = []
        self.pids = set()

    def start(self, *words):
        self._process.stdin.write(json.dumps(words).encode() + b"\n")
        self._process.stdin.flush()

    def hear(self, within_s=PATIENCE_S):
        """The next line as (pid, words…), or ``None`` when nobody says anything in time."""
        while not self._lines:
            if not select.select([self._process.stdout], [], [], within_s)[0]:
                return None
            read = os.read(self._process.stdout.fileno(), 65_536)
            assert read, "the mother is gone"
            *whole, self._rest = (self._rest + read).split(b"\n")
            self._lines += map(json.loads, whole)
        line = self._lines.pop(0)
        self.pids.add(line[0])
        return line

    def kill(self, pid):
        """Kill one child, until it is gone: what it held, it holds until the system has taken it apart."""
        child = psutil.Process(pid)
        child.kill()
        child.wait(PATIENCE_S)
        self.pids.discard(pid)

    def end(self):
        for pid in self.pids:
            for what in (signal.SIGKILL, signal.SIGCONT):
                try:
                    os.kill(pid, what)
                except ProcessLookupError:
                    break
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def mother():
    started = Mother()
    yield started
    started.end()


@pytest.fixture
def live_url(tmp_path):
    return f"sqlite:///{(tmp_path / 'live.db').as_posix()}"


@pytest.fixture(params=["sqlite", "postgres"])
def any_url(request):
    """A database of each kind."""
    return request.getfixturevalue("live_url" if request.param == "sqlite" else "postgres_url")


def whole_batches(store: Store) -> int:
    """The highest seq, after a look that batches are whole and none is missing."""
    seqs = store.read("trade")["seq"].tolist()
    bars = store.rows("bars")
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(seqs) % EACH == 0
    assert len(bars) == len(seqs) // EACH
    return len(seqs)


def integrity(store: Store) -> str:
    if not store.url.startswith("sqlite"):
        return "ok"  # a server that lives on looks after its own files
    with store._reading() as connection:
        return connection.exec_driver_sql("PRAGMA integrity_check").scalar()


@pytest.mark.faults("C13")
def test_c13_kill_minus_nine_loses_nothing_acknowledged_and_halves_nothing(mother, any_url):
    rng = random.Random(13)
    acknowledged = 0
    for _ in range(20):
        mother.start("append_for_ever", any_url)
        for _ in range(rng.randrange(1, 6)):
            pid, what, *facts = mother.hear()
            acknowledged = facts[0] if what == "committed" else acknowledged
        said = [mother.hear(rng.uniform(0, 0.004))]
        mother.kill(pid)
        said += iter(lambda: mother.hear(0.0), None)  # it is gone: all that it ever said lies in the pipe
        for _, what, *facts in filter(None, said):
            acknowledged = facts[0] if what == "committed" else acknowledged
        with open_store(any_url) as store:
            assert integrity(store) == "ok"
            assert whole_batches(store) >= acknowledged > 0


@pytest.mark.faults("C15")
def test_c15_of_four_starters_one_wins_and_the_others_are_told_who(mother, any_url):
    epochs = []
    for _ in range(5):
        for _ in range(4):
            mother.start("try_to_win", any_url)
        said = [mother.hear() for _ in range(4)]
        winners = [line for line in said if line[1] == "won"]
        losers = [line for line in said if line[1] == "lost"]
        assert (len(winners), len(losers)) == (1, 3)
        for _, _, code, sentence in losers:
            assert code == 3
            assert f"a child (pid {winners[0][0]}, since " in sentence
        epochs.append(winners[0][2])
        mother.kill(winners[0][0])
    assert epochs == [1, 2, 3, 4, 5]
    with open_store(any_url) as store:
        assert whole_batches(store) == 5 * EACH


@pytest.mark.faults("C15")
def test_c15_a_holder_that_slept_past_its_lease_is_refused_its_next_write(mother, any_url, tmp_path):
    orders = tmp_path / "orders"
    os.mkfifo(orders)
    mother.start("append_when_told", any_url, str(orders))
    pid, what, epoch = mother.hear()
    assert (what, epoch) == ("appended", 1)
    with orders.open("w") as tell:
        os.kill(pid, signal.SIGSTOP)
        fresh, stale = SystemClock(), VirtualClock(SystemClock().now() + TTL_NS + 1)
        options = {"market": Market.LIVE, "seed": None, "holder": "the taker", "locked": False}
        with pytest.raises(StoreHeld, match=f"a child \\(pid {pid}, since "):
            open_writer(any_url, clock=fresh, **options)
        with open_writer(any_url, clock=stale, **options) as taker:
            assert taker.epoch == 2
            taker.append(Batch(events(3, first=1000)))
            os.kill(pid, signal.SIGCONT)
            print("go on", file=tell, flush=True)
            _, what, code, sentence = mother.hear()
            assert (what, code) == ("LeaseLost", 3)
            assert "the taker" in sentence
            assert len(list(taker.replay())) == EACH + 3
            taker.append(Batch(events(3, first=1003)))


@pytest.mark.faults("C15")
def test_c15_a_holder_frozen_inside_a_write_is_reported_and_not_waited_for(mother, any_url):
    with open_writer(any_url, market=Market.LIVE, seed=None, clock=SystemClock(), holder="the first"):
        pass
    mother.start("freeze_inside_a_write", any_url)
    pid, what = mother.hear()
    assert what == "inside"
    stale = VirtualClock(SystemClock().now() + TTL_NS + 1)
    with pytest.raises(StoreHeld, match=rf"a child \(pid {pid}, since .*\) is in the middle of a write"):
        open_writer(any_url, market=Market.LIVE, seed=None, clock=stale, holder="x", locked=False, busy_ms=200)
    with open_store(any_url) as reader:
        assert reader.table_counts()["trades"] == 0
    os.kill(pid, signal.SIGCONT)
    assert mother.hear()[1:] == ["committed", EACH]


@pytest.mark.faults("C16")
def test_c16_a_full_disk_keeps_what_was_committed_and_recovers_alone(mother, live_url):
    mother.start("fill_the_disk", live_url)
    _, what, before, sentence = mother.hear()
    assert what == "full"
    assert "make room" in sentence
    assert mother.hear()[1:] == ["still", before]
    assert mother.hear()[1:] == ["recovered", before + EACH]
    with open_store(live_url) as store:
        assert whole_batches(store) == before + EACH
        assert integrity(store) == "ok"


@pytest.mark.faults("C14")
def test_c14_a_wal_cut_or_scrambled_anywhere_leaves_a_clean_prefix_of_whole_batches(writer, url, tmp_path):
    sizes = []
    for number in range(12):
        writer.append(Batch(events(15, first=1 + 15 * number, seed=number)))
        sizes.append(15 * (number + 1))
    database = writer.path.read_bytes()
    wal = writer.path.with_name(writer.path.name + "-wal").read_bytes()
    rng = random.Random(14)
    found = set()
    for number in range(60):
        at = rng.randrange(len(wal))
        damaged = wal[:at] if number % 2 else wal[:at] + bytes([wal[at] ^ 0xFF]) + wal[at + 1 :]
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "a.db").write_bytes(database)
        (folder / "a.db-wal").write_bytes(damaged)
        with open_store(f"sqlite:///{(folder / 'a.db').as_posix()}") as store:
            assert integrity(store) == "ok"
            n = len(list(store.replay()))
        assert n == 0 or n in sizes
        found.add(n)
        shutil.rmtree(folder)
    assert len(found) > 5
