"""``fbkit scorecard``: what came of alerts, and whether random times would have done as well."""

from __future__ import annotations

from math import isnan
from typing import Annotated, Any

import pandas as pd
import typer

from fbkit.cli.options import AsJson, Db, Since
from fbkit.cli.saying import answer_json, out, plain, progress, table
from fbkit.cli.titles import head, title
from fbkit.desk import open as open_desk
from fbkit.scorecard import TOO_FEW, checked

_COLUMNS = (
    "alerts",
    "open",
    "missing",
    "flat",
    "went its way",
    "95 %",
    "random times",
    "mean",
    "best",
    "worst",
    "says",
)

By = Annotated[
    str, typer.Option("--by", help="A row for each: rule tier tf direction column instrument, commas between them.")
]
Until = Annotated[str | None, typer.Option("--until", help="Up to here: 1h (ago), or 2026-11-22T14:00Z (UTC).")]
Horizon = Annotated[
    str | None, typer.Option("--horizon", help="How far ahead: 5m 15m 1h 4h, commas between; default all.")
]
Dice = Annotated[int, typer.Option("--seed", help="Of the random times; the same seed gives the same score.", min=0)]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(scorecard)


def scorecard(  # noqa: PLR0917 - typer hands options over by name
    db: Db = None,
    since: Since = None,
    until: Until = None,
    by: By = "rule,tier",
    horizon: Horizon = None,
    seed: Dice = 7,
    as_json: AsJson = False,
) -> None:
    """Say what came of alerts 5m, 15m, 1h and 4h later, and whether random times would have done as well."""
    groups, horizons = checked(by.split(","), None if horizon is None else horizon.split(","))
    desk = open_desk(db)
    with progress("scorecard", None) as step:
        frame = desk.scorecard(since, until, by=groups, horizon=horizons, seed=seed, told=step)
    facts = frame.attrs
    if as_json:
        answer_json(head(desk) | {"facts": facts, "scores": plain(frame)})
        return
    rows = [_row(row, groups) for row in frame.to_dict("records")]
    table(title(desk, "scorecard"), [*groups, "after", *_COLUMNS], rows)
    for line in _notes(facts, frame):
        out.print(line, markup=False)


def _row(row: dict[Any, Any], groups: tuple[str, ...]) -> list[Any]:
    missing = row["n_gap"] + row["n_no_bars"] + row["n_no_direction"]
    return [
        *(row[name] for name in groups),
        row["horizon"],
        row["n_alerts"],
        row["n_open"],
        missing,
        row["n_flat"],
        hits(row),
        _range(row["hit_low"], row["hit_high"]),
        _percent(row["base_hit_rate"], 0),
        *(_percent(row[name], 2, sign="+") for name in ("ret_mean_frac", "mfe_mean_frac", "mae_mean_frac")),
        row["says"],
    ]


def hits(row: dict[Any, Any]) -> str | None:
    """How often the price went the alert's way: a share where there are enough of them, else a count.

    >>> hits({"hits": 3, "n": 3, "n_flat": 0}), hits({"hits": 31, "n": 52, "n_flat": 2})
    ('3 of 3', '62 % of 50')
    """
    decided = row["n"] - row["n_flat"]
    if decided < TOO_FEW:
        return f"{row['hits']} of {decided}" if decided else None
    return f"{100 * row['hits'] / decided:.0f} % of {decided:,}"


def _range(low: float, high: float) -> str | None:
    return None if isnan(low) else f"{100 * low:.0f}–{100 * high:.0f}"


def _percent(share: float, digits: int, sign: str = "") -> str | None:
    return None if isnan(share) else f"{100 * share:{sign}.{digits}f} %".replace("-", "−")


def _coverage(share: float) -> str:
    return "no bars after an alert yet" if isnan(share) else f"bars cover {share:.1%} of the time looked at"


def _notes(facts: dict[Any, Any], frame: pd.DataFrame) -> list[str]:
    if frame.empty:
        return ["no alerts there yet"]
    return [
        f"Market {facts['market']}, {_coverage(facts['coverage'])}, known until {facts['as_of']} UTC.",
        "Entry: the first minute after the alert. Mean, best, worst: of the entry price, the alert's way.",
        "Open: not over yet. Missing: bars are, or a direction is. Flat: ended where it began, neither hit nor miss.",
        "95 %: Wilson, as if alerts did not overlap; the last column minds it. Of 20 rows of chance one seems more.",
        f"Random times: {facts['n_base']:,} an alert, same instruments and directions, seed {facts['seed']}.",
    ]
