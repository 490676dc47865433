"""What OKX's contracts are called, and how many coins they are."""

import pytest

from fbkit.feeds.okx.pages import instruments
from fbkit.feeds.okx.symbols import assume, followable, index_of, make, spelling_of
from fbkit.feeds.okx.wire import InstrumentRow
from fbkit.model import NS_MS


@pytest.fixture
def swaps(load):
    return {instrument.venue_symbol: instrument for instrument in instruments(load("okx/rest_instruments_swap.json"))}


@pytest.fixture
def futures(load):
    return {
        instrument.venue_symbol: instrument for instrument in instruments(load("okx/rest_instruments_futures.json"))
    }


def test_a_contract_is_a_hundredth_of_a_bitcoin(swaps):
    btc = swaps["BTC-USDT-SWAP"]
    assert (btc.name, btc.base, btc.quote, btc.settle) == ("okx:BTC-USDT-PERP", "BTC", "USDT", "USDT")
    assert (btc.contract_size, btc.size_mult, btc.tick, btc.step) == (0.01, 0.01, 0.1, 0.01 * 0.01)


def test_the_thousands_of_pepe_hide_in_the_contract(swaps):
    pepe = swaps["PEPE-USDT-SWAP"]
    assert (pepe.base, pepe.unit_mult, pepe.size_mult, pepe.step) == ("PEPE", 1.0, 10_000_000.0, 1_000_000.0)


def test_an_inverse_contract_counts_dollars_and_has_no_step_in_coins(swaps):
    btc = swaps["BTC-USD-SWAP"]
    assert (btc.name, btc.inverse, btc.contract_size, btc.settle, btc.step) == (
        "okx:BTC-USD-PERP",
        True,
        100.0,
        "BTC",
        None,
    )


def test_stocks_and_rows_that_cannot_be_read_are_left_out_and_others_are_not_followed(swaps):
    assert set(swaps) == {
        *("BTC-USDT-SWAP", "ETH-USDT-SWAP", "PEPE-USDT-SWAP", "BTC-USD-SWAP"),
        *("SOON-USDT-SWAP", "OLD-USDT-SWAP"),
    }
    assert (swaps["SOON-USDT-SWAP"].status, swaps["OLD-USDT-SWAP"].status) == ("pre_market", "suspend")
    assert sorted(symbol for symbol, instrument in swaps.items() if followable(instrument)) == [
        *("BTC-USD-SWAP", "BTC-USDT-SWAP", "ETH-USDT-SWAP", "PEPE-USDT-SWAP"),
    ]


def test_a_future_ends_and_an_x_perp_does_not_whatever_its_date(futures):
    dated, xperp = futures["BTC-USDT-261225"], futures["BTC-USD_UM_XPERP-310404"]
    assert (dated.name, dated.expiry) == ("okx:BTC-USDT-261225", 1_798_185_600_000 * NS_MS)
    assert (xperp.expiry, xperp.inverse, xperp.quote) == (None, False, "USD")
    assert "ODD-USDT-261225" not in futures, "a future without an end"


def test_who_has_a_funding_rate_is_no_dated_future(load):
    body = load("okx/rest_instruments_futures.json")
    [dated] = [one for one in instruments(body, {"BTC-USDT-261225"}) if one.venue_symbol == "BTC-USDT-261225"]
    assert (dated.name, dated.expiry, dated.quote) == ("okx:BTC-USDT_261225-PERP", None, "USDT")


def test_no_two_contracts_bear_one_name(swaps, futures):
    names = [instrument.name for instrument in [*swaps.values(), *futures.values()]]
    assert len(set(names)) == len(names)


def test_contracts_of_one_underlying_share_an_index():
    assert {index_of(symbol) for symbol in ("BTC-USDT-SWAP", "BTC-USDT-261225")} == {"BTC-USDT"}
    assert index_of("BTC-USDT") == ""


@pytest.mark.parametrize(
    "symbol", ["BTC-USDT", "BTC-USD-220304-32000-P", "", "BTC-USDT-SWAP-", "<b>-USDT-SWAP", "BTC-USDT-2612"]
)
def test_what_is_no_contract_is_nothing(symbol):
    assert spelling_of(symbol) is None
    assert assume(symbol) is None


def test_a_day_that_is_none_is_no_contract():
    assert assume("BTC-USDT-261399") is None


def test_names_may_be_in_any_script():
    assert assume("币安人生-USDT-SWAP").name == "okx:币安人生-USDT-PERP"


@pytest.mark.parametrize("size", ["", "0", "-1", "nan", "inf", "x"])
def test_without_a_contract_value_there_are_no_units(size):
    assert make(InstrumentRow("BTC-USDT-SWAP", "SWAP", ctVal=size)) is None


@pytest.mark.real
def test_what_we_assume_of_contracts_is_what_the_lists_of_2022_say(real_data):
    from fbkit.feeds.recorded import open_recording

    checked = 0
    for frame in open_recording(real_data / "okx" / "cryptofeed_OKX.jsonl.zst").frames():
        if frame.is_http and ("SWAP" in frame.url or "FUTURES" in frame.url):
            for instrument in instruments(frame.payload):
                guess = assume(instrument.venue_symbol)
                assert (guess.name, guess.base, guess.quote) == (instrument.name, instrument.base, instrument.quote)
                assert (guess.inverse, guess.settle, guess.expiry) == (
                    *(instrument.inverse, instrument.settle),
                    instrument.expiry,
                )
                if guess.inverse or guess.base in {"BTC", "ETH", "XRP", "DOGE", "ADA", "TRX"}:
                    assert guess.contract_size == instrument.contract_size, instrument
                checked += 1
    assert checked == 5 * (166 + 104)
