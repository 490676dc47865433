"""RSI and ATR against TA-Lib, which seeds as Wilder does."""

import numpy as np
import pytest

from fbkit.quant.frames import atr, rsi

talib = pytest.importorskip("talib", reason="TA-Lib is among the development packages")


def bars(seed, length=2000):
    rng = np.random.default_rng(seed)
    close = 65_000 * np.exp(np.cumsum(rng.standard_normal(length) * 1e-3))
    reach = rng.random((2, length)) * 30
    return close + reach[0], close - reach[1], close


@pytest.mark.parametrize("window", [2, 3, 14, 60])
@pytest.mark.parametrize("seed", [1, 2])
def test_rsi_and_atr_are_those_of_ta_lib(window, seed):
    high, low, close = bars(seed)
    for ours, theirs in (
        (rsi(close, window), talib.RSI(close, window)),
        (atr(high, low, close, window), talib.ATR(high, low, close, window)),
    ):
        assert np.flatnonzero(np.isfinite(ours))[0] == window
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)
