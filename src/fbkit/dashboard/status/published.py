"""What was published beside the database: phases, status reports, snapshots, as the Status tab tells them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from fbkit.clock import iso
from fbkit.continuity import phase_log
from fbkit.continuity.hashing import hash_file
from fbkit.continuity.history import Found
from fbkit.continuity.phase import Phase
from fbkit.continuity.snapshot import CONTEXT_FILE, STATE_FILE, read_state
from fbkit.dashboard.status.chores import REPORT
from fbkit.model import NS_DAY
from fbkit.reports.listing import latest_report
from fbkit.reports.runs import ReportRun, Runs
from fbkit.runtime import workspace
from fbkit.settings import Settings
from fbkit.widgets import ReportShown
from fbkit.widgets.format import NBSP

#: Runs of the report that are told of.
RUNS = 20

#: Paragraphs of a report that are shown of it, and the section they are taken from beside its head.
_PARAGRAPHS, _TOLD = 2, "Market"

_FOLDER = re.compile(r"[0-9]{8}T[0-9]{6}Z(-[0-9]+)?", re.ASCII)

_MOST_BYTES = 4 << 20


class Published(NamedTuple):
    """Phases (newest first), runs of the report (newest first), the report that is shown, the newest snapshot."""

    phases: list[Phase]
    runs: list[ReportRun]
    report: Report | None
    snapshot: Found
    hashes: dict[str, str]


class Report(NamedTuple):
    """A published report: its folder's name, the facts it was published with, its text, and files that differ now."""

    name: str
    facts: dict[str, Any]
    text: str
    differing: list[str]


def published(settings: Settings, chosen: str = "") -> Published:
    """Read all of it; ``chosen`` is the folder of an earlier report. Blocks for a few milliseconds."""
    folder = workspace(settings) / "continuity"
    hashes = {name: hash_file(folder / name).hash for name in (STATE_FILE, CONTEXT_FILE) if (folder / name).is_file()}
    return Published(
        phase_log(settings),
        Runs(settings).newest(REPORT, RUNS),
        _report(settings, chosen),
        read_state(settings),
        hashes,
    )


def page_of(settings: Settings, name: str) -> bytes:
    """The HTML of a published report by its folder's name; raises ``OSError`` where there is none."""
    if not _FOLDER.fullmatch(name):
        raise FileNotFoundError(2, "no report has that name", name)
    path = workspace(settings) / "reports" / REPORT / name / f"{REPORT}_report.html"
    if path.is_symlink() or path.stat().st_size > _MOST_BYTES:
        raise FileNotFoundError(2, "it is no page of ours", name)
    return path.read_bytes()


def _report(settings: Settings, chosen: str) -> Report | None:
    root = workspace(settings) / "reports" / REPORT
    folder = root / chosen if _FOLDER.fullmatch(chosen) else latest_report(settings, REPORT)
    if folder is None:
        return None
    try:
        facts = msgspec.json.decode((folder / "report.json").read_bytes(), type=dict[str, Any])
        text = (folder / f"{REPORT}_report.md").read_text("utf-8", "replace")
    except (OSError, msgspec.DecodeError):
        return None
    return Report(folder.name, facts, text, _differing(folder, facts.get("files") or {}))


def _differing(folder: Path, files: dict[str, str]) -> list[str]:
    """Files that are not as they were published."""
    return [name for name, known in files.items() if Path(name).name != name or hash_file(folder / name).hash != known]


def shown(report: Report | None) -> ReportShown | None:
    """A report as its panel has it."""
    if report is None:
        return None
    facts = report.facts
    paragraphs = claims(report.text)
    headline = paragraphs[0][0][0] if paragraphs else "Status report"
    seconds = float(facts.get("seconds") or 0.0)
    when = str(facts.get("published", ""))[:19].replace("T", " ")
    head = "".join(text for text, _ in paragraphs[0]) if paragraphs else ""
    # What the head says already is not said twice.
    more = [body for body in paragraphs[1:] if body[0][0].rstrip(".") not in head]
    bodies = [paragraphs[0][1:], *more] if paragraphs else []
    return ReportShown(
        f"{when} UTC, took {seconds:.0f}{NBSP}s",
        headline.rstrip("."),
        tuple(tuple(body) for body in bodies if body)[:_PARAGRAPHS],
        tuple(_facts(report)),
        report.name,
    )


