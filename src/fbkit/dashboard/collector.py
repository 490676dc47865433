"""The collector at work, for the notebook that runs it: rate, rows, lag, gaps, live."""

from __future__ import annotations

import asyncio
from typing import Any

from fbkit.clock import iso
from fbkit.dashboard import health_words
from fbkit.dashboard.source import Source, StoreSource
from fbkit.errors import FbkitError
from fbkit.hub import Commit, Gone, Hello, Message, Pulse
from fbkit.model import Gap
from fbkit.settings import load_settings
from fbkit.widgets import StatusPanel

_tasks: set[asyncio.Task[None]] = set()


def collector_panel(source: Source | None = None) -> StatusPanel:
    """A panel that shows the collector of the settings' database at work, for as long as this kernel lives.

    Nothing waits for it: the cell that shows it ends at once.
    """
    panel = StatusPanel()
    task = asyncio.ensure_future(_follow(panel, source or StoreSource(load_settings())))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return panel


async def _follow(panel: StatusPanel, source: Source) -> None:
    gaps: list[Gap] = []
    try:
        gaps = await asyncio.to_thread(source.gaps)
    except FbkitError as error:
        panel.error = str(error)
    facts: list[Any] = []
    venues: list[str] = []
    async for message in source.messages():
        panel.error = message.why if isinstance(message, Gone) else ""
        if isinstance(message, Hello):
            facts = [
                ("market", message.market if message.seed is None else f"{message.market}, seed {message.seed}"),
                ("collector", f"pid {message.pid}, epoch {message.epoch}, since {_instant(message.started)}"),
                ("database", message.database),
            ]
        _show(panel, message, gaps, facts)
        if isinstance(message, Pulse) and venues != (venues := _venues(message)):
            known = await asyncio.to_thread(source.readings, venues)
            panel.readings, panel.unsupported = known.lines(), known.unsupported()


def _instant(ts: int) -> str:
    """An instant as it is read.

    >>> _instant(1_767_225_600_000_000_000)
    '2026-01-01 00:00:00 UTC'
    """
    return f"{iso(ts)[:19].replace('T', ' ')} UTC"


def _venues(pulse: Pulse) -> list[str]:
    return sorted({row.venue for row in pulse.health if row.venue})


def _show(panel: StatusPanel, message: Message | Gone, gaps: list[Gap], facts: list[Any]) -> None:
    if isinstance(message, Commit) and message.gaps:
        gaps.extend(message.gaps)
    if isinstance(message, Pulse):
        panel.streams = health_words.streams(message.health)
        panel.summary = f"{health_words.detail(message.health)} streams, as of {_instant(message.ts)}"
        panel.show_accounts(account for account in message.accounts if account.channel != "control")
        panel.show_gaps(gaps, message.ts)
        panel.facts = [*_work(message), *facts]


def _work(pulse: Pulse) -> list[tuple[str, str]]:
    rate = sum(pulse.rates.values())
    lag = ", ".join(f"{venue} {ms:,.0f} ms" for venue, ms in sorted(pulse.lag_ms.items())) or "not known yet"
    done = pulse.backfill
    return [
        ("received", f"{rate:,.0f} items/s"),
        ("stored this run", f"{pulse.stored:,} events"),
        ("waiting for the writer", f"{pulse.queue:,}"),
        ("behind the venue", lag),
        ("history", str(done["sentence"]) if done else "complete"),
    ]
