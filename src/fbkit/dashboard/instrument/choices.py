"""What can be chosen over one instrument's charts."""

from __future__ import annotations

from collections.abc import Iterable

from fbkit.dashboard.scene import Z_KINDS
from fbkit.model import NS_DAY, NS_HOUR, TIMEFRAMES, Z_WINDOWS
from fbkit.widgets import Control

#: Stretches of time that can be shown, ns.
SPANS = {
    "6h": 6 * NS_HOUR,
    "12h": 12 * NS_HOUR,
    "1d": NS_DAY,
    "2d": 2 * NS_DAY,
    "1w": 7 * NS_DAY,
    "1m": 30 * NS_DAY,
}

#: Charts of fewer bars say nothing, of more they are a smear; shown first is the longest of no more than _USUAL.
_FEWEST, _MOST, _USUAL = 20, 2880, 300

#: What is drawn over the bars.
DRAWN = ("alerts", "liquidations", "gaps")


def spans_of(tf: str) -> list[str]:
    """The stretches a timeframe can fill, the shortest first.

    >>> spans_of("15m"), spans_of("1d")
    (['6h', '12h', '1d', '2d', '1w', '1m'], ['1m'])
    """
    return [name for name, length in SPANS.items() if _FEWEST <= length // TIMEFRAMES[tf] <= _MOST]


def usual_span(tf: str) -> str:
    """What a timeframe shows first.

    >>> usual_span("15m"), usual_span("1m")
    ('2d', '6h')
    """
    fitting = [name for name in spans_of(tf) if SPANS[name] // TIMEFRAMES[tf] <= _USUAL]
    return fitting[-1] if fitting else spans_of(tf)[0]


def judged_of(tf: str) -> dict[str, str]:
    """Columns whose Z-scores can be drawn on a timeframe, and what they are called.

    >>> list(judged_of("5m"))[-1], list(judged_of("1h"))[-1]
    ('premium', 'funding_8h')
    """
    names = {"ret": "return", "ln_vol": "volume", "oi_dlog": "ΔOI", "taker_imb": "delta", "premium": "premium"}
    # Predicted funding is piecewise constant below 1h: it is not judged there.
    return names | {"funding_8h": "funding"} if TIMEFRAMES[tf] >= NS_HOUR else names


def controls(instruments: Iterable[str], tf: str) -> list[Control]:
    """The row of choices over the charts of a timeframe."""
    about = "Time shown; a timeframe offers what it can fill"
    return [
        Control(name="i", kind="pick", label="instrument", items=_pairs(instruments)),
        Control(name="tf", items=_pairs(TIMEFRAMES), about="Length of a bar"),
        Control(name="span", label="show", items=_pairs(spans_of(tf)), about=about),
        Control(name="z", label="Z of", items=list(judged_of(tf).items()), about="What the lowest pane judges"),
        Control(name="w", label="window", items=[(n, str(n)) for n in Z_WINDOWS], about="Bars in a Z's baseline"),
        Control(
            name="kind",
            items=_kinds(),
            about="How a Z measures the usual spread",
        ),
        Control(name="drawn", kind="many", items=_pairs(DRAWN), end=True, about="What is drawn over the bars"),
    ]


def _kinds() -> list[tuple[str, str]]:
    return [(kind, "EWMA" if kind == "ewma" else kind) for kind in Z_KINDS]


def _pairs(words: Iterable[str]) -> list[tuple[str, str]]:
    return [(word, word) for word in words]
