"""The score: what came of alerts, by rule and tier, against random instants of the same instruments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fbkit.errors import SettingError
from fbkit.quant.formulas.performance import wilson
from fbkit.scorecard.ahead import HORIZONS, Ahead, first_minute
from fbkit.scorecard.base import Base, Circle
from fbkit.scorecard.excess import of_mean, of_rate
from fbkit.scorecard.minutes import Floats, MinutesOf
from fbkit.scorecard.outcomes import REASONS, Asked, Followed, Told, at, follow, nothing_yet
from fbkit.scorecard.saying import verdict

#: What alerts may be told apart by.
APART = ("rule", "tier", "tf", "direction", "column", "instrument")

#: Random instants of each alert.
TURNS = 1000

#: The columns behind the groups and the horizon, and what they hold.
UNITS: dict[str, str] = {
    "n_alerts": "alerts",
    "n": "alerts whose outcome is known",
    **{f"n_{reason}": f"alerts left out: {sentence}" for reason, sentence in REASONS.items()},
    "n_flat": "of n: the price was where it had been; neither hit nor miss",
    "hits": "of n: the price had gone the alert's way",
    "hit_rate": "hits / (n - n_flat), 0 to 1",
    "hit_low": "hit rate, lower bound (Wilson 95 %, for alerts that do not overlap)",
    "hit_high": "hit rate, upper bound (Wilson 95 %, for alerts that do not overlap)",
    "ret_mean_frac": "mean forward return, fraction of the entry price, the alert's way",
    "ret_median_frac": "median of the same",
    "mfe_mean_frac": "mean of the best price on the way, fraction of the entry price",
    "mae_mean_frac": "mean of the worst price on the way, fraction of the entry price",
    "n_base": "random instants whose outcome is known",
    "base_hit_rate": "hit rate at random instants of the same instruments and directions",
    "excess_hit": "hit rate above that",
    "excess_hit_low": "lower bound (95 %)",
    "excess_hit_high": "upper bound (95 %)",
    "base_ret_frac": "mean forward return at random instants",
    "excess_ret_frac": "mean forward return above that",
    "excess_ret_low_frac": "lower bound (95 %)",
    "excess_ret_high_frac": "upper bound (95 %)",
    "stretches": "how often the horizon fits into the time looked at",
    "says": "the row in words",
}

Mask: TypeAlias = NDArray[np.bool_]

NAN = float("nan")


def checked(by: Sequence[str] | str, horizon: Sequence[str] | str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Words of ours, or a ``SettingError`` that names those there are.

    >>> checked("rule", None)
    (('rule',), ('5m', '15m', '1h', '4h'))
    """
    wanted = (by,) if isinstance(by, str) else tuple(by)
    horizons = (horizon,) if isinstance(horizon, str) else tuple(HORIZONS) if horizon is None else tuple(horizon)
    for key, given, allowed in (("by", wanted, APART), ("horizon", horizons, tuple(HORIZONS))):
        for word in given or ("",):
            if word not in allowed or given.count(word) > 1:
                raise SettingError(key, ",".join(given), f"{', '.join(allowed)}; each once")
    return wanted, horizons


