"""Statistics of many instruments at one bar close, as struct-of-arrays; bit for bit :mod:`fbkit.quant.streaming`."""

from fbkit.quant.panel.columns import Columns
from fbkit.quant.panel.wilder import ATRPanel, RSIPanel
from fbkit.quant.panel.zscore import Scores, ZPanel

__all__ = ["ATRPanel", "Columns", "RSIPanel", "Scores", "ZPanel"]
