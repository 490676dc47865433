"""The doctor's checks are pure: given facts, a state, a sentence, and what to do where it is not well."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath

import pytest

from fbkit.cli.doctor import clocks, database, libraries, packages, places, remains
from fbkit.cli.doctor.finding import Finding, worst
from fbkit.errors import SchemaMismatch, StoreBusy, StoreCorrupt, StoreMissing

MOUNTS = [("/", "ext4"), ("/mnt/nas", "nfs4"), ("/mnt/nas/local", "xfs"), ("/media/share", "CIFS")]


def test_the_worst_finding_decides():
    fine, warned = Finding("a", "ok", "x"), Finding("a", "warning", "x", "y")
    assert worst([]) == "ok"
    assert worst([fine, warned]) == "warning"
    assert worst([warned, Finding("b", "problem", "x", "y"), fine]) == "problem"


def test_an_old_python_is_a_problem():
    assert packages.python((3, 11, 0), "Linux").state == "ok"
    assert packages.python((3, 10, 14), "Linux").state == "problem"


def test_packages_that_are_missing_or_too_old_are_named():
    have = {"numpy": "2.1", "pandas": "3.0.1"}
    found = list(packages.needed(["numpy>=2.3", "pandas>=3.0", "rich>=14"], have.get))
    assert [(one.state, one.sentence) for one in found] == [
        ("problem", "numpy 2.1 is installed, numpy>=2.3 is needed"),
        ("problem", "rich is not installed"),
        ("ok", "1 packages fbkit needs are there, each new enough"),
    ]
    assert all(one.then for one in found if one.state != "ok")


def test_an_extra_says_what_it_brings_and_is_never_a_problem():
    wanted = ['duckdb>=1.4; extra == "parquet"', 'ccxt>=4.5; extra == "ccxt"']
    absent, present = packages.needed(wanted, {"duckdb": "1.5"}.get), packages.needed(wanted, {"ccxt": "4.6"}.get)
    told = {one.sentence for one in (*absent, *present)}
    assert "extra parquet is installed: archive and export as Parquet, and `desk.sql`" in told
    assert any(one.startswith("extra parquet is not installed") for one in told)
    assert worst([*packages.needed(wanted, {}.get)]) == "ok"


def test_what_another_platform_needs_is_not_missed_here():
    (one,) = packages.needed(['pysqlite3>=0.6; sys_platform == "plan9"'], {}.get)
    assert one.state == "ok"


def test_an_old_sqlite_warns_and_names_the_driver_to_take():
    assert libraries.sqlite("3.60.0", "pysqlite3", None).state == "ok"
    old = libraries.sqlite("3.40.1", "sqlite3", "SQLite 3.40.1 can damage a database")
    assert (old.state, "pysqlite3" in old.then) == ("warning", True)


def test_a_transport_that_is_asked_for_must_be_there():
    assert libraries.transport("picows", has_picows=False).state == "problem"
    assert libraries.transport("auto", has_picows=False).state == "ok"
    assert "picows" in libraries.transport("auto", has_picows=True).sentence


@pytest.mark.parametrize(
    ("path", "keeper"),
    [
        (PureWindowsPath(r"C:\Users\ann\OneDrive - Firm\fbkit"), "OneDrive"),
        (PurePosixPath("/home/ann/Dropbox/fbkit"), "Dropbox"),
        (PurePosixPath("/Users/ann/Library/CloudStorage/GoogleDrive-a@b/fbkit"), "a cloud's"),
        (PurePosixPath("/Users/ann/Library/Mobile Documents/com~apple~CloudDocs"), "iCloud"),
        (PureWindowsPath(r"G:\My Drive\fbkit"), "Google Drive"),
        (PurePosixPath("/home/ann/dropped/fbkit"), ""),
    ],
)
def test_synced_folders_are_known_by_their_names(path, keeper):
    assert places.synced(path) == keeper
    assert (places.place("home", path, [], "FBKIT_HOME").state == "warning") is bool(keeper)


@pytest.mark.parametrize(
    ("path", "state"),
    [
        (PurePosixPath("/home/ann"), "ok"),
        (PurePosixPath("/mnt/nas/fbkit"), "warning"),
        (PurePosixPath("/mnt/nas/local/fbkit"), "ok"),
        (PurePosixPath("/media/share"), "warning"),
        (PureWindowsPath(r"\\server\share\fbkit"), "warning"),
    ],
)
def test_network_file_systems_are_told_by_the_nearest_mount(path, state):
    found = places.place("home", path, MOUNTS, "FBKIT_HOME")
    assert found.state == state
    assert ("FBKIT_HOME" in found.then) is (state == "warning")


@pytest.mark.parametrize(
    ("total", "free", "state"),
    [(100 << 30, 50 << 30, "ok"), (100 << 30, 4 << 30, "warning"), (8 << 30, (1 << 30) - 1, "warning")],
)
def test_little_room_is_a_warning(total, free, state):
    assert places.disk(total, free).state == state


def test_a_folder_that_cannot_be_written_is_a_problem_and_one_that_can_is_not_worth_a_word():
    assert not list(places.writable("home", PurePosixPath("/x"), is_writable=True))
    assert next(places.writable("home", PurePosixPath("/x"), is_writable=False)).state == "problem"


URL = "sqlite:////x.db"


@pytest.mark.parametrize(
    ("seen", "state", "said"),
    [
        (database.Seen(URL, StoreMissing("x", "there is no database", "start")), "ok", "nothing was collected"),
        (database.Seen(URL, SchemaMismatch("x", "written by a newer fbkit", "upgrade")), "problem", "newer fbkit"),
        (database.Seen(URL, StoreCorrupt("x", "the file is damaged", "recover")), "problem", "damaged"),
        (database.Seen(URL, StoreBusy("x", "locked", "wait")), "problem", "locked"),
        (database.Seen(URL, None, "SIMULATED", 7, 4096, 0, is_checked=True), "ok", "SIMULATED, seed 7"),
        (database.Seen(URL, None, "LIVE", None, 4096, 1 << 30), "warning", "write-ahead log"),
        (database.Seen(URL, None, "LIVE", is_writable=False), "problem", "cannot be written"),
    ],
)
def test_a_database_is_told_as_it_is(seen, state, said):
    found = list(database.look(seen))
    assert worst(found) == state
    assert any(said in one.sentence for one in found)
    assert all(one.then for one in found if one.state != "ok")


def test_a_collector_that_is_not_well_says_why():
    (none,) = remains.collector(None)
    (well,) = remains.collector(remains.Running(7, "2026", "ok"))
    (ill,) = remains.collector(remains.Running(7, "2026", "degraded", ["okx is late"]))
    assert (none.state, well.state, ill.state) == ("ok", "ok", "warning")
    assert "okx is late" in ill.sentence


def test_what_earlier_runs_left_is_named_with_what_to_do():
    left = remains.Remains(
        runtime=[PurePosixPath("/h/runtime/a.json")],
        spill=[(PurePosixPath("/h/x.db.spill-1"), 3_000_000)],
        corrupt=[PurePosixPath("/h/x.db.corrupt-1")],
        lock_holder="fbkit collect (pid 9)",
    )
    told = list(remains.remains(left, runs=False))
    assert [one.state for one in told] == ["warning"] * 4
    assert "sqlite3 /h/x.db.corrupt-1 .recover" in " ".join(one.then for one in told)
    assert "3.0 MB" in " ".join(one.sentence for one in told)
    assert len(list(remains.remains(left, runs=True))) == 2, "a running collector sees to its spill and holds the lock"


def test_a_clock_that_is_off_warns_and_a_silent_venue_too():
    assert clocks.clock("okx", 1.0).state == "ok"
    assert "behind okx's" in clocks.clock("okx", -60.0).sentence
    assert clocks.clock("okx", None, "ConnectError").state == "warning"
