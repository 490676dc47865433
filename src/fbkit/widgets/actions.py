"""Buttons that make something, one at a time, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel


class Actions(Panel):
    """Buttons; while one is at work all wait.

    Examples
    --------
    >>> actions = Actions(actions=[["snapshot", "Snapshot", "write down the state of the whole"]])
    >>> actions.on_press(print)
    >>> actions._hear(actions, {"kind": "press", "name": "snapshot"}, [])
    snapshot
    """

    _esm = module("actions.js")

    actions = traitlets.List(traitlets.List(), help="Name, label, and what it does").tag(sync=True)
    running = traitlets.Unicode("", help="The name of the one at work; empty: none").tag(sync=True)
    note = traitlets.Unicode("", help="What it is doing, or what became of it").tag(sync=True)
    tone = traitlets.Enum(("", "ok", "warn", "bad"), "", help="How it went").tag(sync=True)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._press: Callable[[str], object] | None = None
        self.on_msg(self._hear)

    def on_press(self, press: Callable[[str], object]) -> None:
        """What a press does; it gets the button's name, and one of those there are."""
        self._press = press

    def _hear(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        known = [str(name) for name, _, _ in self.actions]
        if content.get("kind") == "press" and self._press is not None and content.get("name") in known:
            self._press(str(content["name"]))
