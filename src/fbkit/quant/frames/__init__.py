"""Statistics of whole columns, bit for bit the twins of :mod:`fbkit.quant.streaming`. numpy or pandas, in and out."""

from fbkit.quant.frames.atr import atr, atr_readings
from fbkit.quant.frames.metrics import metrics
from fbkit.quant.frames.rsi import rsi, rsi_readings
from fbkit.quant.frames.zscore import ZColumn, zscore, zscore_readings

__all__ = ["ZColumn", "atr", "atr_readings", "metrics", "rsi", "rsi_readings", "zscore", "zscore_readings"]
