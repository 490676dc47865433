"""A CSV of bars, read: which column is what, whose bars they are, how long, and every row that cannot be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fbkit.errors import SettingError, TableRefused
from fbkit.ingest.wall_time import NEVER, Bools, Instants, Ints, instants, settle, usual_step
from fbkit.model import NS_DAY, NS_HOUR, NS_MIN, NS_S, Listing

#: What a table may have, and the names it is known by (lower case, ``_`` for blanks); the first match of a role is it.
ROLES: dict[str, tuple[str, ...]] = {
    "time": ("time", "timestamp", "datetime", "date", "open_time", "ts", "time_utc", "date_utc"),
    "venue": ("venue", "exchange"),
    "symbol": ("instrument", "symbol", "pair", "market", "ticker"),
    "contract": ("contract", "contract_type", "kind", "type"),
    "open": ("open", "o", "open_usd"),
    "high": ("high", "h", "high_usd"),
    "low": ("low", "l", "low_usd"),
    "close": ("close", "c", "close_usd"),
    "volume": ("volume", "vol", "vol_base", "base_volume", "volume_base", "v"),
    "volume_usd": ("volume_usd", "vol_usd", "quote_volume", "volume_quote", "turnover", "quote_asset_volume"),
    "buy_usd": ("buy_usd", "taker_buy_quote_volume", "taker_buy_quote_asset_volume"),
    "trades": ("trades", "n_trades", "count", "number_of_trades"),
    "funding": ("funding_rate", "funding", "fundingrate", "last_funding_rate"),
    "open_interest": ("open_interest", "oi", "oi_base", "sum_open_interest"),
}
_NEEDED = ("time", "open", "high", "low", "close")
_PRICES = ("open", "high", "low", "close")
_AMOUNTS = ("volume", "volume_usd", "buy_usd", "trades", "open_interest")

_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USD", "EUR", "GBP")
_LENGTHS = (("d", NS_DAY), ("h", NS_HOUR), ("m", NS_MIN), ("s", NS_S))
_TF = re.compile(r"(\d+)([smhd])")
_SAFE = re.compile(r"[\w:./-]{1,40}")


class Series(NamedTuple):
    """The bars of one instrument, by time: ``t0`` (UTC ns), and ``rows`` of the file's columns by role.

    ``unsorted`` rows came after a later one, ``duplicates`` said the same again, ``missing`` bars lie between others.
    """

    listing: Listing
    t0: Ints
    rows: pd.DataFrame
    length: int
    unsorted: int
    duplicates: int

    @property
    def missing(self) -> int:
        """Bars that should lie between the first and the last and do not."""
        return int((self.t0[-1] - self.t0[0]) // self.length) + 1 - len(self.t0)


class Table(NamedTuple):
    """What a file holds: its series by name, and what there is to say about how it was read."""

    path: str
    columns: dict[str, str]
    length: int
    series: list[Series]
    rows: int
    skipped: int
    said: list[str]


def tf_of(length: int) -> str:
    """A length in ns as a timeframe.

    >>> tf_of(8 * NS_HOUR), tf_of(15 * NS_MIN), tf_of(NS_DAY)
    ('8h', '15m', '1d')
    """
    for unit, ns in _LENGTHS:
        if length % ns == 0:
            return f"{length // ns}{unit}"
    return f"{length}ns"


def length_of(tf: str) -> int:
    """A timeframe's length in ns; raises ``SettingError``.

    >>> length_of("8h") == 8 * NS_HOUR
    True
    """
    found = _TF.fullmatch(tf)
    if found is None or not int(found[1]):
        raise SettingError("tf", tf, "a number and s, m, h or d: 1m 15m 8h 1d")
    return int(found[1]) * dict(_LENGTHS)[found[2]]


def read_table(
    path: Path,
    *,
    tz: str = "UTC",
    label: str = "open",
    tf: str | None = None,
    columns: Mapping[str, str] | None = None,
    instrument: str | None = None,
    skip_bad: bool = False,
) -> Table:
    """Read a file; see :meth:`fbkit.desk.Desk.import_csv`. Raises ``TableRefused`` and ``SettingError``."""
    if label not in {"open", "close"}:
        raise SettingError("label", label, "open (a bar is named by its beginning) or close (by its end)")
    raw = _load(path)
    roles = _roles(str(path), list(raw.columns), columns or {})
    frame = pd.DataFrame({role: raw[name] for role, name in roles.items()})
    told = _Reading(str(path), roles, frame, skip_bad=skip_bad)
    told.look_at_times(instants(frame["time"], tz), tz)
    told.look_at_numbers()
    names = _names(told, instrument)
    series = _series(told, names, label, None if tf is None else length_of(tf))
    if not series:
        raise TableRefused(str(path), "all rows", "none is a bar that can be kept", "look at the rows it speaks of")
    return Table(str(path), roles, series[0].length, series, len(frame), int(told.bad.sum()), told.said)


def _load(path: Path) -> pd.DataFrame:
    try:
        found = pd.read_csv(path, skipinitialspace=True, low_memory=False, encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise TableRefused(str(path), "file", "it is not there", "check its name") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, EOFError, OSError) as error:
        step = "give a table with a header and one bar a row, as .csv or .csv.gz"
        raise TableRefused(str(path), "file", f"no CSV ({error})", step) from error
    if found.empty:
        raise TableRefused(str(path), "file", "it has a header and no row", "give one that has bars")
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\s\-]+", "_", str(name).strip().lower())


def _roles(path: str, names: list[str], stated: Mapping[str, str]) -> dict[str, str]:
    """Which column plays which role: as stated, else by its name."""
    for role, name in stated.items():
        if role not in ROLES:
            raise SettingError("columns", role, ", ".join(ROLES))
        if name not in names:
            raise SettingError(f"columns[{role!r}]", name, f"a column of {path}: {', '.join(names)}")
    known = {_plain(name): name for name in reversed(names)}
    found = {role: known[word] for role, words in ROLES.items() for word in reversed(words) if word in known}
    taken = set(stated.values())
    found = {role: name for role, name in found.items() if name not in taken} | dict(stated)
    lacks = [role for role in _NEEDED if role not in found]
    if lacks:
        step = f"say which with columns={{{lacks[0]!r}: …}}; there are: {', '.join(names)}"
        raise TableRefused(path, "header", f"no column for {', '.join(lacks)}", step)
    return {role: found[role] for role in ROLES if role in found}


class _Reading:
    """A table while it is read: ``bad`` are rows that are left out, each told of once."""

    def __init__(self, path: str, roles: dict[str, str], frame: pd.DataFrame, *, skip_bad: bool) -> None:
        self.path, self.roles, self.frame, self.skip_bad = path, roles, frame, skip_bad
        self.bad: Bools = np.zeros(len(frame), np.bool_)
        self.said: list[str] = []
        self.times: Instants

    def refuse(self, which: Bools, role: str, why: str, *, then: str = "") -> None:
        """These rows cannot be: the first of them is an error, or all are left out and said."""
        rows = np.flatnonzero(which & ~self.bad)
        if not len(rows):
            return
        at, name = int(rows[0]), self.roles[role]
        value = self.frame[role].iloc[at]
        shown = repr(value.item() if isinstance(value, np.generic) else value)
        more = f", and {len(rows) - 1:,} rows like it" if len(rows) > 1 else ""
        where = f"line {at + 2}, column {name!r}"
        if not self.skip_bad:
            step = then or "mend the file, or leave such rows out with skip_bad=True (--skip-bad)"
            raise TableRefused(self.path, where, f"{shown} {why}{more}", step)
        self.said.append(f"left out: {where}: {shown} {why}{more}")
        self.bad |= which

    def look_at_times(self, found: Instants, tz: str) -> None:
        self.times = found
        self.said.append(f"times: column {self.roles['time']!r}, {found.how}")
        self.refuse((found.first == NEVER) & ~found.missing, "time", "is no time")
        self.refuse(found.missing, "time", f"is an hour that {tz} passed over when its clocks went forward")

    def look_at_numbers(self) -> None:
        for role in (*_PRICES, *_AMOUNTS, "funding"):
            if role in self.frame:
                self._number(role)
        high, low = self.frame["high"].to_numpy(), self.frame["low"].to_numpy()
        for role in ("open", "close", "low"):
            self.refuse(self.frame[role].to_numpy() > high, role, "is above the high")
        for role in ("open", "close"):
            self.refuse(self.frame[role].to_numpy() < low, role, "is below the low")

    def _number(self, role: str) -> None:
        given = self.frame[role]
        numbers = pd.to_numeric(given, errors="coerce").astype("float64")
        value = numbers.to_numpy()
        self.refuse(np.asarray(given.notna()) & ~np.isfinite(value), role, "is no number")
        if role in _PRICES:
            self.refuse(~(value > 0), role, "is no price")
        elif role != "funding":
            self.refuse(value < 0, role, "is below zero")
        self.frame[role] = numbers


def _names(told: _Reading, instrument: str | None) -> pd.Series:
    """Each row's instrument: the one stated, or by the columns of venue, symbol and contract."""
    frame = told.frame
    if instrument is not None:
        if not re.fullmatch(r"\w+:[^:\s]+-[^:\s]+-\w+", instrument):
            raise SettingError("instrument", instrument, "venue:BASE-QUOTE-PERP, such as binance:BTC-USDT-PERP")
        return pd.Series(instrument, index=frame.index)
    if "symbol" not in frame:
        step = "say whose bars they are: instrument='binance:BTC-USDT-PERP'"
        raise TableRefused(told.path, "header", "no column says which instrument", step)
    texts = frame["symbol"].astype("string").fillna("")
    told.refuse(~texts.str.fullmatch(_SAFE.pattern).to_numpy(np.bool_), "symbol", "is no symbol")
    if "venue" not in frame and not texts[~told.bad].str.contains(":").all():
        step = "say whose bars they are: instrument='binance:BTC-USDT-PERP'"
        raise TableRefused(told.path, "header", "no column says which venue", step)
    if "contract" not in frame:
        told.said.append("no column says what kind of contract: all are taken for perpetuals")
    venue = frame["venue"].astype("string").fillna("") if "venue" in frame else texts.str.partition(":")[0]
    kind = frame["contract"].astype("string").fillna("") if "contract" in frame else pd.Series("", index=frame.index)
    return venue.str.strip().str.lower() + "\n" + texts.str.strip() + "\n" + kind.str.strip().str.lower()


