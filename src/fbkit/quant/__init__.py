"""Statistics: ``streaming`` (one value at a time), ``frames`` (whole columns), ``panel`` (many instruments at once)."""

from fbkit.quant import frames, streaming
from fbkit.quant.frames import atr, rsi, zscore
from fbkit.quant.reading import Reading

__all__ = ["Reading", "atr", "frames", "rsi", "streaming", "zscore"]
