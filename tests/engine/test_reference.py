"""The page about bars and metrics is what the code says."""

from pathlib import Path

from fbkit.engine.reference import reference
from fbkit.model import BAR_COLUMNS, METRIC_COLUMNS, METRICS, SUMMARY_COLUMNS, BarRow, SummaryRow

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "columns.md"


def test_the_page_is_current():
    assert PAGE.read_text("utf-8") == reference(), "python -m fbkit.engine.reference > docs/reference/columns.md"


def test_every_column_is_on_it():
    text = reference()
    for name in (*(column.name for column in (*BAR_COLUMNS, *SUMMARY_COLUMNS)), *METRIC_COLUMNS):
        assert f"| `{name}` |" in text


def test_the_lists_of_columns_are_those_of_the_rows():
    keys = {"instrument", "tf", "t0", "t1", "coverage", "source", "stamp"}
    assert [c.name for c in BAR_COLUMNS] == [name for name in BarRow.__struct_fields__ if name not in keys]
    told = [name for name in SummaryRow.__struct_fields__ if name not in {"instrument", "tf", "t1", "stamp"}]
    assert [c.name for c in SUMMARY_COLUMNS] == told
    assert tuple(c.name for c in METRICS) == METRIC_COLUMNS
    assert all(c.unit and c.meaning for c in (*BAR_COLUMNS, *METRICS, *SUMMARY_COLUMNS))
