"""The documentation keeps its word: links lead somewhere, and what it tells to type can be typed."""

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import dev

ROOT = Path(__file__).resolve().parents[2]
PAGES = [path for path in (*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))) if path.name != "CHANGELOG.md"]
NAMES = [path.relative_to(ROOT).as_posix() for path in PAGES]

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"^(?:\$ )?((?:fbkit|python dev\.py) [a-z][^#\n]*?)(?:  +.*| +#.*)?$", re.MULTILINE)
INLINE = re.compile(r"`((?:fbkit|python dev\.py) [a-z][^`]*)`")
WORD = re.compile(r"[a-z][a-z-]*")


def prose_and_code(page: Path) -> tuple[str, str]:
    parts = re.split(r"^```.*$", page.read_text("utf-8"), flags=re.MULTILINE)
    return "\n".join(parts[::2]), "\n".join(parts[1::2])


def anchors(page: Path) -> set[str]:
    """The headings of a page as a forge writes them in a link."""
    prose, _ = prose_and_code(page)
    titles = re.findall(r"^#+ +(.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@cache
def has_help(*words: str) -> str:
    """What ``fbkit WORDS --help`` says when it fails; empty when it does not."""
    command = [sys.executable, "-c", "from fbkit.cli import main; main()", *words, "--help"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if told.returncode == 0 else told.stderr or told.stdout or f"exit {told.returncode}"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page):
    prose, _ = prose_and_code(page)
    lost = []
    for target in LINK.findall(prose):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        place, _, anchor = target.partition("#")
        file = (page.parent / place) if place else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_commands_exist(page):
    prose, code = prose_and_code(page)
    unknown = []
    for line in {*COMMAND.findall(code), *INLINE.findall(prose)}:
        program, *words = shlex.split(line.replace("python dev.py", "dev"), comments=True)
        if program == "dev":
            unknown += [line] if words[0] not in dev.WORDS else []
        elif fault := has_help(*subcommand(words)):
            unknown.append(f"{line}: {fault.strip().splitlines()[-1]}")
    assert unknown == []


GROUPS = {"report", "phase"}  # their second word is a command too


def subcommand(words: list[str]) -> list[str]:
    second = words[1:2] if words[0] in GROUPS and words[1:2] and WORD.fullmatch(words[1]) else []
    return [words[0].partition("|")[0], *second]


def test_every_page_is_reached_from_the_index():
    reached, new = set(), {ROOT / "docs" / "README.md"}
    while new:
        page = new.pop()
        reached.add(page)
        links = [(page.parent / t.partition("#")[0]).resolve() for t in LINK.findall(prose_and_code(page)[0])]
        new |= {p for p in links if p.suffix == ".md" and p.is_file()} - reached
    lost = {p.relative_to(ROOT).as_posix() for p in (ROOT / "docs").rglob("*.md")} - {
        p.relative_to(ROOT).as_posix() for p in reached if p.is_relative_to(ROOT)
    }
    assert lost == set()
