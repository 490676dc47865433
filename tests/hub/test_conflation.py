from fbkit.hub.conflation import Conflation
from fbkit.hub.messages import LiveRow


def test_the_first_row_after_a_silence_leaves_at_once():
    live = Conflation()
    live.add([LiveRow("a", 1.0)])
    assert live.due(5.0) == 0.0
    live.take(5.0)
    assert live.due(5.1) == 0.0


def test_rows_within_100_ms_of_the_last_message_wait_for_the_rest_of_it():
    live = Conflation()
    live.take(5.0)
    live.add([LiveRow("a", 1.0)])
    assert abs(live.due(5.04) - 0.06) < 1e-9


def test_only_the_newest_row_of_an_instrument_leaves_and_only_once():
    live = Conflation()
    live.add([LiveRow("a", 1.0), LiveRow("b", 1.0)])
    live.add([LiveRow("a", 2.0)])
    assert [(row.instrument, row.last) for row in live.take(1.0)] == [("a", 2.0), ("b", 1.0)]
    assert live.take(1.1) == []


def test_the_newest_values_stay_known_for_who_comes_later():
    live = Conflation()
    live.add([LiveRow("a", 1.0)])
    live.take(1.0)
    assert live.latest["a"].last == 1.0
