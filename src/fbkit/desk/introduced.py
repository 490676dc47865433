"""What a desk, a collector and an imported file say of themselves where a notebook shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from fbkit.clock import iso
from fbkit.desk.shown import Card, plain_table
from fbkit.errors import FbkitError
from fbkit.ingest import CollectorHandle
from fbkit.ingest.importing import Imported
from fbkit.ingest.standing import coverage_of_venues
from fbkit.model import Market
from fbkit.runtime import shown_url

if TYPE_CHECKING:
    from fbkit.desk.desk import Desk

#: Tables of the store that a person counts first.
_COUNTED = ("trades", "quotes", "marks", "bars", "metrics", "alerts", "gaps")


def card_of_desk(desk: Desk, end: int | None, *, collected: bool) -> Card:
    """Whose market, which venues, how well they were heard, how much is stored, and what to ask first."""
    known, last = desk.store.instruments(), desk.store.last_beat()
    runs = "a collector runs" if collected else "no collector runs"
    facts = [
        f"{len(known)} instruments",
        f"last beat {iso(last.ts_recv)}" if last else "nothing heard yet",
        runs,
        shown_url(desk.store.url),
    ]
    counts = desk.store.table_counts()
    notes = [
        *_made_up(str(desk.market), desk.store.seed),
        "stored: " + ", ".join(f"{counts[name]:,} {name}" for name in _COUNTED if counts.get(name)),
    ]
    name = next(iter(known), "binance:BTC-USDT-PERP")
    then = f'desk.summary("5m")   desk.bars("{name}", tf="5m")   desk.alerts(since="1h")   desk.health()'
    return Card(str(desk.market), "Desk", facts, _venues(desk, end), notes, then)


def _venues(desk: Desk, end: int | None) -> tuple[str, str]:
    """A row a venue: instruments, and how much of the last hour's trades was heard."""
    last = desk.store.last_beat()
    venues = sorted({one.venue for one in desk.store.instruments().values()})
    if last is None or not venues:
        return "", ""
    known = coverage_of_venues(desk.store, [(venue, "trade") for venue in venues], end or last.ts_recv)
    counted = [one.venue for one in desk.store.instruments().values()]
    rows = [[venue, counted.count(venue), f"{known.get((venue, 'trade'), 0.0):.2%}"] for venue in venues]
    return plain_table(pd.DataFrame(rows, columns=["venue", "instruments", "coverage of trades, last hour"]))


def _made_up(market: str, seed: int | None) -> list[str]:
    if market != Market.SIMULATED:
        return []
    return [f"SIMULATED: a seeded market (seed {seed}) on the venues' own wires. No price here was ever traded."]


def card_of_collector(handle: CollectorHandle) -> Card:
    """How fast it collects, how far behind, what is stored; or that it has ended."""
    where = [f"pid {handle.facts.pid}", shown_url(handle.url)]
    try:
        now = handle.status()
    except FbkitError as error:
        again = "collector = fbkit.collect()"
        return Card(str(handle.facts.market), "Collector has ended", where, notes=[str(error)], then=again)
    rates = {venue: sum(by.values()) for venue, by in now["rates"].items()}
    rows = [[venue, f"{rates.get(venue, 0.0):,.0f}", _ms(now["lag_ms"].get(venue))] for venue in now["venues"]]
    done = now["backfill"]
    notes = [
        f"stored this run: {now['stored']:,} events; waiting for the writer: {now['queue']:,}",
        f"history: {done['sentence']}" if done else "history: complete",
        *now["unbalanced"],
    ]
    then = "dashboard.collector_panel()   collector.status()   collector.stop()"
    table = plain_table(pd.DataFrame(rows, columns=["venue", "items/s", "behind the venue, ms"]))
    return Card(str(handle.facts.market), "Collector runs", [f"since {now['since']}", *where], table, notes, then)


def _ms(value: Any) -> str:
    return "not known yet" if value is None else f"{value:,.0f}"


def card_of_import(done: Imported) -> Card:
    """What came of a file: each series, and everything there is to say about how it was read."""
    did = "would be stored" if done.dry_run else "stored"
    rows = [
        [one.instrument, one.tf, one.bars, one.funding, one.open_interest, one.missing, iso(one.since), iso(one.until)]
        for one in done.series
    ]
    heads = ["instrument", "tf", "new bars", "funding rates", "open interest", "missing bars", "from", "to"]
    facts = [f"{done.rows:,} rows read as times of {done.tz}", f"{done.bars:,} bars {did}", shown_url(done.database)]
    first = done.series[0].instrument if done.series else "name"
    then = f'desk = fbkit.open("{shown_url(done.database)}"); desk.imported("{first}")'
    return Card(
        done.market, f"Import of {done.file}", facts, plain_table(pd.DataFrame(rows, columns=heads)), done.said, then
    )
