"""How a database and its collector stand: one dict for the command line, the desk and the server."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec

from fbkit.clock import iso
from fbkit.health.standing import uptime_of
from fbkit.model import NS_HOUR, NS_S, AccountRow, Span
from fbkit.store import Store
from fbkit.store.coverage import Ledger

#: What is counted apart: no events of a stream.
_APART = frozenset({"control"})

#: Streams of which there is nothing to cover: they tell when something changes.
_NO_COVERAGE = frozenset({"listing"})


def standing(store: Store, now: int, live: dict[str, Any] | None = None) -> dict[str, Any]:
    """What is known of a database at ``now`` (UTC ns), and of its collector where one answered ``status``.

    Without ``live``, accounts are those of the newest run, and what a run alone knows (rates, lag, queue) is ``None``.
    """
    accounts = _accounts(store, live)
    sizes = store.sizes()
    return {
        "collector": _collector(live),
        "streams": _streams(store, now, accounts, live),
        "queue": None if live is None else {"events": live["queue"], "share": live["queue_share"]},
        "spill": None if live is None else live["spill"],
        "backfill": None if live is None else live["backfill"],
        "rows": store.table_counts(),
        "bytes": sizes["db"],
        "wal_bytes": sizes["wal"],
        "archive_bytes": sum(path.stat().st_size for path in store.tiers.folder.rglob("*.parquet")),
        "lease": _lease(store, now),
        "checkpoint": _checkpoint(store, now),
        "uptime_percent": uptime_of(store, now, running=live is not None).percent,
        "accounting": [msgspec.to_builtins(one) for one in accounts],
        "balanced": all(one.balances for one in accounts),
        "unbalanced": unbalanced(accounts),
    }


def unbalanced(accounts: Iterable[AccountRow]) -> list[str]:
    """A sentence for each account whose sum disagrees with what was received."""
    return [
        f"{one.venue} {one.channel}: {one.received:,} received, {_accounted_for(one):,} accounted for"
        for one in accounts
        if not one.balances
    ]


def coverage_of_venues(store: Store, streams: Iterable[tuple[str, str]], now: int) -> dict[tuple[str, str], float]:
    """Mean coverage of each (venue, channel) over its instruments, of the hour before ``now``."""
    ledger = Ledger(store, Span(now - NS_HOUR, now))
    names: defaultdict[str, list[str]] = defaultdict(list)
    for one in store.instruments().values():
        names[one.venue].append(one.name)
    found = {}
    for venue, channel in streams:
        if names[venue] and channel not in _NO_COVERAGE:
            shares = [ledger.coverage(name, channel) for name in names[venue]]
            found[venue, channel] = sum(shares) / len(shares)
    return found


def _accounts(store: Store, live: dict[str, Any] | None) -> list[AccountRow]:
    rows = store.accounts() if live is None else msgspec.convert(live["accounts"], list[AccountRow])
    return [row for row in rows if row.channel not in _APART]


def _collector(live: dict[str, Any] | None) -> dict[str, Any] | None:
    if live is None:
        return None
    kept = ("pid", "since", "epoch", "venues", "beat", "stored", "earlier")
    return {name: live[name] for name in kept}


def _streams(store: Store, now: int, accounts: list[AccountRow], live: dict[str, Any] | None) -> list[dict[str, Any]]:
    known = coverage_of_venues(store, [(one.venue, one.channel) for one in accounts], now)
    rates, lags = (live["rates"], live["lag_ms"]) if live else ({}, {})
    return [
        {
            "venue": one.venue,
            "channel": one.channel,
            "items_s": rates.get(one.venue, {}).get(one.channel),
            "lag_ms": lags.get(one.venue),
            "coverage_1h": known.get((one.venue, one.channel)),
            "books": "balances" if one.balances else "does not balance",
        }
        for one in accounts
    ]


def _lease(store: Store, now: int) -> dict[str, Any]:
    held = store.lease()
    age = now - held.renewed
    return {
        "holder": held.holder,
        "pid": held.pid,
        "host": held.host,
        "epoch": held.epoch,
        "age_s": age / NS_S,
        "held": 0 <= age < held.ttl,
    }


def _checkpoint(store: Store, now: int) -> dict[str, Any] | None:
    found = store.newest_checkpoint()
    return None if found is None else {"seq": found[0], "ts": iso(found[1]), "age_s": (now - found[1]) / NS_S}


def _accounted_for(one: AccountRow) -> int:
    aside = one.conflated + one.duplicate + one.ignored + one.quarantined + one.dropped
    return one.stored + aside + one.in_flight
