"""Statistics one value at a time: ``update(x) -> Reading``, ``.reading``, ``.reset()``."""

from fbkit.quant.streaming.atr import ATR
from fbkit.quant.streaming.rsi import RSI
from fbkit.quant.streaming.zscore import RollingZScore

__all__ = ["ATR", "RSI", "RollingZScore"]
