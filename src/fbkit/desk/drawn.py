"""Frames of the desk as pictures: each kind has one that says what a person would look for in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from fbkit.desk.drawing import Drawing, Floats, Line, colour_of, instants
from fbkit.desk.kinds import title_of
from fbkit.desk.measures import measure_of
from fbkit.desk.units import unit_of
from fbkit.errors import UnknownName

#: Columns whose sign is a direction: takers', prices', forced traders'.
_DIRECTED = frozenset({"delta", "taker_imb", "ret", "liq_net_usd"})


def drawing_of(frame: pd.DataFrame, columns: Sequence[str], market: str, how: str | None = None) -> Drawing:
    """The picture of a frame: of the columns that are named, else the one of its kind.

    Raises :class:`~fbkit.errors.UnknownName` for a column that is not there, and where a kind has no usual one.
    """
    what = str(frame.attrs.get("what", ""))
    for column in columns:
        if column not in frame:
            raise UnknownName("column", column, [str(name) for name in frame.columns if _is_number(frame[name])])
    if not columns and what in _OWN:
        return _OWN[what](frame, market)
    wanted = list(columns) or _usual(frame, what)
    if not wanted:
        raise UnknownName(
            "column to draw", what or "a frame", [str(name) for name in frame.columns if _is_number(frame[name])]
        )
    return over_time(frame, wanted, market, how)


def over_time(frame: pd.DataFrame, columns: Sequence[str], market: str, how: str | None = None) -> Drawing:
    """Columns over the frame's instants, a line each; where rows are of several venues or contracts, a line of each."""
    measure = measure_of(columns[0])
    by = next((name for name in ("instrument", "venue") if name in frame and frame.index.has_duplicates), None)
    lines: list[Line] = []
    groups = [("", frame)] if by is None else list(frame.groupby(by, sort=False, observed=True))
    for name, rows in groups:
        for column in columns:
            said = " ".join(filter(None, [_short(str(name)), column if len(columns) > 1 or not name else ""]))
            colour, dash = colour_of(str(name), len(lines))
            drawn = how or ("step" if "funding" in column else "line")
            line = Line(said, instants(rows.index), _numbers(rows[column]), drawn, colour, dash)
            lines += _both_ways(line) if drawn == "bar" and column in _DIRECTED else [line]
    rules = (-3.0, -2.0, 0.0, 2.0, 3.0) if unit_of(columns[0]) == "sd" else ()
    return Drawing(_title(frame, columns), _facts(frame), tuple(lines), measure, market, rules=rules)


def _both_ways(line: Line) -> list[Line]:
    """What has a direction in the colours of one."""
    up, down = np.where(line.y >= 0, line.y, np.nan), np.where(line.y < 0, line.y, np.nan)
    ways = ((f"{line.name} up", up, "--up"), (f"{line.name} down", down, "--down"))
    return [line._replace(name=name, y=y, colour=colour) for name, y, colour in ways]


def _usual(frame: pd.DataFrame, what: str) -> list[str]:
    """The column to draw where none is named: that of the kind, else the only one of numbers."""
    if what == "zscores":
        return [next(str(name) for name in frame.columns if "_ret_" in str(name))]
    if what in _USUAL:
        return [_USUAL[what]]
    numbers = [str(name) for name in frame.columns if _is_number(frame[name])]
    return numbers if len(numbers) == 1 else []


def _title(frame: pd.DataFrame, columns: Sequence[str]) -> str:
    listed = ", ".join(columns)
    return f"{title_of(frame)}: {listed}" if "what" in frame.attrs else listed


def _facts(frame: pd.DataFrame) -> tuple[str, ...]:
    share = frame.attrs.get("coverage")
    return (f"coverage {share:.2%}",) if isinstance(share, float) and np.isfinite(share) else ()


def _numbers(column: pd.Series) -> Floats:
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _is_number(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column))


def _short(name: str) -> str:
    """A contract as the end of a line has room for: the venue, and what is not the usual perpetual."""
    venue, _, symbol = name.partition(":")
    return (
        venue
        if not symbol or symbol.endswith("-USDT-PERP")
        else f"{venue} {symbol.partition('-')[2].removesuffix('-PERP')}"
    )


# --- kinds with a picture of their own --------------------------------------------------------------------------------


def _breadth(frame: pd.DataFrame, market: str) -> Drawing:
    x = instants(frame.index)
    up, down = _numbers(frame["up_share"]), _numbers(frame["down_share"])
    lines = (Line("up", x, up, "bar", "--up"), Line("down", x, -down, "bar", "--down"))
    return Drawing(
        f"{title_of(frame)}: 2 sd up, and down", _facts(frame), lines, measure_of("up_share"), market, rules=(0.0,)
    )


