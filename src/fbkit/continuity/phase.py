"""The phase the work is in (``burn-in``, ``paper``, ``live`` …): a name, a note, and since when."""

from __future__ import annotations

import msgspec
from sqlalchemy import Row, insert, select

from fbkit.clock import Clock, iso
from fbkit.continuity.names import safe_name
from fbkit.continuity.state import continuity_log, open_state, phases
from fbkit.errors import SettingError
from fbkit.settings import Settings

_NOTE_LENGTH = 500


class Phase(msgspec.Struct, frozen=True):
    """A phase and when it began (``since``, UTC ns)."""

    name: str
    note: str
    since: int

    def facts(self) -> dict[str, str]:
        """As it is written into files, the instant as RFC 3339.

        >>> Phase("burn-in", "one venue", 1_767_225_585_000_000_000).facts()
        {'name': 'burn-in', 'note': 'one venue', 'since': '2025-12-31T23:59:45Z'}
        """
        return {"name": self.name, "note": self.note, "since": iso(self.since)}


def set_phase(settings: Settings, name: str, note: str = "", *, clock: Clock | None = None) -> Phase:
    """Begin a phase. The name must be able to be a file name, the note is one line of up to 500 characters.

    Setting the phase that is already on, with the same note, begins nothing and returns it.
    """
    safe_name(name, "phase")
    note = note.strip()
    if len(note) > _NOTE_LENGTH or not note.isprintable():
        raise SettingError("note", note[:60], f"one line of at most {_NOTE_LENGTH} printable characters")
    state = open_state(settings, clock)
    with state.writing() as connection:
        now = connection.execute(select(phases).order_by(phases.c.id.desc()).limit(1)).first()
        if now is not None and (now.name, now.note) == (name, note):
            return _phase(now)
        ts = state.clock.now()
        connection.execute(insert(phases).values(ts=ts, name=name, note=note))
        sentence = f"phase {name}" if now is None else f"phase {name} follows {now.name}"
        facts = msgspec.json.encode({"name": name, "note": note}).decode()
        connection.execute(insert(continuity_log).values(ts=ts, kind="phase", sentence=sentence, facts=facts))
    return Phase(name, note, ts)


def show_phase(settings: Settings) -> Phase | None:
    """The phase that is on, or ``None`` when none was ever set."""
    found = phase_log(settings, last=1)
    return found[0] if found else None


def phase_log(settings: Settings, last: int = 100) -> list[Phase]:
    """Phases, newest first."""
    with open_state(settings).reading() as connection:
        if connection is None:
            return []
        rows = connection.execute(select(phases).order_by(phases.c.id.desc()).limit(last)).all()
    return [_phase(row) for row in rows]


def _phase(row: Row[tuple[int, int, str, str]]) -> Phase:
    return Phase(row.name, row.note, row.ts)
