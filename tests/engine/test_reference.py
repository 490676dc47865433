"""The page about bars and metrics is what the code says."""

from pathlib import Path

from fbkit.engine.reference import reference
from fbkit.model import BAR_COLUMNS, METRIC_COLUMNS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "columns.md"


def test_the_page_is_current():
    assert PAGE.read_text("utf-8") == reference(), "python -m fbkit.engine.reference > docs/reference/columns.md"


def test_every_column_is_on_it():
    text = reference()
    for name in (*(column.name for column in BAR_COLUMNS), *METRIC_COLUMNS):
        assert f"| `{name}` |" in text
