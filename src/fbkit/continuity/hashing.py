"""Hashes of files that may change while they are read (FAULTS R8)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec

_TRIES = 3
_BLOCK = 1 << 20


class FileHash(msgspec.Struct, frozen=True):
    """A file's hash as ``sha256:<hex>``, its size in bytes, and whether it stood still while it was read.

    ``hash`` is ``""`` where the file could not be read; ``state`` is ``stable``, ``unstable`` or ``unreadable``.
    """

    hash: str
    bytes: int
    state: str = "stable"


def digest_of(data: bytes) -> str:
    """SHA-256 of bytes in the form everything here uses.

    >>> digest_of(b"")
    'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    """
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def hash_file(path: Path, *, read: Callable[[Path], tuple[str, int]] | None = None) -> FileHash:
    """Hash a file; again when it changed meanwhile; after three tries it is ``unstable`` and keeps the last hash."""
    read = read or _read
    try:
        for _ in range(_TRIES):
            before = _mark(path)
            value, size = read(path)
            if _mark(path) == before and before[1] == size:
                return FileHash(value, size)
    except OSError:
        return FileHash("", 0, "unreadable")
    return FileHash(value, size, "unstable")


def _mark(path: Path) -> tuple[int, int, int]:
    facts = path.stat()
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


def _read(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return f"sha256:{digest.hexdigest()}", size


def manifest(files: dict[str, FileHash]) -> bytes:
    r"""Hashes in the form ``sha256sum -c`` reads, by name.

    >>> manifest({"a.txt": FileHash("sha256:00ff", 3)})
    b'00ff  a.txt\n'
    """
    lines = (f"{found.hash.removeprefix('sha256:')}  {name}\n" for name, found in sorted(files.items()) if found.hash)
    return "".join(lines).encode()


def real_file(path: Path) -> bool:
    """Whether this is a plain file of its own: links are not followed."""
    return path.is_file() and not path.is_symlink()
