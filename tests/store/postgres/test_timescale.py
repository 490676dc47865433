"""TimescaleDB's way of making tables, against an imitated catalogue: no server with the extension was at hand."""

from __future__ import annotations

from pathlib import Path

from fbkit.store.migrate import MIGRATIONS
from fbkit.store.postgres.tables import PARTITIONED
from fbkit.store.postgres.timescale import DAY_NS, create_events, installed

STATEMENTS = (Path(MIGRATIONS) / "versions" / "0002_postgres.sql").read_text("utf-8")


class Catalogue:
    """A connection that answers what is installed and notes what it is told."""

    def __init__(self, version):
        self.version = version
        self.told = []

    def execute(self, statement, values=None):
        self.told.append((str(statement), values))
        return self

    def scalar(self):
        return self.version


def test_where_the_extension_is_only_available_tables_are_partitioned():
    plain = Catalogue(None)
    assert not installed(plain)
    create_events(plain, STATEMENTS)
    made = [said for said, _ in plain.told if "CREATE TABLE" in said]
    assert len(made) == len(PARTITIONED)
    assert all(said.endswith("PARTITION BY RANGE (ts_recv)") for said in made)


def test_where_it_is_installed_tables_are_hypertables_of_a_day():
    with_it = Catalogue("2.21.0")
    create_events(with_it, STATEMENTS)
    assert not any("PARTITION BY" in said for said, _ in with_it.told)
    asked = [values for said, values in with_it.told if "create_hypertable" in said]
    assert asked == [{"table": kind.plural, "day": DAY_NS} for kind in PARTITIONED]
