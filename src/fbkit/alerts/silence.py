"""Who has spoken, and who may again."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

#: Rule, whom it is about (an instrument, a coin), column, timeframe.
Key = tuple[str, str, str, str]


class _Spoken(msgspec.Struct, array_like=True):
    """When a rule spoke last (UTC ns), and whether what it spoke of is over."""

    ts: int
    armed: bool


class Silence:
    """A rule that has spoken is silent until it is armed again and its cooldown is over.

    >>> silence, key = Silence(), ("z", "binance:BTC-USDT-PERP", "z_ret_60", "1m")
    >>> silence.speaks(key, 0, 10), silence.speaks(key, 99, 10)
    (True, False)
    >>> silence.arm(key); silence.speaks(key, 9, 10), silence.speaks(key, 10, 10)
    (False, True)
    """

    def __init__(self) -> None:
        self._spoken: dict[Key, _Spoken] = {}
        self._unarmed: dict[tuple[str, str], dict[tuple[str, str], None]] = {}

    def speaks(self, key: Key, ts: int, cooldown_ns: int) -> bool:
        """Whether it may at ``ts``; if so, it has."""
        spoken = self._spoken.get(key)
        if spoken is not None and not (spoken.armed and ts - spoken.ts >= cooldown_ns):
            return False
        self._spoken[key] = _Spoken(ts, armed=False)
        self._unarmed.setdefault((key[0], key[3]), {})[key[1], key[2]] = None
        return True

    def arm(self, key: Key) -> None:
        """What it spoke of is over."""
        spoken = self._spoken.get(key)
        if spoken is not None:
            spoken.armed = True
            self._unarmed[key[0], key[3]].pop((key[1], key[2]), None)

    def unarmed(self, rule: str, tf: str) -> list[tuple[str, str]]:
        """Of whom a rule has spoken on a timeframe and may not yet again, by subject and column, first come first."""
        return list(self._unarmed.get((rule, tf), ()))

    def keep(self, rules: Collection[str]) -> None:
        """Forget every rule but these."""
        self.load([row for row in self.dump() if row[0] in rules])

    def dump(self) -> list[tuple[str, str, str, str, int, bool]]:
        """Everything, one row a key."""
        return [(*key, spoken.ts, spoken.armed) for key, spoken in self._spoken.items()]

    def load(self, rows: list[tuple[str, str, str, str, int, bool]]) -> None:
        """Take rows as :meth:`dump` gave them."""
        self._spoken = {row[:4]: _Spoken(row[4], row[5]) for row in rows}
        self._unarmed = {}
        for rule, subject, column, tf, _, armed in rows:
            waiting = self._unarmed.setdefault((rule, tf), {})
            if not armed:
                waiting[subject, column] = None
