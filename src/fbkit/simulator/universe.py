"""Which coins there are, and what each is like: price, ticks, liquidity, temper.

The list is in order of turnover, as a feed that takes the largest first expects it. Beyond the named coins further
ones are made up, so that a market of several hundred instruments can be had.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fbkit.simulator.noise import Floats, Ints

SECTORS = ("L1", "L2", "DeFi", "Meme", "AI", "Payment", "Infrastructure")


class Coin(NamedTuple):
    """One contract. ``price`` in USD a base unit; decimals of tick, of printed prices, of the lot step."""

    symbol: str
    base: str
    sector: int
    price: float
    tick_decimals: int
    price_decimals: int
    step_decimals: int
    funding_hours: int
    onboard_ms: int

    @property
    def tick(self) -> float:
        """Smallest price step, USD."""
        return float(10.0**-self.tick_decimals)

    @property
    def quote_decimals(self) -> int:
        """Decimals that a sum of price times size can have."""
        return self.price_decimals + self.step_decimals

    @property
    def subtype(self) -> str:
        """The exchange's word for the sector."""
        return "PoW" if self.base == "BTC" else SECTORS[self.sector]


#: base, sector, price in November 2026, in order of turnover.
_NAMED = """
BTC 0 83091.7|ETH 0 2687.41|SOL 0 141.62|XRP 5 2.1438|BNB 0 892.31|DOGE 3 0.14862|HYPE 0 38.417|SUI 0 1.7342
ZEC 5 486.21|ADA 0 0.51263|LINK 6 14.382|1000PEPE 3 0.0048731|AVAX 0 15.873|LTC 5 91.46|ENA 2 0.31842
TRX 5 0.28371|BCH 5 512.84|AAVE 2 181.37|NEAR 0 2.1347|TAO 4 318.62|UNI 2 6.4218|DOT 0 2.7436|TON 0 1.6283
WIF 3 0.48317|ARB 1 0.24736|FARTCOIN 3 0.31275|WLD 4 0.67842|FIL 6 1.5738|ONDO 2 0.56219|HBAR 0 0.14683
XLM 5 0.25361|APT 0 2.9174|OP 1 0.36482|ETC 0 15.238|INJ 2 6.1473|TIA 1 0.71628|1000SHIB 3 0.0087642
1000BONK 3 0.0098317|PENGU 3 0.013472|SEI 0 0.14738|CRV 2 0.44217|ICP 6 4.2631|ATOM 0 2.6183|RENDER 4 1.8462
FET 4 0.27314|JUP 2 0.26418|VIRTUAL 4 0.91327|LDO 2 0.78436|ALGO 0 0.16247|TRUMP 3 6.8142|STX 1 0.34716
POL 1 0.14382|KAS 0 0.047261|PENDLE 2 2.4817|GALA 6 0.0081347|IMX 1 0.31628|DYDX 2 0.24173|S 0 0.11846
JTO 2 0.49172|PYTH 6 0.087314|SAND 6 0.17328|ORDI 0 4.6218|MKR 2 1418.6|GRT 6 0.052836|AR 6 4.1372
1000FLOKI 3 0.053172|EIGEN 2 0.61438|STRK 1 0.12847|ZK 1 0.041372|ETHFI 2 0.86413|MORPHO 2 1.7428|AXS 6 1.2364
APE 6 0.36142|THETA 6 0.42817|RUNE 2 0.74316|COMP 2 36.42|SUSHI 2 0.41738|KAITO 4 0.73618|MANA 6 0.18463
CHZ 6 0.031748|ENS 6 11.362|VET 6 0.016384|NEO 0 4.8317|EGLD 0 9.4173|SNX 2 0.71463|QNT 6 84.37|DASH 5 61.28
IOTA 6 0.13742|ZRX 2 0.17438|1INCH 2 0.18246
"""

_SYLLABLES = (
    "BA",
    "CO",
    "DEX",
    "FI",
    "GRO",
    "HA",
    "KI",
    "LUM",
    "MO",
    "NEX",
    "ORB",
    "PLU",
    "QUA",
    "RIX",
    "SOL",
    "TER",
    "VEX",
    "ZEN",
)

