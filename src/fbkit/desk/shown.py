"""How the desk and its frames look where a notebook shows them: whose market, what, how much of it was heard, units.

A frame stays a pandas DataFrame. One that says in its ``attrs`` what it is gets a line above, its units in the head and
what to type next below; every other is left to whoever showed it before. As HTML and as plain text, both escaped or
harmless, both with the same facts.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from fbkit.desk.kinds import KINDS, then_of, title_of
from fbkit.desk.units import unit_of

#: More columns than this are too many to look at: then those that a kind names are shown.
_WIDE = 14

#: Columns that nobody chooses to look at: a frame that has one is as it was read, and is shown by its main ones too.
_BOOKKEEPING = frozenset({"t0", "seq", "stamp", "inputs", "oi_vw_venues", "assumed", "ts_recv_ns", "alert_id"})

#: Longer texts than this are wrapped in a cell, and with them the table.
_WRAPPED = 48

#: A text column is cut only behind this many characters.
_TEXT = 160

_GREY = "color:var(--jp-ui-font-color2,#5f6a74)"
_BADGE = {
    "SIMULATED": "background:repeating-linear-gradient(135deg,#9b3d87 0 4px,#863474 4px 8px)",
    "RECORDED": "background:#9b3d87",
    "LIVE": "background:#5f6a74",
}


class Card(NamedTuple):
    """What is shown: a market, a title, facts in a line, a table as (HTML, text), notes, and what to type next."""

    market: str
    title: str
    facts: Sequence[str] = ()
    table: tuple[str, str] = ("", "")
    notes: Sequence[str] = ()
    then: str = ""

    def html(self) -> str:
        """As a notebook shows it; colours hold on light and on dark."""
        e = html.escape
        facts = "".join(f" · {e(fact)}" for fact in self.facts)
        notes = "".join(f"<div style='{_GREY}'>{e(note)}</div>" for note in self.notes)
        then = f"<div style='{_GREY}'>next: <code style='white-space:pre-wrap'>{e(self.then)}</code></div>"
        return (
            f"<div style='margin:2px 0 4px'>{badge(self.market)}<b>{e(self.title)}</b>"
            f"<span style='{_GREY}'>{facts}</span></div>{self.table[0]}{notes}{then if self.then else ''}"
        )

    def text(self) -> str:
        """The same for a terminal."""
        head = " · ".join([self.market, self.title, *self.facts])
        return "\n".join(
            [head, *filter(None, [self.table[1], *self.notes]), *([f"next: {self.then}"] if self.then else [])]
        )


def badge(market: str) -> str:
    """The market as a badge; white on orchid for what is not the live one.

    >>> "SIMULATED</span>" in badge("SIMULATED")
    True
    """
    ground = _BADGE.get(market, _BADGE["LIVE"])
    style = f"{ground};color:#fff;border-radius:3px;padding:1px 7px;margin-right:8px;font-size:11px;font-weight:600"
    return f"<span style='{style};letter-spacing:.5px'>{html.escape(market)}</span>"


def is_ours(frame: pd.DataFrame) -> bool:
    """Whether a frame says what it is."""
    return frame.attrs.get("what") in KINDS


def card_of(frame: pd.DataFrame) -> Card:
    """A frame of the desk's as it is shown."""
    facts = [f"{len(frame):,} row{'' if len(frame) == 1 else 's'}", *_span(frame), *_coverage(frame)]
    shown, left = _columns(frame)
    notes = [f"and {len(left)} more columns: {', '.join(left)}"] if left else []
    table = _table(shown) if len(frame) else ("", "")
    return Card(str(frame.attrs["market"]), title_of(frame), facts, table, notes, then_of(frame))


def _span(frame: pd.DataFrame) -> list[str]:
    """From when to when, where the index is of instants; the desk's all are UTC."""
    if not isinstance(frame.index, pd.DatetimeIndex) or not len(frame):
        return []
    first, last = (f"{instant:%Y-%m-%d %H:%M}" for instant in (frame.index.min(), frame.index.max()))
    return [f"{first} UTC" if first == last else f"{first} to {last} UTC"]


