"""The rules that alerts are judged by, as HTTP tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fbkit.alerts.load import load, plain
from fbkit.alerts.words import words_of
from fbkit.model import Setting
from fbkit.server.answer import Answer, cut
from fbkit.server.page import Page
from fbkit.server.plain import instant

if TYPE_CHECKING:
    from fbkit.store import Store

_KEY = "rules"


def in_force(store: Store, page: Page) -> Answer:
    """The rules the newest run judges by, each with its words; none where no run has begun yet."""
    told = [event for event in store.events("setting") if isinstance(event, Setting) and event.key == _KEY]
    if not told:
        return cut(store, page, [], {}, since=None)
    newest = max(told, key=lambda event: event.seq)
    rules = load(newest.value, "the rules in force")
    rows: list[dict[str, Any]] = [plain(rule) | {"words": words_of(rule)} for rule in rules]
    return cut(store, page, rows, {}, since=instant(newest.ts_event))
