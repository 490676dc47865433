"""Across the venues of a coin, and across coins, as frames."""

from __future__ import annotations

from fbkit.desk.base import Base


class Across(Base):
    """The desk's words for it."""
