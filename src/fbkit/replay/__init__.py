"""Stored events again, through the same engine: what was told once is compared with what they give now."""

from fbkit.replay.found import Compared, Difference, Unverified, Verification
from fbkit.replay.verify import verify

__all__ = ["Compared", "Difference", "Unverified", "Verification", "verify"]
