"""Tables of slots × contracts, or of slots × venues, as frames of one row each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from fbkit.across.coin import Coin
from fbkit.across.tables import Bools
from fbkit.quant.formulas.numbers import Floats


def contract_frame(coin: Coin, columns: Mapping[str, Floats], venues: Sequence[str], wanted: Bools) -> pd.DataFrame:
    """One row a slot and wanted contract, where it existed: ``venue instrument``, the columns, ``venues coverage``."""
    keep = coin.there & wanted
    row, place = np.nonzero(keep)
    body = {
        "venue": np.array([one.venue for one in coin.contracts], object)[place],
        "instrument": np.array([one.name for one in coin.contracts], object)[place],
        **{name: values[keep] for name, values in columns.items()},
        "venues": np.array(venues, object)[row],
        "coverage": coin.coverage[keep],
    }
    return pd.DataFrame(body, index=coin.times[row])


def venue_frame(coin: Coin, columns: Mapping[str, Floats], venues: Sequence[str]) -> pd.DataFrame:
    """One row a slot and venue: ``venue``, the columns (slots × venues), ``venues``, ``coverage`` of its contracts."""
    n, width = len(coin.t1), len(coin.venues)
    body = {
        "venue": np.tile(np.array(coin.venues, object), n),
        **{name: values.reshape(-1) for name, values in columns.items()},
        "venues": np.repeat(np.array(venues, object), width),
        "coverage": coin.covered_by_venue().reshape(-1),
    }
    return pd.DataFrame(body, index=coin.times.repeat(width))
