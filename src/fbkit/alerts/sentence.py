"""The sentence a person reads: what, how unusual, and against what."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from math import exp, isfinite

from fbkit.alerts.rule import Also, Cluster, Confluence, Rule
from fbkit.alerts.side import Side, mirrored
from fbkit.model import BAR_COLUMNS

Format = Callable[[float], str]

#: So many coins of a cluster are named.
_NAMED = 8


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


def _plain(x: float) -> str:
    return _three(x) if x >= 0.0 else signed(x)


def _usd_signed(x: float) -> str:
    return f"{'−' if x < 0 else '+'}{usd(abs(x))}"


#: What a column is called, and how its number is told; others by their name and unit.
_TOLD: dict[str, tuple[str, Format]] = {
    "ret": ("Return", percent),
    "ln_vol": ("Volume", lambda x: usd(exp(x))),
    "taker_imb": ("Taker imbalance", signed),
    "oi_dlog": ("Open interest change", percent),
    "funding_8h": ("Funding", _per_8h),
    "premium": ("Premium", _bp),
    "ln_ls_acct_global": ("Accounts", _ratio),
    "ln_ls_acct_top": ("Top traders' accounts", _ratio),
    "ln_ls_pos_top": ("Top traders' positions", _ratio),
    "ln_taker_ratio": ("Taker volume", lambda x: f"{_three(exp(x))} bought for 1 sold"),
    "obi_5": ("Book imbalance", signed),
    "delta": ("CVD", _usd_signed),
    "cvd": ("CVD since its anchor", _usd_signed),
    "funding_apr": ("Funding", lambda x: f"{percent(x)} per year"),
    "rsi_14": ("RSI", _plain),
    "atr_14": ("ATR", lambda x: f"{_plain(x)} USD"),
}

_UNITS = {column.name: column.unit for column in BAR_COLUMNS}

_Z = re.compile(r"z_(?P<judged>\w+)_(?P<window>\d+)")


def _words(column: str) -> tuple[str, Format]:
    unit = _UNITS.get(column, "")
    return _TOLD.get(column) or (column, usd if unit == "USD" else lambda x: f"{_plain(x)} {unit}".rstrip())


def _z(z: float) -> str:
    return f"{'−' if z < 0 else '+'}{abs(z):.1f}"


def sentence_of_z(column: str, tf: str, z: float, x: float, usual: float) -> str:
    """What a judged column did on a timeframe: its Z, the value, and the mean of its baseline.

    >>> from math import log
    >>> sentence_of_z("ln_vol", "1m", 4.61, log(18_300_000), log(7_110_000))
    'Volume Z +4.6 on 1m: 18.3 M USD against 7.11 M USD usual'
    >>> sentence_of_z("ret", "5m", -3.42, -0.0125, 0.0001)
    'Return Z −3.4 on 5m: −1.25 % against +0.01 % usual'
    """
    name, told = _words(column)
    against = f" against {told(usual)} usual" if isfinite(usual) else ""
    return f"{name} Z {_z(z)} on {tf}: {told(x)}{against}"


def sentence_of_one(column: str, tf: str, x: float, threshold: float) -> str:
    """What a column without a baseline did: its value against the threshold.

    >>> sentence_of_one("obi_5", "1m", -0.62, 0.5)
    'Book imbalance −0.620 on 1m, beyond 0.500'
    """
    name, told = _words(column)
    return f"{name} {told(x)} on {tf}, beyond {_three(threshold)}"


def value_of(column: str, x: float) -> str:
    """A column and its value in words.

    >>> value_of("z_oi_dlog_60", 2.81), value_of("obi_5", -0.41), value_of("ln_ls_acct_global", 0.875)
    ('open interest change Z +2.8', 'book imbalance −0.410', 'accounts 2.40 long for 1 short')
    """
    return f"{name_of(column)} {number_of(column, x)}" if isfinite(x) else f"{name_of(column)} unknown"


def name_of(column: str) -> str:
    """What a column is called within a sentence.

    >>> name_of("z_ret_60"), name_of("delta"), name_of("vol_usd")
    ('return Z', 'CVD', 'vol_usd')
    """
    match = _Z.fullmatch(column)
    name = _words(match["judged"] if match else column)[0]
    if not name[:2].isupper():
        name = name[0].lower() + name[1:]
    return f"{name} Z" if match else name


def number_of(column: str, x: float) -> str:
    """A column's value with its unit.

    >>> number_of("z_ret_60", -3.0), number_of("funding_8h", 0.0005), number_of("delta", -1.2e6)
    ('−3.0', '+0.05 % per 8 h', '−1.20 M USD')
    """
    return _z(x) if _Z.fullmatch(column) else _words(column)[1](x)


def sentence_of_confluence(
    rule: Confluence, side: Side, tf: str, values: Mapping[str, float], met: AbstractSet[str]
) -> str:
    """Which side, how many of how many conditions, and each one met with what it needs.

    >>> from fbkit.alerts.rule import TIER_2
    >>> found = {"z_oi_dlog_60": -2.84, "ln_ls_acct_global": -0.875, "obi_5": -0.41}
    >>> sentence_of_confluence(TIER_2, "short", "5m", found, set(found))  # doctest: +NORMALIZE_WHITESPACE
    'Confluence, short side, on 5m, 3 of 3: open interest change Z −2.8 (needs −2.5), accounts 0.417 long for 1 short
    (needs 0.500 long for 1 short), book imbalance −0.410 (needs −0.300)'
    """
    parts = [
        f"{value_of(c.column, values[c.column])} (needs {number_of(c.column, mirrored(c.column, c.at_least, side))})"
        for c in rule.conditions
        if c.column in met
    ]
    parts += [f"{value_of(one.column, values[one.column])} {needs_of(one, side)}" for one in rule.also]
    count = f", {len(met)} of {len(rule.conditions)}" if len(rule.conditions) > 1 else ""
    return f"{title_of(rule)}, {side} side, on {tf}{count}: {', '.join(parts)}"


def needs_of(one: Also, side: Side) -> str:
    """What something that must hold beside asks for.

    >>> from fbkit.alerts.rule import Also
    >>> needs_of(Also("delta", "at_least", 0.0), "short"), needs_of(Also("oi_dlog", "size", 0.01), "long")
    ('(agrees)', '(needs 1.00 % either way)')
    >>> needs_of(Also("oi_dlog", "below", 0.0), "long")
    '(needs below 0 %)'
    """
    if one.way == "at_least" and one.bound == 0.0:
        return "(agrees)"
    if one.way == "at_least":
        return f"(needs {number_of(one.column, mirrored(one.column, one.bound, side))})"
    number = number_of(one.column, one.bound).removeprefix("+")
    return f"(needs {number} either way)" if one.way == "size" else f"(needs {one.way} {number})"


def sentence_of_divergence(instrument: str, tf: str, z: float, bp: tuple[float, float], members: int) -> str:
    """Which venue's mark, how far from the others and from its usual distance, in bp.

    >>> sentence_of_divergence("bybit:BTC-USDT-PERP", "1m", 3.14, (12.0, 0.5), 3)
    'BTC at bybit: mark +12.0 bp from the median of 3 contracts on 1m, Z +3.1, against +0.500 bp usual'
    """
    venue, _, symbol = instrument.partition(":")
    now, usual = (f"{signed(x)} bp" for x in bp)
    return (
        f"{symbol.partition('-')[0]} at {venue}: mark {now} from the median of {members} contracts on {tf}, Z {_z(z)}, "
        f"against {usual} usual"
    )


def sentence_of_cluster(rule: Cluster, direction: str, tf: str, coins: Sequence[str]) -> str:
    """How many coins spoke the same way, and which.

    >>> from fbkit.alerts.rule import TIER_6
    >>> sentence_of_cluster(TIER_6, "up", "5m", ["BTC", "ETH", "SOL"])
    'Cluster, up, on 5m: tier 2 or higher in 3 coins at once: BTC, ETH, SOL'
    """
    named = ", ".join(coins[:_NAMED]) + (f" and {len(coins) - _NAMED} more" if len(coins) > _NAMED else "")
    return (
        f"{title_of(rule)}, {direction}, on {tf}: tier {rule.of_tier} or higher in {len(coins)} coins at once: {named}"
    )


def title_of(rule: Rule) -> str:
    """A rule's name as a sentence begins with it.

    >>> from fbkit.alerts.rule import TIER_2
    >>> title_of(TIER_2)
    'Confluence'
    """
    text = rule.name.replace("_", " ").replace("-", " ")
    return text[:1].upper() + text[1:]
