"""What a viewer chose, and the address that carries it."""

import pytest

from fbkit.dashboard.scene import ALERTS_KEPT, Z_KINDS, Scene, first_choice
from fbkit.model import AlertRow, Gap
from fbkit.quant.frames.metrics import KINDS
from tests.dashboard.invented import InventedSource


@pytest.fixture
def scene():
    return Scene(InventedSource(6), tf="15m")


def alert(number, ts):
    return AlertRow(number, ts, "binance:BTC-USDT-PERP", "15m", ts, 1, "r", "long", "z_ret_60", 4.0, 3.0, 60, 1.0, "w")


def test_the_address_bears_only_what_differs_from_the_start(scene):
    assert scene.words() == {}
    scene.tf, scene.kind, scene.coin = "1h", "robust", "ETH"
    assert scene.words() == {"tf": "1h", "z": "robust", "coin": "ETH"}
    scene.tf = "15m"
    assert "tf" not in scene.words()


def test_what_an_address_says_is_chosen_and_what_means_nothing_is_passed_over(scene):
    scene.adopt({"tf": "4h", "w": "240", "i": "okx:BTC-USDT-PERP", "z": "loud", "x": "1"})
    assert (scene.tf, scene.window, scene.instrument, scene.kind) == ("4h", 240, "okx:BTC-USDT-PERP", "classic")
    scene.adopt({"tf": "7m", "w": "60; drop"})
    assert (scene.tf, scene.window) == ("4h", 240)


def test_what_was_chosen_for_the_viewer_is_not_in_the_address(scene):
    scene.begin_with("binance:BTC-USDT-PERP")
    assert scene.words() == {}
    scene.begin_with("okx:BTC-USDT-PERP")
    assert scene.instrument == "binance:BTC-USDT-PERP"
    scene.instrument = "okx:BTC-USDT-PERP"
    assert scene.words() == {"i": "okx:BTC-USDT-PERP"}


def test_words_and_back_are_the_same_choices(scene):
    scene.tf, scene.window, scene.venue = "1m", 20, "okx"
    other = Scene(scene.source, tf="15m")
    other.adopt(scene.words())
    assert other.words() == scene.words()


def test_the_kinds_of_z_are_those_that_can_be_computed():
    assert set(KINDS) == set(Z_KINDS)


def test_the_newest_alerts_and_the_newest_phase_of_a_gap_are_kept(scene):
    scene.remember([alert(n, n) for n in range(ALERTS_KEPT + 5)], [])
    assert len(scene.alerts) == ALERTS_KEPT
    assert min(scene.alerts) == 5
    opened = Gap("", 1, 1, 7, "okx", "trade", "opened", "stalled", 1)
    closed = Gap("", 2, 2, 7, "okx", "trade", "closed", "stalled", 1, 2)
    scene.remember([], [opened, closed])
    assert scene.gaps[7].phase == "closed"


def test_without_a_beat_the_clock_tells_the_time_and_an_export_says_the_market_is_not_known(scene):
    assert abs(scene.now - scene.clock.now()) < 1e9
    assert scene.told == "market not known yet"


def test_the_first_choice_is_the_perpetual_at_the_largest_venue():
    names = ["okx:BTC-USDT-PERP", "binance:BTC-USDT-261225", "binance:BTC-USDT-PERP", "binance:ETH-USDT-PERP"]
    assert first_choice(names) == "binance:BTC-USDT-PERP"
    assert first_choice(names, "ETH") == "binance:ETH-USDT-PERP"
    assert first_choice(names, "DOGE") == "binance:BTC-USDT-PERP"
    assert first_choice([]) == ""
