"""The numbers that have a target, against it."""

from __future__ import annotations

import numpy as np

from fbkit.reports import words
from fbkit.reports.facts import Facts
from fbkit.reports.page import B, Block, Grid, Line, Piece, Section, T, Words
from fbkit.reports.targets import Kpi, kpis, rows_stored

_VERDICT = {True: T("● within", "ok"), False: T("▲ outside", "warn"), None: T("– not judged", "dim")}


def quant(facts: Facts) -> Section:
    """Rows, Z-scores, alerts and intake against their targets, with the reason of each target."""
    judged = kpis(facts)
    good, bad = sum(kpi.inside is True for kpi in judged), [kpi for kpi in judged if kpi.inside is False]
    head: list[Piece] = [B(f"{good} of {len(judged)} numbers are within their targets.")]
    if bad:
        head.append(f" Outside: {words.joined([kpi.label for kpi in bad])}.")
    none = [kpi for kpi in judged if kpi.inside is None]
    if none:
        head.append(f" Not judged yet: {words.joined([kpi.label for kpi in none])}.")
    blocks: list[Block] = [Words(head), _table(judged), Words(_rows(facts)), Words(_z(facts)), *_reasons(judged)]
    numbers = {kpi.key: {"value": kpi.value, "low": kpi.low, "high": kpi.high, "inside": kpi.inside} for kpi in judged}
    stored = {"rows": rows_stored(facts), "counts": facts.counts, "alerts": len(facts.alerts)}
    return Section("kpi", blocks, {**stored, "targets": numbers})


def _table(judged: list[Kpi]) -> Block:
    rows: list[list[Line]] = [
        [
            kpi.label,
            B(kpi.write(kpi.value)) if kpi.value is not None else words.NONE,
            kpi.target,
            _VERDICT[kpi.inside],
            kpi.detail if kpi.value is not None else kpi.why_not,
        ]
        for kpi in judged
    ]
    return Grid(["number", ">value", ">target", "", "counted over"], rows)


def _reasons(judged: list[Kpi]) -> list[Block]:
    rows = [[kpi.label, kpi.target, kpi.reason] for kpi in judged]
    return [Words([B("Why these targets.")]), Grid(["number", "target", "because"], rows, dense=True)]


def _rows(facts: Facts) -> Line:
    events = {name: n for name, n in facts.counts.items() if n}
    largest = sorted(events.items(), key=lambda pair: -pair[1])[:8]
    told = ", ".join(f"{name} {words.count(n)}" for name, n in largest)
    return [B(f"{words.count(rows_stored(facts))} rows are stored:"), f" {told}." if told else " none."]


def _z(facts: Facts) -> Line:
    if not len(facts.z):
        return [B("No Z-score is stored yet;"), " the first row is written when a bar closes live."]
    known = int(np.isfinite(facts.z).sum())
    told = words.joined([f"{words.count(n)} {reason}" for reason, n in facts.missing.most_common()])
    line: list[Piece] = [B(f"{words.count(known)} of {words.count(len(facts.z))} Z-scores in the window exist.")]
    if told:
        line.append(f" The others say why not: {told}.")
    return line
