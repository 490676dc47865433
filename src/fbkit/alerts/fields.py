"""What may be written in a rule's table: key, the field it fills, how it is written, what it means."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias

Type: TypeAlias = Literal["text", "count", "number", "duration", "words", "needs", "conditions", "also"]

_WRITTEN: dict[str, str] = {
    "text": "a word",
    "count": "a whole number",
    "number": "a number",
    "duration": "a duration in quotes: 15m 4h",
    "words": "a list of words in quotes",
    "needs": 'a whole number, or "all"',
    "conditions": "a list of { column = …, at_least = …, weight = … }",
    "also": "a list of { column = …, at_least = … }, or size, above, below",
}


class Field(NamedTuple):
    """A key of a rule's table."""

    name: str
    type: Type
    meaning: str
    is_required: bool = False

    @property
    def allowed(self) -> str:
        """What is written there, and what for."""
        return f"{_WRITTEN[self.type]}: {self.meaning}"

    def is_written_so(self, raw: Any) -> bool:
        """Whether a value of TOML has this form; what it says is another question."""
        if self.type in {"text", "duration"}:
            return isinstance(raw, str)
        if self.type == "count":
            return type(raw) is int
        if self.type == "number":
            return type(raw) in {int, float}
        if self.type == "needs":
            return type(raw) is int or raw == "all"
        inner = str if self.type == "words" else dict
        return isinstance(raw, list) and all(isinstance(one, inner) for one in raw)


_ALL = {
    "name": Field("name", "text", "letters, digits, - and _, each rule its own", True),
    "tier": Field("tier", "count", "1 to 6, how much it takes for the rule to speak", True),
}

_REST = {
    "timeframes": Field("timeframes", "words", "of which bars"),
    "cooldown": Field("cooldown_ns", "duration", "the least time between two alerts about the same thing"),
    "min_coverage": Field("min_coverage", "number", "share of the bar, and of a baseline, that must be there"),
}

#: By kind, the keys of its table in the order they are written.
FIELDS: dict[str, dict[str, Field]] = {
    "single": _ALL
    | {
        "columns": Field("columns", "words", "each speaks by itself", True),
        "threshold": Field("threshold", "number", "from this size on, up or down"),
        "rearm": Field("rearm", "number", "it may speak again once the size was below this"),
    }
    | _REST,
    "confluence": _ALL
    | {
        "conditions": Field("conditions", "conditions", "for the long side; mirrored for the short side", True),
        "needs": Field("needs", "needs", "so many of them must hold"),
        "exit": Field("exit", "number", "a side may speak again once its score was below this"),
        "also": Field("also", "also", "all of this must hold beside"),
    }
    | _REST,
    "divergence": _ALL
    | {
        "window": Field("window", "count", "bars of a venue's baseline"),
        "threshold": Field("threshold", "number", "standard deviations of a venue's own distance from the median"),
        "rearm": Field("rearm", "number", "a coin may be spoken of again once no venue is further out"),
        "floor_bp": Field("floor_bp", "number", "the move must be this many bp at least"),
        "venues": Field("venues", "count", "venues that must have a mark"),
    }
    | _REST,
    "cluster": _ALL
    | {
        "of_tier": Field("of_tier", "count", "alerts of this tier or higher are counted"),
        "coins": Field("coins", "count", "so many coins must speak the same way at one bar's end"),
    }
    | _REST,
}
