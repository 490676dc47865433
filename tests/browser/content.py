"""What a tab shows, asked in the browser: its own content, what it waits for, what is cut, what is too faint.

Written over ``fbkit.dashboard.tabs.TABS``, so that a tab is looked at from the day it is there. ``content.js`` asks.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from fbkit.dashboard.tabs import TABS

#: The tabs there are, in the order of their keys.
SLUGS = tuple(slug for slug, _, _ in TABS)

#: Fewer digits than these, and a tab shows nothing of its own yet.
_DIGITS = 25

_ASKED = Path(__file__).with_suffix(".js").read_text("utf-8")


def asked(page: Any, what: str, about: Any = None) -> Any:
    """The answer of a function of ``content.js``."""
    return page.evaluate(f"about => ({_ASKED}).{what}(about)", about)


def state(page: Any, slug: str) -> dict[str, Any]:
    """``faults`` and ``waits``: what the panels of a tab say instead of content; ``digits``: how many it shows."""
    found: dict[str, Any] = asked(page, "state", slug)
    return found


def until_full(page: Any, slug: str, patience_s: float = 60.0) -> list[str]:
    """Wait until every panel of a tab has its content; what still waits when patience ends.

    Raises TimeoutError where the tab shows no numbers by then.
    """
    give_up = time.monotonic() + patience_s
    while True:
        found = state(page, slug)
        if found["digits"] >= _DIGITS and not found["waits"]:
            return []
        if time.monotonic() > give_up:
            break
        page.wait_for_timeout(100)
    if found["digits"] < _DIGITS:
        raise TimeoutError(f"{slug}: no numbers within {patience_s:.0f} s; it says {found}")
    waits: list[str] = found["waits"]
    return waits


def show(page: Any, slug: str) -> None:
    """Go to a tab by its address, as a link would."""
    page.evaluate("slug => { location.hash = '#/' + slug; }", slug)
    page.wait_for_function("s => document.querySelector('.fb-brand [aria-current]')?.dataset.tab === s", arg=slug)


def still(page: Any) -> None:
    """Wait until charts are drawn."""
    asked(page, "still")


def in_theme(page: Any, theme: str) -> None:
    """``dark`` or ``light``."""
    asked(page, "theme", theme)
