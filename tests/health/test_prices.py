"""A coin that costs a thousand times as much at one venue was counted by the thousand there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fbkit.health import strange_prices


def test_a_forgotten_multiplier_is_told_with_both_prices() -> None:
    prices = {
        "binance:PEPE-USDT-PERP": 4.87e-6,
        "bybit:PEPE-USDT-PERP": 4.88e-3,
        "okx:PEPE-USDT-PERP": 4.86e-6,
        "gate:PEPE-USDT-PERP": 4.87e-6,
    }
    (one,) = strange_prices(prices)
    assert one.instrument == "bybit:PEPE-USDT-PERP"
    assert "1,002 times what 3 other venues ask" in str(one)


def test_of_two_venues_nobody_knows_who_is_wrong_so_both_are_told() -> None:
    told = strange_prices({"bybit:SHIB-USDT-PERP": 8.7e-6, "okx:SHIB-USDT-PERP": 8.7e-3})
    assert [one.instrument for one in told] == ["bybit:SHIB-USDT-PERP", "okx:SHIB-USDT-PERP"]


def test_three_contracts_of_one_venue_do_not_outvote_two_other_venues() -> None:
    prices = {f"okx:X-{quote}-PERP": 1000.0 for quote in ("USDT", "USDC", "USD")}
    prices |= {"binance:X-USDT-PERP": 1.0, "bybit:X-USDT-PERP": 1.01}
    assert {one.instrument for one in strange_prices(prices)} == {f"okx:X-{q}-PERP" for q in ("USDT", "USDC", "USD")}


def test_a_dated_contract_far_from_the_perpetual_is_no_mistake() -> None:
    assert strange_prices({"okx:BTC-USDT-261225": 97_000.0, "deribit:BTC-USD-PERP": 83_000.0}) == []


@given(st.dictionaries(st.sampled_from([f"{v}:A-USDT-PERP" for v in ("a", "b", "c")]), st.floats(-1, 1e12)))
def test_whatever_the_prices_nothing_raises(prices: dict[str, float]) -> None:
    for one in strange_prices(prices):
        assert str(one)
