"""SQLite: one file a market. The :class:`~fbkit.store.log.Backend` behind ``sqlite:///PATH``."""

from fbkit.store.sqlite.damage import set_aside
from fbkit.store.sqlite.opening import open_to_read, open_to_write

__all__ = ["open_to_read", "open_to_write", "set_aside"]
