"""Stretches of time a chart of flow can show, and which a timeframe can fill."""

from __future__ import annotations

from fbkit.model import NS_DAY, NS_HOUR, TIMEFRAMES

#: By name, in ns.
SPANS = {
    "1h": NS_HOUR,
    "4h": 4 * NS_HOUR,
    "12h": 12 * NS_HOUR,
    "1d": NS_DAY,
    "2d": 2 * NS_DAY,
    "1w": 7 * NS_DAY,
    "30d": 30 * NS_DAY,
}

#: Fewer bars say nothing, more are a smear; first shown is the longest of no more than USUAL.
_FEWEST, _MOST, _USUAL = 12, 2880, 300


def spans_of(tf: str) -> list[str]:
    """The stretches a timeframe can fill, the shortest first.

    >>> spans_of("1m"), spans_of("1d")
    (['1h', '4h', '12h', '1d', '2d'], ['30d'])
    """
    return [name for name, length in SPANS.items() if _FEWEST <= length // TIMEFRAMES[tf] <= _MOST]


def usual_span(tf: str) -> str:
    """What a timeframe shows first.

    >>> usual_span("1m"), usual_span("15m")
    ('4h', '2d')
    """
    fitting = [name for name in spans_of(tf) if SPANS[name] // TIMEFRAMES[tf] <= _USUAL]
    return fitting[-1] if fitting else spans_of(tf)[0]
