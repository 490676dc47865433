"""Rules as a TOML file for a person to change: in words, and each key explained once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from fbkit.alerts.fields import FIELDS
from fbkit.alerts.load import kind_of, lines_of
from fbkit.alerts.rule import AnyRule
from fbkit.alerts.words import words_of

_HEAD = """\
# Rules of alerts, judged when bars close. Thresholds are mirrored: what speaks at +3 speaks at -3.
# After a change: fbkit rules check FILE. A collector that runs takes the file over within ten seconds.
"""

_WIDTH = 110


def commented(rules: Sequence[AnyRule]) -> str:
    """The TOML of rules with explanations; ``load(commented(rules)) == tuple(rules)``."""
    return "\n".join([_HEAD, *("\n".join([*_lines(rule), ""]) for rule in rules)])


def _lines(rule: AnyRule) -> Iterator[str]:
    yield from (f"# {line}" for line in wrap(words_of(rule), _WIDTH))
    head, *lines = lines_of(rule)
    yield head
    for line in lines:
        key = line.partition(" = ")[0]
        field = FIELDS[kind_of(rule)].get(key)
        yield f"{line}  # {field.meaning}" if field else line
