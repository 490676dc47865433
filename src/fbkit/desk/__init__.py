"""The front door for notebooks: one object that reads a database, and one call that starts collecting.

>>> import fbkit
>>> desk = fbkit.open()                                        # doctest: +SKIP
>>> desk.trades("binance:BTC-USDT-PERP", since="2h")           # doctest: +SKIP
"""

from fbkit.desk.desk import Desk
from fbkit.desk.doors import collect, demo, open  # noqa: A004 - the word users type
from fbkit.quant.frames import zscore

__all__ = ["Desk", "collect", "demo", "open", "zscore"]
