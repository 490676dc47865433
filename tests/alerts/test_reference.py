"""The page about alerts is what the rules say."""

from pathlib import Path

from fbkit.alerts.reference import reference
from fbkit.alerts.rule import TIER_1

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "alerts.md"


def test_the_page_is_current():
    assert PAGE.read_text("utf-8") == reference(), "python -m fbkit.alerts.reference > docs/reference/alerts.md"


def test_every_column_and_timeframe_of_the_rule_is_on_it():
    for name in (*TIER_1.columns, *TIER_1.timeframes):
        assert name in reference()
