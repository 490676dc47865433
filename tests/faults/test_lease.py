"""Two collectors on one database: who lost its lease stops, and what it could not store is stored by nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from fbkit.errors import LeaseLost
from fbkit.ingest.spill import spill_paths
from fbkit.model import NS_S
from fbkit.store.sqlite.driver import library
from tests.faults.store_side import START, Site, until


@pytest.mark.faults("C15")
def test_a_collector_whose_lease_was_taken_stops_with_exit_3_and_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    site = Site(f"sqlite:///{path.as_posix()}", tmp_path, bound=1000)
    for _ in range(20):
        site.offer()
        site.moved()
    assert len(spill_paths(path)) == 1
    thief = library().connect(str(path), isolation_level=None)
    thief.execute("UPDATE writer SET epoch = epoch + 1, holder = 'the taker'")
    thief.close()
    site.disk.let_in(20)
    until(lambda: site.writing.failed is not None)
    failed = site.writing.failed
    assert isinstance(failed, LeaseLost)
    assert failed.exit_code == 3
    assert "the taker" in str(failed)
    site.writing.close(1.0)
    assert not site.writing.offer(site.cut())
    assert spill_paths(path) == [], "its places in the order belong to the taker now"
    accounts = site.session.end(START + 30 * NS_S)
    assert all(row.balances for row in accounts)
