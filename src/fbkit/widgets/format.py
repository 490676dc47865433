"""Numbers as a person reads them: the Python twin of ``format.js``, for KPI texts and reports.

Minus is U+2212, a number and its unit are joined by a no-break space, what is missing is an en dash. Rounding is
JavaScript's: of two equally near numbers the larger in size.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal

MINUS = "\u2212"
NONE = "\u2013"
NBSP = "\u00a0"

_THREE_DIGITS = Context(prec=3, rounding=ROUND_HALF_UP)
_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)


def _fixed(size: float, d: int) -> str:
    """``size.toFixed(d)`` of JavaScript."""
    return f"{_WIDE.quantize(Decimal(size), Decimal(1).scaleb(-d)):f}"


def _commas(text: str) -> str:
    whole, dot, part = text.partition(".")
    return f"{int(whole):,}{dot}{part}"


def decimals(tick: float | None) -> int:
    """Decimals a tick asks for.

    >>> [decimals(tick) for tick in (0.1, 0.25, 5.0, 1e-9, None)]
    [1, 2, 0, 9, 2]
    """
    if tick is None or not tick > 0:
        return 2
    for d in range(12):
        scaled = tick * 10.0**d
        if abs(scaled - math.floor(scaled + 0.5)) < 1e-6 * scaled:
            return d
    return 12


def price(v: float, tick: float | None) -> str:
    """A price with the decimals of its tick; below 0.0001 the zeros are counted.

    >>> price(91482.6, 0.1), price(0.000004713, 1e-9)
    ('91,482.6', '0.0₅4713')
    """
    if not math.isfinite(v):
        return NONE
    text = _fixed(abs(v), decimals(tick))
    zero = float(text) == 0
    sign = MINUS if v < 0 and not zero else ""
    if abs(v) < 1e-4 and not zero:
        part = text.split(".")[1]
        zeros = len(part) - len(part.lstrip("0"))
        small = "".join(chr(0x2080 + int(digit)) for digit in str(zeros))
        return f"{sign}0.0{small}{part[zeros:]}"
    return sign + _commas(text)


def signed(v: float, d: int) -> str:
    """With a sign always, except for what rounds to zero.

    >>> signed(-1.26, 1), signed(0.04, 1)
    ('−1.3', '0.0')
    """
    if not math.isfinite(v):
        return NONE
    text = _fixed(abs(v), d)
    return ("" if float(text) == 0 else MINUS if v < 0 else "+") + _commas(text)


def _three(size: float) -> Decimal:
    return _THREE_DIGITS.plus(Decimal(size))


def usd(v: float, *, plus: bool = False) -> tuple[str, str]:
    """Money in three digits, and its letter.

    >>> usd(1.2351e9), usd(999_600_000.0), usd(-860e3)
    (('1.24', 'B'), ('1.00', 'B'), ('−860', 'K'))
    """
    if not math.isfinite(v):
        return NONE, ""
    size, step = abs(v), 0
    while _three(size) >= 1000 and step < 4:
        size /= 1000
        step += 1
    if _three(size) >= 1000:
        text = _commas(_fixed(size, 0))
    elif step or size >= 1:
        rounded = _three(size)
        text = _fixed(float(rounded), max(0, 2 - rounded.adjusted())) if rounded else "0.00"
    else:
        text = _fixed(size, 0)
    zero = not float(text.replace(",", ""))
    return ("" if zero else MINUS if v < 0 else "+" if plus else "") + text, ("", "K", "M", "B", "T")[step]


def money(v: float, *, plus: bool = False) -> str:
    """Money as one text.

    >>> money(12.4e6) == f"12.4{NBSP}M"
    True
    """
    number, letter = usd(v, plus=plus)
    return f"{number}{NBSP}{letter}" if letter else number


def percent(v: float, d: int = 2) -> str:
    """A fraction as a signed percentage, without its unit.

    >>> percent(0.0042)
    '+0.42'
    """
    return signed(v * 100, d)


def bp(v: float) -> str:
    """A fraction as signed basis points, without their unit.

    >>> bp(0.00037)
    '+3.7'
    """
    return signed(v * 1e4, 1)


def funding(v: float) -> str:
    """A funding rate (fraction per 8 h) as a signed percentage.

    >>> funding(0.000138)
    '+0.0138'
    """
    return signed(v * 100, 4)


def zscore(v: float) -> str:
    """A Z-score.

    >>> zscore(3.58)
    '+3.6'
    """
    return signed(v, 1)


def count(v: float) -> str:
    """A whole number with commas.

    >>> count(184203991)
    '184,203,991'
    """
    return (MINUS if v < 0 else "") + _commas(_fixed(abs(v), 0)) if math.isfinite(v) else NONE


def age(seconds: float) -> str:
    """How long ago.

    >>> [age(seconds).replace(NBSP, " ") for seconds in (48.2, 252, 3 * 3600)]
    ['48 s', '4m 12s', '3 h']
    """
    if not math.isfinite(seconds):
        return NONE
    s = max(0, math.floor(seconds))
    if s < 60:
        return f"{s}{NBSP}s"
    if s < 3600:
        return f"{s // 60}m{NBSP}{s % 60}s"
    if s < 172_800:
        return f"{s // 3600}{NBSP}h"
    return f"{s // 86_400}{NBSP}d"


def clock(ms: float) -> str:
    """UTC time of day from epoch milliseconds.

    >>> clock(1_791_382_992_488)
    '14:23:12'
    """
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%H:%M:%S") if math.isfinite(ms) else NONE


def day(ms: float) -> str:
    """UTC date from epoch milliseconds.

    >>> day(1_791_382_992_488)
    '2026-10-07'
    """
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d") if math.isfinite(ms) else NONE
