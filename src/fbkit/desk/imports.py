"""Tables from files, as frames."""

from __future__ import annotations

from fbkit.desk.base import Base


class Imports(Base):
    """The desk's words for it."""
