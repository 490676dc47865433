"""Files that are replaced whole and whose last five stay: a torn one is answered with the one before, and said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from fbkit.runtime import write_atomic

KEPT = 5
_SIZE_CAP = 8 << 20


class Found(msgspec.Struct, frozen=True):
    """What was read: ``facts`` (``None`` if nothing could be), and ``trouble``, the sentence about what could not."""

    facts: dict[str, Any] | None
    trouble: str = ""


def publish(folder: Path, name: str, facts: dict[str, Any], stamp: str) -> Path:
    """Write ``folder/name`` atomically, and first a copy into ``folder/history/`` of which the last five stay.

    ``stamp`` orders the copies: a UTC text without colons, and a number.
    """
    data = msgspec.json.format(msgspec.json.encode(facts), indent=2) + b"\n"
    past = folder / "history"
    write_atomic(past / f"{stamp}-{name}", data)
    write_atomic(folder / name, data)
    for old in sorted(past.glob(f"*-{name}"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return folder / name


def recall(folder: Path, name: str, form: str) -> Found:
    """The file as it was published last; where it is torn, of another format or gone, the newest copy that reads."""
    path = folder / name
    copies = sorted((folder / "history").glob(f"*-{name}"), reverse=True)
    if not path.exists() and not copies:
        return Found(None)
    facts, why = _read(path, form)
    if facts is not None:
        return Found(facts)
    for copy in copies:
        facts, _ = _read(copy, form)
        if facts is not None:
            return Found(facts, f"{name} {why}; {copy.name} was read in its place")
    return Found(None, f"{name} {why}, and none of its {len(copies)} earlier copies can be read; counting begins anew")


def _read(path: Path, form: str) -> tuple[dict[str, Any] | None, str]:
    try:
        if path.stat().st_size > _SIZE_CAP:
            return None, "is larger than anything fbkit writes there"
        facts = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except FileNotFoundError:
        return None, "is missing"
    except OSError as error:
        return None, f"cannot be read ({error.strerror})"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, "is torn or no JSON"
    if facts.get("format") != form:
        return None, f"has the format {str(facts.get('format'))[:40]!r} and not {form!r}"
    return facts, ""
