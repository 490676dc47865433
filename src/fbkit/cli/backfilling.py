"""``fbkit backfill``: the past, fetched by the collector that runs, or by ourselves where none does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
import typer

from fbkit.cli.options import AsJson, Db, Venues
from fbkit.cli.saying import answer_json, out, progress, say, table
from fbkit.clock import SystemClock, iso, parse_utc
from fbkit.desk.base import INSTANTS
from fbkit.errors import CollectorError, SettingError, StoreError, StoreMissing, UnknownName
from fbkit.hub import call_sync
from fbkit.ingest import find_collector
from fbkit.ingest.backfill import Fetched
from fbkit.ingest.backfilling import run_backfill, settings_of
from fbkit.model import Market
from fbkit.runtime import RuntimeFile, database_url, shown_url
from fbkit.settings import Settings, duration_ns, load_settings
from fbkit.store import open_store

#: How often a running collector is asked how far it is.
_ASK_S = 0.3

Step = Callable[[float, str], None]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(backfill)


def backfill(
    since: Annotated[str, typer.Option("--since", help="From here on: 2h, 7d, or 2026-11-22T14:00Z (UTC).")],
    venues: Venues = None,
    instrument: Annotated[
        list[str] | None,
        typer.Option("--instrument", metavar="NAME", help="Of this instrument alone; may be repeated."),
    ] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Fetch what the venues remember: bars, open interest, ratios, funding, and trades that gaps lack.

    The running collector does it; where none runs, the database is taken for as long as it lasts. Asked again it
    brings nothing new. Exit 1 where a venue refused.
    """
    settings = load_settings(db=db)
    url = database_url(settings)
    names = _venue_names(venues)
    instruments = instrument or []
    facts = find_collector(settings, url)
    begin = _instant(since)
    with progress("backfill", 100) as step:
        if facts is not None:
            fetched, error = _asked(facts, begin, names, instruments, step)
        else:
            fetched, error = _ourselves(url, venues, begin, names, instruments, step), ""
    _tell(url, begin, fetched, error, as_json, by="the collector" if facts else "ourselves")


def _venue_names(venues: str | None) -> list[str]:
    if venues is None:
        return []
    asked = load_settings(venues=venues)  # refuses what is no venue
    return list(asked.venue_names)


def _instant(text: str) -> int:
    now = SystemClock().now()
    try:
        ago = text[-1:] in "smhd" and "-" not in text
        begin = now - duration_ns(text, "--since") if ago else parse_utc(text)
    except (ValueError, SettingError) as error:
        raise SettingError("--since", text, INSTANTS) from error
    if begin >= now:
        raise SettingError("--since", text, "an instant that has been")
    return max(0, begin)


def _asked(
    facts: RuntimeFile, since: int, venues: list[str], instruments: list[str], step: Step
) -> tuple[list[Fetched], str]:
    number = call_sync(facts, "backfill", since=since, venues=venues, instruments=instruments)["number"]
    while True:
        status = call_sync(facts, "status")
        at = status["backfill"]
        if at and at["total"]:
            step(100 * at["done"] / at["total"], at["sentence"])
        mine = next((one for one in status["backfills"] if one["number"] == number), None)
        if mine is None:
            raise CollectorError("the collector was asked for so much since that it forgot us; ask again")
        if mine["done"]:
            return msgspec.convert(mine["fetched"], list[Fetched]), mine["error"]
        time.sleep(_ASK_S)


def _ourselves(
    url: str, venues: str | None, since: int, names: list[str], instruments: list[str], step: Step
) -> list[Fetched]:
    settings = _settings(url, venues, names, instruments)
    say(f"no collector runs: taking {shown_url(url)}, fetching from {', '.join(settings.venue_names)}")

    def told(done: int, total: int, sentence: str) -> None:
        if total:
            step(100 * done / total, sentence)

    return run_backfill(settings, since, instruments=instruments, told=told)


def _settings(url: str, venues: str | None, names: list[str], instruments: list[str]) -> Settings:
    try:
        with open_store(url) as store:
            if store.market is Market.RECORDED:
                raise StoreError(
                    store.url, "holds a recording, and nobody remembers its past", "name a live one with --db"
                )
            known = store.instruments()
            for name in instruments:
                if name not in known:
                    raise UnknownName("instrument", name)
            named = {name.partition(":")[0] for name in instruments}
            return settings_of(store, names or sorted(named), url=url)
    except StoreMissing:
        return load_settings(db=url, venues=venues)


def _tell(url: str, since: int, fetched: list[Fetched], error: str, as_json: bool, *, by: str) -> None:
    new = sum(sum(one.new.values()) for one in fetched)
    if as_json:
        found: list[dict[str, Any]] = msgspec.to_builtins(fetched)
        answer_json(
            {
                "database": shown_url(url),
                "since": iso(since),
                "by": by,
                "new": new,
                "venues": found,
                "error": error or None,
            }
        )
    else:
        rows = [
            [one.venue, channel, one.new.get(channel, 0), one.known.get(channel, 0)]
            for one in fetched
            for channel in sorted(one.new.keys() | one.known.keys())
        ]
        table(f"the past since {iso(since)} UTC, by {by}", ["venue", "channel", "new", "known before"], rows)
        for one in fetched:
            _remark(one)
        out.print(f"{new:,} new", markup=False)
    refused = [name for one in fetched for name in one.refused]
    if error:
        say(f"fbkit: {error}")
    if refused:
        say(f"fbkit: {len(refused)} instruments were refused ({', '.join(refused[:5])}); ask again later")
    if error or refused:
        raise typer.Exit(1)


def _remark(one: Fetched) -> None:
    for sentence in one.said:
        out.print(f"{one.venue} {sentence}", markup=False)
    if one.filled or one.left:
        out.print(f"{one.venue} gaps: {one.filled} backfilled, {one.left} stay", markup=False)
