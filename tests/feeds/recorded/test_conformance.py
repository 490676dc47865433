"""``fbkit conformance``: every file is a row, and nothing raises out of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fbkit.cli import run
from fbkit.feeds.recorded import Capture
from fbkit.feeds.recorded.conformance import examine, examine_folder
from fbkit.feeds.recorded.replay import READERS
from fbkit.model import NS_MS

T0 = 1_791_382_992_488
FRAME = (
    '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":%d,"a":1,"s":"BTCUSDT","p":"83091.70","q":"0.022",'
    '"f":1,"l":1,"T":%d,"m":false,"st":1}}'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One of each: what is read, what is a table, whom we have no room for, what is no recording, and notes."""
    (tmp_path / "binance").mkdir()
    rows = [{"raw": FRAME % (T0, T0)}, {"raw": '{"e":"aggTrade","s":"BTCUSDT","p":"nan"}'}, {"raw": "{}"}]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "binance" / "frames.jsonl").write_text(lines, "utf-8")
    (tmp_path / "table.csv").write_text("time,price\n1,2\n", "utf-8")
    (tmp_path / "kraken.jsonl").write_text('{"raw": "{}", "exchange": "KRAKEN"}\n', "utf-8")
    (tmp_path / "empty.jsonl").write_bytes(b"")
    (tmp_path / "MANIFEST.md").write_text("notes", "utf-8")
    return tmp_path


def test_every_file_but_notes_is_a_row_with_what_came_of_it(folder: Path) -> None:
    found = {one.file: one for one in examine_folder(folder)}
    assert set(found) == {"binance/frames.jsonl", "table.csv", "kraken.jsonl", "empty.jsonl"}
    read = found["binance/frames.jsonl"]
    assert (read.venues, read.frames, read.items) == (["binance"], 3, 3)
    assert (read.events["trade"], read.events["listing"]) == (1, 1)
    assert read.quarantined == {"trade malformed": 1, "? unknown": 1}
    assert {name for name, one in found.items() if one.unsupported} == {"table.csv", "kraken.jsonl", "empty.jsonl"}
    assert "kraken" in found["kraken.jsonl"].unsupported


def test_a_capture_is_one_recording_whatever_its_files(tmp_path: Path) -> None:
    capture = Capture(tmp_path / "kept")
    for number, connection in enumerate(("market-1", "public-1")):
        capture.raw("binance", connection, (T0 + number) * NS_MS, (FRAME % (T0, T0)).encode())
    capture.close()
    (one,) = examine_folder(tmp_path)
    assert (one.file, one.frames, one.events["trade"]) == ("kept/binance", 2, 2)


def test_what_raises_is_told_and_is_exit_1(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["conformance", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["failed"], told["totals"]["files"], told["totals"]["unsupported"]) == (0, 4, 3)

    class Broken(READERS["binance"]):  # type: ignore[misc]  # a class chosen when called
        def read(self, frame: object) -> list[object]:
            raise ZeroDivisionError("planted")

    monkeypatch.setitem(READERS, "binance", Broken)
    assert "planted" in examine(folder / "binance" / "frames.jsonl").failed
    assert run(["conformance", str(folder)]) == 1
    assert "planted" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conformance", "nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err
