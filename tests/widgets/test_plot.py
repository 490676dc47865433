"""What a Plot hands to the browser, and the modules it is drawn by."""

import json

import numpy as np
import pytest

from fbkit.widgets import Plot
from fbkit.widgets.assets import module


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (np.array([1.0, np.nan, -np.inf]), [1.0, None, None]),
        (np.array([1.0, 2.0]), [1.0, 2.0]),
        (np.array([1, 2]), [1, 2]),
        (np.array([True, False]), [True, False]),
        (np.array(["a", None], object), ["a", None]),
        ([np.float64(1.5), float("nan")], [1.5, None]),
        (np.empty(0), []),
    ],
)
def test_numbers_travel_as_json_knows_them(given, told):
    plot = Plot()
    plot.show([{"type": "bar", "x": given, "y": given}], yaxis={"range": [np.float64(0.0), np.nan]})
    assert plot.traces[0]["x"] == told
    assert plot.layout_more == {"yaxis": {"range": [0.0, None]}}
    json.dumps([plot.traces, plot.layout_more], allow_nan=False)


def test_numbers_and_layout_change_in_one_message():
    plot, heard = Plot(), []
    plot.observe(lambda change: heard.append(change["name"]), ["traces", "layout_more"])
    with plot.hold_sync():
        plot.show([{"type": "scatter", "x": [1.0], "y": [2.0]}], barmode="stack")
    assert set(heard) == {"traces", "layout_more"}


def test_a_plot_draws_bars_as_paths_and_shares_its_crosshair():
    text = module("plot.js")
    assert text.index("function crosshair(") < text.index("function render(")
    assert text.index("function asPaths(") < text.index("function render(")
    assert "hovermode: false" in text
