"""What is not as expected and why; and from that, what to do next."""

from __future__ import annotations

from fbkit.reports import words
from fbkit.reports.facts import Facts
from fbkit.reports.findings import Finding
from fbkit.reports.page import B, Block, Bullets, Line, Section, T, Words, told
from fbkit.reports.targets import kpis

_TONE = {"down": ("■", "bad"), "degraded": ("▲", "warn"), "note": ("○", "dim")}


def diagnosis(facts: Facts, found: list[Finding]) -> Section:
    """Each finding: what is so, and why it matters; last what could not be judged."""
    serious = [finding for finding in found if finding.weight != "note"]
    head: Line = (
        [
            B(f"{words.many(len(serious), 'thing')} {'is' if len(serious) == 1 else 'are'} not as expected"),
            _notes(found),
        ]
        if serious
        else [B("Nothing is outside what is expected"), _notes(found)]
    )
    blocks: list[Block] = [Words(head)]
    if found:
        blocks.append(Bullets([_line(finding) for finding in found]))
    blank = [kpi for kpi in kpis(facts) if kpi.inside is None]
    if blank:
        missing = "; ".join(f"{kpi.label}: {kpi.why_not}" for kpi in blank)
        blocks.append(Words([B("Could not be judged: "), f"{missing}."], "dim"))
    numbers = [{"weight": f.weight, "where": f.where, "what": f.what, "then": f.then} for f in found]
    return Section("diagnosis", blocks, {"findings": numbers})


def next_steps(found: list[Finding]) -> Section:
    """What to do, in order of weight, each step once; nothing to do is said, too."""
    steps: dict[str, list[str]] = {}
    for finding in found:
        steps.setdefault(finding.then, []).append(finding.where)
    if not steps:
        text = " Every stream is well, every number within its target; the next report says whether it stays so."
        return Section("next", [Words([B("Nothing needs doing."), text])], {"steps": []})
    lines = [_step(then, list(dict.fromkeys(where))) for then, where in steps.items()]
    return Section("next", [Bullets(lines, numbered=True)], {"steps": list(steps)})


def _notes(found: list[Finding]) -> str:
    notes = sum(finding.weight == "note" for finding in found)
    return f"; {words.many(notes, 'note')} besides." if notes else "."


def _line(finding: Finding) -> Line:
    mark, tone = _TONE[finding.weight]
    return [
        T(mark, tone),
        " ",
        B(finding.where),
        ": ",
        *told(finding.what),
        f". {finding.why[:1].upper()}{finding.why[1:]}.",
    ]


def _step(then: str, where: list[str]) -> Line:
    return [*told(f"{then[:1].upper()}{then[1:]}."), T(f" For: {words.joined(where)}.", "dim")]
