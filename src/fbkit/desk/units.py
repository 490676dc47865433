"""The unit of a column, by its name: what stands in a table's head."""

from __future__ import annotations

from fbkit.model import BAR_COLUMNS, METRICS, SUMMARY_COLUMNS

_UNITS = {column.name: column.unit for column in (*METRICS, *SUMMARY_COLUMNS, *BAR_COLUMNS)} | {
    "coverage": "share",
    "side": "±1",
    "price_ratio": "× other venues",
    "tick": "USD",
    "step": "coin",
    "r": "[-1, 1]",
}

#: The end of a name → its unit; the longer one speaks.
_ENDINGS = {
    "_usd": "USD",
    "_base": "coin",
    "_bp": "bp",
    "_bp_8h": "bp / 8 h",
    "_8h": "fraction / 8 h",
    "_apr": "fraction / year",
    "_ann": "fraction / year",
    "_3m": "fraction / year",
    "_pct": "%",
    "_apr_pct": "% a year",
    "_share": "share",
    "_rate": "share",
    "_frac": "fraction",
    "_dlog": "ln",
    "_ms": "ms",
    "_s": "s",
    "_ns": "UTC ns",
    "_usd_per_venue": "USD",
}


def unit_of(column: str) -> str:
    """The unit of a column; empty where its name tells none.

    >>> unit_of("close"), unit_of("oi_total_usd"), unit_of("z_ret_60"), unit_of("venue")
    ('USD', 'USD', 'sd', '')
    """
    known = _UNITS.get(column)
    if known is not None:
        return "" if known == "–" else known
    if column.startswith(("z_", "zr_", "ze_")):
        return "sd"
    if column.startswith("n_"):
        return "count"
    return next((_ENDINGS[end] for end in sorted(_ENDINGS, key=len, reverse=True) if column.endswith(end)), "")