def _coverage(frame: pd.DataFrame) -> list[str]:
    share = frame.attrs.get("coverage")
    return [f"coverage {share:.2%}"] if isinstance(share, float) and math.isfinite(share) else []


def _columns(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The columns to look at, and the names of those left out."""
    wanted = [name for name in KINDS[frame.attrs["what"]].columns if name in frame]
    if not wanted or (frame.shape[1] <= _WIDE and _BOOKKEEPING.isdisjoint(frame.columns)):
        return frame, []
    # What the title has said need not stand in every row.
    wanted = [name for name in wanted if name not in frame.attrs or len(frame[name].unique()) > 1]
    return frame[wanted], [str(name) for name in frame.columns if name not in wanted]


def _table(frame: pd.DataFrame) -> tuple[str, str]:
    """A frame as HTML and as text, as long as pandas is set to show it, with units in the head."""
    many = len(frame) > pd.get_option("display.max_rows")
    how: dict[str, Any] = {
        "max_rows": pd.get_option("display.min_rows") if many else None,
        "max_cols": pd.get_option("display.max_columns") or None,
        "float_format": digits,
    }
    with pd.option_context("display.max_colwidth", _TEXT):
        headed = _headed(frame)
        return _scrolling(headed.to_html(border=0, **how), frame), headed.to_string(line_width=140, **how)


def _scrolling(table: str, frame: pd.DataFrame) -> str:
    """The table in a box of its own that scrolls, its lines whole unless a text is long."""
    texts = [name for name in frame.columns if frame[name].dtype.kind in "OUT"]
    long = any(frame[name].astype(str).str.len().max() > _WRAPPED for name in texts) if len(frame) else False
    whole = " style='white-space:nowrap'"
    table = table.replace("<th>", f"<th{whole}>").replace("<td>", "<td>" if long else f"<td{whole}>")
    table = table.replace("<table ", "<table style='font-size:12px' ", 1)
    return f"<div style='overflow-x:auto'>{table}</div>"


def _headed(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with a second line in the head: units, and UTC over instants."""
    shown = frame.copy(deep=False)
    index = "" if frame.index.name is None else str(frame.index.name)
    if frame.columns.nlevels > 1:
        return shown
    units = [unit_of(str(name)) for name in frame.columns]
    times = isinstance(frame.index, pd.DatetimeIndex)
    shown.columns = pd.MultiIndex.from_arrays([list(frame.columns), units], names=[index, "UTC" if times else ""])
    if times:
        shown.index = pd.Index(_clocks(frame.index))
    shown.index.name = None
    return shown


def _clocks(index: pd.Index) -> list[str]:
    """Instants without the offset, which the head has said; with seconds only where some are not whole minutes."""
    instants = pd.DatetimeIndex(index)
    whole = bool(
        (instants.second == 0).all() and (instants.nanosecond == 0).all() and (instants.microsecond == 0).all()
    )
    if whole:
        return [str(clock) for clock in instants.strftime("%Y-%m-%d %H:%M")]
    return [str(clock)[:-3] for clock in instants.strftime("%Y-%m-%d %H:%M:%S.%f")]


def digits(value: float) -> str:
    """A number with six digits that count, never in powers of ten above 1e-6.

    >>> [digits(v) for v in (91482.6, 0.000123456789, 12345678.9, 0.0, -3.5, 1e-9)]
    ['91,482.6', '0.000123457', '12,345,679', '0', '-3.5', '1e-09']
    """
    if not math.isfinite(value) or value == 0 or abs(value) < 1e-6:
        return f"{value:.6g}"
    places = max(0, 5 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain_table(frame: pd.DataFrame) -> tuple[str, str]:
    """A small table of words and counts, without an index, as HTML and as text."""
    how: dict[str, Any] = {"index": False, "float_format": digits}
    return frame.to_html(border=0, **how), frame.to_string(**how)
