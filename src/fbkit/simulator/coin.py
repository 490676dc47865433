"""One contract as a venue lists it: how it is spelled, counted, settled, and which of the seed's assets it follows."""

from __future__ import annotations

from typing import NamedTuple

SECTORS = ("L1", "L2", "DeFi", "Meme", "AI", "Payment", "Infrastructure")

#: Turnover of an inverse contract is summed as steps over ticks in parts of this size.
COIN_PARTS = 10**11


class Coin(NamedTuple):
    """One contract of one venue.

    Prices travel as whole *ticks*, sizes as whole lot *steps*, both integers; :meth:`price_of` and :meth:`size_of`
    give what the venue prints.

    ``symbol`` and ``base`` are the venue's own words (``1000PEPE``, ``kPEPE``, ``PEPE``); ``price`` is USD for one
    ``base`` so spelled. ``tick_decimals``, ``price_decimals``, ``step_decimals``: decimals of the tick, of printed
    prices, and of the lot step in the unit that the venue counts sizes in. That unit is ``10 ** contract_exponent``
    bases, or ``face_usd`` USD where the contract is inverse. ``asset`` is its place in the seed's list of assets;
    several contracts may follow one asset. ``weight``: its activity beside the venue's main contract of the asset.

    >>> okx = Coin("BTC-USDT-SWAP", "BTC", 0, 83091.7, 1, 1, 2, 8, 0, contract_exponent=-2)
    >>> okx.size_of(150), okx.base_of(150, 830_917), okx.tick, okx.inverse
    (1.5, 0.015, 0.1, False)
    >>> inverse = Coin("BTC-USD-SWAP", "BTC", 0, 80_000.0, 1, 1, 0, 8, 0, settle="BTC", quote="USD", face_usd=100)
    >>> inverse.base_of(8, 800_000), inverse.usd_of(8, 800_000)
    (0.01, 800.0)
    """

    symbol: str
    base: str
    sector: int
    price: float
    tick_decimals: int
    price_decimals: int
    step_decimals: int
    funding_hours: int
    onboard_ms: int
    asset: int = 0
    quote: str = "USDT"
    settle: str = "USDT"
    contract_exponent: int = 0
    face_usd: int = 0
    expiry_ms: int | None = None
    weight: float = 1.0

    @property
    def inverse(self) -> bool:
        """Whether it is margined in the coin and counted in USD."""
        return self.face_usd > 0

    @property
    def tick(self) -> float:
        """Smallest price step, USD."""
        return float(10.0**-self.tick_decimals)

    @property
    def contract(self) -> float:
        """Bases that one printed unit of size is, where the contract is linear."""
        return float(10.0**self.contract_exponent)

    @property
    def quote_decimals(self) -> int:
        """Decimals that a sum of price times size can have."""
        return self.price_decimals + self.step_decimals

    @property
    def subtype(self) -> str:
        """The exchange's word for the sector."""
        return "PoW" if self.base == "BTC" else SECTORS[self.sector]

    def price_of(self, ticks: int) -> float:
        """The price that so many ticks are, exact to the last printed digit."""
        return ticks / float(10**self.tick_decimals)

    def size_of(self, steps: int) -> float:
        """The size that the venue prints for so many steps: coins, or contracts."""
        return steps / float(10**self.step_decimals)

    def base_of(self, steps: int, ticks: int) -> float:
        """The size in bases, as ``base`` is spelled; an inverse contract's depends on the price."""
        if self.face_usd:
            return self.size_of(steps) * self.face_usd / self.price_of(ticks)
        return self.size_of(steps) * self.contract

    def usd_of(self, steps: int, ticks: int) -> float:
        """What so many steps are worth, USD."""
        if self.face_usd:
            return self.size_of(steps) * self.face_usd
        return self.base_of(steps, ticks) * self.price_of(ticks)

    def base_volume(self, steps: int, turnover: int) -> float:
        """Bases of a kline's or a day's ``steps`` and ``turnover``."""
        if self.face_usd:
            return turnover / COIN_PARTS * self.face_usd * float(10.0 ** (self.tick_decimals - self.step_decimals))
        return self.size_of(steps) * self.contract

    def usd_volume(self, steps: int, turnover: int) -> float:
        """USD of a kline's or a day's ``steps`` and ``turnover``."""
        if self.face_usd:
            return self.size_of(steps) * self.face_usd
        return turnover / float(10 ** (self.tick_decimals + self.step_decimals)) * self.contract
