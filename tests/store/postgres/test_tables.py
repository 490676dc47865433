"""The migrations and the code say the same of every table."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from fbkit.store import Batch
from fbkit.store.postgres import tables
from fbkit.store.schema import metadata
from tests.store.made import events


def test_migrations_make_the_schema_of_the_code(open_again, new_postgres):
    writer = open_again(url=new_postgres(empty=True))
    ours = {table.name for table in (*metadata.sorted_tables, *tables.metadata.sorted_tables)}

    def is_ours(_object, name, kind, _reflected, _compared):
        return kind != "table" or name in ours

    writer.append(Batch(events(100)))
    with writer._reading() as connection:
        options = {"compare_type": True, "include_object": is_ours}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, [metadata, tables.metadata]) == []
