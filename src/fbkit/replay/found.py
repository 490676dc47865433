"""What a verification found: how much was compared, where it differs, and what could not be verified and why."""

from __future__ import annotations

import msgspec

#: Differences kept with their place and values; beyond them they are counted.
KEPT = 100_000


class Difference(msgspec.Struct, frozen=True):
    """One value that is not what was stored.

    ``t1`` is the bar's end (UTC ns), of an event its place in time; ``stored`` and ``computed`` are written as Python
    writes them, so that a float is there to its last bit. ``note`` says what was not alike where it was computed.
    """

    table: str
    instrument: str
    tf: str
    t1: int
    column: str
    stored: str
    computed: str
    note: str = ""


class Unverified(msgspec.Struct):
    """Rows of a table that nothing could be compared with: how many, of which time (UTC ns), and why."""

    table: str
    why: str
    rows: int
    since: int
    until: int


class Compared(msgspec.Struct):
    """How much of a table was compared: rows, values in them, and values that differ.

    ``close`` of the values were compared to 1e-12 instead of bit by bit, since the stamps do not agree.
    """

    rows: int = 0
    values: int = 0
    close: int = 0
    differing: int = 0


class Verification(msgspec.Struct):
    """What a verification found.

    ``compared`` is by table: ``bars`` (from events), ``metrics``, ``summary`` and ``alerts`` (from stored bars),
    ``gaps`` (from their events), ``history`` (metrics from whole columns of stored bars). ``notes`` say what was
    compared less strictly, and why.
    """

    compared: dict[str, Compared] = {}
    differences: list[Difference] = []
    unverified: list[Unverified] = []
    notes: list[str] = []
    events: int = 0
    seconds: float = 0.0
    since: int | None = None
    until: int | None = None

    @property
    def differing(self) -> int:
        """How many values differ, also of those not kept in ``differences``."""
        return sum(one.differing for one in self.compared.values())

    @property
    def values(self) -> int:
        """How many values were compared."""
        return sum(one.values for one in self.compared.values())

    @property
    def is_same(self) -> bool:
        """Whether something was compared, bars and metrics at the least, and nothing differs."""
        whole = all(self.compared.get(table, Compared()).values for table in ("bars", "metrics"))
        return whole and not self.differing


class Ledger:
    """Where every step of a verification writes what it found."""

    def __init__(self) -> None:
        self.found = Verification()
        self._unverified: dict[tuple[str, str], Unverified] = {}

    def of(self, table: str) -> Compared:
        """The account of a table."""
        return self.found.compared.setdefault(table, Compared())

    def differ(self, difference: Difference) -> None:
        """A value is not what was stored."""
        self.of(difference.table).differing += 1
        if len(self.found.differences) < KEPT:
            self.found.differences.append(difference)

    def cannot(self, table: str, why: str, rows: int, since: int, until: int) -> None:
        """Rows that cannot be verified."""
        if not rows:
            return
        known = self._unverified.get((table, why))
        if known is None:
            known = self._unverified[table, why] = Unverified(table, why, 0, since, until)
            self.found.unverified.append(known)
        known.rows += rows
        known.since, known.until = min(known.since, since), max(known.until, until)

    def note(self, sentence: str) -> None:
        """Something to be said once."""
        if sentence not in self.found.notes:
            self.found.notes.append(sentence)
