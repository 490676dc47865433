"""The rows of OKX's REST pages that no stream has, under the venue's own names; the others are in ``wire``.

Source: OKX v5 docs, "Public Data", "Trading Statistics".
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fbkit.feeds.decoding import Amount, Millis, Number


class Page(Struct, gc=False):
    """Every answer. ``code`` is ``"0"`` where it is one."""

    data: msgspec.Raw


class SettledRow(Struct, gc=False):
    """``public/funding-rate-history``."""

    fundingTime: Millis
    realizedRate: Number


class InterestRow(Struct, array_like=True, gc=False):
    """``rubik/stat/contracts/open-interest-history``: contracts, coins, USD."""

    ts: Millis
    oi: Amount
    oiCcy: Amount
    oiUsd: Amount


class RatioRow(Struct, array_like=True, gc=False):
    """``rubik/stat/contracts/long-short-…``."""

    ts: Millis
    ratio: Amount


class TakerRow(Struct, array_like=True, gc=False):
    """``rubik/stat/taker-volume-contract``."""

    ts: Millis
    sellVol: Amount
    buyVol: Amount
