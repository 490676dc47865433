"""Across venues and coins, in a terminal."""

from __future__ import annotations

import math
from typing import Annotated, Any

import pandas as pd
import typer

from fbkit.across import UNITS, newest_end, perpetuals, sentences
from fbkit.cli.options import AsJson, Db, Since, Timeframe
from fbkit.cli.saying import answer_json, out, plain, table, words
from fbkit.cli.titles import head, title
from fbkit.desk import Desk
from fbkit.desk import open as open_desk
from fbkit.feeds.venues import offers
from fbkit.health import strange_prices
from fbkit.model import TIMEFRAMES

#: Coins of a matrix that fits a screen, where none are named.
_COINS = 12

#: Instead of decimals: as many as make six digits.
SIGNIFICANT = -1

#: Channels that the sums over venues are made of.
_SUMMED = frozenset({"open_interest", "mark", "trade", "liquidation", "funding"})

#: Column of the board → what stands above it, and its decimals.
_BOARD: dict[str, tuple[str, int | None]] = {
    "venue": ("venue", None),
    "contracts": ("contracts", None),
    "oi_usd": ("open interest USD", 0),
    "oi_share_pct": ("share %", 1),
    "vol_usd": ("volume USD", 0),
    "vol_24h_usd": ("24 h volume USD", 0),
    "vol_24h_share_pct": ("share %", 1),
    "perpetual": ("perpetual", None),
    "funding_bp_8h": ("funding bp/8 h", 2),
    "funding_apr_pct": ("% a year", 1),
    "premium_bp": ("premium bp", 2),
    "mark_usd": ("mark USD", SIGNIFICANT),
    "liq_long_usd": ("longs liquidated USD", 0),
    "liq_short_usd": ("shorts liquidated USD", 0),
    "liq_complete": ("all told", None),
    "coverage": ("coverage %", 1),
}


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (across, correlation, breadth):
        app.command()(command)


