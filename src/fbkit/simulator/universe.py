"""The contracts of a market as columns: price, ticks, liquidity, temper."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fbkit.simulator.assets import assets
from fbkit.simulator.coin import SECTORS, Coin
from fbkit.simulator.noise import Floats, Ints


class Universe:
    """The coins of a venue, one value a coin in order of turnover.

    ``asset``: the place of each in the seed's list. ``rate``: aggregate trades a second. ``mean_steps``: average size
    in lot steps; ``step``: bases a lot step. ``sigma``: standard deviation of a day's log return. ``own share``,
    ``to_market``, ``to_sector``: how its variance splits. ``oi_base`` in bases. ``shift``: log of what one base counts
    beside the asset's.
    """

    def __init__(self, coins: Sequence[Coin], share: float = 1.0, spread: float = 1.0) -> None:
        self.coins = list(coins)
        self.n = len(self.coins)
        self.index = {coin.symbol: i for i, coin in enumerate(self.coins)}
        self.asset: Ints = np.array([coin.asset for coin in self.coins], dtype=np.int64)
        rank = self.asset.astype(np.float64)
        weight = np.array([share * coin.weight for coin in self.coins])
        self.price: Floats = np.array([coin.price for coin in self.coins])
        self.tick: Floats = np.array([coin.tick for coin in self.coins])
        self.log_price: Floats = np.log(self.price)
        self.sector: Ints = np.array([coin.sector for coin in self.coins], dtype=np.int64)
        self.step: Floats = np.array([_bases_a_step(coin) for coin in self.coins])
        self.funding_hours: Ints = np.array([coin.funding_hours for coin in self.coins], dtype=np.int64)
        meme = self.sector == SECTORS.index("Meme")
        self.rate: Floats = weight * (13.0 / (1.0 + 0.35 * rank) ** 0.95)
        self.mean_usd: Floats = 12_000.0 * (1.0 + rank) ** -0.72
        self.mean_steps: Floats = np.maximum(self.mean_usd / (self.price * self.step), 3.0)
        self.sigma: Floats = 0.024 + 0.034 * rank / (rank + 14.0) + 0.012 * meme
        self.to_market: Floats = 0.9 - 0.32 * rank / (rank + 10.0)
        self.to_sector: Floats = np.where(rank == 0, 0.1, 0.34)
        self.to_own: Floats = np.sqrt(1.0 - self.to_market**2 - self.to_sector**2)
        self.spread_bp: Floats = spread * (0.012 + 0.045 * rank)
        # A market without a trade a minute would have holes where its klines are.
        self.day_trades: Ints = np.maximum(np.rint(self.rate * 86_400.0), 2_000.0).astype(np.int64)
        self.oi_base: Floats = 0.45 * self.rate * 86_400.0 * self.mean_usd / self.price
        self.premium_bp: Floats = 1.5 + 4.5 * rank / (rank + 30.0)
        self.depth_usd: Floats = 18.0 * self.mean_usd / (1.0 + 0.02 * rank)
        self.inverse = np.array([coin.inverse for coin in self.coins], dtype=np.bool_)
        self.shift: Floats = _shifts(self.coins)

    @property
    def last_asset(self) -> int:
        """The smallest of the seed's assets that is listed, as its place."""
        return int(self.asset.max())


def _bases_a_step(coin: Coin) -> float:
    lot = float(10.0**-coin.step_decimals)
    return lot * coin.face_usd / coin.price if coin.inverse else lot * float(10.0**coin.contract_exponent)


def _shifts(coins: list[Coin]) -> Floats:
    known = assets(max(coin.asset for coin in coins) + 1)
    # The same price is no shift at all, to the last bit.
    ratio = [1.0 if coin.price == known[coin.asset].price else coin.price / known[coin.asset].price for coin in coins]
    shifts: Floats = np.log(np.array(ratio))
    return shifts
