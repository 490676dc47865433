"""A row of choices over a tab: pressed one of several, searched, or simply pressed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.exporting import Exporting


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """One choice.

    ``seg``: buttons of which one is pressed; it folds into a list where the row is narrow. ``many``: buttons each
    pressed or not; its value is the list of those pressed. ``pick``: a field that finds one of ``items`` as one types.
    ``items`` are pairs of value and text. ``marks`` puts a venue's mark before each of ``many``. ``end`` puts it, and
    all behind it, at the right.
    """

    name: str
    kind: Literal["seg", "many", "pick"] = "seg"
    label: str = ""
    items: Sequence[tuple[Any, str]] = ()
    end: bool = False
    marks: bool = False
    about: str = ""


class Controls(Exporting):
    """Choices and what is chosen: ``values[name]``. Export gives what the tab shows, as a file.

    Examples
    --------
    >>> controls = Controls()
    >>> controls.offer([Control(name="tf", label="bar", items=[("1m", "1m"), ("5m", "5m")])], tf="5m")
    >>> controls.values
    {'tf': '5m'}
    """

    _esm = module("controls.js")

    controls = traitlets.List(traitlets.Dict(), help="One Control each").tag(sync=True)
    values = traitlets.Dict(help="What is chosen, by the name of its control").tag(sync=True)

    def offer(self, controls: Sequence[Control], **values: Any) -> None:
        """Show these choices; ``values`` says what is chosen of each."""
        with self.hold_sync():
            self.controls = [msgspec.to_builtins(control) for control in controls]
            self.values = {**self.values, **values}

    def choose(self, **values: Any) -> None:
        """Press these."""
        if any(self.values.get(name) != value for name, value in values.items()):
            self.values = {**self.values, **values}
