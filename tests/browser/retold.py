"""A real database of the simulated market, and a collector that is played: for pages with everything on every tab.

The database is the demo's: two days of history and a minute of life at several venues. One of its coins is then given
a name that is markup, as no parser of ours would let through.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np

from fbkit.clock import SystemClock
from fbkit.dashboard.source import StoreSource
from fbkit.hub import Commit, Gone, Hello, Live, LiveRow, Message, Pulse
from fbkit.ingest import run_demo
from fbkit.model import NS_HOUR, NS_MIN, NS_S, AccountRow, AlertRow, HealthRow
from fbkit.settings import load_settings
from fbkit.store import Store

VENUES = ("binance", "bybit", "okx", "deribit")
HOSTILE = '<img src=x onerror="document.title=1">'

#: The coin that gets the name.
_SPOILT = "DOGE"


def make_database(folder: Path, instruments: int = 6, seconds: int = 20) -> str:
    """The URL of a demo's database, one coin named :data:`HOSTILE`."""
    path = folder / "retold.db"
    url = f"sqlite:///{path.as_posix()}"
    settings = load_settings(venues=f"sim:{','.join(VENUES)}", instruments=instruments, backfill_hours=24)
    run_demo(url, settings, seconds=seconds, venues=VENUES)
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE instruments SET name = replace(name, ?, ?)", (_SPOILT, HOSTILE))
        database.execute("UPDATE instruments SET base = ? WHERE base = ?", (HOSTILE, _SPOILT))
        database.execute("UPDATE alerts SET sentence = sentence || ?", (f" {HOSTILE}",))
    return url


class Retold(StoreSource):
    """Its past is the database's; what is live goes on from its last beat: prices that walk, beats, alerts.

    While the file ``silence`` exists the collector is gone.
    """

    def __init__(self, url: str, silence: str, hz: float = 4.0) -> None:
        super().__init__(load_settings(db=url, venues=f"sim:{','.join(VENUES)}"), url)
        self.silence, self.hz = Path(silence), hz
        self.random = np.random.default_rng(7)

    @cached_property
    def began(self) -> int:
        """The instant of the database's last beat, UTC ns."""
        beat = self._open().last_beat()
        assert beat is not None
        return int(beat.ts_recv)

    def _rows(self, store: Store) -> dict[str, LiveRow]:
        """The newest close of everybody, as a hub would say it."""
        bars, rows = store.rows("bars", tf="1m", last=1), {}
        columns = ("instrument", "close", "funding_8h", "oi_usd")
        for name, *told in zip(*(bars[column] for column in columns), strict=True):
            close, funding, interest = (None if np.isnan(value) else float(value) for value in told)
            rows[name] = LiveRow(
                name, close, self.began, mark=close, funding_8h=funding, oi_usd=interest, day_change=0.0123
            )
        return rows

    async def messages(self) -> AsyncIterator[Message | Gone]:
        rows = await asyncio.to_thread(self.ask, self._rows)
        clock = SystemClock()
        started, beats = clock.now(), 0
        while True:
            yield Hello(1, "SIMULATED", 7, self.url, "0.1.0", 4242, self.began - NS_HOUR)
            yield Commit(beats, alerts=self._alerts(list(rows)))
            while not self.silence.exists():
                now = self.began + clock.now() - started
                yield Live(now, [self._walked(rows, name, now) for name in rows])
                if now - self.began >= beats * NS_S:
                    beats += 1
                    yield self._pulse(now, beats)
                await asyncio.sleep(1 / self.hz)
            yield Gone(f"no collector runs for {HOSTILE}; start one with `fbkit up`")
            while self.silence.exists():  # noqa: ASYNC110 - a file tells no loop
                await asyncio.sleep(0.05)

    def _walked(self, rows: dict[str, LiveRow], name: str, now: int) -> LiveRow:
        row = rows[name]
        if row.last is not None:
            tick = self._ticks.get(name) or 0.01
            price = max(tick, round(row.last / tick + int(self.random.integers(-2, 3))) * tick)
            rows[name] = msgspec.structs.replace(row, last=price, ts_event=now, bid=price - tick, ask=price + tick)
        return rows[name]

    @cached_property
    def _ticks(self) -> dict[str, float | None]:
        return {name: one.tick for name, one in self.instruments().items()}

    def _pulse(self, now: int, n: int) -> Pulse:
        channels = ("trade", "quote", "mark", "depth", "open_interest", "funding")
        health = [HealthRow(now, venue, channel, "ok", "", "", 0.4) for venue in VENUES for channel in channels]
        sentence = f"No liquidations of {HOSTILE} for 3m 41s; usual every 30 s, degraded over 60 s."
        health.append(HealthRow(now, "okx", "liquidation", "degraded", "stale", sentence, 221.0))
        accounts = [
            AccountRow(1, venue, channel, 900 * n, 900 * n - 30, 30) for venue in VENUES for channel in channels
        ]
        per_venue = dict.fromkeys(VENUES, 940.0)
        return Pulse(now, n, health, accounts, per_venue, dict.fromkeys(VENUES, 38.0), 12, 3760 * n)

    def _alerts(self, names: list[str]) -> list[AlertRow]:
        """One of every fifth instrument, and one of each that is called by markup."""
        told = [name for i, name in enumerate(names) if i % 5 == 0 or HOSTILE in name]
        return [
            AlertRow(
                *(10_000 + i, self.began - i * NS_MIN, name, "5m", self.began - i * NS_MIN, 1, "single_z", "long"),
                *("z_ret_60", 4.6, 3.0, 60, 1.0, f"Return Z +4.6 of {name}: +1.42 % in one bar."),
            )
            for i, name in enumerate(told)
        ]
