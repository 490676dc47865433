"""Running a collector: owned by kernels and servers (``python -m fbkit.ingest``), or headless (``fbkit collect``)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

from fbkit.clock import Clock, SystemClock
from fbkit.errors import StoreCorrupt
from fbkit.ingest.collector import Collector
from fbkit.ingest.memory import settled
from fbkit.ingest.session import Session
from fbkit.ingest.venues import check_flipped, market_of, open_feeds
from fbkit.model import AccountRow
from fbkit.runtime import database_url
from fbkit.settings import Settings
from fbkit.store import set_aside

log = logging.getLogger(__name__)


def run_headless(settings: Settings, *, for_s: float | None = None, capture: Path | None = None) -> list[AccountRow]:
    """Collect in this process, its own owner, until Ctrl-C or for so many seconds; returns the final accounts."""
    return asyncio.run(_collect(settings, owned=False, for_s=for_s, capture=capture))


def run_owned(settings: Settings) -> list[AccountRow]:
    """Collect for as long as somebody holds an owner connection."""
    return asyncio.run(_collect(settings, owned=True))


async def _collect(
    settings: Settings, *, owned: bool, for_s: float | None = None, capture: Path | None = None
) -> list[AccountRow]:
    check_flipped(settings)
    clock = SystemClock()
    session, damage = open_whole(settings, clock)
    token = settings.token.get_secret_value() if settings.token else secrets.token_hex(32)
    collector = Collector(
        session, settings, lambda: open_feeds(settings, clock), token=token, clock=clock, capture=capture, owned=owned
    )
    if damage:
        collector.health.trouble("", "database", "corrupt", damage)
    with _signals(collector), settled():
        return await collector.run(for_s)


def open_whole(settings: Settings, clock: Clock) -> tuple[Session, str]:
    """The session of a collector, and what is to be said of a damaged database: it was set aside, a new one begun."""
    url = database_url(settings)
    market, seed = market_of(settings)

    def opened() -> Session:
        return Session.open(url, settings, clock, market=market, seed=seed, holder="fbkit collect")

    try:
        return opened(), ""
    except StoreCorrupt as error:
        aside = set_aside(url, clock)
        damage = (
            f"the database was damaged ({error.why}) and is kept as {aside}; a new one was begun. "
            f"`sqlite3 {aside} .recover` reads what is left of the old one."
        )
        log.error("%s", damage)  # noqa: TRY400 - a damaged file is no fault of the code's
    return opened(), damage


@contextlib.contextmanager
def _signals(collector: Collector) -> Iterator[None]:
    """Ctrl-C and a polite kill end the collector as ``stop`` does. Windows has no such handlers in its loop."""
    loop = asyncio.get_running_loop()
    wanted = (signal.SIGINT, signal.SIGTERM)
    set_here = []
    for number in wanted:
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
            loop.add_signal_handler(number, collector.stop, f"signal {number.name}")
            set_here.append(number)
    try:
        yield
    finally:
        for number in set_here:
            loop.remove_signal_handler(number)