def listing_of(venue: str, symbol: str, kind: str, ts: int) -> Listing | None:
    """What an instrument is, as far as a table's words say it; ``None`` where its coins cannot be told apart.

    >>> listing_of("okx", "BTCUSDCM", "perpetual", 0).instrument, listing_of("okx", "ETH/USDT", "spot", 0).instrument
    ('okx:BTC-USD-PERP', 'okx:ETH-USDT-SPOT')
    """
    bare = symbol.rpartition("=")[2].upper()
    parts = [part for part in re.split(r"[/\-_:]", bare) if part]
    inverse = False
    if len(parts) >= 2:
        base, quote = parts[:2]
    elif bare.endswith("USDCM"):  # coin-margined, as some tables have it
        base, quote, inverse = bare[:-5], "USD", True
    else:
        quote = next((quote for quote in _QUOTES if bare.endswith(quote) and len(bare) > len(quote)), "")
        base = bare.removesuffix(quote)
    if not base or not quote:
        return None
    last = "SPOT" if kind == "spot" else parts[2] if len(parts) == 3 and parts[2].isdigit() else "PERP"
    settle = base if inverse else quote
    return Listing(f"{venue}:{base}-{quote}-{last}", ts, ts, symbol, base, quote, settle, inverse=inverse, assumed=True)