def _facts(report: Report) -> list[tuple[str, str, str]]:
    facts, overview = report.facts, (report.facts.get("numbers") or {}).get("overview") or {}
    versions = facts.get("versions") or {}
    digest = (facts.get("files") or {}).get(f"{REPORT}_report.md", "")
    verified = "its files differ: " + ", ".join(report.differing) if report.differing else "yes, all files as published"
    market = str(overview.get("market", "unknown"))
    seed = "" if overview.get("seed") is None else f", seed {overview['seed']}"
    return [
        ("market", f"{market}{seed}", ""),
        ("window", f"{_moment(overview.get('since'))} to {_moment(overview.get('as_of'))} UTC", ""),
        ("code", f"fbkit {versions.get('fbkit', 'unknown')}", "code"),
        ("report", short(digest), "code"),
        ("verified", verified, "bad" if report.differing else "ok"),
    ]


def _moment(text: object) -> str:
    return str(text)[5:16].replace("T", " ") if text else "unknown"


def claims(text: str) -> list[list[tuple[str, str]]]:
    r"""What a report claims at its head and of the market, paragraph by paragraph: pieces of text with their tone.

    >>> claims("# Head\n\n**All is well.** 5 rows \\| 2 venues.\n\n| a | b |\n")
    [[('All is well.', 'claim'), (' 5 rows | 2 venues.', '')]]
    """
    first, *sections = text.split("\n## ")
    told = [first, *(section for section in sections if section.startswith(_TOLD))]
    blocks = (block.strip() for part in told for block in part.split("\n\n"))
    return [_pieces(" ".join(block.split("\n"))) for block in blocks if block.startswith("**")]


def _pieces(block: str) -> list[tuple[str, str]]:
    parts = re.split(r"(?<!\\)\*\*", block)
    tones = ("", "claim")
    return [(_plain(part), tones[at % 2]) for at, part in enumerate(parts) if part]


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text).replace("`", "").replace("&lt;", "<").replace("&gt;", ">")


def short(digest: str) -> str:
    """A hash as it is recognised: its begin and its end.

    >>> short("sha256:b41f0123456789ce09ce")
    'sha256:b41f…09ce'
    """
    kind, colon, value = digest.partition(":")
    return f"{kind}{colon}{value[:4]}…{value[-4:]}" if value else "none"


def runs_told(found: Published) -> list[dict[str, str]]:
    """Runs of the report: those that were published lead to their page."""
    tones = {"published": "ok", "running": "", "failed": "bad", "interrupted": "warn"}
    return [
        {
            "page": run.folder.partition("/")[2] if run.state == "published" else "",
            "when": f"{iso(run.ts_start)[5:16].replace('T', ' ')} UTC",
            "told": run.state if run.state != "failed" else f"failed in {run.cell}"[:60],
            "tone": tones.get(run.state, ""),
        }
        for run in found.runs
    ]


def steps(phases: list[Phase], now: int) -> tuple[list[tuple[str, str, str]], str]:
    """Phases as steps, oldest first, and on which day of the one that is on we are.

    >>> steps([Phase("burn-in", "five venues", 0)], 2 * NS_DAY)[1]
    'day 3'
    """
    found = [(one.name, f"{iso(one.since)[5:16].replace('T', ' ')} UTC", one.note) for one in phases[:6]]
    return found[::-1], f"day {1 + max(0, now - phases[0].since) // NS_DAY}" if phases else ""


def snapshot_told(found: Published) -> tuple[list[tuple[str, str]], str]:
    """The newest snapshot as facts, and when it was taken."""
    facts = found.snapshot.facts
    if facts is None:
        return [], found.snapshot.trouble
    backend, previous = facts.get("backend") or {}, facts.get("previous") or {}
    told = [(name, short(digest)) for name, digest in found.hashes.items()]
    told.append(("backend then", f"{backend.get('state', 'unknown')}, {len(backend.get('reasons') or [])} reasons"))
    told.append(("files it hashed", f"{len(facts.get('files') or {})} of the workspace"))
    told.append(("the one before", f"number {previous['number']}" if previous.get("number") else "none"))
    if found.snapshot.trouble:
        told.append(("read", found.snapshot.trouble))
    return told, f"number {facts.get('number')}, {str(facts.get('timestamp'))[5:19].replace('T', ' ')} UTC"
