"""Where things lie and who holds them: places, atomic files, locks, child processes, the collector's runtime file."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import msgspec

from fbkit.errors import RuntimeFileError, StoreHeld
from fbkit.settings import Settings

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_REPLACE_PATIENCE_S = 2.0


def workspace(settings: Settings) -> Path:
    """Where notebooks, reports and continuity live: the setting, else the nearest folder upward with ``notebooks/``."""
    if settings.workspace is not None:
        return settings.workspace.expanduser().absolute()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "notebooks").is_dir():
            return folder
    return settings.home


def database_url(settings: Settings) -> str:
    """The database in use: the setting, else ``simulated.db`` or ``live.db`` in home."""
    if settings.db:
        return settings.db
    name = "simulated.db" if settings.simulated else "live.db"
    return f"sqlite:///{(settings.home / name).as_posix()}"


def database_path(url: str) -> Path:
    """The file behind a SQLite URL, absolute.

    >>> database_path("sqlite:////data/simulated.db").as_posix().endswith("/data/simulated.db")
    True
    """
    plain = url.removeprefix("sqlite:///")
    if plain == url or set(plain) & set("?%@"):
        # SQLAlchemy knows every spelling, and takes half a second to import: a start need not wait for it.
        from sqlalchemy.engine import make_url

        plain = make_url(url).database or ""
    return Path(plain).expanduser().absolute()


def database_id(url: str) -> str:
    """Sixteen hex digits that stand for one database in file names: a file, or one on a server, whoever asks for it.

    >>> database_id("postgresql://me:secret@db/live") == database_id("postgresql+psycopg://db:5432/live?sslmode=require")
    True
    """
    if url.startswith("postgres"):
        from sqlalchemy.engine import make_url  # as in database_path

        parsed = make_url(url)
        place = f"postgresql {parsed.host or parsed.query.get('host')} {parsed.port or 5432} {parsed.database}"
    else:
        place = os.path.normcase(os.path.realpath(database_path(url)))
    return hashlib.blake2b(place.encode(), digest_size=8).hexdigest()


def shown_url(url: str) -> str:
    """A database URL as it may be shown and written down: no password, and of its options only a socket's folder.

    >>> shown_url("postgresql://me:secret@db/live?password=secret"), shown_url("sqlite:///a.db")
    ('postgresql://me:***@db/live', 'sqlite:///a.db')
    >>> shown_url("mysql://me:secret@db/live")  # which we do not speak, and shall say so
    'mysql://me:***@db/live'
    """
    if not url.startswith("postgres"):
        return re.sub(r"//([^/@:]*):.*@", r"//\1:***@", url)
    from sqlalchemy.engine import make_url  # as in database_path

    parsed = make_url(url)
    folder = {"host": parsed.query["host"]} if "host" in parsed.query else {}
    return parsed.set(drivername="postgresql", query=folder).render_as_string(hide_password=True)


def write_atomic(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write beside its place, flush to disk, then replace: a reader sees the old file or the new, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _replace(source: Path, target: Path) -> None:
    give_up = time.monotonic() + _REPLACE_PATIENCE_S
    while True:
        try:
            source.replace(target)
        except PermissionError:
            # Windows refuses while a reader holds the old file.
            if sys.platform != "win32" or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return


class FileLock:
    """An operating-system lock on a file of its own; gone with the process, however that ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def acquire(self, holder: str) -> None:
        """Take the lock and write who holds it, or raise :class:`StoreHeld` naming who does."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("a+", encoding="utf-8")
        try:
            self._take(file)
        except OSError as error:
            file.close()
            raise StoreHeld(
                str(self.path), f"held by {self.holder()}", "stop it first, or use another database"
            ) from error
        # The first byte is the lock on Windows, so the words begin behind it.
        file.truncate(0)
        file.write(f" {holder}")
        file.flush()
        self._file = file

    def holder(self) -> str:
        """Who wrote their name into the lock last."""
        try:
            with self.path.open("rb") as file:
                file.seek(1)
                return file.read(300).decode("utf-8", "replace") or "somebody"
        except OSError:
            return "somebody"

    def release(self) -> None:
        """Let go. Safe to call twice."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @staticmethod
    def _take(file: IO[str]) -> None:
        if sys.platform == "win32":
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def held(path: Path, holder: str) -> Iterator[FileLock]:
    """A lock for the length of a block."""
    lock = FileLock(path)
    lock.acquire(holder)
    try:
        yield lock
    finally:
        lock.release()


def spawn(
    arguments: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    keep_stdin: bool = False,
) -> subprocess.Popen[bytes]:
    """Start ``python -m …`` in a session (POSIX) or process group (Windows) of its own.

    With ``keep_stdin`` the child has a pipe that closes when we end, however that happens.
    """
    sink: IO[bytes] | int = subprocess.DEVNULL
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        sink = log.open("ab")
    flags: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        flags = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    try:
        return subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdin=subprocess.PIPE if keep_stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE if log is None else sink,
            stderr=sink if log is not None else subprocess.DEVNULL,
            env={**os.environ, **(env or {})},
            **flags,
        )
    finally:
        if not isinstance(sink, int):
            sink.close()


class RuntimeFile(msgspec.Struct, frozen=True):
    """How to reach the collector of one database; readable by its owner alone."""

    hub: str
    token: str
    pid: int
    epoch: int
    market: str
    database: str
    started: int


def runtime_path(settings: Settings, url: str) -> Path:
    """``FBKIT_HOME/runtime/<database id>.json``."""
    return settings.home / "runtime" / f"{database_id(url)}.json"


def publish_runtime(path: Path, facts: RuntimeFile) -> None:
    """Write the runtime file, 0600, atomically."""
    write_atomic(path, msgspec.json.encode(facts), mode=0o600)


def find_runtime(path: Path) -> RuntimeFile | None:
    """Read the runtime file; ``None`` when there is none. A damaged one raises :class:`RuntimeFileError`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=RuntimeFile)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise RuntimeFileError(str(path), f"not a runtime file ({error})") from error
