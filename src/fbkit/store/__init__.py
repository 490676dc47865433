"""Remembers events and rows: one database a market, one writer a database, readers that can only read.

>>> import tempfile, pathlib
>>> from fbkit.clock import VirtualClock
>>> from fbkit.model import Market, Side, Trade
>>> url = f"sqlite:///{(pathlib.Path(tempfile.mkdtemp()) / 'simulated.db').as_posix()}"
>>> with open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(0), holder="example") as writer:
...     trade = Trade("binance:BTC-USDT-PERP", 1, 2, 3, 61700.1, 0.5, Side.BUY, seq=1)
...     writer.append(Batch([trade]))
Appended(events=1, known=0, rows=0, commit=1)
>>> with open_store(url) as store:
...     list(store.events("trade")) == [trade]
True
"""

from fbkit.store.batch import Appended, Batch, Checkpoint
from fbkit.store.columns import Columns
from fbkit.store.commits import Commit
from fbkit.store.kinds import MISSING
from fbkit.store.opening import open_store, open_writer, set_aside
from fbkit.store.reader import Store
from fbkit.store.sqlite.driver import library_warning
from fbkit.store.writer import Writer

__all__ = [
    "MISSING",
    "Appended",
    "Batch",
    "Checkpoint",
    "Columns",
    "Commit",
    "Store",
    "Writer",
    "library_warning",
    "open_store",
    "open_writer",
    "set_aside",
]
