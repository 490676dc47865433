import json
import math

import msgspec
import pytest

from fbkit.hub import Commit, Done, Gone, Hello, Live, LiveRow, Pulse, decode, encode
from fbkit.model import (
    AccountRow,
    AlertRow,
    BarRow,
    Gap,
    HealthRow,
    MetricRow,
    SummaryRow,
)

NAN = float("nan")
A = "binance:BTC-USDT-PERP"
BAR = BarRow(A, "1m", 0, 60, open=1.5, n_trades=None, coverage=1.0, source="own")
METRIC = MetricRow(A, "1m", 60, (NAN, 2.0), (0, 5), ("warmup", ""), 1.0)
SUMMARY = SummaryRow(
    A, "1m", 60, 1.0, 2.0, NAN, NAN, 5.0, NAN, 0.1, NAN, NAN, NAN, NAN, 0.0, 0.0, "", NAN, NAN, 0, 1.0, "own", "warmup"
)
ALERT = AlertRow(1, 60, A, "1m", 60, 1, "z", "up", "z_ret_20", 4.2, 4.0, 20, 1.0, "BTC moved")
GAP = Gap(A, 60, 61, 9, "binance", "trade", "opened", "disconnect", 50)


def same(left, right):
    return repr(left) == repr(right)  # NaN is no equal of itself


@pytest.mark.parametrize(
    "message",
    [
        Hello(3, "SIMULATED", 7, "/x.db", "0.1.0", 12, 5),
        Live(5, [LiveRow(A, 1.0, 4), LiveRow("b")], missed=2),
        Commit(4, [BAR], [METRIC], [SUMMARY], [ALERT], [GAP], more=True),
        Commit(5),
        Pulse(
            5,
            1,
            [HealthRow(5, "binance", "trade", "ok", "", "")],
            [AccountRow(1, "binance", "trade", 2, 2)],
            {"binance": 9.5},
        ),
        Done(1, ok=False, error="no"),
    ],
    ids=lambda message: type(message).__name__,
)
def test_what_goes_out_comes_in_unchanged(message):
    assert same(decode(encode(message)), message)


def test_a_missing_number_is_null_on_the_wire_and_nan_in_a_row():
    sent = encode(Commit(1, metrics=[METRIC]))
    assert json.loads(sent)["metrics"][0]["values"] == [None, 2.0]
    assert math.isnan(decode(sent).metrics[0].values[0])


def test_a_live_row_is_an_array_in_the_documented_order():
    row = LiveRow(A, 1.0, 2, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
    assert json.loads(msgspec.json.encode(row)) == [A, 1.0, 2, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
    assert LiveRow.__struct_fields__ == (
        "instrument",
        "last",
        "ts_event",
        "bid",
        "ask",
        "mark",
        "funding_8h",
        "oi_usd",
        "day_change",
        "day_vol_usd",
    )


@pytest.mark.parametrize(
    "frame", ["", "7", "[]", '{"t":"gone","why":"x"}', '{"t":5}', "{}", '{"t":"live","ts":"x","rows":[]}']
)
def test_what_is_no_message_is_refused_as_such(frame):
    with pytest.raises(msgspec.DecodeError):
        decode(frame)


def test_gone_has_a_name_of_its_own():
    assert Gone.__struct_config__.tag == "gone"
