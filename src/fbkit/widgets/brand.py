"""The name, and the pages there are."""

from __future__ import annotations

import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel


class Brand(Panel):
    """fbkit and its pages; keys 1 to 9 choose one.

    >>> Brand(tabs=["Market", "Status"]).tab
    'Market'
    """

    _esm = module("brand.js")

    tabs = traitlets.List(traitlets.Unicode(), ["Market"], help="Pages that are there").tag(sync=True)
    tab = traitlets.Unicode("Market", help="The page shown").tag(sync=True)
