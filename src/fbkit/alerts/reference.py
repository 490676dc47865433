"""The reference of alerts, written from the rules themselves.

``python -m fbkit.alerts.reference > docs/reference/alerts.md`` writes the page anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from fbkit.alerts.check import COLUMNS
from fbkit.alerts.fields import FIELDS
from fbkit.alerts.rule import DEFAULTS, ZERO_Z
from fbkit.alerts.words import words_of

_PAGE = """\
# Alerts

Made from the rules in `fbkit.alerts` by `fbkit.alerts.reference`; a test holds it current.

Rules are judged when bars close, never between. Every alert carries its value, the threshold, how many values stood
behind it, the bar's coverage, every input with what it needed, and a sentence. Its id is the same in every run of the
same data. Its direction is the side of what was seen (`up`: long), not a forecast; `fbkit scorecard` tells what came
after. A rule that has spoken is silent until what it spoke of is over (the re-arm or exit level) and for its cooldown.
A missing input never speaks and never re-arms. A Z of {zero:g} or less counts as 0.

Every threshold is mirrored: `at_least = 2.5` asks for 2.5 or more on the long side and for −2.5 or less on the short
side (RSI is mirrored around 50). `size` asks for that much either way, `above` and `below` ask for the same on both
sides.

## The rules in force unless told otherwise

{rules}

## The file

[Change the rules of alerts](../how-to/alert-rules.md) shows how a file of rules is written, checked and put in force.
Each table is one `[[rule]]` with a `kind`; what is not written has the default.

{kinds}

A rule may look at these columns of a closed bar and its metrics: {columns}.
"""


def reference() -> str:
    """The page as Markdown."""
    return _PAGE.format(
        zero=ZERO_Z,
        rules="\n\n".join(f"### Tier {rule.tier}: `{rule.name}`\n\n{words_of(rule)}" for rule in DEFAULTS),
        kinds="\n\n".join("\n".join(_kind(kind)) for kind in FIELDS),
        columns=", ".join(f"`{column}`" for column in COLUMNS),
    )


def _kind(kind: str) -> Iterator[str]:
    yield f"### `{kind}`\n"
    yield "| key | | |\n|---|---|---|"
    for key, field in FIELDS[kind].items():
        written, _, meaning = field.allowed.partition(": ")
        yield f"| `{key}` | {written}{', must be there' if field.is_required else ''} | {meaning} |"


if __name__ == "__main__":
    sys.stdout.write(reference())
