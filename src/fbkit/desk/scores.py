"""What came of alerts, as frames."""

from __future__ import annotations

from fbkit.desk.base import Base


class Scores(Base):
    """The desk's words for it."""
