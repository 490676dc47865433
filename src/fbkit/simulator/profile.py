"""How the venues differ: a line each."""

from __future__ import annotations

from typing import NamedTuple

from fbkit.simulator import listings
from fbkit.simulator.listings import Listing


class Profile(NamedTuple):
    """One venue beside the others.

    ``number`` mixes into the draws of its trades, quotes, books and ids; Binance's 0 mixes in nothing. ``share`` is its
    activity beside Binance's. ``spread`` is how many times as wide it quotes. ``latency_ms``: a trade is pushed so much
    after it matched. ``basis_bp``: how far its prices usually stand from the seed's, drifting.
    ``liquidations_a_second`` is what it tells of one coin at most: ``None`` tells all, 0 none. ``coins(n, at_ms)`` are
    the ``n`` largest contracts it lists at an instant, fewer where it has fewer.

    >>> [coin.symbol for coin in PROFILES["okx"].coins(2, 1_795_000_000_000)]
    ['BTC-USDT-SWAP', 'ETH-USDT-SWAP']
    """

    venue: str
    number: int
    share: float
    spread: float
    latency_ms: int
    basis_bp: float
    liquidations_a_second: int | None
    coins: Listing


BINANCE = Profile("binance", 0, 1.0, 1.0, 150, 0.0, 1, listings.binance)

PROFILES: dict[str, Profile] = {
    profile.venue: profile
    for profile in (
        BINANCE,
        Profile("bybit", 1, 0.55, 1.1, 3, 0.6, None, listings.bybit),
        Profile("okx", 2, 0.5, 1.1, 15, 0.8, 1, listings.okx),
        Profile("hyperliquid", 3, 0.3, 1.8, 300, 2.0, 0, listings.hyperliquid),
        Profile("deribit", 4, 0.15, 2.0, 30, 1.5, None, listings.deribit),
        Profile("bitget", 5, 0.4, 1.3, 8, 0.9, None, listings.bitget),
        Profile("gate", 6, 0.3, 1.5, 12, 1.2, None, listings.gate),
    )
}
