"""The name, the tabs there are, and the address that leads to what is shown."""

from __future__ import annotations

import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel


class Brand(Panel):
    """fbkit and its tabs; keys 1 to 9 choose one.

    On a page of its own the address bears the tab and the choices behind ``#``, so that it can be kept, sent and gone
    back from: ``#/instrument?i=binance%3ABTC-USDT-PERP&tf=15m``. In JupyterLab the address is Lab's and stays as it is.

    >>> Brand(tabs=[("market", "Market"), ("status", "Status")]).tab
    'market'
    """

    _esm = module("brand.js")

    tabs = traitlets.List(traitlets.Any(), help="Pairs of slug and title").tag(sync=True)
    tab = traitlets.Unicode("market", help="Slug of the tab shown").tag(sync=True)
    words = traitlets.Dict(help="Choices as words of the address").tag(sync=True)
    layout_text = traitlets.Unicode("", help="Style sheet of the page around the widgets, where it brought none").tag(
        sync=True
    )
