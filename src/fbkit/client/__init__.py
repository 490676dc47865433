"""The desk over HTTP: the same words, asked of a server that runs here or elsewhere.

>>> from fbkit.client import Client
>>> with Client("https://desk.example", token="…") as client:       # doctest: +SKIP
...     client.history("binance:BTC-USDT-PERP", tf="5m", last=288)
"""

from fbkit.client.client import Client
from fbkit.client.messages import Gone, Hello, Live, Message, Reset, Rows

__all__ = ["Client", "Gone", "Hello", "Live", "Message", "Reset", "Rows"]
