"""What retention removed: told by a Setting event that was stored before anything went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fbkit.model.events import Setting

if TYPE_CHECKING:
    from fbkit.store.reader import Store

#: The key of such an event; its value is JSON: ``{"events": ns, "beats": ns, "bars 1m": ns, …}``.
KEY = "retention"


def removed_before(store: Store) -> dict[str, int]:
    """Up to which instant (UTC ns) what may be gone: ``events``, ``beats``, ``bars 1m``, ``metrics 5m`` and so on.

    What lies before is no gap: it was known once, and was removed on purpose. Bars that stayed behind are still there.
    """
    borders: dict[str, int] = {}
    for event in store.events("setting"):
        if isinstance(event, Setting) and event.key == KEY:
            for what, before in msgspec.json.decode(event.value, type=dict[str, int]).items():
                borders[what] = max(before, borders.get(what, 0))
    return borders