def across(
    coin: Annotated[str, typer.Argument(help="A coin (BTC), a symbol (BTC-USDT-PERP) or a full name.")],
    db: Db = None,
    tf: Timeframe = "1m",
    since: Annotated[str | None, typer.Option("--since", help="Also every bar from here on: 2h, 7d (UTC).")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a coin over all its venues: open interest, volume, funding, prices, basis, liquidations."""
    desk = open_desk(db)
    board = desk.board(coin, tf=tf)
    end = board.index.max() if len(board) else None
    curve = desk.curve(coin, tf=tf, until=end)
    newest = None if end is None else desk.across(coin, tf, end - pd.Timedelta(TIMEFRAMES[tf]), end)
    bars = desk.across(coin, tf=tf, since=since) if since is not None else None
    if as_json:
        answer_json(_as_object(desk, tf, board, curve, newest, bars))
        return
    said = f"{board.attrs['coin']} across venues, {tf} bar to {_minute(end)}"
    _aligned(title(desk, said), board, _BOARD)
    if newest is None or not len(newest):
        out.print("no bar there yet", markup=False)
        return
    for line in [*sentences(newest.iloc[-1], board, curve), *_doubts(desk, curve)]:
        out.print(f"  {line}", markup=False)
    if bars is not None:
        _aligned(title(desk, f"{bars.attrs['coin']} bar by bar"), _timed(bars), _BARS)


def correlation(
    db: Db = None,
    tf: Timeframe = "1h",
    coins: Annotated[str | None, typer.Option("--coins", help="BTC,ETH,SOL; default: the most traded dozen.")] = None,
    since: Since = None,
    as_json: AsJson = False,
) -> None:
    """Show how coins move together: correlations of their log returns; those not told from 0 in parentheses."""
    desk = open_desk(db)
    found = desk.correlation(tf, [one.strip() for one in coins.split(",")] if coins else None, since)
    if as_json:
        answer_json(head(desk) | _of_attrs(found) | {"unit": "of log returns", "pairs": _pairs(found)})
        return
    names = list(found["r"].columns)[: None if coins else _COINS]
    rows = [[one, *(_r(found, one, other) for other in names)] for one in names]
    table(title(desk, f"correlation of {tf} log returns"), ["coin", *names], rows)
    n = found["n"].loc[names, names].to_numpy()
    counts = "no" if not n.size else f"{n.min():,}" if n.min() == n.max() else f"{n.min():,} to {n.max():,}"
    out.print(f"  {counts} pairs of returns each, 30 at least; (…): the 95 % interval covers 0.", markup=False)
    perpetual = found.attrs["instruments"]
    out.print(f"  each coin by its most traded perpetual: {', '.join(perpetual[one] for one in names)}", markup=False)
    out.print(f"  coverage {found.attrs['coverage']:.2%}", markup=False)


def breadth(
    db: Db = None,
    tf: Timeframe = "15m",
    since: Since = None,
    last: Annotated[int, typer.Option("--last", help="At most so many bars, the newest.", min=1)] = 12,
    as_json: AsJson = False,
) -> None:
    """Show how much of the market moves at once: the share of perpetuals 2 standard deviations up or down."""
    desk = open_desk(db)
    frame = desk.breadth(tf, _some(desk, tf, last) if since is None else since).tail(last)
    if as_json:
        answer_json(head(desk) | _of_attrs(frame) | {"bars": plain(_timed(frame))})
        return
    shown = _timed(frame).assign(
        up_pct=100 * frame["up_share"].to_numpy(), down_pct=100 * frame["down_share"].to_numpy()
    )
    _aligned(title(desk, f"breadth, {tf} returns at least 2 sd off the 60 before"), shown, _BREADTH)


def _some(desk: Desk, tf: str, bars: int) -> int | None:
    """The instant before the newest so many bars."""
    end = newest_end(desk.store, perpetuals(desk.store), tf)
    return None if end is None else end - bars * TIMEFRAMES[tf]


def _pairs(found: pd.DataFrame) -> list[dict[str, Any]]:
    names = list(found["r"].columns)
    return [
        {"a": a, "b": b} | {part: plain(found[part].loc[a, b]) for part in ("r", "low", "high", "n")}
        for at, a in enumerate(names)
        for b in names[at + 1 :]
    ]


def _r(found: pd.DataFrame, one: str, other: str) -> str:
    r, low, high = (float(found[part].loc[one, other]) for part in ("r", "low", "high"))
    if r != r:  # noqa: PLR0124 - NaN
        return "–"
    return f"({r:.2f})" if low <= 0.0 <= high else f"{r:.2f}"


def _aligned(said: str, frame: pd.DataFrame, shown: dict[str, tuple[str, int | None]]) -> None:
    """A table in which numbers of a column have the same decimals, one under the other."""
    columns = []
    for name, (above, decimals) in shown.items():
        factor = 100.0 if name == "coverage" else 1.0
        cells = [_cell(value if decimals is None else factor * value, decimals) for value in frame[name]]
        width = 0 if decimals is None else max(map(len, (above, *cells)))
        columns.append([one.rjust(width) for one in (above, *cells)])
    heads, *rows = zip(*columns, strict=True)
    table(said, heads, rows)


def _cell(value: Any, decimals: int | None) -> str:
    if decimals is None or decimals == SIGNIFICANT or math.isnan(value):
        return words(value)
    return f"{value:,.{decimals}f}"


def _of_attrs(frame: pd.DataFrame) -> dict[str, Any]:
    return {str(name): value for name, value in frame.attrs.items() if name != "market"}


def _timed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reset_index(names="time")


def _minute(instant: pd.Timestamp | None) -> str:
    return "–" if instant is None else f"{instant:%Y-%m-%d %H:%M} UTC"


def _as_object(
    desk: Desk, tf: str, board: pd.DataFrame, curve: pd.DataFrame, newest: pd.DataFrame | None,
    bars: pd.DataFrame | None,
) -> dict[str, Any]:  # fmt: skip  # one line more
    found = head(desk) | {
        "coin": board.attrs["coin"],
        "tf": tf,
        "units": UNITS,
        "all": None if newest is None else plain(_timed(newest))[0],
        "venues": plain(_timed(board)),
        "curve": plain(_timed(curve)),
        "doubts": _doubts(desk, curve),
    }
    return found if bars is None else found | {"bars": plain(_timed(bars))}


def _doubts(desk: Desk, curve: pd.DataFrame) -> list[str]:
    """What could make the sums wrong: a multiplier read wrongly, units that were guessed, what venues leave open."""
    marks = dict(zip(curve["instrument"], curve["mark_usd"], strict=True))
    known = desk.store.instruments()
    guessed = [name for name in marks if known[name].assumed]
    venues = sorted(set(curve["venue"]))
    left = [f"{venue} {one}" for venue in venues for one in sorted(_SUMMED) if not offers(venue)[one].certain]
    return [
        *(str(one) for one in strange_prices(marks)),
        *([f"units guessed from the symbol, no list was heard: {', '.join(guessed)}"] if guessed else []),
        *([f"in doubt by the venues' own documents (`fbkit instruments` says why): {', '.join(left)}"] if left else []),
    ]


_BREADTH: dict[str, tuple[str, int | None]] = {
    "time": ("bar to", None),
    "up_pct": ("up %", 1),
    "down_pct": ("down %", 1),
    "n_up": ("up", 0),
    "n_down": ("down", 0),
    "n": ("fresh", 0),
    "coverage": ("coverage %", 1),
    "venues": ("venues", None),
}

#: Columns shown with ``--since`` → what stands above them, and their decimals.
_BARS: dict[str, tuple[str, int | None]] = {
    "time": ("bar to", None),
    "oi_total_usd": ("open interest USD", 0),
    "oi_dlog": ("change ln", 6),
    "funding_oiw_8h": ("funding per 8 h", 7),
    "vol_usd": ("volume USD", 0),
    "dispersion_bp": ("dispersion bp", 2),
    "basis_3m": ("basis 3m a year", 4),
    "liq_long_usd": ("longs liquidated USD", 0),
    "liq_short_usd": ("shorts liquidated USD", 0),
    "coverage": ("coverage %", 1),
    "oi_venues": ("open interest of", None),
}
