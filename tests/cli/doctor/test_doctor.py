"""``fbkit doctor`` on a real machine: it says what it finds, exits 1 for problems alone, and changes nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from fbkit.clock import SystemClock
from fbkit.model import Market
from fbkit.runtime import RuntimeFile, publish_runtime
from fbkit.store import open_writer
from tests.cli.conftest import Say


def of(answer: str, group: str) -> list[dict[str, str]]:
    return [one for one in json.loads(answer)["findings"] if one["group"] == group]


def test_a_fresh_machine_has_no_problem_and_is_told_how_to_begin(say: Say) -> None:
    code, out, err = say("doctor", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["state"] in {"ok", "warning"}
    assert any("fbkit up" in one["then"] for one in of(out, "database"))
    assert any(one["sentence"].startswith("Python 3") for one in of(out, "packages"))


def test_a_person_reads_groups_states_and_next_steps(url: str, say: Say) -> None:
    code, out, _ = say("doctor", "--db", url)
    assert code == 0
    for said in (
        "packages\n",
        "places\n",
        "SIMULATED, seed 7",
        "a quick check found no damage",
        "no collector runs",
        "in all: ",
    ):
        assert said in out


def test_a_damaged_database_is_a_problem_and_exit_1(tmp_path: Path, say: Say) -> None:
    path = tmp_path / "bad.db"
    path.write_bytes(b"this is no database, however long one looks at it " * 100)
    code, out, _ = say("doctor", "--db", f"sqlite:///{path.as_posix()}", "--json")
    assert code == 1
    (one,) = of(out, "database")
    assert one["state"] == "problem"
    assert one["then"]


def test_what_lies_about_is_found_and_left_alone(home: Path, tmp_path: Path, say: Say) -> None:
    gone = home / "runtime" / "0123.json"
    publish_runtime(gone, RuntimeFile("ws://127.0.0.1:1", "t", 2**22 + 5, 1, "LIVE", "sqlite:///x.db", 0))
    for name in ("x.db.corrupt-20260101T000000Z", "x.db.spill-20260101T000000Z-1"):
        (tmp_path / name).write_bytes(b"x")
    _, out, _ = say("doctor", "--db", f"sqlite:///{(tmp_path / 'x.db').as_posix()}", "--json")
    said = " ".join(one["sentence"] for one in of(out, "collector"))
    for expected in ("is gone", "corrupt-2026", "spill files"):
        assert expected in said
    assert gone.is_file()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="POSIX locks")
def test_a_writer_that_answers_nobody_is_named_and_keeps_its_lock(tmp_path: Path, say: Say) -> None:
    url = f"sqlite:///{(tmp_path / 'x.db').as_posix()}"
    writer = open_writer(url, market=Market.LIVE, seed=None, clock=SystemClock(), holder="the test")
    _, out, _ = say("doctor", "--db", url, "--json")
    writer.close()
    assert any("the test (pid" in one["sentence"] for one in of(out, "collector"))
    _, out, _ = say("doctor", "--db", url, "--json")
    assert not any("locked by" in one["sentence"] for one in of(out, "collector"))