def _liquidated(frame: pd.DataFrame, market: str) -> Drawing:
    """Shorts above, longs below; the venues that tell any are summed."""
    whole = frame[["liq_long_usd", "liq_short_usd"]].groupby(level=0).sum(min_count=1)
    x = instants(whole.index)
    lines = (
        Line("shorts", x, _numbers(whole["liq_short_usd"]), "bar", "--up"),
        Line("longs", x, -_numbers(whole["liq_long_usd"]), "bar", "--down"),
    )
    bound = () if bool(frame["complete"].all()) else ("at least: some venues sample",)
    facts = ("shorts above, longs below", *bound, *_facts(frame))
    return Drawing(title_of(frame), facts, lines, measure_of("liq_long_usd"), market, rules=(0.0,))


def _curve(frame: pd.DataFrame, market: str) -> Drawing:
    """Basis of the dated futures by days to expiry, a dot a contract; the line of each venue joins its own."""
    dated = frame[frame["days"].notna() & frame["basis_ann"].notna()]
    lines: list[Line] = []
    for venue, rows in dated.groupby("venue", sort=True):
        x, y = _numbers(rows["days"]), _numbers(rows["basis_ann"])
        colour, dash = colour_of(str(venue), len(lines))
        lines += [Line(str(venue), x, y, "line", colour, dash)] if len(x) > 1 else []
        lines += [Line(f"{venue} futures", x, y, "dots", colour)]
    title = f"{title_of(frame)}: basis of dated futures"
    return Drawing(
        title, _facts(frame), tuple(lines), measure_of("basis_ann"), market, x="number", x_label="by days to expiry"
    )


def _shares(frame: pd.DataFrame, market: str) -> Drawing:
    """Open interest in layers, the largest venue lowest."""
    whole = frame.set_index("venue", append=True)["oi_usd"].unstack()  # noqa: PD010 - nothing to sum
    order = whole.iloc[-1].sort_values(ascending=False).index if len(whole) else whole.columns
    x = instants(whole.index)
    lines = tuple(
        Line(str(venue), x, _numbers(whole[venue]), "area", *colour_of(str(venue), place))
        for place, venue in enumerate(order)
    )
    return Drawing(f"{title_of(frame)}: open interest", _facts(frame), lines, measure_of("oi_usd"), market)


def _lead_lag(frame: pd.DataFrame, market: str) -> Drawing:
    low, high = _numbers(frame["low"]), _numbers(frame["high"])
    x = frame.index.to_numpy(dtype=np.float64)
    line = Line("r", x, _numbers(frame["r"]), "bar", "--ink3", "", low, high)
    first, second = [*frame.attrs["instruments"], "", ""][:2]
    facts = (f"above 0 {first} leads {second}", "95 % each", *_facts(frame))
    return Drawing(
        title_of(frame), facts, (line,), measure_of("r"), market, x="number", x_label="by lag in bars", rules=(0.0,)
    )


def _profile(frame: pd.DataFrame, market: str) -> Drawing:
    """Taker buys to the right, sells to the left, by price."""
    middle = (_numbers(frame["price_from_usd"]) + _numbers(frame["price_to_usd"])) / 2
    lines = (
        Line("taker buys", middle, _numbers(frame["buy_usd"]), "across", "--up"),
        Line("taker sells", middle, -_numbers(frame["sell_usd"]), "across", "--down"),
    )
    said = frame.attrs
    facts = (f"fullest at {said['poc_usd']:,.6g} USD", f"bins of {said['width_usd']:g} USD", *_facts(frame))
    return Drawing(title_of(frame), facts, lines, measure_of("buy_usd"), market, x="number", height=420)


def _group(name: str, value: object) -> str:
    return f"tier {value}" if name == "tier" else str(value)


def _scorecard(frame: pd.DataFrame, market: str) -> Drawing:
    """How much better than random times each group did, with its interval."""
    groups = list(frame.columns[: list(frame.columns).index("horizon")])
    names = [
        " ".join([*(_group(name, row[name]) for name in groups), str(row["horizon"])])
        for row in frame.to_dict("records")
    ]
    low, high = _numbers(frame["excess_hit_low"]), _numbers(frame["excess_hit_high"])
    line = Line("hit rate above random times", names, _numbers(frame["excess_hit"]), "dots", "--ink", "", low, high)
    facts = ("share of alerts that went their way, less that at random times", "95 %", *_facts(frame))
    return Drawing(title_of(frame), facts, (line,), measure_of("hit_rate"), market, x="words", rules=(0.0,))


_OWN: dict[str, Callable[[pd.DataFrame, str], Drawing]] = {
    "breadth": _breadth,
    "curve": _curve,
    "lead_lag": _lead_lag,
    "liquidated": _liquidated,
    "profile": _profile,
    "scorecard": _scorecard,
    "shares": _shares,
}

#: The column drawn of a kind where none is named.
_USUAL = {
    "across": "oi_total_usd",
    "bars": "close",
    "dispersion": "dispersion_bp",
    "funding_by_venue": "funding_apr",
    "imported": "close_usd",
}
