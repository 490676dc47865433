"""Compiled kernels: numpy's bits, chosen where they pay, never needed; and an output used again."""

import sys
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from fbkit.quant import driver, zscore
from fbkit.quant.frames import zscore_readings
from fbkit.quant.frames.zscore import agrees
from tests.quant.test_pairs import SERIES

pytest.importorskip("numba", reason="the extra numba is not installed")


def compiled():
    return driver.kernels("numba", 0)


@pytest.fixture
def fresh(monkeypatch):
    """As in a process that has loaded no kernels yet."""
    monkeypatch.setattr(driver, "_KERNELS", "not.loaded.yet")


def same(x, window, **options):
    ours, theirs = (zscore_readings(x, window, driver=name, **options) for name in ("numpy", "numba"))
    return all(a.tobytes() == b.tobytes() for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("series", SERIES)
def test_compiled_columns_have_numpy_s_bits_on_every_phase(series):
    for window in (2, 7, 20, 60):
        for offset in (0, 1, 5, window - 1):
            for include_current in (False, True):
                for min_coverage in (0.3, 0.8, 1.0):
                    options = {"offset": offset, "include_current": include_current, "min_coverage": min_coverage}
                    assert same(SERIES[series], window, **options), (window, options)


@pytest.mark.parametrize("scale", [1e-320, 1e-300, 1e-145, 1e-141, 1e-9, 1.0, 1e9, 1e139, 1e146, 1e155, 1e300])
@pytest.mark.parametrize("window", [2, 3, 10, 49, 240])
def test_quotients_made_of_products_are_those_of_division_however_small_or_large(scale, window):
    rng = np.random.default_rng(window)
    x = rng.standard_normal(5000) * scale
    x[1000:1200] = np.where(rng.random(200) < 0.5, 0.0, x[1000:1200] * 1e-12)
    assert same(x, window)
    assert same(np.round(rng.standard_normal(5000) * 3) * scale, window)


def test_quotients_are_rounded_as_exact_fractions_round():
    quotient = sys.modules["fbkit.quant.frames.compiled"].quotient if compiled() else None
    rng = np.random.default_rng(12)
    for b in (2, 3, 7, 10, 20, 49, 60, 239, 240, 1439, 1440, 99_991):
        exponents = rng.integers(-900, 900, 2000)
        for a in (rng.random(2000) * 2.0**exponents).tolist():
            assert quotient(a, float(b), 1.0 / b) == a / b == float(Fraction(a) / b)


def test_long_columns_have_the_same_bits():
    x = 65_000 + np.cumsum(np.random.default_rng(8).standard_normal(50_017))
    x[9000:9400] = x[9000]
    assert same(x, 240)
    x[[20_000, 20_001, 31_000]] = np.nan
    assert same(x, 240)
    assert same(x, 1440, offset=77)


def test_without_numba_numpy_does_it(monkeypatch, fresh):
    monkeypatch.setattr(driver, "find_spec", lambda name: None)
    assert driver.kernels("auto", 1 << 40) is None
    with pytest.raises(ValueError, match="not installed"):
        driver.kernels("numba", 1)


def test_small_columns_do_not_load_numba_and_large_ones_do(fresh):
    assert driver.kernels("auto", 10_000) is None
    assert driver.kernels("auto", 1 << 22) is compiled()
    assert driver.kernels("numpy", 1 << 40) is None


def test_kernels_once_loaded_are_used_for_small_columns_too():
    assert compiled() is not None
    assert driver.kernels("auto", 1) is compiled()


def test_an_unknown_driver_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="auto, numpy, numba, not 'cuda'"):
        zscore(np.ones(9), 3, driver="cuda")


def test_kernels_with_other_bits_are_not_taken():
    class Careless:
        @staticmethod
        def zscore_into(x, window, lead, now, need, out):
            compiled().zscore_into(x, window, lead, now, need, out)
            out[0][200] = np.nextafter(out[0][200], 9.0)

    assert agrees(compiled())
    assert not agrees(Careless)


@pytest.mark.parametrize("name", ["numpy", "numba"])
def test_an_output_is_used_again_and_comes_back(name):
    x = np.random.default_rng(1).standard_normal((4, 500))
    x[1, 30] = np.nan
    out = np.full(x.shape, 9.0)
    found = zscore(x, 20, axis=1, out=out, driver=name)
    assert found is out
    for k in range(4):
        assert out[k].tobytes() == zscore(x[k], 20, driver=name).tobytes()
    column = np.empty(500)
    assert zscore(x[0], 20, out=column, driver=name) is column


def test_time_may_pass_along_either_axis():
    x = np.random.default_rng(1).standard_normal((3, 100))
    along = zscore(x, 10, axis=1)
    assert zscore(x.T, 10, axis=0).T.tobytes() == along.tobytes()
    assert zscore(np.asfortranarray(x), 10, axis=-1).tobytes() == along.tobytes()
    assert zscore(x[0], 10, axis=0).tobytes() == along[0].tobytes()
    assert zscore(x, 10, axis=1, out=x) is x  # onto itself
    assert x.tobytes() == along.tobytes()


def test_a_frame_can_be_written_to_an_array():
    frame = pd.DataFrame(np.random.default_rng(1).standard_normal((100, 3)), columns=list("abc"))
    out = np.empty((100, 3))
    found = zscore(frame, 10, out=out)
    pd.testing.assert_frame_equal(found, zscore(frame, 10))
    assert out.tobytes() == found.to_numpy(copy=True).tobytes()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"out": np.empty((3, 99)), "axis": 1}, "shape"),
        ({"out": np.empty((3, 100), np.float32), "axis": 1}, "float64"),
        ({"out": [1.0], "axis": 1}, "float64"),
        ({"axis": 2}, "axis"),
        ({}, "axis="),
        ({"window": 1, "axis": 1}, "at least 2 values, not 1"),
    ],
)
def test_what_does_not_fit_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        zscore(np.zeros((3, 100)), **{"window": 10, **options})
