"""What is seen on the page, and when: a watch held on the browser, and how late each price was.

The watch notes when the text of a price changed in a row, in the frame after it was painted. What it notes is compared
with the trades that the collector stored: the price that is shown was received (``ts_recv``) at a known instant.
"""

from __future__ import annotations

import contextlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.model import NS_MS, NS_S, Span
from fbkit.store import open_store
from fbkit.widgets import format as fmt

#: Put into a page: ``fbkitWatch.notes`` are ``[ms, instrument, text]`` of prices, ``changes`` counts cells written.
WATCH = """() => {
    const watch = (globalThis.fbkitWatch = { notes: [], rows: new Set(), changes: 0, since: performance.now() });
    new MutationObserver((all) => {
        const now = [];
        const changed = new Set();
        for (const { target, type } of all) {
            const cell = target.parentElement;
            if (type !== "characterData" || !cell?.classList.contains("td")) continue;
            watch.changes += 1;
            if (cell.querySelector(":scope > .sub")) now.push([cell.parentElement.dataset.name, target.data]);
            changed.add(cell.parentElement);
        }
        watch.touched = (watch.touched ?? 0) + changed.size;
        requestAnimationFrame(() => {
            const ms = Date.now();
            for (const one of now) watch.notes.push([ms, ...one]);
        });
    }).observe(document.querySelector(".fb-table .canvas"), { subtree: true, characterData: true });
}"""

#: How often a visible row was touched, times a second.
TOUCHED = """() => {
    const rows = document.querySelectorAll(".fb-table .tr:not([hidden])").length;
    return fbkitWatch.touched / rows / ((performance.now() - fbkitWatch.since) / 1000);
}"""

#: Begin to count anew.
ANEW = "() => { fbkitWatch.touched = 0; fbkitWatch.notes = []; fbkitWatch.since = performance.now(); }"

Note = tuple[float, str, str]


class Trades(NamedTuple):
    """One instrument's: when each was received (UTC ns, rising), and its price as the page writes it."""

    received: list[int]
    texts: list[str]


def trades_of(url: str, names: Iterable[str], since: int) -> dict[str, Trades]:
    """What was stored of these instruments from an instant on."""
    found = {}
    with contextlib.closing(open_store(url)) as store:
        known = store.instruments()
        for name in names:
            read = store.read("trade", name, Span(since, None))
            order = np.argsort(read["seq"], kind="stable")
            tick = known[name].tick
            texts = [fmt.price(price, tick) for price in read["price"][order].tolist()]
            found[name] = Trades(read["ts_recv"][order].tolist(), texts)
    return found


def lateness_ms(notes: Sequence[Note], trades: Mapping[str, Trades]) -> tuple[NDArray[np.float64], int]:
    """For each note, how long before it the price it shows was first received, ms; and how many had no such trade.

    A price that comes again right after itself changes nothing on the page, so the first of such a run counts.

    >>> trades = {"a": Trades([1_000_000_000, 1_010_000_000, 1_020_000_000], ["5", "6", "6"])}
    >>> lateness_ms([(1030.0, "a", "6"), (1040.0, "a", "7")], trades)
    (array([20.]), 1)
    """
    late, unknown = [], 0
    for ms, name, text in notes:
        when = _received(trades[name], text, int(ms * NS_MS) + NS_MS)
        if when is None:
            unknown += 1
        else:
            late.append(max(0.0, ms - when / NS_MS))
    return np.array(late), unknown


def _received(trades: Trades, text: str, until: int) -> int | None:
    at = bisect_right(trades.received, until) - 1
    # Further back than this nobody waits: the price would be another instant's.
    while at >= 0 and trades.texts[at] != text and until - trades.received[at] < 5 * NS_S:
        at -= 1
    if at < 0 or trades.texts[at] != text:
        return None
    while at > 0 and trades.texts[at - 1] == text:
        at -= 1
    return trades.received[at]


def by_name(notes: Iterable[Any]) -> dict[str, list[Note]]:
    """Notes of each instrument."""
    found: dict[str, list[Note]] = defaultdict(list)
    for ms, name, text in notes:
        found[name].append((float(ms), str(name), str(text)))
    return found
