import hashlib
import shutil
import subprocess

import pytest

from fbkit.continuity.files import SOURCE_ROOT, key_files, source_files
from fbkit.continuity.hashing import FileHash, hash_file, manifest


def test_a_hash_is_that_of_sha256sum(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"abc" * 1_000_000)
    assert hash_file(tmp_path / "a.txt").hash == f"sha256:{hashlib.sha256(b'abc' * 1_000_000).hexdigest()}"


@pytest.mark.faults("R8")
def test_a_file_that_changes_once_is_hashed_again(tmp_path):  # R8
    path = tmp_path / "a.txt"
    path.write_text("first")
    reads = []

    def read(path):
        text = path.read_bytes()
        reads.append(text)
        if len(reads) == 1:
            path.write_text("second!")
        return f"sha256:{text.decode()}", len(text)

    assert hash_file(path, read=read) == FileHash("sha256:second!", 7)
    assert reads == [b"first", b"second!"]


@pytest.mark.faults("R8")
def test_a_file_that_never_stands_still_is_unstable_after_three_tries(tmp_path):  # R8
    path = tmp_path / "a.txt"
    path.write_text("x")
    reads = []

    def read(path):
        size = path.stat().st_size
        reads.append(size)
        path.write_text("x" * (size + 1))
        return "sha256:00", size

    assert hash_file(path, read=read).state == "unstable"
    assert len(reads) == 3


def test_a_file_that_is_gone_is_unreadable(tmp_path):
    assert hash_file(tmp_path / "none") == FileHash("", 0, "unreadable")


def test_the_list_of_source_is_read_by_sha256sum(tmp_path):
    found = source_files()
    assert {"fbkit/errors.py", "fbkit/reports/templates/fbkit_report/report.css"} <= found.keys()
    (tmp_path / "source.sha256").write_bytes(
        manifest({name: found[name] for name in ("fbkit/errors.py", "fbkit/clock.py")})
    )
    if not shutil.which("sha256sum"):
        pytest.skip("no sha256sum on this machine")
    done = subprocess.run(
        ["sha256sum", "-c", str(tmp_path / "source.sha256")],
        cwd=SOURCE_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_key_files_are_notebooks_project_files_and_good_reports(workspace):
    (workspace / "notebooks").mkdir()
    (workspace / "notebooks" / "00_start.ipynb").write_text("{}")
    (workspace / "notebooks" / "linked.ipynb").symlink_to(workspace / "notebooks" / "00_start.ipynb")
    (workspace / "pyproject.toml").write_text("[project]")
    for folder in ("reports/status/20260101T000000Z", "reports/status.failed-20260101T000000Z", "reports/.status-ab"):
        (workspace / folder).mkdir(parents=True)
        (workspace / folder / "report.json").write_text("{}")
    assert list(key_files(workspace)) == [
        "pyproject.toml",
        "notebooks/00_start.ipynb",
        "reports/status/20260101T000000Z/report.json",
    ]
