"""Scripts of faults: what they say, and what they refuse to say."""

import pytest

from fbkit.errors import SettingError
from fbkit.simulator.answers import answer
from fbkit.simulator.fault import CHANNELS_MEANT, Fault, Where
from fbkit.simulator.faults import FaultScript
from fbkit.simulator.wires.wire import Frame

PUBLIC = Where("binance", "public", {"a@x": "quote"})
MARKET = Where("binance", "market", {"a@x": "trade"})


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        "",
        '[{"at_s": 1}]',
        '[{"at_s": 1, "fault": "explode"}]',
        '[{"at_s": 1, "fault": "dup", "fro_s": 2}]',
        "- {at_s: one, fault: dup}",
    ],
)
def test_a_script_that_cannot_be_is_refused_with_what_is_wrong(text):
    with pytest.raises(SettingError, match="faults"):
        FaultScript.parse(text)


def test_yaml_and_json_say_the_same():
    yaml = """
    - at_s: 2
      fault: rate-limit
      venue: okx
      count: 3
    - {at_s: 1.5, fault: silence, channel: trade}
    """
    json = '[{"at_s":2,"fault":"rate-limit","venue":"okx","count":3},{"at_s":1.5,"fault":"silence","channel":"trade"}]'
    assert FaultScript.parse(yaml).faults == FaultScript.parse(json).faults
    assert [fault.at_s for fault in FaultScript.parse(yaml).faults] == [1.5, 2]


def test_a_channel_is_one_of_ours_and_the_refusal_names_them():
    with pytest.raises(SettingError) as refused:
        FaultScript.parse('[{"at_s": 1, "fault": "dup", "channel": "aggTrade"}]')
    assert all(word in str(refused.value) for word in CHANNELS_MEANT)


def test_a_venue_that_is_not_there_and_a_sequence_that_nobody_has_are_refused():
    with pytest.raises(SettingError, match="venue"):
        FaultScript([Fault(1, "dup", venue="kraken")]).check(["binance"], [])
    with pytest.raises(SettingError, match="seq-reset"):
        FaultScript([Fault(1, "seq-reset", venue="binance")]).check(["binance", "okx"], ["okx"])
    with pytest.raises(SettingError, match="seq-reset"):
        FaultScript([Fault(1, "seq-reset")]).check(["binance"], [])
    FaultScript([Fault(1, "seq-reset")]).check(["binance", "okx"], ["okx"])


def test_a_fault_means_its_stream_its_channel_or_everything():
    streams = [("btcusdt@aggTrade", "trade"), ("btcusdt@bookTicker", "quote")]
    assert [Fault(0, "dup", stream="btcusdt@aggTrade").means(*one) for one in streams] == [True, False]
    assert [Fault(0, "dup", channel="quote").means(*one) for one in streams] == [False, True]
    assert [Fault(0, "dup").means(*one) for one in streams] == [True, True]
    assert not Fault(0, "dup").means("", None)


def test_a_fault_of_one_route_or_venue_leaves_the_others_alone():
    script = FaultScript([Fault(0, "silence", for_s=9, route="public", venue="binance")])
    frames = [Frame(1, "a@x", b"1")]
    assert script.shape(frames, 0, MARKET) == frames
    assert script.shape(frames, 0, PUBLIC._replace(venue="okx")) == frames
    assert script.shape(frames, 0, PUBLIC) == []


def test_cuts_are_told_once_and_in_order():
    script = FaultScript([Fault(2, "close", code=1012), Fault(1, "rst")])
    assert [fault.fault for fault in script.cuts(1_500, 0)] == ["rst"]
    assert [fault.code for fault in script.cuts(9_000, 0)] == [1012]
    assert script.cuts(99_000, 0) == []


def test_a_swapped_pair_cut_in_two_by_the_second_still_goes_out():
    script = FaultScript([Fault(0, "reorder", for_s=9)])
    frames = [Frame(k, "a@x", b"%d" % k) for k in range(5)]
    assert [frame.payload for frame in script.shape(frames, 0, MARKET)] == [b"1", b"0", b"3", b"2", b"4"]


def test_what_was_done_is_counted_with_its_beginning():
    script = FaultScript([Fault(0, "dup", for_s=9, count=2), Fault(5, "silence"), Fault(99, "silence")])
    frames = [Frame(k * 1000, "a@x", b"%d" % k) for k in range(1, 8)]
    assert len(script.shape(frames, 0, MARKET)) == 7 + 2 - 1
    assert [(done.fault.fault, done.at_ms, done.times) for done in script.done] == [
        ("dup", 1000, 2),
        ("silence", 5000, 1),
    ]


def test_a_fault_is_told_when_it_begins_and_once():
    script = FaultScript([Fault(1, "freeze"), Fault(3, "rst")])
    assert script.begun(500, 0) == []
    assert [fault.fault for fault in script.begun(1_200, 0)] == ["freeze"]
    assert script.begun(1_300, 0) == []
    assert [(done.at_ms, done.times) for done in script.done] == [(1_200, 0)]


def test_requests_meet_the_disguises_in_turn_until_the_count_is_reached():
    script = FaultScript([Fault(0, "rate-limit", for_s=9, venue="okx", count=3), Fault(0, "html-502", for_s=9)])
    limited = [answer("{}", 429), answer('{"code":"50011"}')]
    given = [script.answers(1, 0, "okx", "/x", limited) for _ in range(4)]
    assert [one.status for one in given] == [429, 200, 429, 502]
    assert given[3].body.startswith(b"<html>")
    assert script.answers(1, 0, "binance", "/x", limited).status == 502
    assert script.answers(9_000, 0, "okx", "/x", limited) is None


def test_a_request_fault_may_mean_one_path():
    script = FaultScript([Fault(0, "html-502", stream="/fapi/v1/klines"), Fault(0, "refuse", channel="rest")])
    assert [script.answers(1, 0, "binance", path, []).status for path in ("/fapi/v1/klines", "/x")] == [502, 503]
    assert not script.refuses(1, 0, MARKET)
