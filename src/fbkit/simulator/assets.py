"""The seed's assets in order of turnover: name, sector, price. Every venue's contracts follow these.

Beyond the named ones further ones are made up, so that a market of several hundred instruments can be had.
"""

from __future__ import annotations

from typing import NamedTuple

from fbkit.simulator.coin import SECTORS


class Asset(NamedTuple):
    """``base`` as Binance spells it, so ``1000PEPE`` is a thousand; ``price`` is USD for one such base."""

    base: str
    sector: int
    price: float

    @property
    def thousand(self) -> bool:
        """Whether the name counts a thousand coins."""
        return self.base.startswith("1000")

    @property
    def plain(self) -> str:
        """The coin's own name.

        >>> assets(12)[-1].plain, assets(12)[-1].plain_price
        ('PEPE', 4.8731e-06)
        """
        return self.base.removeprefix("1000")

    @property
    def plain_price(self) -> float:
        """USD a single coin."""
        return round(self.price / 1000.0, 14) if self.thousand else self.price


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


def assets(n: int) -> list[Asset]:
    """The ``n`` largest.

    >>> [asset.base for asset in assets(3)]
    ['BTC', 'ETH', 'SOL']
    """
    named = [part.split() for line in _NAMED.strip().splitlines() for part in line.split("|")]
    rows = [Asset(base, int(sector), float(price)) for base, sector, price in named]
    taken = {asset.base for asset in rows}
    k = 0
    while len(rows) < n:
        base = _made_up(k)
        if base not in taken:
            taken.add(base)
            rows.append(Asset(base, k % len(SECTORS), round(0.011 * 1.37 ** (k % 23) * (1 + (k % 7) / 11), 6)))
        k += 1
    return rows[:n]


def _made_up(k: int) -> str:
    size = len(_SYLLABLES)
    word = _SYLLABLES[k % size] + _SYLLABLES[(k // size + 7 * k + 3) % size]
    return word if k < size * size else word + _SYLLABLES[(k // (size * size)) % size]