def _listing(told: _Reading, group: str, rows: Ints, ts: int) -> Listing | None:
    if "\n" not in group:
        venue, symbol = group.split(":")
        base, quote, _ = symbol.split("-", 2)
        return Listing(group, ts, ts, symbol, base, quote, quote, assumed=True)
    venue, symbol, kind = group.split("\n")
    venue_of, _, rest = symbol.partition(":")
    if rest and venue_of.lower() == venue:
        symbol = rest
    found = listing_of(venue, symbol, kind, ts)
    if found is None:
        which = np.zeros(len(told.frame), np.bool_)
        which[rows] = True
        step = "name the instrument: instrument='binance:BTC-USDT-PERP', one file each"
        told.refuse(which, "symbol", "does not say which coin is priced in which", then=step)
    return found


def _series(told: _Reading, names: pd.Series, label: str, length: int | None) -> list[Series]:
    ts = told.times.first.copy()
    groups = {str(name): np.asarray(rows) for name, rows in names.groupby(names).indices.items()}
    settled = 0
    for rows in groups.values():
        twice = told.times.twice[rows]
        ts[rows], still = settle(told.times.first[rows], told.times.second[rows], twice)
        settled += int((twice & ~still).sum())
        which = np.zeros(len(ts), np.bool_)
        which[rows[still]] = True
        step = "give times in UTC or with an offset; neither the series' steps nor its order say which is meant"
        told.refuse(which, "time", "is an hour that came twice when the clocks went back", then=step)
    if settled:
        told.said.append(f"{settled:,} rows lie in an hour that came twice: read as their series' steps or order say")
    found = []
    for name, rows in groups.items():
        good = rows[~told.bad[rows]]
        if len(good):
            listing = _listing(told, name, good, int(ts[good].min()))
            if listing is not None:
                found.append(_one(told, listing, good, ts[good], label, length))
    lengths = {tf_of(one.length) for one in found if one.length}
    if len(lengths) > 1:
        step = "give one file for each length"
        raise TableRefused(told.path, "all rows", f"bars of {', '.join(sorted(lengths))} in one table", step)
    twins = [one.listing.instrument for one in found]
    for name in twins:
        if twins.count(name) > 1:
            raise TableRefused(told.path, "all rows", f"two series are both {name}", "give one file for each")
    return sorted(found, key=lambda one: one.listing.instrument)