def scorecard(
    alerts: pd.DataFrame,
    minutes_of: MinutesOf,
    asked: Asked,
    random: np.random.Generator,
    *,
    by: Sequence[str] = ("rule", "tier"),
    turns: int = TURNS,
    told: Told | None = None,
) -> pd.DataFrame:
    """One row a group of alerts and horizon, in that order; :data:`UNITS` says what the columns hold.

    Parameters
    ----------
    alerts : DataFrame
        ``ts`` (UTC ns), ``instrument``, ``direction`` and the columns of ``by``.
    minutes_of
        Gives an instrument's 1m bars.
    asked : Asked
        Horizons, the end of what is known, the coverage wanted, the end of the span of the alerts.
    random : Generator
        Draws the random instants: the same generator, the same score.
    by : sequence of str
        Some of :data:`APART`.
    turns : int
        Random instants of each alert.
    told
        Progress, by instruments.

    Notes
    -----
    ``attrs["coverage"]`` is the share of the minutes, of all instruments that alerted, that bars cover.

    Examples
    --------
    >>> from fbkit.scorecard import lay
    >>> rises = 100.0 + np.arange(300.0)
    >>> bars = lay(np.arange(300) * 60 * 10**9, (rises,) * 4, np.ones(300))
    >>> spoken = pd.DataFrame({"ts": [1, 2], "instrument": "BTC", "direction": ["up", "down"], "tf": "1m"})
    >>> asked = Asked(("5m",), as_of=300 * 60 * 10**9)
    >>> score = scorecard(spoken, {"BTC": bars}.__getitem__, asked, np.random.default_rng(7), by=["tf"])
    >>> score[["tf", "horizon", "n", "hits", "hit_rate", "base_hit_rate"]].to_numpy().tolist()
    [['1m', '5m', 2, 1, 0.5, 0.5]]
    """
    group = np.asarray(alerts.groupby(list(by), sort=True, observed=True).ngroup(), dtype=np.int64)
    found, draws = nothing_yet(alerts, asked.horizons), random.random(turns)
    bases = {name: Base(circle_of(asked, found, name), draws, group, found, name) for name in asked.horizons}
    covered: list[float] = []
    for look in follow(found, alerts, minutes_of, asked, told):
        bases[look.horizon].add(look.ahead.begin, look.ret, look.places)
        if look.horizon == asked.horizons[0]:
            covered.append(_covered(look.ahead, bases[look.horizon].circle))
    keys = alerts[list(by)].iloc[np.unique(group, return_index=True)[1]].itertuples(index=False)
    rows = [
        dict(zip(by, key, strict=True)) | {"horizon": horizon} | _row(found, bases[horizon], horizon, group == n, n)
        for n, key in enumerate(keys)
        for horizon in asked.horizons
    ]
    frame = pd.DataFrame(rows, columns=[*by, "horizon", *UNITS])
    frame.attrs = {"coverage": float(np.mean(covered)) if covered else NAN, "n_base": turns}
    return frame


def circle_of(asked: Asked, found: Followed, horizon: str) -> Circle:
    """Minutes at which one may have entered: from the first alert until the span ends, or the horizon is open."""
    begin, end = int(found.entry.min(initial=asked.end)), asked.end - HORIZONS[horizon]
    if asked.until is not None:
        end = min(end, int(first_minute(np.array([asked.until]))[0]))
    return Circle(begin, max(0, 1 + end - begin))


def _covered(ahead: Ahead, circle: Circle) -> float:
    minutes = circle.begin + np.arange(circle.length)
    return float(np.nan_to_num(at(ahead.coverage(1), ahead.begin, minutes)).mean()) if circle.length else NAN


def _row(found: Followed, base: Base, horizon: str, mine: Mask, n: int) -> dict[str, Any]:
    """A group at a horizon."""
    why = found.why[horizon][mine]
    settled = mine & np.isfinite(found.ret[horizon])
    ret = found.ret[horizon][settled]
    hits, flat = int((ret > 0.0).sum()), int((ret == 0.0).sum())
    decided = len(ret) - flat
    low, high = wilson(hits, decided)
    rate = hits / decided if decided else NAN
    by_hits = of_rate(rate, base.hits[:, n], base.known[:, n] - base.flat[:, n])
    by_mean = of_mean(ret, base.known[:, n], base.total[:, n], base.squares[:, n])
    row = {
        "n_alerts": int(mine.sum()),
        "n": len(ret),
        **{f"n_{reason}": int((why == reason).sum()) for reason in REASONS},
        "n_flat": flat,
        "hits": hits,
        "hit_rate": rate,
        "hit_low": low,
        "hit_high": high,
        "ret_mean_frac": _mean(ret),
        "ret_median_frac": float(np.median(ret)) if len(ret) else NAN,
        "mfe_mean_frac": _mean(found.mfe[horizon][settled]),
        "mae_mean_frac": _mean(found.mae[horizon][settled]),
        "n_base": int(base.known[:, n].sum()),
        **dict(zip(("base_hit_rate", "excess_hit", "excess_hit_low", "excess_hit_high"), by_hits, strict=True)),
        **dict(
            zip(
                ("base_ret_frac", "excess_ret_frac", "excess_ret_low_frac", "excess_ret_high_frac"),
                by_mean,
                strict=True,
            )
        ),
        "stretches": base.circle.length // HORIZONS[horizon],
    }
    return row | {"says": verdict(row, horizon)}


def _mean(x: Floats) -> float:
    return float(x.mean()) if len(x) else NAN
