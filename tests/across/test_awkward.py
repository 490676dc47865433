"""Whatever the bars hold, nothing raises, nothing warns, and no number is infinite."""

from __future__ import annotations

import numpy as np
import pytest

from fbkit.across import (
    Coin,
    across,
    board,
    correlations,
    curve,
    dispersion,
    funding_by_venue,
    lead_lag,
    liquidated,
    sentences,
    shares,
)  # fmt: skip  # a list
from fbkit.across.breadths import of_returns
from fbkit.across.coin import COLUMNS
from fbkit.across.returns import Returns
from tests.across.made import NAN, coin, contract, ends

AWKWARD = (NAN, float("inf"), -float("inf"), 0.0, -0.0, -1.0, 1.0, 1e308, -1e308, 5e-324, 1e12)
CONTRACTS = (
    *(contract(f"{venue}:BTC-{quote}-PERP") for venue in "abc" for quote in ("USDT", "USDC")),
    *(contract(f"{venue}:BTC-USD-{days:06d}", days=days) for venue in "ab" for days in (1, 30, 120)),
)


def awkward(seed: int, n: int = 60) -> Coin:
    rng = np.random.default_rng(seed)
    given = {one: {name: rng.choice(AWKWARD, n) for name in COLUMNS} for one in CONTRACTS}
    for columns in given.values():
        columns["coverage"] = rng.choice([NAN, 0.0, 0.5, 1.0, 1.0], n)
    return coin(given)


@pytest.mark.parametrize("seed", range(6))
def test_across_venues(seed: int) -> None:
    read = awkward(seed)
    for word in (across, shares, funding_by_venue, dispersion, liquidated, curve, board):
        frame = word(read)
        assert not np.isinf(frame.select_dtypes("float").to_numpy()).any(), word.__name__
        assert len(frame) > 0
    for at in range(2, 60):
        part = read.until(int(read.t1[at]))
        told = " ".join(sentences(across(part).iloc[-1], board(part), curve(part)))
        assert "nan" not in told
        assert "inf" not in told


@pytest.mark.parametrize("seed", range(3))
def test_across_coins(seed: int) -> None:
    rng = np.random.default_rng(seed)
    contracts = tuple(contract(f"a:{base}-USDT-PERP") for base in "XYZ")
    change = rng.choice([*AWKWARD[:7], 5e-324, 1e12, *rng.standard_normal(30)], (200, 3))  # no log is 1e308
    read = Returns("1h", contracts, np.array(ends(200)), change, np.ones((200, 3)), np.ones(3), 0.8)
    for frame in (correlations(read), lead_lag(read.of([0, 1])), of_returns(read)):
        assert not np.isinf(frame.select_dtypes("float").to_numpy()).any()
