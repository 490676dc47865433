"""fbkit's own container."""

import os
import signal
import subprocess
import sys

import pytest

from fbkit.errors import DamagedRecording
from fbkit.feeds.recorded import Capture, open_recording, replay_frames
from fbkit.model import NS_HOUR, Control, Listing, OpenInterest, Trade

T0 = 1_791_000_000_000_000_000


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "captured"


def write(folder, *frames):
    capture = Capture(folder)
    for frame in frames:
        capture.raw(*frame)
    capture.close()
    assert capture.dropped == 0
    return capture


def test_what_was_said_reads_as_it_was_said(folder):
    frames = [
        ("binance", "market-1", T0, b'{"a":1}'),
        ("binance", "public-1", T0 + 1, '{"s":"币安人生USDT"}'.encode()),
        ("binance", "market-1", T0 + 2, b"\xff\xfe not text"),
        ("binance", "rest:/fapi/v1/openInterest?symbol=BTCUSDT", T0 + 3, b"{}"),
        ("binance", "market-1", T0 + 4, b'with "quotes"\nand lines'),
    ]
    write(folder, *frames)
    recording = open_recording(folder)
    assert (recording.venue, recording.container) == ("binance", "capture")
    read = list(recording.frames())
    assert [(frame.venue, frame.connection, frame.ts_recv, frame.payload) for frame in read] == frames
    assert [frame.is_http for frame in read] == [False, False, False, True, False]
    assert read[3].url == "/fapi/v1/openInterest?symbol=BTCUSDT"
    assert len(list(folder.rglob("*.fbkit.jsonl.zst"))) == 3


def test_every_hour_has_its_file(folder):
    write(folder, *(("binance", "market-1", T0 + hour * NS_HOUR, b"%d" % hour) for hour in range(3)))
    assert len(list(folder.rglob("*.zst"))) == 3
    assert [frame.payload for frame in open_recording(folder).frames()] == [b"0", b"1", b"2"]


def test_one_file_is_a_recording_too(folder):
    write(folder, ("binance", "market-1", T0, b"x"))
    [path] = folder.rglob("*.zst")
    assert [frame.payload for frame in open_recording(path).frames()] == [b"x"]


def test_it_goes_through_the_parser_with_the_units_it_captured(folder, load):
    write(
        folder,
        ("binance", "rest:/fapi/v1/exchangeInfo", T0, load("binance/rest_exchange_info.json")),
        ("binance", "rest:/fapi/v1/fundingInfo", T0 + 1, load("binance/rest_funding_info.json")),
        ("binance", "market-1", T0 + 2, load("binance/ws_agg_trade.json")),
        ("binance", "rest:/fapi/v1/openInterest?symbol=BTCUSDT", T0 + 3, load("binance/rest_open_interest.json")),
    )
    items = [item for _, _, items in replay_frames(folder) for item in items]
    assert [type(item) for item in items] == [Control, Control, Listing, Trade, OpenInterest]
    assert items[2].assumed is False


@pytest.mark.faults
def test_a_file_cut_anywhere_reads_up_to_the_cut(folder):
    frames = [("binance", "market-1", T0 + n, f'{{"n":{n},"noise":"{n * 7919 % 9973}"}}'.encode()) for n in range(3000)]
    write(folder, *frames)
    [path] = folder.rglob("*.zst")
    whole = path.read_bytes()
    seen = []
    for cut in range(100, len(whole), len(whole) // 7):
        path.write_bytes(whole[:cut])
        recording = open_recording(folder)
        read = [frame.payload for frame in recording.frames()]
        assert read == [payload for *_, payload in frames[: len(read)]]
        seen.append(len(read))
    assert seen == sorted(seen)
    path.write_bytes(whole)
    assert len(list(open_recording(folder).frames())) == 3000


CHILD = """
import sys, time
from fbkit.feeds.recorded import Capture
capture = Capture(sys.argv[1])
for n in range(500):
    capture.raw("binance", "market-1", 1791000000000000000 + n, b"%d" % n)
while not list(capture.folder.rglob("*.zst")) or capture._waiting:
    time.sleep(0.01)
time.sleep(0.3)
print("written", flush=True)
time.sleep(60)
"""


@pytest.mark.faults
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_a_killed_writer_leaves_what_it_had_written(folder):
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "written\n"
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
    assert [frame.payload for frame in open_recording(folder).frames()] == [b"%d" % n for n in range(500)]


@pytest.mark.faults
def test_damage_in_the_middle_is_damage(folder):
    write(folder, *(("binance", "market-1", T0 + n, os.urandom(200)) for n in range(500)))
    [path] = folder.rglob("*.zst")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 64] = bytes(64)
    path.write_bytes(bytes(data))
    with pytest.raises(DamagedRecording):
        list(open_recording(folder).frames())


@pytest.mark.faults
def test_a_capture_that_cannot_write_says_so_and_stops_nobody(folder):
    folder.write_text("a file where the folder should be")
    capture = Capture(folder)
    capture.raw("binance", "market-1", T0, b"x")
    capture.close()
    assert capture.error is not None
    assert capture.dropped == 1


@pytest.mark.faults
def test_a_newer_format_is_refused_by_name(folder):
    folder.mkdir()
    path = folder / "x.jsonl"
    path.write_text('{"fbkit":"capture","format":99,"venue":"binance","connection":"market-1"}\n')
    with pytest.raises(DamagedRecording, match="format 99"):
        open_recording(path)
