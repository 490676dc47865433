"""The lines of a file, plain, ``.gz`` or ``.zst``: told apart by their first bytes, not by their names."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import zstandard

from fbkit.errors import DamagedRecording

#: The longest line believed.
MOST_BYTES = 64 * 1024 * 1024

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Number (from 1) and bytes of each line that is not blank, its end included where it has one.

    Raises :class:`~fbkit.errors.DamagedRecording` where reading fails, after everything before it.
    """
    number = 0
    try:
        with path.open("rb") as file, _plain(file) as plain:
            while line := plain.readline(MOST_BYTES):
                number += 1
                if len(line) == MOST_BYTES:
                    raise DamagedRecording(str(path), number - 1, f"a line of more than {MOST_BYTES} bytes")
                if not line.isspace():
                    yield number, line
    except FileNotFoundError as error:
        raise DamagedRecording(str(path), 0, "there is no such file") from error
    except IsADirectoryError as error:
        raise DamagedRecording(str(path), 0, "a folder without captures") from error
    except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise DamagedRecording(str(path), number, str(error) or type(error).__name__) from error


def _plain(file: IO[bytes]) -> IO[bytes]:
    head = file.read(4)
    file.seek(0)
    if head.startswith(_GZIP):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=file))
    if head == _ZSTD:
        reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True, closefd=False)
        return io.BufferedReader(cast("io.RawIOBase", reader), 1 << 20)
    return file
