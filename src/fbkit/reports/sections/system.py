"""What it ran on: versions, machine, database."""

from __future__ import annotations

from typing import Any

from fbkit.reports import words
from fbkit.reports.facts import Facts
from fbkit.reports.page import B, Block, Line, Pairs, Section, Words


def system(facts: Facts, machine: dict[str, Any], versions: dict[str, str]) -> Section:
    """The machine, the database and every version that a number may depend on."""
    memory, disk = machine["memory_bytes"], machine["disk_total_bytes"]
    rows: list[tuple[str, Line]] = [
        ("system", f"{machine['os']}, {machine['architecture']}"),
        ("processors", str(machine["cpu_count"])),
        ("memory", f"{words.size(machine['memory_available_bytes'])} free of {words.size(memory)}"),
        ("disk of the database", f"{words.size(machine['disk_free_bytes'])} free of {words.size(disk)}"),
        ("database", f"{words.size(facts.sizes['db'])}, write-ahead log {words.size(facts.sizes['wal'])}"),
        ("engine runs", _runs(facts)),
    ]
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    blocks: list[Block] = [Pairs(rows), Words([B("Versions: "), f"{told}."])]
    return Section("system", blocks, {"versions": versions, "machine": machine, "database_bytes": facts.sizes["db"]})


def _runs(facts: Facts) -> str:
    if not facts.runs:
        return "none yet"
    last = facts.runs[-1]
    state = f"ended {words.utc(last.ts_stop)} UTC" if last.ts_stop else "not ended by itself"
    code = last.code[:12] or words.NONE
    return f"{len(facts.runs)}; the last began {words.utc(last.ts_start)} UTC by code {code}, {state}"
