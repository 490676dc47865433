"""Search, venue, timeframe, Z window and kind, columns, Export, the split of the page; what is being fetched."""

from __future__ import annotations

import traitlets

from fbkit.model.columns import USUAL_WINDOW, Z_WINDOWS
from fbkit.model.timeframe import TIMEFRAMES
from fbkit.widgets.assets import module
from fbkit.widgets.exporting import Exporting


class Toolbar(Exporting):
    """The row of controls over the page.

    >>> Toolbar().tf
    '15m'
    """

    _esm = module("toolbar.js")

    tfs = traitlets.List(traitlets.Unicode(), list(TIMEFRAMES), help="Timeframes to choose from").tag(sync=True)
    tf = traitlets.Unicode("15m", help="Timeframe of bars and Z-scores").tag(sync=True)
    windows = traitlets.List(traitlets.Int(), list(Z_WINDOWS), help="Z windows to choose from, bars").tag(sync=True)
    window = traitlets.Int(USUAL_WINDOW, help="Bars in a Z-score's baseline").tag(sync=True)
    kinds = traitlets.List(traitlets.Unicode(), ["classic", "robust", "ewma"], help="Kinds to choose from").tag(
        sync=True
    )
    kind = traitlets.Unicode("classic", help="How Z-scores measure spread").tag(sync=True)
    columns = traitlets.Dict(help="As the table's: columns wanted or not, by key; this browser remembers them").tag(
        sync=True
    )
    shown = traitlets.List(traitlets.Unicode(), help="Keys of the columns the table shows").tag(sync=True)
    query = traitlets.Unicode("", help="What is searched for").tag(sync=True)
    venues = traitlets.List(traitlets.Unicode(), help="Venues there are; fewer than two are no choice").tag(sync=True)
    venue = traitlets.Unicode("", help="The one venue that is shown; empty: all").tag(sync=True)
    view = traitlets.Enum(("table", "split", "chart"), "split", help="What the middle of the page shows").tag(sync=True)
    progress_text = traitlets.Unicode("", help="What is being fetched; empty when nothing is").tag(sync=True)
    progress = traitlets.Float(None, allow_none=True, min=0.0, max=1.0, help="Share of it that is done").tag(sync=True)
