"""The SQLite library in use: old ones can damage a database that two connections checkpoint, and doctor says so."""

from __future__ import annotations

import json

import pytest

from fbkit.cli import run
from fbkit.store.sqlite.driver import library


@pytest.mark.faults("C23")
def test_doctor_warns_of_an_old_library_and_names_the_newer_driver(monkeypatch, capsys):
    monkeypatch.setattr(library(), "sqlite_version_info", (3, 51, 2))
    monkeypatch.setattr(library(), "sqlite_version", "3.51.2")
    run(["doctor", "--json"])
    told = [one for one in json.loads(capsys.readouterr().out)["findings"] if "3.51.2" in one["sentence"]]
    assert [one["state"] for one in told] == ["warning"]
    assert "pysqlite3" in told[0]["sentence"] + told[0]["then"]
