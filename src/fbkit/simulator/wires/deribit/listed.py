"""Rows of the instrument list.

Source: Deribit API 2.1.1, "public/get_instruments".
"""

from __future__ import annotations

from fbkit.simulator.coin import Coin
from fbkit.simulator.wires.deribit.rows import Row

#: A perpetual expires in the year 3000.
_NEVER_MS = 32_503_708_800_000


def instrument(coin: Coin) -> Row:
    """``contract_size`` is the lot of an order, which an inverse contract has in USD."""
    lot = float(coin.face_usd) if coin.inverse else coin.size_of(1)
    kind = "reversed" if coin.inverse else "linear"
    dated = coin.expiry_ms is not None
    return {
        "tick_size": coin.tick,
        "settlement_period": "month" if dated else "perpetual",
        "settlement_currency": coin.settle,
        "quote_currency": coin.quote,
        "price_index": f"{coin.base}_{coin.quote}".lower(),
        "min_trade_amount": lot,
        "kind": "future",
        "is_active": True,
        "state": "open",
        "instrument_name": coin.symbol,
        "instrument_type": kind,
        "future_type": kind,
        "expiration_timestamp": coin.expiry_ms or _NEVER_MS,
        "creation_timestamp": coin.onboard_ms,
        "counter_currency": coin.quote,
        "contract_size": lot,
        "base_currency": coin.base,
    }


#: One option of the thousands there are: nobody here follows them.
OPTION: Row = {
    "tick_size": 0.0005,
    "settlement_period": "month",
    "settlement_currency": "BTC",
    "quote_currency": "BTC",
    "min_trade_amount": 0.1,
    "kind": "option",
    "option_type": "call",
    "strike": 90_000.0,
    "is_active": True,
    "state": "open",
    "instrument_name": "BTC-25DEC26-90000-C",
    "instrument_type": "reversed",
    "expiration_timestamp": 1_798_185_600_000,
    "creation_timestamp": 1_766_736_000_000,
    "counter_currency": "USD",
    "contract_size": 1.0,
    "base_currency": "BTC",
}
