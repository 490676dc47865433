"""Statistics one value at a time: ``update(x) -> Reading``, ``.reading``, ``.reset()``."""

from fbkit.quant.streaming.atr import ATR
from fbkit.quant.streaming.correlation import Correlation
from fbkit.quant.streaming.ewma import EwmaZScore
from fbkit.quant.streaming.robust import RobustZScore
from fbkit.quant.streaming.rsi import RSI
from fbkit.quant.streaming.zscore import RollingZScore

__all__ = ["ATR", "RSI", "Correlation", "EwmaZScore", "RobustZScore", "RollingZScore"]
