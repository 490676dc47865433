"""Widgets arranged into a page, and what a server must know to show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fbkit.dashboard.board import Board
    from fbkit.dashboard.source import Source
    from fbkit.widgets import StatusPanel

from fbkit.dashboard.voila import jupyter_path, template_path, voila_config

__all__ = ["collector_panel", "jupyter_path", "show", "template_path", "voila_config"]


def show(source: Source | None = None, *, tf: str = "5m", window: int = 60) -> Board:
    """Show the live page in this notebook and keep it moving; returns the board.

    Without a ``source`` it is the database of the settings in force and the collector that writes it. The page lives
    as long as the kernel does; nothing waits for it.
    """
    from IPython.display import display

    from fbkit.dashboard.board import Board
    from fbkit.dashboard.source import StoreSource
    from fbkit.settings import load_settings

    board = Board(source or StoreSource(load_settings()), tf=tf, window=window)
    display(board.page)  # type: ignore[no-untyped-call]  # IPython types it not
    return board.start()


def collector_panel(source: Source | None = None) -> StatusPanel:
    """Show the collector at work in a notebook: rate, rows, lag, gaps, and what became of every item; live."""
    from fbkit.dashboard.collector import collector_panel as panel

    return panel(source)
