"""Every metric of stored bars, in its three kinds."""

import numpy as np
import pytest

from fbkit.model import JUDGED, METRIC_COLUMNS, TIMEFRAMES, Z_WINDOWS
from fbkit.quant.frames import ewma_zscore, metrics, robust_zscore
from fbkit.quant.reading import needed

NAME = "binance:BTC-USDT-PERP"


def bars(length=300, seed=3):
    rng = np.random.default_rng(seed)
    return {name: rng.random(length) + 1 for name in ("high", "low", "close", *JUDGED)}


def ends(tf, length=300):
    return np.arange(1000, 1000 + length) * TIMEFRAMES[tf]


@pytest.mark.parametrize(("kind", "prefix"), [("robust", "zr"), ("ewma", "ze")])
def test_every_judged_column_has_every_window(kind, prefix):
    found = metrics(NAME, "1h", ends("1h"), bars(), kind=kind)
    assert list(found) == [f"{prefix}_{column}_{window}" for column in JUDGED for window in Z_WINDOWS]
    assert list(metrics(NAME, "1h", ends("1h"), bars())) == list(METRIC_COLUMNS)
    assert metrics(NAME, "1h", [], {}, kind=kind).keys() == found.keys()


def test_robust_and_weighted_columns_are_what_the_statistics_say():
    given = bars()
    robust, weighted = (metrics(NAME, "1h", ends("1h"), given, kind=kind) for kind in ("robust", "ewma"))
    for window in Z_WINDOWS:
        want = robust_zscore(given["ret"], window)
        assert robust[f"zr_ret_{window}"].tobytes() == want.tobytes()
        want = ewma_zscore(given["ret"], window / 2, least=needed(window, 0.8))
        assert weighted[f"ze_ret_{window}"].tobytes() == want.tobytes()


@pytest.mark.parametrize("kind", ["robust", "ewma"])
def test_a_slot_without_a_row_is_missing_in_every_kind(kind):
    given = bars()
    gone = np.isin(np.arange(300), (50, 51, 120))
    holes = {name: np.where(gone, np.nan, column) for name, column in given.items()}
    whole = metrics(NAME, "1m", ends("1m"), holes, kind=kind)
    sparse = metrics(NAME, "1m", ends("1m")[~gone], {name: x[~gone] for name, x in given.items()}, kind=kind)
    for name, column in whole.items():
        assert column[~gone].tobytes() == sparse[name].tobytes()


def test_predicted_funding_has_no_z_below_an_hour():
    for kind, column in (("classic", "z_funding_8h_20"), ("robust", "zr_funding_8h_20"), ("ewma", "ze_funding_8h_20")):
        assert np.isnan(metrics(NAME, "15m", ends("15m"), bars(), kind=kind)[column]).all()
        assert np.isfinite(metrics(NAME, "1h", ends("1h"), bars(), kind=kind)[column][-1])


def test_an_unknown_kind_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="classic, robust, ewma, not 'mad'"):
        metrics(NAME, "1h", ends("1h"), bars(), kind="mad")
