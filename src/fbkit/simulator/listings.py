"""What each venue lists: how it spells and counts the seed's assets, largest first.

The traps are the venues' own: Bybit's ``SHIB1000USDT`` beside ``1000PEPEUSDT``, OKX's contracts of ten million PEPE,
Hyperliquid's ``kPEPE``, Gate's whole contracts of 0.0001 BTC, Deribit's and OKX's inverse and dated ones.
Source: the venues' instrument lists.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable

from fbkit.simulator.assets import Asset, assets
from fbkit.simulator.calendar import MS_DAY
from fbkit.simulator.coin import Coin

#: Where Binance prints more decimals than the tick has, or a lot that its price does not suggest: tick, price, step.
_PRINTED = {"BTC": (1, 2, 3), "ETH": (2, 2, 3), "SOL": (2, 4, 2), "BNB": (2, 3, 2), "LTC": (2, 2, 3), "BCH": (2, 2, 3)}

#: A dated contract nearer to its end than this is no longer the one that is traded.
_ROLL_MS = 7 * MS_DAY

_QUARTERS = (3, 6, 9, 12)
_FRIDAY = 4


def quarterly(at_ms: int) -> dt.datetime:
    """When the quarterly contract of an instant ends: 08:00 UTC on the last Friday of a quarter, a week ahead or more.

    >>> quarterly(1_795_000_000_000).isoformat()
    '2026-12-25T08:00:00+00:00'
    """
    year = dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).year
    ends = (_last_friday(y, month) for y in (year, year + 1) for month in _QUARTERS)
    return next(end for end in ends if end.timestamp() * 1000 > at_ms + _ROLL_MS)


def _last_friday(year: int, month: int) -> dt.datetime:
    following = dt.datetime(year + month // 12, month % 12 + 1, 1, 8, tzinfo=dt.UTC)
    return following - dt.timedelta(days=(following.weekday() - _FRIDAY - 1) % 7 + 1)


def _numbered(n: int) -> Iterable[tuple[int, Asset]]:
    return enumerate(assets(n))


def _onboard(rank: int) -> int:
    return 1_567_965_300_000 + min(rank, 420) * 5 * MS_DAY


def _tick(price: float) -> int:
    """Decimals of a tick of some basis points of a price."""
    return max(math.ceil(-math.log10(price * 2e-4)), 0)


def _lot(price: float) -> int:
    """Decimals of a lot of some dollars."""
    return min(max(math.ceil(math.log10(price / 5.0)), 0), 3)


def _usual_hours(rank: int) -> int:
    return 8 if rank < 32 else (1 if rank % 13 == 5 else 4)


def _in_coins(rank: int, asset: Asset, symbol: str, base: str, price: float) -> Coin:
    """A linear contract counted in coins."""
    generic = _tick(price)
    tick, printed, step = _PRINTED.get(asset.base, (generic, generic, _lot(price)))
    return Coin(symbol, base, asset.sector, price, tick, printed, step, _usual_hours(rank), _onboard(rank), asset=rank)


def binance(n: int, _at_ms: int) -> list[Coin]:
    """USD-M perpetuals.

    >>> [coin.symbol for coin in binance(3, 0)]
    ['BTCUSDT', 'ETHUSDT', 'SOLUSDT']
    """
    return [_in_coins(k, asset, f"{asset.base}USDT", asset.base, asset.price) for k, asset in _numbered(n)]


def bybit(n: int, _at_ms: int) -> list[Coin]:
    """Linear perpetuals in coins; one of the thousands is spelled with a suffix.

    >>> [coin.symbol for coin in bybit(40, 0) if "1000" in coin.symbol]
    ['1000PEPEUSDT', 'SHIB1000USDT', '1000BONKUSDT']
    """
    spelled = {"1000SHIB": "SHIB1000"}
    listed = []
    for k, asset in _numbered(n):
        base = spelled.get(asset.base, asset.base)
        coin = _in_coins(k, asset, f"{base}USDT", base, asset.price)
        listed.append(coin._replace(price_decimals=coin.tick_decimals))
    return listed


_OKX_CONTRACTS = {"BTC": -2, "ETH": -1, "SHIB": 6}


def okx(n: int, at_ms: int) -> list[Coin]:
    """Swaps in contracts with fractional lots; one inverse swap, and a dated future of each of the two largest.

    >>> [(coin.symbol, coin.contract_exponent, coin.face_usd) for coin in okx(8, 1_795_000_000_000)[4:]]
    [('BTC-USD-SWAP', 0, 100), ('BNB-USDT-SWAP', -1, 0), ('DOGE-USDT-SWAP', 3, 0), ('BTC-USDT-261225', -2, 0)]
    """
    swaps = [_okx_swap(k, asset) for k, asset in _numbered(n)]
    end = quarterly(at_ms)
    expiry_ms = round(end.timestamp() * 1000)
    bitcoin, ether = (_okx_swap(k, asset) for k, asset in _numbered(2))
    inverse = bitcoin._replace(symbol="BTC-USD-SWAP", quote="USD", settle="BTC", weight=0.2)
    extra = {
        4: inverse._replace(face_usd=100, contract_exponent=0, step_decimals=1),
        7: bitcoin._replace(symbol=f"BTC-USDT-{end:%y%m%d}", expiry_ms=expiry_ms, weight=0.1),
        9: ether._replace(symbol=f"ETH-USDT-{end:%y%m%d}", expiry_ms=expiry_ms, weight=0.06),
    }
    return _woven(swaps, extra)[:n]


def _okx_swap(rank: int, asset: Asset) -> Coin:
    base, price = asset.plain, asset.plain_price
    tick = {"BTC": 1, "ETH": 2}.get(base, _tick(price))
    exponent = _OKX_CONTRACTS.get(base, math.ceil(math.log10(30.0 / price)))
    hours = 8 if rank < 40 else 4
    step = 2 if rank < 3 else 1
    coin = Coin(f"{base}-USDT-SWAP", base, asset.sector, price, tick, tick, step, hours, _onboard(rank), asset=rank)
    return coin._replace(contract_exponent=exponent)


def _woven(listed: list[Coin], extra: dict[int, Coin]) -> list[Coin]:
    """The list with further contracts at their ranks."""
    whole = list(listed)
    for place, coin in sorted(extra.items()):
        whole.insert(place, coin)
    return whole


def hyperliquid(n: int, _at_ms: int) -> list[Coin]:
    """Perpetuals in coins, named by the coin; thousands have a ``k``. Prices have five digits, funding is hourly.

    >>> listed = hyperliquid(12, 0)
    >>> [(coin.symbol, coin.tick_decimals, coin.step_decimals) for coin in (listed[0], listed[1], listed[11])]
    [('BTC', 0, 5), ('ETH', 1, 4), ('kPEPE', 6, 0)]
    """
    listed = []
    for k, asset in _numbered(n):
        name = f"k{asset.plain}" if asset.thousand else asset.base
        step = {"BTC": 5, "ETH": 4}.get(name, _lot(asset.price))
        tick = min(max(4 - math.floor(math.log10(asset.price)), 0), 6 - step)
        coin = Coin(name, name, asset.sector, asset.price, tick, tick, step, 1, _onboard(k), asset=k)
        listed.append(coin._replace(quote="USD", settle="USDC"))
    return listed


#: What Deribit lists against USDC, in order of turnover.
_DERIBIT_USDC = [
    "BTC",
    "ETH",
    "SOL",
    "XRP",
    "BNB",
    "DOGE",
    "HYPE",
    "SUI",
    "ADA",
    "LINK",
    "AVAX",
    "LTC",
    "TRX",
    "BCH",
    "AAVE",
    "NEAR",
    "TAO",
    "UNI",
    "DOT",
    "TON",
    "ALGO",
    "TRUMP",
]


def deribit(n: int, at_ms: int) -> list[Coin]:
    """Inverse perpetuals and a dated future counted in USD, and linear perpetuals against USDC counted in coins.

    An inverse contract is 10 USD of BTC or 1 USD of ETH; amounts on the wire are USD: contracts times ``face_usd``.

    >>> [coin.symbol for coin in deribit(6, 1_795_000_000_000)]
    ['BTC-PERPETUAL', 'ETH-PERPETUAL', 'BTC_USDC-PERPETUAL', 'SOL_USDC-PERPETUAL', 'BTC-25DEC26', 'ETH_USDC-PERPETUAL']
    >>> len(deribit(90, 1_795_000_000_000))
    25
    """
    by_base = {asset.base: (k, asset) for k, asset in _numbered(90)}
    linear = {base: _deribit_linear(*by_base[base]) for base in _DERIBIT_USDC}
    end = quarterly(at_ms)
    bitcoin = _inverse(linear["BTC"], "BTC-PERPETUAL", 10)
    dated = bitcoin._replace(symbol=f"BTC-{end.day}{end:%b%y}".upper(), expiry_ms=round(end.timestamp() * 1000))
    first = [bitcoin, _inverse(linear["ETH"], "ETH-PERPETUAL", 1), linear.pop("BTC")._replace(weight=0.3)]
    first += [linear.pop("SOL"), dated._replace(weight=0.15), linear.pop("ETH")._replace(weight=0.2)]
    return [*first, *linear.values()][:n]


def _inverse(coin: Coin, symbol: str, face_usd: int) -> Coin:
    return coin._replace(symbol=symbol, quote="USD", settle=coin.base, face_usd=face_usd, step_decimals=0)


def _deribit_linear(rank: int, asset: Asset) -> Coin:
    tick = {"BTC": 1, "ETH": 2}.get(asset.base, _tick(asset.price))
    step = {"BTC": 4, "ETH": 3}.get(asset.base, _lot(asset.price))
    symbol = f"{asset.base}_USDC-PERPETUAL"
    coin = Coin(symbol, asset.base, asset.sector, asset.price, tick, tick, step, 8, _onboard(rank), asset=rank)
    return coin._replace(quote="USDC", settle="USDC")


def bitget(n: int, _at_ms: int) -> list[Coin]:
    """USDT perpetuals in coins; of the thousands only BONK is counted so.

    >>> [coin.symbol for coin in bitget(40, 0) if coin.asset in {11, 36, 37}]
    ['PEPEUSDT', 'SHIBUSDT', '1000BONKUSDT']
    """
    listed = []
    for k, asset in _numbered(n):
        kept = asset.base == "1000BONK" or not asset.thousand
        base, price = (asset.base, asset.price) if kept else (asset.plain, asset.plain_price)
        coin = _in_coins(k, asset, f"{base}USDT", base, price)
        tick = coin.tick_decimals if kept else _tick(price)
        listed.append(coin._replace(tick_decimals=tick, price_decimals=tick))
    return listed


_GATE_CONTRACTS = {"BTC": -4, "ETH": -2, "SOL": 0, "XRP": 1, "DOGE": 1}


def gate(n: int, _at_ms: int) -> list[Coin]:
    """USDT perpetuals in whole contracts of ``quanto_multiplier`` coins.

    >>> [(coin.symbol, coin.contract_exponent) for coin in gate(12, 0) if coin.asset in {0, 5, 11}]
    [('BTC_USDT', -4), ('DOGE_USDT', 1), ('PEPE_USDT', 6)]
    """
    listed = []
    for k, asset in _numbered(n):
        base, price = asset.plain, asset.plain_price
        tick = {"BTC": 1, "ETH": 2}.get(base, _tick(price))
        exponent = _GATE_CONTRACTS.get(base, math.ceil(math.log10(1.0 / price)))
        coin = Coin(f"{base}_USDT", base, asset.sector, price, tick, tick, 0, 8 if k < 24 else 4, _onboard(k), asset=k)
        listed.append(coin._replace(contract_exponent=exponent))
    return listed


Listing = Callable[[int, int], list[Coin]]
