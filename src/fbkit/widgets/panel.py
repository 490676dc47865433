"""What every widget of ours has: its module, the style sheet once, and a place to say what went wrong."""

from __future__ import annotations

import anywidget
import traitlets

from fbkit.widgets.assets import module, style


class Panel(anywidget.AnyWidget):
    """A live widget drawn by the module that bears its name.

    ``error`` is shown where the panel is, with neighbours living on; ``""`` when all is well.
    """

    _esm = module("clock.js")
    style_text = traitlets.Unicode("", help="The style sheet, where the page has not brought it along").tag(sync=True)
    error = traitlets.Unicode("", help="What went wrong and what comes next; shown in place of the content").tag(
        sync=True
    )

    @traitlets.default("style_text")
    def _style_text(self) -> str:
        return style()
