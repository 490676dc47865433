import json
import threading

import pytest

from fbkit.continuity.history import publish, recall

NAME, FORM = "continuity_state.json", "fbkit.continuity/1"


def put(folder, number, **more):
    publish(folder, NAME, {"format": FORM, "number": number, **more}, f"20260101T000000Z-{number:06d}")


@pytest.mark.faults("R7")
def test_a_reader_never_sees_half_a_file(tmp_path):  # R7
    put(tmp_path, 0)
    done, read = threading.Event(), []

    def look():
        while not done.is_set():
            read.append(json.loads((tmp_path / NAME).read_bytes())["number"])

    reader = threading.Thread(target=look)
    reader.start()
    try:
        for number in range(1, 151):
            put(tmp_path, number, padding="x" * (number * 200))
    finally:
        done.set()
        reader.join()
    assert read == sorted(read)
    assert json.loads((tmp_path / NAME).read_bytes())["number"] == 150


def test_the_last_five_are_kept(tmp_path):
    for number in range(1, 9):
        put(tmp_path, number)
    kept = sorted(path.name for path in (tmp_path / "history").iterdir())
    assert [name[17:23] for name in kept] == ["000004", "000005", "000006", "000007", "000008"]


@pytest.mark.faults("R7")
@pytest.mark.parametrize(
    "torn", [b"", b'{"format": "fbkit.cont', b"\x00" * 50, b"[" * 100_000, b"[1]", b'{"format": "other/9"}']
)
def test_a_torn_file_is_answered_with_the_one_before_and_said(tmp_path, torn):  # R7
    put(tmp_path, 1)
    put(tmp_path, 2)
    (tmp_path / NAME).write_bytes(torn)
    (tmp_path / "history" / f"20260101T000000Z-000002-{NAME}").write_bytes(torn)
    found = recall(tmp_path, NAME, FORM)
    assert found.facts["number"] == 1
    assert "000001" in found.trouble


@pytest.mark.faults("R7")
def test_a_missing_file_is_answered_with_its_newest_copy_and_said(tmp_path):  # R7
    put(tmp_path, 1)
    put(tmp_path, 2)
    (tmp_path / NAME).unlink()
    found = recall(tmp_path, NAME, FORM)
    assert found.facts["number"] == 2
    assert "missing" in found.trouble


def test_where_nothing_was_ever_written_there_is_no_trouble(tmp_path):
    found = recall(tmp_path, NAME, FORM)
    assert found.facts is None
    assert found.trouble == ""
