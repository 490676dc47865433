"""PostgreSQL: one database of a server a market. The :class:`~fbkit.store.log.Backend` behind ``postgresql://…``."""

from fbkit.store.postgres.opening import open_to_read, open_to_write, set_aside

__all__ = ["open_to_read", "open_to_write", "set_aside"]