def _one(told: _Reading, listing: Listing, rows: Ints, ts: Ints, label: str, length: int | None) -> Series:
    """The rows of one instrument in order of time, each time once."""
    name = listing.instrument
    unsorted = int((ts < np.maximum.accumulate(ts)).sum())
    order = np.argsort(ts, kind="stable")
    rows, ts = rows[order], ts[order]
    again = np.concatenate(([False], ts[1:] == ts[:-1]))
    said = told.frame.iloc[rows].drop(columns="time")
    same = (said.eq(said.shift()) | (said.isna() & said.shift().isna())).all(axis=1).to_numpy()
    which = np.zeros(len(told.frame), np.bool_)
    which[rows[again & ~same]] = True
    told.refuse(which, "time", f"stands there twice for {name}, with other values")
    kept, ts = rows[~again], ts[~again]
    length = length or usual_step(ts)
    if not length:
        raise TableRefused(told.path, name, "one bar alone does not say how long it is", "say it with tf='1h'")
    which = np.zeros(len(told.frame), np.bool_)
    off = (ts - ts[0]) % length != 0
    which[kept[off]] = True
    step = "if times are local, say the zone (tz, --tz); else mend the file, or skip_bad=True (--skip-bad)"
    told.refuse(which, "time", f"of {name} is not whole steps of {tf_of(length)} from its first bar", then=step)
    kept, ts = kept[~off], ts[~off]
    t0 = ts if label == "open" else ts - length
    return Series(listing, t0, told.frame.iloc[kept], length, unsorted, int((again & same).sum()))


def column(series: Series, role: str) -> NDArray[np.float64]:
    """A column of a series by its role; NaN where the file has none."""
    if role not in series.rows:
        return np.full(len(series.t0), np.nan)
    found: NDArray[np.float64] = series.rows[role].to_numpy(np.float64)
    return found
