"""A matrix travels as numbers, and a grid's cells carry what is said of them."""

import json

import numpy as np

from fbkit.widgets import Caption, Grid, GridColumn, Heat


def test_a_matrix_travels_with_its_intervals_and_counts_and_missing_is_missing():
    heat = Heat()
    r = np.array([[1.0, np.nan], [np.nan, 1.0]])
    heat.show(["BTC", "ETH"], r, low=r - 0.1, high=r + 0.1, n=np.array([[40, 12], [12, 40]]))
    assert heat.cells == [[1.0, None], [None, 1.0]]
    assert heat.low[0] == [0.9, None]
    assert heat.counts == [[40, 12], [12, 40]]
    json.dumps([heat.cells, heat.low, heat.high, heat.counts], allow_nan=False)


def test_a_matrix_that_says_the_same_again_sends_nothing():
    heat, sent = Heat(), []
    given = {"low": [[1.0]], "high": [[1.0]], "n": [[30]]}
    heat.show(["BTC"], [[0.123449]], **given)
    heat.observe(sent.append, ["names", "cells", "low", "high", "counts"])
    heat.show(["BTC"], [[0.123351]], **given)
    assert sent == []
    heat.show(["BTC"], [[0.123451]], **given)
    assert [change["name"] for change in sent] == ["cells"]


def test_a_strip_of_venues_and_notes_travel_with_their_cells():
    grid = Grid(scale=True)
    columns = [
        GridColumn("coin", "coin"),
        GridColumn("venues", "venues", "strip"),
        GridColumn("okx", "okx", mark="okx"),
    ]
    grid.show(columns, [["BTC", [["okx", 1.2], ["bybit", -0.4]], None]], notes={(0, "venues"): "okx +1.2 bp"})
    assert grid.rows[0][1] == [["okx", 1.2], ["bybit", -0.4]]
    assert grid.notes == {"0:venues": "okx +1.2 bp"}
    assert grid.columns[2]["mark"] == "okx"
    grid.show(columns, [])
    assert grid.notes == {}


def test_a_caption_keeps_tones_apart():
    caption = Caption()
    caption.say([("quiet", ""), ("old", "warn")], [("98 %", "ink")])
    assert caption.parts == [["quiet", ""], ["old", "warn"]]
    caption.say([])
    assert (caption.parts, caption.end) == ([], [])
