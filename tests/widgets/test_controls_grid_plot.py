"""What tabs are made of: choices, tables, charts."""

import numpy as np

from fbkit.widgets import Control, Controls, Grid, GridColumn, Plot


def test_a_choice_changes_one_value_and_leaves_the_others():
    controls = Controls()
    controls.offer([Control(name="tf", items=[("1m", "1m"), ("5m", "5m")])], tf="5m", coin="BTC")
    heard = []
    controls.observe(heard.append, "values")
    controls.choose(tf="5m")
    assert heard == []
    controls.choose(tf="1m")
    assert controls.values == {"tf": "1m", "coin": "BTC"}


def test_export_hands_over_a_file_only_in_a_format_that_is_offered(monkeypatch):
    controls, sent = Controls(), []
    controls.on_export(["csv"], lambda kind: (f"a.{kind}", b"1,2"))
    monkeypatch.setattr(controls, "send", lambda content, buffers: sent.append((content, buffers)))
    controls._hear(controls, {"kind": "export", "format": "../etc"}, [])
    controls._hear(controls, {"kind": "export", "format": "csv"}, [])
    assert sent == [({"kind": "file", "name": "a.csv"}, [b"1,2"])]


def test_what_is_missing_in_a_grid_travels_as_missing_and_keeps_its_reason():
    grid = Grid()
    columns = [GridColumn("coin", "coin"), GridColumn("oi", "OI USD", "usd")]
    grid.show(
        columns, [["BTC", np.float64(5.0)], ["ETH", float("nan")]], reasons={(1, "oi"): "gap"}, shades={(0, "oi"): 2.5}
    )
    assert grid.rows == [["BTC", 5.0], ["ETH", None]]
    assert grid.reasons == {"1:oi": "gap"}
    assert grid.shades == {"0:oi": 2.5}


def test_a_gap_in_a_line_travels_as_a_gap():
    plot = Plot()
    plot.show([{"type": "scatter", "x": np.arange(2.0), "y": np.array([np.inf, 2.0])}], barmode="stack")
    assert plot.traces[0] == {"type": "scatter", "x": [0.0, 1.0], "y": [None, 2.0]}
    assert plot.layout_more == {"barmode": "stack"}
