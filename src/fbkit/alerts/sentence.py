"""The sentence a person reads: what, how unusual, and against what."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, isfinite

Format = Callable[[float], str]


def usd(x: float) -> str:
    """USD in three digits.

    >>> usd(18_321_000.0), usd(7_110_000.0), usd(950.4)
    ('18.3 M USD', '7.11 M USD', '950 USD')
    """
    for unit, name in ((1e9, " B"), (1e6, " M"), (1e3, " K")):
        if abs(x) >= unit:
            return f"{_three(x / unit)}{name} USD"
    return f"{_three(x)} USD"


def percent(x: float) -> str:
    """A fraction, signed, in percent.

    >>> percent(-0.0125), percent(0.00002)
    ('−1.25 %', '+0.002 %')
    """
    return f"{signed(x * 100.0)} %"


def signed(x: float) -> str:
    """Three digits and a sign, with a minus as printers write it.

    >>> signed(4.6), signed(-0.317), signed(0.0)
    ('+4.60', '−0.317', '+0')
    """
    return f"{'−' if x < 0 else '+'}{_three(abs(x))}"


def _three(x: float) -> str:
    """Three significant digits; tiny numbers lose their trailing zeros, none is written with an exponent.

    >>> _three(0.0000213), _three(1234.6), _three(0.0)
    ('0.0000213', '1235', '0')
    """
    size = abs(x)
    if size == 0.0 or size < 1e-12:
        return "0"
    digits = 2
    while size < 1.0 and digits < 14:
        size *= 10.0
        digits += 1
    while size >= 10.0 and digits > 0:
        size /= 10.0
        digits -= 1
    text = f"{x:.{digits}f}"
    return text if abs(x) >= 0.1 else text.rstrip("0")


def _bp(x: float) -> str:
    return f"{signed(x * 10_000.0)} bp"


def _per_8h(x: float) -> str:
    return f"{percent(x)} per 8 h"


def _ratio(ln: float) -> str:
    return f"{_three(exp(ln))} long for 1 short"


#: What a judged column is called, and how its number is told.
_TOLD: dict[str, tuple[str, Format]] = {
    "ret": ("Return", percent),
    "ln_vol": ("Volume", lambda x: usd(exp(x))),
    "taker_imb": ("Taker imbalance", signed),
    "oi_dlog": ("Open interest change", percent),
    "funding_8h": ("Funding", _per_8h),
    "premium": ("Premium", _bp),
    "ln_ls_acct_global": ("Accounts", _ratio),
    "ln_ls_pos_top": ("Top traders' positions", _ratio),
    "obi_5": ("Book imbalance", signed),
}


def sentence(column: str, tf: str, z: float, x: float, usual: float) -> str:
    """What a judged column did on a timeframe: its Z, the value, and the mean of its baseline.

    >>> from math import log
    >>> sentence("ln_vol", "1m", 4.61, log(18_300_000), log(7_110_000))
    'Volume Z +4.6 on 1m: 18.3 M USD against 7.11 M USD usual'
    >>> sentence("ret", "5m", -3.42, -0.0125, 0.0001)
    'Return Z −3.4 on 5m: −1.25 % against +0.01 % usual'
    """
    name, told = _TOLD[column]
    against = f" against {told(usual)} usual" if isfinite(usual) else ""
    return f"{name} Z {'−' if z < 0 else '+'}{abs(z):.1f} on {tf}: {told(x)}{against}"
