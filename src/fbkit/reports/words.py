"""Numbers and instants as a report says them. Minus is U+2212, unit and number are joined by a no-break space."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from fbkit.model.timeframe import NS_S

MINUS, NBSP, NONE = "\u2212", "\u00a0", "\u2013"
SHAPES = {"ok": "●", "degraded": "▲", "down": "■"}
TONES = {"ok": "ok", "degraded": "warn", "down": "bad"}


def count(n: float) -> str:
    """A count with commas.

    >>> count(184203991)
    '184,203,991'
    """
    return f"{n:,.0f}" if math.isfinite(n) else NONE


def many(n: int, one: str, more: str = "") -> str:
    """A count and its noun.

    >>> many(1, "gap"), many(0, "gap"), many(2, "entry", "entries")
    ('1 gap', '0 gaps', '2 entries')
    """
    return f"{n:,} {one if n == 1 else more or one + 's'}"


def signed(value: float, decimals: int) -> str:
    """A number with its sign; what rounds to zero has none.

    >>> signed(3.58, 1), signed(-1.26, 1), signed(-0.04, 1)
    ('+3.6', '−1.3', '0.0')
    """
    if not math.isfinite(value):
        return NONE
    text = f"{abs(value):,.{decimals}f}"
    return ("" if float(text.replace(",", "")) == 0 else MINUS if value < 0 else "+") + text


def plain(value: float, decimals: int) -> str:
    """A number; only a minus is shown.

    >>> plain(-1.5, 2)
    '−1.50'
    """
    return signed(value, decimals).removeprefix("+")


def percent(share: float, decimals: int = 2, *, sign: bool = False) -> str:
    r"""A fraction as a percentage.

    >>> percent(0.9931), percent(-0.0042, sign=True)
    ('99.31\xa0%', '−0.42\xa0%')
    """
    if not math.isfinite(share):
        return NONE
    return f"{signed(share * 100, decimals) if sign else plain(share * 100, decimals)}{NBSP}%"


def usd(value: float, *, sign: bool = False) -> str:
    r"""Money in three digits with its letter.

    >>> usd(1.2351e9), usd(999_600_000), usd(-860e3), usd(12.4)
    ('1.24\xa0B', '1.00\xa0B', '−860\xa0K', '12.4')
    """
    if not math.isfinite(value):
        return NONE
    size, step = abs(value), 0
    while float(f"{size:.3g}") >= 1000 and step < 4:
        size, step = size / 1000, step + 1
    digits = 0 if not size else min(2, max(0, 2 - math.floor(math.log10(float(f"{size:.3g}")))))
    text = f"{size:,.{digits}f}"
    letter = ("", "K", "M", "B", "T")[step]
    mark = MINUS if value < 0 and float(text.replace(",", "")) else "+" if sign and value > 0 else ""
    return f"{mark}{text}{NBSP if letter else ''}{letter}"


def price(value: float, tick: float | None = None) -> str:
    """A price with the decimals of its tick, else six digits, and below 0.0001 the zeros are counted.

    >>> price(91482.6, 0.1), price(0.000004713, 1e-9), price(91482.6)
    ('91,482.6', '0.0₅4713', '91,482.6')
    """
    if not math.isfinite(value):
        return NONE
    if tick and tick > 0:
        decimals = next((d for d in range(12) if abs(tick * 10**d - round(tick * 10**d)) < 1e-6 * tick * 10**d), 12)
    else:
        decimals = max(1, min(12, 5 - math.floor(math.log10(abs(value))))) if value else 2
    text = f"{value:,.{decimals}f}"
    if not tick:
        whole, dot, part = text.partition(".")
        text = whole + dot + (part.rstrip("0") or "0")
    part = text.partition(".")[2]
    zeros = len(part) - len(part.lstrip("0"))
    if abs(value) < 1e-4 and zeros < len(part):
        text = f"{'-' if value < 0 else ''}0.0{''.join(chr(0x2080 + int(digit)) for digit in str(zeros))}{part[zeros:]}"
    return text.replace("-", MINUS)


def funding(rate_8h: float) -> str:
    r"""A funding rate per 8 h.

    >>> funding(0.000138)
    '+0.0138\xa0%'
    """
    return percent(rate_8h, 4, sign=True)


def size(n: float) -> str:
    r"""Bytes in binary units.

    >>> size(512), size(3_400_000)
    ('512\xa0B', '3.2\xa0MiB')
    """
    step = 0
    while n >= 1024 and step < 4:
        n, step = n / 1024, step + 1
    return f"{n:.0f}{NBSP}B" if not step else f"{n:.1f}{NBSP}{('', 'KiB', 'MiB', 'GiB', 'TiB')[step]}"


def duration(ns: float) -> str:
    """A length of time in its two largest units.

    >>> duration(48e9), duration(252e9), duration(10_800e9), duration(90_000e9), duration(0.25e9)
    ('48 s', '4m 12s', '3 h', '1 d 1 h', '0.25 s')
    """
    seconds = ns / NS_S
    if seconds < 1:
        return f"{seconds:.2f} s"
    whole = round(seconds)
    minutes, s = divmod(whole, 60)
    hours, m = divmod(minutes, 60)
    days, h = divmod(hours, 24)
    if days:
        return f"{days} d {h} h" if h else f"{days} d"
    if hours:
        return f"{hours} h {m} min" if m else f"{hours} h"
    return (f"{minutes}m {s}s" if s else f"{minutes} min") if minutes else f"{s} s"


def of_window(known: float, window: float) -> str:
    """What a share is of, when less than the window is known.

    >>> of_window(20e9, 3600e9), of_window(3600e9, 3600e9)
    (' of the 20 s since the first heartbeat', '')
    """
    return f" of the {duration(known)} since the first heartbeat" if known < window else ""


def utc(ts: int) -> str:
    """An instant with its date; the page says UTC once, prose says it each time.

    >>> utc(1_767_225_585_000_000_000)
    '2025-12-31 23:59:45'
    """
    return datetime.fromtimestamp(ts // NS_S, UTC).strftime("%Y-%m-%d %H:%M:%S")


def joined(parts: list[str]) -> str:
    """Words in a row.

    >>> joined(["a"]), joined(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def instrument(name: str, *, alone: bool) -> str:
    """An instrument's short name; with its venue where there are several.

    The usual perpetual is its coin alone; what is quoted otherwise, or expires, says so.

    >>> instrument("binance:BTC-USDT-PERP", alone=True), instrument("okx:BTC-USDT-PERP", alone=False)
    ('BTC', 'okx BTC')
    >>> instrument("okx:BTC-USD-PERP", alone=False), instrument("okx:BTC-USDT-261225", alone=False)
    ('okx BTC-USD', 'okx BTC-USDT-261225')
    """
    venue, _, symbol = name.partition(":")
    base, _, rest = symbol.partition("-")
    short = base if rest == "USDT-PERP" else symbol.removesuffix("-PERP")
    return short if alone else f"{venue} {short}"
