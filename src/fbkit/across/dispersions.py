"""How far the venues' prices lie apart (metrics reference 14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from fbkit.across.coin import Coin
from fbkit.across.tables import columnwise, finite, joined
from fbkit.quant.formulas import spread
from fbkit.quant.formulas.numbers import Floats


@np.errstate(all="ignore")
def dispersion(coin: Coin) -> pd.DataFrame:
    """``dispersion_bp`` = (max − min) / median of the venues' mark prices, and who is lowest and highest.

    One mark a venue: that of its perpetual of the most volume. One venue alone has no dispersion: NaN.
    """
    marks, names = main_marks(coin)
    low, lowest = _end(marks, names, np.inf, np.argmin)
    high, highest = _end(marks, names, -np.inf, np.argmax)
    body = {
        "dispersion_bp": spread.dispersion_bp(marks),
        "mark_median_usd": finite(pd.DataFrame(marks).median(axis=1).to_numpy(np.float64)),
        "lowest_usd": low, "lowest": lowest,
        "highest_usd": high, "highest": highest,
        "venues": joined(names, ~np.isnan(marks)),
        "coverage": coin.covered(),
    }  # fmt: skip
    return pd.DataFrame(body, index=coin.times)


def main_marks(coin: Coin) -> tuple[Floats, list[str]]:
    """Slots × venues: the mark (USD) of each venue's main perpetual, and the venues' names."""
    main, marks = coin.main(), coin.fresh("mark")
    return columnwise([marks[:, place] for place in main.values()], len(coin.t1)), list(main)


def _end(marks: Floats, names: list[str], never: float, choose: Callable[..., Any]) -> tuple[Floats, list[str]]:
    """The lowest or highest mark of each row and whose it is; NaN and ``""`` where there is none."""
    if not names:
        return np.full(len(marks), np.nan), [""] * len(marks)
    place = choose(np.where(np.isnan(marks), never, marks), axis=1)
    chosen = marks[np.arange(len(marks)), place]
    whose = [names[at] if one == one else "" for at, one in zip(place.tolist(), chosen.tolist(), strict=True)]  # noqa: PLR0124 - not NaN
    return chosen, whose
