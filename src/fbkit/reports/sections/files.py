"""The files that decide what was computed, each with its hash."""

from __future__ import annotations

from pathlib import Path

from fbkit.continuity.files import SOURCE_ROOT, key_files, source_files
from fbkit.continuity.hashing import FileHash, digest_of, manifest
from fbkit.reports import words
from fbkit.reports.page import Attached, B, Block, C, Grid, Line, Section, Words


def files(workspace: Path) -> Section:
    """Notebooks, project files, locks and earlier reports of the workspace, and fbkit's own source as one list."""
    found, source = key_files(workspace), source_files()
    numbers = {
        "files": {name: entry.hash for name, entry in found.items()},
        "source": {"files": len(source), "hash": digest_of(manifest(source))},
    }
    blocks: list[Block] = [_claim(found), *_table(found), _source(source, workspace)]
    return Section("files", blocks, numbers)


def _claim(found: dict[str, FileHash]) -> Block:
    if not found:
        return Words([B("The workspace holds no key file:"), " no notebook, no project file, no earlier report."])
    moving = [name for name, entry in found.items() if entry.state != "stable"]
    text = ", by their SHA-256; `sha256sum FILE` gives the same digits."
    if moving:
        text += f" {words.joined(moving)}: changed while being read, or unreadable."
    first, command, rest = text.split("`")
    return Words(
        [
            B(f"{words.many(len(found), 'file')} of the workspace"),
            f"{first}",
            C(command),
            f"{rest} A database is not among them: it changes while it is read.",
        ]
    )


def _table(found: dict[str, FileHash]) -> list[Block]:
    rows: list[list[Line]] = [
        [
            C(name),
            words.size(entry.bytes),
            C(entry.hash) if entry.state == "stable" else f"{entry.state} {entry.hash}".strip(),
        ]
        for name, entry in found.items()
    ]
    return [Grid(["file", ">size", "hash"], rows, dense=True)] if rows else []


def _source(source: dict[str, FileHash], workspace: Path) -> Block:
    listed = manifest(source)
    where = "src/" if workspace / "src" == SOURCE_ROOT else "the folder that holds the package"
    line: Line = [
        f"the hashes of fbkit's own {words.many(len(source), 'file')} by their path from {where}, to be read by ",
        C("sha256sum -c"),
        "; the list itself is ",
        C(digest_of(listed)),
        ".",
    ]
    return Attached("source.sha256", listed, line)
