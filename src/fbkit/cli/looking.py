"""Commands that look: health, instruments, metrics, summary, alerts; status, gaps, import have their own files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import pandas as pd
import typer

from fbkit.cli.gaps import gaps
from fbkit.cli.importing import import_
from fbkit.cli.options import AsJson, Db, Since, Timeframe
from fbkit.cli.saying import answer_json, out, plain, table
from fbkit.cli.standing import status
from fbkit.cli.titles import head, title
from fbkit.desk import Desk
from fbkit.desk import open as open_desk
from fbkit.feeds.venues import doubts

#: ``fbkit health`` reports misuse as 64, because its 2 means down.
MISUSED_HEALTH = 64


#: Of ``fbkit instruments``.
_UNITS = {
    "contract_size": "coins a unit of the venue's size (USD where inverse)",
    "unit_mult": "coins a unit of the venue's price",
    "tick": "USD a coin",
    "step": "coins",
    "price_ratio": "its price over other venues' of the same coin",
}


#: Shares of time that ``fbkit health`` tells, in percent.
_SHARES = {
    "uptime_percent": "a collector ran",
    "available_percent": "available (ok or degraded)",
    "ok_percent": "ok",
}


class HealthSays(Exception):
    """How ``fbkit health`` leaves: its exit code is its answer."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


Last = Annotated[int, typer.Option("--last", help="At most so many rows, the newest.", min=1)]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (health, status, gaps, instruments, metrics, summary, alerts):
        app.command()(command)
    app.command("import")(import_)


class Shown(NamedTuple):
    """How a column is shown to a person: its heading with its unit, times ``by``, to so many digits after the point."""

    heading: str
    by: float = 1.0
    digits: int | None = None


_SUMMARY = {
    "instrument": Shown("instrument"),
    "t1": Shown("bar to (UTC)"),
    "last": Shown("last USD"),
    "ret": Shown("return %", 100.0, 3),
    "vol_usd": Shown("volume USD", 1.0, 0),
    "oi_usd": Shown("open interest USD", 1.0, 0),
    "funding_8h": Shown("funding bp/8 h", 10_000.0, 2),
    "loudest": Shown("loudest"),
    "loudest_z": Shown("its Z", 1.0, 2),
    "n_z": Shown("Zs known"),
    "score_long": Shown("score long", 1.0, 2),
    "score_short": Shown("score short", 1.0, 2),
    "bias": Shown("bias"),
    "because": Shown("because"),
    "coverage": Shown("coverage %", 100.0, 1),
    "source": Shown("source"),
}

_METRICS = {
    "t1": Shown("bar to (UTC)"),
    "instrument": Shown("instrument"),
    "rsi_14": Shown("RSI 14", 1.0, 1),
    "z_ret_60": Shown("return Z 60", 1.0, 2),
    "z_ln_vol_60": Shown("volume Z 60", 1.0, 2),
    "z_oi_dlog_60": Shown("open interest change Z 60", 1.0, 2),
    "z_premium_60": Shown("premium Z 60", 1.0, 2),
    "coverage": Shown("coverage %", 100.0, 1),
}

_ALERTS = {
    "ts": Shown("at (UTC)"),
    "tier": Shown("tier"),
    "instrument": Shown("instrument"),
    "tf": Shown("tf"),
    "direction": Shown("direction"),
    "coverage": Shown("coverage %", 100.0, 1),
    "sentence": Shown("sentence"),
}


def _because(met: Sequence[tuple[str, str, float, float]]) -> str:
    """The conditions that are met, of either side, with their values.

    >>> _because([("long", "obi_5", 0.4123, 0.3)])
    'long: obi_5 +0.412'
    """
    return ", ".join(f"{side}: {column} {value:+.3g}" for side, column, value, _ in met)


def _in_units(frame: pd.DataFrame, shown: Mapping[str, Shown]) -> pd.DataFrame:
    """The columns for a person, in their units, under headings that say them."""
    found = {name: how for name, how in shown.items() if name in frame.columns}
    told = {
        how.heading: frame[name] if how.digits is None else (frame[name].astype(float) * how.by).round(how.digits)
        for name, how in found.items()
    }
    return pd.DataFrame(told)


