"""The whole path once, in simulated time: the same digest twice, the books balanced, and live = replay to the bit."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fbkit.alerts import Rules
from fbkit.clock import parse_utc
from fbkit.engine import Engine
from fbkit.errors import StoreError
from fbkit.ingest.demo import TABLES, Demo, run_demo
from fbkit.model import (
    NS_MS,
    TIMEFRAMES,
    AlertRow,
    BarRow,
    Beat,
    Gap,
    Market,
    MetricRow,
    SummaryRow,
)
from fbkit.settings import Settings, load_settings
from fbkit.store import Store, open_store

MIDNIGHT = parse_utc("2026-01-02T00:00:00Z")
INSTRUMENTS = 5


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Demo, Store, Settings]]:
    folder = tmp_path_factory.mktemp("demo")
    settings = load_settings(instruments=INSTRUMENTS, home=folder)
    url = f"sqlite:///{(folder / 'demo.db').as_posix()}"
    demo = run_demo(url, settings)
    with open_store(url) as store:
        yield demo, store, settings


def test_the_same_seed_gives_the_same_digest(made: tuple[Demo, Store, Settings], tmp_path: Path) -> None:
    demo, _, settings = made
    again = run_demo(f"sqlite:///{(tmp_path / 'again.db').as_posix()}", settings)
    assert again.digest == demo.digest
    assert again.rows == demo.rows


def test_another_seed_gives_another_digest(made: tuple[Demo, Store, Settings], tmp_path: Path) -> None:
    demo, _, _ = made
    settings = load_settings(instruments=2, backfill_hours=1, seed=8)
    assert run_demo(f"sqlite:///{(tmp_path / 'other.db').as_posix()}", settings).digest != demo.digest


def test_every_table_it_names_has_rows(made: tuple[Demo, Store, Settings]) -> None:
    demo, _, _ = made
    assert set(demo.rows) == set(TABLES)
    assert min(demo.rows.values()) > 0, demo.rows


def test_the_books_balance(made: tuple[Demo, Store, Settings]) -> None:
    demo, store, _ = made
    assert all(account.balances for account in demo.accounting)
    assert all(account.in_flight == 0 for account in demo.accounting)
    assert store.accounts() == demo.accounting


def test_every_timeframe_closes_at_midnight(made: tuple[Demo, Store, Settings]) -> None:
    _, store, _ = made
    for tf in TIMEFRAMES:
        frame = store.rows("metrics", tf=tf)
        assert set(frame["t1"]) == {MIDNIGHT}, tf
        assert len(frame) == INSTRUMENTS


def test_a_shock_before_midnight_is_alerted(made: tuple[Demo, Store, Settings]) -> None:
    _, store, _ = made
    alerts = store.row_structs(AlertRow)
    assert any(alert.tf == "1m" and alert.tier == 1 for alert in alerts)
    assert all(abs(alert.value) >= 3 for alert in alerts)


def test_the_market_is_said(made: tuple[Demo, Store, Settings]) -> None:
    _, store, settings = made
    assert (store.market, store.seed) == (Market.SIMULATED, settings.seed)


def test_a_database_with_rows_is_refused(made: tuple[Demo, Store, Settings]) -> None:
    _, store, settings = made
    with pytest.raises(StoreError, match="already holds rows"):
        run_demo(store.url, settings)


def bits(row: Any) -> Any:
    """A row with its floats as IEEE bytes, the stamp apart: it is the store's number for the code, not a result."""
    fields = {name: value for name, value in msgspec.structs.asdict(row).items() if name != "stamp"}
    return {name: _bits(value) for name, value in fields.items()}


def _bits(value: Any) -> Any:
    if isinstance(value, float):
        return b"nan" if math.isnan(value) else struct.pack("<d", value)
    return tuple(map(_bits, value)) if isinstance(value, tuple) else value


def test_live_is_replay_to_the_bit(made: tuple[Demo, Store, Settings]) -> None:
    """Stored events through a fresh engine give the stored bars, metrics, summaries and alerts, bit for bit."""
    _, store, settings = made
    engine = Engine(lateness_ns=settings.lateness_ms * NS_MS, min_coverage=settings.min_coverage)
    rules = Rules()
    computed: dict[type, dict[Any, Any]] = {BarRow: {}, MetricRow: {}, SummaryRow: {}, AlertRow: {}}
    for event in store.replay():
        if not isinstance(event, Beat):
            engine.take(event)
            continue
        closed = engine.beat(event)
        for row in (*closed.bars, *closed.metrics):
            computed[type(row)][row.instrument, row.tf, row.t1] = bits(row)
        for summary in closed.summary:
            computed[SummaryRow][summary.instrument, summary.tf] = bits(summary)
        if closed.metrics:
            computed[AlertRow] |= {alert.alert_id: bits(alert) for alert in rules.judge(closed, event.ts_event)}
    stored: dict[type, dict[Any, Any]] = {
        BarRow: {(row.instrument, row.tf, row.t1): bits(row) for row in store.row_structs(BarRow)},
        MetricRow: {(row.instrument, row.tf, row.t1): bits(row) for row in store.row_structs(MetricRow)},
        SummaryRow: {(row.instrument, row.tf): bits(row) for row in store.row_structs(SummaryRow)},
        AlertRow: {row.alert_id: bits(row) for row in store.row_structs(AlertRow)},
    }
    for kind, rows in stored.items():
        assert len(rows) > 0
        assert computed[kind].keys() == rows.keys(), kind
        assert computed[kind] == rows, kind


def test_a_changed_trade_is_seen_by_the_replay(made: tuple[Demo, Store, Settings]) -> None:
    """The test above can fail: one tick's price changed by one part in a million changes a bar."""
    _, store, settings = made
    engine = Engine(lateness_ns=settings.lateness_ms * NS_MS, min_coverage=settings.min_coverage)
    closed: list[BarRow] = []
    changed = False
    for event in store.replay():
        if isinstance(event, Beat):
            closed += engine.beat(event).bars
            continue
        if not changed and type(event).__name__ == "Trade" and event.ts_event < MIDNIGHT:
            engine.take(msgspec.structs.replace(event, price=event.price * 1.000001))  # type: ignore[call-arg,union-attr]  # a trade
            changed = True
        else:
            engine.take(event)
    before = {(row.instrument, row.tf, row.t1): bits(row) for row in store.row_structs(BarRow)}
    after = {(row.instrument, row.tf, row.t1): bits(row) for row in closed}
    assert before != after


def test_no_gap_is_left_open(made: tuple[Demo, Store, Settings]) -> None:
    _, store, _ = made
    phases: dict[int, str] = {}
    for event in store.replay():
        if isinstance(event, Gap):
            phases[event.gap_id] = event.phase
    assert set(phases.values()) <= {"closed", "backfilled"}
    assert len(phases) == INSTRUMENTS
