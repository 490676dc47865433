"""Where things lie: folders that a network or a cloud keeps in step are no place for a database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePath

from fbkit.cli.doctor.finding import Finding

GROUP = "places"

#: File systems over a network; their locks and shared memory do not do what SQLite needs.
NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb", "smb3", "smbfs", "afpfs", "9p", "fuse.sshfs", "fuse.rclone", "davfs"}
)

#: What synchronised folders have in their names.
SYNCED = {
    "onedrive": "OneDrive",
    "dropbox": "Dropbox",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "my drive": "Google Drive",
    "icloud": "iCloud",
    "mobile documents": "iCloud",
    "cloudstorage": "a cloud's",
    "nextcloud": "Nextcloud",
}

#: Free disk space below either of these is worth a word.
LEAST_SHARE, LEAST_BYTES = 0.05, 1 << 30


def place(what: str, path: PurePath, mounts: Iterable[tuple[str, str]], setting: str) -> Finding:
    """Whether a folder is local. ``mounts`` are (mount point, file system).

    >>> place("home", PurePath("/mnt/nas/fbkit"), [("/", "ext4"), ("/mnt/nas", "nfs4")], "FBKIT_HOME").state
    'warning'
    """
    keeper = synced(path)
    then = f"set {setting} to a folder on a local disk"
    if keeper:
        sentence = f"{what} {path} lies in {keeper} folder, which copies files while they change"
        return Finding(GROUP, "warning", sentence, then)
    kind = file_system(path, mounts)
    if kind in NETWORK or str(path).startswith("\\\\"):
        sentence = f"{what} {path} lies on a network file system ({kind or 'UNC'}), whose locks cannot be trusted"
        return Finding(GROUP, "warning", sentence, then)
    return Finding(GROUP, "ok", f"{what} is {path}")


def synced(path: PurePath) -> str:
    """Whose folder this is, that is copied elsewhere; empty where it is nobody's.

    >>> synced(PurePath("/Users/ann/Library/Mobile Documents/fbkit")), synced(PurePath("/home/ann"))
    ('iCloud', '')
    """
    for part in path.parts:
        for name, keeper in SYNCED.items():
            if part.lower().startswith(name):
                return keeper
    return ""


def file_system(path: PurePath, mounts: Iterable[tuple[str, str]]) -> str:
    """The file system of the nearest mount point above a path."""
    above = [(len(PurePath(point).parts), kind) for point, kind in mounts if path.is_relative_to(point)]
    return max(above, default=(0, ""))[1].lower()


def disk(total: int, free: int) -> Finding:
    """Whether there is room where the database lies.

    >>> disk(100 << 30, 2 << 30).state
    'warning'
    """
    share = free / total if total else 0.0
    sentence = f"{free / 1e9:,.1f} GB free ({share:.0%}) where the database lies"
    if free < LEAST_BYTES or share < LEAST_SHARE:
        then = "make room, or lower the setting max_mb; a full disk stops the writer, and then the spill file fills"
        return Finding(GROUP, "warning", sentence, then)
    return Finding(GROUP, "ok", sentence)


def writable(what: str, path: PurePath, *, is_writable: bool) -> Iterator[Finding]:
    """Only where it is not."""
    if not is_writable:
        yield Finding(GROUP, "problem", f"{what} {path} cannot be written", "change its permissions, or choose another")
