"""Statistics of whole columns, bit for bit the twins of :mod:`fbkit.quant.streaming`. numpy or pandas, in and out."""

from fbkit.quant.frames.atr import atr, atr_readings
from fbkit.quant.frames.correlation import LeadLag, correlation, correlations, cross_correlations, lead_lag
from fbkit.quant.frames.ewma import ewma_zscore, ewma_zscore_readings
from fbkit.quant.frames.metrics import metrics
from fbkit.quant.frames.robust import robust_zscore, robust_zscore_readings
from fbkit.quant.frames.rolling import rolling_correlation, rolling_correlation_readings
from fbkit.quant.frames.rsi import rsi, rsi_readings
from fbkit.quant.frames.zscore import ZColumn, zscore, zscore_readings
from fbkit.quant.interval import Correlated

__all__ = [
    "Correlated",
    "LeadLag",
    "ZColumn",
    "atr",
    "atr_readings",
    "correlation",
    "correlations",
    "cross_correlations",
    "ewma_zscore",
    "ewma_zscore_readings",
    "lead_lag",
    "metrics",
    "robust_zscore",
    "robust_zscore_readings",
    "rolling_correlation",
    "rolling_correlation_readings",
    "rsi",
    "rsi_readings",
    "zscore",
    "zscore_readings",
]