def _show(
    desk: Desk, what: str, frame: pd.DataFrame, columns: Sequence[str] | Mapping[str, Shown], as_json: bool
) -> None:
    flat = frame.reset_index(drop=frame.index.name == "time")
    for name in {"t0", "t1", "ts", "ts_start", "ts_stop"} & set(flat.columns):
        flat[name] = pd.to_datetime(flat[name].astype("Int64"), unit="ns", utc=True)
    if as_json:
        answer_json(head(desk) | {what: plain(flat)})
        return
    if isinstance(columns, Mapping):
        flat = _in_units(flat, columns)
        shown = [*flat.columns]
    else:
        shown = [name for name in columns if name in flat.columns]
    table(title(desk, what), shown, flat[shown].to_numpy(dtype=object).tolist())
    if flat.empty:
        out.print(f"no {what} there yet", markup=False)


def health(db: Db = None, as_json: AsJson = False) -> None:
    """Say how it is: exit 0 ok, 1 degraded, 2 down; always the reasons, and how much of the time it was up."""
    desk = open_desk(db)
    state = desk.health_state()
    if as_json:
        answer_json(head(desk) | state)
    else:
        for line in _health_lines(state, title(desk, "health")):
            out.print(line, markup=False)
    raise HealthSays({"ok": 0, "degraded": 1}.get(state["state"], 2))


def _health_lines(state: dict[str, Any], said: str) -> Iterator[str]:
    yield f"{state['state']} · {said}"
    yield from (f"  {venue}: {how}" for venue, how in state["venues"].items())
    for one in (*state["reasons"], *state["notes"]):
        yield f"  {one['state']:9} {one['where']:24} {one['reason']:12} {one['sentence']}"
    for name, what in _SHARES.items():
        known = (f"{k} {'unknown' if v is None else f'{v:.2f} %'}" for k, v in state[name].items())
        yield f"  {what}: {', '.join(known)}"
    yield f"  streams as of {state['as_of'] or 'never'}, shares up to {state['uptime_as_of'] or 'never'} (UTC)"


def instruments(db: Db = None, as_json: AsJson = False) -> None:
    """List the instruments with units and multipliers, their price beside other venues', and what each venue offers."""
    desk = open_desk(db)
    found, offered = desk.instruments(), desk.offers()
    if as_json:
        answer_json(head(desk) | {"units": _UNITS, "instruments": plain(found.reset_index()), "offers": plain(offered)})
        return
    columns = ["name", "venue_symbol", "contract_size", "unit_mult", "inverse", "tick", "step", "status", "price_ratio"]
    _show(desk, "instruments", found, columns, as_json)
    for _, one in offered[~offered["certain"].astype(bool)].iterrows():
        where = f"{one.venue}.{one.channel}"
        other = f" (setting flipped={where})" if where in doubts() else ""
        out.print(f"in doubt: {one.venue} {one.channel}: {one.note}{other}", markup=False)
    missing = offered[offered["how"] == "unsupported"].groupby("venue")["channel"].agg(", ".join)
    for venue, channels in missing.items():
        out.print(f"unsupported by {venue}: {channels}", markup=False)


def metrics(
    coin: Annotated[str, typer.Argument(help="A coin (BTC), a symbol (BTC-USDT-PERP) or a full name.")],
    db: Db = None,
    tf: Timeframe = "15m",
    since: Since = None,
    last: Last = 20,
    as_json: AsJson = False,
) -> None:
    """Show the metrics of a coin, bar by bar, as they stood when each bar closed."""
    desk = open_desk(db)
    frame = desk.metrics(coin, tf=tf, since=since).tail(last)
    _show(desk, "metrics", frame, _METRICS, as_json)


def summary(db: Db = None, tf: Timeframe = "1m", as_json: AsJson = False) -> None:
    """Show each instrument in one line: last bar, loudest Z, confluence of each side and its bias, coverage."""
    desk = open_desk(db)
    frame = desk.summary(tf)
    if not as_json and "conditions" in frame.columns:
        frame = frame.assign(because=frame["conditions"].map(_because))
    _show(desk, "summary", frame, _SUMMARY, as_json)


def alerts(db: Db = None, since: Since = None, last: Last = 50, as_json: AsJson = False) -> None:
    """List alerts, the newest last, each with the sentence a person reads."""
    desk = open_desk(db)
    _show(desk, "alerts", desk.alerts(since, last=last), _ALERTS, as_json)