#: Where the exchange prints more decimals than the tick has, or a lot that its price does not suggest.
_PRINTED = {"BTC": (1, 2, 3), "ETH": (2, 2, 3), "SOL": (2, 4, 2), "BNB": (2, 3, 2), "LTC": (2, 2, 3), "BCH": (2, 2, 3)}


def coins(n: int) -> list[Coin]:
    """The ``n`` largest contracts.

    >>> [coin.symbol for coin in coins(3)]
    ['BTCUSDT', 'ETHUSDT', 'SOLUSDT']
    """
    named = [part.split() for line in _NAMED.strip().splitlines() for part in line.split("|")]
    rows = [(base, int(sector), float(price)) for base, sector, price in named]
    taken = {base for base, _, _ in rows}
    k = 0
    while len(rows) < n:
        base = _made_up(k)
        if base not in taken:
            taken.add(base)
            rows.append((base, k % len(SECTORS), round(0.011 * 1.37 ** (k % 23) * (1 + (k % 7) / 11), 6)))
        k += 1
    return [_coin(rank, *row) for rank, row in enumerate(rows[:n])]


def _made_up(k: int) -> str:
    size = len(_SYLLABLES)
    word = _SYLLABLES[k % size] + _SYLLABLES[(k // size + 7 * k + 3) % size]
    return word if k < size * size else word + _SYLLABLES[(k // (size * size)) % size]


def _coin(rank: int, base: str, sector: int, price: float) -> Coin:
    generic = int(np.ceil(-np.log10(price * 2e-4)))
    tick, printed, step = _PRINTED.get(base, (generic, generic, int(np.clip(np.ceil(np.log10(price / 5.0)), 0, 3))))
    hours = 8 if rank < 32 else (1 if rank % 13 == 5 else 4)
    onboard = 1_567_965_300_000 + min(rank, 420) * 5 * 86_400_000
    return Coin(f"{base}USDT", base, sector, price, max(tick, 0), max(printed, 0), step, hours, onboard)


class Universe:
    """The coins of a market as columns, one value a coin in order of turnover.

    ``rate``: aggregate trades a second. ``mean_steps``: average size in lot steps. ``sigma``: standard deviation of a
    day's log return. ``own share``, ``to_market``, ``to_sector``: how its variance splits. ``oi_base`` in base units.
    """

    def __init__(self, n: int) -> None:
        self.coins = coins(n)
        self.n = n
        self.index = {coin.symbol: i for i, coin in enumerate(self.coins)}
        rank = np.arange(n, dtype=np.float64)
        self.price: Floats = np.array([coin.price for coin in self.coins])
        self.tick: Floats = np.array([coin.tick for coin in self.coins])
        self.log_price: Floats = np.log(self.price)
        self.sector: Ints = np.array([coin.sector for coin in self.coins], dtype=np.int64)
        self.step: Floats = np.array([10.0**-coin.step_decimals for coin in self.coins])
        self.funding_hours: Ints = np.array([coin.funding_hours for coin in self.coins], dtype=np.int64)
        meme = self.sector == SECTORS.index("Meme")
        self.rate: Floats = 13.0 / (1.0 + 0.35 * rank) ** 0.95
        self.mean_usd: Floats = 12_000.0 * (1.0 + rank) ** -0.72
        self.mean_steps: Floats = np.maximum(self.mean_usd / (self.price * self.step), 3.0)
        self.sigma: Floats = 0.024 + 0.034 * rank / (rank + 14.0) + 0.012 * meme
        self.to_market: Floats = 0.9 - 0.32 * rank / (rank + 10.0)
        self.to_sector: Floats = np.where(rank == 0, 0.1, 0.34)
        self.to_own: Floats = np.sqrt(1.0 - self.to_market**2 - self.to_sector**2)
        self.spread_bp: Floats = 0.012 + 0.045 * rank
        self.day_trades: Ints = np.rint(self.rate * 86_400.0).astype(np.int64)
        self.oi_base: Floats = 0.45 * self.rate * 86_400.0 * self.mean_usd / self.price
        self.premium_bp: Floats = 1.5 + 4.5 * rank / (rank + 30.0)
        self.depth_usd: Floats = 18.0 * self.mean_usd / (1.0 + 0.02 * rank)
