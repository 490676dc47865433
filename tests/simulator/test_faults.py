"""Scripts of faults: what they say, and what they refuse to say."""

import pytest

from fbkit.errors import SettingError
from fbkit.simulator.faults import Fault, FaultScript, channel_of
from fbkit.simulator.streams import Frame


@pytest.mark.parametrize(
    "text",
    ["{", "{}", '[{"at_s": 1}]', '[{"at_s": 1, "fault": "explode"}]', '[{"at_s": 1, "fault": "dup", "fro_s": 2}]'],
)
def test_a_script_that_cannot_be_is_refused_with_what_is_wrong(text):
    with pytest.raises(SettingError, match="faults"):
        FaultScript.parse(text)


@pytest.mark.parametrize(
    ("stream", "channel"),
    [
        ("btcusdt@aggTrade", "aggTrade"),
        ("!bookTicker", "bookTicker"),
        ("!ticker@arr", "ticker"),
        ("btcusdt@depth20", "depth"),
        ("btcusdt@markPrice@1s", "markPrice"),
        ("!forceOrder@arr", "forceOrder"),
    ],
)
def test_a_stream_belongs_to_a_channel(stream, channel):
    assert channel_of(stream) == channel


def test_a_fault_means_its_stream_its_channel_or_everything():
    trade, quote = Frame(0, "btcusdt@aggTrade", b""), Frame(0, "btcusdt@bookTicker", b"")
    assert [Fault(0, "dup", stream="btcusdt@aggTrade").means(one) for one in (trade, quote)] == [True, False]
    assert [Fault(0, "dup", channel="bookTicker").means(one) for one in (trade, quote)] == [False, True]
    assert [Fault(0, "dup").means(one) for one in (trade, quote)] == [True, True]


def test_a_fault_of_one_route_leaves_the_other_alone():
    script = FaultScript([Fault(0, "silence", for_s=9, route="public")])
    frames = [Frame(1, "a@x", b"1")]
    assert script.shape(frames, 0, "market") == frames
    assert script.shape(frames, 0, "public") == []


def test_cuts_are_told_once_and_in_order():
    script = FaultScript([Fault(2, "close", code=1012), Fault(1, "rst")])
    assert [fault.fault for fault in script.cuts(1_500, 0)] == ["rst"]
    assert [fault.code for fault in script.cuts(9_000, 0)] == [1012]
    assert script.cuts(99_000, 0) == []


def test_a_swapped_pair_cut_in_two_by_the_second_still_goes_out():
    script = FaultScript([Fault(0, "reorder", for_s=9)])
    frames = [Frame(k, "a@x", b"%d" % k) for k in range(5)]
    assert [frame.payload for frame in script.shape(frames, 0, "market")] == [b"1", b"0", b"3", b"2", b"4"]
